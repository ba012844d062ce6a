/*
 * type_graph.h - who may hold whom, class by class.  Private to heap/.
 *
 * The instance analysis sees a cycle only where one function, with what it calls, makes all of it.
 * Much of what real programs hold is put together by methods that outsiders call in turn.  What
 * those may have put where is known from the points-to analysis; this is its graph: classes,
 * nested functions with what they capture, and generators with their locals hold each other by
 * attributes, variables and elements.
 */
#ifndef CYCLINT_HEAP_TYPE_GRAPH_H
#define CYCLINT_HEAP_TYPE_GRAPH_H

#include "base/array.h"
#include "base/components.h"
#include "base/table.h"
#include "heap/heap.h"
#include "points/points.h"

/* A class, or a nested function or generator. */
struct type_node {
    uint32_t class;       /* NONE for a function */
    uint32_t file, scope; /* of the function */
    uint32_t first_edge, n_edges;
};

struct type_edge {
    uint32_t from, to;               /* nodes */
    uint32_t field;                  /* program symbol: attribute, captured variable, "[]" */
    const char *via;                 /* as in struct cycle_edge */
    uint32_t object, symbol, target; /* of the store that made it: points_place() */
    bool is_kin;     /* what is held may be of any class derived from the target's */
    bool is_diffuse; /* the attribute may hold too many kinds of objects to be believed */
};

struct type_graph {
    struct program *program;
    const struct points *points;
    struct arena *arena; /* for the edges' `via` */
    struct {
        ARRAY_OF(struct type_node);
    } nodes; /* those of all classes first, by class */
    struct {
        ARRAY_OF(struct type_edge);
    } edges;                     /* by holder */
    struct pair_table seen;      /* hashes of edges */
    struct pair_table functions; /* file, scope → node */
};

/* Makes the graph of all that the points-to analysis found; freed by type_graph_free(). */
void type_graph_make(struct type_graph *graph, struct program *program, struct points *points,
                     struct arena *arena);
void type_graph_free(struct type_graph *graph);

/* The most general ancestor that comes from the class's own package; of a function, itself. */
uint32_t type_graph_family(const struct type_graph *graph, uint32_t node);

/* The strongly connected components of the nodes; ended by components_free(). */
void type_components_find(const struct type_graph *graph, struct components *out);

/* The circles that the classes alone allow, into heap->by_type; those that heap->cycles and
 * heap->alike tell already are left out. */
void type_circles_find(struct program *program, struct points *points, struct heap *heap);

#endif
