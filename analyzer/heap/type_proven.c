/*
 * type_proven.c - circles of classes that repeat a cycle of objects.
 *
 * The instance analysis proves a cycle for the objects that one function sees: of one class of a
 * family, or of a class that it does not know.  The classes tell which others take the same
 * places in it; what holds for the one is likely for them.
 */
#include "heap/type_proven.h"

#include "heap/circle.h"

#include "base/error.h"
#include "program/classes.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of_attributes(const struct cycle *cycle)
{
    uint64_t sum = cycle->n_edges;
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        uint64_t hash = 14695981039346656037u; /* FNV-1a */
        for (const char *s = edge->attribute; *s != '\0'; s++) {
            hash = (hash ^ (uint8_t)*s) * 1099511628211u;
        }
        sum += circle_mix(hash);
    }
    return sum;
}

/* ---- keeping */

static void take(struct proven *proven, const struct cycle *cycles, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cycles[i].confidence >= CONFIDENCE_LIKELY && cycles[i].killer == NULL) {
            *array_push(&proven->cycles) = cycles[i];
        }
    }
}

void proven_find(const struct heap *heap, struct proven *proven)
{
    *proven = (struct proven){.next = NULL};
    take(proven, heap->cycles.items, heap->cycles.n);
    take(proven, heap->alike.items, heap->alike.n);
    proven->next = alloc_zeroed(proven->cycles.n + 1, sizeof *proven->next);
    for (uint32_t i = 0; i < proven->cycles.n; i++) {
        uint64_t hash = hash_of_attributes(&proven->cycles.items[i]);
        uint32_t first = pair_table_get(&proven->first, hash);
        proven->next[i] = first == TABLE_NONE ? NONE : first;
        pair_table_set(&proven->first, hash, i);
    }
}

void proven_free(struct proven *proven)
{
    array_free(&proven->cycles);
    pair_table_free(&proven->first);
    free(proven->next);
}

/* ---- comparing */

static bool is_same(const struct cycle_edge *a, const struct cycle_edge *b)
{
    return a->class == b->class && (a->class != NONE || strcmp(a->holder, b->holder) == 0);
}

/* Whether an object of the one holder's class may stand where one of the other's does. */
static bool is_alike(const struct type_graph *g, const struct cycle_edge *known,
                     const struct cycle_edge *edge, bool has_unknown)
{
    if (edge->class == NONE || known->class == NONE) {
        return edge->class != NONE && has_unknown;
    }
    return classes_is_ancestor(g->program, known->class, edge->class)
           || classes_is_ancestor(g->program, edge->class, known->class)
           || type_graph_family(g, known->class) == type_graph_family(g, edge->class);
}

static bool is_same_store(const struct cycle_edge *a, const struct cycle_edge *b)
{
    return a->place.file == b->place.file && a->place.start == b->place.start;
}

/* Compares edge by edge, the first with `edge`, which stands somewhere in the circle.  Only one
 * object may be of another class: two that go well with the known ones need not go together. */
static bool is_repeated_from(const struct type_graph *g, const struct cycle *known,
                             const struct cycle *cycle, const struct cycle_edge *edge)
{
    bool has_store = false;
    uint32_t n_others = 0;
    for (const struct cycle_edge *k = known->edges; k != NULL; k = k->next) {
        if (strcmp(k->attribute, edge->attribute) != 0) {
            return false;
        }
        if (!is_same(k, edge) && (++n_others > 1 || !is_alike(g, k, edge, known->n_unknown > 0))) {
            return false;
        }
        has_store |= is_same_store(k, edge);
        edge = edge->next != NULL ? edge->next : cycle->edges;
    }
    return has_store;
}

static bool is_repeated(const struct type_graph *g, const struct cycle *known,
                        const struct cycle *cycle)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (is_repeated_from(g, known, cycle, edge)) {
            return true;
        }
    }
    return false;
}

bool proven_repeats(const struct proven *proven, const struct type_graph *g,
                    const struct cycle *cycle)
{
    uint32_t first = pair_table_get(&proven->first, hash_of_attributes(cycle));
    for (uint32_t i = first == TABLE_NONE ? NONE : first; i != NONE; i = proven->next[i]) {
        const struct cycle *known = &proven->cycles.items[i];
        if (known->n_edges == cycle->n_edges && is_repeated(g, known, cycle)) {
            return true;
        }
    }
    return false;
}
