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
#include "cli/answer.h"
#include "cli/cache.h"
#include "cli/diff.h"
#include "cli/files.h"
#include "cli/fixes.h"
#include "cli/gc_report_command.h"
#include "cli/graph.h"
#include "cli/leave_out.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/progress.h"
#include "cli/rule_options.h"
#include "cli/rule_tests.h"
#include "cli/select.h"
#include "cli/settings.h"
#include "cli/status.h"
#include "cli/trend.h"
#include "cli/workers.h"
#include "facts/collect.h"
#include "heap/heap.h"
#include "program/classes.h"
#include "program/foreign.h"
#include "program/foreign_words.h"
#include "program/globals.h"
#include "program/link.h"
#include "program/members.h"
#include "program/resources.h"
#include "report/baseline.h"
#include "report/builtin_rules.h"
#include "report/cycle_cost.h"
#include "report/keep_changed.h"
#include "report/settle.h"
#include "rule.h"
#include "syntax/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_NODES = 16 << 20, /* 320 MB; the largest file of the standard library has 0.3 million */
    MAX_STAGES = 24,
    MAX_FIX_ROUNDS = 50, /* of fixes; most need two, and one that needs so many never ends */
};

struct run {
    const struct options *options;
    bool is_check; /* a report is wanted, not the program itself */
    struct settings settings;
    struct files files;
    struct changed_lines changed; /* what --diff is about */
    struct cache cache;
    struct answer answer; /* of an earlier run, or for a later one */
    struct file **queue;  /* the largest first */
    struct progress progress;
    struct {
        ARRAY_OF(struct failure);
    } failures;
    struct program program;
    const struct selection **file_selections; /* by program index */
    struct heap heap;
    struct builder wanted; /* by rule, whether anybody could see its findings: a sign each */
    struct findings findings;
    struct report report;
    struct fixes fixes;
    double milliseconds[MAX_STAGES]; /* that each stage took */
};

/* ---- which files, and what is wanted of them ---- */

static bool select_rules_and_formats(struct run *run, struct error *error)
{
    bool (*check)(const struct options *, struct error *) =
        run->options->is_graph ? graph_check : output_check;
    return (run->options->gc != NULL || check(run->options, error))
           && trend_check(run->options, error)
           && settings_begin(&run->settings, run->options, error)
           && (run->options->parts == NULL || parts_fit(run->options->parts, run->options, error));
}

static bool find_files(struct run *run, struct error *error)
{
    return files_find(run->options, &run->files, error);
}

static bool configure_files(struct run *run, struct error *error)
{
    if (!settings_apply(&run->settings, &run->files, error)) {
        return false;
    }
    files_name_modules(&run->files);
    return !run->options->is_facts || parts_choose(run->options, &run->files, error);
}

static bool find_changes(struct run *run, struct error *error)
{
    return run->options->diff == NULL || diff_find(run->options, &run->files, &run->changed, error);
}

static bool open_cache(struct run *run, struct error *error)
{
    (void)error;
    cache_open(&run->cache, run->options, &run->files);
    trend_identify(&run->cache, &run->settings);
    return true;
}

static bool recall_report(struct run *run, struct error *error)
{
    (void)error;
    struct answer *answer = &run->answer;
    if (run->is_check && run->options->parts == NULL && !fixes_are_wanted(run->options)
        && answer_recall(answer, &run->cache, &run->settings, &run->files, &run->report)
        && output_needs_sources(run->options)) {
        answer_need_sources(answer, &run->files, &run->report);
    }
    return true;
}

/* ---- one file, in a thread ---- */

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

/* At first all files; later those that were fixed meanwhile. */
static size_t queue_files(struct run *run)
{
    bool is_first = run->queue == NULL;
    size_t n = 0;
    if (is_first) {
        run->queue = alloc_zeroed(run->files.n, sizeof(struct file *));
    }
    for (size_t i = 0; i < run->files.n; i++) {
        if (is_first || run->files.items[i].is_stale) {
            run->queue[n++] = &run->files.items[i];
        }
    }
    qsort(run->queue, n, sizeof(struct file *), compare_sizes);
    return n;
}

static bool collect_facts(struct run *run, struct error *error)
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

static bool check_parts(struct run *run, struct error *error)
{
    return run->options->parts == NULL
           || parts_are_used_up(run->options->parts, &run->files, error);
}

/* ---- all files together ---- */

static void add_failure(struct run *run, const struct rule *rule, const char *path,
                        const char *message)
{
    *array_push(&run->failures) = (struct failure){rule, path, message};
}

