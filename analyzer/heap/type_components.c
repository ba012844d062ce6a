/*
 * type_components.c - the strongly connected components of the graph of classes.
 *
 * Tarjan's algorithm (1972) on an explicit stack.  Who is at a class is at its ancestors as well,
 * whose text it has; who is at a class that is held as kin is at all that derive from it.  Only
 * edges within a component can be part of a circle.
 */
#include "heap/type_graph.h"

#include "base/error.h"
#include "program/classes.h"

#include <stdlib.h>
#include <string.h>

struct components {
    const struct type_graph *graph;
    uint32_t *first_derived; /* [class]: in `derived`, and one more; of kin alone */
    uint32_t *derived;
    uint32_t *number; /* [node]: when it was reached, from 1; 0 not yet */
    uint32_t *low, *next, *component;
    uint32_t n_numbers, n_components;
    struct {
        ARRAY_OF(uint32_t);
    } path, open;
};

static const struct class *class_at(const struct components *c, uint32_t node)
{
    uint32_t class = c->graph->nodes.items[node].class;
    return class == NONE ? NULL : &c->graph->program->classes->all.items[class];
}

/* Where one gets from a node: arc number `i`, or NONE past the last. */
static uint32_t arc(const struct components *c, uint32_t node, uint32_t i)
{
    const struct type_node *n = &c->graph->nodes.items[node];
    if (i < n->n_edges) {
        const struct type_edge *edge = &c->graph->edges.items[n->first_edge + i];
        return edge->is_diffuse ? node : edge->to;
    }
    i -= n->n_edges;
    const struct class *class = class_at(c, node);
    if (class == NULL) {
        return NONE;
    }
    if (i < class->n_ancestors) {
        return c->graph->program->classes->ancestors.items[class->first_ancestor + i];
    }
    i -= class->n_ancestors;
    return c->first_derived[node] + i < c->first_derived[node + 1]
               ? c->derived[c->first_derived[node] + i]
               : NONE;
}

/* Lists, for each class that an edge holds as kin, those that derive from it. */
static void list_derived(struct components *c)
{
    const struct classes *classes = c->graph->program->classes;
    uint32_t n = (uint32_t)classes->all.n;
    bool *is_kin = alloc_zeroed(n + 1, sizeof *is_kin);
    c->first_derived = alloc_zeroed(n + 2, sizeof *c->first_derived);
    for (size_t i = 0; i < c->graph->edges.n; i++) {
        const struct type_edge *edge = &c->graph->edges.items[i];
        if (edge->is_kin && edge->to < n) {
            is_kin[edge->to] = true;
        }
    }
    for (int is_filling = 0; is_filling < 2; is_filling++) {
        for (uint32_t class = 0; class < n; class ++) {
            const struct class *k = &classes->all.items[class];
            for (uint32_t i = 1; i < k->n_ancestors; i++) {
                uint32_t ancestor = classes->ancestors.items[k->first_ancestor + i];
                if (is_kin[ancestor] && is_filling) {
                    c->derived[c->first_derived[ancestor + 1]++] = class;
                } else if (is_kin[ancestor]) {
                    c->first_derived[ancestor + 2]++;
                }
            }
        }
        for (uint32_t class = 0; class < n && !is_filling; class ++) {
            c->first_derived[class + 2] += c->first_derived[class + 1];
        }
        if (!is_filling) {
            c->derived = alloc_zeroed(c->first_derived[n + 1] + 1, sizeof *c->derived);
        }
    }
    free(is_kin);
}

static void enter(struct components *c, uint32_t node)
{
    c->number[node] = c->low[node] = ++c->n_numbers;
    *array_push(&c->path) = node;
    *array_push(&c->open) = node;
}

static void leave(struct components *c, uint32_t node)
{
    c->path.n--;
    if (c->path.n > 0) {
        uint32_t before = c->path.items[c->path.n - 1];
        c->low[before] = c->low[node] < c->low[before] ? c->low[node] : c->low[before];
    }
    if (c->low[node] != c->number[node]) {
        return;
    }
    c->n_components++;
    for (uint32_t member = NONE; member != node;) {
        member = c->open.items[--c->open.n];
        c->component[member] = c->n_components;
    }
}

static void search_from(struct components *c, uint32_t root)
{
    enter(c, root);
    while (c->path.n > 0) {
        uint32_t node = c->path.items[c->path.n - 1];
        uint32_t to = arc(c, node, c->next[node]++);
        if (to == NONE) {
            leave(c, node);
        } else if (c->number[to] == 0) {
            enter(c, to);
        } else if (c->component[to] == 0 && c->number[to] < c->low[node]) {
            c->low[node] = c->number[to];
        }
    }
}

uint32_t *type_components_find(const struct type_graph *graph)
{
    size_t n = graph->nodes.n;
    struct components c = {.graph = graph};
    c.number = alloc_zeroed(n + 1, sizeof *c.number);
    c.low = alloc_zeroed(n + 1, sizeof *c.low);
    c.next = alloc_zeroed(n + 1, sizeof *c.next);
    c.component = alloc_zeroed(n + 1, sizeof *c.component);
    list_derived(&c);
    for (uint32_t node = 0; node < n; node++) {
        if (c.number[node] == 0) {
            search_from(&c, node);
        }
    }
    free(c.first_derived);
    free(c.derived);
    free(c.number);
    free(c.low);
    free(c.next);
    array_free(&c.path);
    array_free(&c.open);
    return c.component;
}
