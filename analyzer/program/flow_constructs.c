/*
 * flow_constructs.c - what each op comes to in a control-flow graph.
 */
#include "program/flow_build.h"

/* ---- leaving ---- */

static void do_call(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_emit(build, op);
    uint32_t callee = build->facts->ops[op].a;
    if (flow_call_exits(build->facts, callee)) {
        build->nodes.items[node].flags |= FLOW_EXITS_PROCESS;
        build->loose = FLOW_NOWHERE;
    } else if (flow_call_raises(build->facts, callee)) {
        build->loose = FLOW_NOWHERE;
    }
}

static void do_exit(struct flow_builder *build, uint32_t op, enum exit_kind kind, uint32_t target)
{
    flow_emit(build, op);
    if (kind != EXIT_RAISE) {
        flow_link(build, build->loose, flow_leave(build, build->frame, kind, target));
    }
    build->loose = FLOW_NOWHERE;
}

/* ---- constructs ---- */

static struct construct *open_construct(struct flow_builder *build, uint32_t op, uint32_t node)
{
    struct construct *construct = array_push(&build->open);
    *construct = (struct construct){
        .kind = build->facts->ops[op].kind,
        .op = op,
        .node = node,
        .outer_frame = build->frame,
        .handlers = NONE,
        .other = FLOW_NOWHERE,
        .body_end = FLOW_NOWHERE,
    };
    return construct;
}

static void begin_if(struct flow_builder *build, uint32_t op)
{
    const struct op *condition = &build->facts->ops[op];
    uint32_t node = flow_emit_branch(build, op);
    if (condition->a != NONE && !(condition->flags & OP_IS_PATTERN)) {
        flow_set_condition(build, node, condition->a);
    }
    bool runs_when = !(condition->flags & OP_IS_NEGATED);
    uint32_t after = flow_add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = after;
    construct->other = flow_when(build, node, !runs_when);
    build->loose = flow_when(build, node, runs_when);
}

static void begin_loop(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_emit(build, op);
    uint32_t after = flow_add_join(build);
    uint32_t done = flow_add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = after;
    construct->done = done;
    flow_push_frame(build, (struct frame){
                               .kind = FRAME_LOOP,
                               .op = build->facts->ops[op].b,
                               .enter = node,
                               .after = after,
                           });
}

static struct construct *innermost_loop(struct flow_builder *build)
{
    for (size_t i = build->open.n; i-- > 0;) {
        if (build->open.items[i].kind == OP_LOOP) {
            return &build->open.items[i];
        }
    }
    return NULL;
}

/* A TEST or NEXT: goes on in the loop, or is done with it. */
static void do_loop_test(struct flow_builder *build, uint32_t op)
{
    const struct construct *loop = innermost_loop(build);
    uint32_t node = flow_emit_branch(build, op);
    if (build->facts->ops[op].kind == OP_TEST) {
        flow_set_condition(build, node, build->facts->ops[op].a);
    }
    if (loop != NULL) {
        flow_link(build, flow_when(build, node, false), loop->done);
    }
    build->loose = flow_when(build, node, true);
}

static void begin_with(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_emit(build, op);
    uint32_t after = flow_add_join(build);
    open_construct(build, op, node)->after = after;
    flow_push_frame(build, (struct frame){
                               .kind = FRAME_WITH,
                               .op = op,
                               .after = after,
                               .suppresses = flow_suppresses(build->facts, build->facts->ops[op].a),
                           });
}

static void begin_try(struct flow_builder *build, uint32_t op)
{
    uint32_t end = build->facts->ops[op].b;
    uint32_t finally = build->finally_of[end - build->scope->first_op];
    uint32_t node = flow_emit(build, op);
    uint32_t after = flow_add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = construct->leave = after;
    if (finally != NONE) {
        uint32_t leave = flow_add_join(build);
        array_last(&build->open)->leave = leave;
        flow_push_frame(build, (struct frame){
                                   .kind = FRAME_FINALLY,
                                   .op = finally + 1,
                                   .end = end,
                                   .after = after,
                               });
    }
    if (build->except_of[end - build->scope->first_op] != NONE) {
        uint32_t first = flow_add_join(build);
        array_last(&build->open)->handlers =
            flow_push_frame(build, (struct frame){.kind = FRAME_HANDLERS, .enter = first});
    }
}

