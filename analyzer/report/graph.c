/*
 * graph.c - from classes, holdings and cycles to one graph in a fixed order.
 */
#include "report/graph.h"

#include "base/error.h"
#include "base/table.h"
#include "program/classes.h"
#include "program/link.h"
#include "report/resolve.h"

#include <stdlib.h>
#include <string.h>

struct graph_maker {
    const struct settle_input *input;
    const struct heap *heap;
    struct graph *graph;
    struct resolver resolver;
    struct name_table numbers; /* dotted name → node */
};

static uint32_t node_of_name(struct graph_maker *maker, const char *name)
{
    struct graph *graph = maker->graph;
    uint32_t next = (uint32_t)graph->nodes.n;
    uint32_t node = name_table_put(&maker->numbers, name, strlen(name), next);
    if (node == next) {
        *array_push(&graph->nodes) =
            (struct graph_node){.name = name, .state = CLASS_IS_IN_CYCLE, .reason = ""};
    }
    return node;
}

static const char *name_of_class(struct graph_maker *maker, uint32_t class)
{
    const struct program *program = maker->input->program;
    const struct class *c = &program->classes->all.items[class];
    return link_dotted(program, c->file, c->scope, &maker->graph->arena);
}

/* Why nothing can be said of a class, and of which class that is told. */
static const char *reason_of(struct graph_maker *maker, uint32_t class)
{
    const struct class_node *holder = &maker->heap->class_graph.classes[class];
    if (holder->state != CLASS_IS_UNKNOWN) {
        return "";
    }
    return holder->unknown_of == class ? holder->reason
                                       : arena_format(&maker->graph->arena,
                                                      "it may hold %s, and there: %s",
                                                      name_of_class(maker, holder->unknown_of),
                                                      holder->reason);
}

static struct place place_of_class(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct scope *scope = &program->files[c->file]->scopes[c->scope];
    return (struct place){.file = c->file, .start = scope->name_start, .end = scope->name_end};
}

/* The gravest state counts when two classes share a name. */
static void add_class(struct graph_maker *maker, uint32_t class)
{
    uint32_t number = node_of_name(maker, name_of_class(maker, class));
    struct graph_node *node = &maker->graph->nodes.items[number];
    enum class_state state = maker->heap->class_graph.classes[class].state;
    if (node->is_class && node->state >= state) {
        return;
    }
    node->is_class = true;
    node->state = state;
    node->reason = reason_of(maker, class);
    node->span = resolver_span(&maker->resolver, place_of_class(maker->input->program, class));
}

static struct graph_edge make_edge(struct graph_maker *maker, const char *from, const char *to,
                                   struct place place)
{
    return (struct graph_edge){
        .from = node_of_name(maker, from),
        .to = node_of_name(maker, to),
        .span = resolver_span(&maker->resolver, place),
        .cycle = NONE,
    };
}

static bool is_same_edge(const struct graph_edge *a, const struct graph_edge *b)
{
    return a->from == b->from && a->to == b->to && strcmp(a->attribute, b->attribute) == 0
           && strcmp(a->via, b->via) == 0;
}

static void add_holdings(struct graph_maker *maker)
{
    const struct class_graph *out = &maker->heap->class_graph;
    for (size_t i = 0; i < out->holdings.n; i++) {
        const struct class_edge *holding = &out->holdings.items[i];
        struct graph_edge edge = make_edge(maker, name_of_class(maker, holding->holder),
                                           name_of_class(maker, holding->target), holding->place);
        edge.attribute = holding->attribute;
        edge.via = holding->via;
        edge.is_circular = holding->is_circular;
        *array_push(&maker->graph->edges) = edge;
    }
}

