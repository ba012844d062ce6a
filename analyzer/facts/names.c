/*
 * names.c - symbols, and which scope owns a name.
 *
 * While a scope is lowered, each name it mentions is a `use`: one a scope and name.  Python decides
 * what a name means only when the whole function is known, so owners are found when all scopes are
 * done:
 *
 *   - a name the scope binds is its own, unless it says `global` or `nonlocal`;
 *   - else the nearest enclosing function that binds it owns it (class bodies do not enclose);
 *   - else the module, bound there or not: a builtin, a name from `import *`, or a mistake.
 *
 * Targets of comprehensions have uses of their own, which only the inside of the comprehension sees
 * (PEP 709 or not).
 */
#include "base/error.h"
#include "facts/lower.h"

#include <stdlib.h>

uint32_t symbol_of_text(struct lower *l, const char *text, size_t length)
{
    uint32_t next = (uint32_t)l->symbols.n;
    uint32_t symbol = name_table_put(&l->symbol_table, text, length, next);
    if (symbol == next) {
        *array_push(&l->symbols) = (struct symbol){.text = text, .length = (uint32_t)length};
    }
    return symbol;
}

uint32_t symbol_of_node(struct lower *l, uint32_t node)
{
    const struct node *n = &l->tree->nodes[node];
    return symbol_of_text(l, l->tree->bytes + n->start, n->end - n->start);
}

static uint32_t use_in_scope(struct lower *l, uint32_t scope, uint32_t name)
{
    uint32_t next = (uint32_t)l->uses.n;
    uint32_t use = pair_table_put(&l->use_table, pair_key(scope, name), next);
    if (use == next) {
        *array_push(&l->uses) = (struct use){.name = name, .scope = scope, .owner = NONE};
    }
    return use;
}

static uint32_t find_comprehension_name(const struct comprehension_name *names, size_t n,
                                        uint32_t name)
{
    for (size_t i = n; i-- > 0;) {
        if (names[i].name == name) {
            return names[i].use;
        }
    }
    return NONE;
}

static uint32_t captured_comprehension_name(const struct lower *l, uint32_t name)
{
    const struct pending_scope *scope = &l->pending.items[l->scope];
    return scope->n_names == 0
               ? NONE
               : find_comprehension_name(l->captured_names.items + scope->first_name,
                                         scope->n_names, name);
}

uint32_t use_of_name(struct lower *l, uint32_t name)
{
    uint32_t use =
        find_comprehension_name(l->comprehension_names.items, l->comprehension_names.n, name);
    return use != NONE ? use : use_in_scope(l, l->scope, name);
}

static bool is_in_loop(const struct lower *l)
{
    for (size_t i = 0; i < l->controls.n; i++) {
        if (l->ops.items[l->controls.items[i].op].kind == OP_LOOP) {
            return true;
        }
    }
    return false;
}

static void mark_bound(struct lower *l, uint32_t use, uint32_t flags)
{
    struct use *u = &l->uses.items[use];
    if ((u->flags & VARIABLE_IS_BOUND) || is_in_loop(l)) {
        u->flags |= VARIABLE_IS_REBOUND;
    }
    u->flags |= VARIABLE_IS_BOUND | flags;
}

uint32_t bind_name(struct lower *l, uint32_t name, uint32_t flags)
{
    uint32_t use = use_in_scope(l, l->scope, name);
    mark_bound(l, use, flags);
    return use;
}

uint32_t bind_comprehension_name(struct lower *l, uint32_t name)
{
    uint32_t use = (uint32_t)l->uses.n;
    *array_push(&l->uses) = (struct use){.name = name,
                                         .scope = l->scope,
                                         .flags = VARIABLE_IS_BOUND | VARIABLE_IN_COMPREHENSION,
                                         .owner = NONE};
    *array_push(&l->comprehension_names) = (struct comprehension_name){.name = name, .use = use};
    return use;
}

static bool owns_itself(const struct use *use)
{
    return (use->flags & VARIABLE_IS_BOUND) && !use->is_global && !use->is_nonlocal;
}

/* The use in the module's scope; made when the module never mentions the name itself. */
static uint32_t use_in_module(struct lower *l, uint32_t name)
{
    return use_in_scope(l, 0, name);
}

