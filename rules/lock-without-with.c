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
    const struct scope_view *view;
    const uint8_t *is_releasing; /* by symbol: some function of the file with this name releases */
    const uint8_t *is_stored;    /* by variable of the scope */
    uint32_t *n_releases; /* by op of the scope, and one more: releases of `lock` before it */
    uint32_t acquire;     /* the OP_CALL */
    uint32_t held;        /* the op with which it is held: the call, or its OP_AWAIT */
    uint32_t lock;        /* the chain of names it is called on */
    uint32_t result;      /* a local variable that says whether it was acquired, or NONE */
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

static void count_releases(struct hold *hold)
{
    hold->n_releases[0] = 0;
    for (uint32_t i = 0; i < hold->scope->n_ops; i++) {
        hold->n_releases[i + 1] = hold->n_releases[i] + releases(hold, hold->scope->first_op + i);
    }
}

static bool releases_between(const struct hold *hold, uint32_t first, uint32_t end)
{
    const uint32_t *n = hold->n_releases;
    return n[end - hold->scope->first_op] > n[first - hold->scope->first_op];
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

static bool calls_in_scope(const struct facts *facts, const struct scope *s, const char *method)
{
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (calls_method(facts, i, method)) {
            return true;
        }
    }
    return false;
}

/* Notes the names of all functions and methods that release something, `self._unlock()`, which
 * they did not acquire themselves. */
static uint8_t *find_releasing(const struct facts *facts, struct arena *arena)
{
    uint8_t *is_releasing = arena_alloc(arena, facts->n_symbols + 1);
    for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        is_releasing[s->name] |= s->kind == SCOPE_FUNCTION && calls_in_scope(facts, s, "release")
                                 && !calls_in_scope(facts, s, "acquire");
    }
    return is_releasing;
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
    return symbol != NONE && symbol != hold->scope->name && hold->is_releasing[symbol];
}

/* ---- who else gets it ---- */

/* A method that is named but not called, as in `stack.callback(lock.release)`. */
static bool is_bare_method(const struct hold *hold, uint32_t attribute)
{
    uint32_t use = scope_view_use(hold->view, attribute, NONE);
    return use == NONE || op_at(hold, use_op(hold->view, use))->kind != OP_CALL;
}

