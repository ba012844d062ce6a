/*
 * rule_names.h - the names by which users call rules: on the command line, in the configuration, in
 * comments.
 *
 * A rule answers to its code (`W9101`, in any case), its name (`reference-cycle`), its family
 * (`W91`, `91`), its category (`W`, `warning`) and `all`.
 */
#ifndef CYCLINT_REPORT_RULE_NAMES_H
#define CYCLINT_REPORT_RULE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct rule;

bool rule_answers_to(const struct rule *rule, const char *name, size_t length);

/* The rule with this code, of rules sorted by code; NULL when there is none. */
const struct rule *rule_with_code(const struct rule *const *rules, size_t n_rules,
                                  const char *code);

/* Whether any of the rules does. */
bool rule_names_know(const struct rule *const *rules, size_t n_rules, const char *name,
                     size_t length);

/* The rule's name that resembles `name` most, or NULL: for "did you mean". */
const char *rule_names_nearest(const struct rule *const *rules, size_t n_rules, const char *name,
                               size_t length);

#endif
