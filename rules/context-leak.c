/*
 * A ContextVar that is set and not reset on every way, and a threading.local that only grows.
 *
 * For a ContextVar of a module there are two findings.  A function that resets it, but not when
 * something between raises: all ways from set() to the function's ends are followed, as for a lock.
 * And a function that sets it, then runs what it was given (calls a parameter, or yields), and
 * nothing in the program ever resets the variable or sets it back to a constant.  A function that
 * only sets is the half of a pair, or a setter: silent.  A token that is kept or handed on is
 * somebody else's duty, and a generator under contextmanager that of unprotected-yield.  In a
 * coroutine the second is only possible, for a task has a context of its own that dies with it; and
 * in a function within another, which is made to be run by somebody, in a context of his choice.
 *
 * An attribute of a module's threading.local counts as growing when functions append or add to it,
 * and nothing takes out, clears, hands it on or makes it anew but where it is first needed (under
 * an `if` or in a handler).
 */
#include "rule.h"

struct context_variable {
    uint32_t file, variable;
    bool is_reset; /* somewhere, or set back to a constant */
};

struct search {
    struct check *check;
    struct program *program;       /* the check's: link_entity() keeps nothing in it */
    struct pair_table by_variable; /* file, variable → context variable */
    ARRAY_OF(struct context_variable);
};

/* ---- ContextVar: which there are, and what resets them ---- */

/* Notes the names that a module binds to a call of what spells `dotted`. */
static void find_made_by(struct search *search, uint32_t file, const char *dotted)
{
    const struct facts *facts = search->program->files[file];
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts_calls(facts, op->b, dotted)) {
            uint32_t variable = facts->ops[op->a].a;
            pair_table_put(&search->by_variable, pair_key(file, variable), (uint32_t)search->n);
            *array_push(search) = (struct context_variable){.file = file, .variable = variable};
        }
    }
}

/* The number of the variable that the value names, or NONE. */
static uint32_t named_variable(const struct search *search, uint32_t file, uint32_t value)
{
    uint8_t kind = search->program->files[file]->ops[value].kind;
    if (kind != OP_LOAD && kind != OP_ATTRIBUTE) {
        return NONE;
    }
    struct entity entity = link_entity(search->program, file, value);
    return entity.kind == ENTITY_VALUE
               ? pair_table_get(&search->by_variable, pair_key(entity.file, entity.index))
               : NONE;
}

/* The variable whose method `name` the OP_CALL calls, or NONE. */
static uint32_t called_on(const struct search *search, uint32_t file, uint32_t call,
                          const char *name)
{
    const struct facts *facts = search->program->files[file];
    const struct op *op = &facts->ops[call];
    const struct op *callee = op->kind == OP_CALL ? &facts->ops[op->a] : op;
    return callee->kind == OP_ATTRIBUTE && op->kind == OP_CALL
                   && strcmp(facts_name(facts, callee->b), name) == 0
               ? named_variable(search, file, callee->a)
               : NONE;
}

/* Any `variable.reset`, called or handed on, and `variable.set(None)`. */
static void find_resets(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    uint32_t reset = facts_symbol(facts, "reset");
    bool may_set = facts_symbol(facts, "set") != NONE;
    for (uint32_t i = 0; (reset != NONE || may_set) && i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        uint32_t index =
            op->kind == OP_ATTRIBUTE && op->b == reset ? named_variable(search, file, op->a) : NONE;
        uint32_t set = op->kind == OP_CALL && may_set ? called_on(search, file, i, "set") : NONE;
        if (set != NONE) {
            uint32_t value = facts_argument(facts, i, 0, NULL);
            index = value != NONE && facts->ops[value].kind == OP_CONSTANT ? set : NONE;
        }
        if (index != NONE) {
            search->items[index].is_reset = true;
        }
    }
}

/* ---- ContextVar: a reset that some way misses ---- */

struct duty {
    const struct search *search;
    uint32_t file, index;
};

