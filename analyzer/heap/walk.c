/*
 * walk.c - going through the ops of one function: values, variables and control flow.
 */
#include "heap/walk.h"

#include <string.h>

/* ---- variables */

static const struct scope *scope_of(const struct walker *w)
{
    return &w->facts->scopes[w->scope];
}

static bool is_own(const struct walker *w, uint32_t variable)
{
    const struct scope *scope = scope_of(w);
    return variable - scope->first_variable < scope->n_variables;
}

static uint32_t own_index(const struct walker *w, uint32_t variable)
{
    return variable - scope_of(w)->first_variable;
}

uint32_t value_of(const struct walker *w, uint32_t op)
{
    uint32_t index = op - scope_of(w)->first_op;
    return op == NONE || index >= scope_of(w)->n_ops ? 0 : w->values.items[index];
}

static void set_value(struct walker *w, uint32_t op, uint32_t set)
{
    w->values.items[op - scope_of(w)->first_op] = set;
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

static void store_variable(struct walker *w, uint32_t variable, uint32_t values, uint32_t op)
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

static uint32_t load_variable(struct walker *w, uint32_t variable, uint32_t op)
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

static uint32_t walk_function(struct walker *w, uint32_t op)
{
    uint32_t scope = op_at(w, op)->a;
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
        uint32_t cell = is_own(w, variable) ? cell_of(w, variable)
                                            : entity_node(w, HEAP_FREE, w->file, variable);
        hold(w, node, name, cell, place_at(w, op), 0, op);
        if (is_own(w, variable)) {
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

/* ---- contexts and joins */

static uint32_t enter_context(struct walker *w, uint32_t parent, uint32_t construct, uint32_t part,
                              bool is_exclusive)
{
    *array_push(&w->contexts) = (struct context){
        .parent = parent, .construct = construct, .part = part, .is_exclusive = is_exclusive};
    return (uint32_t)w->contexts.n - 1;
}

static uint32_t save_variables(struct walker *w)
{
    uint32_t at = (uint32_t)w->saved_variables.n;
    for (size_t i = 0; i < w->variables.n; i++) {
        *array_push(&w->saved_variables) = w->variables.items[i];
    }
    return at;
}

static void restore_variables(struct walker *w, uint32_t saved)
{
    if (w->variables.n > 0) {
        memcpy(w->variables.items, w->saved_variables.items + saved,
               w->variables.n * sizeof *w->variables.items);
    }
}

/* The variables are what they are now or what they were when saved. */
static void join_variables(struct walker *w, uint32_t saved)
{
    for (size_t i = 0; i < w->variables.n; i++) {
        w->variables.items[i] =
            set_union(w, w->variables.items[i], w->saved_variables.items[saved + i]);
    }
}

/* The part that ends is one way to come to what follows. */
static void merge_part(struct walker *w, struct walk_control *c)
{
    if (!w->is_live) {
        return;
    }
    for (size_t i = 0; i < w->variables.n; i++) {
        uint32_t *merged = &w->saved_variables.items[c->merged + i];
        *merged =
            c->has_merged ? set_union(w, *merged, w->variables.items[i]) : w->variables.items[i];
    }
    c->has_merged = true;
}

static void take_merged(struct walker *w, const struct walk_control *c)
{
    if (c->has_merged) {
        restore_variables(w, c->merged);
    }
    w->is_live = c->has_merged;
}

static void begin_control(struct walker *w, uint32_t op, bool is_exclusive)
{
    uint32_t construct = ++w->n_constructs;
    struct walk_control control = {.op = op,
                                   .saved = save_variables(w),
                                   .merged = save_variables(w),
                                   .body = NONE,
                                   .context = w->context,
                                   .construct = construct,
                                   .n_handler_names = (uint32_t)w->handler_names.n,
                                   .was_live = w->is_live};
    *array_push(&w->controls) = control;
    w->context = enter_context(w, w->context, construct, 0, is_exclusive);
}

/* ---- leaving the function */

static bool is_handler_name(const struct walker *w, uint32_t variable)
{
    for (size_t i = 0; i < w->handler_names.n; i++) {
        if (w->handler_names.items[i] == variable) {
            return true;
        }
    }
    return false;
}

/* What the locals hold when the frame is left for good; `except … as name` has been deleted by
 * then. */
static void keep_exit_values(struct walker *w)
{
    for (uint32_t i = 0; i < w->variables.n; i++) {
        uint32_t set = w->variables.items[i];
        uint32_t variable = scope_of(w)->first_variable + i;
        if (set == 0 || is_handler_name(w, variable)) {
            continue;
        }
        for (uint32_t j = 0; j < set_size(w, set); j++) {
            *array_push(&w->exit_values) = (struct exit_value){
                .variable = variable, .node = set_at(w, set, j), .op = w->stored_at.items[i]};
        }
    }
}

/* A handler ends here: only what the locals hold now can have been held with its exception. */
static void keep_handler_values(struct walker *w)
{
    if (w->exception == NONE || !w->is_live) {
        return;
    }
    for (uint32_t i = 0; i < w->variables.n; i++) {
        uint32_t set = w->variables.items[i];
        for (uint32_t j = 0; j < set_size(w, set); j++) {
            uint32_t variable = scope_of(w)->first_variable + i;
            pair_table_put(&w->handler_values, pair_key(variable, set_at(w, set, j)), 1);
        }
    }
}

static struct walk_control *innermost_finally(struct walker *w)
{
    for (size_t i = w->controls.n; i-- > 0;) {
        struct walk_control *c = &w->controls.items[i];
        if (op_at(w, c->op)->kind == OP_TRY && c->has_exit) {
            return c;
        }
    }
    return NULL;
}

static bool has_finally(const struct walker *w, uint32_t try)
{
    uint32_t end = op_at(w, try)->b;
    for (uint32_t i = try + 1; i < end; i++) {
        const struct op *op = op_at(w, i);
        if (op->kind == OP_FINALLY && op->b == end) {
            return true;
        }
    }
    return false;
}

static void leave_function(struct walker *w)
{
    keep_handler_values(w);
    if (w->is_live && innermost_finally(w) == NULL) {
        keep_exit_values(w);
    }
    w->is_live = false;
}

/* ---- what a condition tells of a variable */

static bool is_len(const struct walker *w, const struct op *call)
{
    const struct op *callee = op_at(w, call->a);
    return call->b == 1 && callee->kind == OP_LOAD && is_builtin_variable(w->facts, callee->a)
           && strcmp(variable_name(w->facts, callee->a), "len") == 0;
}

/* The variable of `x`, `len(x)`, `x is None`, or of their contrary: then `*is_true` is turned. */
static uint32_t tested_variable(const struct walker *w, uint32_t condition, bool *is_true)
{
    const struct op *o = op_at(w, condition);
    for (; o->kind == OP_UNARY && o->aux == OPERATOR_NOT; o = op_at(w, o->a)) {
        *is_true = !*is_true;
    }
    if (o->kind == OP_CALL && is_len(w, o)) {
        o = op_at(w, op_at(w, (uint32_t)(o - w->facts->ops) + 1)->a);
    } else if (o->kind == OP_COMPARE && (o->aux == OPERATOR_IS || o->aux == OPERATOR_IS_NOT)
               && op_at(w, o->b)->kind == OP_CONSTANT && op_at(w, o->b)->aux == CONSTANT_NONE) {
        *is_true = *is_true == (o->aux == OPERATOR_IS_NOT);
        o = op_at(w, o->a);
    }
    return o->kind == OP_LOAD && is_own(w, o->a) ? o->a : NONE;
}

/* The condition of `control` turned out false (or true, when negated): what is None or empty holds
 * nothing.  An empty container may yet be filled where it was asked for, `if not found:`. */
static void assume(struct walker *w, uint32_t control, bool is_true, bool may_be_filled)
{
    const struct op *o = op_at(w, control);
    if (o->kind != OP_IF || o->a == NONE || o->flags & OP_IS_PATTERN) {
        return;
    }
    is_true = is_true != ((o->flags & OP_IS_NEGATED) != 0);
    uint32_t variable = tested_variable(w, o->a, &is_true);
    if (variable == NONE || is_true || w->cells.items[own_index(w, variable)] != NONE) {
        return;
    }
    uint32_t old = w->variables.items[own_index(w, variable)], kept = 0;
    for (uint32_t i = 0; i < set_size(w, old); i++) {
        uint8_t kind = heap_node_at(&w->heap, set_at(w, old, i))->kind;
        if (kind != HEAP_EXCEPTION && (kind != HEAP_CONTAINER || may_be_filled)) {
            kept = set_union(w, kept, set_of_node(w, set_at(w, old, i)));
        }
    }
    w->variables.items[own_index(w, variable)] = kept;
}

/* ---- control ops */

/* After a handler nothing is being handled (one within another's handler is rare enough). */
static void end_handler(struct walker *w, const struct walk_control *c)
{
    if (op_at(w, c->op)->kind == OP_TRY && c->part > 0) {
        keep_handler_values(w);
        w->exception = NONE;
    }
}

static void walk_else(struct walker *w, uint32_t op)
{
    struct walk_control *c = array_last(&w->controls);
    uint8_t kind = op_at(w, c->op)->kind;
    if (kind == OP_LOOP) {
        return; /* runs after the loop, with what it left */
    }
    end_handler(w, c);
    merge_part(w, c);
    c = array_last(&w->controls);
    c->has_else = true;
    c->part++;
    if (kind == OP_IF) {
        restore_variables(w, c->saved);
        w->is_live = c->was_live;
        w->context = enter_context(w, c->context, c->construct, c->part, true);
        assume(w, c->op, false, false);
    } else { /* of TRY: the body went well */
        c->has_merged = c->has_merged && c->part > 1;
        if (c->body != NONE) {
            restore_variables(w, c->body);
        }
        w->is_live = c->was_live;
    }
    (void)op;
}

static void walk_except(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    end_handler(w, c);
    if (c->body == NONE) {
        uint32_t body = save_variables(w);
        c = array_last(&w->controls);
        c->body = body;
    }
    merge_part(w, c);
    c = array_last(&w->controls);
    restore_variables(w, c->saved);
    join_variables(w, c->body);
    w->is_live = c->was_live;
    c->part++;
    w->context = enter_context(w, c->context, c->construct, c->part, false);
    w->exception = NONE;
}

static void walk_finally(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    end_handler(w, c);
    merge_part(w, c);
    c = array_last(&w->controls);
    bool was_live = c->has_merged;
    if (c->has_merged) {
        restore_variables(w, c->merged);
    }
    join_variables(w, c->saved);
    c->has_merged = was_live;
    c->has_exit = false; /* what leaves now leaves through here */
    c->part = UINT32_MAX;
    w->is_live = true;
    w->context = c->context;
    w->exception = NONE;
}

static void end_if(struct walker *w, struct walk_control *c)
{
    merge_part(w, c);
    c = array_last(&w->controls);
    if (!c->has_else && c->was_live) {
        uint32_t merged = c->has_merged ? c->merged : NONE;
        restore_variables(w, c->saved);
        assume(w, c->op, false, false);
        if (merged != NONE) {
            join_variables(w, merged);
        }
        w->is_live = true;
        return;
    }
    take_merged(w, c);
}

static void end_try(struct walker *w, struct walk_control *c)
{
    if (c->part == UINT32_MAX) { /* after `finally`; it also ran when the function was left */
        keep_exit_values(w);
        w->is_live = w->is_live && c->has_merged;
        return;
    }
    merge_part(w, c);
    take_merged(w, array_last(&w->controls));
}

/* A second turn makes nodes of its own and sees what the first one left. */
static bool goes_round_again(struct walker *w, struct walk_control *c)
{
    const struct op *loop = op_at(w, c->op);
    if (loop->aux == LOOP_COMPREHENSION || c->is_second_turn || w->n_twice >= MAX_LOOP_TWICE
        || w->heap.is_cut || (c->was_live && !w->is_live && !c->has_continued)) {
        return false;
    }
    c->is_second_turn = true;
    c->is_twice = true;
    w->n_twice++;
    w->is_live = c->was_live;
    w->pc = c->op; /* the caller steps to the op after */
    return true;
}

/* A `while` is left at its test or by `break`; a `for` also when there is nothing to go through. */
static void end_loop(struct walker *w, struct walk_control *c)
{
    w->n_twice -= c->is_twice;
    if (op_at(w, c->op)->aux == LOOP_WHILE) {
        take_merged(w, c);
        return;
    }
    merge_part(w, c);
    take_merged(w, c);
    join_variables(w, c->saved);
    w->is_live = c->was_live;
}

static struct walk_control *loop_around(struct walker *w)
{
    for (size_t i = w->controls.n; i-- > 0;) {
        const struct op *op = op_at(w, w->controls.items[i].op);
        if (op->kind == OP_LOOP && op->aux != LOOP_COMPREHENSION) {
            return &w->controls.items[i];
        }
    }
    return NULL;
}

static bool is_true(const struct op *op)
{
    return op->kind == OP_CONSTANT
           && (op->aux == CONSTANT_TRUE || (op->aux == CONSTANT_INTEGER && op->length_low == 1));
}

static void walk_test(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL && !is_true(op_at(w, op_at(w, op)->a))) {
        merge_part(w, loop);
    }
}

/* The names of handlers that a jump to the loop's end leaves: Python deletes them on the way. */
static void leave_handlers(struct walker *w, const struct walk_control *loop, uint32_t op)
{
    keep_handler_values(w);
    for (size_t i = loop->n_handler_names; i < w->handler_names.n; i++) {
        store_variable(w, w->handler_names.items[i], 0, op);
    }
}

static void walk_break(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL && w->is_live) {
        leave_handlers(w, loop, op);
        merge_part(w, loop);
    }
    w->is_live = false;
}

/* A `for` may have nothing more to go through. */
static void walk_continue(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL) {
        loop->has_continued = true;
    }
    if (loop != NULL && w->is_live && op_at(w, loop->op)->aux == LOOP_FOR) {
        leave_handlers(w, loop, op);
        merge_part(w, loop);
    }
    w->is_live = false;
}

