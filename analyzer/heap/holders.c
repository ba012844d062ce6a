/*
 * holders.c - the graph of classes, and the shortest circle through each of its edges.
 *
 * An object may be of any subclass of what a method's text says: a search goes on with what the
 * class and its ancestors hold, and is at its goal at an ancestor or descendant of where it began.
 * A class that holds its own kind is no circle by itself (a linked list); two such attributes are
 * (previous and next).
 */
#include "heap/holders.h"

#include "heap/circle.h"

#include <string.h>

enum {
    MAX_FOLDS = 4,     /* a dict of lists of bound methods, and one more */
    MAX_UNFOLDED = 40, /* objects reached over what is folded: a table of handlers */
    MAX_STEPS = 6,     /* edges of a circle: what is longer nobody believes from types alone */
    MAX_REACHED = 500, /* holders a search looks at */
    MAX_SELF_HELD = 12 /* attributes of one class that hold its own kind, and are paired */
};

/* ---- noting */

static bool is_object_of_class(const struct heap_node *n)
{
    return n->class != NONE
           && (n->kind == HEAP_PARAMETER || n->kind == HEAP_FREE || n->kind == HEAP_GLOBAL
               || n->kind == HEAP_INSTANCE || n->kind == HEAP_DEREF || n->kind == HEAP_RESULT);
}

static bool is_function_object(const struct heap_node *n)
{
    return n->kind == HEAP_CLOSURE || n->kind == HEAP_GENERATOR;
}

/* The holder that a node is one of, or NONE. */
static uint32_t holder_of_node(const struct walker *w, uint32_t node)
{
    struct holders *holders = w->analysis->holders;
    const struct heap_node *n = heap_node_at(&w->heap, node);
    uint32_t class = is_object_of_class(n) ? n->class : class_by_attributes(w, node);
    uint64_t key;
    if (class != NONE) {
        key = pair_key(UINT32_MAX, class);
    } else if (is_function_object(n)) {
        key = pair_key(n->file, n->index);
    } else {
        return NONE;
    }
    uint32_t next = (uint32_t)holders->all.n;
    uint32_t found = pair_table_put(&holders->by_class, key, next);
    if (found == next) {
        *array_push(&holders->all) = (struct holder){.class = class,
                                                     .file = class != NONE ? NONE : n->file,
                                                     .scope = class != NONE ? NONE : n->index,
                                                     .first = NONE};
    }
    return found;
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++) {
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    }
    return hash;
}

static void add_holding(struct analysis *a, struct holding holding)
{
    struct holders *holders = a->holders;
    uint64_t key = circle_mix(pair_key(holding.from, holding.to))
                   ^ circle_mix(hash_text(holding.via) + holding.field);
    uint32_t next = (uint32_t)holders->holdings.n;
    if (pair_table_put(&holders->seen, key, next) != next) {
        return;
    }
    holding.next = holders->all.items[holding.from].first;
    holders->all.items[holding.from].first = next;
    *array_push(&holders->holdings) = holding;
}

struct unfolding {
    uint32_t node, depth;
    const char *via;
};

/* Something of unknown class whose elements the function has dealt with. */
static bool is_used_as_container(const struct walker *w, const struct heap_node *n)
{
    return n->class == NONE
           && (n->kind == HEAP_PARAMETER || n->kind == HEAP_FREE || n->kind == HEAP_DEREF
               || n->kind == HEAP_RESULT)
           && n->first_edge != NONE
           && is_element_field(w->analysis, heap_edge_at(&w->heap, n->first_edge)->field);
}

/* What is not told as an object of its own, but as what lies between two. */
static const char *fold_of(const struct walker *w, const struct heap_node *n,
                           const struct heap_edge *out)
{
    if (n->kind == HEAP_CONTAINER || n->kind == HEAP_METHOD || n->kind == HEAP_CELL
        || n->kind == HEAP_PARTIAL) {
        return via_of(w, n, out);
    }
    return is_used_as_container(w, n) ? "list" : NULL;
}

