/*
 * sets.c - sets of nodes: sorted, small, never changed once made.
 */
#include "heap/walk.h"

uint32_t set_of_node(struct walker *w, uint32_t node)
{
    uint32_t *alone = &heap_node_at(&w->heap, node)->alone;
    if (*alone == 0) {
        *alone = (uint32_t)w->sets.n;
        *array_push(&w->sets) = 1;
        *array_push(&w->sets) = node;
    }
    return *alone;
}

bool set_contains(const struct walker *w, uint32_t set, uint32_t node)
{
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        if (set_at(w, set, i) == node) {
            return true;
        }
    }
    return false;
}

static bool is_subset(const struct walker *w, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < set_size(w, a); i++) {
        if (!set_contains(w, b, set_at(w, a, i))) {
            return false;
        }
    }
    return true;
}

uint32_t set_union(struct walker *w, uint32_t a, uint32_t b)
{
    if (a == b || is_subset(w, b, a)) {
        return a;
    }
    if (is_subset(w, a, b)) {
        return b;
    }
    uint32_t all = (uint32_t)w->sets.n;
    *array_push(&w->sets) = 0;
    uint32_t size_a = set_size(w, a), size_b = set_size(w, b), i = 0, j = 0;
    while ((i < size_a || j < size_b) && w->sets.items[all] < MAX_SET) {
        uint32_t x = i < size_a ? set_at(w, a, i) : NONE;
        uint32_t y = j < size_b ? set_at(w, b, j) : NONE;
        *array_push(&w->sets) = x < y ? x : y;
        w->sets.items[all]++;
        i += x <= y;
        j += y <= x;
    }
    return all;
}
