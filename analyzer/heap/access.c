/*
 * access.c - reading and writing the fields of nodes.
 */
#include "base/builder.h"
#include "heap/walk.h"

#include <string.h>

bool is_element_field(const struct analysis *a, uint32_t field)
{
    return link_symbol_kind(a->program->link, field) != SYMBOL_IS_NAME;
}

/* An element whose place or key is known: storing there again replaces it. */
static bool is_exact_element(const struct analysis *a, uint32_t field)
{
    return field != a->fields.element && field != a->fields.key && is_element_field(a, field);
}

uint32_t key_field(struct walker *w, uint32_t key)
{
    const struct op *op = key == NONE ? NULL : op_at(w, key);
    if (op == NULL || op->kind != OP_CONSTANT || op->aux != CONSTANT_STRING || op->a == NONE) {
        return w->analysis->fields.element;
    }
    return named_key_field(w, facts_name(w->facts, op->a));
}

uint32_t named_key_field(struct walker *w, const char *name)
{
    struct builder text = {0};
    builder_add(&text, "['");
    builder_add(&text, name);
    builder_add(&text, "']");
    struct program *program = w->analysis->program;
    uint32_t symbol = link_symbol_of_copy(program, text.s);
    builder_free(&text);
    return symbol;
}

uint32_t new_node(struct walker *w, enum heap_kind kind)
{
    return local_heap_add_node(&w->heap, (struct heap_node){.kind = (uint8_t)kind,
                                                            .class = NONE,
                                                            .foreign = NONE,
                                                            .file = w->file,
                                                            .index = NONE,
                                                            .field = NONE});
}

uint32_t new_container(struct walker *w, enum container container)
{
    uint32_t node = new_node(w, HEAP_CONTAINER);
    heap_node_at(&w->heap, node)->container = (uint8_t)container;
    return node;
}

uint32_t new_method(struct walker *w, uint32_t receiver, uint32_t file, uint32_t scope, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_METHOD);
    heap_node_at(&w->heap, node)->file = file;
    heap_node_at(&w->heap, node)->index = scope;
    hold(w, node, w->analysis->fields.self, receiver, place_at(w, op), 0, op);
    return node;
}

/* A program has far fewer files than 2^26, a file far fewer scopes and variables than 2^32. */
static uint64_t entity_key(enum heap_kind kind, uint32_t file, uint32_t index)
{
    return (uint64_t)kind << 59 | (uint64_t)(file & 0x7ffffff) << 32 | index;
}

bool is_entity_known(const struct walker *w, enum heap_kind kind, uint32_t file, uint32_t index)
{
    return pair_table_get(&w->entities, entity_key(kind, file, index)) != TABLE_NONE;
}

uint32_t entity_node(struct walker *w, enum heap_kind kind, uint32_t file, uint32_t index)
{
    uint64_t key = entity_key(kind, file, index);
    uint32_t next = (uint32_t)w->heap.nodes.n;
    uint32_t node = pair_table_put(&w->entities, key, next);
    if (node == next) {
        node = new_node(w, kind);
        heap_node_at(&w->heap, node)->file = file;
        heap_node_at(&w->heap, node)->index = index;
    }
    return node;
}

/* A module's variable that is bound once, to an instance of a class of the program. */
static uint32_t class_of_global(struct analysis *a, uint32_t file, uint32_t variable)
{
    uint32_t binding = a->program->link->bindings[file][variable];
    const struct facts *facts = a->program->files[file];
    return binding != NONE && facts->ops[binding].kind == OP_CALL
               ? class_of_entity(a, link_entity(a->program, file, facts->ops[binding].a))
               : NONE;
}

uint32_t class_node(struct walker *w, uint32_t class)
{
    const struct class *c = &w->analysis->program->classes->all.items[class];
    uint32_t node = entity_node(w, HEAP_CLASS, c->file, c->scope);
    heap_node_at(&w->heap, node)->class = class;
    return node;
}

