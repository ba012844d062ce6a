/*
 * families.c - which class has an attribute of this name: what is known of an object by what is
 * stored in it.
 *
 * `child.parent = self` says of a `child` nobody told about that it is of the class that has a
 * `parent`, if only one class of the file has, or else of the program; classes of one family count
 * as the ancestor they share.
 */
#include "heap/walk.h"

/* Classes that are no kin have the attribute: it tells nothing. */
#define UNRELATED (UINT32_MAX - 1)

/* The nearest ancestor of `x` that is one of `y` as well, or UNRELATED. */
static uint32_t shared_ancestor(const struct program *program, uint32_t x, uint32_t y)
{
    const struct class *c = &program->classes->all.items[x];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_is_ancestor(program, ancestor, y)) {
            return ancestor;
        }
    }
    return UNRELATED;
}

static void note_owner(struct analysis *a, uint64_t key, uint32_t class)
{
    uint32_t old = pair_table_put(&a->attribute_owners, key, class);
    if (old != class && old != UNRELATED) {
        pair_table_set(&a->attribute_owners, key, shared_ancestor(a->program, old, class));
    }
}

static void note_attribute(struct analysis *a, uint32_t class, uint32_t symbol)
{
    note_owner(a, pair_key(a->program->classes->all.items[class].file, symbol), class);
    note_owner(a, pair_key(UINT32_MAX, symbol), class);
}

/* What methods store on `self`. */
static void note_stores(struct analysis *a, uint32_t class)
{
    const struct members *members = a->program->members;
    const struct attribute_store *store = members_stores_of_class(a->program, class);
    while (store != NULL) {
        const struct facts *facts = a->program->files[store->file];
        const struct op *op = &facts->ops[store->op];
        if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE) {
            note_attribute(a, class,
                           link_symbol_of(a->program->link, store->file, facts->ops[op->a].b));
        }
        store = store->next_of_class == NONE ? NULL : &members->stores.items[store->next_of_class];
    }
}

/* What the body gives a value to begin with; its functions are no attributes that one sets. */
static void note_body(struct analysis *a, uint32_t class)
{
    const struct class *c = &a->program->classes->all.items[class];
    const struct facts *facts = a->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_named = (op->kind == OP_STORE || op->kind == OP_ANNOTATE)
                        && facts->ops[op->a].kind == OP_TARGET_NAME;
        if (is_named && facts->ops[op->b].kind != OP_FUNCTION) {
            uint32_t name = facts->variables[facts->ops[op->a].a].name;
            note_attribute(a, class, link_symbol_of(a->program->link, c->file, name));
        }
    }
}

void families_find(struct analysis *a)
{
    for (uint32_t class = 0; class < a->program->classes->all.n; class ++) {
        note_stores(a, class);
        note_body(a, class);
    }
}

static uint32_t owner_of(const struct analysis *a, uint32_t file, uint32_t symbol)
{
    uint32_t owner = pair_table_get(&a->attribute_owners, pair_key(file, symbol));
    return owner == UNRELATED || owner == TABLE_NONE ? NONE : owner;
}

static bool can_be_told(const struct heap_node *n)
{
    return n->class == NONE && n->foreign == NONE
           && (n->kind == HEAP_PARAMETER || n->kind == HEAP_FREE || n->kind == HEAP_DEREF
               || n->kind == HEAP_RESULT);
}

uint32_t class_by_attributes(const struct walker *w, uint32_t node)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    if (!can_be_told(n)) {
        return NONE;
    }
    for (uint32_t e = n->first_edge; e != NONE; e = heap_edge_at(&w->heap, e)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, e);
        if (is_element_field(w->analysis, edge->field)) {
            return NONE; /* a container */
        }
        bool is_read = edge->flags & EDGE_IS_IMPLICIT;
        uint32_t owner = owner_of(w->analysis, is_read ? w->file : edge->place.file, edge->field);
        if (owner == NONE) {
            owner = owner_of(w->analysis, UINT32_MAX, edge->field);
        }
        if (owner != NONE) {
            return owner;
        }
    }
    return NONE;
}
