/*
 * families.c - the class of an object nobody told about, by what is stored in it
 * (program/families).
 */
#include "heap/walk.h"

static bool can_be_told(const struct heap_node *n)
{
    return n->class == NONE && n->foreign == NONE
           && (n->kind == HEAP_PARAMETER || n->kind == HEAP_FREE || n->kind == HEAP_DEREF
               || n->kind == HEAP_RESULT);
}

uint32_t class_by_attributes(const struct walker *w, uint32_t node)
{
    const struct families *families = &w->analysis->families;
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
        uint32_t owner =
            families_owner(families, is_read ? w->file : edge->place.file, edge->field);
        if (owner == NONE) {
            owner = families_owner(families, NONE, edge->field);
        }
        if (owner != NONE) {
            return owner;
        }
    }
    return NONE;
}