static void walk_end(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    uint8_t kind = op_at(w, c->op)->kind;
    if (kind == OP_LOOP && goes_round_again(w, c)) {
        return;
    }
    if (kind == OP_IF) {
        end_if(w, c);
    } else if (kind == OP_LOOP) {
        end_loop(w, c);
    } else if (kind == OP_TRY) {
        end_handler(w, c);
        end_try(w, c);
    }
    w->context = array_last(&w->controls)->context;
    w->saved_variables.n = array_last(&w->controls)->saved;
    w->controls.n--;
}

static void walk_caught(struct walker *w, uint32_t op)
{
    uint32_t type = op_at(w, op)->a;
    struct entity entity = {.kind = ENTITY_NOTHING};
    if (type != NONE && (op_at(w, type)->kind == OP_LOAD || op_at(w, type)->kind == OP_ATTRIBUTE)) {
        entity = link_entity(w->analysis->program, w->file, type);
    }
    uint32_t foreign = entity.kind == ENTITY_FOREIGN ? entity.index : NONE;
    w->exception = make_exception(w, class_of_entity(w->analysis, entity), foreign, op);
    set_value(w, op, set_of_node(w, w->exception));
}

/* ---- values */

static uint32_t index_field(const struct walker *w, uint32_t position)
{
    const struct fields *fields = &w->analysis->fields;
    return position < sizeof fields->index / sizeof *fields->index ? fields->index[position]
                                                                   : fields->element;
}

