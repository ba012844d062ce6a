/*
 * A worker's loop waits for the next job while its names still hold the last one.
 *
 *   while True:
 *       job = jobs.get()      <- until something comes, `job` is the job before
 *       job.run()
 *
 * The names are those that the loop gives what get(), or recv(), returned, or a part of it.  They
 * are followed through the control-flow graph: reported is a wait that one of them may reach still
 * bound.  `del job`, `job = None` at the end of the turn, or a function of its own for the work let
 * go of it.  Only waits without a bound count, and only what is used as more than a value: called,
 * or asked for attributes or items.
 */
#include "rule.h"

enum { MAX_NAMES = 64 }; /* a bit each */

struct worker {
    const struct program *program;
    uint32_t file, scope;
    uint32_t wait;             /* the OP_CALL that waits */
    uint32_t names[MAX_NAMES]; /* variables */
    uint32_t n_names;
};

/* ---- waits ---- */

static const char *last_name(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_LOAD        ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                      : "";
}

static bool is_queue(const struct facts *facts, uint32_t value)
{
    static const char *const words[] = {"queue", "=q",   "inbox", "mailbox", "jobs",
                                        "tasks", "work", "calls", NULL};
    static const char *const makers[] = {"queue.Queue",
                                         "queue.SimpleQueue",
                                         "queue.LifoQueue",
                                         "queue.PriorityQueue",
                                         "multiprocessing.Queue",
                                         "asyncio.Queue",
                                         NULL};
    uint32_t origin = uses_origin(facts, value);
    for (const char *const *maker = makers; *maker != NULL; maker++) {
        if (facts_calls(facts, origin, *maker)) {
            return true;
        }
    }
    return words_occur_in(words, last_name(facts, value));
}

/* Whether `callee`, called without arguments, waits without a bound for something to come. */
static bool is_waiting_method(const struct facts *facts, uint32_t callee)
{
    static const char *const pipes[] = {"conn", "pipe", "channel", "=rx", NULL};
    if (facts->ops[callee].kind != OP_ATTRIBUTE) {
        return false;
    }
    const char *method = facts_name(facts, facts->ops[callee].b);
    uint32_t object = facts->ops[callee].a;
    return (strcmp(method, "get") == 0 && is_queue(facts, object))
           || (strcmp(method, "recv") == 0 && words_occur_in(pipes, last_name(facts, object)));
}

