/*
 * marks.h - what the rules' queries find in a tree, as records that outlive it.
 */
#ifndef CYCLINT_FACTS_MARKS_H
#define CYCLINT_FACTS_MARKS_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "facts/facts.h"
#include "syntax/query.h"

/* Marks under way: symbols are the collector's business, scopes are filled in when all are known.
 */
struct marks {
    uint32_t (*symbol)(void *context, const char *text, size_t length);
    void *context;
    struct {
        ARRAY_OF(struct mark);
    } marks;
    struct {
        ARRAY_OF(struct capture);
    } captures;
    struct arena texts; /* of captures, while a rule looks at them */
};

/* The queries of all rules, compiled when first asked for; any thread may ask.  The user's were
 * checked when they were loaded, so a query that does not compile is our mistake and ends the
 * program. */
const struct query_set *marks_queries(void);

/* Shows each match in `tree` to its rule, which may mark it.  `run` is a run of marks_queries().
 * False with an error when the tree asks for more work than a file may. */
bool marks_collect(struct marks *marks, struct query_run *run, const struct tree *tree,
                   struct error *error);

/* Forgets all marks and keeps the memory. */
void marks_clear(struct marks *marks);
void marks_free(struct marks *marks);

#endif
