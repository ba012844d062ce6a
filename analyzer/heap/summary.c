/*
 * summary.c - what a caller can see of a function, and what that does to the caller's heap.
 *
 * Of the function's heap a caller sees what can be reached from parameters, captured variables and
 * the returned value.  Names stay as they are (a deref's base comes before it), so applying a
 * summary is one pass: each node becomes a set of the caller's nodes, each edge an edge between
 * them.
 */
#include "heap/walk.h"

#include <string.h>

enum {
    MAX_SUMMARY_NODES = 120, /* of a function; what a person writes needs fewer than 30 */
    MAX_SUMMARY_EDGES = 240,
    MAX_SUMMARY_KILLS = 240
};

/* ---- making */

struct making {
    struct walker *w;
    uint32_t *number; /* by node: place in the summary + 1, 0: not in it */
    struct {
        ARRAY_OF(uint32_t);
    } order; /* nodes in the summary */
    uint32_t n_edges;
};

static bool is_named_by_caller(const struct heap_node *node)
{
    return node->kind == HEAP_PARAMETER || node->kind == HEAP_FREE;
}

/* Puts a node in the summary, and the bases of a deref before it. */
static void keep_node(struct making *m, uint32_t node)
{
    uint32_t chain[MAX_DEREF_DEPTH + 2];
    uint32_t n = 0;
    while (m->number[node] == 0 && n < MAX_DEREF_DEPTH + 2) {
        chain[n++] = node;
        const struct heap_node *at = heap_node_at(&m->w->heap, node);
        if (at->kind != HEAP_DEREF) {
            break;
        }
        node = at->index;
    }
    while (n > 0 && m->order.n < MAX_SUMMARY_NODES) {
        *array_push(&m->order) = chain[--n];
        m->number[chain[n]] = (uint32_t)m->order.n;
    }
}

static void keep_roots(struct making *m)
{
    struct walker *w = m->w;
    for (uint32_t i = 0; i < w->heap.nodes.n; i++) {
        if (is_named_by_caller(heap_node_at(&w->heap, i))) {
            keep_node(m, i);
        }
    }
    for (uint32_t i = 0; i < set_size(w, w->returns); i++) {
        keep_node(m, set_at(w, w->returns, i));
    }
}

/* What is held by what is kept is kept; derefs alone add nothing. */
static void keep_reachable(struct making *m)
{
    struct walker *w = m->w;
    for (size_t i = 0; i < m->order.n; i++) { /* grows */
        uint32_t edge = heap_node_at(&w->heap, m->order.items[i])->first_edge;
        for (; edge != NONE; edge = heap_edge_at(&w->heap, edge)->next) {
            const struct heap_edge *e = heap_edge_at(&w->heap, edge);
            if (!(e->flags & EDGE_IS_DEAD) && m->number[e->to] == 0) {
                keep_node(m, e->to);
            }
        }
    }
}

static struct heap_node renumbered(const struct making *m, uint32_t node)
{
    struct heap_node copy = *heap_node_at(&m->w->heap, node);
    if (copy.kind == HEAP_DEREF || copy.flags & NODE_IS_ITEMS) {
        uint32_t base = copy.index == NONE ? 0 : m->number[copy.index];
        copy.index = base == 0 ? NONE : base - 1;
    }
    copy.values = 0;
    return copy;
}

static void copy_edges(struct making *m, struct summary *summary, struct heap_edge *edges)
{
    struct walker *w = m->w;
    for (size_t i = 0; i < w->heap.edges.n && summary->n_edges < MAX_SUMMARY_EDGES; i++) {
        struct heap_edge edge = w->heap.edges.items[i];
        if (edge.flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT) || m->number[edge.from] == 0
            || m->number[edge.to] == 0) {
            continue;
        }
        edge.flags |= edge.context != 0 ? (uint32_t)EDGE_IS_MAYBE : 0;
        edge.from = m->number[edge.from] - 1;
        edge.to = m->number[edge.to] - 1;
        edges[summary->n_edges++] = edge;
    }
}