/* Notes that `from` holds, by `edge`, every object reached from `start` over what is folded. */
static void note_targets(struct walker *w, uint32_t from, uint32_t field,
                         const struct heap_edge *edge, const char *via)
{
    struct unfolding pending[MAX_UNFOLDED];
    struct arena *arena = &w->analysis->heap->arena;
    uint32_t n = 0;
    pending[n++] = (struct unfolding){.node = edge->to, .via = via};
    for (uint32_t i = 0; i < n; i++) {
        const struct heap_node *node = heap_node_at(&w->heap, pending[i].node);
        uint32_t to = holder_of_node(w, pending[i].node);
        if (to != NONE) {
            add_holding(w->analysis, (struct holding){.from = from,
                                                      .to = to,
                                                      .field = field,
                                                      .via = pending[i].via,
                                                      .place = edge->place,
                                                      .is_guessed = edge->flags & EDGE_IS_GUESSED});
            continue;
        }
        if (pending[i].depth >= MAX_FOLDS) {
            continue;
        }
        for (uint32_t e = node->first_edge; e != NONE && n < MAX_UNFOLDED;
             e = heap_edge_at(&w->heap, e)->next) {
            const struct heap_edge *next = heap_edge_at(&w->heap, e);
            const char *fold = fold_of(w, node, next);
            if (fold == NULL || next->flags & EDGE_IS_DEAD) {
                continue;
            }
            pending[n++] = (struct unfolding){
                .node = next->to,
                .depth = pending[i].depth + 1,
                .via = *pending[i].via ? arena_format(arena, "%s,%s", pending[i].via, fold) : fold};
        }
    }
}

/* `self.children.append(child)`: the list is only known as what self holds. */
static void note_element(struct walker *w, uint32_t container, const struct heap_edge *edge)
{
    const struct heap_node *n = heap_node_at(&w->heap, container);
    const char *via = "";
    while (n->kind == HEAP_DEREF && n->class == NONE) {
        static const char *const names[] = {"list", "tuple", "set", "dict", "generator"};
        const struct heap_node *base = heap_node_at(&w->heap, n->index);
        via = *via ? via : names[n->container];
        uint32_t from = holder_of_node(w, n->index);
        if (from != NONE && !is_element_field(w->analysis, n->field)) {
            note_targets(w, from, n->field, edge, via);
            return;
        }
        n = base;
    }
}

void holders_record(struct walker *w)
{
    for (uint32_t i = 0; i < w->heap.nodes.n; i++) {
        const struct heap_node *n = heap_node_at(&w->heap, i);
        uint32_t from = n->first_edge == NONE ? NONE : holder_of_node(w, i);
        for (uint32_t e = n->first_edge; e != NONE; e = heap_edge_at(&w->heap, e)->next) {
            const struct heap_edge *edge = heap_edge_at(&w->heap, e);
            if (edge->flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT)) {
                continue;
            }
            if (from != NONE) {
                note_targets(w, from, edge->field, edge, "");
            } else if (n->kind == HEAP_DEREF && is_element_field(w->analysis, edge->field)) {
                note_element(w, i, edge);
            }
        }
    }
}

/* ---- what stands for what */

static bool may_be_same(const struct analysis *a, uint32_t x, uint32_t y)
{
    uint32_t class_x = a->holders->all.items[x].class, class_y = a->holders->all.items[y].class;
    return x == y
           || (class_x != NONE && class_y != NONE
               && (classes_is_ancestor(a->program, class_x, class_y)
                   || classes_is_ancestor(a->program, class_y, class_x)));
}

/* Whether class `x` is the same as, or an ancestor of, class `y`; a function only is the same. */
static bool covers_holder(const struct analysis *a, uint32_t x, uint32_t y)
{
    uint32_t class_x = a->holders->all.items[x].class, class_y = a->holders->all.items[y].class;
    return x == y
           || (class_x != NONE && class_y != NONE
               && classes_is_ancestor(a->program, class_x, class_y));
}

