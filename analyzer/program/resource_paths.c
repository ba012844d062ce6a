/*
 * resource_paths.c - on which ways out of its scope an acquisition is still open.
 *
 * Forward over the control-flow graph from the op that first gives the resource a name.  The state
 * is the set of names that may hold it while it is open; the empty set means there is nothing more
 * to follow (closed, given away, or this way cannot be one on which it was opened), and is never
 * passed on.  So a way out that is reached is a way out with the resource open.
 *
 * A condition on the name itself proves: where `f` is false or None, it is not the open file.  A
 * condition that guards the close and is about something else proves nothing; but when the
 * resource was itself acquired under some condition, or the guard is a flag that the function sets,
 * the two belong together, and the way around the close is not believed.
 */
#include "program/raises.h"
#include "program/resource_site.h"

#include <string.h>

struct follow {
    const struct site *site;
    uint32_t first_node; /* the acquisition */
    uint32_t lost_at;    /* a STORE or DELETE that takes the last name, or NONE */
};

static const struct op *op_at(const struct follow *follow, uint32_t op)
{
    return &follow->site->facts->ops[op];
}

static uint8_t source_of(const struct follow *follow, uint32_t value)
{
    uint32_t offset = value - follow->site->view->first_op;
    return offset < follow->site->view->n_ops ? follow->site->source[offset] : SOURCE_NONE;
}

static uint64_t bit_of(uint32_t holder)
{
    return UINT64_C(1) << holder;
}

/* Whether what comes from `source` is the resource, given the names that hold it. */
static bool is_live(uint8_t source, uint64_t names)
{
    if (source == SOURCE_NEW || source == SOURCE_MIXED) {
        return true;
    }
    return source != SOURCE_NONE && (names & bit_of(source)) != 0;
}

/* ---- what can raise ---- */

/* Another resource made right after the first: when that fails, so does the program, soon. */
static bool is_acquisition(const struct follow *follow, uint32_t callee)
{
    const struct site *site = follow->site;
    const char *dotted = facts_dotted_name(site->facts, callee, site->scratch);
    return dotted != NULL && facts_spells(site->facts, callee, dotted)
           && makers_find(site->makers, dotted) != NULL;
}

/* The same call is asked about for each acquisition it may come after. */
static bool is_harmless_call(const struct follow *follow, uint32_t call)
{
    uint8_t *known = &follow->site->is_harmless[call - follow->site->view->first_op];
    if (*known == 0) {
        bool is_harmless = raises_never(follow->site->facts, call)
                           || is_acquisition(follow, op_at(follow, call)->a);
        *known = is_harmless ? 2 : 1;
    }
    return *known == 2;
}

/* Whether the op is part of what already cleans up: a handler or `finally` within which the
 * resource was not made.  That cleaning up fails too is nothing to reckon with. */
static bool is_cleaning_up(const struct follow *follow, uint32_t op)
{
    const struct scope_view *view = follow->site->view;
    uint32_t block = scope_view_block(view, op);
    for (; block != NONE; block = scope_view_outer(view, block)) {
        uint8_t kind = op_at(follow, block)->kind;
        bool is_later = block > follow->site->call;
        if (is_later && (kind == OP_EXCEPT || kind == OP_FINALLY)) {
            return true;
        }
    }
    return false;
}

/* As raises_really(), but the resource itself is also iterated. */
static bool really_raises(const struct follow *follow, uint32_t op)
{
    const struct op *here = op_at(follow, op);
    switch (here->kind) {
    case OP_AWAIT:
    case OP_YIELD:
    case OP_YIELD_FROM:
        return !is_cleaning_up(follow, op);
    case OP_CALL:
        return !is_harmless_call(follow, op) && !is_cleaning_up(follow, op);
    case OP_NEXT:
        return source_of(follow, here->a) != SOURCE_NONE;
    default:
        return raises_really(follow->site->facts, op);
    }
}

/* ---- conditions ---- */

static bool is_in_text(const struct op *inner, const struct op *outer)
{
    return inner->start >= outer->start && op_end(inner) <= op_end(outer);
}