static bool is_set_again(const struct walker *w, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        if (edge->field == field && !(edge->flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT))) {
            return true;
        }
    }
    return false;
}

static void copy_kills(struct making *m, struct summary *summary, uint32_t *kills)
{
    const struct walker *w = m->w;
    for (size_t i = 0; i + 1 < w->kills.n && summary->n_kills < MAX_SUMMARY_KILLS; i += 2) {
        uint32_t node = w->kills.items[i], field = w->kills.items[i + 1];
        if (m->number[node] != 0 && !is_set_again(w, node, field)) {
            kills[2 * summary->n_kills] = m->number[node] - 1;
            kills[2 * summary->n_kills++ + 1] = field;
        }
    }
}

static void copy_returns(struct making *m, struct summary *summary, uint32_t *returns)
{
    const struct walker *w = m->w;
    for (uint32_t i = 0; i < set_size(w, w->returns); i++) {
        uint32_t number = m->number[set_at(w, w->returns, i)];
        if (number != 0) {
            returns[summary->n_returns++] = number - 1;
        }
    }
}

void summary_make(struct walker *w)
{
    struct arena scratch = {0};
    struct making m = {.w = w};
    m.number = arena_alloc(&scratch, w->heap.nodes.n * sizeof *m.number);
    keep_roots(&m);
    keep_reachable(&m);
    struct summary summary = {0};
    struct heap_node *nodes = arena_alloc(&scratch, (m.order.n + 1) * sizeof *nodes);
    struct heap_edge *edges = arena_alloc(&scratch, MAX_SUMMARY_EDGES * sizeof *edges);
    uint32_t *kills = arena_alloc(&scratch, (size_t)2 * MAX_SUMMARY_KILLS * sizeof *kills);
    uint32_t *returns = arena_alloc(&scratch, MAX_SET * sizeof *returns);
    for (size_t i = 0; i < m.order.n; i++) {
        nodes[i] = renumbered(&m, m.order.items[i]);
    }
    summary.n_nodes = (uint32_t)m.order.n;
    copy_edges(&m, &summary, edges);
    copy_kills(&m, &summary, kills);
    copy_returns(&m, &summary, returns);
    struct arena *arena = &w->analysis->heap->arena;
    summary.nodes = arena_copy(arena, nodes, summary.n_nodes * sizeof *nodes);
    summary.edges = arena_copy(arena, edges, summary.n_edges * sizeof *edges);
    summary.kills = arena_copy(arena, kills, 2 * summary.n_kills * sizeof *kills);
    summary.returns = arena_copy(arena, returns, summary.n_returns * sizeof *returns);
    uint32_t number = w->analysis->program->link->first_function[w->file] + w->scope;
    w->analysis->summaries[number] = summary;
    array_free(&m.order);
    arena_free(&scratch);
}

/* ---- applying */

struct applying {
    struct walker *w;
    const uint32_t *arguments;
    uint32_t n_arguments;
    uint32_t sets[MAX_SUMMARY_NODES]; /* by node of the summary */
    uint32_t op;
};

/* A variable that the callee, or what that calls, captures: as the caller sees it. */
static uint32_t set_of_free(struct applying *a, const struct heap_node *node)
{
    struct walker *w = a->w;
    const struct scope *scope = &w->facts->scopes[w->scope];
    if (node->file == w->file && node->index - scope->first_variable < scope->n_variables) {
        return w->variables.items[node->index - scope->first_variable];
    }
    return set_of_node(w, entity_node(w, HEAP_FREE, node->file, node->index));
}

/* A fresh object.  Pairs of something that is not in the summary, or comes later, are pairs of
 * nothing known. */
static uint32_t set_of_copy(struct applying *a, struct heap_node node, uint32_t number)
{
    if (node.flags & NODE_IS_ITEMS) {
        node.index = node.index < number ? set_single(a->w, a->sets[node.index]) : NONE;
        node.flags &= node.index == NONE ? (uint8_t)~NODE_IS_ITEMS : UINT8_MAX;
    }
    uint32_t copy = local_heap_add_node(&a->w->heap, node);
    return set_of_node(a->w, copy);
}

