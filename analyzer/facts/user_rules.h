/*
 * user_rules.h - the rules a user wrote: a folder of .scm files.
 */
#ifndef CYCLINT_FACTS_USER_RULES_H
#define CYCLINT_FACTS_USER_RULES_H

#include "base/error.h"

#include <stdbool.h>

/* Adds a rule to rules_list() for each file of `folder` that ends in ".scm", in the order of their
 * names; before there are threads.  False with an error that tells file, line and column; the rules
 * of the files before that one are then there. */
bool user_rules_load(const char *folder, struct error *error);

#endif
