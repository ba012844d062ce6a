/*
 * regex.h - regular expressions over names and paths (PCRE2), for --ignore-patterns and its like.
 */
#ifndef CYCLINT_TEXT_REGEX_H
#define CYCLINT_TEXT_REGEX_H

#include "base/error.h"

#include <stdbool.h>

struct regex;

/* False with an error that tells where in `pattern` the mistake is. */
bool regex_compile(const char *pattern, struct regex **regex, struct error *error);
void regex_free(struct regex *regex);

/* Whether `text` begins with a match, as Python's re.match() and therefore pylint has it. */
bool regex_matches(const struct regex *regex, const char *text);

#endif
