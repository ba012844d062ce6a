/*
 * progress.c - a bar on the terminal while files are read.
 *
 * Whichever thread finishes a file and finds that a tenth of a second has passed draws the bar.
 */
#include "cli/progress.h"

#include "cli/interrupt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_AFTER = 1000, /* ms; shorter runs need no bar */
    THEN_EVERY = 100,   /* ms */
    BAR_WIDTH = 30      /* fits with the numbers in 80 columns */
};

double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void progress_begin(struct progress *progress, enum when when, size_t n_items)
{
    *progress = (struct progress){.n_items = n_items, .start = progress_clock()};
    progress->waits = when == WHEN_AUTO;
    progress->is_allowed = when == WHEN_ALWAYS || (when == WHEN_AUTO && isatty(STDERR_FILENO) == 1);
}

static void draw(const struct progress *progress, size_t n_done)
{
    static const char full[] = "##############################";
    int width = (int)(n_done * BAR_WIDTH / progress->n_items);
    char line[128];
    int length = snprintf(line, sizeof line, "\r[%-*.*s] %zu/%zu files", BAR_WIDTH, width, full,
                          n_done, progress->n_items);
    interrupt_set_bar(true);
    (void)!write(STDERR_FILENO, line, (size_t)length);
}

void progress_show(struct progress *progress, size_t n_done)
{
    if (!progress->is_allowed) {
        return;
    }
    int64_t now = (int64_t)(progress_clock() - progress->start);
    int64_t drawn = progress->drawn;
    bool is_time = drawn == 0 ? !progress->waits || now >= FIRST_AFTER : now - drawn >= THEN_EVERY;
    if (is_time && atomic_compare_exchange_strong(&progress->drawn, &drawn, now > 0 ? now : 1)) {
        draw(progress, n_done);
    }
}

void progress_end(struct progress *progress)
{
    if (progress->drawn != 0) {
        (void)!write(STDERR_FILENO, "\r\033[K", 4);
        interrupt_set_bar(false);
        progress->drawn = 0;
    }
}
