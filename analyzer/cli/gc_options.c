/*
 * gc_options.c - the options of `cyclint gc`.
 */
#include "cli/gc_options.h"

#include "gcmodel/shares.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIMULATE = 1, TUNE = 2, CALIBRATE = 4, REPORT = 8, PROFILE = 16, FRACTION = SHARE_WHOLE };

static const char *const layouts[N_LAYOUTS] = {"sequential", "mixed", "random"};

/* ---- values ---- */

static bool is_number(const char *text, uint64_t *value, struct error *error)
{
    return gc_number_parse(text, strlen(text), value)
           || error_at(error, "'%s' is no whole number from 0 to 10^18", text);
}

/* "0.25" as 250 of 1,000. */
static bool is_fraction(const char *text, uint64_t *value, struct error *error)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= 0 && number <= 1)) {
        return error_at(error, "'%s' is no part from 0 to 1", text);
    }
    *value = (uint64_t)(number * FRACTION + 0.5);
    return true;
}

/* "5ms", "300us", "0.2s". */
static bool is_duration(const char *text, double *seconds, struct error *error)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"ms", 1e-3}, {"us", 1e-6}, {"s", 1}};
    char *end;
    double number = strtod(text, &end);
    for (size_t i = 0; end != text && i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) == 0 && number > 0 && number < 1e6) {
            *seconds = number * units[i].seconds;
            return true;
        }
    }
    return error_at(error, "'%s' is no duration like 5ms, 300us or 0.2s", text);
}

static bool is_layout(const char *text, int *layout, struct error *error)
{
    for (int i = 0; i < N_LAYOUTS; i++) {
        if (strcmp(text, layouts[i]) == 0) {
            *layout = i;
            return true;
        }
    }
    return error_at(error, "'%s' is none of sequential, mixed, random", text);
}

bool gc_read_file(const char *path, struct builder *text, struct error *error)
{
    char bytes[4096];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file == NULL) {
        return error_at(error, "%s: %s", strerror(errno), path);
    }
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;) {
        builder_add_bytes(text, bytes, n);
    }
    bool ok = !ferror(file) || error_at(error, "%s: %s", strerror(errno), path);
    if (file != stdin) {
        fclose(file);
    }
    return ok;
}

/* ---- one function an option ---- */

static bool set_python(struct gc_options *o, const char *value, struct error *error)
{
    o->python = value;
    o->has_python = true;
    (void)error;
    return true;
}

static bool set_heap(struct gc_options *o, const char *value, struct error *error)
{
    o->has_heap = true;
    return is_number(value, &o->start.heap, error);
}

static bool set_young(struct gc_options *o, const char *value, struct error *error)
{
    return is_number(value, &o->start.young, error);
}

