/*
 * globals.c - judging `global` statements.
 *
 * A name counts as bound by whatever binds or unbinds it in Python: assignment, import, def, class,
 * for, with, except, `:=`, del, a pattern.  Lowering has made a STORE or DELETE of each.
 */
#include "program/globals.h"

#include "facts/uses.h"

#include <string.h>

/* What binds the variable in the ops of a scope: its first STORE, DELETE or ANNOTATE, or NONE. */
static uint32_t first_binding(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE && op->kind != OP_DELETE && op->kind != OP_ANNOTATE) {
            continue;
        }
        const struct op *target = &facts->ops[op->a];
        if (target->kind == OP_TARGET_NAME && target->a == variable) {
            return i;
        }
    }
    return NONE;
}

/* PEP 562: called when a module lacks an attribute. */
static bool is_module_getattr(const struct facts *facts, uint32_t scope)
{
    return facts->scopes[scope].parent == 0
           && strcmp(facts_name(facts, facts->scopes[scope].name), "__getattr__") == 0;
}

static bool owns(const struct facts *facts, uint32_t scope, const char *name)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_variable; i < s->first_variable + s->n_variables; i++) {
        if (strcmp(variable_name(facts, i), name) == 0
            && !(facts->variables[i].flags & VARIABLE_IN_COMPREHENSION)) {
            return true;
        }
    }
    return false;
}

/* Whether without `global` the name would mean the local of an enclosing function. */
static bool hides_a_local(const struct facts *facts, uint32_t scope, const char *name)
{
    uint32_t outer = facts->scopes[scope].parent;
    for (; outer != NONE && outer != 0; outer = facts->scopes[outer].parent) {
        if (facts->scopes[outer].kind != SCOPE_CLASS && owns(facts, outer, name)) {
            return true;
        }
    }
    return false;
}

/* Names every module has, or that mean a builtin until they are bound. */
static bool is_given(const char *name)
{
    static const char *const given[] = {
        "__name__",   "__doc__",  "__file__",   "__path__", "__package__",  "__spec__",
        "__loader__", "__dict__", "__cached__", "__all__",  "__builtins__", "__debug__",
        "input",      "open",     "print",      "range",    "reload",       "unicode",
        "str",        "bytes",    "int",        "map",      "filter",       "zip",
        "exit",       "quit",     "id",         "compile",  "__import__",   "super",
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (strcmp(given[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a use of what globals() returned may bind names in it: anything but looking. */
static bool may_bind_names(const struct facts *facts, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ATTRIBUTE) {
        const char *name = facts_name(facts, op->b);
        return strcmp(name, "update") == 0 || strcmp(name, "setdefault") == 0
               || strcmp(name, "__setitem__") == 0;
    }
    return op->kind == OP_TARGET_ITEM || op->kind == OP_ARGUMENT || op->kind == OP_STORE
           || op->kind == OP_RETURN;
}

static bool binds_through_globals(const struct facts *facts, uint32_t op)
{
    if (facts->ops[op].kind != OP_CALL || !facts_spells(facts, facts->ops[op].a, "globals")) {
        return false;
    }
    for (uint32_t use = uses_next(facts, op, op); use != NONE; use = uses_next(facts, op, use)) {
        if (may_bind_names(facts, use)) {
            return true;
        }
    }
    return false;
}

/* `import *`, globals(), exec(): the module may have any name. */
static bool has_unknown_names(const struct facts *facts)
{
    if (facts->scopes[0].flags & SCOPE_CALLS_LOCALS) {
        return true;
    }
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_IMPORT_STAR || binds_through_globals(facts, i)) {
            return true;
        }
    }
    return false;
}

/* Whether an op stands under `if __name__ == …`: it does not run when the module is imported. */
static bool is_only_for_scripts(const struct facts *facts, uint32_t op)
{
    const struct scope *module = &facts->scopes[0];
    uint32_t control = uses_control_around(facts, op);
    for (; control != NONE; control = uses_control_around(facts, control)) {
        uint32_t condition = facts->ops[control].kind == OP_IF ? facts->ops[control].a : NONE;
        for (uint32_t i = module->first_op; condition != NONE && i < control; i++) {
            if (facts->ops[i].kind == OP_LOAD && uses_is_part(facts, condition, i)
                && strcmp(variable_name(facts, facts->ops[i].a), "__name__") == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool declares(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_GLOBAL && facts->ops[i].a == variable) {
            return first_binding(facts, scope, variable) != NONE;
        }
    }
    return false;
}

/* Whether the module itself, while it is imported, calls a function that binds the variable. */
static bool is_bound_by_module_call(const struct facts *facts, uint32_t variable)
{
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_CALL || op->flags & OP_IS_DECORATOR) {
            continue;
        }
        const struct op *callee = &facts->ops[uses_origin(facts, op->a)];
        if (callee->kind == OP_FUNCTION && declares(facts, callee->a, variable)
            && !is_only_for_scripts(facts, i)) {
            return true;
        }
    }
    return false;
}

/* An import inside the function: the name is there whenever the function uses it, and it is nobody
 * else's business. */
static bool is_import(const struct facts *facts, uint32_t binding)
{
    const struct op *op = &facts->ops[binding];
    return op->kind == OP_STORE && op->b != NONE
           && (facts->ops[op->b].kind == OP_IMPORT || facts->ops[op->b].kind == OP_IMPORT_FROM);
}

static bool is_defined(const struct facts *facts, uint32_t scope, uint32_t variable)
{
    return first_binding(facts, 0, variable) != NONE || is_given(variable_name(facts, variable))
           || is_import(facts, first_binding(facts, scope, variable)) || has_unknown_names(facts)
           || is_bound_by_module_call(facts, variable);
}

enum global_use globals_judge(const struct program *program, uint32_t file, uint32_t op)
{
    const struct facts *facts = program->files[file];
    uint32_t scope = facts_scope_of_op(facts, op);
    uint32_t variable = facts->ops[op].a;
    if (scope == 0) {
        return GLOBAL_AT_MODULE_LEVEL;
    }
    if (is_module_getattr(facts, scope)) {
        return GLOBAL_IN_GETATTR;
    }
    if (first_binding(facts, scope, variable) == NONE) {
        return hides_a_local(facts, scope, variable_name(facts, variable)) ? GLOBAL_PAST_A_LOCAL
                                                                           : GLOBAL_NOT_ASSIGNED;
    }
    return is_defined(facts, scope, variable) ? GLOBAL_REBOUND : GLOBAL_UNDEFINED;
}