uint32_t node_of_entity(struct walker *w, struct entity entity)
{
    uint32_t node = NONE;
    switch ((enum entity_kind)entity.kind) {
    case ENTITY_NOTHING:
        break;
    case ENTITY_MODULE:
        node = entity_node(w, HEAP_MODULE, entity.file, 0);
        break;
    case ENTITY_CLASS:
        node = entity_node(w, HEAP_CLASS, entity.file, entity.index);
        heap_node_at(&w->heap, node)->class = class_of_entity(w->analysis, entity);
        break;
    case ENTITY_FUNCTION:
        node = entity_node(w, HEAP_FUNCTION, entity.file, entity.index);
        break;
    case ENTITY_VALUE:
        node = entity_node(w, HEAP_GLOBAL, entity.file, entity.index);
        heap_node_at(&w->heap, node)->class =
            class_of_global(w->analysis, entity.file, entity.index);
        break;
    case ENTITY_FOREIGN:
        node = entity_node(w, HEAP_FOREIGN, 0, entity.index);
        heap_node_at(&w->heap, node)->foreign = entity.index;
        break;
    }
    return node;
}

/* ---- reading */

bool is_ancestor_context(const struct walker *w, uint32_t ancestor, uint32_t context)
{
    while (context != ancestor && context != 0) {
        context = w->contexts.items[context].parent;
    }
    return context == ancestor;
}

/* What live edges say; `*is_sure` when one of them was made for certain. */
static uint32_t load_edges(struct walker *w, uint32_t node, uint32_t field, bool *is_sure)
{
    uint32_t found = 0;
    bool is_any_element = field == w->analysis->fields.element;
    bool is_exact = is_exact_element(w->analysis, field);
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        bool matches = edge->field == field
                       || (is_exact && edge->field == w->analysis->fields.element
                           && !(edge->flags & EDGE_IS_IMPLICIT))
                       || (is_any_element && edge->field != w->analysis->fields.key
                           && is_element_field(w->analysis, edge->field));
        if (!matches || edge->flags & EDGE_IS_DEAD) {
            continue;
        }
        found = set_union(w, found, set_of_node(w, edge->to));
        if (!(edge->flags & EDGE_IS_MAYBE) && is_ancestor_context(w, edge->context, w->context)) {
            *is_sure = true;
        }
    }
    return found;
}

bool has_fields(const struct heap_node *node)
{
    return is_from_outside(node) || node->kind == HEAP_INSTANCE || node->kind == HEAP_PARTIAL
           || node->kind == HEAP_EXCEPTION || node->kind == HEAP_HANDLED
           || node->kind == HEAP_CLOSURE;
}

/* The node behind a field nobody set here: one for each node and field, but each look into a
 * container may find another element. */
static uint32_t deref_node(struct walker *w, uint32_t node, uint32_t field, uint32_t op)
{
    uint32_t deref = (uint32_t)w->heap.nodes.n;
    if (field != w->analysis->fields.element) {
        deref = pair_table_put(&w->derefs, pair_key(node, field), deref);
        if (deref != w->heap.nodes.n) {
            return deref;
        }
    }
    struct heap_node base = *heap_node_at(&w->heap, node);
    struct attribute_type type = type_of_attribute(w->analysis, base.class, field);
    deref = new_node(w, type.is_weak ? HEAP_WEAK : HEAP_DEREF);
    struct heap_node *made = heap_node_at(&w->heap, deref);
    made->index = node;
    made->field = field;
    made->class = type.class;
    made->foreign = type.foreign - 1; /* NONE without one */
    made->depth = (uint8_t)(base.depth + 1);
    made->container = type.container > 0 ? (uint8_t)(type.container - 1) : 0;
    made->flags = type.holds_weakly ? NODE_HOLDS_WEAKLY : 0;
    if (!type.is_weak && !(base.flags & NODE_HOLDS_WEAKLY)) {
        hold(w, node, field, deref, place_at(w, op), EDGE_IS_IMPLICIT, op);
    }
    return deref;
}

/* What was copied from another dict, no matter how, kept its key: in place of any element of that
 * dict, the one under this key. */
static uint32_t under_same_key(struct walker *w, uint32_t set, uint32_t key, uint32_t op)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        struct heap_node n = *heap_node_at(&w->heap, set_at(w, set, i));
        bool is_copied = n.kind == HEAP_DEREF && n.field == w->analysis->fields.element;
        bool is_sure = false;
        uint32_t known = is_copied ? load_edges(w, n.index, key, &is_sure) : 0;
        uint32_t node =
            is_copied && known == 0 ? deref_node(w, n.index, key, op) : set_at(w, set, i);
        found = set_union(w, found, known != 0 ? known : set_of_node(w, node));
    }
    return found;
}

