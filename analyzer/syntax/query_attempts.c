/*
 * query_attempts.c - trying one pattern: attempts, how they part, and which of them count.
 *
 * All attempts at a pattern that began at the same place go through the nodes together, in document
 * order, and each stands at one step.  At a node of the step's depth there are four cases:
 *
 *   - It does not match, but a later sibling might: the attempt waits.
 *   - It does not match, and no later sibling can (there is none, an anchor forbids it, or none has
 *     the field): the attempt ends.
 *   - It matches: its captures are added and the attempt goes on to the next step.
 *   - It matches, and a later sibling might as well: the attempt parts into one that goes on and
 * one that waits.  A node without children in the pattern that nobody captures is the exception:
 *     there the first match is taken (see STEP_SPLITS).
 *
 * Then an attempt parts once for every jump of the step it came to.  Of two attempts that stand at
 * the same step, one whose captures include all of the other's replaces it; and an attempt that is
 * through waits while another with all its captures is under way.  So of `(comment)+ @c` the
 * longest run is reported and not each of its parts.
 *
 * This is what tree-sitter's own queries do, and tests/compare_query.c holds it to that.  The
 * differences:
 *
 *   - A match without captures is reported once for each root; tree-sitter sometimes reports one
 *     for several roots, because their captures are the same.
 *   - tree-sitter knows from the grammar that some children are always there, and then takes the
 *     first match of their parent if nobody captures it; here every parent parts.  With an anchor
 *     after such a parent we find matches that tree-sitter does not.
 *   - `(expression)` and the other supertypes match by kind, wherever the node stands; tree-sitter
 *     also asks whether the grammar calls it an expression there.
 *   - `[[(a) (b)] (c)]` matches all three; in tree-sitter the outer alternation forgets `(b)`.  An
 *     alternation whose earlier branches begin with an optional node, where it forgets the same, is
 *     an error here, as is a pattern that can match nothing at all.
 *   - `(_ !name (x))` asks for the missing field; tree-sitter does not when the root is a wildcard.
 *   - An anchor before a closing parenthesis asks whether any named node follows; tree-sitter
 *     overlooks some when an anonymous one (the `;` in `a; b;`) comes between.
 *   - There is no limit on negated fields, captures a node or attempts; the step budget of the run
 *     ends what is too much work, with an error.
 */
#include "syntax/query_attempts.h"

#include <assert.h>
#include <string.h>

enum {
    MATCH_STEPS = 100
}; /* a match counts as so much work: it also takes memory, until the end */

struct visit {
    uint32_t node;
    uint16_t depth;
    struct level *level;
};

static const struct step *step_of(const struct query_run *run, const struct attempt *attempt)
{
    return &run->set->steps.items[attempt->step];
}

/* ---- siblings ---- */

/* Finds, once a level, the last child that is named and the last that has each field.  Children
 * before the current one do not matter: the question is always what comes later. */
static void survey(const struct query_run *run, struct level *level, uint32_t from)
{
    memset(level->last_of_field, 0, sizeof level->last_of_field);
    level->last_named = 0;
    level->is_surveyed = true;
    for (uint32_t i = from; i < level->end; i = tree_end(run->tree, i)) {
        const struct node *node = &run->tree->nodes[i];
        level->last_of_field[node->field] = i;
        if (node->flags & NODE_NAMED) {
            level->last_named = i;
        }
    }
}

static bool has_later_named(const struct query_run *run, const struct visit *visit)
{
    if (!visit->level->is_surveyed) {
        survey(run, visit->level, visit->node);
    }
    return visit->level->last_named > visit->node;
}

static bool has_later_with_field(const struct query_run *run, const struct visit *visit,
                                 uint8_t field)
{
    if (!visit->level->is_surveyed) {
        survey(run, visit->level, visit->node);
    }
    return visit->level->last_of_field[field] > visit->node;
}

/* ---- one node and one step ---- */

