/*
 * calls.c - what a call hands to its callees, and what comes back.
 *
 * Arguments are joined into the callees' parameters wherever they are; the callee is looked at
 * again if that tells it something new.  The result is whatever its `return`s have been found to
 * give so far.
 */
#include "points/solver.h"

#include <string.h>

/* What is given: first `extra` (a receiver, a partial's arguments), then those of an OP_CALL. */
struct given {
    const uint32_t *extra; /* sets */
    uint32_t n_extra;
    uint32_t op; /* NONE: no more */
    bool is_partial;
};

enum {
    MAX_EXTRA = 12,
    MAX_WIDE_CALLEES = 16 /* that are handed an exception: the callbacks of an ExitStack */
};

/* ---- parameters */

struct target {
    const struct facts *facts;
    uint32_t file, scope;
    const struct parameter *parameters;
    uint32_t n;
};

static struct target target_of(const struct points *p, uint32_t file, uint32_t scope)
{
    const struct facts *facts = p->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    return (struct target){.facts = facts,
                           .file = file,
                           .scope = scope,
                           .parameters = facts->parameters + s->first_parameter,
                           .n = s->n_parameters};
}

static uint32_t parameter_of_kind(const struct target *t, enum parameter_kind kind)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->parameters[i].kind == kind) {
            return i;
        }
    }
    return NONE;
}

static uint32_t star_container(struct points *p, const struct target *t, uint32_t i)
{
    bool is_dict = t->parameters[i].kind == PARAMETER_DOUBLE_STAR;
    uint32_t number = (uint32_t)(t->parameters + i - t->facts->parameters);
    return set_of(p, object_number(p, (struct points_object){.kind = POINTS_STAR,
                                                             .aux = is_dict ? CONTAINER_DICT
                                                                            : CONTAINER_TUPLE,
                                                             .a = t->file,
                                                             .b = number}));
}

static uint32_t index_symbol(const struct points *p, uint32_t i)
{
    return i < MAX_INDEX ? p->symbols.index[i] : NONE;
}

static void bind_position(struct points *p, const struct target *t, uint32_t position, uint32_t set)
{
    set = p->is_wide_call ? only_exceptions(p, set) : set;
    if (set == SET_EMPTY) {
        return;
    }
    if (position < t->n
        && (t->parameters[position].kind == PARAMETER_PLAIN
            || t->parameters[position].kind == PARAMETER_POSITIONAL_ONLY)) {
        variable_join(p, t->file, t->parameters[position].variable, set);
        return;
    }
    uint32_t star = parameter_of_kind(t, PARAMETER_STAR);
    if (star != NONE && position >= star) {
        elements_add(p, star_container(p, t, star), index_symbol(p, position - star), set, NONE);
    }
}

static void bind_name(struct points *p, const struct target *t, uint32_t symbol, uint32_t set)
{
    set = p->is_wide_call ? only_exceptions(p, set) : set;
    if (set == SET_EMPTY) {
        return;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        const struct parameter *parameter = &t->parameters[i];
        uint32_t name = link_symbol_of(p->program->link, t->file,
                                       t->facts->variables[parameter->variable].name);
        if (name == symbol && parameter->kind != PARAMETER_STAR
            && parameter->kind != PARAMETER_DOUBLE_STAR) {
            variable_join(p, t->file, parameter->variable, set);
            return;
        }
    }
    uint32_t rest = parameter_of_kind(t, PARAMETER_DOUBLE_STAR);
    if (rest != NONE) {
        elements_add(p, star_container(p, t, rest), symbol, set, NONE);
    }
}

static void bind_starred(struct points *p, const struct target *t, uint32_t position, uint32_t set)
{
    for (uint32_t i = 0; set != SET_EMPTY && i < MAX_INDEX; i++) {
        bind_position(p, t, position + i, elements_under(p, set, p->symbols.index[i]));
    }
}