static bool is_key(const struct analysis *a, uint32_t field)
{
    return link_symbol_kind(a->program->link, field) == SYMBOL_IS_KEY;
}

uint32_t load_field(struct walker *w, uint32_t node, uint32_t field, uint32_t op)
{
    bool is_sure = false;
    uint32_t found = load_edges(w, node, field, &is_sure);
    if (is_key(w->analysis, field) && heap_node_at(&w->heap, node)->kind == HEAP_CONTAINER) {
        found = under_same_key(w, found, field, op);
    }
    struct heap_node n = *heap_node_at(&w->heap, node);
    if (is_sure || !has_fields(&n) || n.depth >= MAX_DEREF_DEPTH
        || (n.kind == HEAP_INSTANCE && is_element_field(w->analysis, field))) {
        return found;
    }
    return set_union(w, found, set_of_node(w, deref_node(w, node, field, op)));
}

uint32_t load_fields(struct walker *w, uint32_t set, uint32_t field, uint32_t op)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        found = set_union(w, found, load_field(w, set_at(w, set, i), field, op));
    }
    return found;
}

/* dict.items() and enumerate() give pairs whose second part is the element. */
static uint32_t load_pair(struct walker *w, uint32_t items, uint32_t op)
{
    uint32_t base = heap_node_at(&w->heap, items)->index;
    if (base == NONE) {
        return 0; /* a callee's, and what it was made of did not come with its summary */
    }
    uint32_t elements = load_field(w, base, w->analysis->fields.element, op);
    uint32_t pair = new_container(w, CONTAINER_TUPLE);
    for (uint32_t i = 0; i < set_size(w, elements); i++) {
        hold(w, pair, w->analysis->fields.index[1], set_at(w, elements, i), place_at(w, op),
             EDGE_IS_IMPLICIT, op);
    }
    return set_of_node(w, pair);
}

