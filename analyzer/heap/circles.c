/*
 * circles.c - circles of edges: finding them, and judging which can stand.
 *
 * Each new edge is asked whether what it points to leads back to where it starts (breadth first, so
 * the witness is the shortest circle).  When the function is done, a circle still stands if none of
 * its edges was taken away and all of them can have been made in one run.  A circle is known by its
 * fields and by what closed it: the callee has told it before its callers could.
 */
#include "heap/circle.h"

#include <string.h>

enum {
    MAX_CIRCLE = 12,  /* edges; a person cannot follow a longer one */
    MAX_VISITED = 400 /* nodes a search looks at */
};

/* ---- finding */

struct search {
    struct walker *w;
    uint32_t nodes[MAX_VISITED];
    uint32_t edges[MAX_VISITED];  /* by which edge each was reached */
    uint32_t before[MAX_VISITED]; /* from which place in `nodes` */
    uint32_t length[MAX_VISITED];
    uint32_t n;
    bool is_through_exception; /* a traceback counts only as that of an exception */
    bool is_through_cells;     /* __wrapped__ does not count: the wrapper captures it as well */
};

static bool is_bare_traceback(const struct walker *w, const struct heap_edge *edge)
{
    return heap_node_at(&w->heap, edge->to)->kind == HEAP_TRACEBACK
           && edge->field != w->analysis->fields.traceback;
}

static bool is_left_out(const struct search *search, const struct walker *w,
                        const struct heap_edge *edge)
{
    return (search->is_through_exception && is_bare_traceback(w, edge))
           || (search->is_through_cells && edge->field == w->analysis->fields.wrapped);
}

static void visit_node(struct search *search, uint32_t node, uint32_t edge, uint32_t before)
{
    struct heap_node *n = heap_node_at(&search->w->heap, node);
    if (search->n < MAX_VISITED && n->visited != search->w->n_searches) {
        n->visited = search->w->n_searches;
        search->nodes[search->n] = node;
        search->edges[search->n] = edge;
        search->before[search->n] = before;
        search->length[search->n] = before == NONE ? 1 : search->length[before] + 1;
        search->n++;
    }
}

/* The place in `search` at which `goal` was reached from `start`, or NONE. */
static uint32_t search_path(struct walker *w, struct search *search, uint32_t start, uint32_t goal)
{
    search->w = w;
    search->n = 0;
    w->n_searches++;
    visit_node(search, start, NONE, NONE);
    for (uint32_t i = 0; i < search->n; i++) {
        if (search->nodes[i] == goal) {
            return i;
        }
        if (search->length[i] >= MAX_CIRCLE) {
            continue;
        }
        for (uint32_t e = heap_node_at(&w->heap, search->nodes[i])->first_edge; e != NONE;
             e = heap_edge_at(&w->heap, e)->next) {
            const struct heap_edge *edge = heap_edge_at(&w->heap, e);
            if (!(edge->flags & EDGE_IS_DEAD) && !is_left_out(search, w, edge)) {
                visit_node(search, edge->to, e, i);
            }
        }
    }
    return NONE;
}

static void add_candidate(struct walker *w, const struct search *search, uint32_t at,
                          uint32_t closing, struct place place)
{
    struct candidate candidate = {.first = (uint32_t)w->candidate_edges.n, .place = place};
    uint32_t path[MAX_CIRCLE + 1], n = 0;
    for (; search->before[at] != NONE; at = search->before[at]) {
        path[n++] = search->edges[at];
    }
    *array_push(&w->candidate_edges) = closing;
    while (n > 0) {
        *array_push(&w->candidate_edges) = path[--n];
    }
    candidate.n = (uint32_t)w->candidate_edges.n - candidate.first;
    *array_push(&w->candidates) = candidate;
}

/* Adds the way back that the search finds, unless it is as long as the one before: the same.  Gives
 * its length, 0 for none. */