/* The body of a `try` is over; its handlers no longer guard what follows. */
static void end_try_body(struct flow_builder *build, struct construct *try)
{
    if (try->in_handler) {
        flow_link(build, build->loose, try->leave);
        return;
    }
    const struct frame *handlers = &build->frames.items[try->handlers];
    if (!handlers->is_requested) {
        build->nodes.items[try->node].raise = handlers->enter;
    }
    try->in_handler = true;
    try->body_end = build->loose;
    try->other = (struct loose){handlers->enter, 0};
    build->frame = handlers->outer;
}

static void begin_handler(struct flow_builder *build, uint32_t op)
{
    struct construct *try = array_last(&build->open);
    if (try->kind != OP_TRY || try->handlers == NONE) {
        return;
    }
    end_try_body(build, try);
    build->loose = try->other;
    try->other = FLOW_NOWHERE;
    flow_emit(build, op);
}

static bool is_catch_all_class(const struct facts *facts, uint32_t value)
{
    return facts_spells(facts, value, "Exception") || facts_spells(facts, value, "BaseException");
}

static bool catches_all(const struct facts *facts, const struct op *caught)
{
    if (caught->a == NONE) {
        return true;
    }
    const struct op *type = &facts->ops[caught->a];
    if (type->kind != OP_DISPLAY) {
        return is_catch_all_class(facts, caught->a);
    }
    for (uint32_t i = 1; i <= type->b; i++) {
        const struct op *element = &facts->ops[caught->a + i];
        if (element->kind == OP_ELEMENT && is_catch_all_class(facts, element->a)) {
            return true;
        }
    }
    return false;
}

static void do_caught(struct flow_builder *build, uint32_t op)
{
    uint32_t node = flow_emit_branch(build, op);
    struct construct *try = build->open.n > 0 ? array_last(&build->open) : NULL;
    if (try != NULL && try->kind == OP_TRY && !catches_all(build->facts, &build->facts->ops[op])) {
        try->other = (struct loose){node, 1};
    }
}

static void begin_else(struct flow_builder *build, uint32_t op)
{
    if (build->open.n == 0
        || build->facts->ops[array_last(&build->open)->op].b != build->facts->ops[op].b) {
        return;
    }
    struct construct *construct = array_last(&build->open);
    construct->has_else = true;
    if (construct->kind == OP_IF) {
        flow_link(build, build->loose, construct->after);
        build->loose = construct->other;
        construct->other = FLOW_NOWHERE;
    } else if (construct->kind == OP_LOOP) {
        flow_link(build, build->loose, construct->node);
        flow_go_on(build, construct->done);
        build->frame = construct->outer_frame;
    } else if (construct->kind == OP_TRY && construct->in_handler) {
        flow_link(build, build->loose, construct->leave);
        build->loose = construct->body_end;
    }
}

static void end_if(struct flow_builder *build, const struct construct *construct)
{
    flow_link(build, build->loose, construct->after);
    flow_link(build, construct->other, construct->after);
    flow_go_on(build, construct->after);
}

static void end_loop(struct flow_builder *build, const struct construct *construct)
{
    if (construct->has_else) {
        flow_link(build, build->loose, construct->after);
    } else {
        flow_link(build, build->loose, construct->node);
        flow_link(build, (struct loose){construct->done, 0}, construct->after);
    }
    flow_go_on(build, construct->after);
}

static void end_with(struct flow_builder *build, const struct construct *construct)
{
    uint32_t node = flow_add_node(build, FLOW_WITH_EXIT, construct->op);
    flow_link(build, build->loose, node);
    build->frame = construct->outer_frame;
    uint32_t target = flow_raise_target(build);
    build->nodes.items[node].raise = target;
    flow_link(build, (struct loose){node, 0}, construct->after);
    flow_go_on(build, construct->after);
}