static uint32_t set_of_summary_node(struct applying *a, const struct heap_node *node,
                                    uint32_t number)
{
    struct walker *w = a->w;
    switch ((enum heap_kind)node->kind) {
    case HEAP_PARAMETER:
        return node->index < a->n_arguments ? a->arguments[node->index] : 0;
    case HEAP_FREE:
        return set_of_free(a, node);
    case HEAP_DEREF:
        return node->index == NONE ? 0 : load_fields(w, a->sets[node->index], node->field, a->op);
    case HEAP_GLOBAL:
    case HEAP_FUNCTION:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN: {
        uint32_t same = entity_node(w, (enum heap_kind)node->kind, node->file, node->index);
        heap_node_at(&w->heap, same)->class = node->class;
        heap_node_at(&w->heap, same)->foreign = node->foreign;
        return set_of_node(w, same);
    }
    case HEAP_INSTANCE:
    case HEAP_CONTAINER:
    case HEAP_CLOSURE:
    case HEAP_CELL:
    case HEAP_METHOD:
    case HEAP_PARTIAL:
    case HEAP_GENERATOR:
    case HEAP_EXCEPTION:
    case HEAP_TRACEBACK:
    case HEAP_FRAME:
    case HEAP_WEAK:
    case HEAP_SUPER:
    case HEAP_RESULT:
        return set_of_copy(a, *node, number);
    }
    return 0;
}

static void apply_kills(struct applying *a, const struct summary *summary)
{
    for (uint32_t i = 0; i < summary->n_kills; i++) {
        uint32_t node = set_single(a->w, a->sets[summary->kills[2 * i]]);
        if (node != NONE) {
            kill_field(a->w, node, summary->kills[2 * i + 1]);
        }
    }
}

static void apply_edge(struct applying *a, const struct heap_edge *edge, uint32_t flags)
{
    struct walker *w = a->w;
    uint32_t from = a->sets[edge->from], to = a->sets[edge->to];
    uint32_t single = set_single(w, from);
    bool is_sure = single != NONE && !(edge->flags & EDGE_IS_MAYBE);
    if (is_sure && !is_element_field(w->analysis, edge->field)) {
        kill_field(w, single, edge->field);
    }
    flags |= edge->flags | (single == NONE || set_size(w, to) > 1 ? (uint32_t)EDGE_IS_MAYBE : 0);
    for (uint32_t i = 0; i < set_size(w, from) && i < MAX_SPREAD; i++) {
        for (uint32_t j = 0; j < set_size(w, to) && j < MAX_SPREAD; j++) {
            hold(w, set_at(w, from, i), edge->field, set_at(w, to, j), edge->place, flags, a->op);
        }
    }
}

uint32_t summary_apply(struct walker *w, uint32_t file, uint32_t scope, const uint32_t *arguments,
                       uint32_t n_arguments, uint32_t flags, uint32_t op)
{
    uint32_t number = w->analysis->program->link->first_function[file] + scope;
    if (w->analysis->states[number] != SUMMARY_DONE) {
        return set_of_node(w, new_node(w, HEAP_RESULT)); /* recursion, or too deep */
    }
    const struct summary *summary = &w->analysis->summaries[number];
    struct applying a = {.w = w, .arguments = arguments, .n_arguments = n_arguments, .op = op};
    uint32_t outer = w->call;
    w->call = ++w->n_calls;
    for (uint32_t i = 0; i < summary->n_nodes; i++) {
        a.sets[i] = set_of_summary_node(&a, &summary->nodes[i], i);
    }
    apply_kills(&a, summary);
    for (uint32_t i = 0; i < summary->n_edges; i++) {
        apply_edge(&a, &summary->edges[i], flags);
    }
    w->call = outer;
    uint32_t returns = 0;
    for (uint32_t i = 0; i < summary->n_returns; i++) {
        returns = set_union(w, returns, a.sets[summary->returns[i]]);
    }
    return returns;
}
