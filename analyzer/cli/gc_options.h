/*
 * gc_options.h - the options of `cyclint gc`.
 */
#ifndef CYCLINT_CLI_GC_OPTIONS_H
#define CYCLINT_CLI_GC_OPTIONS_H

#include "base/builder.h"
#include "cli/options.h"
#include "report/gc_price.h"

struct gc_options {
    const char *python;
    struct gc_version version;
    struct gc_start start;
    uint64_t trips, objects;
    uint64_t kept, cyclic; /* of 1,000 trips */
    const char *kind;
    const char *workload;    /* text, or NULL */
    struct gc_shares shares; /* what the text was made from */
    struct builder text;     /* of the workload when it was read from a file or made */
    int layout;              /* enum gc_layout */
    bool json, has_threshold, has_garbage, has_pause;
    double max_pause; /* seconds */
    uint64_t max_garbage;
    const char *svg, *output, *calibration, *profile;
    bool has_python, has_heap;
    uint64_t loop_trips; /* of a loop whose text does not tell */
    uint64_t most;       /* rows of a table */
    struct strings rest; /* paths and options of the analysis; behind -- a command */
};

/* Reads what stands behind `cyclint gc COMMAND`, with the defaults that --help tells. */
bool gc_options_parse(struct gc_options *options, const char *command, int argc, char *const *argv,
                      struct error *error);
void gc_options_free(struct gc_options *options);

/* Adds what a file holds; "-" is the standard input. */
bool gc_read_file(const char *path, struct builder *text, struct error *error);

void gc_options_help(struct builder *out);

#endif