/* Whether the condition of a `while` asks the object that the wait is for: it is not empty then. */
static bool asks_queue(const struct facts *facts, uint32_t loop, uint32_t object)
{
    for (uint32_t i = loop; i < facts->ops[loop].b; i++) {
        if (facts->ops[i].kind == OP_TEST) {
            return false;
        }
        const char *name = last_name(facts, i);
        if (*name != '\0' && strcmp(name, last_name(facts, object)) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether op `i` makes less of the variable: `pending.discard(job)`, `n -= 1`. */
static bool lessens(const struct facts *facts, uint32_t i, uint32_t variable)
{
    const struct op *op = &facts->ops[i];
    if (op->kind == OP_STORE) {
        return op->flags & OP_IS_AUGMENTED && facts->ops[op->a].kind == OP_TARGET_NAME
               && facts->ops[op->a].a == variable;
    }
    if (op->kind != OP_LOAD || op->a != variable) {
        return false;
    }
    uint32_t what;
    for (uint32_t use = uses_next(facts, i, i); use != NONE; use = uses_next(facts, i, use)) {
        if (containers_use(facts, use, i, &what) == CONTAINER_REMOVES) {
            return true;
        }
    }
    return false;
}

/* Whether a `while` counts down a local variable: `while pending:`. */
static bool counts_down(const struct facts *facts, uint32_t loop)
{
    uint32_t variable = NONE;
    for (uint32_t i = loop; i < facts->ops[loop].b && facts->ops[i].kind != OP_TEST; i++) {
        variable = facts->ops[i].kind == OP_LOAD ? facts->ops[i].a : variable;
    }
    for (uint32_t i = loop; variable != NONE && i < facts->ops[loop].b; i++) {
        if (lessens(facts, i, variable)) {
            return true;
        }
    }
    return false;
}

static bool is_in_endless_loop(const struct facts *facts, uint32_t call)
{
    uint32_t object = facts->ops[facts->ops[call].a].a;
    for (uint32_t i = uses_control_around(facts, call); i != NONE;
         i = uses_control_around(facts, i)) {
        if (facts->ops[i].kind == OP_LOOP && facts->ops[i].aux == LOOP_WHILE) {
            return !asks_queue(facts, i, object) && !counts_down(facts, i);
        }
    }
    return false;
}

/* Whether an op waits for the next item, in a loop: `jobs.get()` in a `while`, or the turn of a
 * `for job in iter(jobs.get, None)`. */
static bool is_wait(const struct facts *facts, uint32_t op)
{
    const struct op *o = &facts->ops[op];
    if (o->kind == OP_NEXT) {
        uint32_t getter =
            facts_calls(facts, o->a, "iter") ? facts_argument(facts, o->a, 0, NULL) : NONE;
        return getter != NONE && is_waiting_method(facts, getter);
    }
    return o->kind == OP_CALL && o->b == 0 && is_waiting_method(facts, o->a)
           && is_in_endless_loop(facts, op);
}

/* ---- names ---- */

static uint32_t bit_of(const struct worker *w, uint32_t variable)
{
    for (uint32_t i = 0; i < w->n_names; i++) {
        if (w->names[i] == variable) {
            return i;
        }
    }
    return NONE;
}

/* Whether a value is the item: what the wait returned, awaited, a part of it, or a name of it. */
static bool is_item(const struct worker *w, uint32_t value)
{
    const struct facts *facts = w->program->files[w->file];
    while (value != NONE && value != w->wait) {
        const struct op *op = &facts->ops[value];
        if (op->kind == OP_LOAD) {
            return bit_of(w, op->a) != NONE;
        }
        bool is_part = op->kind == OP_AWAIT || op->kind == OP_UNPACKED || op->kind == OP_ITEM;
        if (!is_part) {
            return false;
        }
        value = op->a;
    }
    return value == w->wait;
}

/* The local variable that an op gives something to, or takes it from; NONE if it does not. */
static uint32_t variable_changed(const struct facts *facts, uint32_t scope, uint32_t op)
{
    const struct op *o = &facts->ops[op];
    if (o->kind != OP_STORE && o->kind != OP_DELETE) {
        return NONE;
    }
    const struct op *target = &facts->ops[o->a];
    return target->kind == OP_TARGET_NAME && facts->variables[target->a].scope == scope ? target->a
                                                                                        : NONE;
}

/* Finds the names, in the order of the text: a part is taken after the whole. */
static void find_names(struct worker *w)
{
    const struct facts *facts = w->program->files[w->file];
    const struct scope *scope = &facts->scopes[w->scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        uint32_t variable = variable_changed(facts, w->scope, i);
        if (variable != NONE && facts->ops[i].kind == OP_STORE && is_item(w, facts->ops[i].b)
            && bit_of(w, variable) == NONE && w->n_names < MAX_NAMES) {
            w->names[w->n_names++] = variable;
        }
    }
}

/* `raise job.error`: then the loop is left. */
static bool is_raised(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    return use != NONE && facts->ops[use].kind == OP_RAISE;
}

/* Whether the item is used as an object that does or has something; and not put back anywhere. */
static bool is_used_as_object(const struct worker *w)
{
    const struct facts *facts = w->program->files[w->file];
    const struct scope *scope = &facts->scopes[w->scope];
    for (uint32_t i = w->wait; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind == OP_CALL || op->kind == OP_ATTRIBUTE) && facts->ops[op->a].kind == OP_LOAD
            && bit_of(w, facts->ops[op->a].a) != NONE && !is_raised(facts, i)) {
            return true;
        }
    }
    return false;
}

/* Whether an op lets go of a name of the item: `del job`, `job = None`. */
static bool lets_go(const struct worker *w, const struct facts *facts, uint32_t i, uint32_t kept)
{
    const struct op *op = &facts->ops[i];
    uint32_t variable = variable_changed(facts, w->scope, i);
    return variable != NONE && variable != kept && bit_of(w, variable) != NONE
           && !(op->flags & OP_IS_IMPLICIT)
           && (op->kind == OP_DELETE || (op->b != NONE && facts->ops[op->b].kind == OP_CONSTANT));
}

/* Whether the function lets go of the rest of the item, and of this part uses only that it can be
 * called: who wrote that knows what is heavy. */
static bool keeps_only_a_call(const struct worker *w, uint32_t kept)
{
    const struct facts *facts = w->program->files[w->file];
    const struct scope *scope = &facts->scopes[w->scope];
    bool is_rest_gone = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_asked = (op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM)
                        && facts->ops[op->a].kind == OP_LOAD && facts->ops[op->a].a == kept;
        if (is_asked) {
            return false;
        }
        is_rest_gone |= lets_go(w, facts, i, kept);
    }
    return is_rest_gone;
}