/* Whether the condition is about a name that holds the resource. */
static bool mentions_holder(const struct follow *follow, uint32_t condition)
{
    const struct site *site = follow->site;
    for (uint32_t i = 0; i < site->n_holders; i++) {
        uint32_t load = scope_view_load(site->view, site->holders[i], NONE);
        for (; load != NONE; load = scope_view_load(site->view, site->holders[i], load)) {
            if (is_in_text(op_at(follow, load), op_at(follow, condition))) {
                return true;
            }
        }
    }
    return false;
}

static bool is_constant_store(const struct follow *follow, const struct op *op, uint32_t variable)
{
    return op->kind == OP_STORE && op_at(follow, op->a)->kind == OP_TARGET_NAME
           && op_at(follow, op->a)->a == variable && op->b != NONE
           && op_at(follow, op->b)->kind == OP_CONSTANT;
}

static bool is_none(const struct follow *follow, uint32_t value)
{
    const struct op *op = op_at(follow, value);
    return op->kind == OP_CONSTANT && op->aux == CONSTANT_NONE;
}

/* Whether the condition is a plain name to which this scope assigns constants: a flag.  Or asks
 * whether it still is None. */
static bool is_flag(const struct follow *follow, uint32_t condition)
{
    const struct op *load = op_at(follow, condition);
    const struct scope_view *view = follow->site->view;
    if (load->kind == OP_COMPARE && (load->aux == OPERATOR_IS || load->aux == OPERATOR_IS_NOT)
        && is_none(follow, load->b)) {
        load = op_at(follow, load->a);
    }
    if (load->kind != OP_LOAD) {
        return false;
    }
    for (uint32_t i = 0; i < view->n_ops; i++) {
        if (is_constant_store(follow, op_at(follow, view->first_op + i), load->a)) {
            return true;
        }
    }
    return false;
}

static bool releases_between(const struct site *site, uint32_t first, uint32_t end)
{
    for (uint32_t op = first; op < end; op++) {
        if (site->effect[op - site->view->first_op] != EFFECT_NONE) {
            return true;
        }
    }
    return false;
}

/* Whether taking `edge` of an IF goes around what ends the duty in its other part. */
static bool goes_around_release(const struct follow *follow, const struct flow_node *node,
                                enum flow_edge edge)
{
    const struct site *site = follow->site;
    const struct op *branch = op_at(follow, node->op);
    if (branch->kind != OP_IF) {
        return false;
    }
    uint32_t else_part = site->view->else_of[node->op - site->view->first_op];
    uint32_t middle = else_part == NONE ? branch->b : else_part;
    bool first_releases = releases_between(site, node->op + 1, middle);
    bool other_releases = releases_between(site, middle, branch->b);
    if (first_releases == other_releases) {
        return false;
    }
    bool is_negated = branch->flags & OP_IS_NEGATED;
    bool is_swapped = node->flags & FLOW_IS_SWAPPED;
    bool runs_first = (edge == FLOW_NEXT) == (is_negated == is_swapped);
    return runs_first != first_releases;
}

/* Whether the IF was there before the resource: it stands around the acquisition. */
static bool is_around_site(const struct follow *follow, uint32_t branch)
{
    uint32_t call = follow->site->call;
    return branch < call && call < op_at(follow, branch)->b;
}

static bool is_correlated(const struct follow *follow, const struct flow_node *node)
{
    uint32_t condition = node->condition;
    if (condition == NONE || is_around_site(follow, node->op)) {
        return false;
    }
    return follow->site->is_conditional || is_flag(follow, condition)
           || mentions_holder(follow, op_at(follow, node->op)->a);
}

/* Where a part of a construct ends: at the next part, or at the construct's END. */
static uint32_t part_end(const struct scope_view *view, uint32_t part)
{
    uint32_t construct = view->construct[part - view->first_op];
    uint32_t end = view->facts->ops[construct].b;
    for (uint32_t op = part + 1; op < end; op++) {
        if (view->construct[op - view->first_op] == construct) {
            return op;
        }
    }
    return end;
}

/* A handler that closes names the exceptions its author reckons with; that there are others is not
 * held against it. */
static bool is_past_closing_handler(const struct follow *follow, const struct flow_node *node,
                                    enum flow_edge edge)
{
    const struct scope_view *view = follow->site->view;
    if (op_at(follow, node->op)->kind != OP_CAUGHT || edge != FLOW_OTHERWISE) {
        return false;
    }
    uint32_t handler = scope_view_block(view, node->op);
    return handler != NONE && releases_between(follow->site, handler, part_end(view, handler));
}