static uint32_t find_way(struct walker *w, struct search *search, uint32_t edge, uint32_t before,
                         struct place place)
{
    struct heap_edge e = *heap_edge_at(&w->heap, edge);
    uint32_t at = search_path(w, search, e.to, e.from);
    if (at == NONE) {
        return 0;
    }
    if (search->length[at] != before) {
        add_candidate(w, search, at, edge, place);
    }
    return search->length[at];
}

void find_circle(struct walker *w, uint32_t edge, struct place place)
{
    struct search search;
    struct heap_edge e = *heap_edge_at(&w->heap, edge);
    if ((heap_node_at(&w->heap, e.to)->first_edge == NONE && e.to != e.from)
        || !(heap_node_at(&w->heap, e.from)->flags & NODE_IS_HELD)) {
        return;
    }
    bool is_frame = e.flags & EDGE_IS_FRAME;
    search.is_through_exception = is_frame && !is_bare_traceback(w, &e);
    search.is_through_cells = w->has_wrapper;
    uint32_t length = find_way(w, &search, edge, 0, place);
    if (w->has_wrapper) {
        search.is_through_cells = false;
        length = find_way(w, &search, edge, length, place);
    }
    if (is_frame) { /* the same over the traceback alone, as sys.exc_info() gives it */
        search.is_through_exception = false;
        find_way(w, &search, edge, length, place);
    }
}

static uint32_t stored_value(const struct walker *w, uint32_t store, uint32_t variable)
{
    const struct op *op = op_at(w, store);
    bool is_own_store = op->kind == OP_STORE && op->b != NONE
                        && op_at(w, op->a)->kind == OP_TARGET_NAME
                        && op_at(w, op->a)->a == variable;
    return is_own_store ? value_of(w, op->b) : 0;
}

/* The store that gave the variable the node.  The last one may have given it something else, where
 * ways meet. */
static uint32_t store_of(const struct walker *w, const struct exit_value *value)
{
    if (value->op == NONE || op_at(w, value->op)->kind != OP_STORE
        || set_contains(w, stored_value(w, value->op, value->variable), value->node)) {
        return value->op;
    }
    for (uint32_t op = value->op; op-- > w->facts->scopes[w->scope].first_op;) {
        if (set_contains(w, stored_value(w, op, value->variable), value->node)) {
            return op;
        }
    }
    return value->op;
}

/* A nested function's frame holds also what the function captures. */
static void hold_captured(struct walker *w)
{
    const struct analysis *a = w->analysis;
    struct captures captures = a->captures[a->program->link->first_function[w->file] + w->scope];
    struct place place = {.file = w->file,
                          .start = w->facts->scopes[w->scope].name_start,
                          .end = w->facts->scopes[w->scope].name_end};
    for (uint32_t i = captures.first; i < captures.first + captures.n; i++) {
        uint32_t variable = a->captured.items[i];
        if (!is_entity_known(w, HEAP_FREE, w->file, variable)) {
            continue;
        }
        uint32_t name =
            link_symbol_of(a->program->link, w->file, w->facts->variables[variable].name);
        hold(w, w->frame, name, entity_node(w, HEAP_FREE, w->file, variable), place, EDGE_IS_FRAME,
             NONE);
    }
}

/* What the frame holds when it is left counts only if something keeps the frame. */
void find_frame_circles(struct walker *w)
{
    if (w->frame == NONE || w->scope == 0) {
        return;
    }
    w->context = 0;
    for (size_t i = 0; i < w->exit_values.n; i++) {
        struct exit_value value = w->exit_values.items[i];
        bool was_held =
            value.is_held
            || pair_table_get(&w->held_values, pair_key(value.variable, value.node)) <= i;
        bool is_own = value.variable - w->facts->scopes[w->scope].first_variable
                      < w->facts->scopes[w->scope].n_variables;
        if (!w->has_own_frame && !was_held && is_own) {
            continue;
        }
        uint32_t name = link_symbol_of(w->analysis->program->link, w->file,
                                       w->facts->variables[value.variable].name);
        uint32_t op = store_of(w, &value);
        struct place place = op == NONE
                                 ? (struct place){.file = w->file,
                                                  .start = w->facts->scopes[w->scope].name_start,
                                                  .end = w->facts->scopes[w->scope].name_end}
                                 : place_at(w, op);
        hold(w, w->frame, name, value.node, place, EDGE_IS_FRAME, NONE);
    }
    hold_captured(w);
}