/* Whether what holder `by` holds says as much as the holding `h`, and more. */
static bool is_covered_by(const struct analysis *a, uint32_t holding, uint32_t by)
{
    const struct holding *h = &a->holders->holdings.items[holding];
    for (uint32_t i = a->holders->all.items[by].first; i != NONE;
         i = a->holders->holdings.items[i].next) {
        const struct holding *other = &a->holders->holdings.items[i];
        bool is_same = other->from == h->from && other->to == h->to;
        if (other->field == h->field && covers_holder(a, other->to, h->to)
            && (!is_same || i < holding)) {
            return true;
        }
    }
    return false;
}

/* `Node.child -> Node` stands for `Leaf.child -> Leaf`. */
static bool is_covered(const struct analysis *a, uint32_t holding)
{
    uint32_t from = a->holders->holdings.items[holding].from;
    uint32_t class = a->holders->all.items[from].class;
    if (class == NONE) {
        return is_covered_by(a, holding, from);
    }
    const struct class *c = &a->program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = a->program->classes->ancestors.items[c->first_ancestor + i];
        uint32_t known = pair_table_get(&a->holders->by_class, pair_key(UINT32_MAX, ancestor));
        if (known != TABLE_NONE && is_covered_by(a, holding, known)) {
            return true;
        }
    }
    return false;
}

static void find_covered(struct analysis *a)
{
    for (uint32_t h = 0; h < a->holders->holdings.n; h++) {
        a->holders->holdings.items[h].is_covered = is_covered(a, h);
    }
}

/* ---- searching */

struct reach {
    uint32_t holders[MAX_REACHED];
    uint32_t by[MAX_REACHED];     /* the holding that led there */
    uint32_t before[MAX_REACHED]; /* place in `holders` */
    uint32_t steps[MAX_REACHED];
    uint32_t n;
};

static void reach_holder(struct reach *reach, struct pair_table *seen, uint32_t holder, uint32_t by,
                         uint32_t before)
{
    if (reach->n == MAX_REACHED || pair_table_put(seen, holder, reach->n) != reach->n) {
        return;
    }
    reach->holders[reach->n] = holder;
    reach->by[reach->n] = by;
    reach->before[reach->n] = before;
    reach->steps[reach->n] = before == NONE ? 1 : reach->steps[before] + 1;
    reach->n++;
}

static void reach_held(const struct analysis *a, struct reach *reach, struct pair_table *seen,
                       uint32_t holder, uint32_t before)
{
    for (uint32_t h = a->holders->all.items[holder].first; h != NONE;
         h = a->holders->holdings.items[h].next) {
        if (!a->holders->holdings.items[h].is_covered) {
            reach_holder(reach, seen, a->holders->holdings.items[h].to, h, before);
        }
    }
}

/* What an object of the class at place `at` holds, by its own text and that of its ancestors. */
static void reach_next(const struct analysis *a, struct reach *reach, struct pair_table *seen,
                       uint32_t at)
{
    uint32_t holder = reach->holders[at];
    uint32_t class = a->holders->all.items[holder].class;
    if (class == NONE) {
        reach_held(a, reach, seen, holder, at);
        return;
    }
    const struct class *c = &a->program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = a->program->classes->ancestors.items[c->first_ancestor + i];
        uint32_t known = pair_table_get(&a->holders->by_class, pair_key(UINT32_MAX, ancestor));
        if (known != TABLE_NONE) {
            reach_held(a, reach, seen, known, at);
        }
    }
}

/* The place in `reach` where a search from what the holding holds is back at its holder; NONE. */
static uint32_t find_way_back(const struct analysis *a, uint32_t holding, struct reach *reach,
                              struct pair_table *seen)
{
    const struct holding *h = &a->holders->holdings.items[holding];
    reach->n = 0;
    pair_table_clear(seen);
    reach_holder(reach, seen, h->to, holding, NONE);
    for (uint32_t i = 0; i < reach->n; i++) {
        if (may_be_same(a, reach->holders[i], h->from)) {
            return i;
        }
        if (reach->steps[i] < MAX_STEPS) {
            reach_next(a, reach, seen, i);
        }
    }
    return NONE;
}

