/*
 * elements.c - elements of containers: all together, by a constant key, and as a loop gives them.
 *
 * Every element is kept under "[]".  One whose key is a constant is kept under that as well, and
 * one whose key is not known under "[?]"; so a look-up by a constant gives its own and the unknown.
 * Instances of container classes keep only "[]": their other names are attributes.
 */
#include "points/solver.h"

static bool has_elements(const struct points *p, const struct points_object *o)
{
    return o->kind == POINTS_CONTAINER || o->kind == POINTS_STAR || o->kind == POINTS_PARTIAL
           || o->kind == POINTS_WEAK || o->kind == POINTS_PAIRS || o->kind == POINTS_PROPERTY
           || (is_instance(o) && class_is_container(p, o->a));
}

static uint32_t read_element(struct points *p, uint32_t object, uint32_t symbol)
{
    uint32_t fields = object_of_fields(p, object);
    struct points_object o = object_at(p, fields);
    uint32_t set = cell_read(p, cell_of_field(p, fields, symbol));
    const struct class *c = is_instance(&o) ? &p->program->classes->all.items[o.a] : NULL;
    for (uint32_t i = 1; c != NULL && i < c->n_ancestors; i++) {
        uint32_t ancestor = p->program->classes->ancestors.items[c->first_ancestor + i];
        set = set_join(p, set, stored_read(p, ancestor, symbol));
    }
    return set;
}

uint32_t elements_read(struct points *p, uint32_t set, uint32_t key)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        uint32_t object = set_member(p, set, i);
        struct points_object o = object_at(p, object);
        if (o.kind == POINTS_PAIR) {
            if (key == NONE || key == p->symbols.index[1]) {
                found = set_join(p, found, elements_read(p, set_of(p, o.a), NONE));
            }
        } else if (o.kind == POINTS_NAMESPACE && key != NONE) {
            found = set_join(p, found, attribute_read(p, set_of(p, o.a), key, NONE));
        } else if (!has_elements(p, &o)) {
            continue;
        } else if (key == NONE || is_instance(&o)) {
            found = set_join(p, found, read_element(p, object, p->symbols.element));
        } else {
            found = set_join(p, found, read_element(p, object, key));
            found = set_join(p, found, read_element(p, object, p->symbols.unknown_key));
        }
    }
    return found;
}

uint32_t elements_under(struct points *p, uint32_t set, uint32_t key)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (has_elements(p, &o) && !is_instance(&o)) {
            found = set_join(p, found, read_element(p, set_member(p, set, i), key));
        }
    }
    return found;
}

void elements_add(struct points *p, uint32_t set, uint32_t key, uint32_t values, uint32_t op)
{
    if (values == SET_EMPTY) {
        return;
    }
    for (uint32_t i = 0; i < set_count(p, set) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (o.kind == POINTS_NAMESPACE && key != NONE) {
            attribute_keep(p, o.a, key, values, op);
        }
        if (!has_elements(p, &o)) {
            continue;
        }
        uint32_t fields = object_of_fields(p, set_member(p, set, i));
        cell_join(p, cell_of_field(p, fields, p->symbols.element), values);
        if (!is_instance(&o)) { /* whose fields by name are attributes */
            cell_join(p, cell_of_field(p, fields, key == NONE ? p->symbols.unknown_key : key),
                      values);
        }
        note_store(p, fields, p->symbols.element, values, op);
    }
}

void elements_copy(struct points *p, uint32_t set, uint32_t from, uint32_t op)
{
    for (uint32_t i = 0; set != SET_EMPTY && i < set_count(p, from) && i < MAX_SPREAD; i++) {
        uint32_t object = set_member(p, from, i);
        for (uint32_t field = pair_table_get(&p->last_keys, object); field != TABLE_NONE;
             field = p->earlier_keys.items[field]) {
            struct points_field f = p->fields.items[field];
            elements_add(p, set, f.symbol, cell_read(p, f.cell), op);
        }
    }
}

static uint32_t pair_of(struct points *p, uint32_t container)
{
    return set_of(p, object_number(p, (struct points_object){.kind = POINTS_PAIR, .a = container}));
}

static uint32_t iterate_generator(struct points *p, const struct points_object *o)
{
    return cell_read(p, p->first_yield + p->program->link->first_function[o->a] + o->b);
}

/* An instance is asked for its iterator, and that for its next element. */
static uint32_t iterate_instance(struct points *p, uint32_t object)
{
    uint32_t one = set_of(p, object);
    uint32_t iterator = call_methods(p, one, p->symbols.iter, NULL, 0);
    uint32_t found = call_methods(p, iterator, p->symbols.next, NULL, 0);
    for (uint32_t i = 0; i < set_count(p, iterator); i++) {
        struct points_object o = object_at(p, set_member(p, iterator, i));
        if (o.kind == POINTS_GENERATOR) {
            found = set_join(p, found, iterate_generator(p, &o));
        } else if (!is_instance(&o)) {
            found =
                set_join(p, found, elements_read(p, set_of(p, set_member(p, iterator, i)), NONE));
        }
    }
    return found;
}

uint32_t elements_iterate(struct points *p, uint32_t set)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        uint32_t object = set_member(p, set, i), next = SET_EMPTY;
        struct points_object o = object_at(p, object);
        if (o.kind == POINTS_PAIRS) {
            next = pair_of(p, o.a);
        } else if (o.kind == POINTS_GENERATOR) {
            next = iterate_generator(p, &o);
            note_call(p, o.a, o.b);
        } else if (is_instance(&o)) {
            next = iterate_instance(p, object);
        }
        if (o.kind != POINTS_PAIRS) {
            next = set_join(p, next, elements_read(p, set_of(p, object), NONE));
        }
        found = set_join(p, found, next);
    }
    return found;
}
