/*
 * outside.c - calls of what the program does not contain.
 */
#include "points/solver.h"

#include "program/foreign.h"

#include <stdio.h>

enum { MAX_KNOWN_NAME = 120 }; /* no table has a longer one */
#define NOT_CLAIMED (UINT32_MAX - 1)

enum effect {
    EFFECT_NOTHING,
    EFFECT_LIST,
    EFFECT_TUPLE,
    EFFECT_SET,
    EFFECT_DICT,
    EFFECT_DEFAULT_DICT,
    EFFECT_SAME,
    EFFECT_ELEMENT,
    EFFECT_PAIRS,
    EFFECT_ZIP,
    EFFECT_CHAIN,
    EFFECT_PARTIAL,
    EFFECT_WEAK,
    EFFECT_SUPER,
    EFFECT_SETATTR,
    EFFECT_GETATTR,
    EFFECT_CLASS_OF,
    EFFECT_CAST,
    EFFECT_ITER,
    EFFECT_MAP,
    EFFECT_FILTER,
    EFFECT_FROM_KEYS,
    EFFECT_PROPERTY,
    EFFECT_NAMESPACE,
    EFFECT_WRAPS,
    EFFECT_FRAME,
    EFFECT_TRACE,
    EFFECT_EXCEPTION,
    EFFECT_EXC_INFO
};

/* What the knowledge tables (program/foreign.h) do not tell apart. */
static const struct {
    const char *name;
    enum effect effect;
} effects[] = {
    {"copy.copy", EFFECT_SAME},
    {"copy.deepcopy", EFFECT_SAME},
    {"itertools.chain", EFFECT_CHAIN},
    {"zip", EFFECT_ZIP},
    {"functools.partial", EFFECT_PARTIAL},
    {"map", EFFECT_MAP},
    {"dict.fromkeys", EFFECT_FROM_KEYS},
    {"filter", EFFECT_FILTER},
    {"functools.lru_cache", EFFECT_SAME},
    {"functools.lru_cache()", EFFECT_SAME},
    {"functools.cache", EFFECT_SAME},
    {"functools.wraps()", EFFECT_SAME},
    {"property", EFFECT_PROPERTY},
    {"functools.wraps", EFFECT_WRAPS},
    {"sys.settrace", EFFECT_TRACE},
    {"sys.setprofile", EFFECT_TRACE},
};

static enum effect effect_of_result(enum foreign_result result)
{
    switch (result) {
    case RESULT_LIST:
        return EFFECT_LIST;
    case RESULT_TUPLE:
        return EFFECT_TUPLE;
    case RESULT_SET:
        return EFFECT_SET;
    case RESULT_DICT:
        return EFFECT_DICT;
    case RESULT_DEFAULT_DICT:
        return EFFECT_DEFAULT_DICT;
    case RESULT_FIRST:
    case RESULT_VIEW:
    case RESULT_WRAPPED:
        return EFFECT_SAME;
    case RESULT_ELEMENT:
        return EFFECT_ELEMENT;
    case RESULT_PAIRS:
        return EFFECT_PAIRS;
    case RESULT_METHOD:
        return EFFECT_PARTIAL;
    case RESULT_WEAK:
        return EFFECT_WEAK;
    case RESULT_SUPER:
        return EFFECT_SUPER;
    case RESULT_SET_ATTRIBUTE:
        return EFFECT_SETATTR;
    case RESULT_ATTRIBUTE:
        return EFFECT_GETATTR;
    case RESULT_CLASS_OF:
        return EFFECT_CLASS_OF;
    case RESULT_SECOND:
        return EFFECT_CAST;
    case RESULT_ITERATOR:
        return EFFECT_ITER;
    case RESULT_NAMESPACE:
        return EFFECT_NAMESPACE;
    case RESULT_FRAME:
        return EFFECT_FRAME;
    case RESULT_EXCEPTION:
        return EFFECT_EXCEPTION;
    case RESULT_EXC_INFO:
        return EFFECT_EXC_INFO;
    case RESULT_UNKNOWN:
    case RESULT_NOTHING:
    case RESULT_HOLDER:
    case RESULT_INSTANCE:
    case RESULT_WEAK_CONTAINER:
    case RESULT_RECEIVER:
    case RESULT_CLEARED_FRAMES:
        break;
    }
    return EFFECT_NOTHING;
}

