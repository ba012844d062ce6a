/*
 * ends.c - what becomes of the values of one function.
 *
 * Backwards from where values leave the function (`return`, a store on `self` in its constructor,
 * an addition to a container that was there before) to what was made: a name's end is that of all
 * that was bound to it, a container's that of all that was put into it.  Each value's end only
 * grows, three times at most, so the whole is linear.
 */
#include "heap/ends.h"

#include "heap/held.h"
#include "program/classes.h"

#include <string.h>

struct search {
    const struct facts *facts;
    const struct scope_view *view;
    const struct made *made;
    uint32_t self;         /* the variable, or NONE */
    bool is_constructor;   /* what is stored on self was not there before */
    uint8_t *ends;         /* by op */
    uint8_t *variables;    /* by own variable */
    bool *is_outer;        /* by own variable: it names something that was there before */
    uint32_t *first_store; /* by own variable: OP_STORE, or NONE */
    uint32_t *next_store;  /* by op */
    struct {
        ARRAY_OF(uint32_t);
    } work; /* values whose end has grown */
};

static const struct op *op_at(const struct search *s, uint32_t op)
{
    return &s->facts->ops[op];
}

static bool is_own(const struct search *s, uint32_t variable)
{
    return variable - s->view->first_variable < s->view->n_variables;
}

/* The further of two ends; gathered if one is. */
static uint8_t further(uint8_t a, uint8_t b)
{
    uint8_t end = (a & END_MASK) > (b & END_MASK) ? a & END_MASK : b & END_MASK;
    return (uint8_t)(end | ((a | b) & END_IS_GATHERED));
}

static void mark(struct search *s, uint32_t value, uint8_t end)
{
    uint32_t i = value - s->view->first_op;
    if (value != NONE && i < s->view->n_ops && s->ends[i] != further(s->ends[i], end)) {
        s->ends[i] = further(s->ends[i], end);
        *array_push(&s->work) = value;
    }
}

/* ---- where a store or an addition goes */

/* Whether an object that the function made is older than the trip of the loop around `at`. */
static bool gathers(const struct search *s, uint32_t object, uint32_t at)
{
    const struct op *op = op_at(s, object);
    uint32_t block = scope_view_block(s->view, at);
    while (block != NONE && op_at(s, block)->kind != OP_LOOP) {
        block = scope_view_outer(s->view, block);
    }
    if (block == NONE || op->kind != OP_LOAD || !is_own(s, op->a)) {
        return false;
    }
    uint32_t store = s->first_store[op->a - s->view->first_variable];
    bool is_older = store != NONE;
    for (; store != NONE; store = s->next_store[store - s->view->first_op]) {
        is_older = is_older && (store < block || store > op_at(s, block)->b);
    }
    return is_older;
}

/* The end of what is put into `object`: an attribute or element of it.  END_DROPPED also when it
 * depends on what becomes of the object itself. */
static uint8_t end_in(const struct search *s, uint32_t object)
{
    const struct op *op = op_at(s, object);
    while (op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM) {
        op = op_at(s, op->a); /* whose attribute's element it is */
    }
    if (op->kind != OP_LOAD) {
        return END_DROPPED;
    }
    if (!is_own(s, op->a)) {
        return END_KEPT;
    }
    if (op->a == s->self) {
        return s->is_constructor ? END_ON_SELF : END_IN_ARGUMENT;
    }
    return s->is_outer[op->a - s->view->first_variable] ? END_IN_ARGUMENT : END_DROPPED;
}

/* `self.x = value`; what is bound to an attribute elsewhere takes the place of the last one. */
static uint8_t end_of_attribute(const struct search *s, uint32_t object)
{
    const struct op *op = op_at(s, object);
    bool is_on_self = op->kind == OP_LOAD && op->a == s->self;
    return is_on_self && s->is_constructor ? END_ON_SELF : END_DROPPED;
}

static bool is_addition(const struct search *s, const struct op *call)
{
    const struct op *callee = op_at(s, call->a);
    return callee->kind == OP_ATTRIBUTE && held_is_adder(facts_name(s->facts, callee->b));
}

static void mark_arguments(struct search *s, uint32_t call, uint8_t end)
{
    for (uint32_t i = call + 1; i <= call + op_at(s, call)->b; i++) {
        mark(s, op_at(s, i)->a, end);
    }
}

/* ---- from a value that leaves to what it is made of */

