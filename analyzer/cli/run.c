/*
 * run.c - the straight line: paths become files, files facts, facts findings, findings a report.
 *
 * This is the one file to open to see how cyclint works.  `stages` lists what happens once, one
 * line a stage; `analyse_file` what happens to each file, in one of several threads.  Each file has
 * a place of its own for its result, and everything after the threads goes by the order of the
 * paths: so the output does not depend on how many threads there were.
 */
#include "cli/run.h"

#include "base/builder.h"
#include "cli/config.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "cli/workers.h"
#include "facts/collect.h"
#include "heap/heap.h"
#include "program/classes.h"
#include "program/link.h"
#include "program/members.h"
#include "program/module_name.h"
#include "report/builtin_rules.h"
#include "report/rule_names.h"
#include "report/settle.h"
#include "rule.h"
#include "syntax/tree.h"
#include "text/discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_NODES = 16 << 20, /* 320 MB; the largest file of the standard library has 0.3 million */
    MAX_STAGES = 16,
};

/* One file on its way to facts; touched by one thread only. */
struct file {
    const char *path;
    uint64_t size;
    bool is_named;                     /* by the user, not found in a folder */
    const struct selection *selection; /* NULL: the main one */
    struct arena arena;                /* of the facts */
    struct facts facts;
    const struct rule *failed_rule; /* NULL: `facts` are good */
    char *failure;
};

/* What a configuration other than the main one says about the files near it. */
struct setting {
    const char *config; /* its path; NULL: there is none */
    struct options options;
    struct selection selection;
};

struct run {
    const struct options *options;
    struct arena arena;
    struct selection selection;
    struct config_map configs;
    struct {
        ARRAY_OF(struct setting *);
    } settings;
    const char *last_folder; /* find_setting() was asked for, and what it found */
    struct setting *last_setting;
    const struct selection **file_selections; /* by program index */
    struct discovery found;
    struct builder stdin_text; /* when the program comes from there */
    const char *stdin_name;    /* NULL: it does not */
    struct file *files;
    size_t n_files;
    struct file **queue; /* the largest first */
    struct progress progress;
    struct {
        ARRAY_OF(struct failure);
    } failures;
    struct program program;
    struct heap heap;
    struct findings findings;
    struct report report;
    double milliseconds[MAX_STAGES]; /* that each stage took */
};

/* ---- which files ------------------------------------------------------------------------------
 */

static void add_failure(struct run *run, const struct rule *rule, const char *path,
                        const char *message)
{
    *array_push(&run->failures) = (struct failure){rule, path, message};
}

static bool select_findings(struct run *run, struct error *error)
{
    return output_check(run->options, error)
           && select_names_are_known(&run->options->fail_on, "option '--fail-on'", error)
           && select_make(run->options, &run->arena, &run->selection, error);
}

/* The one path that stands for the standard input, or NULL. */
static const char *name_of_stdin(const struct options *options)
{
    for (size_t i = 0; i < options->paths.n; i++) {
        if (options->from_stdin) {
            return options->paths.items[i];
        }
        if (strcmp(options->paths.items[i], "-") == 0) {
            return options->stdin_filename != NULL ? options->stdin_filename : "<stdin>";
        }
    }
    return NULL;
}

static bool read_stdin(struct run *run, struct error *error)
{
    char part[1 << 16];
    ssize_t n;
    while ((n = read(STDIN_FILENO, part, sizeof part)) > 0) {
        builder_add_bytes(&run->stdin_text, part, (size_t)n);
        if (run->stdin_text.length > (size_t)run->options->max_file_size) {
            return true; /* analyse_file() will say that it is too large */
        }
    }
    return n == 0 ? true : error_at(error, "cannot read the standard input");
}

static void add_file(struct run *run, struct discovered_file file)
{
    run->files[run->n_files++] =
        (struct file){.path = file.path, .size = file.size, .is_named = file.is_named};
}

static struct discover_options discover_options_of(const struct options *options,
                                                   struct arena *arena)
{
    bool is_from_config = options_level(options, "extend-exclude") == LEVEL_CONFIG;
    return (struct discover_options){
        .ignore = &options->ignore,
        .ignore_patterns = &options->ignore_patterns,
        .ignore_paths = &options->ignore_paths,
        .extend_exclude = &options->extend_exclude,
        .exclude_folder = is_from_config ? config_folder(options->config_path, arena) : NULL,
        .no_gitignore = options->no_gitignore,
    };
}