/* The edge of a comparison on which the value compared is not the resource: `f is None`, `f is
 * sys.stdin`, `fd < 0`.  -1 when there is none. */
static int edge_without(const struct op *compare)
{
    switch (compare->aux) {
    case OPERATOR_IS:
    case OPERATOR_EQUAL:
    case OPERATOR_LESS:
    case OPERATOR_LESS_EQUAL:
        return FLOW_NEXT;
    case OPERATOR_IS_NOT:
    case OPERATOR_NOT_EQUAL:
    case OPERATOR_GREATER:
    case OPERATOR_GREATER_EQUAL:
        return FLOW_OTHERWISE;
    default:
        return -1;
    }
}

static bool is_closed_attribute(const struct follow *follow, const struct op *op)
{
    const char *name = facts_name(follow->site->facts, op->b);
    return strcmp(name, "closed") == 0 || strcmp(name, "_closed") == 0;
}

/* Whether the condition shows on `edge` that no name in `names` holds it open. */
static bool disproves(const struct follow *follow, uint32_t condition, enum flow_edge edge,
                      uint64_t names)
{
    const struct op *op = op_at(follow, condition);
    if (op->kind == OP_LOAD) {
        return edge == FLOW_OTHERWISE && is_live(source_of(follow, condition), names);
    }
    if (op->kind == OP_ATTRIBUTE) {
        return edge == FLOW_NEXT && is_closed_attribute(follow, op)
               && is_live(source_of(follow, op->a), names);
    }
    if (op->kind != OP_COMPARE) {
        return false;
    }
    bool is_about = is_live(source_of(follow, op->a), names)
                    || (is_live(source_of(follow, op->b), names) && !is_none(follow, op->b));
    return is_about && (int)edge == edge_without(op);
}

static bool is_ruled_out(const struct follow *follow, const struct flow_node *node,
                         enum flow_edge edge, uint64_t names)
{
    if (node->condition != NONE && disproves(follow, node->condition, edge, names)) {
        return true;
    }
    return is_past_closing_handler(follow, node, edge)
           || (goes_around_release(follow, node, edge) && is_correlated(follow, node));
}

/* ---- the transfer ---- */

static void lose_name(struct follow *follow, uint32_t holder, uint32_t op, uint64_t *names)
{
    if ((*names & bit_of(holder)) == 0) {
        return;
    }
    *names &= ~bit_of(holder);
    if (*names == 0 && op < follow->lost_at) {
        follow->lost_at = op;
    }
}

static void do_store(struct follow *follow, uint32_t store, uint64_t *names)
{
    const struct op *target = op_at(follow, op_at(follow, store)->a);
    uint32_t holder = target->kind == OP_TARGET_NAME ? site_holder(follow->site, target->a) : 0;
    if (holder == 0) {
        return;
    }
    uint8_t source = source_of(follow, op_at(follow, store)->b);
    bool was_live = source != SOURCE_NONE && source < SOURCE_MIXED && is_live(source, *names);
    if (source != SOURCE_MIXED && !was_live) {
        lose_name(follow, holder, store, names);
    }
    if (was_live || source >= SOURCE_MIXED) {
        *names |= bit_of(holder);
    }
}

static void do_delete(struct follow *follow, uint32_t op, uint64_t *names)
{
    const struct op *target = op_at(follow, op_at(follow, op)->a);
    uint32_t holder = target->kind == OP_TARGET_NAME ? site_holder(follow->site, target->a) : 0;
    if (holder != 0) {
        lose_name(follow, holder, op, names);
    }
}

static bool is_exhausted(const struct follow *follow, const struct flow_node *node,
                         enum flow_edge edge, uint64_t names)
{
    const struct op *op = op_at(follow, node->op);
    return op->kind == OP_NEXT && edge == FLOW_OTHERWISE
           && (follow->site->maker->flags & MAKER_ENDS_EXHAUSTED)
           && is_live(source_of(follow, op->a), names);
}