/* ---- judging */

struct heap_edge *circle_edge(const struct walker *w, const struct candidate *c, uint32_t i)
{
    return heap_edge_at(&w->heap, w->candidate_edges.items[c->first + i % c->n]);
}

struct heap_node *circle_holder(const struct walker *w, const struct candidate *c, uint32_t i)
{
    return heap_node_at(&w->heap, circle_edge(w, c, i)->from);
}

/* Whether two edges lie in different branches of one `if`. */
static bool excludes(const struct walker *w, uint32_t x, uint32_t y)
{
    for (uint32_t a = x; a != 0; a = w->contexts.items[a].parent) {
        const struct context *ca = &w->contexts.items[a];
        if (!ca->is_exclusive) {
            continue;
        }
        for (uint32_t b = y; b != 0; b = w->contexts.items[b].parent) {
            const struct context *cb = &w->contexts.items[b];
            if (ca->construct == cb->construct && ca->part != cb->part) {
                return true;
            }
        }
    }
    return false;
}

/* Whether the function was left before the other edge was made.  What a frame holds is noted when
 * the function is done; a callee's edges were judged there. */
static bool comes_too_late(const struct heap_edge *leaving, const struct heap_edge *other)
{
    bool is_same_call = leaving->call != 0 && leaving->call == other->call;
    return other > leaving && !is_same_call && !(other->flags & (EDGE_IS_FRAME | EDGE_IS_IMPLICIT));
}

/* Whether the branch of an `if` that the function leaves by had taken the other edge away. */
static bool leaves_without(const struct walker *w, const struct heap_edge *leaving,
                           const struct heap_edge *other)
{
    uint32_t first = other->killed_construct == 0 ? 0 : leaving->context;
    for (uint32_t a = first; a != 0; a = w->contexts.items[a].parent) {
        const struct context *context = &w->contexts.items[a];
        if (context->construct == other->killed_construct && context->part == other->killed_part) {
            return true;
        }
    }
    return false;
}

/* Whether all other edges are there when the function is left by a raise that makes this one. */
static bool can_leave(const struct walker *w, const struct candidate *c,
                      const struct heap_edge *leaving)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *other = circle_edge(w, c, i);
        if (comes_too_late(leaving, other) || leaves_without(w, leaving, other)) {
            return false;
        }
    }
    return true;
}

bool circle_is_whole(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (circle_edge(w, c, i)->flags & EDGE_IS_DEAD) {
            return false;
        }
    }
    return true;
}

/* A class and its own methods that name it: every class is in some circle with itself. */
static bool is_of_one_class(const struct walker *w, const struct candidate *c)
{
    uint32_t n_classes = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *holder = circle_holder(w, c, i);
        bool is_class = holder->kind == HEAP_CLASS && holder->flags & NODE_IS_MADE;
        if (!is_class && holder->kind != HEAP_CLOSURE && holder->kind != HEAP_CELL) {
            return false;
        }
        n_classes += is_class;
    }
    return n_classes == 1;
}

