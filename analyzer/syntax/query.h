/*
 * query.h - patterns in tree-sitter's query language, matched over the flat tree.
 *
 * The syntax is tree-sitter's: `(call function: (identifier) @f (#eq? @f "open"))`, fields and
 * negated fields, anonymous nodes, wildcards, alternations, groups, quantifiers, anchors, and the
 * predicates #eq? #not-eq? #any-eq? #any-not-eq? #any-of? #not-any-of? #match? #not-match?
 * #any-match? #any-not-match? (regular expressions by PCRE2) and #set!. Patterns are dispatched by
 * the kind of their root node, so a file is walked once for all of them.
 */
#ifndef CYCLINT_SYNTAX_QUERY_H
#define CYCLINT_SYNTAX_QUERY_H

#include "base/arena.h"
#include "base/error.h"
#include "syntax/tree.h"

#include <stdbool.h>
#include <stdint.h>

struct query_set; /* compiled queries; read-only once the last was added, so threads may share it */

struct query_set *query_set_new(void);
void query_set_free(struct query_set *set);

/* Compiles `text` (any number of patterns); its matches will carry `owner`.  False with an error
 * that tells line and column in the query (`name` is what the message calls it).  A pattern that
 * can match nothing, because the grammar never puts such a node there, is an error, too. */
bool query_set_add(struct query_set *set, const char *name, const char *text, uint32_t owner,
                   struct error *error);

/* What patterns of `owner` say with `(#set! key "value")`. */
struct query_property {
    uint32_t owner;
    const char *key, *value; /* the value is "" when none is given */
    unsigned line, column;   /* of the key in the query, from 1 */
};

/* The value a pattern of `owner` gives `key` with #set!, or NULL. */
const char *query_set_property(const struct query_set *set, uint32_t owner, const char *key);

/* All properties of all owners. */
const struct query_property *query_set_properties(const struct query_set *set, size_t *n);

/* Whether a pattern of `owner` captures something as `@name`. */
bool query_set_captures(const struct query_set *set, uint32_t owner, const char *name);

struct query_capture {
    const char *name; /* without `@`; lives as long as the set */
    uint32_t node;    /* index in the tree */
};

struct query_match {
    uint32_t owner;
    uint32_t pattern;                     /* 0-based number of the pattern within its query */
    uint32_t root;                        /* the node the pattern's root matched */
    const struct query_capture *captures; /* in document order; valid during the call only */
    uint32_t n_captures;
};

/* Per-thread memory of matching, used again for each file. */
struct query_run;

struct query_run *query_run_new(const struct query_set *set);
void query_run_free(struct query_run *run);

/* Calls `found` for every match in the tree, in document order of the roots, then by owner and
 * pattern.  The same matches as TSQuery's, once each.  False with an error when the file needs more
 * than `max_steps` of work. */
bool query_run_tree(struct query_run *run, const struct tree *tree, uint64_t max_steps,
                    void (*found)(void *context, const struct query_match *match), void *context,
                    struct error *error);

#endif
