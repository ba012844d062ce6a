/*
 * baseline.h - the findings a project has already, so that only new ones are reported.
 *
 * A file of JSON that people can read in a review: of each finding its fingerprint, by which it is
 * known again though its line moved, and for the reader its rule, path and message.
 */
#ifndef CYCLINT_REPORT_BASELINE_H
#define CYCLINT_REPORT_BASELINE_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/error.h"
#include "base/table.h"
#include "report/report.h"

#include <stdbool.h>

struct baseline {
    struct arena arena;             /* the fingerprints */
    struct name_table fingerprints; /* each with a number below `n` */
    uint32_t n;
};

/* Reads a baseline.  False with an error that names the path, when it cannot be read or is none. */
bool baseline_read(const char *path, struct baseline *baseline, struct error *error);
void baseline_free(struct baseline *baseline);

/* What is shown, as a baseline.  A file that could not be analysed is never part of it. */
void baseline_write(const struct report *report, struct builder *out);

/* Takes what the baseline has out of what is shown; returns how many of its findings are gone. */
uint32_t baseline_apply(const struct baseline *baseline, struct report *report);

#endif