static enum effect effect_of(const struct points *p, uint32_t symbol)
{
    uint32_t own = pair_table_get(&p->effects, symbol);
    if (own != TABLE_NONE) {
        return (enum effect)own;
    }
    const struct foreign *known = foreign_find(p->program, symbol);
    return known == NULL ? EFFECT_NOTHING : effect_of_result(known->result);
}

void outside_begin(struct points *p)
{
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        pair_table_set(&p->effects, link_symbol(p->program, effects[i].name), effects[i].effect);
    }
}

/* What one of the tables knows is not followed, even where the program has its text: a container
 * class of the standard library would be one object, and all who use it would seem to share what it
 * holds. */
uint32_t outside_name(struct points *p, struct entity entity)
{
    uint64_t key = pair_key(entity.file, entity.index);
    uint32_t symbol = pair_table_get(&p->claimed, key);
    if (symbol == TABLE_NONE) {
        const struct scope *scope = &p->program->files[entity.file]->scopes[entity.index];
        symbol = NOT_CLAIMED;
        if (scope->parent == 0) {
            char name[MAX_KNOWN_NAME];
            int n = snprintf(name, sizeof name, "%s.%s", p->program->modules[entity.file],
                             facts_name(p->program->files[entity.file], scope->name));
            uint32_t known = n < 0 || n >= MAX_KNOWN_NAME
                                 ? TABLE_NONE
                                 : link_find_symbol(p->program, name, (size_t)n);
            symbol =
                known != TABLE_NONE && effect_of(p, known) != EFFECT_NOTHING ? known : NOT_CLAIMED;
        }
        pair_table_set(&p->claimed, key, symbol);
    }
    return symbol == NOT_CLAIMED ? NONE : symbol;
}

static uint32_t argument(const struct points *p, uint32_t op, int position)
{
    uint32_t value = facts_argument(p->facts, op, position, NULL);
    return value == NONE ? (uint32_t)SET_EMPTY : value_at(p, value);
}

static uint32_t container_of(struct points *p, uint8_t container, uint32_t op)
{
    uint32_t set = set_of(p, made_here(p, POINTS_CONTAINER, container, op, 0));
    uint32_t given = argument(p, op, 0);
    if (container == CONTAINER_DICT) {
        elements_add(p, set, NONE, elements_read(p, given, NONE), op);
        for (uint32_t i = op + 1; i <= op + p->facts->ops[op].b; i++) {
            const struct op *a = &p->facts->ops[i];
            if (a->b != NONE) {
                elements_add(p, set, link_symbol_of(p->program->link, p->file, a->b),
                             value_at(p, a->a), op);
            }
        }
    } else {
        elements_add(p, set, NONE, elements_iterate(p, given), op);
    }
    return set;
}

/* What a factory makes: an instance, a container, what a function returns. */
static uint32_t product_of(struct points *p, uint32_t factory, uint32_t op)
{
    uint32_t made = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, factory); i++) {
        struct points_object o = object_at(p, set_member(p, factory, i));
        if (o.kind != POINTS_FOREIGN) {
            continue;
        }
        enum effect effect = effect_of(p, o.a);
        if (effect >= EFFECT_LIST && effect <= EFFECT_DICT) {
            uint8_t container = (uint8_t)(effect - EFFECT_LIST + CONTAINER_LIST);
            made = set_join(p, made, set_of(p, made_here(p, POINTS_CONTAINER, container, op, 1)));
        }
    }
    return set_join(p, made, call_values(p, factory, NULL, 0));
}

