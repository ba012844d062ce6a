/*
 * A lock is acquired by hand, and on some way out of the function nobody releases it.
 *
 * From `x.acquire()` all ways through the control-flow graph are followed, those of exceptions too,
 * until an `x.release()`.  Where acquire() may fail (`if x.acquire(False):`), only the way on which
 * it did not.  The function must release the same `x` somewhere: one that only acquires is half of
 * a pair of methods.  A function all of whose normal ways end with the lock held hands it over to
 * its caller on purpose; so may one that returns with it, if some other function releases a lock of
 * that name.  A lock that is passed on is released by whoever got it.
 */
#include "rule.h"

struct hold {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    const struct scope *scope;
    uint32_t acquire; /* the OP_CALL */
    uint32_t held;    /* the op with which it is held: the call, or its OP_AWAIT */
    uint32_t lock;    /* the chain of names it is called on */
    uint32_t result;  /* a local variable that says whether it was acquired, or NONE */
};

static const struct op *op_at(const struct hold *hold, uint32_t op)
{
    return &hold->facts->ops[op];
}

/* ---- calls of a lock ---- */

/* Whether the op calls the method of this name, on anything. */
static bool calls_method(const struct facts *facts, uint32_t op, const char *name)
{
    const struct op *call = &facts->ops[op];
    return call->kind == OP_CALL && facts->ops[call->a].kind == OP_ATTRIBUTE
           && strcmp(facts_name(facts, facts->ops[call->a].b), name) == 0;
}

static bool releases(const struct hold *hold, uint32_t op)
{
    return calls_method(hold->facts, op, "release")
           && uses_is_same_chain(hold->facts, op_at(hold, op_at(hold, op)->a)->a, hold->lock);
}

static bool releases_between(const struct hold *hold, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        if (releases(hold, i)) {
            return true;
        }
    }
    return false;
}

/* Whether the op calls what never raises while the lock is held, or does so for a signal only. */
static bool is_calm(const struct hold *hold, uint32_t op)
{
    static const char *const methods[] = {"notify", "notify_all", "notifyAll",
                                          "wait",   "locked",     "acquire"};
    const struct facts *facts = hold->facts;
    if (facts->ops[op].kind != OP_CALL) {
        return false;
    }
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (calls_method(facts, op, methods[i])
            && uses_is_same_chain(facts, op_at(hold, op_at(hold, op)->a)->a, hold->lock)) {
            return true;
        }
    }
    return facts_spells(facts, facts->ops[op].a, "time.sleep");
}

/* A lock that is acquired once more, while it is held, is used as a signal. */
static bool acquires_again(const struct hold *hold, uint32_t op)
{
    return op != hold->acquire && calls_method(hold->facts, op, "acquire")
           && uses_is_same_chain(hold->facts, op_at(hold, op_at(hold, op)->a)->a, hold->lock);
}

/* Whether a method of this name, of any class, releases something: `self._unlock()`. */
static bool is_releasing_method(const struct hold *hold, uint32_t symbol)
{
    const struct facts *facts = hold->facts;
    for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        if (s->kind != SCOPE_FUNCTION || s->name != symbol || s == hold->scope) {
            continue;
        }
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            if (calls_method(facts, i, "release")) {
                return true;
            }
        }
    }
    return false;
}

static bool calls_releasing_method(const struct hold *hold, uint32_t op)
{
    const struct op *call = op_at(hold, op);
    if (call->kind != OP_CALL) {
        return false;
    }
    const struct op *callee = op_at(hold, call->a);
    uint32_t symbol = callee->kind == OP_ATTRIBUTE ? callee->b
                      : callee->kind == OP_LOAD    ? hold->facts->variables[callee->a].name
                                                   : NONE;
    return symbol != NONE && is_releasing_method(hold, symbol);
}

/* ---- who else gets it ---- */

/* A method that is named but not called, as in `stack.callback(lock.release)`. */
static bool is_bare_method(const struct hold *hold, uint32_t attribute)
{
    uint32_t use = uses_next(hold->facts, attribute, attribute);
    return use == NONE || op_at(hold, use)->kind != OP_CALL;
}

