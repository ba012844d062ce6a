/*
 * trend.h - what an earlier run found, for a report that tells the difference.
 */
#ifndef CYCLINT_REPORT_TREND_H
#define CYCLINT_REPORT_TREND_H

#include <stdbool.h>
#include <stddef.h>

struct trend_rule {
    const char *code, *name;
    size_t n_findings;
};

struct trend {
    bool has_previous; /* false: nothing else counts */
    size_t n_files, n_statements, n_findings;
    const struct trend_rule *rules; /* that had findings, sorted by code */
    size_t n_rules;
};

#endif