static uint32_t default_dict(struct points *p, uint32_t op)
{
    uint32_t set = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_DICT, op, 0));
    uint32_t factory = argument(p, op, 0);
    elements_add(p, set, NONE, product_of(p, factory, op), op);
    elements_add(p, set, NONE, elements_read(p, argument(p, op, 1), NONE), op);
    return set;
}

/* Something that holds its arguments, under "[0]", "[1]", … */
static uint32_t holder_of_arguments(struct points *p, enum points_kind kind, uint32_t op)
{
    uint32_t set = set_of(p, made_here(p, kind, 0, op, 0));
    for (uint32_t i = 0; i < p->facts->ops[op].b; i++) {
        const struct op *a = &p->facts->ops[op + 1 + i];
        uint32_t key = a->b != NONE    ? link_symbol_of(p->program->link, p->file, a->b)
                       : i < MAX_INDEX ? p->symbols.index[i]
                                       : NONE;
        uint32_t value = value_at(p, a->a);
        elements_add(p, set, key,
                     a->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)
                         ? elements_read(p, value, NONE)
                         : value,
                     op);
    }
    return set;
}

static uint32_t zip_of(struct points *p, uint32_t op)
{
    uint32_t tuple = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_TUPLE, op, 0));
    uint32_t list = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_LIST, op, 1));
    for (uint32_t i = 0; i < p->facts->ops[op].b; i++) {
        const struct op *a = &p->facts->ops[op + 1 + i];
        elements_add(p, tuple, i < MAX_INDEX ? p->symbols.index[i] : NONE,
                     elements_iterate(p, value_at(p, a->a)), op);
    }
    elements_add(p, list, NONE, tuple, op);
    return list;
}

static uint32_t chain_of(struct points *p, uint32_t op)
{
    uint32_t list = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_LIST, op, 0));
    for (uint32_t i = 0; i < p->facts->ops[op].b; i++) {
        elements_add(p, list, NONE, elements_iterate(p, value_at(p, p->facts->ops[op + 1 + i].a)),
                     op);
    }
    return list;
}

static uint32_t pairs_of(struct points *p, uint32_t set)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        uint32_t object = set_member(p, set, i);
        struct points_object o = object_at(p, object);
        uint32_t depth = o.kind == POINTS_PAIRS ? o.aux + 1u : 1;
        if (depth <= MAX_PAIRS_DEPTH) {
            found =
                set_join(p, found,
                         set_of(p, object_number(p, (struct points_object){.kind = POINTS_PAIRS,
                                                                           .aux = (uint8_t)depth,
                                                                           .a = object})));
        }
    }
    return found;
}

static uint32_t super_here(const struct points *p)
{
    uint32_t scope = classes_around(p->facts, p->scope);
    return scope == NONE ? NONE : classes_of_scope(p->program, p->file, scope);
}

static uint32_t class_of(struct points *p, uint32_t op)
{
    uint32_t found = SET_EMPTY, set = argument(p, op, 0);
    for (uint32_t i = 0; p->facts->ops[op].b == 1 && i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (is_instance(&o)) {
            found = set_join(p, found, set_of(p, object_of_class(p, POINTS_CLASS, o.a)));
        }
    }
    return found;
}

static uint32_t get_attribute(struct points *p, uint32_t op)
{
    uint32_t name = link_string_argument(p->program, p->file, op, 1);
    return name == NONE
               ? (uint32_t)SET_EMPTY
               : set_join(p, attribute_read(p, argument(p, op, 0), name, NONE), argument(p, op, 2));
}

static uint32_t map_of(struct points *p, uint32_t op, bool is_filter)
{
    uint32_t element = elements_iterate(p, argument(p, op, 1));
    uint32_t made = call_values(p, argument(p, op, 0), &element, 1);
    uint32_t list = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_LIST, op, 0));
    elements_add(p, list, NONE, is_filter ? element : made, op);
    return list;
}