static bool has_reset(const struct duty *duty, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        if (called_on(duty->search, duty->file, i, "reset") == duty->index
            || called_on(duty->search, duty->file, i, "set") == duty->index) {
            return true;
        }
    }
    return false;
}

static bool ends(void *context, const struct flow *flow, const struct flow_node *node,
                 enum flow_edge edge)
{
    const struct duty *duty = context;
    const struct op *op = &flow->facts->ops[node->op];
    if (edge == FLOW_EXCEPTION && called_on(duty->search, duty->file, node->op, "reset") != NONE) {
        return true; /* of another variable: it does not raise */
    }
    return has_reset(duty, node->op, node->op + 1)
           || (op->kind == OP_IF && has_reset(duty, node->op, op->b));
}

/* Whether what set() returned is dropped, or a name that only this function uses for reset(). */
static bool keeps_token_here(const struct facts *facts, uint32_t set)
{
    uint32_t use = uses_next(facts, set, set);
    if (use == NONE || facts->ops[use].kind == OP_EXPRESSION) {
        return true;
    }
    return facts->ops[use].kind == OP_STORE && facts->ops[facts->ops[use].a].kind == OP_TARGET_NAME;
}

static void report_missed(struct check *check, const struct duty *duty, uint32_t set,
                          const struct flow_ways *ways, const char *name)
{
    const struct facts *facts = duty->search->program->files[duty->file];
    bool by_raise_only = ways->by_raise && !ways->by_end && !ways->by_return;
    struct finding *finding = rule_report_as(
        check, place_of_op(duty->file, &facts->ops[set]),
        by_raise_only ? "'%s' is set here, and not reset when what follows raises"
                      : "'%s' is set here, and not reset on every way out of the function",
        name);
    finding_remedy(check, finding,
                   "try: right after set(), and %s.reset(token) in its finally:", name);
    if (by_raise_only) {
        finding_relate(check, finding, place_of_op(duty->file, &facts->ops[ways->raiser]),
                       "this may raise");
    }
}

static void check_ways(struct check *check, const struct duty *duty, uint32_t set, const char *name)
{
    const struct facts *facts = duty->search->program->files[duty->file];
    uint32_t scope = facts_scope_of_op(facts, set);
    const struct flow *flow = flow_build(facts, scope, &check->scratch);
    const struct flow_duty flow_duty = {.start = set, .context = (void *)duty, .ends = ends};
    struct flow_ways ways = flow_ways(flow, &flow_duty, &check->scratch);
    if (ways.is_known && (ways.by_raise || ways.by_end || ways.by_return)) {
        report_missed(check, duty, set, &ways, name);
    }
}

/* ---- ContextVar: never reset ---- */

/* Whether a call's callee is something that the function was given, or what that has. */
static bool calls_parameter(const struct facts *facts, uint32_t call, uint32_t scope)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind != OP_LOAD) {
        return false;
    }
    const struct variable *variable = &facts->variables[callee->a];
    bool is_of_function =
        variable->scope == scope || variable->scope == facts->scopes[scope].parent;
    return is_of_function && variable->scope != 0 && variable->flags & VARIABLE_IS_PARAMETER;
}

/* The first op after set() that runs somebody else's code; NONE if there is none. */
static uint32_t runs_what_it_was_given(const struct facts *facts, uint32_t set, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = set + 1; i < s->first_op + s->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_YIELD || (kind == OP_CALL && calls_parameter(facts, i, scope))) {
            return i;
        }
    }
    return NONE;
}

static void check_never_reset(struct check *check, uint32_t file, uint32_t set, uint32_t scope,
                              const char *name)
{
    const struct facts *facts = check->program->files[file];
    uint32_t runs = runs_what_it_was_given(facts, set, scope);
    if (runs == NONE) {
        return;
    }
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[set]), name);
    uint32_t outer = facts->scopes[scope].parent;
    bool is_nested = outer != NONE && facts->scopes[outer].kind == SCOPE_FUNCTION;
    finding->confidence = is_nested || facts->scopes[scope].flags & SCOPE_IS_ASYNC
                              ? CONFIDENCE_POSSIBLE
                              : CONFIDENCE_LIKELY;
    finding_relate(check, finding, place_of_op(file, &facts->ops[runs]),
                   "for this it is set, and stays set when it is done");
}

