/*
 * exceptions.c - exceptions, tracebacks and frames: what may be them, and who holds them.
 *
 * What a handler catches is an object of its own; so is what a `with` hands to __exit__, and what
 * the call of an exception class from outside makes.  The calls and the raises that are noted here
 * tell later what frames their tracebacks lead to (heap/type_frames.c).
 */
#include "points/solver.h"

#include "facts/uses.h"

#include <ctype.h>
#include <string.h>

/* ---- classes */

/* `error`, `net.ProtocolError`: by the names that all of them bear. */
static bool is_exception_name(const char *name)
{
    static const char *const ends[] = {"Error",     "Exception", "Exit",
                                       "Interrupt", "Iteration", "ExceptionGroup"};
    const char *dot = strrchr(name, '.');
    const char *last = dot == NULL ? name : dot + 1;
    for (size_t i = 0; isupper((unsigned char)*last) && i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(last), m = strlen(ends[i]);
        if (n >= m && strcmp(last + n - m, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_exception_class(const struct points *p, uint32_t class)
{
    const struct classes *classes = p->program->classes;
    const struct class *c = &classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        const struct class *ancestor =
            &classes->all.items[classes->ancestors.items[c->first_ancestor + i]];
        for (uint32_t b = 0; b < ancestor->n_bases; b++) {
            const struct class_base *base = &classes->bases.items[ancestor->first_base + b];
            if (base->class == NONE && is_exception_name(base->name)) {
                return true;
            }
        }
    }
    return false;
}

void points_exception_class(const struct points *p, uint32_t object, uint32_t *class,
                            uint32_t *symbol)
{
    const struct points_object *o = &p->objects.items[object];
    const struct facts *facts = p->program->files[o->a];
    const struct op *op = &facts->ops[o->b];
    uint32_t type = op->kind == OP_WITH ? NONE : op->a;
    bool is_name =
        type != NONE && (facts->ops[type].kind == OP_LOAD || facts->ops[type].kind == OP_ATTRIBUTE);
    struct entity entity =
        is_name ? link_entity(p->program, o->a, type) : (struct entity){.kind = ENTITY_NOTHING};
    *class = entity.kind == ENTITY_CLASS ? classes_of_scope(p->program, entity.file, entity.index)
                                         : NONE;
    *symbol = entity.kind == ENTITY_FOREIGN ? entity.index : NONE;
}

/* ---- what is caught, or made */

static uint32_t only_of_kind(struct points *p, uint32_t set, enum points_kind kind)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        if (object_at(p, set_member(p, set, i)).kind == kind) {
            found = set_join(p, found, set_of(p, set_member(p, set, i)));
        }
    }
    return found;
}

static uint32_t exception_of(struct points *p, uint32_t op)
{
    return object_number(p,
                         (struct points_object){.kind = POINTS_EXCEPTION, .a = p->file, .b = op});
}

static uint32_t traceback_of(struct points *p, uint32_t exception)
{
    return set_of(
        p, object_number(p, (struct points_object){.kind = POINTS_TRACEBACK, .a = exception}));
}

static uint32_t frame_of(struct points *p, uint32_t file, uint32_t scope, bool is_below)
{
    return set_of(
        p, object_number(p, (struct points_object){
                                .kind = POINTS_FRAME, .a = file, .b = scope, .c = is_below}));
}

/* An instance of the classes of the program that the handler names is known by its attributes as
 * well. */
uint32_t exception_caught(struct points *p, uint32_t types, uint32_t op)
{
    uint32_t value = set_of(p, exception_of(p, op));
    uint32_t set = set_join(p, types, elements_read(p, types, NONE));
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (o.kind == POINTS_CLASS) {
            value = set_join(p, value, set_of(p, object_of_class(p, POINTS_KIN, o.a)));
        }
    }
    return value;
}

uint32_t exception_made(struct points *p, uint32_t symbol, uint32_t op)
{
    uint32_t next = op + 1 + p->facts->ops[op].b;
    bool is_raised = next < p->facts->n_ops && p->facts->ops[next].kind == OP_RAISE
                     && p->facts->ops[next].a == op;
    return is_raised || !is_exception_name(link_text(p->program, symbol))
               ? (uint32_t)SET_EMPTY
               : set_of(p, exception_of(p, op));
}

/* The OP_CAUGHT of the handler around an op, NONE outside of handlers. */
static uint32_t handler_around(const struct facts *facts, uint32_t op)
{
    uint32_t at = uses_control_around(facts, op);
    while (at != NONE && facts->ops[at].kind != OP_EXCEPT) {
        at = uses_control_around(facts, at);
    }
    while (at != NONE && facts->ops[at].kind != OP_CAUGHT) {
        at++;
    }
    return at;
}

/* While __exit__ runs, what it was given is being handled. */
static uint32_t given_to_exit(struct points *p)
{
    const struct scope *s = &p->facts->scopes[p->scope];
    const char *name = facts_name(p->facts, s->name);
    uint32_t found = SET_EMPTY;
    bool is_exit = strcmp(name, "__exit__") == 0 || strcmp(name, "__aexit__") == 0;
    for (uint32_t i = 1; is_exit && i < s->n_parameters; i++) {
        const struct parameter *parameter = &p->facts->parameters[s->first_parameter + i];
        uint32_t set = cell_read(p, cell_of_variable(p, p->file, parameter->variable));
        found = set_join(p, found, set);
        found = set_join(p, found, elements_read(p, set, NONE));
    }
    return only_of_kind(p, found, POINTS_EXCEPTION);
}

