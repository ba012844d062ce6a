/*
 * class_graph.c - what may hold what, and what leads back.
 *
 * The graph has four nodes a class, so that inheritance costs no more edges than there are bases:
 *
 *     EXACTLY C         an instance of C itself: has the attributes of C and of its ancestors
 *     ANY C             an instance of C or of a subclass
 *     ATTRIBUTES of C   what methods and declarations of C itself put in attributes
 *     BEHIND C          what the attributes of an instance of C or of a subclass hold
 *
 * Its components come out with what they lead to before them, so "reaches something unknown" is
 * known at once.
 */
#include "heap/class_graph.h"

#include "base/components.h"
#include "base/error.h"
#include "heap/heap.h"
#include "heap/holdings.h"

#include <stdlib.h>
#include <string.h>

enum node_kind { EXACTLY, ANY, ATTRIBUTES, BEHIND, N_NODE_KINDS };

static uint32_t node_of(uint32_t class, enum node_kind kind)
{
    return class * N_NODE_KINDS + (uint32_t)kind;
}

/* ---- cycles of instances ---- */

static void add_cycle(struct holdings *g, const struct cycle *cycle, bool is_of_instances)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        const struct cycle_edge *next = edge->next != NULL ? edge->next : cycle->edges;
        if (edge->class == NONE) {
            continue;
        }
        if (is_of_instances) {
            g->out->classes[edge->class].state = CLASS_IS_IN_CYCLE;
        } else if (g->out->classes[edge->class].state == CLASS_IS_ACYCLIC) {
            g->out->classes[edge->class].state = CLASS_IS_POSSIBLE;
        }
        if (next->class != NONE) {
            *array_push(&g->out->holdings) = (struct class_edge){
                .holder = edge->class,
                .target = next->class,
                .attribute = edge->attribute,
                .via = edge->via,
                .place = edge->place,
                .is_exact = true,
            };
        }
    }
}

/* ---- sorting ---- */

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_holdings(const void *x, const void *y)
{
    const struct class_edge *a = x, *b = y;
    int order = compare_numbers(a->holder, b->holder);
    order = order ? order : strcmp(a->attribute, b->attribute);
    order = order ? order : compare_numbers(a->target, b->target);
    order = order ? order : strcmp(a->via, b->via);
    order = order ? order : compare_numbers(a->place.file, b->place.file);
    order = order ? order : compare_numbers(a->place.start, b->place.start);
    return order ? order : (int)a->is_exact - (int)b->is_exact;
}

static bool are_alike(const struct class_edge *a, const struct class_edge *b)
{
    return a->holder == b->holder && a->target == b->target && strcmp(a->via, b->via) == 0
           && strcmp(a->attribute, b->attribute) == 0;
}

/* Each once: at its first place, and exact only if all are. */
static void sort_holdings(struct class_graph *out)
{
    size_t n = 0;
    struct class_edge *items = out->holdings.items;
    if (out->holdings.n == 0) {
        return;
    }
    qsort(items, out->holdings.n, sizeof *items, compare_holdings);
    for (size_t i = 0; i < out->holdings.n; i++) {
        if (n > 0 && are_alike(&items[n - 1], &items[i])) {
            items[n - 1].is_exact = items[n - 1].is_exact && items[i].is_exact;
        } else {
            items[n++] = items[i];
        }
    }
    out->holdings.n = n;
}

/* ---- components ---- */

struct arc {
    uint32_t from, to;
};

struct graph {
    struct {
        ARRAY_OF(struct arc);
    } arcs;
    uint32_t n_nodes;
    struct components components;
    uint32_t *unknown; /* of each component: a class with a reason that can be reached, or NONE */
};

static void add_arc(struct graph *graph, uint32_t from, uint32_t to)
{
    *array_push(&graph->arcs) = (struct arc){from, to};
}

static void add_inheritance(struct graph *graph, const struct classes *classes, uint32_t class)
{
    const struct class *c = &classes->all.items[class];
    add_arc(graph, node_of(class, ANY), node_of(class, EXACTLY));
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
        add_arc(graph, node_of(class, EXACTLY), node_of(ancestor, ATTRIBUTES));
        add_arc(graph, node_of(class, BEHIND), node_of(ancestor, ATTRIBUTES));
    }
    for (uint32_t i = 0; i < c->n_bases; i++) {
        uint32_t base = classes->bases.items[c->first_base + i].class;
        if (base != NONE) {
            add_arc(graph, node_of(base, ANY), node_of(class, ANY));
            add_arc(graph, node_of(base, BEHIND), node_of(class, BEHIND));
        }
    }
}

