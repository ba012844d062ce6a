/*
 * type_components.c - the strongly connected components of the graph of classes.
 *
 * Who is at a class is at its ancestors as well, whose text it has; who is at a class that is held
 * as kin is at all that derive from it.  Only edges within a component can be part of a circle.
 */
#include "heap/type_graph.h"

#include "base/error.h"
#include "program/classes.h"

#include <stdlib.h>

struct arc {
    uint32_t from, to;
};

struct arcs {
    ARRAY_OF(struct arc);
};

static void add_arc(struct arcs *arcs, uint32_t from, uint32_t to)
{
    *array_push(arcs) = (struct arc){.from = from, .to = to};
}

static void add_edges(struct arcs *arcs, const struct type_graph *graph, bool *is_kin)
{
    for (size_t i = 0; i < graph->edges.n; i++) {
        const struct type_edge *edge = &graph->edges.items[i];
        if (!edge->is_diffuse) {
            add_arc(arcs, edge->from, edge->to);
            is_kin[edge->to] |= edge->is_kin;
        }
    }
}

static void add_kin(struct arcs *arcs, const struct type_graph *graph, const bool *is_kin)
{
    const struct classes *classes = graph->program->classes;
    for (uint32_t class = 0; class < classes->all.n; class ++) {
        const struct class *c = &classes->all.items[class];
        for (uint32_t i = 1; i < c->n_ancestors; i++) {
            uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
            add_arc(arcs, class, ancestor);
            if (is_kin[ancestor]) {
                add_arc(arcs, ancestor, class);
            }
        }
    }
}

void type_components_find(const struct type_graph *graph, struct components *out)
{
    uint32_t n = (uint32_t)graph->nodes.n;
    struct arcs arcs = {.n = 0};
    bool *is_kin = alloc_zeroed(n + 1, sizeof *is_kin);
    add_edges(&arcs, graph, is_kin);
    add_kin(&arcs, graph, is_kin);
    uint32_t *first = alloc_zeroed(n + 2, sizeof *first); /* until filled, of the node before */
    uint32_t *targets = alloc_zeroed(arcs.n + 1, sizeof *targets);
    for (size_t i = 0; i < arcs.n; i++) {
        first[arcs.items[i].from + 2]++;
    }
    for (uint32_t node = 0; node <= n; node++) {
        first[node + 1] += first[node];
    }
    for (size_t i = 0; i < arcs.n; i++) {
        targets[first[arcs.items[i].from + 1]++] = arcs.items[i].to;
    }
    components_find(out, n, first, targets);
    free(is_kin);
    free(first);
    free(targets);
    array_free(&arcs);
}
