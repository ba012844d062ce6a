/*
 * workers.c - many threads take items from one queue.
 */
#include "cli/workers.h"

#include "base/error.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct queue {
    const struct work *work;
    atomic_size_t next;
};

static void *take_items(void *argument)
{
    struct queue *queue = argument;
    const struct work *work = queue->work;
    void *state = work->begin(work->context);
    for (size_t item; (item = atomic_fetch_add(&queue->next, 1)) < work->n_items;) {
        work->do_item(state, item);
        if (work->progress != NULL) {
            work->progress(work->context, item + 1);
        }
    }
    work->end(state);
    return NULL;
}

/* A thread that cannot be started is no loss: the others do its work. */
void workers_run(const struct work *work)
{
    struct queue queue = {.work = work};
    size_t n_more = work->n_threads - 1;
    if (n_more >= work->n_items) {
        n_more = work->n_items > 0 ? work->n_items - 1 : 0;
    }
    pthread_t *threads = alloc_zeroed(n_more + 1, sizeof *threads);
    size_t n_started = 0;
    while (n_started < n_more
           && pthread_create(&threads[n_started], NULL, take_items, &queue) == 0) {
        n_started++;
    }
    take_items(&queue);
    for (size_t i = 0; i < n_started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
}

unsigned workers_count(int wanted)
{
    if (wanted > 0) {
        return (unsigned)wanted;
    }
    cpu_set_t cores;
    int n = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return n > 0 ? (unsigned)n : 1;
}
