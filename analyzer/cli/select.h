/*
 * select.h - which rules are reported.
 */
#ifndef CYCLINT_CLI_SELECT_H
#define CYCLINT_CLI_SELECT_H

#include "cli/options.h"
#include "report/settle.h"

/* All rules, those about files and comments too, sorted by code. */
const struct rule *const *select_rules(size_t *n);

/* Fills `selection` from the options; `is_on` is allocated in `arena`.  False with an error that
 * tells where a name stands that no rule has. */
bool select_make(const struct options *options, struct arena *arena, struct selection *selection,
                 struct error *error);

/* Whether all `names` are known; the error says where they stand. */
bool select_names_are_known(const struct strings *names, const char *where, struct error *error);

#endif
