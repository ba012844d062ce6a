/*
 * explain.h - what the rules are: `explain`, --list-msgs, --list-msgs-enabled; and what they see:
 * --show-tree.
 */
#ifndef CYCLINT_CLI_EXPLAIN_H
#define CYCLINT_CLI_EXPLAIN_H

#include "base/builder.h"
#include "base/error.h"
#include "cli/options.h"
#include "report/settle.h"

/* Explains every rule that one of `names` means (separated by commas).  False with an error when
 * one means none. */
bool explain_rules(const char *names, struct builder *out, struct error *error);

/* All rules with their reasons, as pylint lists its messages. */
void explain_list(struct builder *out);

/* Which rules are enabled and which are not. */
void explain_selection(const struct selection *selection, struct builder *out);

/* The table of makers of resources, with what the options add to it. */
void explain_makers(const struct options *options, struct builder *out);

/* The syntax tree of a Python file, as the queries of rules name its parts. */
bool explain_tree(const struct options *options, struct builder *out, struct error *error);

#endif
