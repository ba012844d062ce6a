/*
 * flow_ways.h - a duty that begins at one op of a scope (a lock is held, a state is changed), and
 * the ways out of the scope on which it is never done.
 */
#ifndef CYCLINT_PROGRAM_FLOW_WAYS_H
#define CYCLINT_PROGRAM_FLOW_WAYS_H

#include "program/flow.h"

struct flow_duty {
    uint32_t start;         /* the op with which it begins; it has not begun when that raises … */
    bool begins_in_raising; /* … or has begun only then */
    void *context;
    /* Whether the duty is over on the way along `edge` of a node with an op. */
    bool (*ends)(void *context, const struct flow *flow, const struct flow_node *node,
                 enum flow_edge edge);
};

/* Whether a way leads out without passing what ends the duty. */
struct flow_ways {
    bool is_known; /* false: the op cannot be reached, or the graph is partial */
    bool by_end;   /* the scope ends */
    bool by_return;
    bool by_raise;
    uint32_t raiser; /* of by_raise: the first op whose exception nobody here catches */
};

/* Follows a duty through the graph.  Only exceptions to reckon with (raises.h) are followed. */
struct flow_ways flow_ways(const struct flow *flow, const struct flow_duty *duty,
                           struct arena *scratch);

/* The node that runs an op, not in a copy of a `finally`; NONE when there is none. */
uint32_t flow_node_of(const struct flow *flow, uint32_t op);

#endif
