/*
 * summary.c - what a caller can see of a function, and what that does to the caller's heap.
 *
 * Of the function's heap a caller sees what can be reached from parameters, captured variables and
 * the returned value.  Names stay as they are (a deref's base comes before it), so applying a
 * summary is one pass: each node becomes a set of the caller's nodes, each edge an edge between
 * them.
 *
 * A large program has a hundred thousand summaries, and each is read in order: so a summary is
 * bytes (base/numbers.h), one list after the other, each ended by NONE: the nodes, bases of derefs
 * before them; the kills, which are pairs of node and field; the edges; the nodes that are
 * returned.
 */
#include "heap/walk.h"

#include "base/numbers.h"

#include <assert.h>

enum {
    MAX_SUMMARY_KILLS = 240,
    MAX_NUMBERS = 9 * MAX_SUMMARY_NODES + 2 * MAX_SUMMARY_KILLS + 7 * MAX_SUMMARY_EDGES + MAX_SET
                  + 4 /* ends of lists */
};

static_assert(sizeof(struct heap_node) == 44, "a new field of a node belongs into the summary");

/* ---- making */

struct making {
    struct walker *w;
    uint32_t *number; /* by node: place in the summary + 1, 0: not in it */
    struct {
        ARRAY_OF(uint32_t);
    } order;           /* nodes in the summary */
    unsigned char *to; /* where the next number goes */
};

static bool is_named_by_caller(const struct heap_node *node)
{
    return node->kind == HEAP_PARAMETER || node->kind == HEAP_FREE || node->kind == HEAP_HANDLED;
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

static void put(struct making *m, uint32_t number)
{
    m->to = number_put(m->to, number);
}

/* Of what the caller names itself, only the name. */
static void put_node(struct making *m, struct heap_node node)
{
    put(m, node.kind);
    put(m, node.index);
    if (node.kind == HEAP_DEREF) {
        put(m, node.field);
    } else if (node.kind != HEAP_PARAMETER) {
        put(m, node.file);
    }
    if (is_named_by_caller(&node) || node.kind == HEAP_DEREF) {
        return;
    }
    put(m, node.flags);
    put(m, node.container);
    put(m, node.depth);
    put(m, node.class);
    put(m, node.foreign);
    put(m, node.field);
}

static void put_nodes(struct making *m)
{
    for (size_t i = 0; i < m->order.n; i++) {
        put_node(m, renumbered(m, m->order.items[i]));
    }
    put(m, NONE);
}

static void put_edge(struct making *m, const struct heap_edge *edge)
{
    put(m, m->number[edge->from] - 1);
    put(m, m->number[edge->to] - 1);
    put(m, edge->field);
    put(m, (edge->flags & ~(uint32_t)EDGE_IS_TOLD)
               | (edge->context != 0 ? (uint32_t)EDGE_IS_MAYBE : 0));
    put(m, edge->place.file);
    put(m, edge->place.start);
    put(m, edge->place.end - edge->place.start);
}

static void put_edges(struct making *m)
{
    struct walker *w = m->w;
    uint32_t n = 0;
    for (size_t i = 0; i < w->heap.edges.n && n < MAX_SUMMARY_EDGES; i++) {
        const struct heap_edge *edge = &w->heap.edges.items[i];
        if (!(edge->flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT)) && m->number[edge->from] != 0
            && m->number[edge->to] != 0) {
            put_edge(m, edge);
            n++;
        }
    }
    put(m, NONE);
}

static void put_kills(struct making *m)
{
    const struct walker *w = m->w;
    uint32_t n = 0;
    for (size_t i = 0; i + 1 < w->kills.n && n < MAX_SUMMARY_KILLS; i += 2) {
        uint32_t node = w->kills.items[i], field = w->kills.items[i + 1];
        if (m->number[node] != 0 && !local_heap_holds(&w->heap, node, field)) {
            put(m, m->number[node] - 1);
            put(m, field);
            n++;
        }
    }
    put(m, NONE);
}

static void put_returns(struct making *m)
{
    const struct walker *w = m->w;
    for (uint32_t i = 0; i < set_size(w, w->returns); i++) {
        uint32_t number = m->number[set_at(w, w->returns, i)];
        if (number != 0) {
            put(m, number - 1);
        }
    }
    put(m, NONE);
}

void summary_make(struct walker *w)
{
    struct arena scratch = {0};
    unsigned char bytes[MAX_NUMBERS * NUMBER_MAX_BYTES];
    struct making m = {.w = w, .to = bytes};
    m.number = arena_alloc(&scratch, w->heap.nodes.n * sizeof *m.number);
    keep_roots(&m);
    keep_reachable(&m);
    put_nodes(&m);
    put_kills(&m);
    put_edges(&m);
    put_returns(&m);
    uint32_t number = w->analysis->program->link->first_function[w->file] + w->scope;
    w->analysis->summaries[number] = arena_copy(&w->analysis->arena, bytes, (size_t)(m.to - bytes));
    array_free(&m.order);
    arena_free(&scratch);
}