static void walk_display(struct walker *w, uint32_t op)
{
    uint32_t n = op_at(w, op)->b;
    bool is_tuple = op_at(w, op)->aux == CONTAINER_TUPLE;
    uint32_t node = new_container(w, (enum container)op_at(w, op)->aux);
    uint32_t set = set_of_node(w, node);
    for (uint32_t i = 0; i < n; i++) {
        const struct op *element = op_at(w, op + 1 + i);
        uint32_t values = value_of(w, element->a);
        uint32_t field = is_tuple ? index_field(w, i) : w->analysis->fields.element;
        if (element->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            values = load_elements(w, values, op);
            field = w->analysis->fields.element;
        }
        store_field(w, set, field, values, op);
    }
    set_value(w, op, set);
}

/* `a, b = value`: the parts of a tuple by their places, of anything else its elements. */
static void walk_unpacked(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    uint32_t set = value_of(w, o->a), found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        uint32_t node = set_at(w, set, i);
        uint32_t part = load_field(w, node, index_field(w, o->b), op);
        found = set_union(w, found, part);
    }
    if (o->flags & OP_IS_STARRED) {
        uint32_t rest = set_of_node(w, new_container(w, CONTAINER_LIST));
        add_elements(w, rest, found, op);
        found = rest;
    }
    set_value(w, op, found);
}

