/*
 * An object puts itself into a registry that lives as long as the program, and only its `__del__`
 * takes it out again: so it is never the last to hold it, and `__del__` waits for the exit.
 *
 * The registry is a list, set or dict of the module or of the class, bound once.  Every use of its
 * name must be understood: a removal outside of `__del__`, or a use that hands it out, and nothing
 * is said.
 */
#include "rule.h"

struct registry {
    const char *name;
    uint32_t file;
    uint32_t variable;   /* of the module, or NONE: an attribute of the class */
    uint32_t finalizer;  /* the scope of `__del__` */
    bool is_emptied;     /* `__del__` takes something out */
    bool is_not_certain; /* something else may */
};

/* A display, or a call of a container's class, that holds its elements strongly. */
static bool makes_container(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {
        "list", "set", "dict", "collections.deque", "collections.OrderedDict", NULL};
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_DISPLAY) {
        return op->aux != CONTAINER_TUPLE;
    }
    for (const char *const *maker = makers; op->kind == OP_CALL && *maker != NULL; maker++) {
        if (facts_spells(facts, op->a, *maker)) {
            return true;
        }
    }
    return false;
}

/* ---- who puts itself where ---- */

/* The registry that `container` names in a method of the class; false if it is none. */
static bool is_registry(const struct check *check, uint32_t class, uint32_t container,
                        struct registry *registry)
{
    const struct class *c = &check->program->classes->all.items[class];
    const struct facts *facts = check->program->files[c->file];
    const struct op *op = &facts->ops[container];
    if (op->kind == OP_LOAD && is_global_variable(facts, op->a)) {
        uint32_t value = uses_only_value(facts, op->a);
        registry->variable = op->a;
        registry->name = variable_name(facts, op->a);
        return value != NONE && makes_container(facts, value);
    }
    struct class_value value;
    registry->variable = NONE;
    registry->name = op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
    return op->kind == OP_ATTRIBUTE
           && (classes_is_self(facts, op->a)
               || classes_named_by(check->program, c->file, op->a) == class)
           && classes_count_in_body(check->program, class, registry->name, &value) == 1
           && value.file == c->file && makes_container(facts, value.value);
}

/* The container that an op of `__init__` puts `self` into, or NONE. */
static uint32_t container_of_self(const struct facts *facts, uint32_t i)
{
    static const char *const adders[] = {"append", "add",        "appendleft",
                                         "insert", "setdefault", NULL};
    const struct op *op = &facts->ops[i];
    if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ITEM
        && classes_is_self(facts, op->b)) {
        return facts->ops[op->a].a;
    }
    if (op->kind != OP_CALL || facts->ops[op->a].kind != OP_ATTRIBUTE || op->b == 0
        || !words_have(adders, facts_name(facts, facts->ops[op->a].b))) {
        return NONE;
    }
    const struct op *last = &facts->ops[i + op->b];
    return classes_is_self(facts, last->a) ? facts->ops[op->a].a : NONE;
}

/* ---- what is done with it elsewhere ---- */

/* The op that has the target or callee `operand` as its first operand. */
static const struct op *op_with(const struct facts *facts, uint32_t scope, uint32_t operand)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = operand + 1; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->a == operand
            && (op->kind == OP_CALL || op->kind == OP_STORE || op->kind == OP_DELETE)) {
            return op;
        }
    }
    return NULL;
}

enum use { USE_READS, USE_REMOVES, USE_UNKNOWN };

static enum use use_of_method(const struct facts *facts, uint32_t scope, uint32_t attribute)
{
    static const char *const removers[] = {"remove",
                                           "discard",
                                           "pop",
                                           "popitem",
                                           "popleft",
                                           "clear",
                                           "difference_update",
                                           "intersection_update",
                                           NULL};
    static const char *const others[] = {"append", "add",   "appendleft", "insert", "setdefault",
                                         "get",    "items", "keys",       "values", "copy",
                                         "index",  "count", "sort",       NULL};
    const struct op *op = op_with(facts, scope, attribute);
    const char *name = facts_name(facts, facts->ops[attribute].b);
    if (op == NULL || op->kind != OP_CALL) {
        return USE_UNKNOWN;
    }
    return words_have(removers, name) ? USE_REMOVES
           : words_have(others, name) ? USE_READS
                                      : USE_UNKNOWN;
}

static enum use use_of_item(const struct facts *facts, uint32_t scope, uint32_t target)
{
    const struct op *op = op_with(facts, scope, target);
    bool is_slice = facts->ops[facts->ops[target].b].kind == OP_SLICE;
    return op == NULL ? USE_UNKNOWN : op->kind == OP_DELETE || is_slice ? USE_REMOVES : USE_READS;
}

static enum use use_as_argument(const struct facts *facts, uint32_t argument)
{
    static const char *const readers[] = {"len",       "list",  "tuple", "set", "dict", "sorted",
                                          "iter",      "any",   "all",   "sum", "str",  "repr",
                                          "enumerate", "print", "bool",  NULL};
    const struct op *call = &facts->ops[uses_call_of_argument(facts, argument)];
    for (const char *const *reader = readers; call->kind == OP_CALL && *reader != NULL; reader++) {
        if (facts_spells(facts, call->a, *reader)) {
            return USE_READS;
        }
    }
    return USE_UNKNOWN;
}