static void bind_double_starred(struct points *p, const struct target *t, uint32_t set)
{
    for (uint32_t i = 0; set != SET_EMPTY && !p->is_wide_call && i < t->n; i++) {
        const struct parameter *parameter = &t->parameters[i];
        if (parameter->kind == PARAMETER_DOUBLE_STAR) {
            uint32_t container = star_container(p, t, i);
            elements_add(p, container, NONE, elements_under(p, set, p->symbols.unknown_key), NONE);
            elements_copy(p, container, set, NONE);
        } else if (parameter->kind != PARAMETER_STAR) {
            uint32_t name = link_symbol_of(p->program->link, t->file,
                                           t->facts->variables[parameter->variable].name);
            variable_join(p, t->file, parameter->variable, elements_under(p, set, name));
        }
    }
}

static void bind_argument(struct points *p, const struct target *t, const struct op *argument,
                          uint32_t position)
{
    uint32_t set = value_at(p, argument->a);
    if (argument->flags & OP_IS_DOUBLE_STARRED) {
        bind_double_starred(p, t, set);
    } else if (argument->flags & OP_IS_STARRED) {
        bind_starred(p, t, position, set);
    } else if (argument->b != NONE) {
        bind_name(p, t, link_symbol_of(p->program->link, p->file, argument->b), set);
    } else {
        bind_position(p, t, position, set);
    }
}

static void bind(struct points *p, const struct target *t, const struct given *given,
                 uint32_t position)
{
    for (uint32_t i = 0; i < given->n_extra; i++) {
        bind_position(p, t, position++, given->extra[i]);
    }
    if (given->op == NONE) {
        return;
    }
    bool has_star = false;
    for (uint32_t i = given->op + 1; i <= given->op + p->facts->ops[given->op].b; i++) {
        const struct op *argument = &p->facts->ops[i];
        bool is_positional = argument->b == NONE && !(argument->flags & OP_IS_DOUBLE_STARRED);
        if (!is_positional || !has_star) {
            bind_argument(p, t, argument, position);
        }
        has_star |= (argument->flags & OP_IS_STARRED) != 0;
        position += is_positional;
    }
}

/* ---- functions and classes */

static uint32_t returned_by(struct points *p, uint32_t file, uint32_t scope)
{
    const struct scope *s = &p->program->files[file]->scopes[scope];
    if (s->flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR)) {
        return set_of(p, object_number(p, (struct points_object){
                                              .kind = POINTS_GENERATOR, .a = file, .b = scope}));
    }
    return cell_read(p, p->first_return + p->program->link->first_function[file] + scope);
}

static uint32_t call_function(struct points *p, uint32_t file, uint32_t scope,
                              const struct given *given)
{
    struct target t = target_of(p, file, scope);
    note_call(p, file, scope);
    bind(p, &t, given, 0);
    return returned_by(p, file, scope);
}

/* A method's `self` is of its own class, whatever it is called on; of a nested function that was
 * made a method, the first parameter is the receiver. */
static uint32_t call_bound(struct points *p, const struct points_object *method,
                           const struct given *given)
{
    struct target t = target_of(p, method->b, method->c);
    note_call(p, method->b, method->c);
    if (classes_self_of(t.facts, method->c) == NONE) {
        bind_position(p, &t, 0, set_of(p, method->a));
    }
    bind(p, &t, given, 1);
    return returned_by(p, method->b, method->c);
}