static bool is_constant_index(const struct walker *w, uint32_t value, uint32_t *position)
{
    const struct op *op = value == NONE ? NULL : op_at(w, value);
    if (op == NULL || op->kind != OP_CONSTANT || op->aux != CONSTANT_INTEGER || op->a == NONE) {
        return false;
    }
    const char *text = facts_name(w->facts, op->a);
    *position = (uint32_t)(*text - '0');
    return text[1] == '\0' && *position < 4;
}

/* x[i]; `x.__dict__['a']` is x.a, and a slice is a copy. */
static void walk_item(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    uint32_t set = value_of(w, o->a), found = 0, position = 0;
    if (o->b != NONE && op_at(w, o->b)->kind == OP_SLICE) {
        found = set_of_node(w, new_container(w, CONTAINER_LIST));
        add_elements(w, found, load_elements(w, set, op), op);
        set_value(w, op, found);
        return;
    }
    bool is_indexed = is_constant_index(w, o->b, &position);
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        uint32_t node = set_at(w, set, i);
        const struct heap_node *n = heap_node_at(&w->heap, node);
        bool is_tuple = n->kind == HEAP_CONTAINER && n->container == CONTAINER_TUPLE;
        uint32_t field =
            is_tuple && is_indexed ? index_field(w, position) : w->analysis->fields.element;
        found = set_union(w, found, load_field(w, node, field, op));
    }
    set_value(w, op, found);
}

