/*
 * changed_lines.h - which lines of which files a diff says are new or changed.
 */
#ifndef CYCLINT_TEXT_CHANGED_LINES_H
#define CYCLINT_TEXT_CHANGED_LINES_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines are 1-based and end at an LF, as git counts them; both ends are included. */
struct line_range {
    uint32_t first, last;
};

struct changed_file {
    bool is_whole; /* every line counts */
    struct {
        ARRAY_OF(struct line_range);
    } ranges; /* sorted, apart from each other */
};

/* All zero: nothing has changed. */
struct changed_lines {
    struct arena arena;      /* the paths */
    struct name_table paths; /* absolute, each with its index in `files` */
    struct {
        ARRAY_OF(struct changed_file);
    } files;
};

/* Adds what `git diff --numstat -z -p` wrote; its paths are relative to `root`.  False with an
 * error when it is no such thing. */
bool changed_lines_read(struct changed_lines *changed, const char *root, const char *text, size_t n,
                        struct error *error);

/* Every line of this file counts. */
void changed_lines_add_whole(struct changed_lines *changed, const char *root, const char *path,
                             size_t n);

/* NULL: the file has not changed. */
const struct changed_file *changed_lines_find(const struct changed_lines *changed,
                                              const char *path);

/* Whether one of the lines from `first` to `last` has. */
bool changed_file_has(const struct changed_file *file, uint32_t first, uint32_t last);

void changed_lines_free(struct changed_lines *changed);

#endif