/* Whether the lock is more than asked, entered and called here. */
static bool is_passed_on(const struct hold *hold, uint32_t lock)
{
    uint32_t use = uses_next(hold->facts, lock, lock);
    for (; use != NONE; use = uses_next(hold->facts, lock, use)) {
        uint8_t kind = op_at(hold, use)->kind;
        bool is_plain = kind == OP_WITH || kind == OP_ENTERED || kind == OP_IF || kind == OP_COMPARE
                        || (kind == OP_ATTRIBUTE && !is_bare_method(hold, use));
        if (!is_plain) {
            return true;
        }
    }
    return false;
}

static bool is_shared(const struct hold *hold)
{
    const struct scope *scope = hold->scope;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        uint8_t kind = op_at(hold, i)->kind;
        if ((kind == OP_LOAD || kind == OP_ATTRIBUTE)
            && uses_is_same_chain(hold->facts, i, hold->lock) && is_passed_on(hold, i)) {
            return true;
        }
    }
    return false;
}

/* Whether the op calls `method` on a lock of the same last name. */
static bool calls_on_namesake(const struct hold *hold, uint32_t op, const char *method)
{
    const struct facts *facts = hold->facts;
    if (!calls_method(facts, op, method)) {
        return false;
    }
    const struct op *lock = op_at(hold, hold->lock);
    const struct op *object = &facts->ops[facts->ops[facts->ops[op].a].a];
    return object->kind == lock->kind
           && (lock->kind == OP_ATTRIBUTE ? object->b == lock->b
                                          : lock->kind == OP_LOAD && object->a == lock->a);
}

static bool has_call_on_namesake(const struct hold *hold, const struct scope *scope,
                                 const char *method)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (calls_on_namesake(hold, i, method)) {
            return true;
        }
    }
    return false;
}

/* Whether some function releases a lock of the same last name without acquiring it. */
static bool is_released_elsewhere(const struct hold *hold)
{
    for (uint32_t scope = 0; scope < hold->facts->n_scopes; scope++) {
        const struct scope *s = &hold->facts->scopes[scope];
        if (s != hold->scope && has_call_on_namesake(hold, s, "release")
            && !has_call_on_namesake(hold, s, "acquire")) {
            return true;
        }
    }
    return false;
}

/* ---- conditions ---- */

static bool is_result(const struct hold *hold, uint32_t condition)
{
    const struct op *op = op_at(hold, condition);
    return condition == hold->held
           || (op->kind == OP_LOAD && op->a == hold->result && hold->result != NONE);
}

