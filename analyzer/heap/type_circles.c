/*
 * type_circles.c - the short circles of the graph of classes, and the shortest through each edge.
 *
 * An object may be of any subclass of what a method's text says: a search goes on with what the
 * class and its ancestors hold, and is at its goal at an ancestor or descendant of where it began.
 * A class that holds its own kind is no circle by itself (a linked list); two such attributes are
 * (previous and next).
 */
#include "heap/alike.h"
#include "heap/circle.h"
#include "heap/type_graph.h"
#include "heap/type_judge.h"
#include "heap/type_proven.h"
#include "heap/type_ties.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_STEPS = 6,       /* edges of a circle: what is longer nobody believes from types alone */
    MAX_REACHED = 2000,  /* nodes a search looks at */
    MAX_SELF_HELD = 12,  /* attributes of one class that hold its own kind, and are paired */
    MAX_SHORTEST = 4,    /* of equally short circles through one edge */
    MAX_TWOS = 12,       /* circles of two through one edge */
    MAX_THREES = 4,      /* circles of three through one edge */
    MAX_TRACED_STEPS = 4 /* edges of one through a frame or an exception */
};

/* A circle, as places in `search.edges`. */
struct circle {
    uint32_t first, n;
};

struct search {
    struct type_graph graph;
    struct heap *heap;
    struct pair_table told; /* hashes of circles */
    struct pair_table seen; /* node → place in `reached` */
    uint32_t reached[MAX_REACHED], by[MAX_REACHED], before[MAX_REACHED], steps[MAX_REACHED];
    bool is_traced[MAX_REACHED]; /* came by a frame or an exception */
    uint32_t n;
    struct {
        ARRAY_OF(uint32_t);
    } edges; /* of all circles, one after the other */
    struct {
        ARRAY_OF(struct circle);
    } circles;
    struct components components;
    struct ties ties;
    struct proven proven;
    bool *is_told; /* [edge]: a circle told has it */
};

static const struct type_edge *edge_at(const struct search *s, uint32_t edge)
{
    return &s->graph.edges.items[edge];
}

static uint32_t class_of(const struct search *s, uint32_t node)
{
    return s->graph.nodes.items[node].class;
}

static enum type_node_kind kind_of(const struct search *s, uint32_t node)
{
    return (enum type_node_kind)s->graph.nodes.items[node].kind;
}

static bool is_traced(const struct search *s, uint32_t node)
{
    return kind_of(s, node) == TYPE_FRAME || kind_of(s, node) == TYPE_EXCEPTION;
}

/* Whether what the edge holds may be an object that holds by the node's own text. */
static bool may_be(const struct search *s, const struct type_edge *edge, uint32_t node)
{
    uint32_t held = class_of(s, edge->to), class = class_of(s, node);
    if (edge->to == node) {
        return true;
    }
    if (held == NONE || class == NONE) {
        return false;
    }
    return classes_is_ancestor(s->graph.program, class, held)
           || (edge->is_kin && classes_is_ancestor(s->graph.program, held, class));
}

/* Whether an edge that a node has, by its own text or an ancestor's, may lead back to it. */
static bool is_within(const struct search *s, uint32_t node, uint32_t edge)
{
    const uint32_t *component = s->components.of_node;
    return component[node] == component[edge_at(s, edge)->to];
}

