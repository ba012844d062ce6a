/*
 * query_run.c - all patterns of a set over one tree: one loop over its array.
 *
 * A pattern with one root is tried at the nodes of its root's kind; a table says which patterns
 * those are.  A pattern of several siblings (`((comment) . (class_definition))`), or with a
 * wildcard as its root, is tried once for all children of a node: it may begin at any of them, and
 * the attempts must know each other.  Only if there are such patterns are a node's children looked
 * over for where one might begin.
 *
 * Matches are gathered and told in order at the end.
 */
#include "syntax/query_attempts.h"

#include <stdlib.h>
#include <string.h>

enum { LAST_BIT = 63 }; /* stands for all sibling patterns from this one on */

struct sibling_pattern {
    const struct pattern *pattern;
    enum start start;
};

/* Which patterns may begin at a node of each kind. */
struct dispatch {
    uint32_t first[N_KINDS + 1]; /* in `patterns`, by kind */
    const struct pattern **patterns;
    struct {
        ARRAY_OF(struct sibling_pattern);
    } siblings;
    uint64_t siblings_at[N_KINDS]; /* bit i: siblings.items[i] may begin at a node of the kind */
};

/* ---- the dispatch table ---- */

static bool begins_at(const struct query_set *set, const struct entry *entry, uint16_t kind)
{
    const struct step *step = &set->steps.items[entry->step];
    return step->kind == KIND_INVALID ? kind != KIND_ERROR : step->kind == kind;
}

/* Whether the pattern has entries of that depth, and whether they all are the only root. */
static bool has_entries(const struct query_set *set, const struct pattern *pattern, uint16_t depth,
                        bool *are_rooted)
{
    bool has = false;
    *are_rooted = true;
    for (uint32_t i = 0; i < pattern->n_entries; i++) {
        const struct entry *entry = &set->entries.items[pattern->first_entry + i];
        if (set->steps.items[entry->step].depth == depth) {
            has = true;
            *are_rooted &= entry->is_rooted;
        }
    }
    return has;
}

static bool is_tried_at(const struct query_set *set, const struct pattern *pattern, uint16_t depth,
                        uint16_t kind)
{
    for (uint32_t i = 0; i < pattern->n_entries; i++) {
        const struct entry *entry = &set->entries.items[pattern->first_entry + i];
        if (set->steps.items[entry->step].depth == depth && begins_at(set, entry, kind)) {
            return true;
        }
    }
    return false;
}

static void add_siblings(struct dispatch *dispatch, const struct query_set *set,
                         const struct pattern *pattern, enum start start)
{
    size_t bit = dispatch->siblings.n < LAST_BIT ? dispatch->siblings.n : LAST_BIT;
    *array_push(&dispatch->siblings) = (struct sibling_pattern){pattern, start};
    for (uint16_t kind = 1; kind < N_KINDS; kind++) {
        if (is_tried_at(set, pattern, start == START_AT_CHILD, kind)) {
            dispatch->siblings_at[kind] |= UINT64_C(1) << bit;
        }
    }
}

/* Puts the patterns with one root into the table, and the others among the siblings. */
static void fill_dispatch(struct dispatch *dispatch, const struct query_set *set)
{
    struct {
        ARRAY_OF(const struct pattern *);
    } rooted = {0}, table = {0};
    for (size_t i = 0; i < set->patterns.n; i++) {
        const struct pattern *pattern = &set->patterns.items[i];
        bool are_rooted, unused;
        if (has_entries(set, pattern, 0, &are_rooted)) {
            if (are_rooted) {
                *array_push(&rooted) = pattern;
            } else {
                add_siblings(dispatch, set, pattern, START_AT_SIBLING);
            }
        }
        if (has_entries(set, pattern, 1, &unused)) {
            add_siblings(dispatch, set, pattern, START_AT_CHILD);
        }
    }
    for (uint16_t kind = 0; kind < N_KINDS; kind++) {
        dispatch->first[kind] = (uint32_t)table.n;
        for (size_t i = 0; i < rooted.n && kind > 0; i++) {
            if (is_tried_at(set, rooted.items[i], 0, kind)) {
                *array_push(&table) = rooted.items[i];
            }
        }
    }
    dispatch->first[N_KINDS] = (uint32_t)table.n;
    dispatch->patterns = table.items;
    array_free(&rooted);
}

