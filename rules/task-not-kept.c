/*
 * A task that nobody holds: the event loop refers to it weakly, so it may vanish half done.
 *
 * Tasks are made by asyncio's create_task() and ensure_future() and by the methods of these names
 * of an event loop; a loop is told by where it comes from, or else by its name.  A TaskGroup or a
 * nursery keeps its tasks, so a create_task() of anything else is none of ours.
 *
 * The task is dropped when it is a statement of its own, or put into a list that is one, when only
 * add_done_callback() is called on it, or when a local name receives it that nobody reads and the
 * function does not wait any more.
 * ensure_future() of what is a future already makes no task.  Tests are over before a collection.
 */
#include "rule.h"

/* ---- makers ---- */

static bool spells_any(const struct facts *facts, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(facts, value, *names)) {
            return true;
        }
    }
    return false;
}

static bool is_loop_name(const char *name)
{
    static const char *const names[] = {"loop", "_loop", "event_loop", "_event_loop", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_event_loop(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {"asyncio.get_event_loop", "asyncio.get_running_loop",
                                         "asyncio.new_event_loop", NULL};
    const struct op *op = &facts->ops[uses_origin(facts, value)];
    if (op->kind == OP_CALL) {
        return spells_any(facts, op->a, makers);
    }
    op = &facts->ops[value];
    return op->kind == OP_LOAD        ? is_loop_name(variable_name(facts, op->a))
           : op->kind == OP_ATTRIBUTE ? is_loop_name(facts_name(facts, op->b))
                                      : false;
}

/* "create_task" or "ensure_future" if the call is one of asyncio's; else NULL. */
static const char *task_maker(const struct facts *facts, uint32_t call)
{
    uint32_t callee = facts->ops[call].a;
    if (facts_spells(facts, callee, "asyncio.create_task")) {
        return "create_task";
    }
    if (facts_spells(facts, callee, "asyncio.ensure_future")) {
        return "ensure_future";
    }
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), "create_task") == 0
                   && is_event_loop(facts, op->a)
               ? "create_task"
               : NULL;
}

/* Whether what ensure_future() is given may be a future already, which it returns. */
static bool may_be_future(const struct facts *facts, uint32_t call)
{
    static const char *const futures[] = {"asyncio.gather", "asyncio.shield", "asyncio.wrap_future",
                                          NULL};
    uint32_t given = facts_argument(facts, call, 0, NULL);
    if (given == NONE) {
        return true;
    }
    static const char *const names[] = {"task", "fut", NULL};
    const struct op *op = &facts->ops[given];
    if (op->kind == OP_LOAD && words_occur_in(names, variable_name(facts, op->a))) {
        return true;
    }
    op = &facts->ops[uses_origin(facts, given)];
    if (op->kind != OP_CALL) {
        return true;
    }
    const struct op *callee = &facts->ops[op->a];
    return spells_any(facts, op->a, futures)
           || (callee->kind == OP_ATTRIBUTE
               && strcmp(facts_name(facts, callee->b), "run_in_executor") == 0);
}

/* ---- what becomes of the task ---- */

static bool is_loaded(const struct facts *facts, const struct scope *scope, uint32_t variable)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether the function waits for something, so that its frame lives on: behind the op, or in a loop
 * anywhere. */
static bool waits_behind(const struct facts *facts, const struct scope *scope, uint32_t op)
{
    bool in_loop = false;
    for (uint32_t i = uses_control_around(facts, op); i != NONE;
         i = uses_control_around(facts, i)) {
        in_loop |= facts->ops[i].kind == OP_LOOP;
    }
    for (uint32_t i = in_loop ? scope->first_op : op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *o = &facts->ops[i];
        if (o->kind == OP_AWAIT || o->kind == OP_YIELD || o->kind == OP_YIELD_FROM
            || o->kind == OP_CALL || (o->kind == OP_WITH && o->flags & OP_IS_ASYNC)) {
            return true;
        }
    }
    return false;
}

/* A local name that nobody reads, and the function ends. */
static bool is_unread_local(const struct facts *facts, uint32_t store)
{
    const struct op *target = &facts->ops[facts->ops[store].a];
    uint32_t home = facts_scope_of_op(facts, store);
    const struct scope *scope = &facts->scopes[home];
    if (target->kind != OP_TARGET_NAME || scope->kind != SCOPE_FUNCTION
        || scope->flags & SCOPE_CALLS_LOCALS) {
        return false;
    }
    const struct variable *variable = &facts->variables[target->a];
    return variable->scope == home && !(variable->flags & VARIABLE_IS_CAPTURED)
           && !is_loaded(facts, scope, target->a) && !waits_behind(facts, scope, store);
}

static bool is_dropped(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    return use != NONE && facts->ops[use].kind == OP_EXPRESSION
           && uses_next(facts, value, use) == NONE;
}

/* `create_task(…).add_done_callback(…)`: a task holds its callbacks, not they the task. */
static bool only_gets_callback(const struct facts *facts, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    if (op->kind != OP_ATTRIBUTE || strcmp(facts_name(facts, op->b), "add_done_callback") != 0) {
        return false;
    }
    uint32_t call = uses_next(facts, use, use);
    return call != NONE && facts->ops[call].kind == OP_CALL && facts->ops[call].a == use
           && is_dropped(facts, call);
}

static bool is_lost(const struct facts *facts, uint32_t task)
{
    uint32_t use = uses_next(facts, task, task);
    if (use == NONE || uses_next(facts, task, use) != NONE) {
        return false;
    }
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_COLLECT) {
        return is_dropped(facts, op->a);
    }
    return op->kind == OP_EXPRESSION || only_gets_callback(facts, use)
           || (op->kind == OP_STORE && op->b == task && is_unread_local(facts, use));
}

/* ---- the finding ---- */

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    const char *maker = task_maker(facts, call);
    if (maker == NULL || !is_lost(facts, call)
        || (strcmp(maker, "ensure_future") == 0 && may_be_future(facts, call))) {
        return;
    }
    rule_report(check, place_of_op(file, &facts->ops[call]), maker);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if ((facts_symbol(facts, "create_task") == NONE
             && facts_symbol(facts, "ensure_future") == NONE)
            || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                check_call(check, file, i);
            }
        }
    }
}

const struct rule rule_task_not_kept = {
    .code = "W9602",
    .name = "task-not-kept",
    .message = "nobody keeps the task that %s() makes: it may be collected before it is done",
    .why = "The event loop refers to its tasks weakly. What keeps a waiting task alive is only "
           "what it waits for; when the task itself is the last to hold that (a queue, a future, a "
           "connection of its own), both are garbage, and the next collection ends the task in the "
           "middle of an `await`. It shows as work that stops now and then, under load, with "
           "\"Task was destroyed but it is pending!\" in the log; an exception in it is told to "
           "nobody until then.",
    .instead = "keep it until it is done: in a set with task.add_done_callback(tasks.discard), or "
               "in an asyncio.TaskGroup.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