static bool is_context_manager(const struct facts *facts, uint32_t scope)
{
    return facts_find_decorator(facts, scope, "contextlib.contextmanager") != NONE
           || facts_find_decorator(facts, scope, "contextlib.asynccontextmanager") != NONE;
}

static void check_set(struct search *search, uint32_t file, uint32_t set)
{
    const struct facts *facts = search->program->files[file];
    uint32_t index = called_on(search, file, set, "set");
    uint32_t scope = index == NONE ? 0 : facts_scope_of_op(facts, set);
    if (scope == 0 || facts->scopes[scope].kind != SCOPE_FUNCTION
        || !keeps_token_here(facts, set)) {
        return;
    }
    const struct context_variable *variable = &search->items[index];
    const char *name = variable_name(search->program->files[variable->file], variable->variable);
    const struct scope *s = &facts->scopes[scope];
    const struct duty duty = {search, file, index};
    if (has_reset(&duty, set + 1, s->first_op + s->n_ops)) {
        if (!is_context_manager(facts, scope)) {
            check_ways(search->check, &duty, set, name);
        }
    } else if (!variable->is_reset) {
        check_never_reset(search->check, file, set, scope, name);
    }
}

static void check_context_variables(struct search *search)
{
    for (uint32_t file = 0; file < search->program->n_files; file++) {
        if (facts_symbol(search->program->files[file], "ContextVar") != NONE) {
            find_made_by(search, file, "contextvars.ContextVar");
        }
    }
    for (uint32_t file = 0; search->n > 0 && file < search->program->n_files; file++) {
        find_resets(search, file);
    }
    for (uint32_t file = 0; search->n > 0 && file < search->program->n_files; file++) {
        const struct facts *facts = search->program->files[file];
        bool may_set = facts_symbol(facts, "set") != NONE && !is_test_code(search->program, file);
        for (uint32_t i = 0; may_set && i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                check_set(search, file, i);
            }
        }
    }
}

/* ---- threading.local ---- */

/* An attribute of a module's threading.local. */
struct slot {
    uint32_t local, name; /* variable, symbol of the file */
    uint32_t add;         /* the first addition, or NONE */
    bool is_ended;
};

struct slots {
    struct pair_table by_name; /* variable, symbol → slot */
    ARRAY_OF(struct slot);
};

static struct slot *slot_of(struct slots *slots, uint32_t local, uint32_t name)
{
    uint32_t index = pair_table_put(&slots->by_name, pair_key(local, name), (uint32_t)slots->n);
    if (index == slots->n) {
        *array_push(slots) = (struct slot){.local = local, .name = name, .add = NONE};
    }
    return &slots->items[index];
}

/* Whether the op stands under an `if` or in a handler: it makes what is first needed. */
static bool is_on_condition(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    for (; control != NONE; control = uses_control_around(facts, control)) {
        uint8_t kind = facts->ops[control].kind;
        if (kind == OP_IF || kind == OP_EXCEPT || kind == OP_ELSE) {
            return true;
        }
    }
    return false;
}

/* `local.name.append(…)`, and not only of a constant. */
static bool adds_one_more(const struct facts *facts, uint32_t what)
{
    uint32_t container;
    uint32_t added =
        facts->ops[what].kind == OP_CALL ? containers_added_by(facts, what, &container) : NONE;
    return added != NONE && facts->ops[added].kind != OP_CONSTANT && !is_on_condition(facts, what);
}

static void note_read(const struct facts *facts, struct slot *slot, uint32_t value)
{
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        enum container_use done = containers_use(facts, use, value, &what);
        if (done == CONTAINER_REMOVES || done == CONTAINER_ESCAPES) {
            slot->is_ended = true;
        } else if (done == CONTAINER_ADDS && slot->add == NONE && adds_one_more(facts, what)) {
            slot->add = what;
        }
    }
}