/* A dataclass keeps each argument in the field of its place or name. */
static void store_fields(struct points *p, uint32_t class, const struct given *given)
{
    const struct class *c = &p->program->classes->all.items[class];
    const struct facts *facts = p->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    uint32_t position = 0, instance = set_of(p, object_of_class(p, POINTS_INSTANCE, class));
    for (uint32_t i = body->first_op; given->op != NONE && i < body->first_op + body->n_ops; i++) {
        const struct op *annotate = &facts->ops[i];
        if (annotate->kind != OP_ANNOTATE || facts->ops[annotate->a].kind != OP_TARGET_NAME) {
            continue;
        }
        uint32_t variable = facts->ops[annotate->a].a;
        uint32_t value = facts_argument(p->facts, given->op,
                                        position < p->facts->ops[given->op].b ? (int)position : -1,
                                        variable_name(facts, variable));
        position++;
        if (value != NONE) {
            attribute_write(
                p, instance,
                link_symbol_of(p->program->link, c->file, facts->variables[variable].name),
                value_at(p, value), given->op);
        }
    }
}

static uint32_t first_given(const struct points *p, const struct given *given)
{
    return given->n_extra > 0 ? given->extra[0]
           : given->op != NONE && p->facts->ops[given->op].b > 0
               ? value_at(p, p->facts->ops[given->op + 1].a)
               : SET_EMPTY;
}

static uint32_t make_instance(struct points *p, uint32_t class, const struct given *given)
{
    uint32_t file, scope;
    uint32_t instance = set_of(p, object_of_class(p, POINTS_INSTANCE, class));
    if (find_function(p, class, 0, p->symbols.new, &file, &scope)) {
        struct target t = target_of(p, file, scope);
        note_call(p, file, scope);
        bind_position(p, &t, 0, set_of(p, object_of_class(p, POINTS_CLASS, class)));
        bind(p, &t, given, 1);
        instance = set_join(p, instance, returned_by(p, file, scope));
    }
    if (find_function(p, class, 0, p->symbols.init, &file, &scope)) {
        struct target t = target_of(p, file, scope);
        note_call(p, file, scope);
        bind(p, &t, given, 1);
    } else if (classes_has_generated_init(p->program, class)) {
        store_fields(p, class, given);
    } else if (class_is_container(p, class)) {
        elements_add(p, instance, NONE, elements_iterate(p, first_given(p, given)), given->op);
    }
    return instance;
}

/* ---- callees */

static uint32_t call_value(struct points *p, uint32_t object, const struct given *given);
static void call_widely(struct points *p, uint32_t callees, const struct given *given);

/* What is kept under "[0]" with what is kept after it. */
static uint32_t call_partial(struct points *p, uint32_t object, const struct given *given)
{
    uint32_t extra[MAX_EXTRA], n = 0;
    uint32_t one = set_of(p, object);
    for (uint32_t i = 1; i < MAX_INDEX; i++) {
        uint32_t set = elements_read(p, one, p->symbols.index[i]);
        if (set == SET_EMPTY) {
            break;
        }
        extra[n++] = set;
    }
    struct given all = {.extra = extra, .n_extra = n, .op = given->op, .is_partial = true};
    uint32_t callees = elements_read(p, one, p->symbols.index[0]), value = SET_EMPTY;
    if (p->is_wide_call) {
        call_widely(p, callees, &all);
        return SET_EMPTY;
    }
    for (uint32_t i = 0; i < set_count(p, callees) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, callees, i));
        if (o.kind == POINTS_FUNCTION) {
            value = set_join(p, value, call_function(p, o.a, o.b, &all));
        } else if (o.kind == POINTS_METHOD) {
            value = set_join(p, value, call_bound(p, &o, &all));
        } else if (o.kind == POINTS_CLASS) {
            value = set_join(p, value, make_instance(p, o.a, &all));
        }
    }
    return value;
}

static uint32_t call_instance(struct points *p, uint32_t object, const struct given *given)
{
    uint32_t methods = attribute_read(p, set_of(p, object), p->symbols.call, NONE);
    uint32_t value = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, methods) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, methods, i));
        if (o.kind == POINTS_METHOD) {
            value = set_join(p, value, call_bound(p, &o, given));
        } else if (o.kind == POINTS_FUNCTION) {
            value = set_join(p, value, call_function(p, o.a, o.b, given));
        }
    }
    return value;
}

