/*
 * components.h - the strongly connected components of a graph.
 */
#ifndef CYCLINT_BASE_COMPONENTS_H
#define CYCLINT_BASE_COMPONENTS_H

#include <stdint.h>

/* Components are numbered as they are found: each after all that it leads to. */
struct components {
    uint32_t n;
    uint32_t *of_node;
    uint32_t *first; /* in `nodes`, of each component; one more at the end */
    uint32_t *nodes; /* by component */
};

/* Fills `out` from nothing.  The arcs of node i lead to targets[first[i]] … targets[first[i + 1] -
 * 1].  Tarjan's algorithm (1972) on an explicit stack: linear in nodes and arcs. */
void components_find(struct components *out, uint32_t n_nodes, const uint32_t *first,
                     const uint32_t *targets);
void components_free(struct components *out);

/* How many nodes a component has. */
static inline uint32_t components_size(const struct components *components, uint32_t component)
{
    return components->first[component + 1] - components->first[component];
}

#endif