/* Body, handlers and `else` are over; what is left are exceptions that no handler took, and the
 * `finally` part on the normal way. */
static void end_try(struct flow_builder *build, struct construct *construct)
{
    flow_link(build, build->loose, construct->leave);
    if (construct->in_handler && !construct->has_else) {
        flow_link(build, construct->body_end, construct->leave);
    }
    uint32_t end = build->facts->ops[construct->op].b;
    bool has_finally = build->finally_of[end - build->scope->first_op] != NONE;
    if (construct->other.node != NONE) {
        flow_link(build, construct->other, flow_leave(build, build->frame, EXIT_RAISE, NONE));
    }
    if (has_finally) {
        uint32_t copy = flow_leave(build, build->frame, EXIT_NORMAL, NONE);
        flow_link(build, (struct loose){construct->leave, 0}, copy);
    }
    build->frame = construct->outer_frame;
    flow_go_on(build, construct->after);
}

static void end_construct(struct flow_builder *build, uint32_t op)
{
    if (build->open.n == 0 || build->facts->ops[op].b != array_last(&build->open)->op) {
        return;
    }
    build->ended = build->open.items[--build->open.n];
    if (build->ended.kind == OP_IF) {
        end_if(build, &build->ended);
    } else if (build->ended.kind == OP_LOOP) {
        end_loop(build, &build->ended);
    } else if (build->ended.kind == OP_WITH) {
        end_with(build, &build->ended);
    } else if (build->ended.kind == OP_TRY) {
        end_try(build, &build->ended);
    }
    build->frame = build->ended.outer_frame;
}

/* The branch that lies between the operands is that of the IF just ended. */
static void do_either(struct flow_builder *build, uint32_t op)
{
    const struct op *ops = build->facts->ops;
    const struct construct *ended = &build->ended;
    bool is_between =
        ended->kind == OP_IF && ops[ended->op].b == op - 1 && ops[ended->op].a == ops[op].a;
    build->branch_of[op - build->scope->first_op] = is_between ? ended->node : NONE;
    flow_emit(build, op);
}

static void do_return(struct flow_builder *build, uint32_t op)
{
    do_exit(build, op, EXIT_RETURN, NONE);
}

static void do_raise(struct flow_builder *build, uint32_t op)
{
    do_exit(build, op, EXIT_RAISE, NONE);
}

static void do_break(struct flow_builder *build, uint32_t op)
{
    do_exit(build, op, EXIT_BREAK, build->facts->ops[op].b);
}

static void do_continue(struct flow_builder *build, uint32_t op)
{
    do_exit(build, op, EXIT_CONTINUE, build->facts->ops[op].b);
}

static void begin_comprehension(struct flow_builder *build, uint32_t op)
{
    open_construct(build, op, flow_emit(build, op));
}

/* Ops that are more than a node after the last; all others are just emitted. */
static void (*const steers[N_OP_KINDS])(struct flow_builder *build, uint32_t op) = {
    [OP_IF] = begin_if,       [OP_LOOP] = begin_loop,   [OP_TEST] = do_loop_test,
    [OP_NEXT] = do_loop_test, [OP_TRY] = begin_try,     [OP_EXCEPT] = begin_handler,
    [OP_CAUGHT] = do_caught,  [OP_WITH] = begin_with,   [OP_COMPREHENSION] = begin_comprehension,
    [OP_ELSE] = begin_else,   [OP_END] = end_construct, [OP_RETURN] = do_return,
    [OP_RAISE] = do_raise,    [OP_BREAK] = do_break,    [OP_CONTINUE] = do_continue,
    [OP_CALL] = do_call,      [OP_EITHER] = do_either,
};

void flow_do_op(struct flow_builder *build, uint32_t op)
{
    void (*steer)(struct flow_builder *, uint32_t) = steers[build->facts->ops[op].kind];
    if (steer != NULL) {
        steer(build, op);
    } else {
        flow_emit(build, op);
    }
}