static bool transfer(void *context, const struct flow *flow, uint32_t at, enum flow_edge edge,
                     uint64_t *names)
{
    struct follow *follow = context;
    const struct flow_node *node = &flow->nodes[at];
    if (node->kind != FLOW_OP) {
        return *names != 0 && !(node->kind == FLOW_WITH_EXIT && edge == FLOW_EXCEPTION);
    }
    uint32_t offset = node->op - follow->site->view->first_op;
    if (follow->site->effect[offset] != EFFECT_NONE
        && is_live(follow->site->effect_source[offset], *names)) {
        return false;
    }
    if (edge == FLOW_EXCEPTION
        && ((node->flags & FLOW_EXITS_PROCESS) || !really_raises(follow, node->op))) {
        return false;
    }
    if (op_at(follow, node->op)->kind == OP_STORE) {
        do_store(follow, node->op, names);
    } else if (op_at(follow, node->op)->kind == OP_DELETE) {
        do_delete(follow, node->op, names);
    }
    if ((node->flags & FLOW_IS_BRANCH) && edge != FLOW_EXCEPTION
        && (is_ruled_out(follow, node, edge, *names) || is_exhausted(follow, node, edge, *names))) {
        return false;
    }
    return *names != 0;
}

/* ---- what is told ---- */

/* The first op from whose `edge` the node `target` is reached with the resource open, through nodes
 * that may lie between: a `finally` copy, joins. */
static uint32_t find_way(struct follow *follow, const struct flow *flow,
                         const struct flow_states *states, uint32_t target, struct arena *scratch)
{
    uint8_t *leads = arena_alloc(scratch, flow->n_nodes);
    leads[target] = 1;
    bool is_error = target == flow->at_raise;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = flow->n_nodes; i-- > 0;) {
            const struct flow_node *node = &flow->nodes[i];
            bool is_way = !leads[i] && states->reached[i]
                          && ((node->next[0] != NONE && leads[node->next[0]])
                              || (node->next[1] != NONE && leads[node->next[1]]));
            bool is_source = node->kind == FLOW_OP && !(node->flags & FLOW_IS_COPY);
            if (is_way && !(is_source && !is_error)) {
                leads[i] = 1;
                changed = true;
            }
        }
    }
    uint32_t way = NONE;
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        const struct flow_node *node = &flow->nodes[i];
        uint32_t next = is_error ? node->raise : node->next[0];
        uint64_t names = states->reached[i] ? *flow_state(states, i) : 0;
        if (node->kind == FLOW_OP && states->reached[i] && next != NONE && leads[next]
            && node->op < way && (!is_error || transfer(follow, flow, i, FLOW_EXCEPTION, &names))) {
            way = node->op;
        }
    }
    return way;
}

static uint32_t node_of_op(const struct flow *flow, uint32_t op)
{
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        if (flow->nodes[i].kind == FLOW_OP && flow->nodes[i].op == op) {
            return i;
        }
    }
    return NONE;
}

static void tell_way(struct follow *follow, const struct flow *flow,
                     const struct flow_states *states, struct site_paths *paths)
{
    struct arena *scratch = follow->site->scratch;
    if (follow->lost_at != NONE) {
        paths->way = follow->lost_at;
        bool is_delete = op_at(follow, follow->lost_at)->kind == OP_DELETE;
        paths->way_is =
            is_delete ? "its name is deleted here" : "its name is given another value here";
    } else if (states->reached[flow->at_return]) {
        paths->way = find_way(follow, flow, states, flow->at_return, scratch);
        paths->way_is = "left open here";
    } else if (!paths->is_left && paths->is_left_on_error) {
        paths->way = find_way(follow, flow, states, flow->at_raise, scratch);
        paths->way_is = "left open when this raises";
    }
}

struct site_paths site_follow(const struct site *site, const struct flow *flow)
{
    struct site_paths paths = {.way = NONE};
    struct follow follow = {
        .site = site,
        .first_node = node_of_op(flow, site->first_store),
        .lost_at = NONE,
    };
    if (follow.first_node == NONE || flow->is_partial) {
        return paths;
    }
    const struct flow_problem problem = {.n_words = 1, .context = &follow, .transfer = transfer};
    const uint64_t nothing = 0;
    struct flow_states states =
        flow_solve(flow, &problem, follow.first_node, &nothing, site->scratch);
    paths.is_left =
        follow.lost_at != NONE || states.reached[flow->at_end] || states.reached[flow->at_return];
    paths.is_left_on_error = states.reached[flow->at_raise];
    tell_way(&follow, flow, &states, &paths);
    return paths;
}
