/*
 * held.c - follows a value through names, displays and calls to classes.
 *
 * A list of what is still to be looked at takes the place of recursion; the same thing is looked at
 * once, so names that lead in a circle end.
 */
#include "heap/held_search.h"

#include "base/words.h"
#include "program/classes.h"
#include "program/link.h"

#include <string.h>

void held_be_unknown(struct held_search *search, const char *reason)
{
    if (search->out->unknown == NULL) {
        search->out->unknown = reason;
    }
}

enum { MAX_STEPS = 300 }; /* a display of 300 parts is data, not a web of objects */

static void look_at(struct held_search *search, struct held_item item)
{
    for (size_t i = 0; i < search->items.n; i++) {
        const struct held_item *old = &search->items.items[i];
        if (old->op == item.op && old->file == item.file && old->how == item.how) {
            return;
        }
    }
    if (search->items.n == MAX_STEPS) {
        held_be_unknown(search, "too many values");
        return;
    }
    *array_push(&search->items) = item;
}

void held_look_on(struct held_search *search, const struct held_item *from, uint32_t op)
{
    if (op != NONE) {
        look_at(search, (struct held_item){from->file, op, from->how, from->via});
    }
}

const struct facts *held_facts(const struct held_search *search, const struct held_item *item)
{
    return search->program->files[item->file];
}

/* ---- classes ---- */

void held_add_class(struct held_search *search, const struct held_item *item, uint32_t class,
                    bool is_exact)
{
    if (item->how == OF_ELEMENT || item->how == OF_OPERAND) {
        held_be_unknown(search, "what a method of an object gives");
        return;
    }
    struct held held = {.class = class, .is_exact = is_exact, .via = item->via};
    for (size_t i = 0; i < search->out->n; i++) {
        const struct held *old = &search->out->items[i];
        if (old->class == class && old->is_exact == is_exact && !old->is_behind
            && strcmp(old->via, held.via) == 0) {
            return;
        }
    }
    *array_push(search->out) = held;
}

static void add_behind(struct held_search *search, uint32_t class)
{
    *array_push(search->out) = (struct held){.class = class, .is_behind = true, .via = ""};
}

const char *held_outer_via(const char *old, const char *via)
{
    return *old != '\0' ? old : via;
}

/* ---- values ---- */

static void look_at_arguments(struct held_search *search, struct held_item item, uint32_t op)
{
    const struct facts *facts = held_facts(search, &item);
    for (uint32_t i = 1; i <= facts->ops[op].b; i++) {
        held_look_on(search, &item, facts->ops[op + i].a);
    }
}

void held_look_at_elements(struct held_search *search, struct held_item item, uint32_t op)
{
    const struct facts *facts = held_facts(search, &item);
    for (uint32_t i = 1; i <= facts->ops[op].b; i++) {
        held_look_on(search, &item, facts->ops[op + i].a);
        held_look_on(search, &item, facts->ops[op + i].b);
    }
}

static const char *container_name(uint8_t container)
{
    static const char *const names[] = {"list", "tuple", "set", "dict", "generator"};
    return names[container];
}

static struct held_item inside(const struct held_item *item, const char *via)
{
    struct held_item inner = *item;
    inner.via = item->how == OF_VALUE ? held_outer_via(item->via, via) : item->via;
    inner.how = item->how == OF_ELEMENT ? OF_VALUE : item->how;
    return inner;
}

static void see_comprehension(struct held_search *search, const struct held_item *item)
{
    const struct facts *facts = held_facts(search, item);
    const struct op *op = &facts->ops[item->op];
    if (op->aux == CONTAINER_GENERATOR) {
        held_be_unknown(search, "a generator");
        return;
    }
    struct held_item inner = inside(item, container_name(op->aux));
    for (uint32_t i = item->op + 1; i < op->b; i++) {
        if (facts->ops[i].kind == OP_COLLECT && facts->ops[i].a == item->op) {
            held_look_on(search, &inner, facts->ops[i].b);
        }
    }
}

static void see_return_values(struct held_search *search, const struct held_item *item,
                              struct entity entity)
{
    const struct facts *facts = search->program->files[entity.file];
    const struct scope *scope = &facts->scopes[entity.index];
    if (scope->flags & (SCOPE_IS_GENERATOR | SCOPE_IS_ASYNC)) {
        held_be_unknown(search, "a generator or coroutine");
        return;
    }
    if (facts_first_decorator(facts, entity.index) != NONE) {
        held_be_unknown(search, "the result of a decorated function");
        return;
    }
    struct held_item next = {.file = entity.file, .how = item->how, .via = item->via};
    if (scope->returns != NONE) {
        next.how = OF_ANNOTATION;
        held_look_on(search, &next, scope->returns);
        return;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_RETURN) {
            held_look_on(search, &next, facts->ops[i].a);
        }
    }
}

