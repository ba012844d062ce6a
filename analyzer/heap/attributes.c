/*
 * attributes.c - attributes of instances as an expression sees them: methods, properties, what the
 * class holds.
 */
#include "heap/walk.h"

#include <string.h>

/* ---- attributes of instances */

enum member_kind {
    MEMBER_NONE,
    MEMBER_METHOD,
    MEMBER_FUNCTION,
    MEMBER_PROPERTY,
    MEMBER_CACHED,
    MEMBER_VALUE
};

struct member {
    enum member_kind kind;
    uint32_t file, scope;
    uint32_t owner, value; /* the class whose body binds it, to the value of this op (or NONE) */
};

static bool spells_decorator(const struct facts *facts, uint32_t scope, const char *const *names,
                             size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (facts_find_decorator(facts, scope, names[i]) != NONE) {
            return true;
        }
    }
    return false;
}

static enum member_kind kind_of_function(const struct facts *facts, uint32_t scope)
{
    static const char *const properties[] = {"property", "abc.abstractproperty"};
    static const char *const cached[] = {"functools.cached_property",
                                         "django.utils.functional.cached_property",
                                         "werkzeug.utils.cached_property", "cached_property"};
    static const char *const plain[] = {"staticmethod", "classmethod"};
    if (facts_first_decorator(facts, scope) == NONE) {
        return MEMBER_METHOD;
    }
    return spells_decorator(facts, scope, properties, 2) ? MEMBER_PROPERTY
           : spells_decorator(facts, scope, cached, 4)   ? MEMBER_CACHED
           : spells_decorator(facts, scope, plain, 2)    ? MEMBER_FUNCTION
                                                         : MEMBER_METHOD;
}

static struct member find_member(struct walker *w, uint32_t class, uint32_t symbol)
{
    uint32_t owner, value;
    struct program *program = w->analysis->program;
    if (class == NONE || !members_find(program, class, symbol, &owner, &value)) {
        return (struct member){.kind = MEMBER_NONE};
    }
    uint32_t file = program->classes->all.items[owner].file;
    const struct facts *facts = program->files[file];
    if (value == NONE || facts->ops[value].kind != OP_FUNCTION) {
        return (struct member){.kind = MEMBER_VALUE, .file = file, .owner = owner, .value = value};
    }
    uint32_t scope = facts->ops[value].a;
    return (struct member){.kind = kind_of_function(facts, scope), .file = file, .scope = scope};
}

static bool has_edge(const struct walker *w, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        if (edge->field == field && !(edge->flags & EDGE_IS_DEAD)) {
            return true;
        }
    }
    return false;
}

/* A value that the class holds, not the instance: a class or function by its own node, anything
 * else by one for the class and name. */
static uint32_t class_value(struct walker *w, struct member member, uint32_t symbol)
{
    if (member.value != NONE) {
        uint32_t node =
            node_of_entity(w, link_entity(w->analysis->program, member.file, member.value));
        if (node != NONE && heap_node_at(&w->heap, node)->kind != HEAP_GLOBAL) {
            return node;
        }
    }
    uint32_t variable =
        pair_table_get(&w->analysis->program->members->by_name, pair_key(member.owner, symbol));
    uint32_t node = entity_node(w, HEAP_GLOBAL, member.file, variable);
    struct attribute_type type = {.class = NONE};
    if (member.value != NONE) {
        type = type_of_value(w->analysis, member.file, member.value);
    }
    heap_node_at(&w->heap, node)->class = type.class;
    heap_node_at(&w->heap, node)->flags |= type.holds_weakly ? NODE_HOLDS_WEAKLY : 0;
    return node;
}

/* The body gives every instance the same object; a dataclass field or a plain default is the
 * instance's. */