static bool set_counter(struct gc_options *o, const char *value, struct error *error)
{
    uint64_t size;
    bool is_negative = *value == '-';
    if (!is_number(value + is_negative, &size, error) || size >= 512) {
        return error_at(error, "'%s' is no number from -511 to 511", value);
    }
    o->start.counter = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

static bool set_trips(struct gc_options *o, const char *value, struct error *error)
{
    return is_number(value, &o->trips, error);
}

/* Of a loop; more would make a trip of three nested ones greater than any number. */
static bool set_loop_trips(struct gc_options *o, const char *value, struct error *error)
{
    if (!is_number(value, &o->loop_trips, error)) {
        return false;
    }
    return o->loop_trips <= 1000000 || error_at(error, "'%s' is more than a million", value);
}

static bool set_most(struct gc_options *o, const char *value, struct error *error)
{
    return is_number(value, &o->most, error);
}

static bool set_profile(struct gc_options *o, const char *value, struct error *error)
{
    o->profile = value;
    (void)error;
    return true;
}

static bool set_objects(struct gc_options *o, const char *value, struct error *error)
{
    return is_number(value, &o->objects, error);
}

static bool set_kind(struct gc_options *o, const char *value, struct error *error)
{
    o->kind = value;
    (void)error;
    return true;
}

static bool set_kept(struct gc_options *o, const char *value, struct error *error)
{
    return is_fraction(value, &o->kept, error);
}

static bool set_cyclic(struct gc_options *o, const char *value, struct error *error)
{
    return is_fraction(value, &o->cyclic, error);
}

static bool set_threshold(struct gc_options *o, const char *value, struct error *error)
{
    o->has_threshold = true;
    return gc_thresholds_parse(value, strlen(value), o->start.threshold, error);
}

static bool set_freeze(struct gc_options *o, const char *value, struct error *error)
{
    return is_number(value, &o->start.frozen, error);
}

static bool set_layout(struct gc_options *o, const char *value, struct error *error)
{
    return is_layout(value, &o->layout, error);
}

static bool set_workload(struct gc_options *o, const char *value, struct error *error)
{
    o->workload = value;
    (void)error;
    return true;
}

static bool set_workload_file(struct gc_options *o, const char *value, struct error *error)
{
    builder_clear(&o->text);
    if (!gc_read_file(value, &o->text, error)) {
        return false;
    }
    o->workload = builder_string(&o->text);
    return true;
}

static bool set_calibration(struct gc_options *o, const char *value, struct error *error)
{
    o->calibration = value;
    (void)error;
    return true;
}

static bool set_max_pause(struct gc_options *o, const char *value, struct error *error)
{
    o->has_pause = true;
    return is_duration(value, &o->max_pause, error);
}

static bool set_max_garbage(struct gc_options *o, const char *value, struct error *error)
{
    o->has_garbage = true;
    return is_number(value, &o->max_garbage, error);
}

static bool set_svg(struct gc_options *o, const char *value, struct error *error)
{
    o->svg = value;
    (void)error;
    return true;
}

static bool set_output(struct gc_options *o, const char *value, struct error *error)
{
    o->output = value;
    (void)error;
    return true;
}

static bool set_json(struct gc_options *o, const char *value, struct error *error)
{
    o->json = true;
    (void)value, (void)error;
    return true;
}

static const struct gc_option {
    const char *name, *argument;
    int commands;
    bool (*set)(struct gc_options *options, const char *value, struct error *error);
    const char *help;
} table[] = {
    {"python", "VERSION", SIMULATE | TUNE | REPORT, set_python,
     "Version of Python, with its patch number, or 3.13t (default: 3.14, or that "
     "of the profile)"},
    {"python", "PATH", CALIBRATE, set_python, "The interpreter to measure (default: python3)"},
    {"heap", "N", SIMULATE | TUNE | REPORT, set_heap,
     "Tracked objects that the program has at the start (default: 100000, or those of the "
     "profile)"},
    {"loop-trips", "N", REPORT, set_loop_trips,
     "How often a loop goes round when neither its text nor a profile tells (default: 10)"},
    {"profile", "FILE", REPORT, set_profile,
     "What gc profile measured: calls and trips, beside what is read from the text"},
    {"most", "N", REPORT, set_most, "Functions and loops to show, the dearest first (default: 10)"},
    {"trips", "N", SIMULATE | TUNE, set_trips, "Trips through the loop (default: 1000000)"},
    {"objects", "N", SIMULATE | TUNE, set_objects, "Objects made in a trip (default: 1)"},
    {"kind", "KIND", SIMULATE | TUNE, set_kind,
     "What they are: object, list, dict, instance, ... (default: object)"},
    {"kept", "PART", SIMULATE | TUNE, set_kept,
     "Part of the trips whose objects stay for good (default: 0)"},
    {"cyclic", "PART", SIMULATE | TUNE, set_cyclic,
     "Part of the trips whose objects end as a cycle (default: 0); the rest is freed by "
     "reference counting"},
    {"workload", "TEXT", SIMULATE | TUNE, set_workload,
     "Instead of these: what the program does, as in '20000 { a=list b=dict cycle:a keep:b }'"},
    {"workload-file", "FILE", SIMULATE | TUNE, set_workload_file, "The same from a file, or -"},
    {"threshold", "A,B,C", SIMULATE | TUNE | REPORT, set_threshold,
     "As for gc.set_threshold() (default: the version's)"},
    {"freeze", "N", SIMULATE | TUNE | REPORT, set_freeze,
     "Objects of the heap that gc.freeze() took out of sight (default: 0)"},
    {"young", "N", SIMULATE, set_young,
     "Objects made since the last collection at the start (default: 0)"},
    {"counter", "N", SIMULATE, set_counter,
     "For 3.13t: what the thread has counted before the start (default: 0)"},
    {"layout", "LAYOUT", SIMULATE | TUNE | REPORT, set_layout,
     "How the heap lies in memory: sequential, mixed or random (default: mixed)"},
    {"calibration", "FILE", SIMULATE | TUNE | REPORT, set_calibration,
     "What gc calibrate measured (default: figures of one machine)"},
    {"max-pause", "TIME", TUNE, set_max_pause, "No collection may last longer, as in 5ms"},
    {"max-garbage", "N", TUNE, set_max_garbage, "Unreachable objects that may wait; tune needs it"},
    {"svg", "FILE", TUNE, set_svg, "Draws cost, pause and garbage over the first threshold"},
    {"output", "FILE", CALIBRATE, set_output, "Where to keep the figures (default: print them)"},
    {"output", "FILE", PROFILE, set_output, "Where to keep the profile (default: gc-profile.json)"},
    {"json", NULL, SIMULATE | TUNE | REPORT, set_json, "Print JSON"},
};

enum { N_OPTIONS = sizeof table / sizeof *table };

static int command_bit(const char *command)
{
    static const struct {
        const char *name;
        int bit;
    } commands[] = {
        {"simulate", SIMULATE}, {"tune", TUNE}, {"report", REPORT}, {"profile", PROFILE}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(command, commands[i].name) == 0) {
            return commands[i].bit;
        }
    }
    return CALIBRATE;
}

