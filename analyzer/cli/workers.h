/*
 * workers.h - many threads take items from one queue.
 *
 * The queue is a counter, and the only thing they share: each thread has a state of its own, and
 * each item a place of its own for its result.
 */
#ifndef CYCLINT_CLI_WORKERS_H
#define CYCLINT_CLI_WORKERS_H

#include <stddef.h>

struct work {
    size_t n_items;
    unsigned n_threads; /* at least 1; with 1 no thread is started */
    void *context;
    void *(*begin)(void *context); /* makes a thread's state */
    void (*do_item)(void *state, size_t item);
    void (*end)(void *state);
    void (*progress)(void *context, size_t n_taken); /* called by any thread; may be NULL */
};

/* Does all items, in the order of their numbers as far as threads are free. */
void workers_run(const struct work *work);

/* The threads worth starting: `wanted`, or one for each core that this process may use. */
unsigned workers_count(int wanted);

#endif
