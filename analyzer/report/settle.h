/*
 * settle.h - findings become a report: resolved, suppressed, selected, sorted.
 */
#ifndef CYCLINT_REPORT_SETTLE_H
#define CYCLINT_REPORT_SETTLE_H

#include "program/program.h"
#include "report/finding.h"
#include "report/report.h"
#include "report/wishes.h"

/* Which findings the user wants.  `is_on[i]` belongs to `rules[i]`.  The rules are all there are,
 * built in, pseudo rules and the user's own, sorted by code: names in comments are looked up here.
 */
struct selection {
    const struct rule *const *rules;
    const bool *is_on;
    size_t n_rules;
    enum confidence min_confidence;
    const struct rule_wishes *const *wishes; /* by rule, NULL for most; NULL: nothing special */
};

/* A file that is no part of the program because it could not be read or analysed. */
struct failure {
    const struct rule *rule; /* of report/builtin_rules.h */
    const char *path;
    const char *message;
};

/* What is settled.  All of it must outlive the report. */
struct settle_input {
    const struct program *program;
    const struct findings *findings;
    const struct failure *failures;
    size_t n_failures;
    const struct selection *selection;

    /* By program index, what the user wants of each file; NULL: `selection` holds for all. */
    const struct selection *const *file_selections;

    /* Reads a file's text again: NULL for source_read().  Whoever read the standard input or made a
     * program of a notebook gives the text it has. */
    bool (*read)(void *context, const char *path, struct arena *arena, struct source *source,
                 struct error *error);
    void *read_context;

    /* The fixes that an earlier run knew, to which those of this one are added; NULL: none. */
    struct known_fixes *fixes;
};

/* `*report` is filled from nothing; report_free() frees it. */
void settle(const struct settle_input *input, struct report *report);

#endif
