/*
 * gc_command.c - `cyclint gc simulate|tune|calibrate`.
 */
#include "cli/gc_command.h"

#include "cli/gc_options.h"
#include "report/json.h"

#include <string.h>

static const char *const collector_names[] = {"generational", "generational", "incremental",
                                              "free-threaded"};

/* ---- simulate ---- */

static void add_list(struct json *json, const char *key, const uint64_t values[N_GENERATIONS])
{
    json_key_open(json, key, '[');
    for (int g = 0; g < N_GENERATIONS; g++) {
        json_number(json, values[g]);
    }
    json_close(json, ']');
}

/* A range of durations in microseconds. */
static void add_range(struct json *json, const char *key, struct gc_range range)
{
    json_key_open(json, key, '[');
    json_decimal(json, range.low * 1e6);
    json_decimal(json, range.high * 1e6);
    json_close(json, ']');
}

static void write_json(const struct gc_options *o, const struct gc_result *r,
                       const struct gc_cost *cost, struct builder *out)
{
    struct json json = json_begin(out, 2);
    json_open(&json, '{');
    json_key_string(&json, "python", o->python);
    json_key_string(&json, "collector", collector_names[o->version.collector]);
    add_list(&json, "threshold", o->start.threshold);
    add_list(&json, "collections", r->collections);
    add_list(&json, "examined", r->examined);
    add_list(&json, "collected", r->collected);
    add_list(&json, "largest", r->largest);
    json_key_number(&json, "triggers", r->triggers);
    json_key_number(&json, "counted_allocations", r->counted);
    json_key_number(&json, "peak_garbage", r->peak_garbage);
    json_key_number(&json, "garbage_at_end", r->garbage);
    json_key_number(&json, "heap_at_end", r->heap);
    json_key_open(&json, "microseconds", '{');
    add_range(&json, "pause_p50", cost->p50);
    add_range(&json, "pause_p99", cost->p99);
    add_range(&json, "pause_max", cost->longest);
    add_range(&json, "total", cost->total);
    json_close(&json, '}');
    json_close(&json, '}');
    builder_add_char(out, '\n');
}

static void add_counts(struct builder *out, const char *name, const uint64_t values[N_GENERATIONS])
{
    builder_addf(out, "%-14s %llu / %llu / %llu\n", name, (unsigned long long)values[0],
                 (unsigned long long)values[1], (unsigned long long)values[2]);
}

/* A duration with a unit that leaves one to three digits before the point. */
static void add_time(struct builder *out, double seconds)
{
    if (seconds >= 1) {
        builder_addf(out, "%.3g s", seconds);
    } else if (seconds >= 1e-3) {
        builder_addf(out, "%.3g ms", seconds * 1e3);
    } else {
        builder_addf(out, "%.3g us", seconds * 1e6);
    }
}

static void add_times(struct builder *out, const char *name, struct gc_range range)
{
    builder_addf(out, "%-14s ", name);
    add_time(out, range.low);
    builder_add(out, " to ");
    add_time(out, range.high);
    builder_add_char(out, '\n');
}

static void write_text(const struct gc_options *o, const struct gc_result *r,
                       const struct gc_cost *cost, struct builder *out)
{
    builder_addf(
        out, "Python %s, %s, thresholds %llu,%llu,%llu; by generation, youngest first\n", o->python,
        collector_names[o->version.collector], (unsigned long long)o->start.threshold[0],
        (unsigned long long)o->start.threshold[1], (unsigned long long)o->start.threshold[2]);
    add_counts(out, "collections", r->collections);
    add_counts(out, "examined", r->examined);
    add_counts(out, "collected", r->collected);
    add_times(out, "pause p50", cost->p50);
    add_times(out, "pause p99", cost->p99);
    add_times(out, "pause max", cost->longest);
    add_times(out, "total", cost->total);
    builder_addf(out, "%-14s %llu objects, %llu at the end\n", "peak garbage",
                 (unsigned long long)r->peak_garbage, (unsigned long long)r->garbage);
    builder_addf(out, "%-14s %llu objects\n", "heap at end", (unsigned long long)r->heap);
}

static bool simulate(const struct gc_options *o, struct builder *out, struct error *error)
{
    struct gc_workload workload;
    struct gc_result result;
    if (!gc_workload_parse(o->workload, &o->version, &workload, error)) {
        return error_within(error, "gc");
    }
    bool ok = gc_simulate(&workload, &o->version, &o->start, &result, error);
    gc_workload_free(&workload);
    if (!ok) {
        return error_within(error, "gc");
    }
    struct gc_speed speed = gc_speed_default(&o->version, (enum gc_layout)o->layout);
    struct gc_cost cost = gc_cost(&speed, &result);
    (o->json ? write_json : write_text)(o, &result, &cost, out);
    gc_result_free(&result);
    return true;
}

/* ---- which command ---- */

bool gc_command(int argc, char *const *argv, struct builder *out, bool *is_broken,
                struct error *error)
{
    const char *command = argc > 0 ? argv[0] : "";
    *is_broken = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            gc_options_help(out);
            return true;
        }
    }
    if (strcmp(command, "simulate") != 0) {
        return error_at(error, "gc: '%s' is no command; there are simulate, tune, calibrate",
                        command);
    }
    struct gc_options options;
    bool ok = gc_options_parse(&options, command, argc - 1, argv + 1, error);
    ok = ok && simulate(&options, out, error);
    gc_options_free(&options);
    return ok;
}
