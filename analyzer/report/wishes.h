/*
 * wishes.h - which findings of single rules the user does not want.
 *
 * Names are globs.  One without a dot is compared with the last part of a dotted name, one with a
 * dot with all of it; `*` stands for dots, too.
 */
#ifndef CYCLINT_REPORT_WISHES_H
#define CYCLINT_REPORT_WISHES_H

#include "base/array.h"
#include "report/finding.h"
#include "text/ignore.h"

/* What the user wants of one rule. */
struct rule_wishes {
    int min_confidence;                 /* enum confidence; -1: as of all rules */
    struct strings ignore_names;        /* what findings are about, or stand in */
    struct strings ignore_bases;        /* of the classes they are about, or stand in */
    const struct ignore_level *exclude; /* files; NULL: none */
    const char *exclude_folder;         /* absolute: where the patterns begin */
};

/* Where findings are looked at. */
struct wishes_view {
    const struct program *program;     /* linked */
    const char *const *absolute_paths; /* of its files */
};

/* Whether the user does not want this finding of the rule. */
bool wishes_refuse(const struct wishes_view *view, const struct rule_wishes *wishes,
                   const struct finding *finding);

#endif
