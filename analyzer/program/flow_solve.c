/*
 * flow_solve.c - forward data flow over a control-flow graph: a queue of nodes whose state grew.
 *
 * Each node is in the queue at most once.  A state only ever grows (or, for an intersection,
 * shrinks), so this ends; nodes come roughly in the order of the program, so it ends soon.
 */
#include "program/flow.h"

#include <string.h>

struct solve {
    const struct flow *flow;
    const struct flow_problem *problem;
    struct flow_states *states;
    uint32_t *queue; /* a ring of n_nodes */
    uint8_t *is_queued;
    uint32_t first, n_queued;
    uint64_t *after; /* the state in hand */
};

static void put_in_queue(struct solve *solve, uint32_t node)
{
    if (solve->is_queued[node]) {
        return;
    }
    solve->is_queued[node] = 1;
    solve->queue[(solve->first + solve->n_queued++) % solve->flow->n_nodes] = node;
}

static uint32_t take_from_queue(struct solve *solve)
{
    uint32_t node = solve->queue[solve->first];
    solve->first = (solve->first + 1) % solve->flow->n_nodes;
    solve->n_queued--;
    solve->is_queued[node] = 0;
    return node;
}

static bool join_into(uint64_t *state, const uint64_t *more, uint32_t n, bool is_intersection)
{
    bool changed = false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t joined = is_intersection ? state[i] & more[i] : state[i] | more[i];
        changed |= joined != state[i];
        state[i] = joined;
    }
    return changed;
}

static void arrive(struct solve *solve, uint32_t node, const uint64_t *state)
{
    uint32_t n = solve->states->n_words;
    uint64_t *before = solve->states->words + (size_t)node * n;
    if (!solve->states->reached[node]) {
        solve->states->reached[node] = 1;
        memcpy(before, state, n * sizeof *state);
        put_in_queue(solve, node);
    } else if (join_into(before, state, n, solve->problem->is_intersection)) {
        put_in_queue(solve, node);
    }
}

static void follow(struct solve *solve, uint32_t node, enum flow_edge edge, uint32_t target)
{
    uint32_t n = solve->states->n_words;
    if (target == NONE) {
        return;
    }
    memcpy(solve->after, solve->states->words + (size_t)node * n, n * sizeof *solve->after);
    if (solve->problem->transfer(solve->problem->context, solve->flow, node, edge, solve->after)) {
        arrive(solve, target, solve->after);
    }
}

struct flow_states flow_solve(const struct flow *flow, const struct flow_problem *problem,
                              uint32_t start, const uint64_t *initial, struct arena *arena)
{
    uint32_t n_words = problem->n_words;
    struct flow_states states = {
        .n_words = n_words,
        .words = arena_alloc(arena, (size_t)flow->n_nodes * n_words * sizeof(uint64_t)),
        .reached = arena_alloc(arena, flow->n_nodes),
    };
    struct solve solve = {
        .flow = flow,
        .problem = problem,
        .states = &states,
        .queue = arena_alloc(arena, sizeof(uint32_t) * flow->n_nodes),
        .is_queued = arena_alloc(arena, flow->n_nodes),
        .after = arena_alloc(arena, n_words * sizeof(uint64_t)),
    };
    arrive(&solve, start, initial);
    while (solve.n_queued > 0) {
        uint32_t node = take_from_queue(&solve);
        const struct flow_node *here = &flow->nodes[node];
        follow(&solve, node, FLOW_NEXT, here->next[0]);
        follow(&solve, node, FLOW_OTHERWISE, here->next[1]);
        follow(&solve, node, FLOW_EXCEPTION, here->raise);
    }
    return states;
}
