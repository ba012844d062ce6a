/*
 * fixed.h - a file that is being fixed: what it was, and what it is to become.
 *
 * Fixes are made in memory, round after round, and written or shown when there are no more; so a
 * diff and a fixed file cannot differ.
 */
#ifndef CYCLINT_CLI_FIXED_H
#define CYCLINT_CLI_FIXED_H

#include "base/builder.h"
#include "base/error.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

struct fixed {
    struct builder original; /* the bytes as they were read */
    uint64_t hash;           /* of them */
    struct builder bytes;    /* what they are now */
    uint32_t *origins; /* by line of `bytes`: the line of `original` that it is, or NO_ORIGIN */
    uint32_t n_lines;
    size_t n_fixes;
    int bits; /* of the exit status, for the findings that were fixed */
};

#define NO_ORIGIN UINT32_MAX

/* An edit of the source, in its offsets. */
struct fixed_edit {
    const struct report_edit *edit;
    uint32_t number; /* edits at the same place are made in this order */
};

/* A file before its first fix.  `bytes` are taken over. */
struct fixed *fixed_new(struct builder *bytes, uint64_t hash);
void fixed_free(struct fixed *fixed);

/* Makes the edits, which must not overlap; sorts them.  `source` is the file's text as it is now.
 * False with an error, and nothing changed, when the file's encoding cannot say it. */
bool fixed_edit(struct fixed *fixed, const struct source *source, struct fixed_edit *edits,
                size_t n, struct error *error);

/* Goes back to what was read. */
void fixed_undo(struct fixed *fixed);

/* The line, from 1, that a line was; of a new one, the last old one before it. */
uint32_t fixed_original_line(const struct fixed *fixed, uint32_t line);

/* Adds the differences as a unified diff; nothing when there are none. */
void fixed_diff(const struct fixed *fixed, const char *path, bool uses_color, struct builder *out);

#endif