/* Cycles' edges come first, so that they are the ones kept where types say the same. */
static void add_cycle(struct graph_maker *maker, const struct cycle *cycle)
{
    struct graph *graph = maker->graph;
    uint32_t number = (uint32_t)graph->cycles.n;
    struct graph_cycle made = {.kind = cycle->kind,
                               .confidence = cycle->confidence,
                               .killer = cycle->killer,
                               .is_made_once = cycle->is_made_once,
                               .span = resolver_span(&maker->resolver, cycle->place)};
    made.edges = arena_alloc(&graph->arena, (cycle->n_edges + 1) * sizeof *made.edges);
    for (const struct cycle_edge *e = cycle->edges; e != NULL; e = e->next) {
        const struct cycle_edge *next = e->next != NULL ? e->next : cycle->edges;
        struct graph_edge edge = make_edge(maker, e->holder, next->holder, e->place);
        edge.attribute = e->attribute;
        edge.via = e->via;
        edge.cycle = number;
        edge.is_circular = true;
        graph->nodes.items[edge.from].state = CLASS_IS_IN_CYCLE;
        graph->nodes.items[edge.from].reason = "";
        made.edges[made.n_edges++] = (uint32_t)graph->edges.n;
        *array_push(&graph->edges) = edge;
    }
    *array_push(&graph->cycles) = made;
}

/* ---- a fixed order ---- */

struct numbered {
    const struct graph *graph;
    uint32_t number;
};

static int compare_nodes(const void *x, const void *y)
{
    const struct numbered *a = x, *b = y;
    return strcmp(a->graph->nodes.items[a->number].name, b->graph->nodes.items[b->number].name);
}

static int compare_edges(const void *x, const void *y)
{
    const struct numbered *a = x, *b = y;
    const struct graph_edge *p = &a->graph->edges.items[a->number];
    const struct graph_edge *q = &b->graph->edges.items[b->number];
    if (p->from != q->from) {
        return p->from < q->from ? -1 : 1;
    }
    if (p->to != q->to) {
        return p->to < q->to ? -1 : 1;
    }
    int order = strcmp(p->attribute, q->attribute);
    order = order != 0 ? order : strcmp(p->via, q->via);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static struct numbered *in_order(const struct graph *graph, size_t n,
                                 int (*compare)(const void *x, const void *y))
{
    struct numbered *order = alloc_zeroed(n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++) {
        order[i] = (struct numbered){graph, (uint32_t)i};
    }
    qsort(order, n, sizeof *order, compare);
    return order;
}

static void sort_nodes(struct graph *graph)
{
    size_t n = graph->nodes.n;
    struct numbered *order = in_order(graph, n, compare_nodes);
    struct graph_node *sorted = alloc_zeroed(n + 1, sizeof *sorted);
    uint32_t *numbers = alloc_zeroed(n + 1, sizeof *numbers);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = graph->nodes.items[order[i].number];
        numbers[order[i].number] = (uint32_t)i;
    }
    for (size_t i = 0; i < graph->edges.n; i++) {
        graph->edges.items[i].from = numbers[graph->edges.items[i].from];
        graph->edges.items[i].to = numbers[graph->edges.items[i].to];
    }
    memcpy(graph->nodes.items, sorted, n * sizeof *sorted);
    free(order);
    free(sorted);
    free(numbers);
}

/* Sorted, each once. */
static void sort_edges(struct graph *graph)
{
    size_t n = graph->edges.n, n_kept = 0;
    struct numbered *order = in_order(graph, n, compare_edges);
    struct graph_edge *sorted = alloc_zeroed(n + 1, sizeof *sorted);
    uint32_t *numbers = alloc_zeroed(n + 1, sizeof *numbers);
    for (size_t i = 0; i < n; i++) {
        const struct graph_edge *edge = &graph->edges.items[order[i].number];
        if (n_kept == 0 || !is_same_edge(&sorted[n_kept - 1], edge)) {
            sorted[n_kept++] = *edge;
        }
        numbers[order[i].number] = (uint32_t)n_kept - 1;
    }
    for (size_t i = 0; i < graph->cycles.n; i++) {
        struct graph_cycle *cycle = &graph->cycles.items[i];
        for (uint32_t k = 0; k < cycle->n_edges; k++) {
            cycle->edges[k] = numbers[cycle->edges[k]];
        }
    }
    memcpy(graph->edges.items, sorted, n_kept * sizeof *sorted);
    graph->edges.n = n_kept;
    free(order);
    free(sorted);
    free(numbers);
}