/* Calls `visit` for each edge of a node and, for a class, of its ancestors, until it says stop. */
static bool for_held(struct search *s, uint32_t node,
                     bool (*visit)(struct search *s, uint32_t edge, void *context), void *context)
{
    const struct program *program = s->graph.program;
    uint32_t class = class_of(s, node);
    uint32_t n = class == NONE ? 1 : program->classes->all.items[class].n_ancestors;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t holder = class == NONE
                              ? node
                              : program->classes->ancestors
                                    .items[program->classes->all.items[class].first_ancestor + i];
        const struct type_node *held = &s->graph.nodes.items[holder];
        for (uint32_t e = held->first_edge; e < held->first_edge + held->n_edges; e++) {
            if (!edge_at(s, e)->is_diffuse && is_within(s, node, e) && !visit(s, e, context)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- noting circles */

/* The same edges make the same key, wherever the circle is entered. */
static uint64_t key_of_circle(const uint32_t *edges, uint32_t n)
{
    uint64_t key = 0;
    for (uint32_t i = 0; i < n; i++) {
        key += circle_mix(edges[i]);
    }
    return key;
}

/* Whether several of a kind hold each other by one and the same attribute: a chain, like what
 * holds its own class, but spelled with its descendants. */
static bool is_chain(const struct search *s, const uint32_t *edges, uint32_t n)
{
    const struct type_edge *first = edge_at(s, edges[0]);
    uint32_t family = type_graph_family(&s->graph, first->from);
    for (uint32_t i = 1; i < n; i++) {
        const struct type_edge *edge = edge_at(s, edges[i]);
        if (edge->field != first->field || type_graph_family(&s->graph, edge->from) != family) {
            return false;
        }
    }
    return n > 1;
}

static void add_circle(struct search *s, const uint32_t *edges, uint32_t n)
{
    if (is_chain(s, edges, n) || !trace_is_likely(&s->graph, edges, n)) {
        return;
    }
    uint32_t next = (uint32_t)s->circles.n;
    if (pair_table_put(&s->told, key_of_circle(edges, n), next) != next) {
        return;
    }
    *array_push(&s->circles) = (struct circle){.first = (uint32_t)s->edges.n, .n = n};
    for (uint32_t i = 0; i < n; i++) {
        *array_push(&s->edges) = edges[i];
    }
}

/* ---- circles of two */

struct closing {
    uint32_t first; /* the edge that began */
    uint32_t n;
};

static bool close_two(struct search *s, uint32_t edge, void *context)
{
    struct closing *closing = context;
    const struct type_edge *back = edge_at(s, edge);
    if (may_be(s, back, edge_at(s, closing->first)->from)) {
        add_circle(s, (uint32_t[]){closing->first, edge}, 2);
        closing->n++;
    }
    return closing->n < MAX_TWOS;
}

/* ---- of three */

struct middle {
    uint32_t first, second;
    uint32_t n;
};

static bool close_three(struct search *s, uint32_t edge, void *context)
{
    struct middle *middle = context;
    if (may_be(s, edge_at(s, edge), edge_at(s, middle->first)->from)) {
        add_circle(s, (uint32_t[]){middle->first, middle->second, edge}, 3);
        middle->n++;
    }
    return middle->n < MAX_THREES;
}

/* Each object comes once: what leads back to where it came from is no third. */
static bool take_second(struct search *s, uint32_t edge, void *context)
{
    struct middle *middle = context;
    uint32_t from = edge_at(s, middle->first)->from, to = edge_at(s, edge)->to;
    if (to == from || to == edge_at(s, edge)->from) {
        return true;
    }
    middle->second = edge;
    for_held(s, to, close_three, middle);
    return middle->n < MAX_THREES;
}

/* ---- longer ones */

static void reach(struct search *s, uint32_t edge, uint32_t before)
{
    uint32_t node = edge_at(s, edge)->to;
    if (s->n == MAX_REACHED || pair_table_put(&s->seen, node, s->n) != s->n) {
        return;
    }
    s->reached[s->n] = node;
    s->by[s->n] = edge;
    s->before[s->n] = before;
    s->steps[s->n] = before == NONE ? 1 : s->steps[before] + 1;
    s->is_traced[s->n] =
        (before == NONE ? is_traced(s, edge_at(s, edge)->from) : s->is_traced[before])
        || is_traced(s, node);
    s->n++;
}

struct stepping {
    uint32_t first;    /* the edge that began */
    uint32_t at;       /* place in `reached` */
    uint32_t shortest; /* edges of the shortest circle so far, 0: none */
    uint32_t n_told;
};

/* From the edge that closes the circle, in the order of its edges. */
static void add_way_back(struct search *s, uint32_t last, uint32_t at)
{
    uint32_t edges[MAX_STEPS + 1], n = s->steps[at] + 1;
    edges[n - 1] = last;
    for (uint32_t i = n - 1; i-- > 0; at = s->before[at]) {
        edges[i] = s->by[at];
    }
    add_circle(s, edges, n);
}

static bool step(struct search *s, uint32_t edge, void *context)
{
    struct stepping *stepping = context;
    uint32_t steps = s->steps[stepping->at];
    if (may_be(s, edge_at(s, edge), edge_at(s, stepping->first)->from)) {
        stepping->shortest = steps + 1;
        add_way_back(s, edge, stepping->at);
        return ++stepping->n_told < MAX_SHORTEST;
    }
    if (steps + 1 < (s->is_traced[stepping->at] ? MAX_TRACED_STEPS : MAX_STEPS)) {
        reach(s, edge, stepping->at);
    }
    return true;
}

/* All circles through the edge that are as short as the shortest. */
static void add_shortest(struct search *s, uint32_t first)
{
    struct stepping stepping = {.first = first};
    s->n = 0;
    pair_table_clear(&s->seen);
    reach(s, first, NONE);
    for (uint32_t i = 0; i < s->n && stepping.n_told < MAX_SHORTEST; i++) {
        if (stepping.shortest != 0 && s->steps[i] >= stepping.shortest) {
            break;
        }
        stepping.at = i;
        for_held(s, s->reached[i], step, &stepping);
    }
}

/* ---- what holds its own kind */

static bool is_self_held(const struct search *s, uint32_t edge)
{
    const struct type_edge *e = edge_at(s, edge);
    return may_be(s, e, e->from);
}

/* Attributes that hold the class's own kind, one edge for each. */
struct self_held {
    uint32_t edges[MAX_SELF_HELD];
    uint32_t n;
};

static bool has_field(const struct search *s, const struct self_held *held, uint32_t field)
{
    for (uint32_t i = 0; i < held->n; i++) {
        if (edge_at(s, held->edges[i])->field == field) {
            return true;
        }
    }
    return false;
}

static bool add_self_held(struct search *s, uint32_t edge, void *context)
{
    struct self_held *held = context;
    const struct type_edge *e = edge_at(s, edge);
    if (!is_self_held(s, edge)) {
        return true;
    }
    if (strstr(e->via, "method") != NULL || strstr(e->via, "partial") != NULL) {
        add_circle(s, &edge, 1);
        return true;
    }
    if (held->n < MAX_SELF_HELD && !has_field(s, held, e->field)) {
        held->edges[held->n++] = edge;
    }
    return true;
}

/* previous and next, parent and children: each pair of what holds the class's own kind, by its own
 * text and that of its ancestors. */
static void add_pairs(struct search *s, uint32_t node)
{
    struct self_held held = {.n = 0};
    for_held(s, node, add_self_held, &held);
    for (uint32_t i = 0; i < held.n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            add_circle(s, (uint32_t[]){held.edges[j], held.edges[i]}, 2);
        }
    }
}

/* ---- */

/* Where the class or function itself begins: its name. */
static struct place place_of_node(const struct search *s, uint32_t node)
{
    const struct type_node *n = &s->graph.nodes.items[node];
    const struct program *program = s->graph.program;
    const struct class *c = n->class == NONE ? NULL : &program->classes->all.items[n->class];
    uint32_t file = c ? c->file : n->file;
    if (n->kind == TYPE_EXCEPTION) {
        const struct points_object *o = points_object_at(s->graph.points, n->exception);
        return place_of_op(o->a, &program->files[o->a]->ops[o->b]);
    }
    const struct scope *scope = &program->files[file]->scopes[c ? c->scope : n->scope];
    return (struct place){.file = file, .start = scope->name_start, .end = scope->name_end};
}

/* Places are looked up once all circles are known: only their edges need one. */
static void find_places(struct search *s, struct points *points)
{
    for (size_t i = 0; i < s->edges.n; i++) {
        const struct type_edge *e = edge_at(s, s->edges.items[i]);
        points_want(points, e->object, e->symbol, e->target);
    }
    points_find_places(points);
}

/* ---- telling */

static const char *name_of_class(const struct search *s, uint32_t class)
{
    const struct class *c = &s->graph.program->classes->all.items[class];
    return link_dotted(s->graph.program, c->file, c->scope, &s->heap->arena);
}

/* As much as is known of its class; any exception is a BaseException. */
static const char *name_of_exception(const struct search *s, uint32_t exception)
{
    uint32_t class, symbol;
    points_exception_class(s->graph.points, exception, &class, &symbol);
    if (class != NONE) {
        return name_of_class(s, class);
    }
    const char *name = symbol == NONE ? "BaseException" : link_text(s->graph.program, symbol);
    return strchr(name, '.') ? name : arena_format(&s->heap->arena, "builtins.%s", name);
}

static const char *name_of(const struct search *s, uint32_t node)
{
    const struct type_node *n = &s->graph.nodes.items[node];
    const struct program *program = s->graph.program;
    if (n->kind == TYPE_EXCEPTION) {
        return name_of_exception(s, n->exception);
    }
    const struct class *c = n->class == NONE ? NULL : &program->classes->all.items[n->class];
    return link_dotted(program, c ? c->file : n->file, c ? c->scope : n->scope, &s->heap->arena);
}

static struct cycle_edge *tell_edge(const struct search *s, uint32_t edge)
{
    const struct type_edge *e = edge_at(s, edge);
    struct place place = points_place(s->graph.points, e->object, e->symbol, e->target);
    struct cycle_edge *told = arena_alloc(&s->heap->arena, sizeof *told);
    *told = (struct cycle_edge){.holder = name_of(s, e->from),
                                .class = class_of(s, e->from),
                                .attribute = link_text(s->graph.program, e->field),
                                .target = name_of(s, e->to),
                                .via = e->via,
                                .place = place.file != NONE ? place : place_of_node(s, e->from)};
    return told;
}

static enum cycle_kind kind_of_edges(const struct cycle *cycle)
{
    enum cycle_kind kind = CYCLE_INSTANCE;
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (strstr(edge->via, "method") != NULL || strstr(edge->via, "partial") != NULL) {
            return CYCLE_CALLBACK;
        }
        kind = edge->class == NONE ? CYCLE_CLOSURE : kind;
    }
    return kind;
}

/* One through an exception or a frame is of that kind, whatever else is in it. */
static enum cycle_kind kind_of_circle(const struct search *s, const struct circle *circle,
                                      enum cycle_kind kind)
{
    for (uint32_t i = 0; i < circle->n; i++) {
        const struct type_edge *e = edge_at(s, s->edges.items[circle->first + i]);
        if (e->field == s->graph.traceback) {
            return CYCLE_EXCEPTION;
        }
        kind = s->graph.nodes.items[e->from].kind == TYPE_FRAME ? CYCLE_FRAME : kind;
    }
    return kind;
}

/* The edge it is told from: one that holds directly, the part its whole, rather than by a container
 * or a method. */
static uint32_t begin_of(const struct search *s, const struct circle *circle)
{
    for (uint32_t i = 0; i < circle->n; i++) {
        if (*edge_at(s, s->edges.items[circle->first + i])->via == '\0') {
            return i;
        }
    }
    return 0;
}

static enum confidence confidence_of(const struct search *s, const struct circle *circle,
                                     const struct cycle *cycle)
{
    const uint32_t *edges = s->edges.items + circle->first;
    bool is_likely = judge_is_likely(&s->graph, &s->ties, edges, circle->n)
                     || (judge_is_clear(&s->graph, edges, circle->n)
                         && proven_repeats(&s->proven, &s->graph, cycle));
    return is_likely ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static struct cycle make_cycle(const struct search *s, const struct circle *circle)
{
    struct cycle cycle = {.n_edges = circle->n, .is_by_type = true};
    struct cycle_edge **link = &cycle.edges;
    uint32_t begin = begin_of(s, circle);
    for (uint32_t i = 0; i < circle->n; i++) {
        *link = tell_edge(s, s->edges.items[circle->first + (begin + i) % circle->n]);
        link = &(*link)->next;
    }
    cycle.kind = kind_of_circle(s, circle, kind_of_edges(&cycle));
    cycle.place = cycle.edges->place;
    cycle.scope = facts_scope_at(s->graph.program->files[cycle.place.file], cycle.place.start);
    cycle.confidence = confidence_of(s, circle, &cycle);
    return cycle;
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++) {
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    }
    return hash;
}

static uint64_t key_of_cycle(const struct cycle *cycle)
{
    uint64_t key = 0;
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        key += circle_mix(hash_text(edge->holder) ^ circle_mix(hash_text(edge->attribute))
                          ^ circle_mix(hash_text(edge->target) + 1));
    }
    return key;
}

