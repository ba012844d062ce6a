/*
 * type_traces.c - which circles through exceptions and frames are believed.
 *
 * What a handler catches may come from anywhere, and what a parameter is given too.  So a circle
 * must be told by one file: its handlers, its functions, and the classes that keep the exception
 * for them.  And a parameter that holds the exception must be raised by the function itself: what
 * a handler catches was not there yet when the function was called.
 */
#include "heap/type_graph.h"

#include "program/link.h"

#include <string.h>

static const struct type_edge *edge_at(const struct type_graph *g, uint32_t edge)
{
    return &g->edges.items[edge];
}

static bool is_traced(const struct type_graph *g, uint32_t node)
{
    uint8_t kind = g->nodes.items[node].kind;
    return kind == TYPE_FRAME || kind == TYPE_EXCEPTION;
}

static bool has_trace(const struct type_graph *g, const uint32_t *edges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (is_traced(g, edge_at(g, edges[i])->from)) {
            return true;
        }
    }
    return false;
}

/* Whether the node is an exception that nobody caught: of a class, or made by a call. */
static bool is_made(const struct type_graph *g, uint32_t node)
{
    const struct type_node *n = &g->nodes.items[node];
    if (n->kind != TYPE_EXCEPTION) {
        return n->kind == TYPE_CLASS;
    }
    const struct points_object *o = points_object_at(g->points, n->exception);
    return g->program->files[o->a]->ops[o->b].kind == OP_CALL;
}

/* Where an exception is made, or its class defined, does not matter. */
static bool is_of_one_file(const struct type_graph *g, const uint32_t *edges, uint32_t n)
{
    uint32_t file = NONE;
    for (uint32_t i = 0; i < n; i++) {
        const struct type_edge *edge = edge_at(g, edges[i]);
        if (edge->field == g->traceback && is_made(g, edge->from)) {
            continue;
        }
        uint32_t own = type_graph_file_of(g, edge->from);
        if (file != NONE && own != file) {
            return false;
        }
        file = own;
    }
    return true;
}

static uint32_t variable_of(const struct type_graph *g, const struct type_node *frame,
                            uint32_t field)
{
    const struct facts *facts = g->program->files[frame->file];
    const struct scope *s = &facts->scopes[frame->scope];
    for (uint32_t i = s->first_variable; i < s->first_variable + s->n_variables; i++) {
        if (link_symbol_of(g->program->link, frame->file, facts->variables[i].name) == field) {
            return i;
        }
    }
    return NONE;
}

/* `raise error`, `raise error.with_traceback(tb)` */
static bool raises_variable(const struct facts *facts, const struct scope *s, uint32_t variable)
{
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        uint32_t value = facts->ops[i].kind == OP_RAISE ? facts->ops[i].a : NONE;
        if (value != NONE && facts->ops[value].kind == OP_CALL) {
            value = facts->ops[facts->ops[value].a].kind == OP_ATTRIBUTE
                        ? facts->ops[facts->ops[value].a].a
                        : NONE;
        }
        if (value != NONE && facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether the local that holds an exception, whose traceback holds the frame, can hold that very
 * exception. */
static bool may_hold(const struct type_graph *g, const struct type_edge *local, uint32_t exception)
{
    const struct type_node *frame = &g->nodes.items[local->from];
    const struct type_node *held = &g->nodes.items[exception];
    const struct facts *facts = g->program->files[frame->file];
    uint32_t variable = variable_of(g, frame, local->field);
    bool is_parameter =
        variable != NONE && facts->variables[variable].flags & VARIABLE_IS_PARAMETER;
    bool is_known = held->kind == TYPE_EXCEPTION && !is_parameter;
    return is_known || raises_variable(facts, &facts->scopes[frame->scope], variable);
}

bool trace_is_likely(const struct type_graph *g, const uint32_t *edges, uint32_t n)
{
    if (!has_trace(g, edges, n)) {
        return true;
    }
    if (!is_of_one_file(g, edges, n)) {
        return false;
    }
    for (uint32_t i = 0; n == 2 && i < n; i++) {
        const struct type_edge *local = edge_at(g, edges[i]), *back = edge_at(g, edges[1 - i]);
        if (g->nodes.items[local->from].kind == TYPE_FRAME && back->field == g->traceback
            && !may_hold(g, local, back->from)) {
            return false;
        }
    }
    return true;
}