/* ---- paths ---- */

/* Whether an op stands directly in a `finally`. */
static bool is_in_finally(const struct facts *facts, uint32_t op)
{
    uint32_t around = uses_control_around(facts, op);
    return around != NONE && facts->ops[around].kind == OP_FINALLY;
}

static bool transfer(void *context, const struct flow *flow, uint32_t node, enum flow_edge edge,
                     uint64_t *state)
{
    const struct worker *w = context;
    const struct flow_node *n = &flow->nodes[node];
    uint32_t variable = n->kind == FLOW_OP ? variable_changed(flow->facts, w->scope, n->op) : NONE;
    uint32_t bit = variable == NONE ? NONE : bit_of(w, variable);
    if (bit != NONE) {
        const struct op *op = &flow->facts->ops[n->op];
        bool holds = op->kind == OP_STORE && is_item(w, op->b);
        *state = (*state & ~((uint64_t)1 << bit)) | (uint64_t)holds << bit;
    }
    if (edge == FLOW_EXCEPTION && n->kind == FLOW_OP && is_in_finally(flow->facts, n->op)) {
        return false; /* what tidies up is trusted not to raise */
    }
    return edge != FLOW_EXCEPTION || flow->nodes[node].kind != FLOW_OP
           || flow->facts->ops[n->op].kind == OP_CALL || flow->facts->ops[n->op].kind == OP_RAISE
           || flow->facts->ops[n->op].kind == OP_AWAIT;
}

/* The name that still holds an item when the wait begins; NONE if there is none. */
static uint32_t name_held(const struct worker *w, bool *is_alone, struct arena *arena)
{
    const struct flow *flow = flow_build(w->program->files[w->file], w->scope, arena);
    struct flow_problem problem = {.n_words = 1, .context = (void *)w, .transfer = transfer};
    uint64_t initial = 0;
    if (flow->is_partial) {
        return NONE;
    }
    struct flow_states states = flow_solve(flow, &problem, flow->entry, &initial, arena);
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        const struct flow_node *n = &flow->nodes[node];
        const uint64_t *state = n->kind == FLOW_OP && n->op == w->wait && !(n->flags & FLOW_IS_COPY)
                                    ? flow_state(&states, node)
                                    : NULL;
        for (uint32_t bit = 0; state != NULL && bit < w->n_names; bit++) {
            if (*state >> bit & 1) {
                *is_alone = *state == (uint64_t)1 << bit;
                return w->names[bit];
            }
        }
    }
    return NONE;
}

/* ---- the fix ---- */

/* The loop in which the wait is. */
static uint32_t loop_around(const struct facts *facts, uint32_t op)
{
    uint32_t loop = facts->ops[op].kind == OP_LOOP ? op : uses_control_around(facts, op);
    while (loop != NONE && facts->ops[loop].kind != OP_LOOP) {
        loop = uses_control_around(facts, loop);
    }
    return loop;
}

/* Whether an op that has to do with the variable lets it be deleted at the end of the turn: the one
 * that binds it comes first, whatever happens, and the others are in the loop behind it. */
static bool fits_in_turn(const struct facts *facts, uint32_t op, uint32_t loop, uint32_t variable,
                         uint32_t *bound)
{
    const struct op *o = &facts->ops[op];
    bool is_target = o->kind == OP_STORE && facts->ops[o->a].kind == OP_TARGET_NAME
                     && facts->ops[o->a].a == variable;
    if (!is_target && !(o->kind == OP_LOAD && o->a == variable)) {
        return true;
    }
    if (is_target && *bound == NONE) {
        *bound = op;
        return op > loop && op < facts->ops[loop].b && uses_control_around(facts, op) == loop
               && !(o->flags & OP_IS_AUGMENTED);
    }
    return *bound != NONE && op < facts->ops[loop].b && !uses_in_generator(facts, op);
}

