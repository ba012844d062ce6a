/*
 * status.c - what the program exits with.
 */
#include "cli/status.h"

#include "report/rule_names.h"

#include <string.h>

int status_bit(enum category category)
{
    static const int bits[N_CATEGORIES] = {1, 2, 4, 8, 16, 0};
    return bits[category];
}

static int category_bits(const struct report *report)
{
    int status = 0;
    for (enum category c = CATEGORY_FATAL; c < N_CATEGORIES; c++) {
        status |= report->counts[c] > 0 ? status_bit(c) : 0;
    }
    return status;
}

static bool must_fail(const struct options *options, const struct report *report)
{
    for (size_t i = 0; i < report->shown.n; i++) {
        for (size_t k = 0; k < options->fail_on.n; k++) {
            const char *name = options->fail_on.items[k];
            if (rule_answers_to(report->shown.items[i].rule, name, strlen(name))) {
                return true;
            }
        }
    }
    return false;
}

int status_of_report(const struct options *options, const struct report *report)
{
    int bits = category_bits(report);
    double score;
    if (options->exit_zero) {
        return 0;
    }
    if (must_fail(options, report)) {
        return bits != 0 ? bits : 1;
    }
    if (report->counts[CATEGORY_FATAL] > 0 || !report_score(report, &score)) {
        return bits;
    }
    return score >= options->fail_under ? 0 : bits != 0 ? bits : 1;
}
