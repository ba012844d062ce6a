/*
 * rule_tests.h - --test-rules: whether the rules of a user's folder do what their examples say.
 */
#ifndef CYCLINT_CLI_RULE_TESTS_H
#define CYCLINT_CLI_RULE_TESTS_H

#include "base/builder.h"
#include "cli/options.h"
#include "facts/user_rules.h"
#include "report/report.h"

/* Adds what is wrong with a file of a rule, and the line where it is, with a caret. */
void rule_tests_add_problem(const struct user_rule *file, struct builder *out);

/* The options with which the examples of all rules of the user are to be analysed: these rules and
 * no other, whatever the configuration says; `options->paths` is empty when there is no example. */
void rule_tests_options(const struct options *asked, struct options *options);

/* Writes what the report about the examples makes of each rule.  Whether all have passed. */
bool rule_tests_write(const struct report *report, struct builder *out);

#endif