/* Those of the instances were told already. */
static void note_told(struct search *s)
{
    const struct heap *heap = s->heap;
    pair_table_clear(&s->told);
    for (size_t i = 0; i < heap->cycles.n; i++) {
        pair_table_put(&s->told, key_of_cycle(&heap->cycles.items[i]), 0);
    }
    for (size_t i = 0; i < heap->alike.n; i++) {
        pair_table_put(&s->told, key_of_cycle(&heap->alike.items[i]), 0);
    }
}

/* Whether no circle told has one of its edges; from now on one has. */
static bool is_first_with_edges(struct search *s, const struct circle *circle)
{
    bool is_first = true;
    for (uint32_t i = 0; i < circle->n; i++) {
        bool *is_told = &s->is_told[s->edges.items[circle->first + i]];
        is_first &= !*is_told;
    }
    for (uint32_t i = 0; is_first && i < circle->n; i++) {
        s->is_told[s->edges.items[circle->first + i]] = true;
    }
    return is_first;
}

/* The shortest first; one stands for all that share an edge with it. */
static void tell_circles(struct search *s)
{
    s->is_told = alloc_zeroed(s->graph.edges.n + 1, sizeof *s->is_told);
    note_told(s);
    for (uint32_t n = 1; n <= MAX_STEPS; n++) {
        for (size_t i = 0; i < s->circles.n; i++) {
            if (s->circles.items[i].n != n) {
                continue;
            }
            struct cycle cycle = make_cycle(s, &s->circles.items[i]);
            if (pair_table_put(&s->told, key_of_cycle(&cycle), 1) == 0) {
                continue;
            }
            bool is_proven = proven_repeats(&s->proven, &s->graph, &cycle);
            if (is_first_with_edges(s, &s->circles.items[i]) && !is_proven) {
                *array_push(&s->heap->by_type) = cycle;
            } else {
                alike_add(s->heap, cycle);
            }
        }
    }
}

