/*
 * components.c - Tarjan's algorithm (1972) on an explicit stack.
 */
#include "base/components.h"

#include "base/array.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

struct search {
    struct components *out;
    const uint32_t *first, *targets;
    uint32_t *order; /* of each node: when it was met, counted from 1; 0 before */
    uint32_t *low;
    uint32_t *next; /* of each node under way: its next arc */
    uint32_t n_met, n_closed;
    struct {
        ARRAY_OF(uint32_t);
    } path, open; /* nodes under way; nodes without a component yet */
};

static void meet(struct search *search, uint32_t node)
{
    search->order[node] = search->low[node] = ++search->n_met;
    search->next[node] = search->first[node];
    *array_push(&search->path) = node;
    *array_push(&search->open) = node;
}

static void close_component(struct search *search, uint32_t root)
{
    struct components *out = search->out;
    uint32_t node;
    out->first[out->n] = search->n_closed;
    do {
        node = search->open.items[--search->open.n];
        out->of_node[node] = out->n;
        out->nodes[search->n_closed++] = node;
    } while (node != root);
    out->first[++out->n] = search->n_closed;
}

static void take_step(struct search *search)
{
    uint32_t node = *array_last(&search->path);
    if (search->next[node] < search->first[node + 1]) {
        uint32_t to = search->targets[search->next[node]++];
        if (search->order[to] == 0) {
            meet(search, to);
        } else if (search->out->of_node[to] == UINT32_MAX
                   && search->order[to] < search->low[node]) {
            search->low[node] = search->order[to];
        }
        return;
    }
    search->path.n--;
    if (search->low[node] == search->order[node]) {
        close_component(search, node);
    }
    uint32_t before = search->path.n > 0 ? *array_last(&search->path) : UINT32_MAX;
    if (before != UINT32_MAX && search->low[node] < search->low[before]) {
        search->low[before] = search->low[node];
    }
}

void components_find(struct components *out, uint32_t n_nodes, const uint32_t *first,
                     const uint32_t *targets)
{
    struct search search = {.out = out, .first = first, .targets = targets};
    search.order = alloc_zeroed(n_nodes, sizeof *search.order);
    search.low = alloc_zeroed(n_nodes, sizeof *search.low);
    search.next = alloc_zeroed(n_nodes, sizeof *search.next);
    *out = (struct components){
        .of_node = alloc_zeroed(n_nodes, sizeof *out->of_node),
        .first = alloc_zeroed((size_t)n_nodes + 1, sizeof *out->first),
        .nodes = alloc_zeroed(n_nodes, sizeof *out->nodes),
    };
    memset(out->of_node, 0xff, n_nodes * sizeof *out->of_node);
    for (uint32_t node = 0; node < n_nodes; node++) {
        if (search.order[node] == 0) {
            meet(&search, node);
        }
        while (search.path.n > 0) {
            take_step(&search);
        }
    }
    free(search.order);
    free(search.low);
    free(search.next);
    array_free(&search.path);
    array_free(&search.open);
}

void components_free(struct components *out)
{
    free(out->of_node);
    free(out->first);
    free(out->nodes);
    *out = (struct components){0};
}