static bool is_held_by_class(const struct walker *w, uint32_t class, uint32_t symbol,
                             struct member member)
{
    if (member.value == NONE || members_stores(w->analysis->program, class, symbol) != NULL) {
        return false;
    }
    const struct facts *facts = w->analysis->program->files[member.file];
    const struct op *op = &facts->ops[member.value];
    if (op->kind == OP_CALL) {
        const struct op *callee = &facts->ops[op->a];
        const char *name = callee->kind == OP_LOAD        ? variable_name(facts, callee->a)
                           : callee->kind == OP_ATTRIBUTE ? facts_name(facts, callee->b)
                                                          : "";
        return strcmp(name, "field") != 0 && strcmp(name, "ib") != 0 && strcmp(name, "attrib") != 0
               && strcmp(name, "Field") != 0 && strcmp(name, "Factory") != 0;
    }
    return op->kind == OP_DISPLAY || op->kind == OP_COMPREHENSION || op->kind == OP_LOAD
           || op->kind == OP_ATTRIBUTE || op->kind == OP_CLASS;
}

static bool read_from_node(struct walker *w, uint32_t node, uint32_t symbol, uint32_t op,
                           uint32_t *value)
{
    struct heap_node n = *heap_node_at(&w->heap, node);
    bool is_instance = has_fields(&n) && n.class != NONE && n.kind != HEAP_CLASS;
    struct member member = {.kind = MEMBER_NONE};
    if (is_instance && !has_edge(w, node, symbol)) {
        member = find_member(w, n.class, symbol);
    }
    switch (member.kind) {
    case MEMBER_METHOD:
        *value = set_of_node(w, new_method(w, node, member.file, member.scope, op));
        return true;
    case MEMBER_FUNCTION:
        *value = set_of_node(w, entity_node(w, HEAP_FUNCTION, member.file, member.scope));
        return true;
    case MEMBER_PROPERTY:
    case MEMBER_CACHED:
        return call_method(w, node, member.file, member.scope, 0, op, value);
    case MEMBER_VALUE:
        if (is_held_by_class(w, n.class, symbol, member)) {
            *value = set_of_node(w, class_value(w, member, symbol));
            return true;
        }
        break;
    case MEMBER_NONE:
        break;
    }
    if (symbol == w->analysis->fields.class_ && is_instance) {
        *value = set_of_node(w, class_node(w, n.class));
        return true;
    }
    *value = load_field(w, node, symbol, op);
    return true;
}

bool read_attribute(struct walker *w, uint32_t set, uint32_t symbol, uint32_t op, uint32_t *value)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        uint32_t one = 0;
        if (!read_from_node(w, set_at(w, set, i), symbol, op, &one)) {
            return false;
        }
        found = set_union(w, found, one);
    }
    *value = found;
    return true;
}

/* `@name.setter` makes a second function of the same name; it is the one with a decorator
 * "….setter". */
static uint32_t find_setter(struct walker *w, uint32_t class, uint32_t symbol, uint32_t *file)
{
    struct method method;
    if (class == NONE
        || !classes_find_method(w->analysis->program, class,
                                link_text(w->analysis->program, symbol), &method)) {
        return NONE;
    }
    const struct facts *facts = w->analysis->program->files[method.file];
    uint32_t call = facts_first_decorator(facts, method.scope);
    uint32_t decorator = call == NONE ? NONE : facts->ops[call].a;
    if (decorator == NONE || facts->ops[decorator].kind != OP_ATTRIBUTE
        || strcmp(facts_name(facts, facts->ops[decorator].b), "setter") != 0) {
        return NONE;
    }
    *file = method.file;
    return method.scope;
}

bool write_attribute(struct walker *w, uint32_t set, uint32_t symbol, uint32_t values, uint32_t op)
{
    uint32_t single = set_single(w, set), file = NONE;
    uint32_t class = single == NONE ? NONE : heap_node_at(&w->heap, single)->class;
    uint32_t setter = find_setter(w, class, symbol, &file);
    if (setter != NONE) {
        uint32_t ignored;
        return call_method(w, single, file, setter, values, op, &ignored);
    }
    store_field(w, set, symbol, values, op);
    return true;
}

uint32_t cached_attribute(const struct program *program, uint32_t file, uint32_t scope)
{
    const struct facts *facts = program->files[file];
    return kind_of_function(facts, scope) == MEMBER_CACHED
               ? link_symbol_of(program->link, file, facts->scopes[scope].name)
               : NONE;
}
