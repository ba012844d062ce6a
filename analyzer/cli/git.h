/*
 * git.h - asking git.
 */
#ifndef CYCLINT_CLI_GIT_H
#define CYCLINT_CLI_GIT_H

#include "base/builder.h"
#include "base/error.h"

#include <stdbool.h>

enum { GIT_WORDS = 24 }; /* that a question has at most, the NULL at its end among them */

/* Which repository git is to look at. */
struct git_place {
    const char *folder; /* where git is run; NULL: here */
    bool is_other;      /* it is not the one that variables such as GIT_DIR speak of */
};

/* Runs `git WORDS…`; the last word is NULL.  Adds what it writes to `out`, and what it writes of
 * errors to `complaint`; `*status` is what it ended with.  False with an error when it cannot be
 * run. */
bool git_run(const struct git_place *place, const char *const *words, struct builder *out,
             struct builder *complaint, int *status, struct error *error);

/* The same for a question that has an answer: false, with git's own words, when it ends with a
 * status other than 0. */
bool git_ask(const struct git_place *place, const char *const *words, struct builder *out,
             struct error *error);

/* The same for a question that asks for a name: false when there is no answer, and when git cannot
 * be run; then `*is_broken` is true and there is an error.  The line's end is taken off. */
bool git_name(const struct git_place *place, const char *const *words, struct builder *out,
              bool *is_broken, struct error *error);

#endif
