/*
 * gc_command.c - `cyclint gc simulate|tune|calibrate`.
 */
#include "cli/gc_command.h"

#include "cli/gc_calibrate.h"
#include "cli/gc_options.h"
#include "cli/gc_plot.h"
#include "cli/gc_profile_command.h"
#include "cli/output.h"
#include "report/json.h"

#include <math.h>
#include <string.h>

const char *gc_collector_name(const struct gc_version *version)
{
    static const char *const names[] = {"generational", "generational", "incremental",
                                        "free-threaded"};
    return names[version->collector];
}

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
    json_key_string(&json, "collector", gc_collector_name(&o->version));
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

static void add_times(struct builder *out, const char *name, struct gc_range range)
{
    builder_addf(out, "%-14s ", name);
    gc_add_time(out, range.low);
    builder_add(out, " to ");
    gc_add_time(out, range.high);
    builder_add_char(out, '\n');
}

static void write_text(const struct gc_options *o, const struct gc_result *r,
                       const struct gc_cost *cost, struct builder *out)
{
    builder_addf(
        out, "Python %s, %s, thresholds %llu,%llu,%llu; by generation, youngest first\n", o->python,
        gc_collector_name(&o->version), (unsigned long long)o->start.threshold[0],
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

/* The default figures, or those of --calibration. */
static bool find_speed(const struct gc_options *o, struct gc_speed *speed, struct error *error)
{
    enum gc_layout layout = (enum gc_layout)o->layout;
    *speed = gc_speed_default(&o->version, layout);
    return o->calibration == NULL || gc_calibration_load(o->calibration, layout, speed, error)
           || error_within(error, "gc: option '--calibration'");
}

static bool simulate(const struct gc_options *o, struct builder *out, struct error *error)
{
    struct gc_speed speed;
    if (!find_speed(o, &speed, error)) {
        return false;
    }
    struct gc_workload workload;
    struct gc_result result;
    if (!gc_workload_parse(o->workload, &o->version, &workload, error)) {
        return error_within(error, "gc");
    }
    workload.shares = o->shares;
    bool ok = gc_simulate(&workload, &o->version, &o->start, &result, error);
    gc_workload_free(&workload);
    if (!ok) {
        return error_within(error, "gc");
    }
    struct gc_cost cost = gc_cost(&speed, &result);
    (o->json ? write_json : write_text)(o, &result, &cost, out);
    gc_result_free(&result);
    return true;
}

/* ---- tune ---- */

static void add_setting(struct builder *out, const char *name, const struct gc_setting *s)
{
    builder_addf(
        out, "%s: gc.set_threshold(%llu, %llu, %llu)%s\n", name,
        (unsigned long long)s->start.threshold[0], (unsigned long long)s->start.threshold[1],
        (unsigned long long)s->start.threshold[2], s->start.frozen > 0 ? ", the heap frozen" : "");
    add_counts(out, "  collections", s->collections);
    add_times(out, "  pause max", s->cost.longest);
    add_times(out, "  total", s->cost.total);
    builder_addf(out, "%-14s %llu objects\n", "  peak garbage",
                 (unsigned long long)s->peak_garbage);
}

static void explain_advice(const struct gc_tuning *tuning, struct builder *out)
{
    const struct gc_setting *now = &tuning->now, *best = &tuning->best;
    if (best->start.frozen > now->start.frozen) {
        builder_add(out, "\nAfter the imports call gc.collect(2), then gc.freeze(): what is "
                         "reachable by then is\nnever examined again. Without the collection "
                         "its garbage would be kept for good.\n");
    }
    if (best->start.threshold[0] > now->start.threshold[0]) {
        builder_add(out, "\nA higher first threshold saves only what growth and cycles cost: "
                         "objects that\nreference counting frees never cause a collection.\n");
    }
    if (memcmp(&best->start, &now->start, sizeof now->start) == 0) {
        builder_add(out, "\nNothing that was tried is cheaper within the bounds.\n");
    }
}

static void write_setting(struct json *json, const char *key, const struct gc_setting *s)
{
    json_key_open(json, key, '{');
    add_list(json, "threshold", s->start.threshold);
    json_key_number(json, "frozen", s->start.frozen);
    add_list(json, "collections", s->collections);
    json_key_number(json, "peak_garbage", s->peak_garbage);
    json_key_open(json, "microseconds", '{');
    add_range(json, "pause_max", s->cost.longest);
    add_range(json, "total", s->cost.total);
    json_close(json, '}');
    json_close(json, '}');
}

static void write_tuning(const struct gc_options *o, const struct gc_tuning *tuning,
                         struct builder *out)
{
    if (o->json) {
        struct json json = json_begin(out, 2);
        json_open(&json, '{');
        json_key_string(&json, "python", o->python);
        write_setting(&json, "now", &tuning->now);
        write_setting(&json, "advised", &tuning->best);
        json_close(&json, '}');
        builder_add_char(out, '\n');
        return;
    }
    add_setting(out, "now", &tuning->now);
    add_setting(out, "advised", &tuning->best);
    explain_advice(tuning, out);
}

static bool write_plot(const struct gc_options *o, const struct gc_tuning *tuning,
                       const struct gc_bounds *bounds, struct error *error)
{
    struct builder svg = {0};
    gc_plot(tuning, bounds, o->python, &svg);
    bool ok = output_file(o->svg, builder_string(&svg), svg.length, error);
    builder_free(&svg);
    return ok;
}

/* Finds the setting and writes it and the plot. */
static bool advise(const struct gc_options *o, const struct gc_workload *workload,
                   struct builder *out, bool *is_broken, struct error *error)
{
    struct gc_bounds bounds = {o->has_pause ? o->max_pause : INFINITY, o->max_garbage};
    struct gc_speed speed;
    struct gc_tuning tuning;
    if (!find_speed(o, &speed, error)
        || !gc_tune(workload, &o->version, &o->start, &speed, &bounds, &tuning, error)) {
        return false;
    }
    bool ok = o->svg == NULL || write_plot(o, &tuning, &bounds, error);
    *is_broken = !ok;
    if (ok && !tuning.has_best) {
        ok = error_at(error, "gc: no thresholds keep this workload within --max-garbage %llu%s",
                      (unsigned long long)o->max_garbage, o->has_pause ? " and --max-pause" : "");
    } else if (ok) {
        write_tuning(o, &tuning, out);
    }
    gc_tuning_free(&tuning);
    return ok;
}

static bool tune(const struct gc_options *o, struct builder *out, bool *is_broken,
                 struct error *error)
{
    struct gc_workload workload;
    if (!o->has_garbage) {
        return error_at(error, "gc: tune needs --max-garbage: without a bound the cheapest is "
                               "never to collect, until memory is full");
    }
    if (!gc_workload_parse(o->workload, &o->version, &workload, error)) {
        return error_within(error, "gc");
    }
    workload.shares = o->shares;
    bool ok = advise(o, &workload, out, is_broken, error);
    gc_workload_free(&workload);
    return ok;
}

/* ---- calibrate ---- */

static bool calibrate(const struct gc_options *o, struct builder *out, bool *is_broken,
                      struct error *error)
{
    if (!gc_calibrate(o->python, out, error)) {
        return error_within(error, "gc");
    }
    if (o->output == NULL) {
        return true;
    }
    bool ok = output_file(o->output, builder_string(out), out->length, error);
    *is_broken = !ok;
    builder_clear(out);
    return ok;
}

/* ---- which command ---- */

static bool is_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static bool is_command(const char *word)
{
    return strcmp(word, "simulate") == 0 || strcmp(word, "tune") == 0
           || strcmp(word, "profile") == 0 || strcmp(word, "calibrate") == 0;
}

bool gc_command(int argc, char *const *argv, struct builder *out, bool *is_broken,
                struct error *error)
{
    const char *command = argc > 0 ? argv[0] : "";
    *is_broken = false;
    if (is_help(argc, argv)) {
        gc_options_help(out);
        return true;
    }
    if (!is_command(command)) {
        return error_at(error,
                        "gc: '%s' is no command; there are simulate, tune, report, profile, "
                        "calibrate",
                        command);
    }
    struct gc_options options;
    bool ok = gc_options_parse(&options, command, argc - 1, argv + 1, error);
    if (ok && *command == 's') {
        ok = simulate(&options, out, error);
    } else if (ok && *command == 't') {
        ok = tune(&options, out, is_broken, error);
    } else if (ok && *command == 'p') {
        ok = gc_profile_command(&options, error);
    } else if (ok) {
        ok = calibrate(&options, out, is_broken, error);
    }
    gc_options_free(&options);
    return ok;
}
