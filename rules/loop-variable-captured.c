/*
 * A closure made in a loop that outlives the turn sees the loop's variables as the last turn left
 * them.
 *
 * A function or lambda in a loop uses a variable of the scope around it that each turn binds anew:
 * the loop's own, or one that its body sets outright.  That is harmless while the closure is called
 * in the same turn, so it is reported only where one sees that it is kept: stored in an attribute
 * or item, put in a container, registered as a callback, given to a thread for which the loop does
 * not wait, collected by a comprehension.  Not when
 * what it is put in is made in the same turn, unless that is a task, which runs on by itself; and
 * not when the loop is left right behind it.
 * Tests make closures for their own turn in many ways that are not seen.
 */
#include "rule.h"

struct closure {
    const struct facts *facts;
    uint32_t scope;    /* that the loop stands in */
    uint32_t loop;     /* OP_LOOP */
    uint32_t function; /* OP_FUNCTION */
};

struct values {
    ARRAY_OF(uint32_t);
};

static bool is_in_loop(const struct closure *closure, uint32_t op)
{
    return op > closure->loop && op < closure->facts->ops[closure->loop].b;
}

/* ---- what the closure captures ---- */

/* Whether the value of a store is computed from what the variable was: an accumulator. */
static bool is_computed_from_itself(const struct facts *facts, uint32_t store, uint32_t variable)
{
    const struct op *op = &facts->ops[store];
    if (op->b == NONE || op->flags & OP_IS_AUGMENTED) {
        return true;
    }
    for (uint32_t i = facts->scopes[facts_scope_of_op(facts, store)].first_op; i < store; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == variable
            && uses_is_part(facts, op->b, i)) {
            return true;
        }
    }
    return false;
}

/* Whether each turn of the loop binds the variable. */
static bool is_bound_each_turn(const struct closure *closure, uint32_t variable)
{
    const struct facts *facts = closure->facts;
    for (uint32_t i = closure->loop + 1; i < facts->ops[closure->loop].b; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_NAME
            || facts->ops[op->a].a != variable) {
            continue;
        }
        if (uses_control_around(facts, i) == closure->loop
            && !is_computed_from_itself(facts, i, variable)) {
            return i < closure->function;
        }
    }
    return false;
}

/* The first variable that the function, or one in it, uses and the loop binds; NONE if there is
 * none.  Its own name does not count: it is a recursion. */
static uint32_t captured_variable(const struct closure *closure)
{
    const struct facts *facts = closure->facts;
    const struct scope *outer = &facts->scopes[facts->ops[closure->function].a];
    for (uint32_t s = facts->ops[closure->function].a; s < facts->n_scopes; s++) {
        const struct scope *inner = &facts->scopes[s];
        if (inner->start < outer->start || inner->end > outer->end) {
            continue;
        }
        for (uint32_t i = inner->first_op; i < inner->first_op + inner->n_ops; i++) {
            const struct op *op = &facts->ops[i];
            if (op->kind == OP_LOAD && facts->variables[op->a].scope == closure->scope
                && facts->variables[op->a].name != outer->name
                && is_bound_each_turn(closure, op->a)) {
                return op->a;
            }
        }
    }
    return NONE;
}

/* ---- what becomes of it ---- */

/* Whether a store binds what the loop goes over: an element, or a part of one. */
static bool binds_element(const struct facts *facts, uint32_t store)
{
    uint32_t value = facts->ops[store].b;
    while (value != NONE && facts->ops[value].kind == OP_UNPACKED) {
        value = facts->ops[value].a;
    }
    return value != NONE && facts->ops[value].kind == OP_NEXT;
}

/* Whether what `value` is reached from (`a` of `a.b[c].d`) is there before the turn. */
static bool is_older_than_turn(const struct closure *closure, uint32_t value)
{
    const struct facts *facts = closure->facts;
    while (facts->ops[value].kind == OP_ATTRIBUTE || facts->ops[value].kind == OP_ITEM) {
        value = facts->ops[value].a;
    }
    if (facts->ops[value].kind != OP_LOAD) {
        return false;
    }
    uint32_t variable = facts->ops[value].a;
    for (uint32_t i = closure->loop + 1; i < facts->ops[closure->loop].b; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == variable && !binds_element(facts, i)) {
            return false;
        }
    }
    return true;
}

/* Methods that keep what they are given, longer than the turn. */
static bool is_keeping_method(const char *name)
{
    static const char *const names[] = {"append",
                                        "appendleft",
                                        "add",
                                        "insert",
                                        "push",
                                        "put",
                                        "setdefault",
                                        "connect",
                                        "subscribe",
                                        "register",
                                        "add_callback",
                                        "addCallback",
                                        "addErrback",
                                        "addBoth",
                                        "add_done_callback",
                                        "add_listener",
                                        "add_handler",
                                        "after",
                                        "after_idle",
                                        "call_later",
                                        "call_soon",
                                        "call_at",
                                        "callLater",
                                        "addCleanup",
                                        "add_command",
                                        "on_click",
                                        "observe",
                                        "bind",
                                        "add_url_rule",
                                        "register_callback",
                                        "call_soon_threadsafe",
                                        NULL};
    return words_have(names, name);
}

