/*
 * unit_components.c - strongly connected components of random graphs, compared with what can be
 * reached from where.
 */
#include "base/components.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 12, MAX_ARCS = 40, N_GRAPHS = 2000, N_LONG = 1000000 };

struct arcs {
    uint32_t n_nodes, first[MAX_NODES + 1], targets[MAX_ARCS];
    bool reaches[MAX_NODES][MAX_NODES];
};

static void make_arcs(struct arcs *arcs)
{
    memset(arcs, 0, sizeof *arcs);
    arcs->n_nodes = 1 + (uint32_t)rand() % MAX_NODES;
    uint32_t n = 0;
    for (uint32_t node = 0; node < arcs->n_nodes; node++) {
        arcs->reaches[node][node] = true;
        for (int k = rand() % 4; k > 0 && n < MAX_ARCS; k--) {
            arcs->targets[n] = (uint32_t)rand() % arcs->n_nodes;
            arcs->reaches[node][arcs->targets[n++]] = true;
        }
        arcs->first[node + 1] = n;
    }
    for (uint32_t via = 0; via < arcs->n_nodes; via++) { /* Warshall's closure */
        for (uint32_t a = 0; a < arcs->n_nodes; a++) {
            for (uint32_t b = 0; b < arcs->n_nodes; b++) {
                arcs->reaches[a][b] |= arcs->reaches[a][via] && arcs->reaches[via][b];
            }
        }
    }
}

static void check_components(const struct arcs *arcs)
{
    struct components found;
    bool are_right = true;
    components_find(&found, arcs->n_nodes, arcs->first, arcs->targets);
    for (uint32_t a = 0; a < arcs->n_nodes; a++) {
        for (uint32_t b = 0; b < arcs->n_nodes; b++) {
            bool is_same = found.of_node[a] == found.of_node[b];
            are_right &= is_same == (arcs->reaches[a][b] && arcs->reaches[b][a]);
            are_right &= is_same || !arcs->reaches[a][b] || found.of_node[b] < found.of_node[a];
        }
    }
    uint32_t n = 0;
    for (uint32_t component = 0; component < found.n; component++) {
        for (uint32_t i = 0; i < components_size(&found, component); i++) {
            are_right &= found.of_node[found.nodes[found.first[component] + i]] == component;
            n++;
        }
    }
    CHECK(are_right && n == arcs->n_nodes);
    components_free(&found);
}

/* A circle as long as a deep program: nothing recurses. */
static void check_long(void)
{
    uint32_t *first = malloc((N_LONG + 1) * sizeof *first);
    uint32_t *targets = malloc(N_LONG * sizeof *targets);
    for (uint32_t i = 0; i < N_LONG; i++) {
        first[i] = i;
        targets[i] = (i + 1) % N_LONG;
    }
    first[N_LONG] = N_LONG;
    struct components found;
    components_find(&found, N_LONG, first, targets);
    CHECK(found.n == 1 && components_size(&found, 0) == N_LONG);
    components_free(&found);
    free(first);
    free(targets);
}

int main(void)
{
    srand(1);
    for (int i = 0; i < N_GRAPHS; i++) {
        struct arcs arcs;
        make_arcs(&arcs);
        check_components(&arcs);
    }
    check_long();
    return unit_end("unit_components");
}
