/*
 * flow_nodes.c - the nodes of a control-flow graph, and the ways out of constructs.
 *
 * Whoever leaves (`return`, an exception, …) walks the chain of frames outward.  A `finally` part
 * it meets is asked for its copy for that kind of exit; a copy is a job, a range of ops with a
 * place to go on to, done later by the same pass.
 */
#include "program/flow_build.h"

uint32_t flow_add_node(struct flow_builder *build, enum flow_kind kind, uint32_t op)
{
    *array_push(&build->nodes) = (struct flow_node){
        .kind = (uint8_t)kind,
        .flags = build->is_copying ? FLOW_IS_COPY : 0,
        .op = op,
        .condition = NONE,
        .next = {NONE, NONE},
        .raise = NONE,
    };
    return (uint32_t)(build->nodes.n - 1);
}

uint32_t flow_add_join(struct flow_builder *build)
{
    return flow_add_node(build, FLOW_JOIN, NONE);
}

void flow_link(struct flow_builder *build, struct loose from, uint32_t node)
{
    if (from.node != NONE) {
        build->nodes.items[from.node].next[from.slot] = node;
    }
}

void flow_go_on(struct flow_builder *build, uint32_t node)
{
    build->loose = (struct loose){node, 0};
}

/* ---- leaving ---- */

static uint32_t find_exit(const struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                          uint32_t target)
{
    uint32_t i = build->frames.items[frame].first_exit;
    for (; i != NONE; i = build->exits.items[i].next) {
        const struct exit *exit = &build->exits.items[i];
        if (exit->kind == kind && exit->target == target) {
            return exit->node;
        }
    }
    return NONE;
}

static void remember_exit(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                          uint32_t target, uint32_t node)
{
    struct frame *through = &build->frames.items[frame];
    *array_push(&build->exits) = (struct exit){(uint8_t)kind, target, node, through->first_exit};
    through->first_exit = (uint32_t)(build->exits.n - 1);
}

static uint32_t ask_for_copy(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                             uint32_t target)
{
    const struct frame *part = &build->frames.items[frame];
    uint32_t entry = flow_add_join(build);
    *array_push(&build->jobs) = (struct job){
        .first = part->op,
        .end = part->end,
        .frame = part->outer,
        .entry = entry,
        .kind = (uint8_t)kind,
        .target = target,
        .after = part->after,
    };
    remember_exit(build, frame, kind, target, entry);
    return entry;
}

static uint32_t add_with_exit(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                              uint32_t target)
{
    const struct frame *with = &build->frames.items[frame];
    uint32_t node = flow_add_node(build, FLOW_WITH_EXIT, with->op);
    if (kind == EXIT_RAISE && with->suppresses) {
        build->nodes.items[node].next[1] = with->after;
    }
    remember_exit(build, frame, kind, target, node);
    return node;
}

static uint32_t exit_of_scope(const struct flow_builder *build, enum exit_kind kind)
{
    switch (kind) {
    case EXIT_RAISE:
        return build->flow->at_raise;
    case EXIT_RETURN:
        return build->flow->at_return;
    case EXIT_NORMAL:
    case EXIT_BREAK:
    case EXIT_CONTINUE:
        break;
    }
    return build->flow->at_end; /* a `break` outside of any loop is no Python */
}

/* The place at which an exit through `frame` ends its way, or NONE if it goes on outward. */
static uint32_t stop_at(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                        uint32_t target)
{
    struct frame *here = &build->frames.items[frame];
    if (here->kind == FRAME_FINALLY) {
        uint32_t copy = find_exit(build, frame, kind, target);
        return copy != NONE ? copy : ask_for_copy(build, frame, kind, target);
    }
    if (here->kind == FRAME_HANDLERS && kind == EXIT_RAISE) {
        here->is_requested = true;
        return here->enter;
    }
    if (here->kind == FRAME_LOOP && target == here->op) {
        return kind == EXIT_BREAK ? here->after : here->enter;
    }
    return NONE;
}

uint32_t flow_leave(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                    uint32_t target)
{
    uint32_t first = NONE;
    struct loose chain = FLOW_NOWHERE;
    uint32_t stop = NONE;
    for (; frame != NONE && stop == NONE; frame = build->frames.items[frame].outer) {
        if (build->frames.items[frame].kind != FRAME_WITH) {
            stop = stop_at(build, frame, kind, target);
            continue;
        }
        stop = find_exit(build, frame, kind, target);
        if (stop == NONE) {
            uint32_t with_exit = add_with_exit(build, frame, kind, target);
            flow_link(build, chain, with_exit);
            chain = (struct loose){with_exit, 0};
            first = first == NONE ? with_exit : first;
        }
    }
    stop = stop == NONE ? exit_of_scope(build, kind) : stop;
    flow_link(build, chain, stop);
    return first == NONE ? stop : first;
}

uint32_t flow_raise_target(struct flow_builder *build)
{
    if (build->cached_raise == NONE || build->cached_frame != build->frame) {
        build->cached_frame = build->frame;
        build->cached_raise = flow_leave(build, build->frame, EXIT_RAISE, NONE);
    }
    return build->cached_raise;
}

uint32_t flow_push_frame(struct flow_builder *build, struct frame frame)
{
    frame.outer = build->frame;
    frame.first_exit = NONE;
    *array_push(&build->frames) = frame;
    build->frame = (uint32_t)(build->frames.n - 1);
    return build->frame;
}

/* ---- ops ---- */

static const bool may_raise[N_OP_KINDS] = {
    [OP_ATTRIBUTE] = true, [OP_ITEM] = true,        [OP_CALL] = true,        [OP_CLASS] = true,
    [OP_UNARY] = true,     [OP_BINARY] = true,      [OP_COMPARE] = true,     [OP_AWAIT] = true,
    [OP_YIELD] = true,     [OP_YIELD_FROM] = true,  [OP_NEXT] = true,        [OP_UNPACKED] = true,
    [OP_IMPORT] = true,    [OP_IMPORT_FROM] = true, [OP_IMPORT_STAR] = true, [OP_RAISE] = true,
    [OP_ASSERT] = true,    [OP_DELETE] = true,      [OP_WITH] = true,
};

uint32_t flow_emit(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_add_node(build, FLOW_OP, op);
    flow_link(build, build->loose, node);
    flow_go_on(build, node);
    if (may_raise[build->facts->ops[op].kind]) {
        uint32_t target = flow_raise_target(build);
        build->nodes.items[node].raise = target;
    }
    return node;
}

uint32_t flow_emit_branch(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_emit(build, op);
    build->nodes.items[node].flags |= FLOW_IS_BRANCH;
    return node;
}
