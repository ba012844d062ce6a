/*
 * flow.c - from structured ops to a control-flow graph.
 *
 * One pass over a range of ops keeps a stack of open constructs and one loose end: the successor
 * slot that the next node will fill.  Beside it stands a chain of frames, from the innermost
 * construct that cares about exits outward: loops, handlers, `finally` parts, `with` blocks.
 * Whoever leaves (`return`, an exception, …) walks that chain, see leave().  A `finally` part it
 * meets is asked for its copy for that kind of exit; a copy is a job, a range of ops with a place
 * to go on to, done later by the same pass.  Nothing recurses.
 */
#include "program/flow.h"

#include "base/array.h"

#include <string.h>

enum {
    MAX_GROWTH = 8,          /* copies of `finally` may make a graph this many times its ops … */
    ALWAYS_ALLOWED = 1 << 12 /* … or this large, before it is given up as partial */
};

enum exit_kind { EXIT_NORMAL, EXIT_RAISE, EXIT_RETURN, EXIT_BREAK, EXIT_CONTINUE };

enum frame_kind { FRAME_LOOP, FRAME_HANDLERS, FRAME_FINALLY, FRAME_WITH };

struct frame {
    uint8_t kind;
    bool suppresses;   /* of FRAME_WITH: exceptions may go on after the block */
    bool is_requested; /* of FRAME_HANDLERS: something in the body can raise */
    uint32_t outer;    /* frame, NONE: the scope */
    uint32_t op;       /* LOOP: its END.  FINALLY: the first op of its body.  WITH: its OP_WITH */
    uint32_t end;      /* FINALLY: the END after its body */
    uint32_t enter;    /* LOOP: where `continue` goes.  HANDLERS: where the first handler begins */
    uint32_t after;    /* where normal control goes on */
    uint32_t first_exit;
};

/* What was made for one kind of exit through a frame. */
struct exit {
    uint8_t kind;
    uint32_t target; /* the END of the loop of `break`, `continue`; else NONE */
    uint32_t node;
    uint32_t next;
};

/* A copy of a `finally` body, to be made. */
struct job {
    uint32_t first, end;
    uint32_t frame;
    uint32_t entry;
    uint8_t kind;
    uint32_t target;
    uint32_t after; /* for EXIT_NORMAL */
};

/* A slot that waits for its successor; node NONE: nothing gets here. */
struct loose {
    uint32_t node;
    uint8_t slot;
};

static const struct loose nowhere = {NONE, 0};

struct construct {
    uint8_t kind; /* the opener's */
    bool has_else, in_handler;
    uint32_t op;
    uint32_t outer_frame;
    uint32_t after;        /* IF, LOOP, WITH, TRY: where it ends */
    uint32_t leave;        /* TRY: where its body and handlers end: `after`, or the `finally` */
    uint32_t done;         /* LOOP: where it goes when exhausted */
    uint32_t handlers;     /* TRY: the frame of its handlers, or NONE */
    uint32_t node;         /* its first node */
    struct loose other;    /* IF: the part not written first.  TRY: the exception no handler took */
    struct loose body_end; /* TRY: the end of its body */
};

/* A branch on the first operand, and the one on the whole `and` or `or`: when the former is
 * decisive, both go the same way. */
struct thread {
    uint32_t inner, outer;
    bool inner_truth, outer_truth; /* of what the two ops test, as written */
};

struct build {
    const struct facts *facts;
    const struct scope *scope;
    struct flow *flow;
    uint32_t limit;
    uint32_t frame;
    struct loose loose;
    struct construct ended;              /* the last construct that was closed */
    uint32_t cached_frame, cached_raise; /* leave(EXIT_RAISE) of the frame asked last */
    bool is_copying;
    struct {
        ARRAY_OF(struct flow_node);
    } nodes;
    struct {
        ARRAY_OF(struct frame);
    } frames;
    struct {
        ARRAY_OF(struct exit);
    } exits;
    struct {
        ARRAY_OF(struct job);
    } jobs;
    struct {
        ARRAY_OF(struct construct);
    } open;
    struct {
        ARRAY_OF(struct thread);
    } threads;
    /* By op of the scope: of an END, the FINALLY and first EXCEPT before it; of an OP_EITHER, the
     * branch between its operands.  NONE for none. */
    uint32_t *finally_of, *except_of, *branch_of;
};

