/*
 * gc_report_command.c - `cyclint gc report`: prices what files make, and writes it.
 *
 * What a profile knows (the version of Python, its thresholds, how many objects there were) holds
 * unless an option says otherwise.
 */
#include "cli/gc_report_command.h"

#include "cli/gc_calibrate.h"
#include "cli/gc_command.h"
#include "cli/gc_options.h"
#include "cli/output.h"
#include "report/gc_report.h"

#include <string.h>

/* What the numbers hold for. */
struct basis {
    const char *python;
    struct gc_version version;
    struct gc_start start;
    struct gc_speed speed;
};

static bool load_profile(const struct gc_options *o, struct gc_profile *profile,
                         struct error *error)
{
    struct builder text = {0};
    bool ok = gc_read_file(o->profile, &text, error)
              && (gc_profile_read(builder_string(&text), profile, error)
                  || error_within(error, "%s", o->profile));
    builder_free(&text);
    return ok || error_within(error, "gc: option '--profile'");
}

static bool find_basis(const struct gc_options *o, const struct gc_profile *profile,
                       struct basis *basis, struct error *error)
{
    enum gc_layout layout = (enum gc_layout)o->layout;
    bool asks_profile = profile != NULL && !o->has_python;
    *basis = (struct basis){.python = o->python, .version = o->version, .start = o->start};
    if (asks_profile) {
        basis->python = profile->python;
        if (!gc_version_parse(basis->python, &basis->version, error)) {
            return error_within(error, "gc: option '--profile'");
        }
    }
    if (asks_profile && !o->has_threshold) {
        memcpy(basis->start.threshold, profile->threshold, sizeof basis->start.threshold);
    }
    if (profile != NULL && !o->has_heap) {
        basis->start.heap = profile->objects;
    }
    basis->speed = gc_speed_default(&basis->version, layout);
    return o->calibration == NULL
           || gc_calibration_load(o->calibration, layout, &basis->speed, error)
           || error_within(error, "gc: option '--calibration'");
}

static bool write(const struct gc_options *o, const struct basis *basis,
                  const struct gc_report *report, const struct gc_profile *profile,
                  struct error *error)
{
    struct builder out = {0};
    struct gc_report_heading heading = {basis->python, gc_collector_name(&basis->version),
                                        &basis->start, (double)o->loop_trips, (size_t)o->most};
    (o->json ? gc_report_write_json : gc_report_write_text)(report, &heading, profile, &out);
    bool ok = output_bytes(builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

static bool report_with(const struct gc_options *o, struct gc_report_input *input,
                        struct error *error)
{
    struct basis basis;
    struct arena arena = {0};
    struct gc_report report;
    if (!find_basis(o, input->profile, &basis, error)) {
        return false;
    }
    input->pricing = gc_pricing_new(&basis.version, &basis.start, &basis.speed);
    gc_report_make(input, &arena, &report);
    bool ok = write(o, &basis, &report, input->profile, error);
    gc_report_free(&report);
    gc_pricing_free(input->pricing);
    arena_free(&arena);
    return ok;
}

bool gc_report_command(const struct options *options, const struct settle_input *settle,
                       struct program *program, const struct heap *heap, struct error *error)
{
    const struct gc_options *o = options->gc;
    struct gc_profile profile;
    struct gc_report_input input = {
        .settle = settle, .program = program, .heap = heap, .trips = (double)o->loop_trips};
    if (o->profile == NULL) {
        return report_with(o, &input, error);
    }
    if (!load_profile(o, &profile, error)) {
        return false;
    }
    input.profile = &profile;
    bool ok = report_with(o, &input, error);
    gc_profile_free(&profile);
    return ok;
}