static bool find_files(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    struct discover_options how = discover_options_of(options, &run->arena);
    run->stdin_name = name_of_stdin(options);
    static const struct strings none;
    if (!discover(run->stdin_name ? &none : &options->paths, &how, &run->found, error)) {
        return false;
    }
    if (run->stdin_name != NULL && !read_stdin(run, error)) {
        return false;
    }
    run->files = alloc_zeroed(run->found.files.n + 1, sizeof *run->files);
    for (size_t i = 0; i < run->found.files.n; i++) {
        add_file(run, run->found.files.items[i]);
    }
    if (run->stdin_name != NULL) {
        add_file(run, (struct discovered_file){run->stdin_name, run->stdin_text.length, true});
    }
    for (size_t i = 0; i < run->found.problems.n; i++) {
        const struct discover_problem *problem = &run->found.problems.items[i];
        add_failure(run, &builtin_file_unreadable, problem->path, problem->message);
    }
    if (run->n_files == 0 && run->found.problems.n == 0) {
        fprintf(stderr, "cyclint: no Python files below the paths given\n");
    }
    return true;
}

/* ---- what is wanted of which file -------------------------------------------------------------
 */

static struct setting *new_setting(struct run *run, const char *config, struct error *error)
{
    struct setting *setting = alloc_zeroed(1, sizeof *setting);
    *array_push(&run->settings) = setting;
    setting->config = config;
    bool ok = config_load(config, run->options, &setting->options, error)
              && select_make(&setting->options, &run->arena, &setting->selection, error);
    return ok ? setting : NULL;
}

static bool is_main_config(const struct run *run, const char *config)
{
    const char *main_config = run->options->config_path;
    return config == main_config
           || (config != NULL && main_config != NULL && strcmp(config, main_config) == 0);
}

/* The setting of a configuration, which is read when it is met first; NULL when it is wrong. */
static struct setting *setting_of(struct run *run, const char *config, struct error *error)
{
    for (size_t i = 0; i < run->settings.n; i++) {
        if (run->settings.items[i]->config == config) {
            return run->settings.items[i];
        }
    }
    return new_setting(run, config, error);
}

/* The setting of the configuration nearest to a file; `*setting` is NULL for the main one.  Files
 * come sorted, so most are in the folder of the one before. */
static bool find_setting(struct run *run, const char *path, struct setting **setting,
                         struct error *error)
{
    const char *config, *folder = config_folder(path, &run->arena);
    if (run->last_folder == NULL || strcmp(run->last_folder, folder) != 0) {
        if (!config_find(&run->configs, folder, &config, error)) {
            return false;
        }
        bool is_main = is_main_config(run, config);
        run->last_setting = is_main ? NULL : setting_of(run, config, error);
        if (!is_main && run->last_setting == NULL) {
            return false;
        }
        run->last_folder = folder;
    }
    *setting = run->last_setting;
    return true;
}

/* Applies the nearest configuration to a file; `*stays` is false when it leaves the file out. */
static bool configure_file(struct run *run, struct file *file, bool *stays, struct error *error)
{
    struct setting *setting;
    *stays = true;
    if (!find_setting(run, file->path, &setting, error)) {
        return false;
    }
    if (setting == NULL) {
        return true;
    }
    file->selection = &setting->selection;
    struct discover_options how = discover_options_of(&setting->options, &run->arena);
    bool is_left_out;
    if (!discover_leaves_out(file->path, file->is_named, &how, &is_left_out, error)) {
        return false;
    }
    *stays = !is_left_out;
    return true;
}

static void tell_what_is_read(const struct run *run)
{
    const char *config = run->options->config_path;
    fprintf(stderr, "cyclint: configuration: %s\n", config != NULL ? config : "none");
    for (size_t i = 0; i < run->settings.n; i++) {
        const char *other = run->settings.items[i]->config;
        fprintf(stderr, "cyclint: configuration of some files: %s\n", other ? other : "none");
    }
    for (size_t i = 0; i < run->n_files; i++) {
        fprintf(stderr, "cyclint: %s\n", run->files[i].path);
    }
}

/* One configuration holds for all when the user named one or wants none. */
static bool configure_files(struct run *run, struct error *error)
{
    bool is_fixed = run->options->isolated || run->options->rcfile != NULL;
    size_t n_kept = 0;
    for (size_t i = 0; i < run->n_files; i++) {
        struct file file = run->files[i];
        bool stays = true;
        if (!is_fixed && !configure_file(run, &file, &stays, error)) {
            return false;
        }
        if (stays) {
            run->files[n_kept++] = file;
        }
    }
    run->n_files = n_kept;
    if (run->options->verbose) {
        tell_what_is_read(run);
    }
    return true;
}

/* ---- one file, in a thread --------------------------------------------------------------------
 */

/* What a thread has for itself. */
struct worker {
    struct run *run;
    struct parser *parser;
    struct collector *collector;
    struct arena scratch; /* of the file in hand */
};