static uint32_t add_node(struct build *build, enum flow_kind kind, uint32_t op)
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

static uint32_t add_join(struct build *build)
{
    return add_node(build, FLOW_JOIN, NONE);
}

static void link_to(struct build *build, struct loose from, uint32_t node)
{
    if (from.node != NONE) {
        build->nodes.items[from.node].next[from.slot] = node;
    }
}

static void go_on_from(struct build *build, uint32_t node)
{
    build->loose = (struct loose){node, 0};
}

/* ---- leaving ---- */

static uint32_t find_exit(const struct build *build, uint32_t frame, enum exit_kind kind,
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

static void remember_exit(struct build *build, uint32_t frame, enum exit_kind kind, uint32_t target,
                          uint32_t node)
{
    struct frame *through = &build->frames.items[frame];
    *array_push(&build->exits) = (struct exit){(uint8_t)kind, target, node, through->first_exit};
    through->first_exit = (uint32_t)(build->exits.n - 1);
}

static uint32_t ask_for_copy(struct build *build, uint32_t frame, enum exit_kind kind,
                             uint32_t target)
{
    const struct frame *part = &build->frames.items[frame];
    uint32_t entry = add_join(build);
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

static uint32_t add_with_exit(struct build *build, uint32_t frame, enum exit_kind kind,
                              uint32_t target)
{
    const struct frame *with = &build->frames.items[frame];
    uint32_t node = add_node(build, FLOW_WITH_EXIT, with->op);
    if (kind == EXIT_RAISE && with->suppresses) {
        build->nodes.items[node].next[1] = with->after;
    }
    remember_exit(build, frame, kind, target, node);
    return node;
}

static uint32_t exit_of_scope(const struct build *build, enum exit_kind kind)
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
static uint32_t stop_at(struct build *build, uint32_t frame, enum exit_kind kind, uint32_t target)
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

/* Where control goes first when it leaves by `kind` from inside `frame`.  Each `with` on the way is
 * left by a node of its own, chained here. */
static uint32_t leave(struct build *build, uint32_t frame, enum exit_kind kind, uint32_t target)
{
    uint32_t first = NONE;
    struct loose chain = nowhere;
    uint32_t stop = NONE;
    for (; frame != NONE && stop == NONE; frame = build->frames.items[frame].outer) {
        if (build->frames.items[frame].kind != FRAME_WITH) {
            stop = stop_at(build, frame, kind, target);
            continue;
        }
        stop = find_exit(build, frame, kind, target);
        if (stop == NONE) {
            uint32_t with_exit = add_with_exit(build, frame, kind, target);
            link_to(build, chain, with_exit);
            chain = (struct loose){with_exit, 0};
            first = first == NONE ? with_exit : first;
        }
    }
    stop = stop == NONE ? exit_of_scope(build, kind) : stop;
    link_to(build, chain, stop);
    return first == NONE ? stop : first;
}

static uint32_t raise_target(struct build *build)
{
    if (build->cached_raise == NONE || build->cached_frame != build->frame) {
        build->cached_frame = build->frame;
        build->cached_raise = leave(build, build->frame, EXIT_RAISE, NONE);
    }
    return build->cached_raise;
}

static uint32_t push_frame(struct build *build, struct frame frame)
{
    frame.outer = build->frame;
    frame.first_exit = NONE;
    *array_push(&build->frames) = frame;
    build->frame = (uint32_t)(build->frames.n - 1);
    return build->frame;
}

/* ---- single ops ---- */

static const bool may_raise[N_OP_KINDS] = {
    [OP_ATTRIBUTE] = true, [OP_ITEM] = true,        [OP_CALL] = true,        [OP_CLASS] = true,
    [OP_UNARY] = true,     [OP_BINARY] = true,      [OP_COMPARE] = true,     [OP_AWAIT] = true,
    [OP_YIELD] = true,     [OP_YIELD_FROM] = true,  [OP_NEXT] = true,        [OP_UNPACKED] = true,
    [OP_IMPORT] = true,    [OP_IMPORT_FROM] = true, [OP_IMPORT_STAR] = true, [OP_RAISE] = true,
    [OP_ASSERT] = true,    [OP_DELETE] = true,      [OP_WITH] = true,
};

static uint32_t emit(struct build *build, uint32_t op)
{
    uint32_t node = add_node(build, FLOW_OP, op);
    link_to(build, build->loose, node);
    go_on_from(build, node);
    if (may_raise[build->facts->ops[op].kind]) {
        uint32_t target = raise_target(build);
        build->nodes.items[node].raise = target;
    }
    return node;
}

static uint32_t emit_branch(struct build *build, uint32_t op)
{
    uint32_t node = emit(build, op);
    build->nodes.items[node].flags |= FLOW_IS_BRANCH;
    return node;
}

static const char *const exits_process[] = {"sys.exit",  "os._exit", "os.abort",  "os.execv",
                                            "os.execve", "os.execl", "os.execvp", "os.execvpe",
                                            "exit",      "quit"};

/* What ends a test, or argparse's run: the method of the object they are always called on. */
static const char *const raising_methods[][2] = {
    {"self", "fail"},   {"self", "skipTest"}, {"pytest", "fail"}, {"pytest", "skip"},
    {"pytest", "exit"}, {"parser", "error"},  {"parser", "exit"},
};

static const char *last_name_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_LOAD) {
        return variable_name(facts, op->a);
    }
    return op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
}