/* What is known to be a container: most things that are added are numbers or strings. */
static uint32_t only_containers(struct walker *w, uint32_t set)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        const struct heap_node *n = heap_node_at(&w->heap, set_at(w, set, i));
        if (n->kind == HEAP_CONTAINER || (n->kind == HEAP_DEREF && n->container != 0)) {
            found = set_union(w, found, set_of_node(w, set_at(w, set, i)));
        }
    }
    return found;
}

/* list + list, and `list += …`, which keeps the object. */
static void walk_binary(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    uint32_t left = value_of(w, o->a), right = value_of(w, o->b);
    if (o->aux != OPERATOR_ADD && o->aux != OPERATOR_BIT_OR) {
        set_value(w, op, 0);
        return;
    }
    if (o->flags & OP_IS_AUGMENTED) {
        add_elements(w, left, load_elements(w, right, op), op);
        set_value(w, op, left);
        return;
    }
    left = only_containers(w, left);
    right = only_containers(w, right);
    uint32_t elements = set_union(w, load_elements(w, left, op), load_elements(w, right, op));
    uint32_t sum = elements == 0 ? 0 : set_of_node(w, new_container(w, CONTAINER_LIST));
    add_elements(w, sum, elements, op);
    set_value(w, op, sum);
}

/* Waiting for a coroutine gives what it returns; iterating a generator what it yields. */
static uint32_t results_of(struct walker *w, uint32_t set, bool is_iteration, uint32_t op)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        struct heap_node n = *heap_node_at(&w->heap, set_at(w, set, i));
        uint32_t one = set_of_node(w, set_at(w, set, i));
        found = set_union(w, found,
                          n.kind == HEAP_GENERATOR ? n.values
                          : is_iteration           ? load_elements(w, one, op)
                                                   : one);
    }
    return found;
}

static void walk_entered(struct walker *w, uint32_t op)
{
    uint32_t set = value_of(w, op_at(w, op)->a);
    uint32_t single = set_single(w, set), value = set;
    uint32_t class = single == NONE ? NONE : heap_node_at(&w->heap, single)->class;
    struct method method;
    if (class != NONE && classes_find_method(w->analysis->program, class, "__enter__", &method)) {
        if (!call_method(w, single, method.file, method.scope, 0, op, &value)) {
            return;
        }
    }
    set_value(w, op, value);
}

/* ---- stores */

static bool is_dict_of_object(const struct walker *w, uint32_t value)
{
    const struct op *op = op_at(w, value);
    return op->kind == OP_ATTRIBUTE && strcmp(facts_name(w->facts, op->b), "__dict__") == 0;
}

/* x[k] = v; `x.__dict__['a'] = v` is x.a = v. */
static void store_item(struct walker *w, const struct op *target, uint32_t values, uint32_t op)
{
    const struct op *key = target->b == NONE ? NULL : op_at(w, target->b);
    if (is_dict_of_object(w, target->a) && key != NULL && key->kind == OP_CONSTANT
        && key->aux == CONSTANT_STRING && key->a != NONE) {
        uint32_t object = value_of(w, op_at(w, target->a)->a);
        store_field(w, object, link_symbol_of(w->analysis->program->link, w->file, key->a), values,
                    op);
        return;
    }
    if (key != NULL && key->kind == OP_SLICE) {
        add_elements(w, value_of(w, target->a), load_elements(w, values, op), op);
        return;
    }
    add_elements(w, value_of(w, target->a), values, op);
    if (key != NULL) {
        store_field(w, value_of(w, target->a), w->analysis->fields.key, value_of(w, target->b), op);
    }
}

