/*
 * rule_options.h - what the configuration says of single rules: `[tool.cyclint.rule.NAME]`.
 */
#ifndef CYCLINT_CLI_RULE_OPTIONS_H
#define CYCLINT_CLI_RULE_OPTIONS_H

#include "base/builder.h"
#include "cli/options.h"
#include "report/settle.h"
#include "syntax/toml.h"

/* Whether a value is of such a table: key `n_prefix` of it is "rule". */
bool rule_options_are(const struct toml_value *value, size_t n_prefix);

/* Takes the value into options->rule_settings.  False with an error "path:line:column: …".  That
 * there is a rule of that name is checked later, in rule_options_make(): the user's own are not
 * known yet. */
bool rule_options_read(struct options *options, const char *path, const struct toml_value *value,
                       size_t n_prefix, struct error *error);

/* Makes selection->wishes of the settings, in `arena`.  False with an error when one is of no rule.
 */
bool rule_options_make(const struct options *options, struct arena *arena,
                       struct selection *selection, struct error *error);

/* The number a rule goes by (rule.h): the user's, or its own. */
int rule_options_limit(const struct options *options, const struct rule *rule);

/* The tables of a configuration, as TOML: those that are set; an example in a comment before them.
 */
void rule_options_write_set(const struct options *options, struct builder *out);
void rule_options_write(const struct options *options, struct builder *out);

#endif