static bool ends_with_name(const char *dotted, const char *name)
{
    const char *dot = strrchr(dotted, '.');
    return strcmp(dot == NULL ? dotted : dot + 1, name) == 0;
}

static bool calls_exit(const struct facts *facts, uint32_t callee)
{
    const char *name = last_name_of(facts, callee);
    for (size_t i = 0; i < sizeof exits_process / sizeof *exits_process; i++) {
        if (ends_with_name(exits_process[i], name)
            && facts_spells(facts, callee, exits_process[i])) {
            return true;
        }
    }
    return false;
}

bool flow_call_raises(const struct facts *facts, uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    if (op->kind != OP_ATTRIBUTE || facts->ops[op->a].kind != OP_LOAD) {
        return false;
    }
    const char *object = variable_name(facts, facts->ops[op->a].a);
    const char *method = facts_name(facts, op->b);
    for (size_t i = 0; i < sizeof raising_methods / sizeof *raising_methods; i++) {
        if (strcmp(object, raising_methods[i][0]) == 0
            && strcmp(method, raising_methods[i][1]) == 0) {
            return true;
        }
    }
    return false;
}

static void do_call(struct build *build, uint32_t op)
{
    uint32_t node = emit(build, op);
    uint32_t callee = build->facts->ops[op].a;
    if (calls_exit(build->facts, callee)) {
        build->nodes.items[node].flags |= FLOW_EXITS_PROCESS;
        build->loose = nowhere;
    } else if (flow_call_raises(build->facts, callee)) {
        build->loose = nowhere;
    }
}

static void do_exit(struct build *build, uint32_t op, enum exit_kind kind, uint32_t target)
{
    emit(build, op);
    if (kind != EXIT_RAISE) {
        link_to(build, build->loose, leave(build, build->frame, kind, target));
    }
    build->loose = nowhere;
}

/* ---- conditions ---- */

/* -1: unknown, else what the constant is. */
static int truth_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (value == NONE || op->kind != OP_CONSTANT) {
        return -1;
    }
    if (op->aux == CONSTANT_TRUE || op->aux == CONSTANT_ELLIPSIS) {
        return 1;
    }
    if (op->aux == CONSTANT_FALSE || op->aux == CONSTANT_NONE) {
        return 0;
    }
    if (op->aux == CONSTANT_INTEGER && op->a != NONE) {
        return strcmp(facts_name(facts, op->a), "0") != 0;
    }
    return -1;
}

