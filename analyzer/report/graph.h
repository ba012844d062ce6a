/*
 * graph.h - who holds whom, ready to be drawn: named nodes, edges with their places, cycles.
 *
 * Nodes are classes, and the functions, frames and generators that take part in a cycle.
 */
#ifndef CYCLINT_REPORT_GRAPH_H
#define CYCLINT_REPORT_GRAPH_H

#include "base/array.h"
#include "base/builder.h"
#include "heap/heap.h"
#include "report/report.h"
#include "report/settle.h"

struct graph_node {
    const char *name; /* dotted */
    bool is_class;    /* else something of a cycle that is no class of the program */
    enum class_state state;
    const char *reason; /* why the state is unknown; "" otherwise */
    struct span span;   /* of the class statement's name; no file when there is none */
    bool is_shown;      /* a drawing has it */
};

struct graph_edge {
    uint32_t from, to; /* nodes */
    const char *attribute;
    const char *via; /* what lies between, separated by commas; "" for nothing */
    struct span span;
    uint32_t cycle;   /* the first cycle of instances it is part of, or NONE */
    bool is_circular; /* part of a circle by types */
};

struct graph_cycle {
    enum cycle_kind kind;
    enum confidence confidence;
    const char *killer; /* the method that takes it apart, or NULL */
    bool is_made_once;
    struct span span;
    uint32_t *edges; /* in order */
    uint32_t n_edges;
};

struct graph {
    struct arena arena;
    struct {
        ARRAY_OF(struct graph_node);
    } nodes; /* sorted by name */
    struct {
        ARRAY_OF(struct graph_edge);
    } edges; /* sorted by the names of their ends, and attribute */
    struct {
        ARRAY_OF(struct graph_cycle);
    } cycles;
    uint32_t n_shown; /* nodes in a drawing */
};

/* Makes the graph of a program.  `input` says how files are read again; of it only the program and
 * the reading are used. */
void graph_make(const struct settle_input *input, const struct heap *heap, struct graph *graph);
void graph_free(struct graph *graph);

/* Leaves out all that is in no cycle, not even by types. */
void graph_keep_cycles(struct graph *graph);

/* Chooses at most `max` nodes to be drawn (0: no limit): those of cycles first, then those that
 * hold or are held most.  How many are left out. */
size_t graph_limit(struct graph *graph, size_t max);

/* "in-cycle", "possible", "acyclic", "unknown". */
const char *graph_state_name(enum class_state state);

/* One writer a file. */
void graph_write_dot(const struct graph *graph, struct builder *out);
void graph_write_json(const struct graph *graph, struct builder *out);
void graph_write_svg(const struct graph *graph, struct builder *out);
void graph_write_html(const struct graph *graph, struct builder *out);

/* Text for XML and HTML. */
void graph_add_escaped(struct builder *out, const char *s);

#endif
