/*
 * heap.h - the reference cycles of a program.
 *
 * The analysis works on instances: it asks whether *this* child holds *this* parent.  For every
 * function there is a symbolic heap (local.h): nodes for what its caller can name and for what it
 * makes, edges for who holds whom.  The function's ops are walked in order (walk.c), strong updates
 * and all; at a call the callee's summary (summary.h) is applied to the caller's heap.  When a
 * store closes a circle of edges, that is a cycle, told in the innermost function where all of it
 * can be seen (cycles.c).
 */
#ifndef CYCLINT_HEAP_HEAP_H
#define CYCLINT_HEAP_HEAP_H

#include "base/array.h"
#include "heap/class_graph.h"
#include "heap/witness.h"
#include "program/program.h"

/* A cycle, ready to be reported. */
struct cycle {
    enum cycle_kind kind;
    enum confidence confidence;
    struct place place; /* the store or call that closes it */
    uint32_t scope;     /* the function that contains `place`, in place.file */
    struct cycle_edge *edges;
    uint32_t n_edges;
    uint32_t n_unknown;        /* objects in it whose class nobody told */
    uint32_t n_alike;          /* others of the same function that share one of its edges */
    bool is_recursive_closure; /* nothing but nested functions that name each other */
    bool is_by_type;           /* only the classes say so, see type_graph.h */
    bool is_made_once;         /* by a module's body: one in a program's life */
    const char *killer;        /* the method that takes it apart, or NULL */
    struct place killer_place;
    const struct cycle_edge *weak_edge; /* the edge to make weak, or NULL */
    const char *weak_reason;
};

struct heap {
    struct arena arena;
    bool wants_types; /* set before: `by_type` is wanted, which costs as much as the rest */
    struct {
        ARRAY_OF(struct cycle);
    } cycles; /* in the order of files and places */
    struct {
        ARRAY_OF(struct cycle);
    } alike; /* those for which one of `cycles` stands: same place, or an edge in common */
    struct {
        ARRAY_OF(struct cycle);
    } by_type;                      /* what the classes alone allow, see type_graph.h */
    struct class_graph class_graph; /* who may hold whom, by types; empty until asked for */
    uint32_t n_summaries;
    struct {
        ARRAY_OF(struct place);
    } cut; /* the names of functions too large to be followed to the end */
};

/* Finds the cycles of a linked program. */
void heap_analyse(struct program *program, struct heap *heap);

/* Fills heap->class_graph, which no rule needs. */
void heap_find_class_graph(struct program *program, struct heap *heap);
void heap_free(struct heap *heap);

#endif