static bool is_kind(const struct step *step, const struct node *node)
{
    bool is_missing = node->flags & NODE_MISSING;
    if ((step->flags & STEP_MISSING) && !is_missing) {
        return false;
    }
    if (step->kind != KIND_INVALID) {
        return node->kind == step->kind
               && (step->supertype == KIND_INVALID || kind_is(node->kind, step->supertype));
    }
    if (step->supertype != KIND_INVALID) {
        return kind_is(node->kind, step->supertype);
    }
    if (step->flags & STEP_MISSING) {
        return true;
    }
    return node->kind != KIND_ERROR && ((node->flags & NODE_NAMED) || !(step->flags & STEP_NAMED));
}

static bool has_field_of(const struct query_run *run, uint32_t node, uint64_t fields)
{
    uint32_t end = tree_end(run->tree, node);
    for (uint32_t i = node + 1; i < end; i = tree_end(run->tree, i)) {
        uint8_t field = run->tree->nodes[i].field;
        if (field != FIELD_NONE && (fields >> field & 1)) {
            return true;
        }
    }
    return false;
}

static bool passes_tests(struct query_run *run, const struct step *step, const struct node *node)
{
    struct text text = {run->tree->bytes + node->start, node->end - node->start};
    for (uint32_t i = step->tests; i != NO_STEP; i = run->set->tests.items[i].next) {
        const struct predicate *predicate =
            &run->set->predicates.items[run->set->tests.items[i].predicate];
        if (!predicate_holds_for(run->set, predicate, text, run->memory, &run->regex_failed)) {
            return false;
        }
    }
    return true;
}

static bool matches(struct query_run *run, const struct step *step, const struct visit *visit)
{
    const struct node *node = &run->tree->nodes[visit->node];
    if (!is_kind(step, node) || (step->field != FIELD_NONE && step->field != node->field)) {
        return false;
    }
    if ((step->flags & STEP_LAST_CHILD) && has_later_named(run, visit)) {
        return false;
    }
    if (step->no_fields && has_field_of(run, visit->node, step->no_fields)) {
        return false;
    }
    return step->tests == NO_STEP || passes_tests(run, step, node);
}

/* Whether a later sibling of the node may match the attempt's step. */
static bool can_wait(const struct query_run *run, const struct attempt *attempt,
                     const struct step *step, const struct visit *visit)
{
    const struct node *node = &run->tree->nodes[visit->node];
    if (attempt->wants_next || visit->level->next >= visit->level->end) {
        return false;
    }
    if ((step->flags & STEP_IMMEDIATE) && (node->flags & NODE_NAMED)) {
        return false;
    }
    return step->field == FIELD_NONE || step->field != node->field
           || has_later_with_field(run, visit, step->field);
}

/* ---- captures ---- */

static void capture(struct query_run *run, struct attempt *attempt, const struct step *step,
                    uint32_t node)
{
    for (uint32_t i = step->captures; i != NO_STEP; i = run->set->captured.items[i].next) {
        *array_push(&run->links) = (struct capture_link){
            .node = node,
            .name = run->set->captured.items[i].name,
            .previous = attempt->captures,
        };
        attempt->captures = (uint32_t)run->links.n - 1;
    }
}

/* Whether each of two lists of captures includes the other.  Both are in document order, and where
 * they share their beginning they share it in memory. */
static void compare_captures(struct query_run *run, uint32_t a, uint32_t b, bool *a_has_b,
                             bool *b_has_a)
{
    *a_has_b = *b_has_a = true;
    while (a != b && (*a_has_b || *b_has_a)) {
        const struct capture_link *left = a == NO_STEP ? NULL : &run->links.items[a];
        const struct capture_link *right = b == NO_STEP ? NULL : &run->links.items[b];
        run->n_steps++;
        bool is_same = left && right && left->node == right->node && left->name == right->name;
        bool skips_left = left && (!right || left->node >= right->node);
        bool skips_right = right && (!left || right->node >= left->node);
        *b_has_a &= is_same || !skips_left;
        *a_has_b &= is_same || !skips_right;
        a = skips_left ? left->previous : a;
        b = skips_right ? right->previous : b;
    }
}

