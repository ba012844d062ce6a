/*
 * rules_built_in.h - the table the build makes of the folder rules/.
 */
#ifndef CYCLINT_RULES_BUILT_IN_H
#define CYCLINT_RULES_BUILT_IN_H

#include "rule.h"

struct rule_built_in {
    const struct rule *rule;
    const char *query; /* text of queries/<name>.scm, or NULL */
};

extern const struct rule_built_in rules_built_in[]; /* sorted by code; ends with a NULL rule */

#endif