/* Whether nothing happens from the OP_EITHER to the branch that tests it. */
static bool is_tested_at_once(const struct facts *facts, uint32_t either, uint32_t branch_op)
{
    for (uint32_t i = either + 1; i < branch_op; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind != OP_UNARY && kind != OP_EITHER && kind != OP_END) {
            return false;
        }
    }
    return true;
}

/* The branch between the operands of `value`, if it is an `and` or `or` that `branch_op` tests. */
static uint32_t branch_within(const struct build *build, uint32_t value, uint32_t branch_op)
{
    const struct op *op = &build->facts->ops[value];
    if (op->kind != OP_EITHER || value < build->scope->first_op
        || (op->aux != OPERATOR_AND && op->aux != OPERATOR_OR)
        || !is_tested_at_once(build->facts, value, branch_op)) {
        return NONE;
    }
    return build->branch_of[value - build->scope->first_op];
}

/* Finds what `node` really decides on: under any number of `not`, the last operand of `and`s and
 * `or`s, whose earlier operands have branches that are threaded to this one. */
static void set_condition(struct build *build, uint32_t node, uint32_t value)
{
    bool is_swapped = false;
    for (;;) {
        const struct op *op = &build->facts->ops[value];
        uint32_t inner = branch_within(build, value, build->nodes.items[node].op);
        if (op->kind == OP_UNARY && op->aux == OPERATOR_NOT) {
            is_swapped = !is_swapped;
            value = op->a;
        } else if (inner != NONE) {
            bool decisive = op->aux == OPERATOR_OR;
            *array_push(&build->threads) =
                (struct thread){inner, node, decisive, decisive != is_swapped};
            value = op->b;
        } else {
            break;
        }
    }
    build->nodes.items[node].condition = value;
    build->nodes.items[node].flags |= is_swapped ? FLOW_IS_SWAPPED : 0;
}

/* The slot that a branch takes when what its op tests, as written, is `truth`. */
static uint8_t slot_for(const struct build *build, uint32_t node, bool truth)
{
    bool is_swapped = build->nodes.items[node].flags & FLOW_IS_SWAPPED;
    return truth != is_swapped ? 0 : 1;
}

static struct loose when(const struct build *build, uint32_t node, bool truth)
{
    uint32_t condition = build->nodes.items[node].condition;
    uint8_t slot = slot_for(build, node, truth);
    int constant = condition == NONE ? -1 : truth_of(build->facts, condition);
    return constant == slot ? nowhere : (struct loose){node, slot};
}

/* Last first: an outer branch is settled before what is threaded to it. */
static void thread_branches(struct build *build)
{
    for (size_t i = build->threads.n; i-- > 0;) {
        const struct thread *thread = &build->threads.items[i];
        const struct flow_node *outer = &build->nodes.items[thread->outer];
        uint32_t target = outer->next[slot_for(build, thread->outer, thread->outer_truth)];
        uint8_t slot = slot_for(build, thread->inner, thread->inner_truth);
        build->nodes.items[thread->inner].next[slot] = target;
    }
}

/* ---- constructs ---- */

static struct construct *open_construct(struct build *build, uint32_t op, uint32_t node)
{
    struct construct *construct = array_push(&build->open);
    *construct = (struct construct){
        .kind = build->facts->ops[op].kind,
        .op = op,
        .node = node,
        .outer_frame = build->frame,
        .handlers = NONE,
        .other = nowhere,
        .body_end = nowhere,
    };
    return construct;
}

static void begin_if(struct build *build, uint32_t op)
{
    const struct op *condition = &build->facts->ops[op];
    uint32_t node = emit_branch(build, op);
    if (condition->a != NONE && !(condition->flags & OP_IS_PATTERN)) {
        set_condition(build, node, condition->a);
    }
    bool runs_when = !(condition->flags & OP_IS_NEGATED);
    uint32_t after = add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = after;
    construct->other = when(build, node, !runs_when);
    build->loose = when(build, node, runs_when);
}