static void note_slot(const struct search *search, struct slots *slots, uint32_t file, uint32_t i)
{
    const struct facts *facts = search->program->files[file];
    const struct op *op = &facts->ops[i];
    const struct op *object = &facts->ops[op->a];
    if (object->kind != OP_LOAD
        || pair_table_get(&search->by_variable, pair_key(file, object->a)) == TABLE_NONE) {
        return;
    }
    struct slot *slot = slot_of(slots, object->a, op->b);
    if (strcmp(facts_name(facts, op->b), "__dict__") == 0) {
        slot->is_ended = true; /* holds all the others, under whatever names */
    } else if (op->kind == OP_ATTRIBUTE) {
        note_read(facts, slot, i);
    } else if (!is_on_condition(facts, i) && facts_scope_of_op(facts, i) != 0) {
        slot->is_ended = true; /* made anew: that is how it is emptied */
    }
}

static bool is_known_elsewhere(const struct program *program, uint32_t file, const char *name)
{
    for (uint32_t other = 0; other < program->n_files; other++) {
        if (other != file && facts_symbol(program->files[other], name) != NONE) {
            return true;
        }
    }
    return false;
}

static void report_slot(struct check *check, uint32_t file, const struct slot *slot)
{
    const struct facts *facts = check->program->files[file];
    const char *local = variable_name(facts, slot->local);
    const char *name = facts_name(facts, slot->name);
    uint32_t scope = facts_scope_of_op(facts, slot->add);
    if (is_known_elsewhere(check->program, file, local)) {
        return;
    }
    struct finding *finding = rule_report_as(
        check, place_of_op(file, &facts->ops[slot->add]),
        "'%s' adds to '%s.%s', and nothing takes anything out: it grows as long as the thread runs",
        facts_qualified_name(facts, scope, &check->scratch), local, name);
    finding_remedy(check, finding, "empty it when a unit of work begins or ends: %s.%s.clear()",
                   local, name);
}

static void check_locals(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    struct slots slots = {0};
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_ATTRIBUTE || kind == OP_TARGET_ATTRIBUTE) {
            note_slot(search, &slots, file, i);
        }
    }
    for (size_t i = 0; i < slots.n; i++) {
        if (slots.items[i].add != NONE && !slots.items[i].is_ended) {
            report_slot(search->check, file, &slots.items[i]);
        }
    }
    array_free(&slots);
    pair_table_free(&slots.by_name);
}

static void check_thread_locals(struct search *search)
{
    for (uint32_t file = 0; file < search->program->n_files; file++) {
        size_t before = search->n;
        if (facts_symbol(search->program->files[file], "local") != NONE
            && !is_test_code(search->program, file)) {
            find_made_by(search, file, "threading.local");
        }
        if (search->n > before) {
            check_locals(search, file);
        }
    }
}

static void forget(struct search *search)
{
    array_free(search);
    pair_table_free(&search->by_variable);
}

static void check(struct check *check)
{
    struct search variables = {.check = check, .program = (struct program *)check->program};
    check_context_variables(&variables);
    forget(&variables);
    struct search locals = {.check = check, .program = (struct program *)check->program};
    check_thread_locals(&locals);
    forget(&locals);
}

const struct rule rule_context_leak = {
    .code = "W9414",
    .name = "context-leak",
    .message = "'%s' is set here for what runs next, and nothing in the program resets it",
    .why = "A context variable belongs to the context it was set in: that of a thread, or of a "
           "task. A thread of a pool serves one request after the other in the same context, so "
           "what one request sets, the next one sees, and the object stays alive until somebody "
           "sets another. threading.local is the same: its attributes live as long as the thread. "
           "Tasks of asyncio are better off, for each has a copy of the context that goes with "
           "it. Fine in a thread or process that does one thing and ends.",
    .instead = "token = variable.set(value), then try: … finally: variable.reset(token). Since "
               "Python 3.14 the token is a context manager: with variable.set(value): …",
    .since = "3.7",
    .check = check,
};
