/*
 * tasks.h - many threads do tasks of which some need what others made.
 */
#ifndef CYCLINT_CLI_TASKS_H
#define CYCLINT_CLI_TASKS_H

#include <stdbool.h>
#include <stddef.h>

struct task {
    void (*act)(void *context, size_t number);
    size_t number;         /* for `act` */
    unsigned needs, gives; /* bits: it starts when all that it needs was given; each bit is given by
                              one task, which needs less */
    bool is_taken;
};

/* Does all tasks, each as soon as a thread is free and it can start, the first first. */
void tasks_run(struct task *tasks, size_t n, void *context, unsigned n_threads);

#endif