/* The last statement of the loop's body; NONE when some turn does not get there. */
static uint32_t last_statement(const struct facts *facts, uint32_t loop)
{
    uint32_t last = NONE;
    for (uint32_t i = loop + 1; i < facts->ops[loop].b; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_CONTINUE || op->kind == OP_ELSE) {
            if (op->kind == OP_CONTINUE || uses_control_around(facts, i) == loop) {
                return NONE;
            }
        }
        bool is_statement = op->kind == OP_EXPRESSION || op->kind == OP_STORE || op->kind == OP_IF
                            || op->kind == OP_TRY || op->kind == OP_WITH || op->kind == OP_LOOP
                            || op->kind == OP_BREAK || op->kind == OP_RETURN || op->kind == OP_RAISE
                            || op->kind == OP_DELETE || op->kind == OP_ASSERT;
        if (is_statement && uses_control_around(facts, i) == loop) {
            last = i;
        }
    }
    uint8_t kind = last == NONE ? OP_RETURN : facts->ops[last].kind;
    return kind == OP_BREAK || kind == OP_RETURN || kind == OP_RAISE ? NONE : last;
}

/* `del job` as the last statement of each turn, which changes nothing where nobody asks for it. */
static void offer_delete(struct check *check, struct finding *finding, const struct worker *w,
                         uint32_t variable)
{
    const struct facts *facts = w->program->files[w->file];
    const struct scope *scope = &facts->scopes[w->scope];
    uint32_t unfit = VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED | VARIABLE_IS_DELETED
                     | VARIABLE_IS_PARAMETER | VARIABLE_IN_COMPREHENSION;
    uint32_t loop = loop_around(facts, w->wait), bound = NONE;
    uint32_t last = loop == NONE ? NONE : last_statement(facts, loop);
    if (last == NONE || (facts->variables[variable].flags & unfit)
        || (scope->flags & SCOPE_CALLS_LOCALS)) {
        return;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!fits_in_turn(facts, i, loop, variable, &bound)) {
            return;
        }
    }
    finding_change(check, finding, CHANGE_AFTER, place_of_op(w->file, &facts->ops[last]), "del %s",
                   variable_name(facts, variable));
    finding->fix_is_safe = true;
}

/* ---- */

static void check_wait(struct check *check, uint32_t file, uint32_t scope, uint32_t wait)
{
    const struct facts *facts = check->program->files[file];
    struct worker w = {.program = check->program, .file = file, .scope = scope, .wait = wait};
    find_names(&w);
    bool is_alone = false;
    uint32_t name =
        w.n_names > 0 && is_used_as_object(&w) ? name_held(&w, &is_alone, &check->scratch) : NONE;
    if (name == NONE) {
        return;
    }
    const char *variable = variable_name(facts, name);
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[wait]), variable);
    if (is_alone && keeps_only_a_call(&w, name)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_remedy(check, finding, "`del %s` at the end of each turn, or give it to a function",
                   variable);
    offer_delete(check, finding, &w, name);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if ((facts_symbol(facts, "get") == NONE && facts_symbol(facts, "recv") == NONE)
            || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            const struct scope *s = &facts->scopes[scope];
            for (uint32_t i = s->first_op; s->kind == SCOPE_FUNCTION && i < s->first_op + s->n_ops;
                 i++) {
                if (is_wait(facts, i)) {
                    check_wait(check, file, scope, i);
                }
            }
        }
    }
}

const struct rule rule_worker_keeps_last_item = {
    .code = "W9604",
    .name = "worker-keeps-last-item",
    .message = "while the loop waits here, '%s' still holds the job before",
    .why = "A local name holds its object until it is bound again or the function ends. A worker "
           "that waits for its next job therefore keeps the last one, with its arguments, its "
           "result and all they refer to, for as long as nothing comes: an idle pool of thirty "
           "threads holds thirty finished jobs. Weak references to them stay alive, `__del__` and "
           "close do not run, and the memory looks leaked. The executors and pools of the standard "
           "library delete the name for this reason.",
    .instead = "`del job` (or `job = None`) at the end of each turn, on every path; or let a "
               "function of its own take the job, whose names end with it.",
    .since = "",
    .check = check,
};