static void see_foreign_call(struct held_search *search, const struct held_item *item,
                             uint32_t symbol)
{
    const char *via, *name = link_text(search->program, symbol);
    switch (held_foreign(name, &via)) {
    case HELD_FOREIGN_PLAIN:
        return;
    case HELD_FOREIGN_HOLDER:
        look_at_arguments(search, inside(item, via), item->op);
        return;
    case HELD_FOREIGN_UNKNOWN:
        if (strcmp(name, "collections.defaultdict") != 0) {
            held_be_unknown(search, arena_format(search->out->arena, "what %s() gives", name));
        }
        return;
    }
}

static void see_call(struct held_search *search, const struct held_item *item)
{
    const struct op *op = &held_facts(search, item)->ops[item->op];
    struct entity entity = link_entity(search->program, item->file, op->a);
    if (entity.kind == ENTITY_CLASS) {
        held_add_class(search, item, classes_of_scope(search->program, entity.file, entity.index),
                       true);
    } else if (entity.kind == ENTITY_FUNCTION) {
        see_return_values(search, item, entity);
    } else if (entity.kind == ENTITY_FOREIGN) {
        see_foreign_call(search, item, entity.index);
    } else {
        held_be_unknown(search, "the result of a call");
    }
}

/* A function holds what it captures. */
static void see_function(struct held_search *search, const struct held_item *item)
{
    const struct facts *facts = held_facts(search, item);
    uint32_t number = facts->ops[item->op].a;
    const struct scope *scope = &facts->scopes[number];
    if (scope->n_children > 0) {
        held_be_unknown(search, "functions in functions");
    }
    struct held_item inner = inside(item, "cell");
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && !is_global_variable(facts, op->a)
            && facts->variables[op->a].scope != number) {
            held_look_on(search, &inner, i);
        }
    }
}

static const struct parameter *parameter_of(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        if (facts->parameters[scope->first_parameter + i].variable == variable) {
            return &facts->parameters[scope->first_parameter + i];
        }
    }
    return NULL;
}

static void see_parameter(struct held_search *search, const struct held_item *item,
                          const struct parameter *parameter)
{
    const struct facts *facts = held_facts(search, item);
    struct held_item next = *item;
    if (parameter->annotation == NONE || parameter->kind == PARAMETER_STAR
        || parameter->kind == PARAMETER_DOUBLE_STAR) {
        held_be_unknown(search, arena_format(search->out->arena, "argument '%s'",
                                             variable_name(facts, parameter->variable)));
        return;
    }
    next.how = OF_ANNOTATION;
    held_look_on(search, &next, parameter->annotation);
    held_look_on(search, item, parameter->default_value);
}

/* Whether a container may be filled after it was made. */
static bool is_fillable(const struct op *op)
{
    return (op->kind == OP_DISPLAY && op->aux != CONTAINER_TUPLE) || op->kind == OP_COMPREHENSION
           || op->kind == OP_CALL;
}

static void see_variable(struct held_search *search, const struct held_item *item, uint32_t file,
                         uint32_t variable)
{
    const struct facts *facts = search->program->files[file];
    uint32_t binding = search->program->link->bindings[file][variable];
    const struct parameter *parameter = parameter_of(facts, variable);
    struct held_item next = {.file = file, .how = item->how, .via = item->via};
    if (parameter != NULL && !(facts->variables[variable].flags & VARIABLE_IS_REBOUND)) {
        see_parameter(search, &next, parameter);
        return;
    }
    if (binding == NONE) {
        held_be_unknown(search, arena_format(search->out->arena, "variable '%s'",
                                             variable_name(facts, variable)));
        return;
    }
    const struct op *op = &facts->ops[binding];
    if (is_fillable(op)
        && (op->kind != OP_CALL
            || link_entity(search->program, file, op->a).kind == ENTITY_FOREIGN)) {
        held_be_unknown(search,
                        arena_format(search->out->arena, "what variable '%s' is filled with",
                                     variable_name(facts, variable)));
    }
    held_look_on(search, &next, binding);
}

/* The class whose `self` the value is, or NONE. */
static uint32_t class_of_self(const struct held_search *search, const struct held_item *item,
                              uint32_t value)
{
    const struct facts *facts = held_facts(search, item);
    if (facts->ops[value].kind != OP_LOAD || !classes_is_self(facts, value)) {
        return NONE;
    }
    uint32_t method = facts->variables[facts->ops[value].a].scope;
    return classes_of_scope(search->program, item->file, facts->scopes[method].parent);
}