bool circle_can_stand(const struct walker *w, const struct candidate *c)
{
    if (!circle_is_whole(w, c) || is_of_one_class(w, c)) {
        return false;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (edge->flags & EDGE_LEAVES && !can_leave(w, c, edge)) {
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (excludes(w, edge->context, circle_edge(w, c, j)->context)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_around(const struct walker *w, uint32_t outer, uint32_t inner)
{
    while (inner != outer && inner != 0) {
        inner = w->contexts.items[inner].parent;
    }
    return inner == outer;
}

/* Certain: whenever the closing edge is made, all others are there. */
enum confidence circle_confidence(const struct walker *w, const struct candidate *c)
{
    uint32_t closing = circle_edge(w, c, 0)->context;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (edge->flags & (EDGE_IS_MAYBE | EDGE_IS_GUESSED)
            || (!(edge->flags & EDGE_IS_IMPLICIT) && !is_around(w, edge->context, closing))) {
            return CONFIDENCE_LIKELY;
        }
    }
    return CONFIDENCE_CERTAIN;
}

/* Spreads the bits; the constant is 2^64 over the golden ratio. */
uint64_t circle_mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

/* A circle is known by the fields it goes through and by what closed it: the caller sees the same,
 * and more of how the rest came to be. */
static uint64_t key_of_circle(const struct walker *w, const struct candidate *c)
{
    const struct place *closing = &circle_edge(w, c, 0)->place;
    uint64_t key = circle_mix(((uint64_t)closing->file << 32 | closing->start) + 1);
    for (uint32_t i = 0; i < c->n; i++) {
        key += circle_mix(circle_edge(w, c, i)->field + 0x100000000u);
    }
    return key;
}

/* Where a cycle through a frame is closed: where the exception was put, not where the frame ends;
 * where it is raised, when it was handed in. */
struct place circle_place(const struct walker *w, const struct candidate *c)
{
    if (!(circle_edge(w, c, 0)->flags & EDGE_IS_FRAME)) {
        return c->place;
    }
    struct place place = circle_edge(w, c, 0)->place;
    bool is_of_parameter = place.start == w->facts->scopes[w->scope].name_start;
    for (uint32_t i = 1; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        bool is_traceback = edge->field == w->analysis->fields.traceback;
        bool is_own = edge->field == w->analysis->fields.tb_frame;
        if (!is_traceback && !is_own && !(edge->flags & EDGE_IS_IMPLICIT)) {
            place = edge->site;
            is_of_parameter = false;
        } else if (is_traceback && is_of_parameter) {
            place = edge->site;
        }
    }
    return place;
}

static uint64_t place_of_explicit_edge(const struct heap_edge *edge)
{
    return edge->flags & EDGE_IS_IMPLICIT
               ? 0
               : ((uint64_t)edge->place.file << 32 | edge->place.start) + 1;
}

static bool makes_edge_at(const struct walker *w, const struct candidate *c, uint64_t place)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (place_of_explicit_edge(circle_edge(w, c, i)) == place) {
            return true;
        }
    }
    return false;
}

/* The caller's circle has every store that the callee's had, and perhaps more. */
static bool contains_stores(const struct walker *w, const struct candidate *c,
                            const struct told *told)
{
    for (uint32_t i = 0; i < told->n_places; i++) {
        if (!makes_edge_at(w, c, w->analysis->told_places.items[told->first_place + i])) {
            return false;
        }
    }
    return true;
}

/* Whether one object may be of both classes; who is not known may be anybody. */
static bool may_be_one(const struct program *program, uint32_t x, uint32_t y)
{
    return x == NONE || y == NONE || classes_is_ancestor(program, x, y)
           || classes_is_ancestor(program, y, x);
}

static bool has_holder(const struct walker *w, const struct candidate *c, struct told_holder told)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (circle_edge(w, c, i)->field == told.field
            && may_be_one(w->analysis->program, circle_holder(w, c, i)->class, told.class)) {
            return true;
        }
    }
    return false;
}

/* The same methods make the same circle of objects of other classes: that is another cycle. */
static bool has_same_holders(const struct walker *w, const struct candidate *c,
                             const struct told *told)
{
    for (uint32_t i = 0; i < told->n_holders; i++) {
        if (!has_holder(w, c, w->analysis->told_holders.items[told->first_holder + i])) {
            return false;
        }
    }
    return true;
}