/* ---- attempts ---- */

static void erase(struct query_run *run, size_t i)
{
    run->attempts.n--;
    memmove(&run->attempts.items[i], &run->attempts.items[i + 1],
            (run->attempts.n - i) * sizeof *run->attempts.items);
}

static struct attempt *insert_copy(struct query_run *run, size_t i)
{
    (void)array_push(&run->attempts);
    struct attempt *items = run->attempts.items;
    memmove(&items[i + 1], &items[i], (run->attempts.n - 1 - i) * sizeof *items);
    return &items[i + 1];
}

/* Whether one of the attempts from `first` up to `end`, which differ in nothing else, is there. */
static bool is_there(const struct query_run *run, size_t first, size_t end, uint32_t step,
                     bool wants_next)
{
    for (size_t i = first; i < end; i++) {
        if (run->attempts.items[i].step == step
            && run->attempts.items[i].wants_next == wants_next) {
            return true;
        }
    }
    return false;
}

/* Follows the jumps of the step that attempt `first` came to.  The attempts this adds come after
 * it. Returns their number. */
static size_t follow_jumps(struct query_run *run, size_t first)
{
    size_t end = first + 1;
    for (size_t i = first; i < end;) {
        struct attempt *attempt = &run->attempts.items[i];
        const struct step *step = step_of(run, attempt);
        run->n_steps++;
        if (step->alternative == NO_STEP) {
            i++;
            continue;
        }
        if (step->flags & STEP_DEAD_END) {
            attempt->step = step->alternative;
            continue;
        }
        bool wants_next = attempt->wants_next || (step->flags & STEP_ALTERNATIVE_IMMEDIATE);
        bool is_new = !is_there(run, first, end, step->alternative, wants_next);
        if (step->flags & STEP_PASS_THROUGH) {
            attempt->step++;
        }
        if (is_new) {
            struct attempt *copy = insert_copy(run, i);
            copy->step = step->alternative;
            copy->wants_next = wants_next;
            end++;
        }
        i += !(step->flags & STEP_PASS_THROUGH);
    }
    return end - first - 1;
}

/* Attempt `i` goes on past its step, which the node matched. */
static void advance(struct query_run *run, size_t i, const struct visit *visit)
{
    struct attempt *attempt = &run->attempts.items[i];
    const struct step *step = step_of(run, attempt);
    if (attempt->is_below_parent) {
        attempt->is_below_parent = false;
        attempt->root = visit->level->parent;
        capture(run, attempt, step - 1, attempt->root);
    } else if (attempt->root == NO_STEP) {
        attempt->root = visit->node;
    }
    capture(run, attempt, step, visit->node);
    attempt->step++;
    bool takes_anything = step->kind == KIND_INVALID && step->supertype == KIND_INVALID
                          && !(step->flags & STEP_NAMED);
    attempt->wants_next = takes_anything && (step_of(run, attempt)->flags & STEP_IMMEDIATE);
}

/* Shows the node to attempt `i`.  Returns the index of the next attempt to show it to. */
static size_t show(struct query_run *run, size_t i, const struct visit *visit)
{
    struct attempt *attempt = &run->attempts.items[i];
    const struct step *step = step_of(run, attempt);
    attempt->may_be_exceeded = false;
    if (step->depth != visit->depth) {
        return i + 1;
    }
    bool waits = can_wait(run, attempt, step, visit);
    if (!matches(run, step, visit)) {
        if (waits) {
            return i + 1;
        }
        erase(run, i);
        return i;
    }
    bool parts = waits && (step->flags & STEP_SPLITS);
    if (parts) {
        insert_copy(run, i);
    }
    advance(run, i, visit);
    return i + 1 + follow_jumps(run, i) + parts;
}

/* Compares attempt `i` with those after it and erases what another makes superfluous.  False when
 * `i` itself was erased. */