struct query_run *query_run_new(const struct query_set *set)
{
    struct query_run *run = alloc_zeroed(1, sizeof *run);
    run->set = set;
    run->memory = query_regex_memory_new();
    run->dispatch = alloc_zeroed(1, sizeof *run->dispatch);
    fill_dispatch(run->dispatch, set);
    return run;
}

void query_run_free(struct query_run *run)
{
    if (!run) {
        return;
    }
    query_regex_memory_free(run->memory);
    array_release(run->dispatch->patterns);
    array_free(&run->dispatch->siblings);
    free(run->dispatch);
    array_free(&run->attempts);
    array_free(&run->links);
    array_free(&run->found);
    array_free(&run->captures);
    free(run);
}

/* ---- the loop ---- */

static void try_at_node(struct query_run *run, uint32_t node, uint16_t kind)
{
    const struct dispatch *dispatch = run->dispatch;
    for (uint32_t i = dispatch->first[kind]; i < dispatch->first[kind + 1]; i++) {
        if (attempts_may_match(run, dispatch->patterns[i], node)) {
            attempts_try(run, dispatch->patterns[i], START_AT_NODE, NO_STEP, node,
                         tree_end(run->tree, node));
        }
    }
}

/* Tries the sibling patterns on the children of `parent`, those from `first` up to `end`. */
static void try_siblings(struct query_run *run, uint32_t parent, uint32_t first, uint32_t end)
{
    const struct dispatch *dispatch = run->dispatch;
    uint64_t bits = 0;
    for (uint32_t i = first; i < end; i = tree_end(run->tree, i)) {
        bits |= dispatch->siblings_at[run->tree->nodes[i].kind];
    }
    for (size_t i = 0; i < dispatch->siblings.n && bits != 0; i++) {
        const struct sibling_pattern *siblings = &dispatch->siblings.items[i];
        bool has_parent = parent != NO_STEP || siblings->start == START_AT_SIBLING;
        if (has_parent && (bits >> (i < LAST_BIT ? i : LAST_BIT) & 1)) {
            attempts_try(run, siblings->pattern, siblings->start, parent, first, end);
        }
    }
}

static bool try_all(struct query_run *run)
{
    const struct tree *tree = run->tree;
    const uint32_t *first = run->dispatch->first;
    bool has_siblings = run->dispatch->siblings.n > 0;
    if (has_siblings && tree->n > 0) {
        try_siblings(run, NO_STEP, 0, tree->n);
    }
    for (uint32_t i = 0; i < tree->n; i++) {
        const struct node *node = &tree->nodes[i];
        if (first[node->kind] != first[node->kind + 1]) {
            try_at_node(run, i, node->kind);
        }
        if (has_siblings && node->size > 1) {
            try_siblings(run, i, i + 1, i + node->size);
        }
        if (is_exhausted(run)) {
            break;
        }
    }
    return !is_exhausted(run);
}

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->match.root != y->match.root) {
        return x->match.root < y->match.root ? -1 : 1;
    }
    if (x->match.owner != y->match.owner) {
        return x->match.owner < y->match.owner ? -1 : 1;
    }
    if (x->match.pattern != y->match.pattern) {
        return x->match.pattern < y->match.pattern ? -1 : 1;
    }
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void tell(struct query_run *run,
                 void (*found)(void *context, const struct query_match *match), void *context)
{
    if (run->found.n > 1) {
        qsort(run->found.items, run->found.n, sizeof *run->found.items, compare_found);
    }
    for (size_t i = 0; i < run->found.n; i++) {
        struct query_match *match = &run->found.items[i].match;
        match->captures = run->captures.items + run->found.items[i].first_capture;
        found(context, match);
    }
}

bool query_run_tree(struct query_run *run, const struct tree *tree, uint64_t max_steps,
                    void (*found)(void *context, const struct query_match *match), void *context,
                    struct error *error)
{
    run->tree = tree;
    run->n_steps = 0;
    run->max_steps = max_steps;
    run->regex_failed = false;
    run->found.n = run->captures.n = 0;
    if (try_all(run)) {
        tell(run, found, context);
        return true;
    }
    if (run->regex_failed) {
        return error_at(error, "a regular expression of a query takes too much work here");
    }
    return error_at(error, "the queries take more than %llu steps here",
                    (unsigned long long)max_steps);
}