/* What could not be analysed, in the order of the paths. */
static void gather_failures(struct run *run)
{
    const struct discovery *found = &run->files.found;
    for (size_t i = 0; i < found->problems.n; i++) {
        const struct discover_problem *problem = &found->problems.items[i];
        add_failure(run, &builtin_file_unreadable, problem->path, problem->message);
    }
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.items[i];
        if (file->failed_rule != NULL) {
            add_failure(run, file->failed_rule, file->path, file->failure);
        }
    }
}

static void gather_facts(struct run *run)
{
    struct program *program = &run->program;
    struct arena *arena = &program->arena;
    program->files = arena_alloc(arena, run->files.n * sizeof(struct facts *));
    program->modules = arena_alloc(arena, run->files.n * sizeof(char *));
    run->file_selections = arena_alloc(arena, run->files.n * sizeof(struct selection *));
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.items[i];
        if (file->failed_rule == NULL) {
            program->files[program->n_files] = &file->facts;
            program->modules[program->n_files] = file->module;
            run->file_selections[program->n_files++] = file->selection;
        }
    }
}

/* Whether some comment may turn the rule on, or speaks of it. */
static bool is_commented_on(const struct run *run, const struct rule *rule)
{
    for (uint32_t file = 0; file < run->program.n_files; file++) {
        const struct facts *facts = run->program.files[file];
        for (uint32_t i = 0; i < facts->n_directives; i++) {
            const char *text = facts_name(facts, facts->directives[i].text);
            if (strstr(text, "enable") != NULL || strstr(text, rule->name) != NULL
                || strstr(text, rule->code) != NULL) {
                return true;
            }
        }
    }
    return false;
}

/* Whether anybody could see the findings of rule number `i` of select_rules(). */
static bool is_wanted(const struct run *run, size_t i)
{
    const struct rule *rule = run->settings.selection.rules[i];
    bool is_on = run->settings.selection.is_on[i];
    for (size_t k = 0; !is_on && k < run->settings.others.n; k++) {
        is_on = run->settings.others.items[k]->selection.is_on[i];
    }
    return is_on || is_commented_on(run, rule);
}

/* All that is known of the files, and of earlier runs. */
static bool gather(struct run *run, struct error *error)
{
    (void)error;
    size_t n;
    select_rules(&n);
    run->program.python_version = (uint32_t)run->options->python_version;
    gather_failures(run);
    gather_facts(run);
    builder_clear(&run->wanted);
    for (size_t i = 0; i < n; i++) {
        builder_add_char(&run->wanted, is_wanted(run, i) ? '+' : '-');
    }
    answer_recall_findings(&run->answer, &run->cache, &run->settings, &run->files, &run->wanted,
                           &run->findings);
    return true;
}

static void add_holders_of(struct program *program, const struct options *options)
{
    struct foreign entry;
    for (size_t i = 0; i < options->holders.n; i++) {
        if (foreign_read(options->holders.items[i], &program->arena, &entry, NULL)) {
            foreign_add(program, &entry);
        }
    }
}

/* The program is one, whatever configuration is nearest to its files: what one says holds for all.
 */
static void add_holders(struct run *run)
{
    for (size_t i = 0; i < run->settings.others.n; i++) {
        add_holders_of(&run->program, &run->settings.others.items[i]->options);
    }
    add_holders_of(&run->program, run->options);
}

static void add_strings(struct strings *all, const struct strings *more)
{
    for (size_t i = 0; i < more->n; i++) {
        *array_push(all) = more->items[i];
    }
}

static void add_makers_of(struct maker_settings *settings, const struct options *options)
{
    add_strings(&settings->makers, &options->makers);
    add_strings(&settings->closers, &options->closers);
    add_strings(&settings->borrowers, &options->borrowers);
}

static void find_resources(struct run *run)
{
    struct maker_settings settings = {0};
    for (size_t i = 0; i < run->settings.others.n; i++) {
        add_makers_of(&settings, &run->settings.others.items[i]->options);
    }
    add_makers_of(&settings, run->options);
    run->program.maker_settings = &settings;
    resources_find(&run->program);
    run->program.maker_settings = NULL;
    array_free(&settings.makers);
    array_free(&settings.closers);
    array_free(&settings.borrowers);
}

static bool make_program(struct run *run, struct error *error)
{
    (void)error;
    struct program *program = &run->program;
    link_program(program);
    foreign_link(program);
    add_holders(run);
    classes_link(program);
    members_link(program);
    globals_find(program);
    find_resources(run);
    return true;
}

static bool needs_types(const struct run *run)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    bool is_needed = false;
    for (size_t i = 0; i < n && !is_needed; i++) {
        is_needed = rules[i]->needs_types && run->wanted.s[i] == '+';
    }
    return is_needed;
}