static bool is_callback_keyword(const char *name)
{
    static const char *const names[] = {"command",  "callback",   "on_click",
                                        "on_press", "on_change",  "handler",
                                        "onclick",  "on_release", NULL};
    return words_have(names, name);
}

/* What the loop last gave the name before it is loaded; the load itself when that is not known. */
static uint32_t value_in_turn(const struct closure *closure, uint32_t load)
{
    const struct facts *facts = closure->facts;
    for (uint32_t i = load; facts->ops[load].kind == OP_LOAD && i > closure->loop; i--) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == facts->ops[load].a) {
            return op->b;
        }
    }
    return load;
}

/* Whether the object is made in the turn and lives on by itself: a task that was begun. */
static bool is_under_way(const struct closure *closure, uint32_t object)
{
    static const char *const makers[] = {"create_task", "ensure_future", "submit",
                                         "run_coroutine_threadsafe", NULL};
    const struct facts *facts = closure->facts;
    const struct op *op = &facts->ops[value_in_turn(closure, object)];
    const struct op *callee = op->kind == OP_CALL ? &facts->ops[op->a] : NULL;
    return callee != NULL
           && ((callee->kind == OP_ATTRIBUTE && words_have(makers, facts_name(facts, callee->b)))
               || (callee->kind == OP_LOAD && words_have(makers, variable_name(facts, callee->a))));
}

/* Whether the loop waits somewhere for what it has begun. */
static bool waits_in_turn(const struct closure *closure)
{
    static const char *const waits[] = {"join", "result", "wait", "get", NULL};
    const struct facts *facts = closure->facts;
    for (uint32_t i = closure->loop + 1; i < facts->ops[closure->loop].b; i++) {
        if (facts->ops[i].kind == OP_ATTRIBUTE
            && words_have(waits, facts_name(facts, facts->ops[i].b))) {
            return true;
        }
    }
    return false;
}

/* Whether a thread or a pool of them runs the argument, some time. */
static bool is_run_elsewhere(const struct closure *closure, uint32_t callee)
{
    static const char *const methods[] = {"submit", "apply_async", "run_in_executor", NULL};
    const struct op *op = &closure->facts->ops[callee];
    bool is_thread = facts_spells(closure->facts, callee, "threading.Thread")
                     || facts_spells(closure->facts, callee, "threading.Timer");
    return (is_thread
            || (op->kind == OP_ATTRIBUTE && words_have(methods, facts_name(closure->facts, op->b))
                && is_older_than_turn(closure, op->a)))
           && !waits_in_turn(closure);
}

/* Whether the call an argument belongs to keeps it. */
static bool is_kept_by_call(const struct closure *closure, uint32_t argument)
{
    const struct facts *facts = closure->facts;
    uint32_t call = uses_call_of_argument(facts, argument);
    if (call == NONE || facts->ops[call].kind != OP_CALL
        || facts->ops[call].flags & OP_IS_DECORATOR) {
        return false;
    }
    if (facts->ops[argument].b != NONE
        && is_callback_keyword(facts_name(facts, facts->ops[argument].b))) {
        return true;
    }
    uint32_t callee = facts->ops[call].a;
    if (facts_spells(facts, callee, "setattr") || facts_spells(facts, callee, "atexit.register")) {
        return true;
    }
    if (is_run_elsewhere(closure, callee)) {
        return true;
    }
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && is_keeping_method(facts_name(facts, op->b))
           && (is_older_than_turn(closure, op->a) || is_under_way(closure, op->a));
}

/* The loads of a name in the loop, after the store that binds it to the closure. */
static void push_loads(const struct closure *closure, uint32_t store, struct values *todo)
{
    const struct facts *facts = closure->facts;
    uint32_t variable = facts->ops[facts->ops[store].a].a;
    if (facts->variables[variable].scope != closure->scope) {
        return;
    }
    for (uint32_t i = store + 1; is_in_loop(closure, i); i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && op->a == variable) {
            *array_push(todo) = i;
        } else if (op->kind == OP_TARGET_NAME && op->a == variable) {
            return;
        }
    }
}

