/*
 * run_collect.c - what happens to each file, in one of several threads.
 *
 * Whatever has been collected stays so, until somebody says that it is not.
 */
#include "cli/parts.h"
#include "cli/run_stages.h"
#include "cli/workers.h"
#include "facts/collect.h"
#include "report/builtin_rules.h"
#include "syntax/tree.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_NODES = 16 << 20 /* 320 MB; the largest file of the standard library has 0.3 million */
};

/* What a thread has for itself. */
struct worker {
    struct run *run;
    struct parser *parser;
    struct collector *collector;
    struct arena scratch; /* of the file in hand */
};

static bool fail(struct file *file, const struct rule *rule, const struct error *error)
{
    file->failed_rule = rule;
    file->failure = arena_string(&file->arena, error->message, strlen(error->message));
    return false;
}

static bool analyse_file(struct worker *worker, struct file *file)
{
    const struct options *options = worker->run->options;
    struct parse_limits limits = {MAX_NODES, (uint32_t)(options->max_file_seconds * 1000.0)};
    struct source source;
    struct tree tree;
    struct error error;
    if (!files_is_small_enough(&worker->run->files, file, &error)) {
        return fail(file, &builtin_limit_exceeded, &error);
    }
    if (file->need == NEED_BUT_OPS
        && cache_load_but_ops(&worker->run->cache, file, &worker->scratch)) {
        return true;
    }
    if (cache_load_unchanged(&worker->run->cache, &worker->run->files, file, &worker->scratch)) {
        return true;
    }
    if (!files_read(&worker->run->files, file->path, &worker->scratch, &source, &error)) {
        return fail(file, &builtin_file_unreadable, &error);
    }
    if (cache_load_same(&worker->run->cache, source.hash, file, &worker->scratch)) {
        return true;
    }
    if (options->parts != NULL && !file->is_stale) {
        return parts_load(options->parts, file, source.hash);
    }
    file->facts.hash = source.hash;
    if (!parser_parse(worker->parser, &source, &limits, &tree, &error)
        || !collector_run(worker->collector, &tree, &source, &file->arena, &file->facts, &error)) {
        return fail(file, &builtin_limit_exceeded, &error);
    }
    file->facts.path = file->path;
    return true;
}

static void *begin_worker(void *context)
{
    struct worker *worker = alloc_zeroed(1, sizeof *worker);
    worker->run = context;
    worker->parser = parser_new();
    worker->collector = collector_new();
    return worker;
}

static void do_file(void *state, size_t item)
{
    struct worker *worker = state;
    analyse_file(worker, worker->run->queue[item]);
    worker->run->queue[item]->is_collected = true;
    arena_reset(&worker->scratch);
}

static void end_worker(void *state)
{
    struct worker *worker = state;
    collector_free(worker->collector);
    parser_free(worker->parser);
    arena_free(&worker->scratch);
    free(worker);
}

static void show_progress(void *context, size_t n_taken)
{
    struct run *run = context;
    progress_show(&run->progress, n_taken);
}

static int compare_sizes(const void *a, const void *b)
{
    const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;
    return x->size != y->size ? (x->size < y->size ? 1 : -1) : strcmp(x->path, y->path);
}

static size_t queue_files(struct run *run)
{
    size_t n = 0;
    if (run->queue == NULL) {
        run->queue = alloc_zeroed(run->files.n, sizeof(struct file *));
    }
    for (size_t i = 0; i < run->files.n; i++) {
        if (!run->files.items[i].is_collected) {
            run->queue[n++] = &run->files.items[i];
        }
    }
    qsort(run->queue, n, sizeof(struct file *), compare_sizes);
    return n;
}

bool run_collect(struct run *run, struct error *error)
{
    (void)error;
    size_t n = queue_files(run);
    progress_begin(&run->progress, (enum when)run->options->progress, n);
    workers_run(&(struct work){
        .n_items = n,
        .n_threads = workers_count(run->options->jobs),
        .context = run,
        .begin = begin_worker,
        .do_item = do_file,
        .end = end_worker,
        .progress = show_progress,
    });
    progress_end(&run->progress);
    return true;
}