/* ---- telling */

static const char *name_of_holder(const struct analysis *a, uint32_t holder)
{
    const struct holder *h = &a->holders->all.items[holder];
    const struct class *c = h->class == NONE ? NULL : &a->program->classes->all.items[h->class];
    return dotted_scope(a, c ? c->file : h->file, c ? c->scope : h->scope);
}

static struct cycle_edge *tell_holding(const struct analysis *a, uint32_t holding)
{
    const struct holding *h = &a->holders->holdings.items[holding];
    struct cycle_edge *edge = arena_alloc(&a->heap->arena, sizeof *edge);
    *edge = (struct cycle_edge){
        .holder = name_of_holder(a, h->from),
        .class = a->holders->all.items[h->from].class,
        .attribute = is_element_field(a, h->field) ? "[]" : link_text(a->program, h->field),
        .target = name_of_holder(a, h->to),
        .via = h->via,
        .place = h->place};
    return edge;
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

/* The same edges make the same key, wherever the circle is entered. */
static uint64_t key_of_edges(const struct cycle *cycle)
{
    uint64_t key = 0;
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        key += circle_mix(hash_text(edge->holder) ^ circle_mix(hash_text(edge->attribute))
                          ^ circle_mix(hash_text(edge->target) + 1));
    }
    return key;
}

static void tell_circle(struct analysis *a, const uint32_t *holdings, uint32_t n,
                        struct pair_table *told)
{
    struct cycle cycle = {.confidence = CONFIDENCE_LIKELY, .n_edges = n};
    struct cycle_edge **link = &cycle.edges;
    for (uint32_t i = 0; i < n; i++) {
        const struct holding *h = &a->holders->holdings.items[holdings[i]];
        *link = tell_holding(a, holdings[i]);
        link = &(*link)->next;
        if (h->is_guessed) {
            cycle.confidence = CONFIDENCE_POSSIBLE;
        }
    }
    cycle.kind = kind_of_edges(&cycle);
    cycle.place = cycle.edges->place;
    cycle.scope = facts_scope_at(a->program->files[cycle.place.file], cycle.place.start);
    uint64_t key = key_of_edges(&cycle);
    if (pair_table_get(told, key) == TABLE_NONE) {
        pair_table_set(told, key, 1);
        *array_push(&a->heap->by_type) = cycle;
    }
}

/* From the holding that closes the circle, in the order of its edges. */
static void tell_way_back(struct analysis *a, const struct reach *reach, uint32_t at,
                          struct pair_table *told)
{
    uint32_t holdings[MAX_STEPS + 1];
    uint32_t n = reach->steps[at];
    for (uint32_t i = n; i-- > 0; at = reach->before[at]) {
        holdings[i] = reach->by[at];
    }
    tell_circle(a, holdings, n, told);
}

static bool is_self_held(const struct analysis *a, uint32_t holding)
{
    const struct holding *h = &a->holders->holdings.items[holding];
    return may_be_same(a, h->from, h->to);
}

static bool holds_own_method(const struct holding *h)
{
    return strstr(h->via, "method") != NULL || strstr(h->via, "partial") != NULL;
}

/* Attributes that hold the class's own kind, one holding for each. */
struct self_held {
    uint32_t holdings[MAX_SELF_HELD];
    uint32_t n;
};

static bool has_field(const struct analysis *a, const struct self_held *held, uint32_t field)
{
    for (uint32_t i = 0; i < held->n; i++) {
        if (a->holders->holdings.items[held->holdings[i]].field == field) {
            return true;
        }
    }
    return false;
}