static bool is_stored_here(const struct hold *hold, uint32_t variable)
{
    const struct scope *scope = hold->scope;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = op_at(hold, i);
        if (op->kind == OP_STORE && op_at(hold, op->a)->kind == OP_TARGET_NAME
            && op_at(hold, op->a)->a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether a condition may well be the one under which the lock was acquired: about the lock, about
 * a name this function sets, or any when acquire() was under some condition itself. */
static bool is_about_the_lock(const struct hold *hold, uint32_t branch)
{
    if (hold->scope->first_op < hold->acquire) {
        uint32_t around = uses_control_around(hold->facts, hold->acquire);
        if (around != NONE && op_at(hold, around)->kind != OP_LOOP
            && op_at(hold, around)->kind != OP_TRY && op_at(hold, around)->kind != OP_WITH) {
            return true;
        }
    }
    for (uint32_t i = hold->scope->first_op; i < branch; i++) {
        const struct op *op = op_at(hold, i);
        bool is_part = uses_is_part(hold->facts, op_at(hold, branch)->a, i);
        if (is_part
            && (uses_is_same_chain(hold->facts, i, hold->lock)
                || (op->kind == OP_LOAD && is_stored_here(hold, op->a)))) {
            return true;
        }
    }
    return false;
}

/* Whether this edge of an IF goes around a release under the condition under which it was
 * acquired. */
static bool goes_around(const struct hold *hold, const struct flow_node *node, enum flow_edge edge)
{
    const struct op *branch = op_at(hold, node->op);
    if (branch->kind != OP_IF || (node->op < hold->acquire && branch->b > hold->acquire)) {
        return false;
    }
    uint32_t middle = branch->b;
    for (uint32_t i = node->op + 1; i < branch->b; i++) {
        if (op_at(hold, i)->kind == OP_ELSE && uses_control_around(hold->facts, i) == node->op) {
            middle = i;
        }
    }
    bool first_releases = releases_between(hold, node->op + 1, middle);
    if (first_releases == releases_between(hold, middle, branch->b)) {
        return false;
    }
    bool is_negated = branch->flags & OP_IS_NEGATED;
    bool is_swapped = node->flags & FLOW_IS_SWAPPED;
    bool runs_first = (edge == FLOW_NEXT) == (is_negated == is_swapped);
    return runs_first != first_releases && is_about_the_lock(hold, node->op);
}

static bool ends(void *context, const struct flow *flow, const struct flow_node *node,
                 enum flow_edge edge)
{
    const struct hold *hold = context;
    (void)flow;
    if (releases(hold, node->op) || acquires_again(hold, node->op)
        || calls_releasing_method(hold, node->op)) {
        return true;
    }
    if (edge == FLOW_EXCEPTION) {
        return is_calm(hold, node->op);
    }
    if (!(node->flags & FLOW_IS_BRANCH)) {
        return false;
    }
    return (node->condition != NONE && edge == FLOW_OTHERWISE && is_result(hold, node->condition))
           || goes_around(hold, node, edge);
}

/* ---- the finding ---- */

static bool is_question(uint8_t kind)
{
    return kind == OP_IF || kind == OP_TEST || kind == OP_ASSERT || kind == OP_UNARY
           || kind == OP_COMPARE || kind == OP_EITHER || kind == OP_RETURN;
}

/* Whether a local variable is only ever asked whether it is true. */
static bool is_only_a_flag(const struct hold *hold, uint32_t variable)
{
    const struct scope *scope = hold->scope;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (op_at(hold, i)->kind != OP_LOAD || op_at(hold, i)->a != variable) {
            continue;
        }
        uint32_t use = uses_next(hold->facts, i, i);
        if (use == NONE || !is_question(op_at(hold, use)->kind)) {
            return false;
        }
    }
    return true;
}

/* Whether what acquire() returns is dropped or only asked; a pool's acquire() gives an object. */
static bool is_only_asked(struct hold *hold)
{
    const struct facts *facts = hold->facts;
    uint32_t value = hold->acquire;
    uint32_t use = uses_next(facts, value, value);
    if (use != NONE && op_at(hold, use)->kind == OP_AWAIT) {
        hold->held = value = use;
        use = uses_next(facts, value, value);
    }
    if (use == NONE || uses_next(facts, value, use) != NONE) {
        return false;
    }
    if (op_at(hold, use)->kind == OP_UNARY && op_at(hold, use)->aux == OPERATOR_NOT) {
        use = uses_next(facts, use, use);
        return use != NONE
               && (op_at(hold, use)->kind == OP_IF || op_at(hold, use)->kind == OP_TEST);
    }
    const struct op *op = op_at(hold, use);
    if (op->kind == OP_STORE && op_at(hold, op->a)->kind == OP_TARGET_NAME) {
        hold->result = op_at(hold, op->a)->a;
        return is_only_a_flag(hold, hold->result);
    }
    return op->kind == OP_EXPRESSION || op->kind == OP_IF || op->kind == OP_TEST
           || op->kind == OP_ASSERT;
}

/* Whether the function also releases it when nothing was raised. */
static bool releases_normally(const struct hold *hold)
{
    const struct scope *scope = hold->scope;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!releases(hold, i)) {
            continue;
        }
        uint32_t around = uses_control_around(hold->facts, i);
        while (around != NONE && op_at(hold, around)->kind != OP_EXCEPT) {
            around = uses_control_around(hold->facts, around);
        }
        if (around == NONE) {
            return true;
        }
    }
    return false;
}

