/*
 * objects.c - the abstract objects, each once.
 */
#include "points/solver.h"

#include <string.h>

static bool derives_from_container(const struct points *p, uint32_t class)
{
    static const char *const names[] = {"list",
                                        "dict",
                                        "set",
                                        "tuple",
                                        "collections.UserList",
                                        "collections.UserDict",
                                        "collections.OrderedDict",
                                        "collections.defaultdict",
                                        "collections.deque"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (classes_derive_from(p->program, class, names[i])) {
            return true;
        }
    }
    return false;
}

void objects_begin(struct points *p)
{
    for (uint32_t class = 0; class < p->program->classes->all.n; class ++) {
        p->is_container[class] = derives_from_container(p, class);
    }
    for (uint32_t kind = POINTS_INSTANCE; kind <= POINTS_CLASS; kind++) {
        for (uint32_t class = 0; class < p->program->classes->all.n; class ++) {
            *array_push(&p->objects) = (struct points_object){.kind = (uint8_t)kind, .a = class};
        }
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu; /* the finalizer of MurmurHash3 */
    return x ^ x >> 33;
}

uint32_t object_number(struct points *p, struct points_object object)
{
    uint64_t key = mix(pair_key(object.a, object.b)) + mix(pair_key(object.c, object.kind));
    for (;; key++) { /* the next key on a collision */
        uint32_t next = (uint32_t)p->objects.n;
        uint32_t found = pair_table_put(&p->object_numbers, key, next);
        if (found == next) {
            *array_push(&p->objects) = object;
            return next;
        }
        const struct points_object *o = &p->objects.items[found];
        if (o->kind == object.kind && o->a == object.a && o->b == object.b && o->c == object.c) {
            return found;
        }
    }
}

uint32_t object_of_fields(const struct points *p, uint32_t object)
{
    const struct points_object *o = &p->objects.items[object];
    return o->kind == POINTS_KIN     ? object_of_class(p, POINTS_INSTANCE, o->a)
           : o->kind == POINTS_PAIRS ? object_of_fields(p, o->a)
                                     : object;
}

uint32_t cell_of_decorated(const struct points *p, struct entity entity)
{
    if (entity.kind != ENTITY_FUNCTION) {
        return NONE;
    }
    const struct facts *facts = p->program->files[entity.file];
    const struct scope *s = &facts->scopes[entity.index];
    if (s->parent != 0 || facts_first_decorator(facts, entity.index) == NONE) {
        return NONE;
    }
    uint32_t op = s->defined_at;
    while (op < facts->n_ops && facts->ops[op].kind != OP_TARGET_NAME) {
        op++;
    }
    return op == facts->n_ops ? NONE : cell_of_variable(p, entity.file, facts->ops[op].a);
}

uint32_t set_of_entity(struct points *p, struct entity entity)
{
    uint32_t class, decorated;
    if (entity.kind == ENTITY_CLASS || entity.kind == ENTITY_FUNCTION) {
        uint32_t known = outside_name(p, entity);
        if (known != NONE) {
            entity = (struct entity){.kind = ENTITY_FOREIGN, .file = NONE, .index = known};
        }
    }
    switch ((enum entity_kind)entity.kind) {
    case ENTITY_MODULE:
        return set_of(
            p, object_number(p, (struct points_object){.kind = POINTS_MODULE, .a = entity.file}));
    case ENTITY_CLASS:
        class = classes_of_scope(p->program, entity.file, entity.index);
        return class == NONE ? SET_EMPTY : set_of(p, object_of_class(p, POINTS_CLASS, class));
    case ENTITY_FUNCTION:
        decorated = cell_of_decorated(p, entity);
        if (decorated != NONE) {
            return cell_read(p, decorated);
        }
        return set_of(p, object_number(p, (struct points_object){.kind = POINTS_FUNCTION,
                                                                 .a = entity.file,
                                                                 .b = entity.index}));
    case ENTITY_FOREIGN:
        return set_of(
            p, object_number(p, (struct points_object){.kind = POINTS_FOREIGN, .a = entity.index}));
    case ENTITY_NOTHING:
    case ENTITY_VALUE:
        break;
    }
    return SET_EMPTY;
}