uint32_t call_outside(struct points *p, uint32_t symbol, uint32_t op)
{
    uint32_t class, name;
    switch (effect_of(p, symbol)) {
    case EFFECT_LIST:
        return container_of(p, CONTAINER_LIST, op);
    case EFFECT_TUPLE:
        return container_of(p, CONTAINER_TUPLE, op);
    case EFFECT_SET:
        return container_of(p, CONTAINER_SET, op);
    case EFFECT_DICT:
        return container_of(p, CONTAINER_DICT, op);
    case EFFECT_DEFAULT_DICT:
        return default_dict(p, op);
    case EFFECT_SAME:
        return argument(p, op, 0);
    case EFFECT_ELEMENT:
        return elements_iterate(p, argument(p, op, 0));
    case EFFECT_PAIRS:
        return pairs_of(p, argument(p, op, 0));
    case EFFECT_ZIP:
        return zip_of(p, op);
    case EFFECT_CHAIN:
        return chain_of(p, op);
    case EFFECT_PARTIAL:
        return holder_of_arguments(p, POINTS_PARTIAL, op);
    case EFFECT_WEAK: {
        uint32_t weak = set_of(p, made_here(p, POINTS_WEAK, 0, op, 0));
        elements_add(p, weak, NONE, argument(p, op, 0), op);
        return weak;
    }
    case EFFECT_SUPER:
        class = super_here(p);
        return class == NONE ? (uint32_t)SET_EMPTY
                             : set_of(p, object_number(p, (struct points_object){
                                                              .kind = POINTS_SUPER, .a = class}));
    case EFFECT_SETATTR:
        name = link_string_argument(p->program, p->file, op, 1);
        if (name != NONE) {
            attribute_write(p, argument(p, op, 0), name, argument(p, op, 2), op);
        }
        return SET_EMPTY;
    case EFFECT_GETATTR:
        return get_attribute(p, op);
    case EFFECT_CLASS_OF:
        return class_of(p, op);
    case EFFECT_CAST:
        return argument(p, op, 1);
    case EFFECT_ITER: {
        uint32_t set = argument(p, op, 0);
        return set_join(p, set, call_methods(p, set, p->symbols.iter, NULL, 0));
    }
    case EFFECT_MAP:
        return map_of(p, op, false);
    case EFFECT_FILTER:
        return map_of(p, op, true);
    case EFFECT_FROM_KEYS: {
        uint32_t dict = set_of(p, made_here(p, POINTS_CONTAINER, CONTAINER_DICT, op, 0));
        elements_add(p, dict, NONE, argument(p, op, 1), op);
        return dict;
    }
    case EFFECT_PROPERTY:
        return p->facts->ops[op].flags & OP_IS_DECORATOR
                   ? (uint32_t)SET_EMPTY
                   : holder_of_arguments(p, POINTS_PROPERTY, op);
    case EFFECT_NAMESPACE:
        return attribute_read(p, argument(p, op, 0), p->symbols.namespace, NONE);
    case EFFECT_FRAME:
        return frame_here(p);
    case EFFECT_TRACE:
        return trace_here(p, argument(p, op, 0));
    case EFFECT_EXCEPTION:
        return exception_here(p, op);
    case EFFECT_EXC_INFO:
        return exc_info_here(p, op);
    case EFFECT_WRAPS: /* note_wrapped() */
    case EFFECT_NOTHING:
        break;
    }
    return exception_made(p, symbol, op);
}

/* `@wraps(f)` gives f to what it decorates, as __wrapped__. */
void note_wrapped(struct points *p, uint32_t op)
{
    uint32_t wraps = p->facts->ops[op].a;
    uint32_t callees = value_at(p, p->facts->ops[wraps].a);
    for (uint32_t i = 0; i < set_count(p, callees); i++) {
        struct points_object o = object_at(p, set_member(p, callees, i));
        if (o.kind == POINTS_FOREIGN && effect_of(p, o.a) == EFFECT_WRAPS) {
            attribute_write(p, argument(p, op, 0), p->symbols.wrapped, argument(p, wraps, 0), op);
        }
    }
}

