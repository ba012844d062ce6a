/*
 * tasks.c - many threads do tasks of which some need what others made.
 *
 * The tasks are the items of a queue (workers.h), but which one a thread is given depends on what
 * is done: the first that can start.  A thread that finds none waits until something was given.
 */
#include "cli/tasks.h"

#include "cli/workers.h"

#include <pthread.h>

struct tasks {
    struct task *items;
    size_t n;
    void *context;
    pthread_mutex_t lock; /* of what follows, and of `is_taken` */
    pthread_cond_t something_given;
    unsigned given;
};

static void *begin_thread(void *context)
{
    return context;
}

static void end_thread(void *state)
{
    (void)state;
}

static struct task *first_ready(struct tasks *tasks)
{
    for (size_t i = 0; i < tasks->n; i++) {
        struct task *task = &tasks->items[i];
        if (!task->is_taken && (task->needs & ~tasks->given) == 0) {
            return task;
        }
    }
    return NULL;
}

/* There are as many items as tasks, so each thread that asks is given one in the end. */
static struct task *take_task(struct tasks *tasks)
{
    struct task *task;
    pthread_mutex_lock(&tasks->lock);
    while ((task = first_ready(tasks)) == NULL) {
        pthread_cond_wait(&tasks->something_given, &tasks->lock);
    }
    task->is_taken = true;
    pthread_mutex_unlock(&tasks->lock);
    return task;
}

static void give(struct tasks *tasks, unsigned bits)
{
    pthread_mutex_lock(&tasks->lock);
    tasks->given |= bits;
    pthread_cond_broadcast(&tasks->something_given);
    pthread_mutex_unlock(&tasks->lock);
}

static void do_task(void *state, size_t item)
{
    struct tasks *tasks = state;
    struct task *task = take_task(tasks);
    (void)item;
    task->act(tasks->context, task->number);
    give(tasks, task->gives);
}

void tasks_run(struct task *items, size_t n, void *context, unsigned n_threads)
{
    struct tasks tasks = {.items = items,
                          .n = n,
                          .context = context,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .something_given = PTHREAD_COND_INITIALIZER};
    workers_run(&(struct work){
        .n_items = n,
        .n_threads = n_threads,
        .context = &tasks,
        .begin = begin_thread,
        .do_item = do_task,
        .end = end_thread,
    });
}