static bool fail(struct file *file, const struct rule *rule, const char *message)
{
    file->failed_rule = rule;
    file->failure = arena_string(&file->arena, message, strlen(message));
    return false;
}

static bool is_stdin(const struct run *run, const char *path)
{
    return run->stdin_name != NULL && strcmp(run->stdin_name, path) == 0;
}

/* Also how the report reads a file again. */
static bool read_source(void *context, const char *path, struct arena *arena, struct source *source,
                        struct error *error)
{
    const struct run *run = context;
    if (is_stdin(run, path)) {
        return source_from_bytes(path, builder_string(&run->stdin_text), run->stdin_text.length,
                                 arena, source, error);
    }
    return source_read(path, (uint32_t)run->options->max_file_size, arena, source, error);
}

static bool analyse_file(struct worker *worker, struct file *file)
{
    const struct options *options = worker->run->options;
    struct parse_limits limits = {MAX_NODES, (uint32_t)(options->max_file_seconds * 1000.0)};
    struct source source;
    struct tree tree;
    struct error error;
    if (file->size > (uint64_t)options->max_file_size) {
        error_at(&error, "is larger than %d bytes (--max-file-size)", options->max_file_size);
        return fail(file, &builtin_limit_exceeded, error.message);
    }
    if (!read_source(worker->run, file->path, &worker->scratch, &source, &error)) {
        return fail(file, &builtin_file_unreadable, error.message);
    }
    if (!parser_parse(worker->parser, &source, &limits, &tree, &error)) {
        return fail(file, &builtin_limit_exceeded, error.message);
    }
    if (!collector_run(worker->collector, &tree, &source, &file->arena, &file->facts, &error)) {
        return fail(file, &builtin_limit_exceeded, error.message);
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

static bool collect_facts(struct run *run, struct error *error)
{
    (void)error;
    run->queue = alloc_zeroed(run->n_files, sizeof(struct file *));
    for (size_t i = 0; i < run->n_files; i++) {
        run->queue[i] = &run->files[i];
    }
    qsort(run->queue, run->n_files, sizeof(struct file *), compare_sizes);
    progress_begin(&run->progress, (enum when)run->options->progress, run->n_files);
    workers_run(&(struct work){
        .n_items = run->n_files,
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

/* ---- all files together -----------------------------------------------------------------------
 */

static bool make_program(struct run *run, struct error *error)
{
    (void)error;
    struct program *program = &run->program;
    program->files = arena_alloc(&program->arena, run->n_files * sizeof(struct facts *));
    program->modules = arena_alloc(&program->arena, run->n_files * sizeof(char *));
    run->file_selections = arena_alloc(&run->arena, run->n_files * sizeof(struct selection *));
    program->python_version = (uint32_t)run->options->python_version;
    struct module_names names = {0};
    for (size_t i = 0; i < run->n_files; i++) {
        struct file *file = &run->files[i];
        if (file->failed_rule != NULL) {
            add_failure(run, file->failed_rule, file->path, file->failure);
            continue;
        }
        program->files[program->n_files] = &file->facts;
        program->modules[program->n_files] = module_name(&names, file->path, &program->arena);
        run->file_selections[program->n_files] =
            file->selection != NULL ? file->selection : &run->selection;
        program->n_files++;
    }
    link_program(program);
    classes_link(program);
    members_link(program);
    resources_find(program);
    return true;
}

static bool analyse_heap(struct run *run, struct error *error)
{
    (void)error;
    heap_analyse(&run->program, &run->heap);
    return true;
}

static bool check_rules(struct run *run, struct error *error)
{
    (void)error;
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    struct check check = {.program = &run->program, .heap = &run->heap, .findings = &run->findings};
    for (size_t i = 0; i < n; i++) {
        check.rule = rules[i];
        (rules[i]->check != NULL ? rules[i]->check : rule_check_default)(&check);
        arena_reset(&check.scratch);
    }
    arena_free(&check.scratch);
    return true;
}

static bool settle_findings(struct run *run, struct error *error)
{
    (void)error;
    settle(
        &(struct settle_input){
            .program = &run->program,
            .findings = &run->findings,
            .failures = run->failures.items,
            .n_failures = run->failures.n,
            .selection = &run->selection,
            .file_selections = run->file_selections,
            .read = read_source,
            .read_context = run,
        },
        &run->report);
    return true;
}

static bool write_report(struct run *run, struct error *error)
{
    return output_report(run->options, &run->report, error);
}

/* ---- the exit status --------------------------------------------------------------------------
 */

/* Pylint's bits. */
static int category_bits(const struct report *report)
{
    static const int bits[N_CATEGORIES] = {1, 2, 4, 8, 16, 0};
    int status = 0;
    for (int i = 0; i < N_CATEGORIES; i++) {
        status |= report->counts[i] > 0 ? bits[i] : 0;
    }
    return status;
}

static bool must_fail(const struct options *options, const struct report *report)
{
    for (size_t i = 0; i < report->shown.n; i++) {
        for (size_t k = 0; k < options->fail_on.n; k++) {
            const char *name = options->fail_on.items[k];
            if (rule_answers_to(report->shown.items[i].rule, name, strlen(name))) {
                return true;
            }
        }
    }
    return false;
}

/* Decided in pylint's order. */
static int exit_status(const struct options *options, const struct report *report)
{
    int bits = category_bits(report);
    double score;
    if (options->exit_zero) {
        return 0;
    }
    if (must_fail(options, report)) {
        return bits != 0 ? bits : 1;
    }
    if (report->counts[CATEGORY_FATAL] > 0 || !report_score(report, &score)) {
        return bits;
    }
    return score >= options->fail_under ? 0 : bits != 0 ? bits : 1;
}

/* ---- the line ---------------------------------------------------------------------------------
 */

static const struct stage {
    const char *name; /* in --timings */
    bool (*act)(struct run *run, struct error *error);
    int status; /* of the program when it fails */
} stages[] = {
    {"select", select_findings, STATUS_USAGE},    /* options -> which rules */
    {"discover", find_files, STATUS_USAGE},       /* paths -> files */
    {"configure", configure_files, STATUS_USAGE}, /* which rules for which file */
    {"collect", collect_facts, 1},                /* files -> facts, in threads */
    {"link", make_program, 1},                    /* facts -> program */
    {"heap", analyse_heap, 1},                    /* program -> cycles */
    {"check", check_rules, 1},                    /* program -> findings */
    {"settle", settle_findings, 1},               /* findings -> report */
    {"write", write_report, 1},                   /* report -> text, json, sarif, … */
};

/* --dump-facts goes as far as the program. */
enum { N_STAGES = sizeof stages / sizeof *stages, N_DUMP_STAGES = 5 };

static void print_timings(const struct run *run)
{
    double sum = 0;
    for (size_t i = 0; i < N_STAGES; i++) {
        fprintf(stderr, "%-9s %9.2f ms\n", stages[i].name, run->milliseconds[i]);
        sum += run->milliseconds[i];
    }
    fprintf(stderr, "%-9s %9.2f ms, %zu files\n", "all", sum, run->n_files);
}

static void free_run(struct run *run)
{
    report_free(&run->report);
    array_free(&run->findings);
    arena_free(&run->findings.arena);
    heap_free(&run->heap);
    members_free(&run->program);
    link_free(&run->program);
    classes_free(&run->program);
    resources_free(&run->program);
    arena_free(&run->program.arena);
    for (size_t i = 0; i < run->n_files; i++) {
        arena_free(&run->files[i].arena);
    }
    for (size_t i = 0; i < run->settings.n; i++) {
        options_free(&run->settings.items[i]->options);
        free(run->settings.items[i]);
    }
    array_free(&run->settings);
    config_map_free(&run->configs);
    free(run->files);
    free(run->queue);
    array_free(&run->failures);
    discovery_free(&run->found);
    builder_free(&run->stdin_text);
    arena_free(&run->arena);
}

/* False when a stage failed; `*status` is then what to exit with. */
static bool take_stages(struct run *run, size_t n_stages, int *status)
{
    struct error error;
    for (size_t i = 0; i < n_stages; i++) {
        double start = progress_clock();
        if (!stages[i].act(run, &error)) {
            fprintf(stderr, "cyclint: %s\n", error.message);
            *status = stages[i].status;
            return false;
        }
        run->milliseconds[i] = progress_clock() - start;
    }
    return true;
}

int run_check(const struct options *options)
{
    struct run run = {.options = options};
    int status;
    if (take_stages(&run, N_STAGES, &status)) {
        status = exit_status(options, &run.report);
    }
    if (options->timings) {
        print_timings(&run);
    }
    free_run(&run);
    return status;
}

static bool dump(const struct run *run, struct error *error)
{
    struct builder out = {0};
    for (uint32_t i = 0; i < run->program.n_files; i++) {
        builder_addf(&out, "%s\n", run->program.files[i]->path);
        facts_print(run->program.files[i], &out);
    }
    bool ok = output_bytes(builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

int run_dump(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (take_stages(&run, N_DUMP_STAGES, &status) && !dump(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = 1;
    }
    for (size_t i = 0; i < run.failures.n; i++) {
        fprintf(stderr, "cyclint: %s: %s\n", run.failures.items[i].path,
                run.failures.items[i].message);
        status = 1;
    }
    free_run(&run);
    return status;
}