static void add_self_held(struct analysis *a, struct self_held *held, uint32_t holder,
                          struct pair_table *told)
{
    for (uint32_t h = a->holders->all.items[holder].first; h != NONE;
         h = a->holders->holdings.items[h].next) {
        const struct holding *holding = &a->holders->holdings.items[h];
        if (!is_self_held(a, h) || holding->is_covered) {
            continue;
        }
        if (holds_own_method(holding)) {
            tell_circle(a, &h, 1, told);
        }
        if (held->n < MAX_SELF_HELD && !has_field(a, held, holding->field)) {
            held->holdings[held->n++] = h;
        }
    }
}

/* previous and next, parent and children: each pair of what holds the class's own kind, by its own
 * text and that of its ancestors. */
static void tell_pairs(struct analysis *a, uint32_t holder, struct pair_table *told)
{
    struct self_held held = {.n = 0};
    uint32_t class = a->holders->all.items[holder].class;
    if (class == NONE) {
        return;
    }
    const struct class *c = &a->program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = a->program->classes->ancestors.items[c->first_ancestor + i];
        uint32_t known = pair_table_get(&a->holders->by_class, pair_key(UINT32_MAX, ancestor));
        if (known != TABLE_NONE) {
            add_self_held(a, &held, known, told);
        }
    }
    for (uint32_t i = 0; i < held.n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            tell_circle(a, (uint32_t[]){held.holdings[j], held.holdings[i]}, 2, told);
        }
    }
}

/* Every attribute by which what `held` is holds the holder of `first` back. */
static bool tell_back_holders(struct analysis *a, uint32_t first, uint32_t held,
                              struct pair_table *told)
{
    uint32_t from = a->holders->holdings.items[first].from;
    bool is_any = false;
    for (uint32_t h = a->holders->all.items[held].first; h != NONE;
         h = a->holders->holdings.items[h].next) {
        const struct holding *back = &a->holders->holdings.items[h];
        if (!back->is_covered && may_be_same(a, back->to, from)) {
            tell_circle(a, (uint32_t[]){first, h}, 2, told);
            is_any = true;
        }
    }
    return is_any;
}

/* The circles of two that begin with a holding; false if there are none. */
static bool tell_twos(struct analysis *a, uint32_t first, struct pair_table *told)
{
    uint32_t held = a->holders->holdings.items[first].to;
    uint32_t class = a->holders->all.items[held].class;
    if (class == NONE) {
        return tell_back_holders(a, first, held, told);
    }
    const struct class *c = &a->program->classes->all.items[class];
    bool is_any = false;
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = a->program->classes->ancestors.items[c->first_ancestor + i];
        uint32_t known = pair_table_get(&a->holders->by_class, pair_key(UINT32_MAX, ancestor));
        if (known != TABLE_NONE && tell_back_holders(a, first, known, told)) {
            is_any = true;
        }
    }
    return is_any;
}

static void note_told(const struct heap *heap, struct pair_table *told)
{
    for (size_t i = 0; i < heap->cycles.n; i++) {
        pair_table_put(told, key_of_edges(&heap->cycles.items[i]), 1);
    }
    for (size_t i = 0; i < heap->alike.n; i++) {
        pair_table_put(told, key_of_edges(&heap->alike.items[i]), 1);
    }
}

void holders_report(struct analysis *a)
{
    struct pair_table told = {0}, seen = {0};
    struct reach reach;
    note_told(a->heap, &told);
    find_covered(a);
    for (uint32_t h = 0; h < a->holders->holdings.n; h++) {
        if (is_self_held(a, h) || a->holders->holdings.items[h].is_covered) {
            continue;
        }
        uint32_t at = tell_twos(a, h, &told) ? NONE : find_way_back(a, h, &reach, &seen);
        if (at != NONE) {
            tell_way_back(a, &reach, at, &told);
        }
    }
    for (uint32_t i = 0; i < a->holders->all.n; i++) {
        tell_pairs(a, i, &told);
    }
    pair_table_free(&told);
    pair_table_free(&seen);
}

void holders_free(struct holders *holders)
{
    array_free(&holders->all);
    array_free(&holders->holdings);
    pair_table_free(&holders->by_class);
    pair_table_free(&holders->seen);
}
