/*
 * globals.c - judging `global` statements.
 *
 * A name counts as bound by whatever binds or unbinds it in Python: assignment, import, def, class,
 * for, with, except, `:=`, del, a pattern.  Lowering has made a STORE or DELETE of each.
 */
#include "program/globals.h"

#include "base/words.h"

#include "facts/uses.h"

#include <string.h>

/* A file that says `global`: what is asked of it again for every name. */
struct globals_file {
    const struct facts *facts;
    struct pair_table bindings;      /* scope, variable → its first STORE, DELETE or ANNOTATE */
    struct pair_table locals;        /* scope of a function, symbol → the variable */
    struct pair_table bound_by_call; /* variables that a call in the module's body binds */
    bool has_unknown_names;
};

static void note_binding(struct globals_file *g, uint32_t scope, uint32_t i)
{
    const struct op *op = &g->facts->ops[i];
    if (op->kind != OP_STORE && op->kind != OP_DELETE && op->kind != OP_ANNOTATE) {
        return;
    }
    const struct op *target = &g->facts->ops[op->a];
    if (target->kind == OP_TARGET_NAME) {
        pair_table_put(&g->bindings, pair_key(scope, target->a), i);
    }
}

static void note_bindings(struct globals_file *g)
{
    for (uint32_t scope = 0; scope < g->facts->n_scopes; scope++) {
        const struct scope *s = &g->facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            note_binding(g, scope, i);
        }
    }
}

/* What binds the variable in the ops of a scope, or NONE. */
static uint32_t first_binding(const struct globals_file *g, uint32_t scope, uint32_t variable)
{
    return pair_table_get(&g->bindings, pair_key(scope, variable));
}

static void note_locals(struct globals_file *g)
{
    for (uint32_t i = 0; i < g->facts->n_variables; i++) {
        const struct variable *variable = &g->facts->variables[i];
        if (variable->scope != 0 && !(variable->flags & VARIABLE_IN_COMPREHENSION)) {
            pair_table_put(&g->locals, pair_key(variable->scope, variable->name), i);
        }
    }
}

/* PEP 562: called when a module lacks an attribute. */
static bool is_module_getattr(const struct facts *facts, uint32_t scope)
{
    return facts->scopes[scope].parent == 0
           && strcmp(facts_name(facts, facts->scopes[scope].name), "__getattr__") == 0;
}

/* Whether without `global` the name would mean the local of an enclosing function. */
static bool hides_a_local(const struct globals_file *g, uint32_t scope, uint32_t variable)
{
    const struct facts *facts = g->facts;
    uint32_t name = facts->variables[variable].name;
    uint32_t outer = facts->scopes[scope].parent;
    for (; outer != NONE && outer != 0; outer = facts->scopes[outer].parent) {
        if (facts->scopes[outer].kind != SCOPE_CLASS
            && pair_table_get(&g->locals, pair_key(outer, name)) != TABLE_NONE) {
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
        NULL,
    };
    return words_have(given, name);
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

static bool declares_anything(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_GLOBAL) {
            return true;
        }
    }
    return false;
}

/* The variables that a function declares global and binds. */
static void note_bound_by(struct globals_file *g, uint32_t scope)
{
    const struct scope *s = &g->facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &g->facts->ops[i];
        if (op->kind == OP_GLOBAL && first_binding(g, scope, op->a) != NONE) {
            pair_table_put(&g->bound_by_call, op->a, 1);
        }
    }
}

/* What the functions bind that the module itself, while it is imported, calls. */
static void note_module_calls(struct globals_file *g)
{
    const struct facts *facts = g->facts;
    const struct scope *module = &facts->scopes[0];
    struct pair_table done = {0}; /* scopes that need not be looked at again */
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_CALL || op->flags & OP_IS_DECORATOR) {
            continue;
        }
        const struct op *callee = &facts->ops[uses_origin(facts, op->a)];
        if (callee->kind != OP_FUNCTION || pair_table_get(&done, callee->a) != TABLE_NONE) {
            continue;
        }
        if (!declares_anything(facts, callee->a)) {
            pair_table_put(&done, callee->a, 1);
        } else if (!is_only_for_scripts(facts, i)) {
            pair_table_put(&done, callee->a, 1);
            note_bound_by(g, callee->a);
        }
    }
    pair_table_free(&done);
}

/* An import inside the function: the name is there whenever the function uses it, and it is nobody
 * else's business. */
static bool is_import(const struct facts *facts, uint32_t binding)
{
    const struct op *op = &facts->ops[binding];
    return op->kind == OP_STORE && op->b != NONE
           && (facts->ops[op->b].kind == OP_IMPORT || facts->ops[op->b].kind == OP_IMPORT_FROM);
}

static bool is_defined(const struct globals_file *g, uint32_t scope, uint32_t variable)
{
    return first_binding(g, 0, variable) != NONE || is_given(variable_name(g->facts, variable))
           || is_import(g->facts, first_binding(g, scope, variable)) || g->has_unknown_names
           || pair_table_get(&g->bound_by_call, variable) != TABLE_NONE;
}

static enum global_use judge(const struct globals_file *g, uint32_t scope, uint32_t op)
{
    uint32_t variable = g->facts->ops[op].a;
    if (scope == 0) {
        return GLOBAL_AT_MODULE_LEVEL;
    }
    if (is_module_getattr(g->facts, scope)) {
        return GLOBAL_IN_GETATTR;
    }
    if (first_binding(g, scope, variable) == NONE) {
        return hides_a_local(g, scope, variable) ? GLOBAL_PAST_A_LOCAL : GLOBAL_NOT_ASSIGNED;
    }
    return is_defined(g, scope, variable) ? GLOBAL_REBOUND : GLOBAL_UNDEFINED;
}

static bool says_global(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_GLOBAL) {
            return true;
        }
    }
    return false;
}

static void judge_file(struct globals *globals, uint32_t file, const struct facts *facts)
{
    struct globals_file g = {.facts = facts, .has_unknown_names = has_unknown_names(facts)};
    note_bindings(&g);
    note_locals(&g);
    note_module_calls(&g);
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            if (facts->ops[i].kind == OP_GLOBAL) {
                pair_table_put(&globals->uses, pair_key(file, i), judge(&g, scope, i));
            }
        }
    }
    pair_table_free(&g.bindings);
    pair_table_free(&g.locals);
    pair_table_free(&g.bound_by_call);
}

void globals_find(struct program *program)
{
    program->globals = arena_alloc(&program->arena, sizeof *program->globals);
    for (uint32_t file = 0; file < program->n_files; file++) {
        if (says_global(program->files[file])) {
            judge_file(program->globals, file, program->files[file]);
        }
    }
}

void globals_free(struct program *program)
{
    if (program->globals != NULL) {
        pair_table_free(&program->globals->uses);
    }
}

enum global_use globals_judge(const struct program *program, uint32_t file, uint32_t op)
{
    return (enum global_use)pair_table_get(&program->globals->uses, pair_key(file, op));
}
