/*
 * holders.c - whether a value holds the object of a name: as the object itself, as its bound
 * method, as a closure that uses the name, as a new object whose `__init__` stores it, or by a
 * partial, tuple or list with one of these in it.
 */
#include "program/holders.h"

#include "base/array.h"
#include "base/builder.h"
#include "facts/uses.h"
#include "program/classes.h"

#include <string.h>

struct values {
    ARRAY_OF(uint32_t);
};

static bool is_same_name(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable;
}

/* ---- bound methods ---- */

static bool binds_object(const struct facts *facts, uint32_t scope)
{
    return facts_find_decorator(facts, scope, "staticmethod") == NONE
           && facts_find_decorator(facts, scope, "classmethod") == NONE
           && facts_find_decorator(facts, scope, "property") == NONE
           && facts_find_decorator(facts, scope, "functools.cached_property") == NONE;
}

static bool is_own_method(const struct program *program, uint32_t file, uint32_t value,
                          uint32_t variable)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_ATTRIBUTE || !is_same_name(facts, op->a, variable)) {
        return false;
    }
    uint32_t class = classes_of_instance(program, file, op->a);
    const char *name = facts_name(facts, op->b);
    struct method method;
    return class != NONE && classes_find_method(program, class, name, &method)
           && binds_object(program->files[method.file], method.scope)
           && classes_count_stores(program, class, name) == 0;
}

/* ---- closures ---- */

/* Whether the function, or one in it, uses a variable of a scope around it. */
static bool uses_variable(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    const struct scope *outer = &facts->scopes[scope];
    for (uint32_t s = scope; s < facts->n_scopes; s++) {
        const struct scope *inner = &facts->scopes[s];
        if (inner->start < outer->start || inner->end > outer->end) {
            continue;
        }
        for (uint32_t i = inner->first_op; i < inner->first_op + inner->n_ops; i++) {
            if (is_same_name(facts, i, variable)) {
                return true;
            }
        }
    }
    return false;
}

static bool has_as_default(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_parameter; i < s->first_parameter + s->n_parameters; i++) {
        uint32_t value = facts->parameters[i].default_value;
        if (value != NONE && is_same_name(facts, value, variable)) {
            return true;
        }
    }
    return false;
}

static const char *describe_function(const struct facts *facts, uint32_t scope, uint32_t variable,
                                     struct arena *arena)
{
    const char *name = variable_name(facts, variable);
    const struct scope *s = &facts->scopes[scope];
    const char *what = s->kind == SCOPE_LAMBDA
                           ? "a lambda"
                           : arena_format(arena, "the function '%s'", facts_name(facts, s->name));
    if (has_as_default(facts, scope, variable)) {
        return arena_format(arena, "%s with '%s' as a default", what, name);
    }
    return uses_variable(facts, scope, variable)
               ? arena_format(arena, "%s, which uses '%s'", what, name)
               : NULL;
}

/* ---- new objects that keep what they are given ---- */

/* Whether `__init__` stores a parameter as it is in an attribute of self. */
static bool keeps_parameter(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b != NONE && is_same_name(facts, op->b, variable)
            && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE
            && classes_is_self(facts, facts->ops[op->a].a)) {
            return true;
        }
    }
    return false;
}

/* The argument of a call that is the variable, counted with `self` as 0; NONE if there is none that
 * is plain. */
static uint32_t position_of(const struct facts *facts, uint32_t call, uint32_t variable)
{
    for (uint32_t i = call + 1; i <= call + facts->ops[call].b; i++) {
        const struct op *argument = &facts->ops[i];
        if (argument->b != NONE || argument->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            return NONE;
        }
        if (is_same_name(facts, argument->a, variable)) {
            return i - call;
        }
    }
    return NONE;
}

static const char *describe_new_object(const struct program *program, uint32_t file, uint32_t call,
                                       uint32_t variable, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    uint32_t class = classes_named_by(program, file, facts->ops[call].a);
    uint32_t position = class == NONE ? NONE : position_of(facts, call, variable);
    struct method init;
    if (position == NONE || !classes_find_method(program, class, "__init__", &init)) {
        return NULL;
    }
    const struct facts *home = program->files[init.file];
    const struct scope *scope = &home->scopes[init.scope];
    const struct class *c = &program->classes->all.items[class];
    const struct facts *owner = program->files[c->file];
    if (position >= scope->n_parameters
        || !keeps_parameter(home, init.scope,
                            home->parameters[scope->first_parameter + position].variable)) {
        return NULL;
    }
    return arena_format(arena, "a '%s' that keeps '%s'",
                        facts_name(owner, owner->scopes[c->scope].name),
                        variable_name(facts, variable));
}

/* ---- all together ---- */

/* What a partial or a display has in it is looked at, too. */
static void push_parts(const struct facts *facts, uint32_t value, struct values *todo)
{
    const struct op *op = &facts->ops[value];
    bool is_partial = op->kind == OP_CALL && facts_spells(facts, op->a, "functools.partial");
    if (!is_partial && op->kind != OP_DISPLAY) {
        return;
    }
    for (uint32_t i = value + 1; i <= value + op->b; i++) {
        *array_push(todo) = facts->ops[i].a;
    }
}

/* How one value itself holds it. */
static const char *describe(const struct program *program, uint32_t file, uint32_t value,
                            uint32_t variable, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_LOAD && op->a == variable) {
        return arena_format(arena, "'%s'", variable_name(facts, variable));
    }
    if (is_own_method(program, file, value, variable)) {
        return arena_format(arena, "the bound method '%s.%s'", variable_name(facts, variable),
                            facts_name(facts, op->b));
    }
    return op->kind == OP_FUNCTION ? describe_function(facts, op->a, variable, arena)
           : op->kind == OP_CALL   ? describe_new_object(program, file, value, variable, arena)
                                   : NULL;
}

/* The variable that stands for one object only; NONE when it may be another later. */
static uint32_t variable_of(const struct facts *facts, uint32_t object)
{
    const struct op *op = &facts->ops[object];
    if (op->kind != OP_LOAD || is_global_variable(facts, op->a)
        || facts->variables[op->a].flags & (VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED)) {
        return NONE;
    }
    return op->a;
}

const char *holders_describe(const struct program *program, uint32_t file, uint32_t value,
                             uint32_t object, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    uint32_t variable = variable_of(facts, object);
    struct values todo = {0};
    const char *found = NULL;
    if (variable != NONE) {
        *array_push(&todo) = value;
    }
    while (found == NULL && todo.n > 0) {
        uint32_t next = todo.items[--todo.n];
        if (!is_same_name(facts, next, variable)) {
            next = uses_origin(facts, next);
        }
        found = describe(program, file, next, variable, arena);
        push_parts(facts, next, &todo);
    }
    array_free(&todo);
    return found;
}
