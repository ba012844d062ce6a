/*
 * values.c - what the ops that make, read and store values do to the heap.
 */
#include "heap/steps.h"

#include <string.h>

/* ---- values */

static uint32_t index_field(const struct walker *w, uint32_t position)
{
    const struct fields *fields = &w->analysis->fields;
    return position < sizeof fields->index / sizeof *fields->index ? fields->index[position]
                                                                   : fields->element;
}

void walk_display(struct walker *w, uint32_t op)
{
    uint32_t n = op_at(w, op)->b;
    bool is_tuple = op_at(w, op)->aux == CONTAINER_TUPLE;
    uint32_t node = new_container(w, (enum container)op_at(w, op)->aux);
    uint32_t set = set_of_node(w, node);
    for (uint32_t i = 0; i < n; i++) {
        const struct op *element = op_at(w, op + 1 + i);
        uint32_t values = value_of(w, element->a);
        if (element->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            copy_elements(w, set, values, op);
            continue;
        }
        store_field(w, set, is_tuple ? index_field(w, i) : key_field(w, element->b), values, op);
    }
    set_value(w, op, set);
}

/* `a, b = value`: the parts of a tuple by their places, of anything else its elements. */
void walk_unpacked(struct walker *w, uint32_t op)
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
    return text[1] == '\0'
           && *position < sizeof w->analysis->fields.index / sizeof *w->analysis->fields.index;
}

/* x[i]; `x.__dict__['a']` is x.a, and a slice is a copy. */
void walk_item(struct walker *w, uint32_t op)
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
        uint32_t field = is_tuple && is_indexed ? index_field(w, position) : key_field(w, o->b);
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
void walk_binary(struct walker *w, uint32_t op)
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
uint32_t results_of(struct walker *w, uint32_t set, bool is_iteration, uint32_t op)
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

/* A future that is kept is not what it gives; of a call that cannot be followed only the outcome
 * matters. */
uint32_t awaited(struct walker *w, uint32_t op)
{
    uint32_t awaitable = op_at(w, op)->a;
    uint32_t set = value_of(w, awaitable), single = set_single(w, set);
    const struct heap_node *n = single == NONE ? NULL : heap_node_at(&w->heap, single);
    bool is_kept = n != NULL && n->class == NONE && op_at(w, awaitable)->kind != OP_CALL
                   && (n->kind == HEAP_RESULT || n->kind == HEAP_PARAMETER || n->kind == HEAP_FREE
                       || n->kind == HEAP_DEREF);
    return is_kept ? set_of_node(w, new_node(w, HEAP_RESULT)) : results_of(w, set, false, op);
}

void walk_entered(struct walker *w, uint32_t op)
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

/* A key worth knowing: one object, not what some element of something may be. */
static uint32_t key_object(const struct walker *w, uint32_t set)
{
    uint32_t single = set_single(w, set);
    uint8_t kind = single == NONE ? HEAP_RESULT : heap_node_at(&w->heap, single)->kind;
    return kind == HEAP_PARAMETER || kind == HEAP_INSTANCE || kind == HEAP_FREE ? set : 0;
}

/* An instance of a class that is no container does with `x[k] = v` what its __setitem__ likes. */
static uint32_t only_item_holders(struct walker *w, uint32_t set)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        uint32_t node = set_at(w, set, i), class = heap_node_at(&w->heap, node)->class;
        if (class == NONE || is_container_class(w->analysis->program, class)) {
            found = set_union(w, found, set_of_node(w, node));
        }
    }
    return found;
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
    uint32_t containers = only_item_holders(w, value_of(w, target->a));
    store_field(w, containers, key_field(w, target->b), values, op);
    if (key != NULL) {
        store_field(w, containers, w->analysis->fields.key, key_object(w, value_of(w, target->b)),
                    op);
    }
}

void walk_store(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    const struct op *target = op_at(w, o->a);
    uint32_t values = value_of(w, o->b);
    if (target->kind == OP_TARGET_NAME) {
        store_variable(w, target->a, narrow_annotated(w, op, values), op);
    } else if (o->flags & OP_IS_AUGMENTED) {
        return; /* the object stays where it is */
    } else if (target->kind == OP_TARGET_ATTRIBUTE) {
        uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, target->b);
        write_attribute(w, value_of(w, target->a), symbol, values, op);
    } else {
        store_item(w, target, values, op);
    }
}

void walk_delete(struct walker *w, uint32_t op)
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

void note_handler_name(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    if (op_at(w, o->b)->kind == OP_CAUGHT && op_at(w, o->a)->kind == OP_TARGET_NAME) {
        *array_push(&w->handler_names) = op_at(w, o->a)->a;
    }
}

void walk_return(struct walker *w, uint32_t op)
{
    if (op_at(w, op)->a != NONE && w->is_live) {
        uint32_t values = value_of(w, op_at(w, op)->a);
        w->returns = set_union(w, w->returns, values);
        if (w->cached_as != NONE && scope_of(w)->n_parameters > 0) {
            uint32_t self = w->facts->parameters[scope_of(w)->first_parameter].variable;
            store_field(w, load_variable(w, self, op), w->cached_as, values, op);
        }
    }
    leave_function(w, op);
}

void walk_attribute(struct walker *w, uint32_t op)
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
void walk_comprehension(struct walker *w, uint32_t op)
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