static void begin_loop(struct build *build, uint32_t op)
{
    uint32_t node = emit(build, op);
    uint32_t after = add_join(build);
    uint32_t done = add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = after;
    construct->done = done;
    push_frame(build, (struct frame){
                          .kind = FRAME_LOOP,
                          .op = build->facts->ops[op].b,
                          .enter = node,
                          .after = after,
                      });
}

static struct construct *innermost_loop(struct build *build)
{
    for (size_t i = build->open.n; i-- > 0;) {
        if (build->open.items[i].kind == OP_LOOP) {
            return &build->open.items[i];
        }
    }
    return NULL;
}

/* A TEST or NEXT: goes on in the loop, or is done with it. */
static void do_loop_test(struct build *build, uint32_t op)
{
    const struct construct *loop = innermost_loop(build);
    uint32_t node = emit_branch(build, op);
    if (build->facts->ops[op].kind == OP_TEST) {
        set_condition(build, node, build->facts->ops[op].a);
    }
    if (loop != NULL) {
        link_to(build, when(build, node, false), loop->done);
    }
    build->loose = when(build, node, true);
}

bool flow_suppresses(const struct facts *facts, uint32_t manager)
{
    const struct op *op = &facts->ops[manager];
    if (op->kind != OP_CALL) {
        return false;
    }
    const char *name = last_name_of(facts, op->a);
    return strcmp(name, "suppress") == 0 || strncmp(name, "assertRaises", 12) == 0
           || strcmp(name, "raises") == 0;
}

static void begin_with(struct build *build, uint32_t op)
{
    uint32_t node = emit(build, op);
    uint32_t after = add_join(build);
    open_construct(build, op, node)->after = after;
    push_frame(build, (struct frame){
                          .kind = FRAME_WITH,
                          .op = op,
                          .after = after,
                          .suppresses = flow_suppresses(build->facts, build->facts->ops[op].a),
                      });
}

static void begin_try(struct build *build, uint32_t op)
{
    uint32_t end = build->facts->ops[op].b;
    uint32_t finally = build->finally_of[end - build->scope->first_op];
    uint32_t node = emit(build, op);
    uint32_t after = add_join(build);
    struct construct *construct = open_construct(build, op, node);
    construct->after = construct->leave = after;
    if (finally != NONE) {
        uint32_t leave = add_join(build);
        array_last(&build->open)->leave = leave;
        push_frame(build, (struct frame){
                              .kind = FRAME_FINALLY,
                              .op = finally + 1,
                              .end = end,
                              .after = after,
                          });
    }
    if (build->except_of[end - build->scope->first_op] != NONE) {
        uint32_t first = add_join(build);
        array_last(&build->open)->handlers =
            push_frame(build, (struct frame){.kind = FRAME_HANDLERS, .enter = first});
    }
}