static const struct gc_option *find(const char *name, size_t length, int command)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if ((table[i].commands & command) && strlen(table[i].name) == length
            && memcmp(table[i].name, name, length) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

/* "--exclude", "--exclude=x", "-j", "-j2": the option that is meant, or NULL; `*has_value`: the
 * value is part of the word. */
static const struct option *general_option(const char *word, bool *has_value)
{
    size_t n, length = strcspn(word, "=");
    if (word[1] == '-') {
        *has_value = word[length] == '=';
        return option_find(word + 2, length - 2);
    }
    const struct option *options = options_table(&n);
    *has_value = word[2] != '\0';
    for (size_t i = 0; i < n; i++) {
        if (options[i].letter != 0 && options[i].letter == word[1]) {
            return &options[i];
        }
    }
    return NULL;
}

/* A path, or an option that the analysis of files has: kept for it, with the value behind it. */
static bool keep_rest(struct gc_options *options, int argc, char *const *argv, int *i)
{
    const char *argument = argv[*i];
    bool has_value = true, is_option = argument[0] == '-' && argument[1] != '\0';
    const struct option *option = is_option ? general_option(argument, &has_value) : NULL;
    if (is_option && option == NULL) {
        return false;
    }
    *array_push(&options->rest) = argument;
    if (option != NULL && option->argument != NULL && !has_value && *i + 1 < argc) {
        *array_push(&options->rest) = argv[++*i];
    }
    return true;
}

/* One option, at argv[*i], with the value behind it. */
static bool parse_one(struct gc_options *options, int command, int argc, char *const *argv, int *i,
                      struct error *error)
{
    const char *argument = argv[*i];
    bool is_option = strncmp(argument, "--", 2) == 0 && argument[2] != '\0';
    bool is_ours = is_option && find(argument + 2, strcspn(argument + 2, "="), command) != NULL;
    if (command == REPORT && !is_ours && keep_rest(options, argc, argv, i)) {
        return true;
    }
    if (!is_option) {
        return error_at(error, "gc: '%s' is no option", argument);
    }
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct gc_option *option = find(name, length, command);
    if (option == NULL) {
        return error_at(error, "gc: no such option: '--%.*s'; gc --help shows them all",
                        (int)length, name);
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (option->argument == NULL && value != NULL) {
        return error_at(error, "gc: option '--%s' takes no value", option->name);
    }
    if (option->argument != NULL && value == NULL) {
        if (*i + 1 == argc) {
            return error_at(error, "gc: option '--%s' needs a value", option->name);
        }
        value = argv[++*i];
    }
    return option->set(options, value, error)
           || error_within(error, "gc: option '--%s'", option->name);
}

static bool settle(struct gc_options *o, struct error *error)
{
    if (!gc_version_parse(o->python, &o->version, error)) {
        return error_within(error, "gc: option '--python'");
    }
    if (!o->has_threshold) {
        memcpy(o->start.threshold, o->version.threshold, sizeof o->start.threshold);
    }
    if (o->kept + o->cyclic > FRACTION) {
        return error_at(error, "gc: --kept and --cyclic together are more than all trips");
    }
    if (o->start.frozen > o->start.heap) {
        return error_at(error, "gc: --freeze is more than --heap");
    }
    if (o->objects > 1000000) {
        return error_at(error, "gc: option '--objects': more than a million objects in a trip");
    }
    if (o->objects > 0 && o->trips > 1000000000000000000u / o->objects) {
        return error_at(error, "gc: --trips times --objects is more than 10^18");
    }
    if (o->workload == NULL) {
        o->shares = (struct gc_shares){o->kind, o->trips, o->objects, o->kept, o->cyclic};
        gc_shares_write(&o->shares, &o->text);
        o->workload = builder_string(&o->text);
    }
    return true;
}

bool gc_options_parse(struct gc_options *options, const char *command, int argc, char *const *argv,
                      struct error *error)
{
    int bit = command_bit(command);
    *options = (struct gc_options){
        .python = bit == CALIBRATE ? "python3" : "3.14",
        .start = {.heap = GC_DEFAULT_HEAP},
        .trips = 1000000,
        .objects = 1,
        .loop_trips = 10,
        .most = 10,
        .kind = "object",
        .layout = GC_MIXED,
    };
    for (int i = 0; i < argc; i++) {
        if (bit == PROFILE && strcmp(argv[i], "--") == 0) {
            for (i++; i < argc; i++) {
                *array_push(&options->rest) = argv[i];
            }
        } else if (!parse_one(options, bit, argc, argv, &i, error)) {
            return false;
        }
    }
    return !(bit & (SIMULATE | TUNE | REPORT)) || settle(options, error);
}

void gc_options_free(struct gc_options *options)
{
    builder_free(&options->text);
    array_free(&options->rest);
}

static void help_of(struct builder *out, int command, const char *title)
{
    builder_addf(out, "\n%s:\n", title);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (table[i].commands & command) {
            builder_addf(out, "  --%s%s%s\n          %s\n", table[i].name,
                         table[i].argument ? " " : "", table[i].argument ? table[i].argument : "",
                         table[i].help);
        }
    }
}

void gc_options_help(struct builder *out)
{
    builder_add(out, "usage: cyclint gc simulate [OPTIONS]\n"
                     "       cyclint gc tune --max-garbage N [OPTIONS]\n"
                     "       cyclint gc report [OPTIONS] PATH...\n"
                     "       cyclint gc profile [OPTIONS] -- PYTHON SCRIPT [ARGUMENTS]\n"
                     "       cyclint gc calibrate [OPTIONS]\n\n"
                     "The collector model: how many collections a program causes, what they\n"
                     "examine and free, and how long they take.\n");
    help_of(out, SIMULATE, "simulate: which collections a workload causes");
    help_of(out, TUNE, "tune: which thresholds and freeze cost least within bounds");
    help_of(out, REPORT,
            "report: what functions and loops make and cost; takes the options that "
            "choose files, too");
    help_of(out, PROFILE, "profile: runs a program and counts calls, trips and collections");
    help_of(out, CALIBRATE, "calibrate: how fast an interpreter's collector is here");
}