static int compare_arcs(const void *x, const void *y)
{
    const struct arc *a = x, *b = y;
    return a->from != b->from ? compare_numbers(a->from, b->from) : compare_numbers(a->to, b->to);
}

/* The targets of the arcs, by their nodes; `*first` has where those of each node begin. */
static uint32_t *sort_arcs(struct graph *graph, uint32_t **first)
{
    if (graph->arcs.n > 0) {
        qsort(graph->arcs.items, graph->arcs.n, sizeof *graph->arcs.items, compare_arcs);
    }
    uint32_t *targets = alloc_zeroed(graph->arcs.n + 1, sizeof *targets);
    *first = alloc_zeroed((size_t)graph->n_nodes + 1, sizeof **first);
    uint32_t at = 0;
    for (uint32_t node = 0; node < graph->n_nodes; node++) {
        for (; at < graph->arcs.n && graph->arcs.items[at].from == node; at++) {
            targets[at] = graph->arcs.items[at].to;
        }
        (*first)[node + 1] = at;
    }
    return targets;
}

/* The class with a reason that is reached from a node itself or from components it leads to. */
static uint32_t unknown_of_node(const struct graph *graph, const struct class_graph *out,
                                const uint32_t *first, const uint32_t *targets, uint32_t node)
{
    uint32_t class = node / N_NODE_KINDS;
    if (node % N_NODE_KINDS == ATTRIBUTES && *out->classes[class].reason != '\0') {
        return class;
    }
    for (uint32_t i = first[node]; i < first[node + 1]; i++) {
        uint32_t component = graph->components.of_node[targets[i]];
        if (component != graph->components.of_node[node] && graph->unknown[component] != NONE) {
            return graph->unknown[component];
        }
    }
    return NONE;
}

/* Each component comes after those that it leads to. */
static void find_unknown(struct graph *graph, const struct class_graph *out, const uint32_t *first,
                         const uint32_t *targets)
{
    const struct components *components = &graph->components;
    graph->unknown = alloc_zeroed(components->n + 1, sizeof *graph->unknown);
    for (uint32_t component = 0; component < components->n; component++) {
        graph->unknown[component] = NONE;
        for (uint32_t i = components->first[component]; i < components->first[component + 1]; i++) {
            uint32_t unknown = unknown_of_node(graph, out, first, targets, components->nodes[i]);
            graph->unknown[component] = unknown != NONE ? unknown : graph->unknown[component];
        }
    }
}

static void add_arcs(struct graph *graph, const struct holdings *g, bool with_behind)
{
    const struct classes *classes = g->program->classes;
    graph->n_nodes = (uint32_t)classes->all.n * N_NODE_KINDS;
    for (uint32_t class = 0; class < classes->all.n; ++class) {
        add_inheritance(graph, classes, class);
    }
    for (size_t i = 0; i < g->out->holdings.n; i++) {
        const struct class_edge *holding = &g->out->holdings.items[i];
        add_arc(graph, node_of(holding->holder, ATTRIBUTES),
                node_of(holding->target, holding->is_exact ? EXACTLY : ANY));
    }
    for (size_t i = 0; with_behind && i < g->behind.n; i++) {
        add_arc(graph, node_of(g->behind.items[i].from, ATTRIBUTES),
                node_of(g->behind.items[i].to, BEHIND));
    }
}

static void make_graph(struct graph *graph, const struct holdings *g, bool with_behind)
{
    uint32_t *first;
    add_arcs(graph, g, with_behind);
    uint32_t *targets = sort_arcs(graph, &first);
    components_find(&graph->components, graph->n_nodes, first, targets);
    find_unknown(graph, g->out, first, targets);
    free(first);
    free(targets);
}

static void free_graph(struct graph *graph)
{
    array_free(&graph->arcs);
    components_free(&graph->components);
    free(graph->unknown);
}

/* ---- the verdict ---- */

static bool is_in_circle(const struct graph *graph, uint32_t node)
{
    return components_size(&graph->components, graph->components.of_node[node]) > 1;
}