uint32_t circle_told_before(struct walker *w, const struct candidate *c)
{
    const struct analysis *a = w->analysis;
    uint32_t i = pair_table_get(&a->reported, key_of_circle(w, c));
    while (i != NONE
           && !(contains_stores(w, c, &a->told.items[i])
                && has_same_holders(w, c, &a->told.items[i]))) {
        i = a->told.items[i].next;
    }
    return i == NONE ? NONE : a->told.items[i].cycle;
}

void circle_was_told(struct walker *w, const struct candidate *c, uint32_t cycle)
{
    struct analysis *a = w->analysis;
    uint64_t key = key_of_circle(w, c);
    struct told told = {.first_place = (uint32_t)a->told_places.n,
                        .first_holder = (uint32_t)a->told_holders.n,
                        .cycle = cycle,
                        .next = pair_table_get(&a->reported, key)};
    for (uint32_t i = 0; i < c->n; i++) {
        uint64_t place = place_of_explicit_edge(circle_edge(w, c, i));
        if (place != 0) {
            *array_push(&a->told_places) = place;
        }
        *array_push(&a->told_holders) = (struct told_holder){
            .field = circle_edge(w, c, i)->field, .class = circle_holder(w, c, i)->class};
    }
    told.n_places = (uint32_t)a->told_places.n - told.first_place;
    told.n_holders = c->n;
    pair_table_set(&a->reported, key, (uint32_t)a->told.n);
    *array_push(&a->told) = told;
}

/* One store may close several circles (a child in a list and in a dict): the shortest stands for
 * them. */
bool circle_place_is_taken(struct walker *w, const struct candidate *c)
{
    struct place at = circle_place(w, c);
    uint64_t key =
        circle_mix((uint64_t)at.file << 32 | at.start) ^ circle_mix(at.end + 0x200000000u);
    bool is_taken = pair_table_get(&w->analysis->reported, key) != TABLE_NONE;
    pair_table_put(&w->analysis->reported, key, NOT_TOLD);
    return is_taken;
}

bool is_generator_expression(const struct heap_node *n)
{
    return n->kind == HEAP_CONTAINER && n->container == CONTAINER_GENERATOR;
}

static bool has_raised(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (circle_edge(w, c, i)->field == w->analysis->fields.traceback) {
            return true;
        }
    }
    return false;
}

enum cycle_kind circle_kind(const struct walker *w, const struct candidate *c)
{
    static const struct {
        enum heap_kind node;
        enum cycle_kind cycle;
    } order[] = {
        {HEAP_EXCEPTION, CYCLE_EXCEPTION}, {HEAP_FRAME, CYCLE_FRAME},
        {HEAP_GENERATOR, CYCLE_GENERATOR}, {HEAP_METHOD, CYCLE_CALLBACK},
        {HEAP_CLOSURE, CYCLE_CLOSURE},     {HEAP_PARTIAL, CYCLE_CALLBACK},
    };
    if (has_raised(w, c)) {
        return CYCLE_EXCEPTION;
    }
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (uint32_t i = 0; i < c->n; i++) {
            if (circle_holder(w, c, i)->kind == order[k].node) {
                return order[k].cycle;
            }
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        if (is_generator_expression(circle_holder(w, c, i))) {
            return CYCLE_GENERATOR;
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        if (circle_holder(w, c, i)->kind != HEAP_CONTAINER) {
            return CYCLE_INSTANCE;
        }
    }
    return CYCLE_CONTAINER;
}

bool circle_is_recursive_closure(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        uint8_t kind = circle_holder(w, c, i)->kind;
        if (kind != HEAP_CLOSURE && kind != HEAP_CELL && kind != HEAP_FREE
            && kind != HEAP_PARTIAL) {
            return false;
        }
    }
    return true;
}
