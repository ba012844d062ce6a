/*
 * type_judge.c - which circles of classes are most likely made of objects.
 *
 * That a class holds another and that one the first says nothing of two objects.  Two things do.
 * When methods of the whole both keep the part and give it their own `self`, it is their own part
 * that has it.  And a circle through a frame needs one file alone (type_traces.c): who raises or
 * catches is the one whose local keeps the exception.  Where an attribute or local may be one of
 * many kinds, neither is believed.
 */
#include "heap/type_judge.h"

#include "program/classes.h"
#include "program/link.h"

enum {
    MAX_KINDS = 4,       /* that an attribute of an object holds, and is believed */
    MAX_TRACED_KINDS = 8 /* that a local of a frame, or who keeps one, holds */
};

static const struct type_edge *edge_at(const struct type_graph *g, uint32_t edge)
{
    return &g->edges.items[edge];
}

static uint32_t class_of(const struct type_graph *g, uint32_t node)
{
    return g->nodes.items[node].class;
}

static bool is_traced(const struct type_graph *g, uint32_t node)
{
    uint8_t kind = g->nodes.items[node].kind;
    return kind == TYPE_FRAME || kind == TYPE_EXCEPTION;
}

/* How many kinds of objects the edge's holder may hold by its field. */
static uint32_t count_kinds(const struct type_graph *g, const struct type_edge *edge)
{
    const struct type_node *node = &g->nodes.items[edge->from];
    uint32_t n = 0;
    for (uint32_t i = node->first_edge; i < node->first_edge + node->n_edges; i++) {
        n += edge_at(g, i)->field == edge->field && !edge_at(g, i)->is_diffuse;
    }
    return n;
}

static bool are_few(const struct type_graph *g, const uint32_t *edges, uint32_t n, uint32_t max)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct type_edge *edge = edge_at(g, edges[i]);
        if (edge->field != g->traceback && count_kinds(g, edge) > max) {
            return false;
        }
    }
    return true;
}

/* ---- ties */

/* Whether a nested function captures the `self` of the method it stands in. */
static bool captures_self(const struct type_graph *g, const struct type_edge *edge)
{
    const struct type_node *node = &g->nodes.items[edge->from];
    const struct facts *facts = g->program->files[node->file];
    uint32_t scope = node->scope, self = NONE;
    while (scope != NONE && scope != 0 && (self = classes_self_of(facts, scope)) == NONE) {
        scope = facts->scopes[scope].parent;
    }
    if (self == NONE) {
        return false;
    }
    uint32_t class = classes_of_scope(g->program, node->file, facts->scopes[scope].parent);
    uint32_t held = class_of(g, edge->to);
    return class != NONE && held != NONE && classes_is_ancestor(g->program, class, held)
           && link_symbol_of(g->program->link, node->file, facts->variables[self].name)
                  == edge->field;
}

/* Of the class that an edge leads to and the one that the next comes from, the more special. */
static uint32_t narrower(const struct type_graph *g, uint32_t a, uint32_t b)
{
    return classes_is_ancestor(g->program, a, b) ? b : a;
}

/* Whether the object between `back` and `out` keeps by the one what it gives itself to for the
 * other. */
static bool is_tied(const struct type_graph *g, const struct ties *ties,
                    const struct type_edge *back, const struct type_edge *out)
{
    uint32_t whole = class_of(g, out->from), part = class_of(g, out->to);
    if (whole == NONE || class_of(g, back->to) == NONE) {
        return false;
    }
    whole = narrower(g, whole, class_of(g, back->to));
    if (part != NONE) {
        part = narrower(g, part, class_of(g, back->from));
        return ties_hold_each_other(ties, whole, out->field, part, back->field);
    }
    const struct type_node *function = &g->nodes.items[out->to];
    return function->kind == TYPE_FUNCTION && captures_self(g, back)
           && ties_keeps_closure(ties, whole, out->field,
                                 g->program->link->first_function[function->file]
                                     + function->scope);
}

static bool are_tied(const struct type_graph *g, const struct ties *ties, const uint32_t *edges)
{
    const struct type_edge *a = edge_at(g, edges[0]), *b = edge_at(g, edges[1]);
    return is_tied(g, ties, a, b) || is_tied(g, ties, b, a);
}

/* ---- */

static bool has_trace(const struct type_graph *g, const uint32_t *edges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (is_traced(g, edge_at(g, edges[i])->from)) {
            return true;
        }
    }
    return false;
}

bool judge_is_likely(const struct type_graph *g, const struct ties *ties, const uint32_t *edges,
                     uint32_t n)
{
    return n == 2
           && (has_trace(g, edges, n) ? are_few(g, edges, n, MAX_TRACED_KINDS)
                                      : judge_is_clear(g, edges, n) && are_tied(g, ties, edges));
}

bool judge_is_clear(const struct type_graph *g, const uint32_t *edges, uint32_t n)
{
    return are_few(g, edges, n, MAX_KINDS);
}
