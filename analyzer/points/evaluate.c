/*
 * evaluate.c - one pass over the ops of a function.
 */
#include "points/solver.h"

#include <string.h>

uint32_t made_here(struct points *p, enum points_kind kind, uint8_t aux, uint32_t op, uint32_t c)
{
    return object_number(p, (struct points_object){
                                .kind = (uint8_t)kind, .aux = aux, .a = p->file, .b = op, .c = c});
}

static uint32_t symbol_of(const struct points *p, uint32_t symbol)
{
    return link_symbol_of(p->program->link, p->file, symbol);
}

/* ---- values */

/* The key under which an element is kept, when the op is a constant. */
static uint32_t key_of(const struct points *p, uint32_t op)
{
    const struct op *key = op == NONE ? NULL : &p->facts->ops[op];
    if (key == NULL || key->kind != OP_CONSTANT || key->a == NONE) {
        return NONE;
    }
    if (key->aux == CONSTANT_STRING) {
        return symbol_of(p, key->a);
    }
    const char *text = facts_name(p->facts, key->a);
    bool is_index = key->aux == CONSTANT_INTEGER && text[0] >= '0' && text[0] < '0' + MAX_INDEX
                    && text[1] == '\0';
    return is_index ? p->symbols.index[text[0] - '0'] : NONE;
}

static uint32_t evaluate_item(struct points *p, const struct op *op)
{
    uint32_t set = value_at(p, op->a);
    const struct op *index = &p->facts->ops[op->b];
    if (index->kind == OP_SLICE) {
        return set;
    }
    uint32_t key = value_at(p, op->b);
    return set_join(p, elements_read(p, set, key_of(p, op->b)),
                    call_methods(p, set, p->symbols.getitem, &key, 1));
}

static uint32_t evaluate_display(struct points *p, uint32_t op)
{
    const struct op *display = &p->facts->ops[op];
    uint32_t set = set_of(p, made_here(p, POINTS_CONTAINER, display->aux, op, 0));
    for (uint32_t i = 0; i < display->b; i++) {
        const struct op *element = &p->facts->ops[op + 1 + i];
        uint32_t values = value_at(p, element->a);
        if (element->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            elements_add(p, set, NONE, elements_read(p, values, NONE), op);
            continue;
        }
        uint32_t key = display->aux == CONTAINER_DICT                     ? key_of(p, element->b)
                       : display->aux == CONTAINER_TUPLE && i < MAX_INDEX ? p->symbols.index[i]
                                                                          : NONE;
        elements_add(p, set, key, values, op);
    }
    return set;
}

static void bind_defaults(struct points *p, uint32_t scope)
{
    const struct scope *s = &p->facts->scopes[scope];
    for (uint32_t i = s->first_parameter; i < s->first_parameter + s->n_parameters; i++) {
        const struct parameter *parameter = &p->facts->parameters[i];
        if (parameter->default_value != NONE) {
            variable_join(p, p->file, parameter->variable, value_at(p, parameter->default_value));
        }
    }
}

static uint32_t evaluate_function(struct points *p, uint32_t scope)
{
    bind_defaults(p, scope);
    return set_of(p, object_number(p, (struct points_object){
                                          .kind = POINTS_FUNCTION, .a = p->file, .b = scope}));
}

/* Containers of a set: what `a + b` and `a | b` may hold the elements of. */
static uint32_t containers_in(struct points *p, uint32_t set)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (o.kind == POINTS_CONTAINER || o.kind == POINTS_STAR) {
            found = set_join(p, found, set_of(p, set_member(p, set, i)));
        }
    }
    return found;
}

static uint32_t evaluate_binary(struct points *p, uint32_t index)
{
    const struct op *op = &p->facts->ops[index];
    uint32_t a = value_at(p, op->a), b = value_at(p, op->b);
    if (a == SET_EMPTY && b == SET_EMPTY) {
        return SET_EMPTY;
    }
    if (op->flags & OP_IS_AUGMENTED) { /* `a += b` on a list gives a the elements */
        elements_add(p, a, NONE, elements_read(p, b, NONE), index);
    }
    uint32_t method = p->symbols.operators[op->aux];
    uint32_t value = set_join(p, containers_in(p, a), containers_in(p, b));
    return method == NONE || a == SET_EMPTY ? value
                                            : set_join(p, value, call_methods(p, a, method, &b, 1));
}

