/*
 * temporaries.c - bound methods, lambdas and new objects.
 *
 * A class may keep its instances by `__new__`, a metaclass, a decorator, an unknown base, or an
 * `__init__` that hands `self` to somebody.
 */
#include "program/temporaries.h"

#include "facts/uses.h"
#include "program/classes.h"

/* ---- bound methods ---- */

/* The class in whose class methods `value` is the first parameter. */
static uint32_t class_of_cls(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_LOAD || !(facts->variables[op->a].flags & VARIABLE_IS_PARAMETER)) {
        return NONE;
    }
    uint32_t scope = facts->variables[op->a].scope;
    const struct scope *s = &facts->scopes[scope];
    if (s->kind != SCOPE_FUNCTION || facts->parameters[s->first_parameter].variable != op->a
        || facts_find_decorator(facts, scope, "classmethod") == NONE) {
        return NONE;
    }
    return classes_of_scope(program, file, s->parent);
}

static bool is_class_method(const struct facts *facts, uint32_t scope)
{
    uint32_t first = facts_first_decorator(facts, scope);
    return facts_find_decorator(facts, scope, "classmethod") != NONE
           && facts_next_decorator(facts, first) == NONE;
}

/* Whether looking the function up on an instance (or on the class) makes a new bound method. */
static bool is_bound_anew(const struct program *program, struct method method, bool on_class)
{
    const struct facts *facts = program->files[method.file];
    if (is_class_method(facts, method.scope)) {
        return true;
    }
    return !on_class && facts_first_decorator(facts, method.scope) == NONE
           && classes_self_of(facts, method.scope) != NONE;
}

static bool is_bound_method(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_ATTRIBUTE) {
        return false;
    }
    uint32_t class = classes_of_instance(program, file, op->a);
    bool on_class = class == NONE;
    if (on_class) {
        class = class_of_cls(program, file, op->a);
    }
    const char *name = facts_name(facts, op->b);
    struct method method;
    return class != NONE && classes_find_method(program, class, name, &method)
           && is_bound_anew(program, method, on_class)
           && classes_count_stores(program, class, name) == 0;
}

/* ---- new objects ---- */

/* Whether a function may keep its first parameter somewhere: anything but reading and setting its
 * attributes.  Calls of its own methods count, too: who knows what they do. */
static bool hands_self_on(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    uint32_t self = classes_self_of(facts, scope);
    if (self == NONE || facts->variables[self].flags & VARIABLE_IS_CAPTURED) {
        return true;
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind != OP_LOAD || facts->ops[i].a != self) {
            continue;
        }
        uint32_t use = uses_next(facts, i, i);
        if (use != NONE && facts->ops[use].kind != OP_TARGET_ATTRIBUTE) {
            return true;
        }
    }
    return false;
}

static bool may_keep_instances(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    struct method method;
    return *c->metaclass != '\0' || facts_first_decorator(facts, c->scope) != NONE
           || classes_own_method(program, class, "__new__", &method)
           || (classes_own_method(program, class, "__init__", &method)
               && hands_self_on(facts, method.scope));
}

static bool is_new_object(const struct program *program, uint32_t file, uint32_t value)
{
    const struct op *op = &program->files[file]->ops[value];
    uint32_t class = op->kind == OP_CALL ? classes_named_by(program, file, op->a) : NONE;
    if (class == NONE || !program->classes->all.items[class].is_complete) {
        return false;
    }
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        if (may_keep_instances(program, program->classes->ancestors.items[c->first_ancestor + i])) {
            return false;
        }
    }
    return true;
}

/* ---- in words ---- */

const char *temporaries_describe(const struct program *program, uint32_t file, uint32_t value,
                                 struct arena *arena)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_FUNCTION && facts->scopes[op->a].kind == SCOPE_LAMBDA) {
        return "a lambda";
    }
    if (is_bound_method(program, file, value)) {
        return arena_format(arena, "the bound method '%s'", facts_name(facts, op->b));
    }
    if (is_new_object(program, file, value)) {
        const struct class *c =
            &program->classes->all.items[classes_named_by(program, file, op->a)];
        const struct facts *home = program->files[c->file];
        return arena_format(arena, "a new '%s'", facts_name(home, home->scopes[c->scope].name));
    }
    return NULL;
}