static enum use use_by(const struct facts *facts, uint32_t scope, uint32_t i)
{
    switch (facts->ops[i].kind) {
    case OP_ATTRIBUTE:
        return use_of_method(facts, scope, i);
    case OP_TARGET_ITEM:
        return use_of_item(facts, scope, i);
    case OP_ARGUMENT:
        return use_as_argument(facts, i);
    case OP_ITEM:
    case OP_NEXT:
    case OP_LOOP:
    case OP_IF:
    case OP_TEST:
    case OP_COMPARE:
    case OP_UNARY:
        return USE_READS;
    default:
        return USE_UNKNOWN;
    }
}

/* Whether the op has `value` as an operand; numbers that are no values never equal one of these
 * kinds' first operands. */
static bool has_operand(const struct op *op, uint32_t value)
{
    switch (op->kind) {
    case OP_LOAD:
    case OP_TARGET_NAME:
    case OP_CONSTANT:
    case OP_FUNCTION:
    case OP_CLASS:
    case OP_IMPORT:
    case OP_IMPORT_FROM:
    case OP_GLOBAL:
    case OP_NONLOCAL:
        return false;
    case OP_COMPARE:
    case OP_STORE:
    case OP_ELEMENT:
    case OP_EITHER:
    case OP_COLLECT:
    case OP_BINARY:
        return op->a == value || op->b == value;
    default:
        return op->a == value;
    }
}

static void judge_uses(const struct facts *facts, uint32_t scope, uint32_t value,
                       struct registry *registry)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = value + 1; i < s->first_op + s->n_ops; i++) {
        if (!has_operand(&facts->ops[i], value)) {
            continue;
        }
        enum use use = use_by(facts, scope, i);
        bool is_finalizer = scope == registry->finalizer;
        registry->is_emptied |= use == USE_REMOVES && is_finalizer;
        registry->is_not_certain |= use == USE_UNKNOWN || (use == USE_REMOVES && !is_finalizer);
    }
}

/* Whether an op names the registry: as a value to be judged, or in a way that cannot be. */
static void judge_op(const struct facts *facts, uint32_t scope, uint32_t i,
                     struct registry *registry)
{
    const struct op *op = &facts->ops[i];
    bool is_attribute = op->kind == OP_ATTRIBUTE || op->kind == OP_TARGET_ATTRIBUTE;
    if (is_attribute && strcmp(facts_name(facts, op->b), registry->name) == 0) {
        registry->is_not_certain |= registry->variable != NONE || op->kind != OP_ATTRIBUTE;
        judge_uses(facts, scope, i, registry);
    } else if (op->kind == OP_LOAD && op->a == registry->variable) {
        judge_uses(facts, scope, i, registry);
    } else if (op->kind == OP_IMPORT_FROM
               && strcmp(facts_name(facts, op->b), registry->name) == 0) {
        registry->is_not_certain = true;
    }
}

static void judge_file(const struct facts *facts, struct registry *registry, bool is_own)
{
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            if (is_own || facts->ops[i].kind != OP_LOAD) {
                judge_op(facts, scope, i, registry);
            }
        }
    }
}

static bool only_finalizer_empties(const struct check *check, struct registry *registry)
{
    const struct program *program = check->program;
    for (uint32_t file = 0; file < program->n_files && !registry->is_not_certain; file++) {
        const struct facts *facts = program->files[file];
        if (facts_symbol(facts, registry->name) == NONE) {
            continue;
        }
        if (file != registry->file) { /* its scopes are not those of the finalizer */
            struct registry elsewhere = *registry;
            elsewhere.finalizer = NONE;
            judge_file(facts, &elsewhere, false);
            registry->is_not_certain = elsewhere.is_not_certain;
        } else {
            judge_file(facts, registry, true);
        }
    }
    return registry->is_emptied && !registry->is_not_certain;
}

/* ---- */

static void check_class(struct check *check, uint32_t class)
{
    struct method init, finalizer;
    if (!classes_own_method(check->program, class, "__del__", &finalizer)
        || !classes_own_method(check->program, class, "__init__", &init)) {
        return;
    }
    const struct facts *facts = check->program->files[init.file];
    const struct scope *body = &facts->scopes[init.scope];
    const struct scope *del = &facts->scopes[finalizer.scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        struct registry registry = {.file = init.file, .finalizer = finalizer.scope};
        uint32_t container = container_of_self(facts, i);
        if (container == NONE || !is_registry(check, class, container, &registry)
            || !only_finalizer_empties(check, &registry)) {
            continue;
        }
        struct place place = {.file = init.file, .start = del->name_start, .end = del->name_end};
        const struct class *c = &check->program->classes->all.items[class];
        struct finding *finding = rule_report(
            check, place, facts_name(facts, facts->scopes[c->scope].name), registry.name);
        finding_relate(check, finding, place_of_op(init.file, &facts->ops[i]),
                       "'%s' takes the object here", registry.name);
        return;
    }
}

static void check(struct check *check)
{
    for (uint32_t class = 0; class < check->program->classes->all.n; ++class) {
        check_class(check, class);
    }
}

const struct rule rule_del_never_runs = {
    .code = "W9209",
    .name = "del-never-runs",
    .message = "'__del__' of '%s' never runs: '%s' holds the object, and only '__del__' takes it "
               "out",
    .why = "__del__ runs when nothing holds the object any more, but the registry does until "
           "__del__ has run. So every object ever made stays until the program ends, with all "
           "that it holds, and what __del__ was to release is never released.",
    .instead = "Make the registry a weakref.WeakSet or weakref.WeakValueDictionary, or take the "
               "object out in a close() that callers reach.",
    .since = "",
    .check = check,
};