/* Whether the lock is more than asked, entered and called here. */
static bool is_passed_on(const struct hold *hold, uint32_t lock)
{
    uint32_t use = scope_view_use(hold->view, lock, NONE);
    for (; use != NONE; use = scope_view_use(hold->view, lock, use)) {
        uint32_t op = use_op(hold->view, use);
        uint8_t kind = op_at(hold, op)->kind;
        bool is_plain = kind == OP_WITH || kind == OP_ENTERED || kind == OP_IF || kind == OP_COMPARE
                        || (kind == OP_ATTRIBUTE && !is_bare_method(hold, op));
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

static uint8_t *find_stored(const struct facts *facts, const struct scope *scope,
                            struct arena *arena)
{
    uint8_t *is_stored = arena_alloc(arena, scope->n_variables + 1);
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        const struct op *target = op->kind == OP_STORE ? &facts->ops[op->a] : op;
        if (target->kind == OP_TARGET_NAME
            && target->a - scope->first_variable < scope->n_variables) {
            is_stored[target->a - scope->first_variable] = 1;
        }
    }
    return is_stored;
}

static bool is_stored_here(const struct hold *hold, const struct op *load)
{
    uint32_t number = load->a - hold->scope->first_variable;
    return load->kind == OP_LOAD && number < hold->scope->n_variables && hold->is_stored[number];
}

/* Whether a condition may well be the one under which the lock was acquired: about the lock, about
 * a name this function sets, or any when acquire() was under some condition itself.  What a
 * condition is computed from stands right before it. */
static bool is_about_the_lock(const struct hold *hold, uint32_t branch)
{
    uint32_t around = scope_view_block(hold->view, hold->acquire);
    uint8_t kind = around == NONE ? OP_LOOP : op_at(hold, around)->kind;
    if (kind != OP_LOOP && kind != OP_TRY && kind != OP_WITH) {
        return true;
    }
    uint32_t condition = op_at(hold, branch)->a;
    for (uint32_t i = branch;
         i-- > hold->scope->first_op && uses_is_part(hold->facts, condition, i);) {
        if (uses_is_same_chain(hold->facts, i, hold->lock)
            || is_stored_here(hold, op_at(hold, i))) {
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
    uint32_t else_part = hold->view->else_of[node->op - hold->scope->first_op];
    uint32_t middle = else_part == NONE ? branch->b : else_part;
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

/* The only op that takes a value; NONE when there are more, or none. */
static uint32_t only_use(const struct hold *hold, uint32_t value)
{
    uint32_t use = scope_view_use(hold->view, value, NONE);
    return use == NONE || scope_view_use(hold->view, value, use) != NONE ? NONE
                                                                         : use_op(hold->view, use);
}

/* Whether a variable is the scope's own and only ever asked whether it is true. */
static bool is_only_a_flag(const struct hold *hold, uint32_t variable)
{
    if (variable - hold->scope->first_variable >= hold->scope->n_variables) {
        return false;
    }
    uint32_t load = scope_view_load(hold->view, variable, NONE);
    for (; load != NONE; load = scope_view_load(hold->view, variable, load)) {
        uint32_t use = only_use(hold, load);
        if (use == NONE || !is_question(op_at(hold, use)->kind)) {
            return false;
        }
    }
    return true;
}

/* Whether what acquire() returns is dropped or only asked; a pool's acquire() gives an object. */
static bool is_only_asked(struct hold *hold)
{
    uint32_t use = only_use(hold, hold->acquire);
    if (use != NONE && op_at(hold, use)->kind == OP_AWAIT) {
        hold->held = use;
        use = only_use(hold, use);
    }
    if (use == NONE) {
        return false;
    }
    const struct op *op = op_at(hold, use);
    if (op->kind == OP_UNARY && op->aux == OPERATOR_NOT) {
        use = only_use(hold, use);
        return use != NONE
               && (op_at(hold, use)->kind == OP_IF || op_at(hold, use)->kind == OP_TEST);
    }
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
        if (releases(hold, i) && !scope_view_is_within(hold->view, i, OP_EXCEPT)) {
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

static void check_acquire(struct hold *hold, const struct flow *flow, struct arena *arena)
{
    if (!is_only_asked(hold)) {
        return;
    }
    const struct flow_duty duty = {.start = hold->held, .context = hold, .ends = ends};
    struct flow_ways ways = flow_ways(flow, &duty, arena);
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
    lock_offer_with(hold->check, finding, hold->acquire, !ways.by_return && !ways.by_end);
    if (is_test_code(hold->check->program, hold->file)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

static bool has_both(const struct facts *facts, const struct scope *scope)
{
    bool acquires = false, releases = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        acquires = acquires || calls_method(facts, i, "acquire");
        releases = releases || calls_method(facts, i, "release");
    }
    return acquires && releases;
}

static void check_scope(struct hold *hold, uint32_t number, struct arena *of_scope)
{
    struct arena of_acquire = {0};
    const struct facts *facts = hold->facts;
    const struct scope *scope = hold->scope = &facts->scopes[number];
    const struct scope_view view = scope_view_make(facts, number, of_scope);
    const struct flow *flow = flow_build(facts, number, of_scope);
    hold->view = &view;
    hold->is_stored = find_stored(facts, scope, of_scope);
    hold->n_releases = arena_alloc(of_scope, (scope->n_ops + 1) * sizeof *hold->n_releases);
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!calls_method(facts, i, "acquire")) {
            continue;
        }
        hold->acquire = hold->held = i;
        hold->lock = facts->ops[facts->ops[i].a].a;
        hold->result = NONE;
        count_releases(hold);
        if (!classes_is_self(facts, hold->lock) && hold->n_releases[scope->n_ops] > 0) {
            check_acquire(hold, flow, &of_acquire);
            arena_reset(&of_acquire);
        }
    }
    arena_free(&of_acquire);
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    struct arena of_file = {0}, of_scope = {0};
    struct hold hold = {.check = check, .file = file, .facts = facts};
    hold.is_releasing = find_releasing(facts, &of_file);
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        if (s->kind != SCOPE_CLASS && has_both(facts, s)) {
            check_scope(&hold, scope, &of_scope);
            arena_reset(&of_scope);
        }
    }
    arena_free(&of_scope);
    arena_free(&of_file);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "acquire") != NONE && facts_symbol(facts, "release") != NONE) {
            check_file(check, file);
        }
    }
}

const struct rule rule_lock_without_with = {
    .code = "W9308",
    .name = "lock-without-with",
    .message = "'%s' is acquired, but not released on every path: %s",
    .why = "A lock that is left locked is locked for ever: the next thread that wants it waits "
           "without a word, then the next, until the pool is used up and the service hangs. The "
           "exception that did it was handled long before, somewhere else. Also without an "
           "exception in sight: KeyboardInterrupt may be raised between any two instructions. Fine "
           "only where what stands between cannot raise at all.",
    .instead = "`with lock:` releases on every way out; where acquire() needs a timeout, put all "
               "that follows it into `try … finally: lock.release()`.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
