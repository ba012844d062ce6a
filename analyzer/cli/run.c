/*
 * run.c - the straight line: paths become files, files facts, facts findings, findings a report.
 *
 * This is the one file to open to see how cyclint works.  `stages` lists what happens once, one
 * line a stage.  What happens to each file, in one of several threads, is run_collect.c; what
 * happens to all together, run_analyse.c; and run_compare.c is the short cut past both.  Each file
 * has a place of its own for its result, and everything after the threads goes by the order of the
 * paths: so the output does not depend on how many threads there were.
 */
#include "cli/run.h"

#include "base/builder.h"
#include "cli/diff.h"
#include "cli/graph.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/run_stages.h"
#include "cli/status.h"
#include "cli/trend.h"
#include "report/baseline.h"
#include "report/keep_changed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FIX_ROUNDS = 50 }; /* most need two; fixes that need so many never end */

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

static bool check_parts(struct run *run, struct error *error)
{
    return run->options->parts == NULL
           || parts_are_used_up(run->options->parts, &run->files, error);
}

/* ---- from findings to the report ---- */

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
            .fixes = &run->answer.fixes,
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

/* ---- fixing ---- */

static bool repeat_stages(struct run *run, struct error *error);

/* What was known of the files that were fixed, and of the program, is gone. */
static bool analyse_again(struct run *run, struct error *error)
{
    run_forget_program(run);
    for (size_t i = 0; i < run->files.n; i++) {
        struct file *file = &run->files.items[i];
        if (file->is_stale) {
            arena_reset(&file->arena);
            file->facts = (struct facts){0};
            file->is_collected = false;
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

/* ---- what is left of it ---- */

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
    {"compare", run_compare, STATUS_BROKEN, FOR_REPORT},       /* only places changed -> findings */
    {"collect", run_collect, STATUS_BROKEN, FOR_FINDINGS},     /* files -> facts, in threads */
    {"parts", check_parts, STATUS_USAGE, FOR_REPORT},          /* they were of these files */
    {"gather", run_gather, STATUS_BROKEN, FOR_FINDINGS},       /* facts of all files together */
    {"link", run_link, STATUS_BROKEN, FOR_FINDINGS},           /* facts -> program */
    {"check", run_rules, STATUS_BROKEN, FOR_FINDINGS},         /* program -> findings, in threads */
    {"leave out", run_leave_out, STATUS_BROKEN, FOR_FINDINGS}, /* what is fine here taken out */
    {"costs", run_costs, STATUS_BROKEN, FOR_FINDINGS},         /* findings -> cycles' costs */
    {"settle", settle_findings, STATUS_BROKEN, FOR_REPORT},    /* findings -> report */
    {"baseline", compare_with_baseline, STATUS_USAGE, ALWAYS}, /* old findings taken out */
    {"changed", keep_changed, STATUS_BROKEN, ALWAYS},          /* findings on old lines taken out */
    {"fix", fix_files, STATUS_BROKEN, ALWAYS},                 /* files -> fixed, and again */
    {"write", write_report, STATUS_BROKEN, ALWAYS},            /* report -> text, json, … */
    {"save", save_to_cache, STATUS_BROKEN, ALWAYS},            /* facts and report -> store */
};

enum { N_STAGES = sizeof stages / sizeof *stages };

/* From the facts to the report that is to be fixed. */
static bool repeat_stages(struct run *run, struct error *error)
{
    bool is_in = false;
    for (size_t i = 0; i < N_STAGES && stages[i].act != fix_files; i++) {
        is_in = is_in || stages[i].act == run_collect;
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
        fprintf(stderr, "%-9s %9.2f ms", stages[i].name, run->milliseconds[i]);
        if (stages[i].act == run_rules) {
            fprintf(stderr, ", the heap %.2f, resources %.2f", run->heap_milliseconds,
                    run->resources_milliseconds);
        }
        fputc('\n', stderr);
        sum += run->milliseconds[i];
    }
    fprintf(stderr, "%-9s %9.2f ms, %zu files, %zu unchanged, %zu the same%s\n", "all", sum,
            run->files.n, count_origin(run, ORIGIN_UNCHANGED), count_origin(run, ORIGIN_SAME),
            run->answer.is_known       ? ", report recalled"
            : run->answer.has_findings ? ", findings recalled"
                                       : "");
}

void run_free(struct run *run)
{
    cache_close(&run->cache);
    run_forget_program(run);
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

bool run_up_to(struct run *run, const char *stage, int *status)
{
    struct error error;
    bool is_last = false;
    for (size_t i = 0; i < N_STAGES && !is_last; i++) {
        is_last = strcmp(stages[i].name, stage) == 0;
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
    if (run_up_to(&run, "save", &status)) {
        status = status_of_run(&run);
    }
    if (options->timings) {
        print_timings(&run);
    }
    run_free(&run);
    return status;
}
