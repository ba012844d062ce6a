/*
 * A class made inside a function, and used only there: one more class at every call.
 *
 * A class is always part of a cycle (it is in its own __mro__, its methods and descriptors point
 * back to it), so each call leaves some seven objects that only the cyclic collector frees.  Silent
 * where making the class is the function's purpose (it is returned, stored, handed on, decorated),
 * where the function's results are cached, and in tests.
 */
#include "rule.h"

static bool makes_class(const struct facts *facts, const struct op *call)
{
    static const char *const makers[] = {
        "collections.namedtuple",     "typing.NamedTuple", "enum.Enum", "enum.IntEnum", "enum.Flag",
        "dataclasses.make_dataclass", "types.new_class"};
    if (call->kind != OP_CALL || call->flags & OP_IS_DECORATOR || call->b < 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (call->b >= 2 && facts_spells(facts, call->a, makers[i])) {
            return true;
        }
    }
    return call->b == 3 && facts_spells(facts, call->a, "type");
}

/* The variable of the function that a class made at `value` is stored in, or NONE. */
static uint32_t variable_of_class(const struct facts *facts, uint32_t value)
{
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, value)];
    for (uint32_t i = value; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b == value && facts->ops[op->a].kind == OP_TARGET_NAME) {
            return facts->ops[op->a].a;
        }
    }
    return NONE;
}

static bool loads(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return value != NONE && value < facts->n_ops && facts->ops[value].kind == OP_LOAD
           && facts->ops[value].a == variable;
}

/* isinstance(x, Class), or a base of another class made here. */
static bool is_only_asked(const struct facts *facts, uint32_t argument)
{
    const struct op *taker = &facts->ops[uses_call_of_argument(facts, argument)];
    return taker->kind == OP_CLASS || facts_spells(facts, taker->a, "isinstance")
           || facts_spells(facts, taker->a, "issubclass");
}

/* `cache[key] = Class = type(...)`: the class goes elsewhere as well. */
static bool is_other_store(const struct facts *facts, const struct op *store, uint32_t variable)
{
    const struct op *target = &facts->ops[store->a];
    bool is_class =
        facts->ops[store->b].kind == OP_CLASS || makes_class(facts, &facts->ops[store->b]);
    return is_class && target->kind != OP_TARGET_NAME
           && variable_of_class(facts, store->b) == variable;
}

/* Whether the class itself leaves the function: then making it is what the function is for. */
static bool leaves_function(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    if (facts->variables[variable].flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return true;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool hands_on = op->kind == OP_RETURN || op->kind == OP_YIELD || op->kind == OP_ELEMENT
                        || op->kind == OP_EITHER || op->kind == OP_RAISE;
        if ((hands_on && (loads(facts, op->a, variable) || loads(facts, op->b, variable)))
            || (op->kind == OP_STORE
                && (loads(facts, op->b, variable) || is_other_store(facts, op, variable)))
            || (op->kind == OP_ARGUMENT && loads(facts, op->a, variable)
                && !is_only_asked(facts, i))) {
            return true;
        }
    }
    return false;
}

static bool is_cached(const struct facts *facts, uint32_t scope)
{
    return facts_find_decorator(facts, scope, "functools.lru_cache") != NONE
           || facts_find_decorator(facts, scope, "functools.cache") != NONE
           || facts_find_decorator(facts, scope, "functools.cached_property") != NONE;
}

/* A function that runs again and again, as far as one can see. */
static bool may_run_often(const struct facts *facts, uint32_t scope)
{
    const char *name = facts_name(facts, facts->scopes[scope].name);
    return facts->scopes[scope].kind == SCOPE_FUNCTION && !is_cached(facts, scope)
           && strcmp(name, "main") != 0;
}

/* "mod.f.<locals>.C" of a statement; of a call, the name it gives the class, or else the
 * variable's. */
static const char *name_of_class(struct check *check, uint32_t file, uint32_t i)
{
    const struct facts *facts = check->program->files[file];
    struct arena *arena = &check->findings->arena;
    const struct op *op = &facts->ops[i];
    if (op->kind == OP_CLASS) {
        return arena_format(arena, "%s.%s", check->program->modules[file],
                            facts_qualified_name(facts, op->a, arena));
    }
    const struct op *name = &facts->ops[facts->ops[i + 1].a];
    bool is_constant = name->kind == OP_CONSTANT && name->aux == CONSTANT_STRING && name->a != NONE;
    return arena_format(arena, "%s.%s", check->program->modules[file],
                        is_constant ? facts_name(facts, name->a)
                                    : variable_name(facts, variable_of_class(facts, i)));
}

/* A class is in its own __mro__: the shortest of its circles. */
static struct cycle_edge *circle_of_class(struct check *check, uint32_t file, uint32_t i,
                                          struct place place)
{
    struct cycle_edge *edge = arena_alloc(&check->findings->arena, sizeof *edge);
    edge->holder = edge->target = name_of_class(check, file, i);
    edge->class = NONE;
    edge->attribute = "__mro__";
    edge->via = "tuple";
    edge->place = place;
    return edge;
}

static void check_op(struct check *check, uint32_t file, uint32_t i)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[i];
    if (op->kind != OP_CLASS && !makes_class(facts, op)) {
        return;
    }
    uint32_t scope = facts_scope_of_op(facts, i);
    uint32_t variable = variable_of_class(facts, i);
    if (!may_run_often(facts, scope) || variable == NONE || leaves_function(facts, variable)
        || is_test_code(check->program, file)) {
        return;
    }
    struct place place = op->kind == OP_CLASS ? (struct place){.file = file,
                                                               .start = facts->scopes[op->a].start,
                                                               .end = facts->scopes[op->a].name_end}
                                              : place_of_op(file, op);
    struct finding *finding = rule_report(check, place, variable_name(facts, variable),
                                          facts_name(facts, facts->scopes[scope].name));
    finding->cycle = circle_of_class(check, file, i, place);
    finding->cycle_kind = CYCLE_CLASS;
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        for (uint32_t i = 0; i < check->program->files[file]->n_ops; i++) {
            check_op(check, file, i);
        }
    }
}

const struct rule rule_class_made_per_call = {
    .code = "R9108",
    .name = "class-made-per-call",
    .message = "class '%s' is made anew at every call of '%s'",
    .why = "A class is always part of a reference cycle with itself: its __mro__, its __dict__ and "
           "its "
           "descriptors point back to it. Each call leaves such a class, some seven objects, until "
           "the "
           "cyclic collector runs, and making it costs far more than making an instance.",
    .instead = "Make the class once, at module level, and pass it what it needs.",
    .since = "",
    .check = check,
};
