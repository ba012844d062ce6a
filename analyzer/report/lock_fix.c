/*
 * lock_fix.c - a `with` statement for a lock that is acquired by hand.
 *
 *     lock.acquire()           with lock:
 *     work()                       work()
 *     lock.release()
 *
 * Only of what is known to be a lock: other things with an acquire() need not be context managers.
 * acquire() must have no arguments and its answer be dropped, and there must be one of each in the
 * function.
 */
#include "report/lock_fix.h"

#include "rule.h"

/* The chain of names that `method` is called on in `op`; NONE when it is not called there. */
static uint32_t called_on(const struct facts *facts, uint32_t op, const char *method)
{
    const struct op *call = &facts->ops[op];
    bool is_method = call->kind == OP_CALL && facts->ops[call->a].kind == OP_ATTRIBUTE
                     && strcmp(facts_name(facts, facts->ops[call->a].b), method) == 0;
    return is_method ? facts->ops[call->a].a : NONE;
}

/* The only op of the scope that calls the method of the lock, without arguments; NONE when there
 * are more, or none. */
static uint32_t only_call(const struct facts *facts, const struct scope *scope, uint32_t lock,
                          const char *method)
{
    uint32_t found = NONE;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        uint32_t object = called_on(facts, i, method);
        if (object != NONE && uses_is_same_chain(facts, object, lock)) {
            if (found != NONE || facts->ops[i].b > 0) {
                return NONE;
            }
            found = i;
        }
    }
    return found;
}

/* Whether the call, awaited if it is a task's lock, is a statement of its own. */
static bool is_statement(const struct facts *facts, uint32_t call, bool is_awaited)
{
    uint32_t use = uses_next(facts, call, call);
    if (is_awaited) {
        use = use != NONE && facts->ops[use].kind == OP_AWAIT ? uses_next(facts, use, use) : NONE;
    }
    return use != NONE && facts->ops[use].kind == OP_EXPRESSION;
}

/* A local that a nested function acquires, too, is a signal more than a lock. */
static bool is_signal(const struct facts *facts, uint32_t lock)
{
    const struct op *op = &facts->ops[lock];
    return op->kind == OP_LOAD && !is_global_variable(facts, op->a)
           && (facts->variables[op->a].flags & VARIABLE_IS_CAPTURED);
}

void lock_offer_with(struct check *check, struct finding *finding, uint32_t acquire,
                     bool is_only_error)
{
    uint32_t file = finding->place.file;
    const struct facts *facts = check->program->files[file];
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, acquire)];
    uint32_t lock = called_on(facts, acquire, "acquire");
    enum lock_kind kind = locks_kind(check->program, file, lock);
    uint32_t release = only_call(facts, scope, lock, "release");
    bool is_async = kind == LOCK_OF_TASKS;
    if (kind == LOCK_NONE || is_signal(facts, lock) || release == NONE || release < acquire
        || only_call(facts, scope, lock, "acquire") != acquire
        || !is_statement(facts, acquire, is_async) || !is_statement(facts, release, false)) {
        return;
    }
    const struct op *first = &facts->ops[acquire], *last = &facts->ops[release];
    struct change *change = finding_change(check, finding, CHANGE_WITH,
                                           (struct place){file, first->start, op_end(last)},
                                           "%swith \1:", is_async ? "async " : "");
    change->quoted[0] = place_of_op(file, &facts->ops[lock]);
    change->quoted[1] = place_of_op(file, last);
    finding->fix_is_safe = is_only_error;
}
