/*
 * query_attempts.h - one pattern tried on one stretch of siblings: what query_run.c starts and
 * query_attempts.c does.
 */
#ifndef CYCLINT_SYNTAX_QUERY_ATTEMPTS_H
#define CYCLINT_SYNTAX_QUERY_ATTEMPTS_H

#include "syntax/query_set.h"

/* What a match has captured so far: the last capture, and through it the earlier ones.  Attempts
 * that part ways share what they captured before. */
struct capture_link {
    uint32_t node, name;
    uint32_t previous; /* in query_run.links, or NO_STEP */
};

struct attempt {
    uint32_t step;
    uint32_t captures;    /* in query_run.links, or NO_STEP */
    uint32_t root;        /* node, NO_STEP before the first step matched */
    bool wants_next;      /* only the very next sibling may match the step */
    bool may_be_exceeded; /* another attempt has all its captures and is still under way */
    bool is_below_parent; /* it began at a child of its root, which it has not captured yet */
};

/* The children of one node while they are visited. */
struct level {
    uint32_t parent; /* NO_STEP for the module itself */
    uint32_t next, end;
    bool is_surveyed;
    uint32_t last_named; /* of the children from the survey on; see survey() */
    uint32_t last_of_field[N_FIELDS];
};

struct found {
    struct query_match match; /* without captures */
    uint32_t first_capture;
    uint32_t sequence; /* sorting must be stable */
};

struct query_run {
    const struct query_set *set;
    const struct tree *tree;
    struct query_regex_memory *memory;
    uint64_t n_steps, max_steps;
    bool regex_failed;

    const struct pattern *pattern; /* being tried */
    struct {
        ARRAY_OF(struct attempt);
    } attempts;
    struct {
        ARRAY_OF(struct capture_link);
    } links;
    struct level levels[MAX_NESTING + 2]; /* a step's depth is below MAX_NESTING */

    struct {
        ARRAY_OF(struct found);
    } found;
    struct {
        ARRAY_OF(struct query_capture);
    } captures;

    struct dispatch *dispatch;
};

/* Whether the work is more than it may be: everything then ends as soon as it can. */
static inline bool is_exhausted(const struct query_run *run)
{
    return run->n_steps > run->max_steps || run->regex_failed;
}

/* Which entries of the pattern are tried. */
enum start {
    START_AT_NODE,    /* depth 0, at the one node given */
    START_AT_SIBLING, /* depth 0, at any of the siblings given */
    START_AT_CHILD    /* depth 1, at any of the children given */
};

/* False when the pattern's guard tells that it cannot match at `root`. */
bool attempts_may_match(struct query_run *run, const struct pattern *pattern, uint32_t root);

/* Tries `pattern` at the siblings from `first` up to `end`, children of `parent` (or NO_STEP), and
 * adds its matches to run->found. */
void attempts_try(struct query_run *run, const struct pattern *pattern, enum start start,
                  uint32_t parent, uint32_t first, uint32_t end);

#endif