/* Components by the order of their first class, so that the numbers do not depend on the search. */
static void number_components(struct class_graph *out, const struct graph *graph)
{
    uint32_t *numbers = alloc_zeroed(graph->components.n, sizeof *numbers);
    for (uint32_t class = 0; class < out->n_classes; ++class) {
        uint32_t node = node_of(class, EXACTLY);
        struct class_node *holder = &out->classes[class];
        holder->component = NONE;
        if (is_in_circle(graph, node)) {
            uint32_t *number = &numbers[graph->components.of_node[node]];
            *number = *number != 0 ? *number : ++out->n_components;
            holder->component = *number - 1;
        }
    }
    free(numbers);
}

static void mark_circular(struct class_graph *out, const struct graph *graph)
{
    for (size_t i = 0; i < out->holdings.n; i++) {
        struct class_edge *holding = &out->holdings.items[i];
        uint32_t target = node_of(holding->target, holding->is_exact ? EXACTLY : ANY);
        holding->is_circular = graph->components.of_node[node_of(holding->holder, ATTRIBUTES)]
                               == graph->components.of_node[target];
    }
}

/* The class is in no circle by types; `graph` has the arcs to what lies behind, too. */
static void judge_acyclic(struct class_graph *out, const struct graph *graph, uint32_t class)
{
    struct class_node *holder = &out->classes[class];
    uint32_t node = node_of(class, EXACTLY);
    uint32_t unknown = graph->unknown[graph->components.of_node[node]];
    if (*holder->reason == '\0' && unknown != NONE) {
        holder->reason = out->classes[unknown].reason;
        holder->place = out->classes[unknown].place;
        holder->unknown_of = unknown;
    } else if (*holder->reason == '\0' && is_in_circle(graph, node)) {
        holder->reason = "it takes over what another object holds";
        holder->unknown_of = class;
    }
    holder->state = *holder->reason != '\0' ? CLASS_IS_UNKNOWN : CLASS_IS_ACYCLIC;
}

static void judge(struct holdings *g)
{
    struct class_graph *out = g->out;
    struct graph plain = {0}, full = {0};
    make_graph(&plain, g, false);
    make_graph(&full, g, true);
    number_components(out, &plain);
    mark_circular(out, &plain);
    for (uint32_t class = 0; class < out->n_classes; ++class) {
        struct class_node *holder = &out->classes[class];
        if (holder->state == CLASS_IS_IN_CYCLE) {
            continue;
        }
        if (holder->component != NONE) {
            holder->state = CLASS_IS_POSSIBLE;
        } else if (holder->state == CLASS_IS_ACYCLIC) {
            judge_acyclic(out, &full, class);
        }
    }
    free_graph(&plain);
    free_graph(&full);
}

/* ---- the whole ---- */

static void gather(struct holdings *g, const struct heap *heap)
{
    struct program *program = g->program;
    for (uint32_t file = 0; file < program->n_files; file++) {
        holdings_note_attributes(g, file);
    }
    for (uint32_t class = 0; class < g->out->n_classes; ++class) {
        holdings_see_class(g, class);
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        holdings_see_file(g, file);
    }
    for (size_t i = 0; i < heap->cycles.n; i++) {
        add_cycle(g, &heap->cycles.items[i], true);
    }
    for (size_t i = 0; i < heap->alike.n; i++) {
        add_cycle(g, &heap->alike.items[i], true);
    }
    for (size_t i = 0; i < heap->by_type.n; i++) {
        add_cycle(g, &heap->by_type.items[i], false);
    }
    sort_holdings(g->out);
}

void class_graph_find(struct program *program, const struct heap *heap, struct class_graph *out)
{
    struct holdings g = {.program = program, .out = out, .types = {.program = program}};
    g.set.arena = &g.scratch;
    out->n_classes = (uint32_t)program->classes->all.n;
    out->classes = arena_alloc(&out->arena, (out->n_classes + 1) * sizeof *out->classes);
    for (uint32_t class = 0; class < out->n_classes; ++class) {
        out->classes[class] = (struct class_node){.reason = "", .component = NONE};
    }
    gather(&g, heap);
    judge(&g);
    pair_table_free(&g.types.attribute_types);
    pair_table_free(&g.first_mention);
    pair_table_free(&g.is_mentioned);
    pair_table_free(&g.annotations);
    array_free(&g.behind);
    array_free(&g.mentions);
    array_free(&g.set);
    arena_free(&g.scratch);
}

void class_graph_free(struct class_graph *out)
{
    array_free(&out->holdings);
    arena_free(&out->arena);
}