static uint32_t use_in_enclosing_function(struct lower *l, uint32_t scope, uint32_t name)
{
    while (scope != 0) {
        l->scope = scope;
        uint32_t use = captured_comprehension_name(l, name);
        if (use != NONE) {
            return use;
        }
        scope = l->scopes.items[scope].parent;
        if (l->scopes.items[scope].kind == SCOPE_CLASS || scope == 0) {
            continue;
        }
        use = pair_table_get(&l->use_table, pair_key(scope, name));
        if (use != TABLE_NONE && owns_itself(&l->uses.items[use])) {
            return use;
        }
    }
    return NONE;
}

static uint32_t owning_use(struct lower *l, uint32_t i)
{
    struct use use = l->uses.items[i];
    if (use.scope == 0 || owns_itself(&use)) {
        return i;
    }
    uint32_t owner = use.is_global ? NONE : use_in_enclosing_function(l, use.scope, use.name);
    return owner != NONE ? owner : use_in_module(l, use.name);
}

static void hand_over_flags(struct lower *l, uint32_t from, uint32_t to)
{
    const struct use *use = &l->uses.items[from];
    struct use *owner = &l->uses.items[to];
    uint32_t bound = use->flags & (VARIABLE_IS_BOUND | VARIABLE_IS_IMPORTED | VARIABLE_IS_DELETED);
    if (use->is_global || use->is_nonlocal) {
        owner->flags |= VARIABLE_IS_DECLARED;
        owner->flags |= bound;
        owner->flags |= bound & VARIABLE_IS_BOUND ? (uint32_t)VARIABLE_IS_REBOUND : 0;
    }
    if (owner->scope != 0) {
        owner->flags |= VARIABLE_IS_CAPTURED;
    }
}

static void find_owners(struct lower *l)
{
    for (uint32_t i = 0; i < l->uses.n; i++) { /* grows: names only the module can own */
        uint32_t owner = owning_use(l, i);
        l->uses.items[i].owner = owner;
        if (owner != i) {
            hand_over_flags(l, i, owner);
        }
    }
}

/* Counts each scope's variables and gives each its run of numbers; n_variables is 0 again after. */
static uint32_t lay_out_variables(struct lower *l)
{
    for (size_t i = 0; i < l->uses.n; i++) {
        if (l->uses.items[i].owner == i) {
            l->scopes.items[l->uses.items[i].scope].n_variables++;
        }
    }
    uint32_t n = 0;
    for (size_t i = 0; i < l->scopes.n; i++) {
        l->scopes.items[i].first_variable = n;
        n += l->scopes.items[i].n_variables;
        l->scopes.items[i].n_variables = 0;
    }
    return n;
}

/* The uses that own themselves become `variables`, scope by scope; gives the variable of each. */
static uint32_t *make_variables(struct lower *l)
{
    uint32_t n = lay_out_variables(l);
    for (uint32_t i = 0; i < n; i++) {
        (void)array_push(&l->variables);
    }
    uint32_t *variable_of_use = alloc(l->uses.n * sizeof *variable_of_use);
    for (size_t i = 0; i < l->uses.n; i++) {
        const struct use *use = &l->uses.items[i];
        if (use->owner != i) {
            continue;
        }
        struct scope *scope = &l->scopes.items[use->scope];
        variable_of_use[i] = scope->first_variable + scope->n_variables++;
        l->variables.items[variable_of_use[i]] =
            (struct variable){.name = use->name, .scope = use->scope, .flags = use->flags};
    }
    return variable_of_use;
}

static bool names_a_variable(const struct op *op)
{
    return op->kind == OP_LOAD || op->kind == OP_TARGET_NAME || op->kind == OP_GLOBAL
           || op->kind == OP_NONLOCAL;
}

void names_resolve(struct lower *l)
{
    find_owners(l);
    uint32_t *variable_of_use = make_variables(l);
    for (size_t i = 0; i < l->ops.n; i++) {
        struct op *op = &l->ops.items[i];
        if (names_a_variable(op)) {
            op->a = variable_of_use[l->uses.items[op->a].owner];
        }
    }
    for (size_t i = 0; i < l->parameters.n; i++) {
        struct parameter *parameter = &l->parameters.items[i];
        parameter->variable = variable_of_use[parameter->variable];
    }
    free(variable_of_use);
}