static bool analyse_heap(struct run *run, struct error *error)
{
    (void)error;
    run->heap.wants_types = needs_types(run);
    heap_analyse(&run->program, &run->heap);
    return true;
}

/* Nobody asks about the program once the findings are complete, and these are large tables. */
static void free_links(struct run *run)
{
    members_free(&run->program);
    globals_free(&run->program);
    foreign_free(&run->program);
    link_free(&run->program);
    classes_free(&run->program);
}

static bool check_rules(struct run *run, struct error *error)
{
    (void)error;
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    struct check check = {.program = &run->program, .heap = &run->heap, .findings = &run->findings};
    for (size_t i = 0; i < n; i++) {
        if (run->wanted.s[i] != '+') {
            continue;
        }
        check.rule = rules[i];
        check.limit = rule_options_limit(run->options, rules[i]);
        (rules[i]->check != NULL ? rules[i]->check : rule_check_default)(&check);
        arena_reset(&check.scratch);
    }
    arena_free(&check.scratch);
    return true;
}

static bool leave_out_findings(struct run *run, struct error *error)
{
    (void)error;
    leave_out(&run->program, &run->files, run->file_selections, &run->findings);
    return true;
}

static bool find_costs(struct run *run, struct error *error)
{
    (void)error;
    cycle_costs(&run->program, &run->heap, &run->findings);
    free_links(run);
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
            .selection = &run->settings.selection,
            .file_selections = run->file_selections,
            .read = files_read,
            .read_context = &run->files,
        },
        &run->report);
    answer_keep(&run->answer, &run->files, &run->report, &run->findings, &run->wanted);
    return true;
}

/* What was known before is not reported again. */
static bool apply_baseline(struct run *run, const char *path, struct error *error)
{
    struct baseline baseline;
    if (!baseline_read(path, &baseline, error)) {
        return false;
    }
    uint32_t n_gone = baseline_apply(&baseline, &run->report);
    if (n_gone > 0 && run->options->verbose) {
        fprintf(stderr, "cyclint: %u findings of '%s' are gone\n", n_gone, path);
    }
    baseline_free(&baseline);
    return true;
}

static bool write_baseline(struct run *run, const char *path, struct error *error)
{
    struct builder text = {0};
    baseline_write(&run->report, &text);
    bool ok = output_file(path, builder_string(&text), text.length, error);
    builder_free(&text);
    return ok;
}

/* A baseline is written of all findings, also of those that an older one has. */
static bool compare_with_baseline(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    if (options->write_baseline) {
        return write_baseline(run, options->write_baseline, error)
               && apply_baseline(run, options->write_baseline, error);
    }
    return !options->baseline || apply_baseline(run, options->baseline, error);
}

/* After the baseline, which is of all findings. */
static bool keep_changed(struct run *run, struct error *error)
{
    (void)error;
    if (run->options->diff != NULL) {
        report_keep_changed(&run->report, &run->changed, files_original_line, &run->files);
    }
    return true;
}

/* What is made of the facts. */
static void free_program(struct run *run)
{
    report_free(&run->report);
    array_free(&run->findings);
    arena_free(&run->findings.arena);
    heap_free(&run->heap);
    free_links(run);
    resources_free(&run->program);
    arena_free(&run->program.arena);
    array_free(&run->failures);
    run->program = (struct program){0};
    run->heap = (struct heap){0};
}

static bool repeat_stages(struct run *run, struct error *error);

/* What was known of the files that were fixed, and of the program, is gone. */
static bool analyse_again(struct run *run, struct error *error)
{
    free_program(run);
    for (size_t i = 0; i < run->files.n; i++) {
        struct file *file = &run->files.items[i];
        if (file->is_stale) {
            arena_reset(&file->arena);
            file->facts = (struct facts){0};
            file->failed_rule = NULL;
            file->origin = ORIGIN_TEXT;
        }
    }
    return repeat_stages(run, error);
}

/* One fix may be in the way of another, and may bring something to light. */
static bool fix_files(struct run *run, struct error *error)
{
    bool is_repeated;
    if (!fixes_are_wanted(run->options)) {
        return true;
    }
    run->fixes = (struct fixes){.options = run->options, .files = &run->files};
    for (int round = 0; fixes_make(&run->fixes, &run->report); round++) {
        if (!analyse_again(run, error)) {
            return false;
        }
        if (round == MAX_FIX_ROUNDS) {
            fprintf(stderr, "cyclint: some fixes lead to others without end; the rest is left\n");
            break;
        }
    }
    if (!fixes_write(&run->fixes, &is_repeated, error)
        || (is_repeated && !analyse_again(run, error))) {
        return false;
    }
    fixes_tell(&run->fixes);
    return true;
}