/* map() and its kin hold a function and give what it returns. */
static bool gives_other_than_it_holds(const struct walker *w, uint32_t node)
{
    static const char *const names[] = {"map", "filter", "iter"};
    const struct heap_node *n = heap_node_at(&w->heap, node);
    for (size_t i = 0; n->kind == HEAP_PARTIAL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(link_text(w->analysis->program, n->foreign), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t load_elements(struct walker *w, uint32_t set, uint32_t op)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        uint32_t node = set_at(w, set, i);
        if (gives_other_than_it_holds(w, node)) {
            continue;
        }
        bool is_items = heap_node_at(&w->heap, node)->flags & NODE_IS_ITEMS;
        uint32_t elements = is_items ? load_pair(w, node, op)
                                     : load_field(w, node, w->analysis->fields.element, op);
        found = set_union(w, found, elements);
    }
    return found;
}

/* The elements of a container but those whose place or key is known. */
static uint32_t load_gathered(struct walker *w, uint32_t node, uint32_t op)
{
    uint32_t all = load_elements(w, set_of_node(w, node), op), found = 0;
    for (uint32_t i = 0; i < set_size(w, all); i++) {
        uint32_t edge = heap_node_at(&w->heap, node)->first_edge;
        bool is_known = false;
        for (; edge != NONE; edge = heap_edge_at(&w->heap, edge)->next) {
            const struct heap_edge *e = heap_edge_at(&w->heap, edge);
            is_known =
                is_known || (e->to == set_at(w, all, i) && is_exact_element(w->analysis, e->field));
        }
        found = is_known ? found : set_union(w, found, set_of_node(w, set_at(w, all, i)));
    }
    return found;
}

/* ---- writing */

void hold(struct walker *w, uint32_t from, uint32_t field, uint32_t to, struct place place,
          uint32_t flags, uint32_t op)
{
    const struct heap_node *holder = heap_node_at(&w->heap, from);
    if ((holder->kind == HEAP_WEAK && field != w->analysis->fields.callback)
        || (holder->kind == HEAP_TRACEBACK && field != w->analysis->fields.tb_frame)
        || (holder->flags & NODE_HOLDS_WEAKLY && is_element_field(w->analysis, field))) {
        return;
    }
    const struct heap_node *held = heap_node_at(&w->heap, to);
    if (field == w->analysis->fields.traceback && is_exception(held)) {
        return; /* both are parts of one tuple, (exception, traceback) */
    }
    if (w->call == 0 && held->kind == HEAP_PARAMETER && !(held->flags & NODE_IS_SELF)) {
        flags |= EDGE_IS_HANDED_IN;
    }
    uint32_t edge = local_heap_add_edge(
        &w->heap, (struct heap_edge){.from = from,
                                     .to = to,
                                     .field = field,
                                     .context = w->context,
                                     .call = w->call,
                                     .flags = flags,
                                     .place = place,
                                     .site = op == NONE ? place : place_at(w, op)});
    w->has_wrapper |= field == w->analysis->fields.wrapped;
    if (field == w->analysis->fields.traceback) {
        heap_node_at(&w->heap, from)->flags |= NODE_IS_EXCEPTION;
    }
    if (edge != NONE) {
        find_circle(w, edge, op == NONE ? place : place_at(w, op));
    }
}

/* Both branches of an `if` took it away: then it is gone as if the `if` had done it. */
static void kill_in_branch(struct walker *w, struct heap_edge *edge)
{
    uint32_t context = w->context;
    while (context != 0) {
        const struct context *c = &w->contexts.items[context];
        if (!c->is_exclusive || edge->killed_construct != c->construct
            || edge->killed_part == c->part) {
            edge->killed_construct = c->construct;
            edge->killed_part = c->part;
            return;
        }
        context = c->parent;
        if (is_ancestor_context(w, context, edge->context)) {
            edge->flags |= EDGE_IS_DEAD;
            return;
        }
    }
}

void kill_field(struct walker *w, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        struct heap_edge *edge = heap_edge_at(&w->heap, i);
        if (edge->field != field) {
            continue;
        }
        if (is_ancestor_context(w, w->context, edge->context)) {
            edge->flags |= EDGE_IS_DEAD;
        } else {
            kill_in_branch(w, edge);
        }
    }
    if (w->context == 0) {
        *array_push(&w->kills) = node;
        *array_push(&w->kills) = field;
    }
}

void store_field(struct walker *w, uint32_t set, uint32_t field, uint32_t values, uint32_t op)
{
    uint32_t single = set_single(w, set);
    bool is_gathered =
        is_element_field(w->analysis, field) && !is_exact_element(w->analysis, field);
    if (single != NONE && !is_gathered) {
        kill_field(w, single, field);
    }
    uint32_t flags = single == NONE ? EDGE_IS_MAYBE : 0;
    for (uint32_t i = 0; i < set_size(w, set) && i < MAX_SPREAD; i++) {
        for (uint32_t j = 0; j < set_size(w, values); j++) {
            uint32_t maybe = set_size(w, values) > 1 ? (uint32_t)EDGE_IS_MAYBE : 0;
            hold(w, set_at(w, set, i), field, set_at(w, values, j), place_at(w, op), flags | maybe,
                 op);
        }
    }
}

void copy_elements(struct walker *w, uint32_t to, uint32_t from, uint32_t op)
{
    for (uint32_t i = 0; i < set_size(w, from); i++) {
        uint32_t node = set_at(w, from, i);
        uint32_t edge = heap_node_at(&w->heap, node)->first_edge;
        for (; edge != NONE; edge = heap_edge_at(&w->heap, edge)->next) {
            struct heap_edge e = *heap_edge_at(&w->heap, edge);
            if (!(e.flags & EDGE_IS_DEAD) && is_exact_element(w->analysis, e.field)) {
                uint32_t field =
                    is_key(w->analysis, e.field) ? e.field : w->analysis->fields.element;
                store_field(w, to, field, set_of_node(w, e.to), op);
            }
        }
        add_elements(w, to, load_gathered(w, node, op), op);
    }
}

void add_elements(struct walker *w, uint32_t set, uint32_t values, uint32_t op)
{
    store_field(w, set, w->analysis->fields.element, values, op);
}