static uint32_t evaluate_await(struct points *p, uint32_t set)
{
    uint32_t value = SET_EMPTY;
    note_resumed(p, set);
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        value = set_join(p, value,
                         o.kind == POINTS_GENERATOR ? cell_read(
                             p, p->first_return + p->program->link->first_function[o.a] + o.b)
                                                    : SET_EMPTY);
    }
    return value;
}

static uint32_t evaluate_unpacked(struct points *p, const struct op *op, uint32_t index)
{
    uint32_t set = value_at(p, op->a);
    if (op->flags & OP_IS_STARRED) {
        uint32_t rest = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_LIST, index, 0));
        elements_add(p, rest, NONE, elements_read(p, set, NONE), index);
        return rest;
    }
    return elements_read(p, set, op->b < MAX_INDEX ? p->symbols.index[op->b] : NONE);
}

/* A context manager gives what its __enter__ returns; a generator, what it yields. */
static uint32_t evaluate_entered(struct points *p, const struct op *op)
{
    uint32_t set = value_at(p, op->a), value = SET_EMPTY;
    uint32_t symbol = op->flags & OP_IS_ASYNC ? p->symbols.aenter : p->symbols.enter;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        uint32_t one = set_of(p, set_member(p, set, i));
        struct points_object o = object_at(p, set_member(p, set, i));
        uint32_t entered = o.kind == POINTS_GENERATOR ? elements_iterate(p, one)
                           : o.kind == POINTS_PARTIAL ? elements_read(p, one, NONE)
                                                      : call_methods(p, one, symbol, NULL, 0);
        value = set_join(p, value,
                         op->flags & OP_IS_ASYNC ? set_join(p, entered, evaluate_await(p, entered))
                                                 : entered);
    }
    return value;
}

static uint32_t evaluate_yield(struct points *p, uint32_t value)
{
    cell_join(p, p->first_yield + p->function, value);
    return SET_EMPTY;
}

static uint32_t evaluate_yield_from(struct points *p, uint32_t set)
{
    evaluate_yield(p, elements_iterate(p, set));
    return evaluate_await(p, set);
}

static uint32_t evaluate_class(const struct points *p, uint32_t scope)
{
    uint32_t class = classes_of_scope(p->program, p->file, scope);
    return class == NONE ? NONE : object_of_class(p, POINTS_CLASS, class);
}

static uint32_t evaluate_value(struct points *p, uint32_t index)
{
    const struct op *op = &p->facts->ops[index];
    switch (op->kind) {
    case OP_LOAD:
        return variable_read(p, p->file, op->a, index);
    case OP_ATTRIBUTE:
        return attribute_read(p, value_at(p, op->a), symbol_of(p, op->b), index);
    case OP_ITEM:
        return evaluate_item(p, op);
    case OP_CALL:
        return SET_EMPTY; /* when its arguments are there */
    case OP_ARGUMENT:
    case OP_ELEMENT:
        return value_at(p, op->a);
    case OP_DISPLAY:
        return evaluate_display(p, index);
    case OP_COMPREHENSION:
        return set_of(p, made_here(p, POINTS_CONTAINER, op->aux, index, 0));
    case OP_COLLECT:
        elements_add(p, value_at(p, op->a), NONE, value_at(p, op->b), index);
        return SET_EMPTY;
    case OP_FUNCTION:
        return evaluate_function(p, op->a);
    case OP_CLASS: {
        uint32_t class = evaluate_class(p, op->a);
        return class == NONE ? (uint32_t)SET_EMPTY : set_of(p, class);
    }
    case OP_BINARY:
        return evaluate_binary(p, index);
    case OP_EITHER:
        return set_join(p, value_at(p, op->a), value_at(p, op->b));
    case OP_AWAIT:
        return evaluate_await(p, value_at(p, op->a));
    case OP_YIELD:
        return evaluate_yield(p, op->a == NONE ? (uint32_t)SET_EMPTY : value_at(p, op->a));
    case OP_YIELD_FROM:
        return evaluate_yield_from(p, value_at(p, op->a));
    case OP_NEXT:
        return elements_iterate(p, value_at(p, op->a));
    case OP_UNPACKED:
        return evaluate_unpacked(p, op, index);
    case OP_ENTERED:
        return evaluate_entered(p, op);
    case OP_CAUGHT:
        return exception_caught(p, op->a == NONE ? (uint32_t)SET_EMPTY : value_at(p, op->a), index);
    case OP_IMPORT:
    case OP_IMPORT_FROM:
        return set_of_entity(p, link_entity(p->program, p->file, index));
    default:
        return SET_EMPTY;
    }
}

/* ---- effects */