/* A lock that only the function's own ways can be meant to release: no counting semaphore, no name
 * for one of many locks. */
static bool is_lock_proper(const struct hold *hold)
{
    const struct op *op = op_at(hold, hold->lock);
    bool is_own_name = op->kind == OP_LOAD && !is_global_variable(hold->facts, op->a);
    return !is_own_name && locks_kind(hold->check->program, hold->file, hold->lock) != LOCK_NONE
           && !locks_counts(hold->check->program, hold->file, hold->lock);
}

/* What to tell of the ways; NULL when all is well. */
static const char *problem(const struct hold *hold, const struct flow_ways *ways)
{
    bool by_normal = ways->by_return || ways->by_end;
    if (!ways->is_known || is_shared(hold)) {
        return NULL;
    }
    if (by_normal
        && (hold->result != NONE || !releases_normally(hold) || !is_lock_proper(hold)
            || is_released_elsewhere(hold))) {
        return NULL;
    }
    return ways->by_return  ? "a return passes release() by"
           : ways->by_end   ? "the end can be reached without release()"
           : ways->by_raise ? "not when something between raises"
                            : NULL;
}

static void check_acquire(struct hold *hold, const struct flow *flow)
{
    if (!is_only_asked(hold)) {
        return;
    }
    const struct flow_duty duty = {.start = hold->held, .context = hold, .ends = ends};
    struct flow_ways ways = flow_ways(flow, &duty, &hold->check->scratch);
    const char *text = problem(hold, &ways);
    if (text == NULL) {
        return;
    }
    const char *name = uses_spell_chain(hold->facts, hold->lock, &hold->check->scratch);
    struct finding *finding =
        rule_report(hold->check, place_of_op(hold->file, op_at(hold, hold->acquire)), name, text);
    if (ways.raiser != NONE && !ways.by_return && !ways.by_end) {
        finding_relate(hold->check, finding, place_of_op(hold->file, op_at(hold, ways.raiser)),
                       "held when this raises");
    }
    bool is_async = locks_kind(hold->check->program, hold->file, hold->lock) == LOCK_OF_TASKS;
    finding_remedy(hold->check, finding, "%swith %s:", is_async ? "async " : "", name);
    if (is_test_code(hold->check->program, hold->file)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

static void check_scope(struct check *check, uint32_t file, const struct scope *scope)
{
    const struct facts *facts = check->program->files[file];
    struct hold hold = {.check = check, .file = file, .facts = facts, .scope = scope};
    const struct flow *flow = NULL;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!calls_method(facts, i, "acquire")) {
            continue;
        }
        hold.acquire = hold.held = i;
        hold.lock = facts->ops[facts->ops[i].a].a;
        hold.result = NONE;
        if (classes_is_self(facts, hold.lock)
            || !releases_between(&hold, scope->first_op, scope->first_op + scope->n_ops)) {
            continue;
        }
        if (flow == NULL) {
            flow = flow_build(facts, (uint32_t)(scope - facts->scopes), &check->scratch);
        }
        check_acquire(&hold, flow);
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "acquire") == NONE || facts_symbol(facts, "release") == NONE) {
            continue;
        }
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            if (facts->scopes[scope].kind != SCOPE_CLASS) {
                check_scope(check, file, &facts->scopes[scope]);
            }
        }
    }
}

const struct rule rule_lock_without_with = {
    .code = "W9308",
    .name = "lock-without-with",
    .message = "'%s' is acquired, but not released on every path: %s",
    .why = "A lock that is left locked is locked for ever: the next thread that wants it waits "
           "without a word, then the next, until the pool is used up and the service hangs. "
           "The exception that did it was handled long before, somewhere else.",
    .instead = "`with lock:` releases on every way out; where acquire() needs a timeout, put all "
               "that follows it into `try … finally: lock.release()`.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
