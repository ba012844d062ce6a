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
        return value != NONE && containers_made_by(facts, value);
    }
    struct class_value value;
    registry->variable = NONE;
    registry->name = op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
    return op->kind == OP_ATTRIBUTE
           && (classes_is_self(facts, op->a)
               || classes_written_as(check->program, c->file, op->a) == class)
           && classes_count_in_body(check->program, class, registry->name, &value) == 1
           && value.file == c->file && containers_made_by(facts, value.value);
}

/* The container that an op of `__init__` puts `self` into, or NONE. */
static uint32_t container_of_self(const struct facts *facts, uint32_t i)
{
    const struct op *op = &facts->ops[i];
    if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ITEM
        && classes_is_self(facts, op->b)) {
        return facts->ops[op->a].a;
    }
    uint32_t container, added = containers_added_by(facts, i, &container);
    return added != NONE && classes_is_self(facts, added) ? container : NONE;
}

/* ---- what is done with it elsewhere ---- */

static void judge_uses(const struct facts *facts, uint32_t scope, uint32_t value,
                       struct registry *registry)
{
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        enum container_use done = containers_use(facts, use, value, &what);
        bool removes = done == CONTAINER_REMOVES, is_finalizer = scope == registry->finalizer;
        registry->is_emptied |= removes && is_finalizer;
        registry->is_not_certain |= done == CONTAINER_ESCAPES || (removes && !is_finalizer);
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
