/*
 * progress.h - a bar on the terminal while files are read, and how long each stage took.
 */
#ifndef CYCLINT_CLI_PROGRESS_H
#define CYCLINT_CLI_PROGRESS_H

#include "cli/options.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds of some clock that only goes forward. */
double progress_clock(void);

struct progress {
    size_t n_items;
    double start;          /* progress_clock() */
    _Atomic int64_t drawn; /* when it was last drawn, in ms since `start` */
    bool is_allowed;
    bool waits; /* for a second, before it is first drawn */
};

void progress_begin(struct progress *progress, enum when when, size_t n_items);

/* Draws the bar if it is time to.  Any thread may call it. */
void progress_show(struct progress *progress, size_t n_done);

/* Wipes the bar. */
void progress_end(struct progress *progress);

#endif