static void find_circles(struct search *s)
{
    for (uint32_t e = 0; e < s->graph.edges.n; e++) {
        if (is_self_held(s, e) || edge_at(s, e)->is_diffuse
            || !is_within(s, edge_at(s, e)->from, e)) {
            continue;
        }
        struct closing closing = {.first = e};
        bool is_local = kind_of(s, edge_at(s, e)->from) == TYPE_FRAME;
        struct middle middle = {.first = e};
        for_held(s, edge_at(s, e)->to, close_two, &closing);
        if (!is_local || closing.n == 0) { /* locals are many, and lead everywhere */
            for_held(s, edge_at(s, e)->to, take_second, &middle);
        }
        if (closing.n == 0 && middle.n == 0) {
            add_shortest(s, e);
        }
    }
    for (uint32_t i = 0; i < s->graph.nodes.n; i++) {
        add_pairs(s, i);
    }
}

void type_circles_find(struct analysis *analysis, struct points *points)
{
    struct search *s = alloc_zeroed(1, sizeof *s);
    s->heap = analysis->heap;
    ties_find(analysis, &s->ties);
    proven_find(s->heap, &s->proven);
    type_graph_make(&s->graph, analysis->program, points, &s->heap->arena);
    type_components_find(&s->graph, &s->components);
    find_circles(s);
    find_places(s, points);
    tell_circles(s);
    type_graph_free(&s->graph);
    ties_free(&s->ties);
    proven_free(&s->proven);
    pair_table_free(&s->told);
    pair_table_free(&s->seen);
    array_free(&s->edges);
    array_free(&s->circles);
    components_free(&s->components);
    free(s->is_told);
    free(s);
}
