/*
 * layout.h - the statements of a text, and how they are nested: what has to be known to change some
 * of it and leave the rest as it is.
 *
 * Facts do not have it, for hardly anybody asks: it is made anew of the few files that are to be
 * changed.
 */
#ifndef CYCLINT_FACTS_LAYOUT_H
#define CYCLINT_FACTS_LAYOUT_H

#include "base/arena.h"
#include "facts/facts.h"
#include "text/source.h"

#include <stdbool.h>
#include <stdint.h>

enum statement_kind {
    STATEMENT_SIMPLE,
    STATEMENT_COMPOUND, /* with blocks of its own; also a `case` */
    STATEMENT_TEXT,     /* a string and nothing else: a docstring, if it is the first */
    STATEMENT_IMPORT,
    STATEMENT_FUTURE_IMPORT
};

struct statement {
    uint32_t start, end; /* byte offsets; decorators are part of it, a comment behind it is not */
    uint32_t block;      /* it stands in */
    uint32_t previous, next; /* in the same block; NONE: there is none */
    uint32_t kind;           /* enum statement_kind */
};

struct block {
    uint32_t parent;       /* the statement it is part of; NONE: the module */
    uint32_t first, last;  /* statements; NONE when it has none */
    uint32_t n_statements; /* that stand in it directly */
};

/* A string that goes over several lines. */
struct long_string {
    uint32_t start, end;
};

struct layout {
    const struct statement *statements; /* in the order of the text, those inside behind it */
    uint32_t n_statements;
    const struct block *blocks; /* blocks[0] is the module */
    uint32_t n_blocks;
    const struct long_string *strings;
    uint32_t n_strings;
};

struct layouter; /* with the memory that is used again for each file */

struct layouter *layouter_new(void);
void layouter_free(struct layouter *layouter);

/* The layout of a source, in `arena`.  False when some part of it does not parse. */
bool layout_find(struct layouter *layouter, const struct source *source, struct arena *arena,
                 struct layout *layout);

/* The innermost statement that contains `offset`, or NONE. */
uint32_t layout_statement_at(const struct layout *layout, uint32_t offset);

/* The first block of a statement, or NONE. */
uint32_t layout_block_of(const struct layout *layout, uint32_t statement);

#endif
