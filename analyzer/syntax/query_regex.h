/*
 * query_regex.h - the regular expressions of #match? and its kin.
 */
#ifndef CYCLINT_SYNTAX_QUERY_REGEX_H
#define CYCLINT_SYNTAX_QUERY_REGEX_H

#include <stdbool.h>
#include <stddef.h>

struct query_regex; /* compiled; read-only, so threads may share it */

/* Compiles `pattern`.  NULL when it is no regular expression: `message` (of `size` bytes) then says
 * why. */
struct query_regex *query_regex_new(const char *pattern, size_t length, char *message, size_t size);
void query_regex_free(struct query_regex *regex);

/* What matching needs besides; one a thread. */
struct query_regex_memory;

struct query_regex_memory *query_regex_memory_new(void);
void query_regex_memory_free(struct query_regex_memory *memory);

/* Whether the expression matches somewhere in the text.  `*failed` is set when that takes more work
 * than PCRE2 is willing to do. */
bool query_regex_matches(const struct query_regex *regex, struct query_regex_memory *memory,
                         const char *s, size_t length, bool *failed);

#endif
