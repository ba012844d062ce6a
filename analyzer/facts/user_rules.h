/*
 * user_rules.h - the rules a user wrote: a folder of .scm files.
 */
#ifndef CYCLINT_FACTS_USER_RULES_H
#define CYCLINT_FACTS_USER_RULES_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct rule;

/* A file of the folder. */
struct user_rule {
    const char *path;
    const char *examples;    /* the folder where its bad.py and good.py are looked for */
    const struct rule *rule; /* NULL: it is wrong */
    const char *problem;     /* "path:line:column: …", what is wrong; NULL: nothing is */
};

/* Reads each file below `folder` that ends in ".scm", in the order of their paths, and adds the
 * rules that are right to rules_list(); before there are threads.  None may be called as one of
 * `others`, the rules that are not in that list.  False with an error when there is no such file
 * or the folder cannot be read. */
bool user_rules_load(const char *folder, const struct rule *const *others, size_t n_others,
                     struct error *error);

/* All files that were read, those that are wrong also. */
const struct user_rule *user_rules_list(size_t *n);

/* The file of a rule; NULL when it is built in. */
const struct user_rule *user_rules_find(const struct rule *rule);

/* The text of a file of a user's rule in `arena`: a query or an example, which have a page, not
 * more than a million bytes.  NULL with an error when it cannot be read. */
const char *user_rules_read(const char *path, struct arena *arena, struct error *error);

#endif