/* What is stored in, or added to, the object that `load` names. */
static void mark_what_is_put_in(struct search *s, uint32_t load, uint8_t end)
{
    for (uint32_t use = scope_view_use(s->view, load, NONE); use != NONE;
         use = scope_view_use(s->view, load, use)) {
        uint32_t user = use_op(s->view, use);
        const struct op *op = op_at(s, user);
        bool is_target = op->kind == OP_TARGET_ATTRIBUTE || op->kind == OP_TARGET_ITEM;
        if (!(is_target || op->kind == OP_ATTRIBUTE) || op->a != load) {
            continue;
        }
        for (uint32_t next = scope_view_use(s->view, user, NONE); next != NONE;
             next = scope_view_use(s->view, user, next)) {
            uint32_t effect = use_op(s->view, next);
            const struct op *e = op_at(s, effect);
            if (is_target && e->kind == OP_STORE) {
                mark(s, e->b, end);
            } else if (e->kind == OP_CALL && e->a == user && is_addition(s, e)) {
                mark_arguments(s, effect, end);
            }
        }
    }
}

static void mark_variable(struct search *s, uint32_t variable, uint8_t end)
{
    uint32_t i = variable - s->view->first_variable;
    if (!is_own(s, variable) || s->variables[i] == further(s->variables[i], end)) {
        return;
    }
    end = s->variables[i] = further(s->variables[i], end);
    for (uint32_t op = s->first_store[i]; op != NONE; op = s->next_store[op - s->view->first_op]) {
        mark(s, op_at(s, op)->b, end);
    }
    for (uint32_t load = scope_view_load(s->view, variable, NONE); load != NONE;
         load = scope_view_load(s->view, variable, load)) {
        mark_what_is_put_in(s, load, end);
    }
}

/* A function holds the cells of what it captures. */
static void mark_captured(struct search *s, uint32_t scope, uint8_t end)
{
    const struct scope *inner = &s->facts->scopes[scope];
    for (uint32_t i = inner->first_op; i < inner->first_op + inner->n_ops; i++) {
        if (s->facts->ops[i].kind == OP_LOAD) {
            mark_variable(s, s->facts->ops[i].a, end);
        }
    }
}

static void mark_collected(struct search *s, uint32_t comprehension, uint8_t end)
{
    for (uint32_t use = scope_view_use(s->view, comprehension, NONE); use != NONE;
         use = scope_view_use(s->view, comprehension, use)) {
        const struct op *op = op_at(s, use_op(s->view, use));
        if (op->kind == OP_COLLECT) {
            mark(s, op->b, end);
        }
    }
}

static void mark_parts(struct search *s, uint32_t value, uint8_t end)
{
    const struct op *op = op_at(s, value);
    switch ((int)op->kind) {
    case OP_LOAD:
        mark_variable(s, op->a, end);
        break;
    case OP_DISPLAY:
        mark_arguments(s, value, end); /* elements lie as arguments do */
        break;
    case OP_COMPREHENSION:
        mark_collected(s, value, end);
        break;
    case OP_EITHER:
        mark(s, op->a, end);
        mark(s, op->b, end);
        break;
    case OP_FUNCTION:
        mark_captured(s, op->a, end);
        break;
    case OP_ATTRIBUTE: /* a bound method holds its object */
        if (s->made[value - s->view->first_op].adopts) {
            mark(s, op->a, end);
        }
        break;
    case OP_CALL:
        if (s->made[value - s->view->first_op].adopts) {
            mark_arguments(s, value, end);
        }
        break;
    default:
        break;
    }
}

/* ---- where values leave */

static void leave_by_store(struct search *s, const struct op *store)
{
    const struct op *target = op_at(s, store->a);
    if (target->kind == OP_TARGET_ATTRIBUTE) {
        mark(s, store->b, end_of_attribute(s, target->a));
    } else if (target->kind == OP_TARGET_ITEM) {
        mark(s, store->b, end_in(s, target->a));
    }
}

static void leave(struct search *s, uint32_t index)
{
    const struct op *op = op_at(s, index);
    switch ((int)op->kind) {
    case OP_RETURN:
    case OP_YIELD:
        mark(s, op->a, END_RETURNED);
        break;
    case OP_STORE:
        leave_by_store(s, op);
        break;
    case OP_CALL:
        if (is_addition(s, op)) {
            uint32_t object = op_at(s, op->a)->a;
            uint8_t flag = gathers(s, object, index) ? END_IS_GATHERED : 0;
            mark_arguments(s, index, (uint8_t)(end_in(s, object) | flag));
        }
        break;
    default:
        break;
    }
}

/* ---- preparations */

