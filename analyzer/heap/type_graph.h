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
#include "heap/type_frames.h"
#include "points/points.h"

enum type_node_kind {
    TYPE_CLASS,
    TYPE_FUNCTION, /* nested, or a generator */
    TYPE_FRAME,    /* of a function that a traceback leads to */
    TYPE_EXCEPTION /* one that a handler catches, or a call makes */
};

struct type_node {
    uint8_t kind;         /* enum type_node_kind */
    uint32_t class;       /* NONE for all but a class */
    uint32_t file, scope; /* of a function or frame */
    uint32_t exception;   /* an object of the points-to analysis */
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

struct analysis;

struct type_graph {
    struct program *program;
    const struct points *points;
    struct arena *arena; /* for the edges' `via` */
    struct {
        ARRAY_OF(struct type_node);
    } nodes; /* those of all classes first, by class */
    struct {
        ARRAY_OF(struct type_edge);
    } edges;                      /* by holder */
    struct pair_table seen;       /* hashes of edges */
    struct pair_table functions;  /* file, scope → node */
    struct pair_table frames;     /* the same */
    struct pair_table exceptions; /* object → node */
    struct pair_table alike;      /* hash of class and frames → node */
    struct type_frames traces;
    uint32_t traceback; /* symbol */
};

/* Makes the graph of all that the points-to analysis found; freed by type_graph_free(). */
void type_graph_make(struct type_graph *graph, struct program *program, struct points *points,
                     struct arena *arena);
void type_graph_free(struct type_graph *graph);

/* The most general ancestor that comes from the class's own package; of a function, itself. */
uint32_t type_graph_family(const struct type_graph *graph, uint32_t node);

/* The strongly connected components of the nodes; ended by components_free(). */
void type_components_find(const struct type_graph *graph, struct components *out);

/* The file of the class, function or handler that a node stands for. */
uint32_t type_graph_file_of(const struct type_graph *graph, uint32_t node);

/* Whether a circle of edges that goes through an exception or a frame is one that the text of a
 * single file tells of (type_traces.c); true for any other. */
bool trace_is_likely(const struct type_graph *graph, const uint32_t *edges, uint32_t n);

/* The circles that the classes alone allow, into heap->by_type; those that heap->cycles and
 * heap->alike tell already are left out. */
void type_circles_find(struct analysis *analysis, struct points *points);

#endif