/* ---- applying */

struct applying {
    struct walker *w;
    const unsigned char *from; /* the next number of the summary */
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
    case HEAP_HANDLED:
        return set_of_node(w, current_exception(w));
    case HEAP_DEREF:
        return node->index == NONE ? 0 : load_fields(w, a->sets[node->index], node->field, a->op);
    case HEAP_CLASS:
        if (node->flags & NODE_IS_MADE) {
            return set_of_copy(a, *node, number);
        }
        /* fall through */
    case HEAP_GLOBAL:
    case HEAP_FUNCTION:
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

static uint32_t get(struct applying *a)
{
    return number_get(&a->from);
}

static struct heap_node get_node(const unsigned char **from, uint32_t kind)
{
    struct heap_node node = {.kind = (uint8_t)kind, .index = number_get(from)};
    if (kind == HEAP_DEREF) {
        node.field = number_get(from);
    } else if (kind != HEAP_PARAMETER) {
        node.file = number_get(from);
    }
    if (is_named_by_caller(&node) || kind == HEAP_DEREF) {
        return node;
    }
    node.flags = (uint8_t)number_get(from);
    node.container = (uint8_t)number_get(from);
    node.depth = (uint8_t)number_get(from);
    node.class = number_get(from);
    node.foreign = number_get(from);
    node.field = number_get(from);
    return node;
}

static void apply_nodes(struct applying *a)
{
    uint32_t kind;
    for (uint32_t i = 0; (kind = get(a)) != NONE; i++) {
        struct heap_node node = get_node(&a->from, kind);
        a->sets[i] = set_of_summary_node(a, &node, i);
    }
}

static void apply_kills(struct applying *a)
{
    uint32_t number;
    while ((number = get(a)) != NONE) {
        uint32_t node = set_single(a->w, a->sets[number]), field = get(a);
        if (node != NONE) {
            kill_field(a->w, node, field);
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
    if (flags & EDGE_LEAVES && may_be_caught(w)) {
        flags &= (uint32_t)~EDGE_LEAVES;
    }
    for (uint32_t i = 0; i < set_size(w, from) && i < MAX_SPREAD; i++) {
        for (uint32_t j = 0; j < set_size(w, to) && j < MAX_SPREAD; j++) {
            hold(w, set_at(w, from, i), edge->field, set_at(w, to, j), edge->place, flags, a->op);
        }
    }
}

/* The next edge; false after the last. */
static bool get_edge(const unsigned char **from, struct heap_edge *edge)
{
    uint32_t holder = number_get(from);
    if (holder == NONE) {
        return false;
    }
    *edge = (struct heap_edge){.from = holder, .to = number_get(from)};
    edge->field = number_get(from);
    edge->flags = number_get(from);
    edge->place.file = number_get(from);
    edge->place.start = number_get(from);
    edge->place.end = edge->place.start + number_get(from);
    return true;
}

static void apply_edges(struct applying *a, uint32_t flags)
{
    struct heap_edge edge;
    while (get_edge(&a->from, &edge)) {
        apply_edge(a, &edge, flags);
    }
}

static uint32_t get_returns(struct applying *a)
{
    uint32_t returns = 0, number;
    while ((number = get(a)) != NONE) {
        returns = set_union(a->w, returns, a->sets[number]);
    }
    return returns;
}

uint32_t summary_apply(struct walker *w, uint32_t file, uint32_t scope, const uint32_t *arguments,
                       uint32_t n_arguments, uint32_t flags, uint32_t op)
{
    uint32_t number = w->analysis->program->link->first_function[file] + scope;
    if (w->analysis->states[number] != SUMMARY_DONE) {
        return set_of_node(w, new_node(w, HEAP_RESULT)); /* recursion, or too deep */
    }
    struct applying a = {.w = w,
                         .from = w->analysis->summaries[number],
                         .arguments = arguments,
                         .n_arguments = n_arguments,
                         .op = op};
    uint32_t outer = w->call;
    w->call = ++w->n_calls;
    apply_nodes(&a);
    apply_kills(&a);
    apply_edges(&a, flags);
    w->call = outer;
    return get_returns(&a);
}

/* ---- reading */

bool summary_read(const struct analysis *a, uint32_t function, struct summary_view *view)
{
    if (a->states[function] != SUMMARY_DONE) {
        return false;
    }
    const unsigned char *from = a->summaries[function];
    uint32_t number;
    for (view->n_nodes = 0; (number = number_get(&from)) != NONE;) {
        view->nodes[view->n_nodes++] = get_node(&from, number);
    }
    while (number_get(&from) != NONE) { /* kills */
        (void)number_get(&from);
    }
    for (view->n_edges = 0; get_edge(&from, &view->edges[view->n_edges]);) {
        view->n_edges++;
    }
    return true;
}