uint32_t exception_here(struct points *p, uint32_t op)
{
    uint32_t caught = handler_around(p->facts, op);
    return caught == NONE ? given_to_exit(p) : set_of(p, exception_of(p, caught));
}

uint32_t exc_info_here(struct points *p, uint32_t op)
{
    uint32_t exceptions = exception_here(p, op);
    if (exceptions == SET_EMPTY) {
        return SET_EMPTY;
    }
    uint32_t tuple = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_TUPLE, op, 0));
    elements_add(p, tuple, p->symbols.index[1], exceptions, op);
    for (uint32_t i = 0; i < set_count(p, exceptions); i++) {
        elements_add(p, tuple, p->symbols.index[2], traceback_of(p, set_member(p, exceptions, i)),
                     op);
    }
    return tuple;
}

uint32_t frame_here(struct points *p)
{
    return frame_of(p, p->file, p->scope, false);
}

uint32_t trace_here(struct points *p, uint32_t function)
{
    uint32_t frame = frame_of(p, p->file, p->scope, true);
    return call_values(p, function, &frame, 1);
}

uint32_t exception_attribute(struct points *p, uint32_t object, uint32_t symbol)
{
    struct points_object o = object_at(p, object);
    if (o.kind == POINTS_EXCEPTION) {
        bool is_before = symbol == p->symbols.context || symbol == p->symbols.cause;
        return symbol == p->symbols.traceback ? traceback_of(p, object)
               : is_before                    ? set_of(p, object) /* it went the same way */
                                              : SET_EMPTY;
    }
    if (o.kind == POINTS_TRACEBACK && symbol == p->symbols.tb_next) {
        return set_of(p, object);
    }
    if (o.kind == POINTS_TRACEBACK && symbol == p->symbols.tb_frame) {
        struct points_object e = object_at(p, o.a);
        return frame_of(p, e.a, facts_scope_of_op(p->program->files[e.a], e.b), false);
    }
    if (o.kind == POINTS_FRAME && o.c && symbol == p->symbols.f_back) {
        return set_of(p, object);
    }
    return SET_EMPTY;
}

uint32_t only_exceptions(struct points *p, uint32_t set)
{
    return set_join(p, only_of_kind(p, set, POINTS_EXCEPTION),
                    only_of_kind(p, set, POINTS_TRACEBACK));
}

void call_exit(struct points *p, uint32_t with)
{
    const struct op *op = &p->facts->ops[with];
    uint32_t managers = value_at(p, op->a), exception = exception_of(p, with);
    uint32_t given[3] = {SET_EMPTY, set_of(p, exception), traceback_of(p, exception)};
    uint32_t symbol = op->flags & OP_IS_ASYNC ? p->symbols.aexit : p->symbols.exit;
    if (managers != SET_EMPTY) {
        call_methods(p, managers, symbol, given, 3);
    }
}

/* ---- what tells the frames of a traceback */

/* A call that makes an exception: not `error.with_traceback(…)`. */
static bool is_making_call(const struct points *p, uint32_t value)
{
    const struct op *call = &p->facts->ops[value];
    const struct op *callee = call->kind == OP_CALL ? &p->facts->ops[call->a] : NULL;
    return callee != NULL
           && (callee->kind != OP_ATTRIBUTE
               || strcmp(facts_name(p->facts, callee->b), "with_traceback") != 0);
}

/* Only what is held by others: `raise E()` makes an exception that nobody has. */
void note_raise(struct points *p, uint32_t raise)
{
    uint32_t value = p->facts->ops[raise].a;
    uint32_t set = value == NONE ? (uint32_t)SET_EMPTY : value_at(p, value);
    bool is_new = value != NONE && is_making_call(p, value);
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        uint32_t object = set_member(p, set, i);
        struct points_object o = object_at(p, object);
        if (o.kind != POINTS_EXCEPTION
            && (is_new || !is_instance(&o) || !is_exception_class(p, o.a))) {
            continue;
        }
        object = object_of_fields(p, object);
        uint32_t next = (uint32_t)p->raises.n;
        if (pair_table_put(&p->noted_raises, pair_key(p->function, object), next) == next) {
            *array_push(&p->raises) =
                (struct points_raise){.function = p->function, .object = object};
        }
    }
}

void note_call(struct points *p, uint32_t file, uint32_t scope)
{
    uint32_t callee = p->program->link->first_function[file] + scope;
    uint64_t key = pair_key(p->function, callee) ^ (uint64_t)p->op * 0x9e3779b97f4a7c15u;
    uint32_t next = (uint32_t)p->calls.n;
    if (pair_table_put(&p->noted_calls, key, next) == next) {
        *array_push(&p->calls) =
            (struct points_call){.caller = p->function, .callee = callee, .op = p->op};
    }
}

void note_resumed(struct points *p, uint32_t set)
{
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (o.kind == POINTS_GENERATOR) {
            note_call(p, o.a, o.b);
        }
    }
}

const struct points_call *points_calls(const struct points *p, size_t *n)
{
    *n = p->calls.n;
    return p->calls.items;
}

const struct points_raise *points_raises(const struct points *p, size_t *n)
{
    *n = p->raises.n;
    return p->raises.items;
}