void graph_make(const struct settle_input *input, const struct heap *heap, struct graph *graph)
{
    struct graph_maker maker = {.input = input, .heap = heap, .graph = graph};
    maker.resolver = resolver_new(input, &graph->arena);
    for (uint32_t class = 0; class < heap->class_graph.n_classes; ++class) {
        add_class(&maker, class);
    }
    for (size_t i = 0; i < heap->cycles.n; i++) {
        add_cycle(&maker, &heap->cycles.items[i]);
    }
    for (size_t i = 0; i < heap->alike.n; i++) {
        add_cycle(&maker, &heap->alike.items[i]);
    }
    add_holdings(&maker);
    if (graph->nodes.n > 0) {
        sort_nodes(graph);
    }
    if (graph->edges.n > 0) {
        sort_edges(graph);
    }
    name_table_free(&maker.numbers);
    graph_limit(graph, 0);
}

void graph_free(struct graph *graph)
{
    array_free(&graph->nodes);
    array_free(&graph->edges);
    array_free(&graph->cycles);
    arena_free(&graph->arena);
}

/* ---- choosing ---- */

static bool is_in_some_cycle(const struct graph_node *node)
{
    return node->state == CLASS_IS_IN_CYCLE || node->state == CLASS_IS_POSSIBLE;
}

void graph_keep_cycles(struct graph *graph)
{
    uint32_t *numbers = alloc_zeroed(graph->nodes.n + 1, sizeof *numbers);
    uint32_t *kept_edges = alloc_zeroed(graph->edges.n + 1, sizeof *kept_edges);
    uint32_t n = 0, n_edges = 0;
    for (size_t i = 0; i < graph->nodes.n; i++) {
        numbers[i] = NONE;
        if (is_in_some_cycle(&graph->nodes.items[i])) {
            numbers[i] = n;
            graph->nodes.items[n++] = graph->nodes.items[i];
        }
    }
    for (size_t i = 0; i < graph->edges.n; i++) {
        struct graph_edge edge = graph->edges.items[i];
        kept_edges[i] = n_edges;
        edge.from = numbers[edge.from];
        edge.to = numbers[edge.to];
        if (edge.is_circular && edge.from != NONE && edge.to != NONE) {
            graph->edges.items[n_edges++] = edge;
        }
    }
    for (size_t i = 0; i < graph->cycles.n; i++) {
        for (uint32_t k = 0; k < graph->cycles.items[i].n_edges; k++) {
            uint32_t *edge = &graph->cycles.items[i].edges[k];
            *edge = kept_edges[*edge];
        }
    }
    graph->nodes.n = n;
    graph->edges.n = n_edges;
    free(numbers);
    free(kept_edges);
    graph_limit(graph, 0);
}

struct weight {
    uint32_t node;
    uint64_t weight;
};

static int compare_weights(const void *x, const void *y)
{
    const struct weight *a = x, *b = y;
    return a->weight != b->weight ? (a->weight < b->weight ? 1 : -1)
                                  : (a->node > b->node) - (a->node < b->node);
}

/* Cycles of instances come first, then circles by types, then what has most edges. */
static void weigh(const struct graph *graph, struct weight *weights)
{
    for (uint32_t i = 0; i < graph->nodes.n; i++) {
        enum class_state state = graph->nodes.items[i].state;
        uint64_t grade = state == CLASS_IS_IN_CYCLE ? 2 : state == CLASS_IS_POSSIBLE;
        weights[i] = (struct weight){i, grade << 32};
    }
    for (size_t i = 0; i < graph->edges.n; i++) {
        weights[graph->edges.items[i].from].weight++;
        weights[graph->edges.items[i].to].weight++;
    }
}

size_t graph_limit(struct graph *graph, size_t max)
{
    size_t n = graph->nodes.n, n_shown = max == 0 || max > n ? n : max;
    struct weight *weights = alloc_zeroed(n + 1, sizeof *weights);
    weigh(graph, weights);
    qsort(weights, n, sizeof *weights, compare_weights);
    for (size_t i = 0; i < n; i++) {
        graph->nodes.items[weights[i].node].is_shown = i < n_shown;
    }
    graph->n_shown = (uint32_t)n_shown;
    free(weights);
    return n - n_shown;
}

const char *graph_state_name(enum class_state state)
{
    static const char *const names[] = {"acyclic", "unknown", "possible", "in-cycle"};
    return names[state];
}