/* ---- methods of containers */

/* The objects of a set that have elements and no method of this name of their own. */
static uint32_t receivers_of(struct points *p, uint32_t set, uint32_t symbol)
{
    uint32_t found = SET_EMPTY, file, scope;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        bool is_container = o.kind == POINTS_CONTAINER || o.kind == POINTS_STAR
                            || o.kind == POINTS_SUPER || o.kind == POINTS_NAMESPACE
                            || (is_instance(&o) && class_is_container(p, o.a)
                                && !find_function(p, o.a, 0, symbol, &file, &scope));
        if (o.kind == POINTS_SUPER) {
            if (class_is_container(p, o.a) && !find_function(p, o.a, 1, symbol, &file, &scope)) {
                found = set_join(p, found, set_of(p, object_of_class(p, POINTS_INSTANCE, o.a)));
            }
        } else if (is_container) {
            found = set_join(p, found, set_of(p, set_member(p, set, i)));
        }
    }
    return found;
}

static uint32_t namespaces_in(struct points *p, uint32_t set)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        if (object_at(p, set_member(p, set, i)).kind == POINTS_NAMESPACE) {
            found = set_join(p, found, set_of(p, set_member(p, set, i)));
        }
    }
    return found;
}

static void add_update(struct points *p, uint32_t set, uint32_t op)
{
    elements_add(p, set, NONE, elements_read(p, argument(p, op, 0), NONE), op);
    elements_copy(p, namespaces_in(p, set), argument(p, op, 0), op);
    for (uint32_t i = op + 1; i <= op + p->facts->ops[op].b; i++) {
        const struct op *a = &p->facts->ops[i];
        if (a->flags & OP_IS_DOUBLE_STARRED) {
            elements_copy(p, set, value_at(p, a->a), op);
        } else if (a->b != NONE) {
            elements_add(p, set, link_symbol_of(p->program->link, p->file, a->b), value_at(p, a->a),
                         op);
        }
    }
}

bool call_container(struct points *p, uint32_t set, uint32_t symbol, uint32_t op, uint32_t *value)
{
    const struct foreign *known = set == SET_EMPTY ? NULL : foreign_find_method(p->program, symbol);
    uint32_t receivers = known == NULL ? (uint32_t)SET_EMPTY : receivers_of(p, set, symbol);
    if (receivers == SET_EMPTY) {
        return false;
    }
    uint32_t key = link_string_argument(p->program, p->file, op, 0);
    switch (known->method) {
    case METHOD_ADDS_FIRST:
        elements_add(p, receivers, NONE, argument(p, op, 0), op);
        break;
    case METHOD_ADDS_SECOND:
        elements_add(p, receivers, NONE, argument(p, op, 1), op);
        break;
    case METHOD_ADDS_ELEMENTS:
        add_update(p, receivers, op);
        break;
    case METHOD_SETS_DEFAULT:
        elements_add(p, receivers, key, argument(p, op, 1), op);
        *value = set_join(p, elements_read(p, receivers, key), argument(p, op, 1));
        break;
    case METHOD_GIVES_ELEMENT:
    case METHOD_TAKES_ELEMENT:
        *value = set_join(p, elements_read(p, receivers, key), argument(p, op, 1));
        break;
    case METHOD_GIVES_ITSELF:
        *value = receivers;
        break;
    case METHOD_GIVES_PAIRS:
        *value = pairs_of(p, receivers);
        break;
    case METHOD_NONE:
    case METHOD_CLEARS:
    case METHOD_GIVES_NOTHING:
    case METHOD_HOLDS:
        return false;
    }
    return true;
}