static void walk_store(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    const struct op *target = op_at(w, o->a);
    uint32_t values = value_of(w, o->b);
    if (target->kind == OP_TARGET_NAME) {
        store_variable(w, target->a, values, op);
    } else if (o->flags & OP_IS_AUGMENTED) {
        return; /* the object stays where it is */
    } else if (target->kind == OP_TARGET_ATTRIBUTE) {
        uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, target->b);
        write_attribute(w, value_of(w, target->a), symbol, values, op);
    } else {
        store_item(w, target, values, op);
    }
}

static void walk_delete(struct walker *w, uint32_t op)
{
    const struct op *target = op_at(w, op_at(w, op)->a);
    if (target->kind == OP_TARGET_NAME) {
        store_variable(w, target->a, 0, op);
    } else if (target->kind == OP_TARGET_ATTRIBUTE) {
        uint32_t single = set_single(w, value_of(w, target->a));
        if (single != NONE) {
            kill_field(w, single, link_symbol_of(w->analysis->program->link, w->file, target->b));
        }
    }
    if (op_at(w, op)->flags & OP_IS_IMPLICIT && w->handler_names.n > 0) {
        w->handler_names.n--;
    }
}

static void note_handler_name(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    if (op_at(w, o->b)->kind == OP_CAUGHT && op_at(w, o->a)->kind == OP_TARGET_NAME) {
        *array_push(&w->handler_names) = op_at(w, o->a)->a;
    }
}

static void walk_return(struct walker *w, uint32_t op)
{
    if (op_at(w, op)->a != NONE && w->is_live) {
        uint32_t values = value_of(w, op_at(w, op)->a);
        w->returns = set_union(w, w->returns, values);
        if (w->cached_as != NONE && scope_of(w)->n_parameters > 0) {
            uint32_t self = w->facts->parameters[scope_of(w)->first_parameter].variable;
            store_field(w, load_variable(w, self, op), w->cached_as, values, op);
        }
    }
    leave_function(w);
}

static void walk_attribute(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    if (w->is_callee.items[op - scope_of(w)->first_op]) {
        return;
    }
    uint32_t objects = value_of(w, o->a);
    uint32_t single = set_single(w, objects), value = 0;
    uint8_t kind = single == NONE ? HEAP_RESULT : heap_node_at(&w->heap, single)->kind;
    if (kind == HEAP_MODULE || kind == HEAP_FOREIGN) {
        uint32_t node = node_of_entity(w, link_entity(w->analysis->program, w->file, op));
        value = node == NONE ? 0 : set_of_node(w, node);
    } else {
        uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, o->b);
        if (!read_attribute(w, objects, symbol, op, &value)) {
            return;
        }
    }
    set_value(w, op, value);
}

/* A generator expression holds the variables it names; a list is done when it is there. */
static void walk_comprehension(struct walker *w, uint32_t op)
{
    uint32_t node = new_container(w, (enum container)op_at(w, op)->aux);
    heap_node_at(&w->heap, node)->index = w->scope;
    set_value(w, op, set_of_node(w, node));
    if (op_at(w, op)->aux != CONTAINER_GENERATOR) {
        return;
    }
    for (uint32_t i = op + 1; i < op_at(w, op)->b; i++) {
        const struct op *load = op_at(w, i);
        if (load->kind != OP_LOAD || !is_own(w, load->a)) {
            continue;
        }
        uint32_t name =
            link_symbol_of(w->analysis->program->link, w->file, w->facts->variables[load->a].name);
        store_field(w, set_of_node(w, node), name, load_variable(w, load->a, i), op);
    }
}

/* ---- one op */

