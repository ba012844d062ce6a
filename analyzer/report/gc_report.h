/*
 * gc_report.h - `cyclint gc report`: what each function and loop makes, and what that costs the
 * collector.
 */
#ifndef CYCLINT_REPORT_GC_REPORT_H
#define CYCLINT_REPORT_GC_REPORT_H

#include "report/gc_price.h"
#include "report/gc_profile.h"
#include "report/settle.h"

/* A function, or a loop of one. */
struct gc_row {
    uint32_t file, scope;
    uint32_t loop;    /* an OP_LOOP, or NONE for the function */
    const char *name; /* "Session.__init__"; "<module>" */
    const char *word; /* of a loop: "for", "while", "comprehension" */
    struct span span;
    struct allocation_list list; /* of one call or trip */
    struct gc_price price;
    double trips;     /* of a loop: each time it is begun */
    bool trips_told;  /* by the text */
    bool is_measured; /* the profile knows it */
    double times;     /* calls or trips that the profile counted */
};

struct gc_report {
    struct {
        ARRAY_OF(struct gc_row);
    } functions, loops;          /* those that make something; the dearest first */
    size_t n_functions, n_loops; /* that were looked at */
    bool has_profile;
    struct gc_price whole; /* what the model says of the program that was profiled; scaled to it */
};

struct gc_report_input {
    const struct settle_input *settle;
    struct program *program;
    const struct heap *heap;
    struct gc_pricing *pricing;
    double trips;                     /* of a loop when nobody tells */
    const struct gc_profile *profile; /* or NULL */
};

void gc_report_make(const struct gc_report_input *input, struct arena *arena,
                    struct gc_report *report);
void gc_report_free(struct gc_report *report);

/* Writes it.  `heading` says under which circumstances. */
struct gc_report_heading {
    const char *python, *collector;
    const struct gc_start *start;
    double trips;
    size_t most; /* rows of each table in the text */
};

void gc_report_write_text(const struct gc_report *report, const struct gc_report_heading *heading,
                          const struct gc_profile *profile, struct builder *out);
void gc_report_write_json(const struct gc_report *report, const struct gc_report_heading *heading,
                          const struct gc_profile *profile, struct builder *out);

#endif
