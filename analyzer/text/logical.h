/*
 * logical.h - which lines of a Python text belong together: Python's logical lines.
 *
 * Made from brackets, quotes and backslashes alone, without a parser, for the few files whose
 * comments must know how far they reach.
 */
#ifndef CYCLINT_TEXT_LOGICAL_H
#define CYCLINT_TEXT_LOGICAL_H

#include "base/arena.h"
#include "text/source.h"

#include <stdbool.h>
#include <stdint.h>

/* One physical line. */
struct logical_line {
    uint32_t first, last; /* 0-based first and last line of the logical line it is part of */
    uint32_t indent; /* columns of blanks it begins with, a tab going to the next multiple of 8 */
    bool is_code;    /* false for a blank line and for one with a comment only */
    bool is_string;  /* it begins with a string: a docstring, if it is the first of a body */
};

/* `lines->n` of them, in `arena`. */
struct logical_line *logical_find(const struct source *source, const struct lines *lines,
                                  struct arena *arena);

#endif
