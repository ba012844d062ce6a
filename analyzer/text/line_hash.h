/*
 * line_hash.h - the hash by which GitHub knows a line again when its number changed.
 *
 * What code scanning calls `primaryLocationLineHash`: a rolling hash (multiplier 37, 64 bits) over
 * the 100 UTF-16 units that begin with the line, spaces and tabs left out, each line end being one
 * '\n', the end of the file the unit 65535 and zeros behind it; and an ordinal among lines with the
 * same hash.  As in the upload action of GitHub, which warns when a tool's value is another.
 */
#ifndef CYCLINT_TEXT_LINE_HASH_H
#define CYCLINT_TEXT_LINE_HASH_H

#include "base/arena.h"
#include "text/source.h"

#include <stdint.h>

struct line_hash {
    uint64_t hash;
    uint32_t ordinal; /* from 1 */
};

/* The hashes of all lines, in `arena`; `*n` of them, the one of line 1 first. */
const struct line_hash *line_hash_find(const struct source *source, struct arena *arena,
                                       uint32_t *n);

#endif
