/*
 * new_rule.h - --new-rule: begins a rule of the user's own.
 */
#ifndef CYCLINT_CLI_NEW_RULE_H
#define CYCLINT_CLI_NEW_RULE_H

#include "base/builder.h"
#include "cli/options.h"

/* Writes a rule that works, its query and two examples, into the folder options->rules, which is
 * made when there is none; adds to `out` what was written.  The rules of the folder are loaded.
 * False with an error when there is such a rule already or a file cannot be written. */
bool new_rule(const struct options *options, struct builder *out, struct error *error);

#endif