/* What modules, classes and plain functions hold lives as long as the program. */
static bool is_lasting(struct entity entity)
{
    return entity.kind == ENTITY_CLASS || entity.kind == ENTITY_FUNCTION
           || entity.kind == ENTITY_MODULE || entity.kind == ENTITY_FOREIGN;
}

static bool is_nested_function(const struct held_search *search, struct entity entity)
{
    return entity.kind == ENTITY_FUNCTION
           && search->program->files[entity.file]->scopes[entity.index].depth > 1;
}

static void see_load(struct held_search *search, const struct held_item *item)
{
    const struct op *op = &held_facts(search, item)->ops[item->op];
    uint32_t class = class_of_self(search, item, item->op);
    if (class != NONE) {
        held_add_class(search, item, class, false);
        return;
    }
    struct entity entity = link_entity(search->program, item->file, item->op);
    if (is_lasting(entity) && !is_nested_function(search, entity)) {
        return;
    }
    if (entity.kind == ENTITY_VALUE) {
        see_variable(search, item, entity.file, entity.index);
        return;
    }
    see_variable(search, item, item->file, op->a);
}

static bool is_method_name(const struct program *program, uint32_t class, const char *name)
{
    struct method method;
    return classes_find_method(program, class, name, &method);
}

static void see_attribute(struct held_search *search, const struct held_item *item)
{
    const struct facts *facts = held_facts(search, item);
    const struct op *op = &facts->ops[item->op];
    uint32_t class = class_of_self(search, item, op->a);
    const char *name = facts_name(facts, op->b);
    if (class != NONE && is_method_name(search->program, class, name)) {
        struct held_item inner = inside(item, "method");
        held_add_class(search, &inner, class, false);
        return;
    }
    if (class != NONE || is_lasting(link_entity(search->program, item->file, item->op))) {
        return;
    }
    class = classes_of_instance(search->program, item->file, op->a);
    if (class == NONE) {
        held_be_unknown(search,
                        arena_format(search->out->arena, "attribute '%s' of an object", name));
        return;
    }
    add_behind(search, class);
}

static void see_value(struct held_search *search, const struct held_item *item)
{
    const struct op *op = &held_facts(search, item)->ops[item->op];
    struct held_item next = *item;
    switch (op->kind) {
    case OP_CONSTANT:
    case OP_COMPARE:
    case OP_SLICE:
    case OP_IMPORT:
    case OP_IMPORT_FROM:
    case OP_CLASS:
        return;
    case OP_UNARY:
    case OP_BINARY:
        next.how = OF_OPERAND;
        held_look_on(search, &next, op->aux == OPERATOR_NOT ? NONE : op->a);
        held_look_on(search, &next, op->kind == OP_BINARY ? op->b : NONE);
        return;
    case OP_EITHER:
        held_look_on(search, item, op->a);
        held_look_on(search, item, op->b);
        return;
    case OP_DISPLAY:
        held_look_at_elements(search, inside(item, container_name(op->aux)), item->op);
        return;
    case OP_COMPREHENSION:
        see_comprehension(search, item);
        return;
    case OP_CALL:
        see_call(search, item);
        return;
    case OP_FUNCTION:
        see_function(search, item);
        return;
    case OP_LOAD:
        see_load(search, item);
        return;
    case OP_ATTRIBUTE:
        see_attribute(search, item);
        return;
    case OP_ITEM:
    case OP_NEXT:
    case OP_UNPACKED:
        next.how = OF_ELEMENT;
        held_look_on(search, &next, op->a);
        return;
    default:
        held_be_unknown(search, "a value that nothing names");
        return;
    }
}

/* ---- */

static void follow(struct program *program, struct held_item first, struct held_set *out)
{
    struct held_search search = {.program = program, .out = out};
    look_at(&search, first);
    for (size_t i = 0; i < search.items.n; i++) {
        struct held_item item = search.items.items[i];
        if (item.how == OF_ANNOTATION) {
            held_see_annotation(&search, &item);
        } else {
            see_value(&search, &item);
        }
    }
    array_free(&search.items);
}

void held_by_value(struct program *program, uint32_t file, uint32_t value, struct held_set *out)
{
    follow(program, (struct held_item){file, value, OF_VALUE, ""}, out);
}

void held_by_annotation(struct program *program, uint32_t file, uint32_t value,
                        struct held_set *out)
{
    follow(program, (struct held_item){file, value, OF_ANNOTATION, ""}, out);
}

bool held_is_adder(const char *method)
{
    static const char *const names[] = {"append", "add",         "insert", "setdefault",
                                        "update", "appendleft",  "extend", "push",
                                        "put",    "__setitem__", NULL};
    return words_have(names, method);
}