/* A fixed standard input has the standard output for itself. */
static bool write_report(struct run *run, struct error *error)
{
    if (run->options->trend) {
        trend_find(&run->cache, &run->files, &run->report);
    }
    bool is_filter = run->options->fix && run->files.stdin_name != NULL;
    return run->options->show_diff
           || output_report(run->options, &run->report, is_filter ? STDERR_FILENO : STDOUT_FILENO,
                            error);
}

static bool save_to_cache(struct run *run, struct error *error)
{
    (void)error;
    struct cache_answer kept = {run->answer.number, &run->answer.bytes, &run->answer.findings};
    if (!run->options->show_diff) { /* what was reported is not so yet */
        cache_save(&run->cache, run->options, &run->files, &run->report, &kept);
    }
    cache_close(&run->cache);
    return true;
}

/* ---- the line ---- */

/* What a stage is there for: when that is known from an earlier run, it is left out. */
enum purpose { ALWAYS, FOR_REPORT, FOR_FINDINGS };

static const struct stage {
    const char *name; /* in --timings */
    bool (*act)(struct run *run, struct error *error);
    int status; /* of the program when it fails */
    enum purpose purpose;
} stages[] = {
    {"select", select_rules_and_formats, STATUS_USAGE, ALWAYS}, /* options -> which rules */
    {"discover", find_files, STATUS_USAGE, ALWAYS},             /* paths -> files */
    {"configure", configure_files, STATUS_USAGE, ALWAYS},       /* which rules for which file */
    {"diff", find_changes, STATUS_USAGE, ALWAYS},               /* which lines are new */
    {"cache", open_cache, STATUS_BROKEN, ALWAYS},               /* what earlier runs left */
    {"recall", recall_report, STATUS_BROKEN, ALWAYS},           /* nothing changed -> report */
    {"collect", collect_facts, STATUS_BROKEN, FOR_REPORT},      /* files -> facts, in threads */
    {"parts", check_parts, STATUS_USAGE, FOR_REPORT},           /* they were of these files */
    {"gather", gather, STATUS_BROKEN, FOR_REPORT},       /* only places changed -> findings */
    {"link", make_program, STATUS_BROKEN, FOR_FINDINGS}, /* facts -> program */
    {"heap", analyse_heap, STATUS_BROKEN, FOR_FINDINGS}, /* program -> cycles */
    {"check", check_rules, STATUS_BROKEN, FOR_FINDINGS}, /* program -> findings */
    {"leave out", leave_out_findings, STATUS_BROKEN,
     FOR_FINDINGS},                                            /* what is fine here taken out */
    {"costs", find_costs, STATUS_BROKEN, FOR_FINDINGS},        /* findings -> cycles' costs */
    {"settle", settle_findings, STATUS_BROKEN, FOR_REPORT},    /* findings -> report */
    {"baseline", compare_with_baseline, STATUS_USAGE, ALWAYS}, /* old findings taken out */
    {"changed", keep_changed, STATUS_BROKEN, ALWAYS},          /* findings on old lines taken out */
    {"fix", fix_files, STATUS_BROKEN, ALWAYS},                 /* files -> fixed, and again */
    {"write", write_report, STATUS_BROKEN, ALWAYS},            /* report -> text, json, … */
    {"save", save_to_cache, STATUS_BROKEN, ALWAYS},            /* facts and report -> store */
};

/* A part of the facts goes as far as the files, --dump-facts goes as far as the program, the graph
 * as far as the cycles, --test-rules as far as the report. */
enum {
    N_STAGES = sizeof stages / sizeof *stages,
    N_FACTS_STAGES = 7,
    N_DUMP_STAGES = 10,
    N_GRAPH_STAGES = 11,
    N_TEST_STAGES = 15
};

/* From the facts to the report that is to be fixed. */
static bool repeat_stages(struct run *run, struct error *error)
{
    bool is_in = false;
    for (size_t i = 0; i < N_STAGES && stages[i].act != fix_files; i++) {
        is_in = is_in || stages[i].act == collect_facts;
        if (is_in && !stages[i].act(run, error)) {
            return false;
        }
    }
    return true;
}

static size_t count_origin(const struct run *run, enum origin origin)
{
    size_t n = 0;
    for (size_t i = 0; i < run->files.n; i++) {
        n += run->files.items[i].origin == origin;
    }
    return n;
}