/* Whether this use of the closure keeps it; else what carries it further is added to `todo`. */
static bool keeps(const struct closure *closure, uint32_t use, uint32_t value, struct values *todo)
{
    const struct facts *facts = closure->facts;
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ARGUMENT) {
        uint32_t call = uses_call_of_argument(facts, use);
        if (call != NONE && facts_spells(facts, facts->ops[call].a, "functools.partial")) {
            *array_push(todo) = call;
        }
        return is_kept_by_call(closure, use);
    }
    if (op->kind == OP_COLLECT) {
        return op->b == value && op->a < closure->loop
               && facts->ops[op->a].aux != CONTAINER_GENERATOR;
    }
    if (op->kind == OP_ELEMENT) {
        uint32_t display = use;
        while (facts->ops[display].kind == OP_ELEMENT) {
            display--;
        }
        *array_push(todo) = display;
    } else if (op->kind == OP_EITHER) {
        *array_push(todo) = use;
    } else if (op->kind == OP_STORE && op->b == value) {
        const struct op *target = &facts->ops[op->a];
        if (target->kind == OP_TARGET_ATTRIBUTE || target->kind == OP_TARGET_ITEM) {
            return is_older_than_turn(closure, target->a);
        }
        push_loads(closure, use, todo);
    }
    return false;
}

/* The op that keeps the closure beyond the turn; NONE if one sees none. */
static uint32_t keeper_of(const struct closure *closure)
{
    const struct facts *facts = closure->facts;
    struct values todo = {0};
    uint32_t keeper = NONE;
    *array_push(&todo) = closure->function;
    for (size_t i = 0; i < todo.n && keeper == NONE; i++) {
        uint32_t value = todo.items[i];
        for (uint32_t use = uses_next(facts, value, value); use != NONE && keeper == NONE;
             use = uses_next(facts, value, use)) {
            if (is_in_loop(closure, use) && keeps(closure, use, value, &todo)) {
                keeper = use;
            }
        }
    }
    array_free(&todo);
    return keeper;
}

/* Whether the loop surely ends in the turn that keeps the closure: a `break` or `return` follows,
 * not under a condition of its own. */
static bool is_last_turn(const struct closure *closure, uint32_t keeper)
{
    const struct facts *facts = closure->facts;
    uint32_t around = uses_control_around(facts, keeper);
    for (uint32_t i = keeper; is_in_loop(closure, i); i++) {
        while (around != closure->loop && around != NONE && i > facts->ops[around].b) {
            around = uses_control_around(facts, around);
        }
        uint8_t kind = facts->ops[i].kind;
        if ((kind == OP_BREAK || kind == OP_RETURN || kind == OP_RAISE)
            && uses_control_around(facts, i) == around) {
            return true;
        }
    }
    return false;
}

/* ---- the finding ---- */

static bool check_function(struct check *check, uint32_t file, const struct closure *closure)
{
    const struct facts *facts = closure->facts;
    uint32_t keeper = keeper_of(closure);
    if (keeper == NONE || is_last_turn(closure, keeper)) {
        return false;
    }
    uint32_t variable = captured_variable(closure);
    if (variable == NONE) {
        return false;
    }
    const struct scope *s = &facts->scopes[facts->ops[closure->function].a];
    struct place place = {.file = file, .start = s->name_start, .end = s->name_end};
    rule_report(check, place, facts_name(facts, s->name), variable_name(facts, variable));
    return true;
}

/* One function, with each of the loops around it, the innermost first. */
static void check_in_loops(struct check *check, uint32_t file, uint32_t function,
                           const struct values *loops)
{
    const struct facts *facts = check->program->files[file];
    struct closure closure = {facts, facts_scope_of_op(facts, function), NONE, function};
    for (size_t i = loops->n; i > 0; i--) {
        closure.loop = loops->items[i - 1];
        if (check_function(check, file, &closure)) {
            return;
        }
    }
}

/* All functions that are made in a loop of one scope. */
static void check_scope(struct check *check, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    struct values loops = {0};
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        while (loops.n > 0 && i >= facts->ops[*array_last(&loops)].b) {
            loops.n--;
        }
        if (facts->ops[i].kind == OP_LOOP) {
            *array_push(&loops) = i;
        } else if (facts->ops[i].kind == OP_FUNCTION && loops.n > 0) {
            check_in_loops(check, file, i, &loops);
        }
    }
    array_free(&loops);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool is_test = is_test_code(check->program, file);
        for (uint32_t scope = 0; scope < facts->n_scopes && !is_test; scope++) {
            if (facts->scopes[scope].kind != SCOPE_CLASS && facts->scopes[scope].n_children > 0) {
                check_scope(check, file, scope);
            }
        }
    }
}

const struct rule rule_loop_variable_captured = {
    .code = "W9603",
    .name = "loop-variable-captured",
    .message = "'%s' outlives its turn of the loop, and then sees the last '%s' instead of its own",
    .why =
        "A closure holds the variable, not its value. All closures made in the loop share one "
        "variable, so when they are called later they all see what the last turn left in it; and "
        "as long as one of them lives, that last object lives, too. The variable of a "
        "comprehension is shared in the same way, also since Python 3.12 runs comprehensions in "
        "the function itself. Fine where the closure is called and dropped before the next turn.",
    .instead = "bind the value when the closure is made: `lambda x=x: …`, functools.partial(f, x), "
               "or a function that makes the closure.",
    .since = "",
    .check = check,
};
