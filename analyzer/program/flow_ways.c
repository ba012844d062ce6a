/*
 * flow_ways.c - follows a duty to the ends of its scope.
 */
#include "program/flow_ways.h"

#include "program/raises.h"

struct follow {
    const struct flow_duty *duty;
    uint32_t start; /* node */
};

static bool transfer(void *context, const struct flow *flow, uint32_t at, enum flow_edge edge,
                     uint64_t *state)
{
    const struct follow *follow = context;
    const struct flow_node *node = &flow->nodes[at];
    (void)state;
    if (node->kind != FLOW_OP) {
        return edge != FLOW_EXCEPTION; /* leaving another `with` is taken to be quiet */
    }
    if (at == follow->start) {
        return (edge == FLOW_EXCEPTION) == follow->duty->begins_in_raising;
    }
    if (edge == FLOW_EXCEPTION
        && ((node->flags & FLOW_EXITS_PROCESS) || !raises_really(flow->facts, node->op))) {
        return false;
    }
    return !follow->duty->ends(follow->duty->context, flow, node, edge);
}

uint32_t flow_node_of(const struct flow *flow, uint32_t op)
{
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        const struct flow_node *node = &flow->nodes[i];
        if (node->kind == FLOW_OP && node->op == op && !(node->flags & FLOW_IS_COPY)) {
            return i;
        }
    }
    return NONE;
}

/* Marks the nodes from which the exceptional exit is reached through nodes without an op, or ops
 * of a `finally`: whatever raises into one of them is the cause. */
static uint8_t *mark_way_out(const struct flow *flow, const struct flow_states *states,
                             struct arena *scratch)
{
    uint8_t *leads = arena_alloc(scratch, flow->n_nodes);
    leads[flow->at_raise] = 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = flow->n_nodes; i-- > 0;) {
            const struct flow_node *node = &flow->nodes[i];
            if (!leads[i] && states->reached[i]
                && ((node->next[0] != NONE && leads[node->next[0]])
                    || (node->next[1] != NONE && leads[node->next[1]]))) {
                leads[i] = 1;
                changed = true;
            }
        }
    }
    return leads;
}

static uint32_t find_raiser(struct follow *follow, const struct flow *flow,
                            const struct flow_states *states, struct arena *scratch)
{
    const uint8_t *leads = mark_way_out(flow, states, scratch);
    uint32_t raiser = NONE;
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        const struct flow_node *node = &flow->nodes[i];
        uint64_t state = 0;
        if (node->kind == FLOW_OP && states->reached[i] && node->raise != NONE && leads[node->raise]
            && node->op < raiser && transfer(follow, flow, i, FLOW_EXCEPTION, &state)) {
            raiser = node->op;
        }
    }
    return raiser;
}

struct flow_ways flow_ways(const struct flow *flow, const struct flow_duty *duty,
                           struct arena *scratch)
{
    struct flow_ways ways = {.raiser = NONE};
    struct follow follow = {.duty = duty, .start = flow_node_of(flow, duty->start)};
    if (follow.start == NONE || flow->is_partial) {
        return ways;
    }
    const struct flow_problem problem = {.n_words = 1, .context = &follow, .transfer = transfer};
    const uint64_t held = 1;
    struct flow_states states = flow_solve(flow, &problem, follow.start, &held, scratch);
    ways.is_known = true;
    ways.by_end = states.reached[flow->at_end];
    ways.by_return = states.reached[flow->at_return];
    ways.by_raise = states.reached[flow->at_raise];
    if (ways.by_raise) {
        ways.raiser = find_raiser(&follow, flow, &states, scratch);
    }
    return ways;
}