static void walk_op(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    switch ((enum op_kind)o->kind) {
    case OP_LOAD:
        set_value(w, op, load_variable(w, o->a, op));
        break;
    case OP_ATTRIBUTE:
        walk_attribute(w, op);
        break;
    case OP_ITEM:
        walk_item(w, op);
        break;
    case OP_CALL:
        walk_call(w, op);
        break;
    case OP_DISPLAY:
        walk_display(w, op);
        break;
    case OP_COMPREHENSION:
        walk_comprehension(w, op);
        begin_control(w, op, false);
        break;
    case OP_COLLECT:
        add_elements(w, value_of(w, o->a), value_of(w, o->b), op);
        break;
    case OP_FUNCTION:
        set_value(w, op, walk_function(w, op));
        break;
    case OP_CLASS: {
        uint32_t node = entity_node(w, HEAP_CLASS, w->file, o->a);
        heap_node_at(&w->heap, node)->class = classes_of_scope(w->analysis->program, w->file, o->a);
        set_value(w, op, set_of_node(w, node));
        break;
    }
    case OP_BINARY:
        walk_binary(w, op);
        break;
    case OP_EITHER:
        /* `x and y` is x only when x is false: nothing, or an empty container */
        set_value(w, op,
                  o->aux == OPERATOR_AND ? value_of(w, o->b)
                                         : set_union(w, value_of(w, o->a), value_of(w, o->b)));
        break;
    case OP_AWAIT:
    case OP_YIELD_FROM:
        set_value(w, op, results_of(w, value_of(w, o->a), false, op));
        break;
    case OP_YIELD:
        w->returns = set_union(w, w->returns, value_of(w, o->a));
        break;
    case OP_NEXT:
        set_value(w, op, results_of(w, value_of(w, o->a), true, op));
        break;
    case OP_UNPACKED:
        walk_unpacked(w, op);
        break;
    case OP_ENTERED:
        walk_entered(w, op);
        break;
    case OP_CAUGHT:
        walk_caught(w, op);
        break;
    case OP_MATCHED:
        set_value(w, op, set_of_node(w, new_node(w, HEAP_RESULT)));
        break;
    case OP_STORE:
        walk_store(w, op);
        note_handler_name(w, op);
        break;
    case OP_DELETE:
        walk_delete(w, op);
        break;
    case OP_RETURN:
        walk_return(w, op);
        break;
    case OP_RAISE:
        leave_function(w);
        break;
    case OP_BREAK:
        walk_break(w, op);
        break;
    case OP_CONTINUE:
        walk_continue(w, op);
        break;
    case OP_TEST:
        walk_test(w, op);
        break;
    case OP_IF:
        begin_control(w, op, true);
        assume(w, op, true, true);
        break;
    case OP_LOOP:
    case OP_WITH:
        begin_control(w, op, false);
        if (o->kind == OP_WITH) {
            w->context = array_last(&w->controls)->context; /* it always runs */
        }
        break;
    case OP_TRY:
        begin_control(w, op, false);
        array_last(&w->controls)->has_exit = has_finally(w, op);
        w->context = array_last(&w->controls)->context;
        break;
    case OP_ELSE:
        walk_else(w, op);
        break;
    case OP_EXCEPT:
        walk_except(w);
        break;
    case OP_FINALLY:
        walk_finally(w);
        break;
    case OP_END:
        walk_end(w);
        break;
    case OP_NOTHING:
    case OP_CONSTANT:
    case OP_SLICE:
    case OP_ARGUMENT:
    case OP_ELEMENT:
    case OP_UNARY:
    case OP_COMPARE:
    case OP_IMPORT:
    case OP_IMPORT_FROM:
    case OP_IMPORT_STAR:
    case OP_TARGET_NAME:
    case OP_TARGET_ATTRIBUTE:
    case OP_TARGET_ITEM:
    case OP_ANNOTATE:
    case OP_EXPRESSION:
    case OP_ASSERT:
    case OP_GLOBAL:
    case OP_NONLOCAL:
    case N_OP_KINDS:
        break;
    }
}

/* ---- beginning and end */

static void reset(struct walker *w)
{
    local_heap_clear(&w->heap);
    w->sets.n = w->values.n = w->variables.n = w->cells.n = w->stored_at.n = w->saved_variables.n =
        0;
    w->controls.n = w->contexts.n = w->is_callee.n = w->candidates.n = w->candidate_edges.n = 0;
    w->exit_values.n = w->handler_names.n = w->kills.n = 0;
    pair_table_clear(&w->singles);
    pair_table_clear(&w->entities);
    pair_table_clear(&w->derefs);
    pair_table_clear(&w->handler_values);
    w->has_own_frame = false;
    w->context = w->n_constructs = w->n_calls = w->n_twice = w->n_searches = w->call = 0;
    w->frame = w->exception = NONE;
    w->returns = 0;
    w->is_live = true;
    w->wants_callee = false;
    *array_push(&w->sets) = 0; /* the empty set */
    *array_push(&w->contexts) = (struct context){0};
}