/* A name bound to what a parameter, an attribute or an element is: nothing the function made. */
static bool names_outer(const struct search *s, uint32_t value)
{
    const struct op *op = op_at(s, value);
    return op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM || op->kind == OP_NEXT
           || op->kind == OP_UNPACKED || (op->kind == OP_LOAD && !is_own(s, op->a));
}

static void see_stores(struct search *s)
{
    for (uint32_t i = s->view->first_op; i < s->view->first_op + s->view->n_ops; i++) {
        const struct op *op = op_at(s, i);
        if (op->kind != OP_STORE || op_at(s, op->a)->kind != OP_TARGET_NAME
            || !is_own(s, op_at(s, op->a)->a)) {
            continue;
        }
        uint32_t variable = op_at(s, op->a)->a - s->view->first_variable;
        s->next_store[i - s->view->first_op] = s->first_store[variable];
        s->first_store[variable] = i;
        s->is_outer[variable] = s->is_outer[variable] || names_outer(s, op->b);
    }
}

static void see_parameters(struct search *s)
{
    const struct scope *scope = &s->facts->scopes[s->view->scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        uint32_t variable = s->facts->parameters[scope->first_parameter + i].variable;
        s->is_outer[variable - s->view->first_variable] = variable != s->self;
    }
}

static uint32_t *none_array(struct arena *arena, size_t n)
{
    uint32_t *array = arena_alloc(arena, (n + 1) * sizeof *array);
    memset(array, 0xFF, n * sizeof *array);
    return array;
}

/* What becomes of an object that a function is called with: known by name, or made for the call. */
static uint8_t end_of_argument(const struct search *s, uint32_t value, uint32_t call)
{
    const struct op *op = op_at(s, value);
    uint8_t end = s->ends[value - s->view->first_op];
    if (op->kind == OP_LOAD && is_own(s, op->a)) {
        end = s->variables[op->a - s->view->first_variable];
    }
    uint8_t around = end_in(s, value), flag = gathers(s, value, call) ? END_IS_GATHERED : 0;
    return further((uint8_t)(around | flag), end);
}

/* Whether what stands before the dot is an argument too: no module, no class that is called. */
static bool is_receiver(const struct search *s, uint32_t call)
{
    const struct op *callee = op_at(s, op_at(s, call)->a);
    if (callee->kind != OP_ATTRIBUTE || s->made[call - s->view->first_op].class != NONE) {
        return false;
    }
    const struct op *object = op_at(s, callee->a);
    return object->kind != OP_LOAD
           || !(s->facts->variables[object->a].flags & VARIABLE_IS_IMPORTED);
}

static uint8_t end_of_arguments(const struct search *s, uint32_t index)
{
    const struct op *op = op_at(s, index), *callee = op_at(s, op->a);
    uint8_t most = is_receiver(s, index) ? end_of_argument(s, callee->a, index) : END_DROPPED;
    for (uint32_t i = index + 1; i <= index + op->b; i++) {
        most = further(most, end_of_argument(s, op_at(s, i)->a, index));
    }
    return most;
}

struct ends ends_find(const struct program *program, uint32_t file, const struct scope_view *view,
                      const struct made *made, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    const char *name = facts_name(facts, facts->scopes[view->scope].name);
    struct search s = {
        .facts = facts,
        .view = view,
        .made = made,
        .self = classes_self_of(facts, view->scope),
        .is_constructor = strcmp(name, "__init__") == 0 || strcmp(name, "__post_init__") == 0,
        .ends = arena_alloc(arena, view->n_ops + 1),
        .variables = arena_alloc(arena, view->n_variables + 1),
        .is_outer = arena_alloc(arena, (view->n_variables + 1) * sizeof(bool)),
        .first_store = none_array(arena, view->n_variables),
        .next_store = none_array(arena, view->n_ops),
    };
    see_parameters(&s);
    see_stores(&s);
    for (uint32_t i = view->first_op; i < view->first_op + view->n_ops; i++) {
        leave(&s, i);
    }
    while (s.work.n > 0) {
        uint32_t value = s.work.items[--s.work.n];
        mark_parts(&s, value, s.ends[value - view->first_op]);
    }
    array_free(&s.work);
    struct ends ends = {s.ends, arena_alloc(arena, view->n_ops + 1)};
    for (uint32_t i = 0; i < view->n_ops; i++) {
        if (made[i].callee != NONE) {
            ends.of_arguments[i] = end_of_arguments(&s, view->first_op + i);
        }
    }
    return ends;
}