static uint32_t call_value(struct points *p, uint32_t object, const struct given *given)
{
    struct points_object o = object_at(p, object);
    switch ((enum points_kind)o.kind) {
    case POINTS_FUNCTION:
        return call_function(p, o.a, o.b, given);
    case POINTS_METHOD:
        return call_bound(p, &o, given);
    case POINTS_CLASS:
        return make_instance(p, o.a, given);
    case POINTS_INSTANCE:
    case POINTS_KIN:
        return call_instance(p, object, given);
    case POINTS_PARTIAL:
        return call_partial(p, object, given);
    case POINTS_WEAK:
        return elements_read(p, set_of(p, object), NONE);
    case POINTS_FOREIGN:
        return given->op == NONE ? SET_EMPTY : call_outside(p, o.a, given->op);
    case POINTS_CONTAINER:
    case POINTS_STAR:
    case POINTS_GENERATOR:
    case POINTS_PAIRS:
    case POINTS_PAIR:
    case POINTS_SUPER:
    case POINTS_PROPERTY:
    case POINTS_NAMESPACE:
    case POINTS_MODULE:
    case POINTS_EXCEPTION:
    case POINTS_TRACEBACK:
    case POINTS_FRAME:
        break;
    }
    return SET_EMPTY;
}

/* The function that a call of the object runs: a class, its __init__. */
static uint64_t function_run(const struct points *p, uint32_t object)
{
    struct points_object o = object_at(p, object);
    uint32_t file, scope;
    return o.kind == POINTS_METHOD     ? pair_key(o.b, o.c)
           : o.kind == POINTS_FUNCTION ? pair_key(o.a, o.b)
           : o.kind == POINTS_CLASS && find_function(p, o.a, 0, p->symbols.init, &file, &scope)
               ? pair_key(file, scope)
               : pair_key(NONE, object);
}

/* Whether the callees are more functions than MAX_CALLEES: one method of many objects is one, and
 * so are the classes that inherit one __init__. */
static bool means_many(const struct points *p, uint32_t callees)
{
    uint64_t seen[MAX_CALLEES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < set_count(p, callees); i++) {
        uint64_t key = function_run(p, set_member(p, callees, i));
        uint32_t at = 0;
        while (at < n && seen[at] != key) {
            at++;
        }
        if (at == n) {
            if (n == MAX_CALLEES) {
                return true;
            }
            seen[n++] = key;
        }
    }
    return false;
}

/* The functions of a set that are in the file under way, or those that are not. */
static void call_those(struct points *p, uint32_t callees, const struct given *given,
                       bool is_own_file, uint32_t most)
{
    for (uint32_t i = 0; most > 0 && i < set_count(p, callees); i++) {
        struct points_object o = object_at(p, set_member(p, callees, i));
        uint32_t file = o.kind == POINTS_METHOD ? o.b : o.a;
        bool is_callable = o.kind == POINTS_FUNCTION || o.kind == POINTS_METHOD
                           || (o.kind == POINTS_PARTIAL && !given->is_partial);
        if (is_callable && (file == p->file) == is_own_file) {
            call_value(p, set_member(p, callees, i), given);
            most--;
        }
    }
}

/* Exceptions are few, and handed to all. */
static void call_widely(struct points *p, uint32_t callees, const struct given *given)
{
    bool was_wide = p->is_wide_call;
    p->is_wide_call = true;
    call_those(p, callees, given, true, MAX_WIDE_CALLEES);
    call_those(p, callees, given, false, MAX_WIDE_CALLEES);
    p->is_wide_call = was_wide;
}

/* A call that may mean many functions (a table of handlers) hands nothing else to any: what they
 * are given would otherwise mix all that the program has. */