/* The body of a `try` is over; its handlers no longer guard what follows. */
static void end_try_body(struct build *build, struct construct *try)
{
    if (try->in_handler) {
        link_to(build, build->loose, try->leave);
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

static void begin_handler(struct build *build, uint32_t op)
{
    struct construct *try = array_last(&build->open);
    if (try->kind != OP_TRY || try->handlers == NONE) {
        return;
    }
    end_try_body(build, try);
    build->loose = try->other;
    try->other = nowhere;
    emit(build, op);
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

static void do_caught(struct build *build, uint32_t op)
{
    uint32_t node = emit_branch(build, op);
    struct construct *try = build->open.n > 0 ? array_last(&build->open) : NULL;
    if (try != NULL && try->kind == OP_TRY && !catches_all(build->facts, &build->facts->ops[op])) {
        try->other = (struct loose){node, 1};
    }
}

static void begin_else(struct build *build, uint32_t op)
{
    if (build->open.n == 0
        || build->facts->ops[array_last(&build->open)->op].b != build->facts->ops[op].b) {
        return;
    }
    struct construct *construct = array_last(&build->open);
    construct->has_else = true;
    if (construct->kind == OP_IF) {
        link_to(build, build->loose, construct->after);
        build->loose = construct->other;
        construct->other = nowhere;
    } else if (construct->kind == OP_LOOP) {
        link_to(build, build->loose, construct->node);
        go_on_from(build, construct->done);
        build->frame = construct->outer_frame;
    } else if (construct->kind == OP_TRY && construct->in_handler) {
        link_to(build, build->loose, construct->leave);
        build->loose = construct->body_end;
    }
}

static void end_if(struct build *build, const struct construct *construct)
{
    link_to(build, build->loose, construct->after);
    link_to(build, construct->other, construct->after);
    go_on_from(build, construct->after);
}

static void end_loop(struct build *build, const struct construct *construct)
{
    if (construct->has_else) {
        link_to(build, build->loose, construct->after);
    } else {
        link_to(build, build->loose, construct->node);
        link_to(build, (struct loose){construct->done, 0}, construct->after);
    }
    go_on_from(build, construct->after);
}

static void end_with(struct build *build, const struct construct *construct)
{
    uint32_t node = add_node(build, FLOW_WITH_EXIT, construct->op);
    link_to(build, build->loose, node);
    build->frame = construct->outer_frame;
    uint32_t target = raise_target(build);
    build->nodes.items[node].raise = target;
    link_to(build, (struct loose){node, 0}, construct->after);
    go_on_from(build, construct->after);
}

/* Body, handlers and `else` are over; what is left are exceptions that no handler took, and the
 * `finally` part on the normal way. */
static void end_try(struct build *build, struct construct *construct)
{
    link_to(build, build->loose, construct->leave);
    if (construct->in_handler && !construct->has_else) {
        link_to(build, construct->body_end, construct->leave);
    }
    uint32_t end = build->facts->ops[construct->op].b;
    bool has_finally = build->finally_of[end - build->scope->first_op] != NONE;
    if (construct->other.node != NONE) {
        link_to(build, construct->other, leave(build, build->frame, EXIT_RAISE, NONE));
    }
    if (has_finally) {
        uint32_t copy = leave(build, build->frame, EXIT_NORMAL, NONE);
        link_to(build, (struct loose){construct->leave, 0}, copy);
    }
    build->frame = construct->outer_frame;
    go_on_from(build, construct->after);
}

static void end_construct(struct build *build, uint32_t op)
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
static void do_either(struct build *build, uint32_t op)
{
    const struct op *ops = build->facts->ops;
    const struct construct *ended = &build->ended;
    bool is_between =
        ended->kind == OP_IF && ops[ended->op].b == op - 1 && ops[ended->op].a == ops[op].a;
    build->branch_of[op - build->scope->first_op] = is_between ? ended->node : NONE;
    emit(build, op);
}

static void do_return(struct build *build, uint32_t op)
{
    do_exit(build, op, EXIT_RETURN, NONE);
}

static void do_raise(struct build *build, uint32_t op)
{
    do_exit(build, op, EXIT_RAISE, NONE);
}

static void do_break(struct build *build, uint32_t op)
{
    do_exit(build, op, EXIT_BREAK, build->facts->ops[op].b);
}

static void do_continue(struct build *build, uint32_t op)
{
    do_exit(build, op, EXIT_CONTINUE, build->facts->ops[op].b);
}

static void begin_comprehension(struct build *build, uint32_t op)
{
    open_construct(build, op, emit(build, op));
}

/* Ops that are more than a node after the last; all others are just emitted. */
static void (*const steers[N_OP_KINDS])(struct build *build, uint32_t op) = {
    [OP_IF] = begin_if,       [OP_LOOP] = begin_loop,   [OP_TEST] = do_loop_test,
    [OP_NEXT] = do_loop_test, [OP_TRY] = begin_try,     [OP_EXCEPT] = begin_handler,
    [OP_CAUGHT] = do_caught,  [OP_WITH] = begin_with,   [OP_COMPREHENSION] = begin_comprehension,
    [OP_ELSE] = begin_else,   [OP_END] = end_construct, [OP_RETURN] = do_return,
    [OP_RAISE] = do_raise,    [OP_BREAK] = do_break,    [OP_CONTINUE] = do_continue,
    [OP_CALL] = do_call,      [OP_EITHER] = do_either,
};

static void do_op(struct build *build, uint32_t op)
{
    void (*steer)(struct build *, uint32_t) = steers[build->facts->ops[op].kind];
    if (steer != NULL) {
        steer(build, op);
    } else {
        emit(build, op);
    }
}

/* ---- the whole ---- */

/* The END of the `try` whose FINALLY this is comes next: its body is made by jobs. */
static void do_range(struct build *build, uint32_t first, uint32_t end)
{
    for (uint32_t op = first; op < end; op++) {
        if (build->facts->ops[op].kind == OP_FINALLY) {
            op = build->facts->ops[op].b;
        }
        do_op(build, op);
    }
}

static void do_job(struct build *build, struct job job)
{
    build->frame = job.frame;
    build->cached_raise = NONE;
    build->is_copying = true;
    go_on_from(build, job.entry);
    if (build->nodes.n > build->limit) {
        build->flow->is_partial = true;
    } else {
        do_range(build, job.first, job.end);
    }
    uint32_t target = job.kind == EXIT_NORMAL
                          ? job.after
                          : leave(build, job.frame, (enum exit_kind)job.kind, job.target);
    link_to(build, build->loose, target);
}

/* Notes for each END which EXCEPT comes first and where FINALLY is: both name their END. */
static void find_parts(struct build *build)
{
    const struct scope *scope = build->scope;
    for (uint32_t i = scope->n_ops; i-- > 0;) {
        const struct op *op = &build->facts->ops[scope->first_op + i];
        if (op->kind == OP_FINALLY) {
            build->finally_of[op->b - scope->first_op] = scope->first_op + i;
        } else if (op->kind == OP_EXCEPT) {
            build->except_of[op->b - scope->first_op] = scope->first_op + i;
        }
    }
}

static uint32_t *none_for_each_op(const struct build *build, struct arena *arena)
{
    size_t size = sizeof(uint32_t) * build->scope->n_ops;
    return memset(arena_alloc(arena, size), 0xff, size);
}

static void free_build(struct build *build)
{
    array_free(&build->nodes);
    array_free(&build->frames);
    array_free(&build->exits);
    array_free(&build->jobs);
    array_free(&build->open);
    array_free(&build->threads);
}

static void build_graph(struct build *build)
{
    struct flow *flow = build->flow;
    flow->entry = add_node(build, FLOW_ENTRY, NONE);
    flow->at_end = add_node(build, FLOW_END, NONE);
    flow->at_return = add_node(build, FLOW_RETURN, NONE);
    flow->at_raise = add_node(build, FLOW_RAISE, NONE);
    go_on_from(build, flow->entry);
    do_range(build, build->scope->first_op, build->scope->first_op + build->scope->n_ops);
    link_to(build, build->loose, flow->at_end);
    for (size_t i = 0; i < build->jobs.n; i++) {
        do_job(build, build->jobs.items[i]);
    }
    thread_branches(build);
}

const struct flow *flow_build(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    struct flow *flow = arena_alloc(arena, sizeof *flow);
    flow->facts = facts;
    flow->scope = scope;
    struct build build = {
        .facts = facts,
        .scope = &facts->scopes[scope],
        .flow = flow,
        .limit = ALWAYS_ALLOWED + MAX_GROWTH * facts->scopes[scope].n_ops,
        .frame = NONE,
        .loose = nowhere,
        .cached_raise = NONE,
    };
    build.finally_of = none_for_each_op(&build, arena);
    build.except_of = none_for_each_op(&build, arena);
    build.branch_of = none_for_each_op(&build, arena);
    find_parts(&build);
    build_graph(&build);
    flow->nodes = arena_copy(arena, build.nodes.items, sizeof *flow->nodes * build.nodes.n);
    flow->n_nodes = (uint32_t)build.nodes.n;
    free_build(&build);
    return flow;
}
