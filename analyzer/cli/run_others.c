/*
 * run_others.c - runs that end before the report, or with something else.
 */
#include "cli/gc_report_command.h"
#include "cli/graph.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/rule_tests.h"
#include "cli/run.h"
#include "cli/run_stages.h"
#include "cli/status.h"

#include <stdio.h>

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
    bool ok = options.paths.n == 0 || run_up_to(&run, "settle", &status);
    if (ok && !test_rules(&run, &have_passed, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
    }
    run_free(&run);
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
    if (run_up_to(&run, "collect", &status) && !parts_write(options, &run.files, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    run_free(&run);
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
    if (run_up_to(&run, "link", &status) && !dump(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    run_free(&run);
    return status;
}

static bool draw(struct run *run, struct error *error)
{
    struct settle_input input = {
        .program = &run->program,
        .read = files_read,
        .read_context = &run->files,
    };
    run_heap(run);
    heap_find_class_graph(&run->program, &run->heap);
    return graph_draw(run->options, &input, &run->heap, error);
}

int run_graph(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (run_up_to(&run, "link", &status) && !draw(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    run_free(&run);
    return status;
}

static bool report_gc(struct run *run, struct error *error)
{
    struct settle_input input = {
        .program = &run->program,
        .read = files_read,
        .read_context = &run->files,
    };
    run_heap(run);
    return gc_report_command(run->options, &input, &run->program, &run->heap, error);
}

int run_gc_report(const struct options *options)
{
    struct run run = {.options = options};
    struct error error;
    int status = 0;
    if (run_up_to(&run, "link", &status) && !report_gc(&run, &error)) {
        fprintf(stderr, "cyclint: %s\n", error.message);
        status = STATUS_BROKEN;
    }
    status |= tell_failures(&run);
    run_free(&run);
    return status;
}