static void print_timings(const struct run *run)
{
    double sum = 0;
    for (size_t i = 0; i < N_STAGES; i++) {
        fprintf(stderr, "%-9s %9.2f ms\n", stages[i].name, run->milliseconds[i]);
        sum += run->milliseconds[i];
    }
    fprintf(stderr, "%-9s %9.2f ms, %zu files, %zu unchanged, %zu the same%s\n", "all", sum,
            run->files.n, count_origin(run, ORIGIN_UNCHANGED), count_origin(run, ORIGIN_SAME),
            run->answer.is_known       ? ", report recalled"
            : run->answer.has_findings ? ", findings recalled"
                                       : "");
}

static void free_run(struct run *run)
{
    cache_close(&run->cache);
    free_program(run);
    answer_free(&run->answer);
    builder_free(&run->wanted);
    changed_lines_free(&run->changed);
    fixes_free(&run->fixes);
    free(run->queue);
    files_free(&run->files);
    settings_free(&run->settings);
}

static bool is_needless(const struct run *run, const struct stage *stage)
{
    return (run->answer.is_known && stage->purpose != ALWAYS)
           || (run->answer.has_findings && stage->purpose == FOR_FINDINGS);
}

/* False when a stage failed; `*status` is then what to exit with. */
static bool take_stages(struct run *run, size_t n_stages, int *status)
{
    struct error error;
    for (size_t i = 0; i < n_stages; i++) {
        double start = progress_clock();
        if (is_needless(run, &stages[i])) {
            continue;
        }
        if (!stages[i].act(run, &error)) {
            fprintf(stderr, "cyclint: %s\n", error.message);
            *status = stages[i].status;
            return false;
        }
        run->milliseconds[i] = progress_clock() - start;
    }
    return true;
}

/* A diff is judged by what it would fix, as ruff does. */
static int status_of_run(const struct run *run)
{
    const struct options *options = run->options;
    if (!options->show_diff) {
        int status = status_of_report(options, &run->report);
        return status | (run->fixes.has_failed ? STATUS_BROKEN : 0);
    }
    int fatal = run->report.counts[CATEGORY_FATAL] > 0 ? STATUS_BROKEN : 0;
    return options->exit_zero ? 0 : fixes_status(&run->fixes) | fatal;
}

int run_check(const struct options *options)
{
    struct run run = {.options = options, .is_check = true};
    int status;
    if (take_stages(&run, N_STAGES, &status)) {
        status = status_of_run(&run);
    }
    if (options->timings) {
        print_timings(&run);
    }
    free_run(&run);
    return status;
}

static bool test_rules(const struct run *run, bool *have_passed, struct error *error)
{
    struct builder out = {0};
    *have_passed = rule_tests_write(&run->report, &out);
    bool ok = output_bytes(builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

int run_rule_tests(const struct options *asked)
{
    struct options options;
    struct run run = {.options = &options};
    struct error error;
    int status = 0;
    bool have_passed = false;
    rule_tests_options(asked, &options);
    bool ok = options.paths.n == 0 || take_stages(&run, N_TEST_STAGES, &status);
    if (ok && !test_rules(&run, &have_passed, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
    }
    free_run(&run);
    options_free(&options);
    return status != 0 ? status : have_passed ? 0 : STATUS_BROKEN;
}

int run_facts(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (!parts_check_options(options, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        return STATUS_USAGE;
    }
    if (take_stages(&run, N_FACTS_STAGES, &status) && !parts_write(options, &run.files, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
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

/* What could not be analysed, for commands without a report. */
static int tell_failures(const struct run *run)
{
    for (size_t i = 0; i < run->failures.n; i++) {
        fprintf(stderr, "cyclint: %s: %s\n", run->failures.items[i].path,
                run->failures.items[i].message);
    }
    return run->failures.n > 0 ? STATUS_BROKEN : 0;
}

int run_dump(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (take_stages(&run, N_DUMP_STAGES, &status) && !dump(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    free_run(&run);
    return status;
}

static bool draw(struct run *run, struct error *error)
{
    struct settle_input input = {
        .program = &run->program,
        .read = files_read,
        .read_context = &run->files,
    };
    heap_find_class_graph(&run->program, &run->heap);
    return graph_draw(run->options, &input, &run->heap, error);
}

int run_graph(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (take_stages(&run, N_GRAPH_STAGES, &status) && !draw(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    free_run(&run);
    return status;
}

static bool report_gc(struct run *run, struct error *error)
{
    struct settle_input input = {
        .program = &run->program,
        .read = files_read,
        .read_context = &run->files,
    };
    return gc_report_command(run->options, &input, &run->program, &run->heap, error);
}

int run_gc_report(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (take_stages(&run, N_GRAPH_STAGES, &status) && !report_gc(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    free_run(&run);
    return status;
}
