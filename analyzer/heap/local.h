/*
 * local.h - the symbolic heap of one function.  Private to heap/.
 *
 * A node is an object the function can tell from others: a parameter, what a captured variable
 * holds, an allocation, the unknown result of a call, or what lies behind a field of another node
 * ("deref").  Loops are walked twice, and each turn makes nodes of its own, so nodes stand for
 * single objects and a strong update is right: a linked list is no circle.
 *
 * An edge says that `from` holds `to` by `field`.  An edge that a deref stands for is implicit: it
 * was there before the function ran.
 */
#ifndef CYCLINT_HEAP_LOCAL_H
#define CYCLINT_HEAP_LOCAL_H

#include "base/array.h"
#include "program/program.h"

#include <stdbool.h>
#include <stdint.h>

enum heap_kind {
    HEAP_PARAMETER, /* index: its number */
    HEAP_FREE,   /* what a captured variable of an enclosing function holds; index: the variable */
    HEAP_GLOBAL, /* what a module's variable holds; file, index: the variable */
    HEAP_INSTANCE,  /* of `class`, or of the foreign class `foreign` */
    HEAP_CONTAINER, /* `container` */
    HEAP_CLOSURE,   /* a nested function or lambda; file, index: its scope */
    HEAP_CELL,      /* of a captured variable; index: the variable */
    HEAP_METHOD,    /* a bound method; file, index: the function's scope */
    HEAP_PARTIAL,   /* a foreign object that holds what it was given: functools.partial, Timer */
    HEAP_GENERATOR, /* a generator or coroutine; file, index: the function's scope */
    HEAP_EXCEPTION, /* what a handler caught */
    HEAP_HANDLED,   /* what a caller's handler caught, and is still handling */
    HEAP_TRACEBACK, /* of a raised exception; file, index: a function that it came through */
    HEAP_FRAME,     /* file, index: the function's scope */
    HEAP_WEAK,      /* a weak reference or proxy: holds nothing */
    HEAP_FUNCTION,  /* a function that captures nothing; file, index: its scope */
    HEAP_CLASS,     /* class; file, index: its scope */
    HEAP_MODULE,
    HEAP_FOREIGN, /* a name outside of the program; foreign: its dotted name */
    HEAP_SUPER,   /* super(): `class` is where the search begins after */
    HEAP_RESULT,  /* of a call that cannot be followed */
    HEAP_DEREF    /* what `field` of node `index` held when the function began */
};

enum heap_node_flag {
    NODE_HOLDS_WEAKLY = 1,  /* a weak container */
    NODE_IS_ITEMS = 2,      /* what dict.items() or enumerate() gives: its elements are pairs */
    NODE_IS_SELF = 4,       /* the first parameter of a method */
    NODE_IS_INFERRED = 8,   /* its class is what the calls we see suggest */
    NODE_IS_EXCEPTION = 16, /* it was raised, or has a traceback */
    NODE_IS_HELD = 32,      /* an edge leads to it */
    NODE_IS_MADE = 64       /* a class that a function makes: no two are the same */
};

struct heap_node {
    uint8_t kind;      /* enum heap_kind */
    uint8_t flags;     /* enum heap_node_flag */
    uint8_t container; /* enum container */
    uint8_t depth;     /* of derefs */
    uint32_t class;    /* program class, NONE when unknown */
    uint32_t foreign;  /* program symbol, or NONE */
    uint32_t file, index;
    uint32_t field;      /* of a deref */
    uint32_t first_edge; /* out of it, NONE ends */
    uint32_t visited;    /* the last search that came by */
    uint32_t
        values; /* a set, see walk.h: what a generator returns, what a weak reference refers to */
    uint32_t alone;   /* the set of this node alone, 0 until somebody asks (sets.c) */
    uint32_t n_edges; /* out of it, dead ones as well */
};

enum heap_edge_flag {
    EDGE_IS_IMPLICIT = 1,
    EDGE_IS_DEAD = 2,       /* a later strong update took it away */
    EDGE_IS_MAYBE = 4,      /* made on some paths of a callee only */
    EDGE_IS_GUESSED = 8,    /* the callee was found by its name alone */
    EDGE_IS_HANDED_IN = 32, /* `to` was a parameter where the edge was made */
    EDGE_IS_PASSING = 64,   /* something foreign lets go of it: foreign_passing_hold() */
    EDGE_IS_FRAME = 16,     /* from a frame to one of its locals, as it was left */
    EDGE_LEAVES = 128,      /* made by a raise that leaves the function: nothing is made after it */
    EDGE_IS_TOLD = 256      /* a circle that was told goes through it */
};

struct heap_edge {
    uint32_t from, to;
    uint32_t field;   /* program symbol */
    uint32_t next;    /* of the same node */
    uint32_t context; /* of the control flow, see walk.h */
    uint32_t call;    /* 0: made here; else the number of the call whose callee made it */
    uint32_t flags;   /* enum heap_edge_flag */
    uint32_t killed_construct, killed_part; /* the branch of an `if` that took it away */
    struct place place;                     /* what made it, in whatever function */
    struct place site; /* the op of this function that made it, or called what did */
};

struct local_heap {
    struct {
        ARRAY_OF(struct heap_node);
    } nodes;
    struct {
        ARRAY_OF(struct heap_edge);
    } edges;
    bool is_cut; /* a limit was reached: what follows was not added */
};

enum {
    MAX_NODES =
        20000, /* a generated function of 50,000 lines makes more; nothing a person writes does */
    MAX_EDGES = 40000,
    MAX_OUT_EDGES =
        200, /* of one node that are looked at: 5,000 literals in a list are no web of objects */
    MAX_DEREF_DEPTH = 5 /* a.b.c.d.e: deeper chains are nobody's cycle */
};

void local_heap_clear(struct local_heap *heap);
void local_heap_free(struct local_heap *heap);

/* A new node.  When there are too many, one node about which nothing is known, the same each time;
 * no edges touch it. */
uint32_t local_heap_add_node(struct local_heap *heap, struct heap_node node);

/* A new edge out of `edge.from`; NONE when it was there already or there are too many. */
uint32_t local_heap_add_edge(struct local_heap *heap, struct heap_edge edge);

static inline struct heap_node *heap_node_at(const struct local_heap *heap, uint32_t node)
{
    return &heap->nodes.items[node];
}

static inline bool is_exception(const struct heap_node *node)
{
    return node->kind == HEAP_EXCEPTION || node->kind == HEAP_HANDLED
           || node->flags & NODE_IS_EXCEPTION;
}

/* Whether it was there before the function began, or comes from a call nobody can follow: of what
 * it is, only its name and the program's types tell. */
static inline bool is_from_outside(const struct heap_node *node)
{
    return node->kind == HEAP_PARAMETER || node->kind == HEAP_FREE || node->kind == HEAP_GLOBAL
           || node->kind == HEAP_RESULT || node->kind == HEAP_DEREF;
}

static inline struct heap_edge *heap_edge_at(const struct local_heap *heap, uint32_t edge)
{
    return &heap->edges.items[edge];
}

/* Whether the program put something into the field that is still there at the end. */
bool local_heap_holds(const struct local_heap *heap, uint32_t node, uint32_t field);

#endif
