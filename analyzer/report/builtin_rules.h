/*
 * builtin_rules.h - what the runner itself has to tell, as rules like the others: it can be
 * selected, suppressed and explained.
 */
#ifndef CYCLINT_REPORT_BUILTIN_RULES_H
#define CYCLINT_REPORT_BUILTIN_RULES_H

#include <stddef.h>

struct rule;

extern const struct rule builtin_file_unreadable;     /* F9001 */
extern const struct rule builtin_limit_exceeded;      /* F9002 */
extern const struct rule builtin_syntax_error;        /* E9003 */
extern const struct rule builtin_useless_suppression; /* I9004 */
extern const struct rule builtin_unknown_suppression; /* W9005 */
extern const struct rule builtin_analysis_cut;        /* I9006 */

/* All of them, in this order. */
const struct rule *const *builtin_rules_list(size_t *n);

#endif