static uint32_t call_each(struct points *p, uint32_t callees, const struct given *given)
{
    uint32_t value = SET_EMPTY, n = set_count(p, callees);
    bool is_many = means_many(p, callees);
    if (is_many) {
        call_widely(p, callees, given);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct points_object o = object_at(p, set_member(p, callees, i));
        if (!is_many) {
            value = set_join(p, value, call_value(p, set_member(p, callees, i), given));
        } else if (o.kind == POINTS_CLASS) {
            value = set_join(p, value, set_of(p, object_of_class(p, POINTS_INSTANCE, o.a)));
        }
    }
    return value;
}

uint32_t call_values(struct points *p, uint32_t set, const uint32_t *arguments, uint32_t n)
{
    return call_each(p, set, &(struct given){.extra = arguments, .n_extra = n, .op = NONE});
}

uint32_t call_methods(struct points *p, uint32_t set, uint32_t symbol, const uint32_t *arguments,
                      uint32_t n)
{
    uint32_t value = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (is_instance(&o)) {
            uint32_t methods = attribute_read(p, set_of(p, set_member(p, set, i)), symbol, NONE);
            value = set_join(p, value, call_values(p, methods, arguments, n));
        }
    }
    return value;
}

/* `object.__new__(cls)`, `super().__new__(cls, …)`, `cls.__new__(cls)`: an instance of what is
 * given; a tuple's holds the elements of the second argument. */
static uint32_t made_by_new(struct points *p, uint32_t op)
{
    uint32_t first = facts_argument(p->facts, op, 0, NULL);
    uint32_t second = facts_argument(p->facts, op, 1, NULL);
    uint32_t classes = first == NONE ? (uint32_t)SET_EMPTY : value_at(p, first), made = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, classes); i++) {
        struct points_object o = object_at(p, set_member(p, classes, i));
        if (o.kind == POINTS_CLASS) {
            made = set_join(p, made, set_of(p, object_of_class(p, POINTS_INSTANCE, o.a)));
        }
    }
    if (second != NONE && made != SET_EMPTY) {
        elements_add(p, made, NONE, elements_iterate(p, value_at(p, second)), op);
    }
    return made;
}

/* `super().__setattr__(name, value)`, where no ancestor in the program has one. */
static void set_past_class(struct points *p, uint32_t receivers, uint32_t op)
{
    uint32_t symbol = link_string_argument(p->program, p->file, op, 0);
    uint32_t value = facts_argument(p->facts, op, 1, NULL);
    for (uint32_t i = 0; symbol != NONE && value != NONE && i < set_count(p, receivers); i++) {
        struct points_object o = object_at(p, set_member(p, receivers, i));
        if (o.kind == POINTS_SUPER) {
            attribute_keep(p, object_of_class(p, POINTS_INSTANCE, o.a), symbol, value_at(p, value),
                           op);
        }
    }
}

uint32_t call_evaluate(struct points *p, uint32_t op)
{
    const struct op *call = &p->facts->ops[op];
    const struct op *callee = &p->facts->ops[call->a];
    uint32_t value = SET_EMPTY;
    if (callee->kind == OP_ATTRIBUTE) {
        uint32_t symbol = link_symbol_of(p->program->link, p->file, callee->b);
        call_container(p, value_at(p, callee->a), symbol, op, &value);
        note_resumed(p, value_at(p, callee->a));
        if (symbol == p->symbols.with_traceback) {
            value = set_join(p, value, value_at(p, callee->a));
        } else if (symbol == p->symbols.new) {
            value = set_join(p, value, made_by_new(p, op));
        } else if (symbol == p->symbols.setattr) {
            set_past_class(p, value_at(p, callee->a), op);
        }
    }
    struct given given = {.op = op};
    value = set_join(p, value, call_each(p, value_at(p, call->a), &given));
    bool is_plain = call->flags & OP_IS_DECORATOR && value == SET_EMPTY;
    if (is_plain && callee->kind == OP_CALL) {
        note_wrapped(p, op);
    }
    return is_plain ? value_at(p, p->facts->ops[op + 1].a) : value;
}