static bool is_class_method(const struct walker *w)
{
    const struct scope *scope = scope_of(w);
    return scope->kind == SCOPE_FUNCTION && w->facts->scopes[scope->parent].kind == SCOPE_CLASS
           && facts_first_decorator(w->facts, w->scope) != NONE
           && facts_find_decorator(w->facts, w->scope, "classmethod") != NONE;
}

static void start_parameters(struct walker *w)
{
    const struct scope *scope = scope_of(w);
    for (uint32_t i = 0; i < scope->n_parameters && i < MAX_ARGUMENTS; i++) {
        const struct parameter *p = &w->facts->parameters[scope->first_parameter + i];
        uint32_t node = new_node(w, HEAP_PARAMETER);
        struct heap_node *n = heap_node_at(&w->heap, node);
        n->index = i;
        if (p->kind == PARAMETER_STAR || p->kind == PARAMETER_DOUBLE_STAR) {
            n->container = p->kind == PARAMETER_STAR ? CONTAINER_TUPLE : CONTAINER_DICT;
        } else {
            n->class = class_of_annotation(w->analysis, w->file, p->annotation);
        }
        if (i == 0 && is_class_method(w) && is_own(w, p->variable) && w->class != NONE) {
            w->variables.items[own_index(w, p->variable)] = set_of_node(w, class_node(w, w->class));
            continue;
        }
        if (i == 0 && classes_self_of(w->facts, w->scope) == p->variable) {
            n->class = w->class;
            n->flags |= NODE_IS_SELF;
        }
        if (is_own(w, p->variable)) {
            w->variables.items[own_index(w, p->variable)] = set_of_node(w, node);
        }
    }
}

void walker_start(struct walker *w, struct analysis *analysis, uint32_t file, uint32_t scope)
{
    reset(w);
    w->analysis = analysis;
    w->facts = analysis->program->files[file];
    w->file = file;
    w->scope = scope;
    const struct scope *s = scope_of(w);
    uint32_t class_scope = classes_around(w->facts, scope);
    w->class = class_scope == NONE ? NONE : classes_of_scope(analysis->program, file, class_scope);
    w->pc = s->first_op;
    for (uint32_t i = 0; i < s->n_ops; i++) {
        *array_push(&w->values) = 0;
        *array_push(&w->is_callee) = false;
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        if (op->kind == OP_CALL && op_at(w, op->a)->kind == OP_ATTRIBUTE) {
            w->is_callee.items[op->a - s->first_op] = true;
        }
    }
    for (uint32_t i = 0; i < s->n_variables; i++) {
        *array_push(&w->variables) = 0;
        *array_push(&w->cells) = NONE;
        *array_push(&w->stored_at) = NONE;
    }
    w->cached_as = s->kind == SCOPE_FUNCTION && w->class != NONE
                       ? cached_attribute(analysis->program, file, scope)
                       : NONE;
    start_parameters(w);
}

static void finish(struct walker *w)
{
    if (w->is_live) {
        keep_exit_values(w);
    }
    find_frame_circles(w);
    report_circles(w);
    summary_make(w);
    w->analysis->heap->n_cut += w->heap.is_cut;
}

bool walker_run(struct walker *w)
{
    uint32_t end = scope_of(w)->first_op + scope_of(w)->n_ops;
    for (; w->pc < end; w->pc++) {
        w->wants_callee = false;
        walk_op(w, w->pc);
        if (w->wants_callee) {
            return false;
        }
    }
    finish(w);
    return true;
}

void walker_free(struct walker *w)
{
    local_heap_free(&w->heap);
    array_free(&w->sets);
    array_free(&w->values);
    array_free(&w->variables);
    array_free(&w->cells);
    array_free(&w->stored_at);
    array_free(&w->saved_variables);
    array_free(&w->controls);
    array_free(&w->contexts);
    array_free(&w->is_callee);
    array_free(&w->candidates);
    array_free(&w->candidate_edges);
    array_free(&w->exit_values);
    array_free(&w->handler_names);
    array_free(&w->kills);
    pair_table_free(&w->singles);
    pair_table_free(&w->entities);
    pair_table_free(&w->derefs);
    pair_table_free(&w->handler_values);
}