static bool outlives_others(struct query_run *run, size_t i)
{
    for (size_t k = i + 1; k < run->attempts.n && !is_exhausted(run);) {
        run->n_steps++;
        struct attempt *attempt = &run->attempts.items[i], *other = &run->attempts.items[k];
        bool has_other, is_had;
        compare_captures(run, attempt->captures, other->captures, &has_other, &is_had);
        bool is_same_step = attempt->step == other->step;
        if (has_other && is_same_step) {
            erase(run, k);
            continue;
        }
        other->may_be_exceeded |= has_other;
        if (is_had && is_same_step) {
            erase(run, i);
            return false;
        }
        attempt->may_be_exceeded |= is_had;
        k++;
    }
    return true;
}

/* ---- matches ---- */

static void add_captures(struct query_run *run, uint32_t link, struct found *found)
{
    for (uint32_t i = link; i != NO_STEP; i = run->links.items[i].previous) {
        found->match.n_captures++;
        array_push(&run->captures);
    }
    uint32_t at = found->first_capture + found->match.n_captures;
    for (uint32_t i = link; i != NO_STEP; i = run->links.items[i].previous) {
        run->captures.items[--at] = (struct query_capture){
            .name = run->set->names.items[run->links.items[i].name],
            .node = run->links.items[i].node,
        };
    }
}

static bool predicates_hold(struct query_run *run, const struct found *found)
{
    for (uint32_t i = 0; i < run->pattern->n_predicates; i++) {
        const struct predicate *predicate =
            &run->set->predicates.items[run->pattern->first_predicate + i];
        if (!predicate->is_asked_early
            && !predicate_holds(run->set, predicate, run->tree,
                                run->captures.items + found->first_capture, found->match.n_captures,
                                run->memory, &run->regex_failed)) {
            return false;
        }
    }
    return true;
}

static void finish(struct query_run *run, const struct attempt *attempt)
{
    struct found found = {
        .match = {.owner = run->pattern->owner,
                  .pattern = run->pattern->number,
                  .root = attempt->root},
        .first_capture = (uint32_t)run->captures.n,
        .sequence = (uint32_t)run->found.n,
    };
    add_captures(run, attempt->captures, &found);
    run->n_steps += MATCH_STEPS + found.match.n_captures;
    if (predicates_hold(run, &found)) {
        *array_push(&run->found) = found;
    } else {
        run->captures.n = found.first_capture;
    }
}

static bool is_through(const struct query_run *run, const struct attempt *attempt)
{
    return step_of(run, attempt)->depth == DEPTH_DONE;
}

/* Drops what another attempt exceeds, and finishes what is through and nothing can exceed. */
static void sift(struct query_run *run)
{
    for (size_t i = 0; i < run->attempts.n && !is_exhausted(run);) {
        if (!outlives_others(run, i)) {
            continue;
        }
        const struct attempt *attempt = &run->attempts.items[i];
        if (is_through(run, attempt) && !attempt->may_be_exceeded) {
            finish(run, attempt);
            erase(run, i);
        } else {
            i++;
        }
    }
}

bool attempts_may_match(struct query_run *run, const struct pattern *pattern, uint32_t root)
{
    if (pattern->guard == NO_STEP) {
        return true;
    }
    const struct step *guard = &run->set->steps.items[pattern->guard];
    uint32_t end = tree_end(run->tree, root);
    for (uint32_t i = root + 1; i < end; i = tree_end(run->tree, i)) {
        const struct node *node = &run->tree->nodes[i];
        if (node->field == guard->field && is_kind(guard, node)
            && (guard->tests == NO_STEP || passes_tests(run, guard, node))) {
            return true;
        }
    }
    return false;
}

/* ---- walking ---- */