static void store_item(struct points *p, const struct op *target, uint32_t value, uint32_t op)
{
    uint32_t set = value_at(p, target->a);
    bool is_slice = target->b != NONE && p->facts->ops[target->b].kind == OP_SLICE;
    if (is_slice) {
        elements_add(p, set, NONE, elements_read(p, value, NONE), op);
        return;
    }
    elements_add(p, set, key_of(p, target->b), value, op);
    uint32_t arguments[2] = {target->b == NONE ? (uint32_t)SET_EMPTY : value_at(p, target->b),
                             value};
    call_methods(p, set, p->symbols.setitem, arguments, 2);
}

static void evaluate_store(struct points *p, const struct op *op, uint32_t index)
{
    const struct op *target = &p->facts->ops[op->a];
    uint32_t value = value_at(p, op->b);
    if (value == SET_EMPTY) {
        return;
    }
    if (target->kind == OP_TARGET_NAME) {
        variable_join(p, p->file, target->a, value);
    } else if (target->kind == OP_TARGET_ATTRIBUTE) {
        attribute_write(p, value_at(p, target->a), symbol_of(p, target->b), value, index);
    } else if (target->kind == OP_TARGET_ITEM) {
        store_item(p, target, value, index);
    }
}

/* The calls and displays whose operands end here can be worked out now. */
static void evaluate_op(struct points *p, uint32_t index)
{
    const struct op *op = &p->facts->ops[index];
    uint32_t first = p->facts->scopes[p->scope].first_op;
    p->op = index;
    if (op->kind == OP_STORE) {
        evaluate_store(p, op, index);
    } else if (op->kind == OP_RETURN) {
        if (op->a != NONE) {
            cell_join(p, p->first_return + p->function, value_at(p, op->a));
            keep_returned(p, value_at(p, op->a), index);
        }
    } else if (op->kind == OP_RAISE) {
        note_raise(p, index);
    } else if (op->kind == OP_WITH) {
        call_exit(p, index);
    } else if (op->kind == OP_CALL) {
        p->values.items[index - first] = call_evaluate(p, index);
    } else {
        p->values.items[index - first] = evaluate_value(p, index);
    }
}

/* ---- functions */

/* `self` is an instance of the class or of one that derives from it; `cls` is the class. */
static void bind_receiver(struct points *p)
{
    const struct scope *s = &p->facts->scopes[p->scope];
    uint32_t class = s->parent == NONE ? NONE : classes_of_scope(p->program, p->file, s->parent);
    if (class == NONE || s->n_parameters == 0 || s->kind != SCOPE_FUNCTION) {
        return;
    }
    uint32_t variable = p->facts->parameters[s->first_parameter].variable;
    if (classes_self_of(p->facts, p->scope) != NONE) {
        variable_join(p, p->file, variable, set_of(p, object_of_class(p, POINTS_KIN, class)));
    } else if (facts_find_decorator(p->facts, p->scope, "classmethod") != NONE
               || symbol_of(p, s->name) == p->symbols.new) {
        variable_join(p, p->file, variable, set_of(p, object_of_class(p, POINTS_CLASS, class)));
    }
}

static void bind_stars(struct points *p)
{
    const struct scope *s = &p->facts->scopes[p->scope];
    for (uint32_t i = s->first_parameter; i < s->first_parameter + s->n_parameters; i++) {
        const struct parameter *parameter = &p->facts->parameters[i];
        if (parameter->kind != PARAMETER_STAR && parameter->kind != PARAMETER_DOUBLE_STAR) {
            continue;
        }
        uint8_t container = parameter->kind == PARAMETER_STAR ? CONTAINER_TUPLE : CONTAINER_DICT;
        variable_join(p, p->file, parameter->variable,
                      set_of(p, object_number(p, (struct points_object){.kind = POINTS_STAR,
                                                                        .aux = container,
                                                                        .a = p->file,
                                                                        .b = i})));
    }
}

void function_evaluate(struct points *p, uint32_t function)
{
    p->function = function;
    p->file = p->file_of[function];
    p->facts = p->program->files[p->file];
    p->scope = function - p->program->link->first_function[p->file];
    p->n_evaluations++;
    p->is_stale = false;
    const struct scope *s = &p->facts->scopes[p->scope];
    while (p->values.n < s->n_ops) {
        (void)array_push(&p->values);
    }
    if (s->n_ops > 0) {
        memset(p->values.items, 0, s->n_ops * sizeof *p->values.items);
    }
    bind_receiver(p);
    bind_stars(p);
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        evaluate_op(p, i);
    }
    if (p->is_stale) {
        function_enqueue(p, function);
    }
}
