/*
 * variables.c - what the names of a function hold, and the cells through which nested functions
 * share them.
 */
#include "heap/steps.h"

/* ---- variables */

uint32_t value_of(const struct walker *w, uint32_t op)
{
    uint32_t index = op - scope_of(w)->first_op;
    return op == NONE || index >= scope_of(w)->n_ops ? 0 : w->values.items[index];
}

/* The cell of a variable of this function that a nested function captures. */
static uint32_t cell_of(struct walker *w, uint32_t variable)
{
    uint32_t index = own_index(w, variable);
    if (w->cells.items[index] == NONE) {
        uint32_t cell = new_node(w, HEAP_CELL);
        heap_node_at(&w->heap, cell)->index = variable;
        w->cells.items[index] = cell;
    }
    return w->cells.items[index];
}

static void fill_cell(struct walker *w, uint32_t variable, uint32_t op)
{
    uint32_t cell = w->cells.items[own_index(w, variable)];
    if (cell != NONE) {
        store_field(w, set_of_node(w, cell), w->analysis->fields.cell,
                    w->variables.items[own_index(w, variable)], op);
    }
}

void store_variable(struct walker *w, uint32_t variable, uint32_t values, uint32_t op)
{
    if (is_own(w, variable)) {
        w->variables.items[own_index(w, variable)] = values;
        w->stored_at.items[own_index(w, variable)] = op;
        fill_cell(w, variable, op);
        return;
    }
    if (is_global_variable(w->facts, variable)) {
        return;
    }
    for (uint32_t i = 0; i < set_size(w, values); i++) { /* nonlocal: the frame holds the cell */
        *array_push(&w->exit_values) =
            (struct exit_value){.variable = variable, .node = set_at(w, values, i), .op = op};
    }
}

uint32_t load_variable(struct walker *w, uint32_t variable, uint32_t op)
{
    if (is_own(w, variable) && w->variables.items[own_index(w, variable)] != 0) {
        return w->variables.items[own_index(w, variable)];
    }
    if (is_own(w, variable) && w->scope != 0) {
        return 0;
    }
    if (is_global_variable(w->facts, variable)) {
        uint32_t node = node_of_entity(w, link_entity(w->analysis->program, w->file, op));
        return node == NONE ? 0 : set_of_node(w, node);
    }
    if (w->facts->scopes[w->facts->variables[variable].scope].kind == SCOPE_CLASS) {
        return 0;
    }
    return set_of_node(w, entity_node(w, HEAP_FREE, w->file, variable));
}

/* ---- nested functions */

/* The function of a scope, made at the op. */
static uint32_t make_function(struct walker *w, uint32_t scope, uint32_t op)
{
    struct analysis *a = w->analysis;
    struct captures captures = a->captures[a->program->link->first_function[w->file] + scope];
    const struct scope *s = &w->facts->scopes[scope];
    if (captures.n == 0 && w->scope == 0) {
        return set_of_node(w, entity_node(w, HEAP_FUNCTION, w->file, scope));
    }
    uint32_t node = new_node(w, HEAP_CLOSURE);
    heap_node_at(&w->heap, node)->index = scope;
    for (uint32_t i = captures.first; i < captures.first + captures.n; i++) {
        uint32_t variable = a->captured.items[i];
        uint32_t name =
            link_symbol_of(a->program->link, w->file, w->facts->variables[variable].name);
        bool is_new = is_own(w, variable) && w->cells.items[own_index(w, variable)] == NONE;
        uint32_t cell = is_own(w, variable) ? cell_of(w, variable)
                                            : entity_node(w, HEAP_FREE, w->file, variable);
        hold(w, node, name, cell, place_at(w, op), 0, op);
        if (is_new) { /* from then on each store fills it */
            fill_cell(w, variable, op);
        }
    }
    for (uint32_t i = s->first_parameter; i < s->first_parameter + s->n_parameters; i++) {
        uint32_t value = value_of(w, w->facts->parameters[i].default_value);
        uint32_t name = link_symbol_of(a->program->link, w->file,
                                       w->facts->variables[w->facts->parameters[i].variable].name);
        store_field(w, set_of_node(w, node), name, value, op);
    }
    return set_of_node(w, node);
}

uint32_t walk_function(struct walker *w, uint32_t op)
{
    return make_function(w, op_at(w, op)->a, op);
}

/* What the class body binds to a variable of this function: `owner = self`. */
static void hold_names(struct walker *w, uint32_t class_set, const struct scope *body, uint32_t op)
{
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *store = op_at(w, i);
        if (store->kind != OP_STORE || store->b == NONE || op_at(w, store->b)->kind != OP_LOAD
            || op_at(w, store->a)->kind != OP_TARGET_NAME || !is_own(w, op_at(w, store->b)->a)) {
            continue;
        }
        uint32_t name = w->facts->variables[op_at(w, store->a)->a].name;
        store_field(w, class_set, link_symbol_of(w->analysis->program->link, w->file, name),
                    load_variable(w, op_at(w, store->b)->a, i), op);
    }
}

/* A class that a function makes holds its methods, and they the variables they capture. */
uint32_t walk_class(struct walker *w, uint32_t op)
{
    uint32_t scope = op_at(w, op)->a;
    uint32_t class = classes_of_scope(w->analysis->program, w->file, scope);
    bool is_made = w->scope != 0;
    uint32_t node = is_made ? new_node(w, HEAP_CLASS) : entity_node(w, HEAP_CLASS, w->file, scope);
    uint32_t set = set_of_node(w, node);
    heap_node_at(&w->heap, node)->class = class;
    if (!is_made) {
        return set;
    }
    const struct scope *body = &w->facts->scopes[scope];
    heap_node_at(&w->heap, node)->index = scope;
    heap_node_at(&w->heap, node)->flags |= NODE_IS_MADE;
    for (uint32_t i = body->first_child; i < body->first_child + body->n_children; i++) {
        const struct scope *s = &w->facts->scopes[i];
        uint32_t function = w->analysis->program->link->first_function[w->file] + i;
        if (s->kind == SCOPE_FUNCTION && w->analysis->captures[function].n > 0) {
            store_field(w, set, link_symbol_of(w->analysis->program->link, w->file, s->name),
                        make_function(w, i, op), op);
        }
    }
    hold_names(w, set, body, op);
    return set;
}