static bool may_begin(const struct query_run *run, const struct entry *entry, enum start start,
                      const struct visit *visit)
{
    const struct step *step = &run->set->steps.items[entry->step];
    const struct node *node = &run->tree->nodes[visit->node];
    if (step->depth != (start == START_AT_CHILD)) {
        return false;
    }
    if (step->kind == KIND_INVALID ? node->kind == KIND_ERROR : node->kind != step->kind) {
        return false;
    }
    if (step->field != FIELD_NONE && step->field != node->field) {
        return false;
    }
    return entry->is_rooted || visit->level->parent == NO_STEP
           || run->tree->nodes[visit->level->parent].kind != KIND_ERROR;
}

static void begin(struct query_run *run, enum start start, const struct visit *visit)
{
    for (uint32_t i = 0; i < run->pattern->n_entries; i++) {
        const struct entry *entry = &run->set->entries.items[run->pattern->first_entry + i];
        if (!may_begin(run, entry, start, visit)
            || (run->attempts.n > 0 && array_last(&run->attempts)->step == entry->step)) {
            continue;
        }
        *array_push(&run->attempts) = (struct attempt){
            .step = entry->step,
            .captures = NO_STEP,
            .root = NO_STEP,
            .wants_next = true,
            .is_below_parent = start == START_AT_CHILD,
        };
    }
}

static void enter(struct query_run *run, const struct visit *visit)
{
    run->n_steps += 1 + run->attempts.n;
    for (size_t i = 0; i < run->attempts.n;) {
        i = show(run, i, visit);
    }
    sift(run);
}

/* Ends the attempts that needed something inside a node of this depth, which is left. */
static void leave(struct query_run *run, uint16_t depth)
{
    size_t n = 0;
    for (size_t i = 0; i < run->attempts.n; i++) {
        const struct step *step = step_of(run, &run->attempts.items[i]);
        if (step->depth == DEPTH_DONE || step->depth <= depth) {
            run->attempts.items[n++] = run->attempts.items[i];
        }
    }
    run->attempts.n = n;
}

static bool needs_children(const struct query_run *run, uint16_t depth)
{
    for (size_t i = 0; i < run->attempts.n; i++) {
        const struct step *step = step_of(run, &run->attempts.items[i]);
        if (step->depth != DEPTH_DONE && step->depth > depth) {
            return true;
        }
    }
    return false;
}

static struct level *open_level(struct query_run *run, uint32_t n_open, uint32_t parent,
                                uint32_t first, uint32_t end)
{
    assert(n_open < sizeof run->levels / sizeof *run->levels);
    struct level *level = &run->levels[n_open];
    level->parent = parent;
    level->next = first;
    level->end = end;
    level->is_surveyed = false;
    return level;
}

static void finish_all(struct query_run *run)
{
    for (size_t i = 0; i < run->attempts.n; i++) {
        if (is_through(run, &run->attempts.items[i])) {
            finish(run, &run->attempts.items[i]);
        }
    }
    run->attempts.n = 0;
}

void attempts_try(struct query_run *run, const struct pattern *pattern, enum start start,
                  uint32_t parent, uint32_t first, uint32_t end)
{
    uint16_t base = start == START_AT_CHILD;
    run->pattern = pattern;
    run->attempts.n = run->links.n = 0;
    struct level *level = open_level(run, 0, parent, first, end);
    for (uint32_t n_open = 1; n_open > 0 && !is_exhausted(run);) {
        uint16_t depth = (uint16_t)(base + n_open - 1);
        if (level->next >= level->end || (n_open > 1 && run->attempts.n == 0)) {
            n_open--;
            leave(run, (uint16_t)(depth - (depth > 0)));
            level = &run->levels[n_open - (n_open > 0)];
            continue;
        }
        struct visit visit = {level->next, depth, level};
        level->next = tree_end(run->tree, visit.node);
        if (n_open == 1) {
            begin(run, start, &visit);
        }
        if (run->attempts.n == 0) {
            continue;
        }
        enter(run, &visit);
        if (visit.node + 1 < level->next && needs_children(run, depth)) {
            level = open_level(run, n_open++, visit.node, visit.node + 1, level->next);
        } else {
            leave(run, depth);
        }
    }
    finish_all(run);
}
