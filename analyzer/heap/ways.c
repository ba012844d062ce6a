/*
 * ways.c - the other circles that one store closes.
 *
 * `self.dialog = Dialog(on_accept=lambda: self.go(), on_cancel=lambda: self.stop())` closes two
 * circles at once.  The search that asks whether a new edge leads back finds the shortest; once
 * that is told, each edge that lies on another way back gets the shortest circle through it.  An
 * edge that some circle told goes through is not asked again, so there are no more of them than
 * edges.
 */
#include "heap/circle.h"

enum {
    MAX_PLACES = 250, /* nodes that are looked at */
    MAX_WAYS = 1000,  /* edges between them */
    MAX_LENGTH = 12   /* edges of a circle: a person cannot follow a longer one */
};

/* An edge that lies between two of the nodes seen, by their places. */
struct way {
    uint32_t edge, from, to;
};

/* The ways from where the closing edge ends, `start`, to where it begins. */
struct ways {
    struct walker *w;
    uint32_t goal; /* node */
    bool is_through_exception;
    uint32_t nodes[MAX_PLACES];
    uint32_t in[MAX_PLACES];     /* the way by which it was reached */
    uint32_t depth[MAX_PLACES];  /* edges from the start */
    uint32_t out[MAX_PLACES];    /* the way that leads on to the goal */
    uint32_t height[MAX_PLACES]; /* edges to the goal, NONE when it cannot be reached */
    uint32_t n_places;
    struct way ways[MAX_WAYS];
    uint32_t n;
    size_t most;              /* candidates that there may be */
    struct pair_table places; /* node → place */
};

static bool is_left_out(const struct ways *s, const struct heap_edge *edge)
{
    const struct analysis *a = s->w->analysis;
    bool is_bare = heap_node_at(&s->w->heap, edge->to)->kind == HEAP_TRACEBACK
                   && edge->field != a->fields.traceback;
    return edge->flags & EDGE_IS_DEAD || (s->is_through_exception && is_bare)
           || edge->field == a->fields.wrapped;
}

/* The place of a node that was seen, or that is new and is seen now. */
static uint32_t place_of(struct ways *s, uint32_t node, uint32_t way, uint32_t depth)
{
    uint32_t known = pair_table_get(&s->places, node);
    if (known != TABLE_NONE || s->n_places == MAX_PLACES) {
        return known;
    }
    uint32_t place = s->n_places++;
    pair_table_put(&s->places, node, place);
    s->nodes[place] = node;
    s->in[place] = way;
    s->depth[place] = depth;
    s->height[place] = NONE;
    return place;
}

/* Goes forward, breadth first, and notes every edge but those out of the goal. */
static void go_forward(struct ways *s, uint32_t start)
{
    const struct local_heap *heap = &s->w->heap;
    place_of(s, start, NONE, 0);
    for (uint32_t i = 0; i < s->n_places; i++) {
        uint32_t e = s->nodes[i] == s->goal || s->depth[i] == MAX_LENGTH
                         ? NONE
                         : heap_node_at(heap, s->nodes[i])->first_edge;
        for (; e != NONE && s->n < MAX_WAYS; e = heap_edge_at(heap, e)->next) {
            const struct heap_edge *edge = heap_edge_at(heap, e);
            uint32_t to = is_left_out(s, edge) ? (uint32_t)TABLE_NONE
                                               : place_of(s, edge->to, s->n, s->depth[i] + 1);
            if (to != TABLE_NONE) {
                s->ways[s->n++] = (struct way){.edge = e, .from = i, .to = to};
            }
        }
    }
}

/* Goes back from the goal, one edge further at a time. */
static void go_back(struct ways *s)
{
    uint32_t goal = pair_table_get(&s->places, s->goal);
    bool is_further = goal != TABLE_NONE;
    if (is_further) {
        s->height[goal] = 0;
    }
    for (uint32_t height = 0; is_further && height < MAX_LENGTH; height++) {
        is_further = false;
        for (uint32_t i = 0; i < s->n; i++) {
            const struct way *way = &s->ways[i];
            if (s->height[way->to] == height && s->height[way->from] == NONE) {
                s->height[way->from] = height + 1;
                s->out[way->from] = i;
                is_further = true;
            }
        }
    }
}

/* The edges from the start over this way to the goal, in their order; 0 when a node comes twice. */
static uint32_t spell(const struct ways *s, uint32_t way, uint32_t edges[MAX_LENGTH])
{
    uint32_t seen[MAX_LENGTH + 1], first = s->depth[s->ways[way].from], n = first;
    for (uint32_t at = s->ways[way].from; n > 0; at = s->ways[s->in[at]].from) {
        edges[--n] = s->ways[s->in[at]].edge;
        seen[n + 1] = at;
    }
    seen[0] = 0;
    n = first;
    for (;;) {
        uint32_t to = s->ways[way].to;
        edges[n++] = s->ways[way].edge;
        for (uint32_t i = 0; i < n; i++) {
            if (seen[i] == to) {
                return 0;
            }
        }
        seen[n] = to;
        if (s->height[to] == 0) {
            return n;
        }
        way = s->out[to];
    }
}

static void mark_told(struct walker *w, const uint32_t *edges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        heap_edge_at(&w->heap, edges[i])->flags |= EDGE_IS_TOLD;
    }
}

/* Adds a circle of the closing edge and the way, unless its edges were all told. */
static void add_circle(struct ways *s, uint32_t way, uint32_t closing, struct place place)
{
    struct walker *w = s->w;
    uint32_t edges[MAX_LENGTH];
    uint32_t n =
        heap_edge_at(&w->heap, s->ways[way].edge)->flags & EDGE_IS_TOLD ? 0 : spell(s, way, edges);
    if (n == 0 || w->candidates.n == s->most) {
        return;
    }
    mark_told(w, edges, n);
    *array_push(&w->candidates) = (struct candidate){
        .first = (uint32_t)w->candidate_edges.n, .n = n + 1, .place = place, .is_other = true};
    *array_push(&w->candidate_edges) = closing;
    for (uint32_t i = 0; i < n; i++) {
        *array_push(&w->candidate_edges) = edges[i];
    }
}

void find_other_circles(struct walker *w, struct candidate c, size_t most)
{
    struct ways s = {.w = w, .most = most, .places = {0}};
    uint32_t closing = w->candidate_edges.items[c.first];
    struct heap_edge e = *heap_edge_at(&w->heap, closing);
    s.goal = e.from;
    s.is_through_exception =
        e.flags & EDGE_IS_FRAME && w->heap.nodes.items[e.to].kind != HEAP_TRACEBACK;
    mark_told(w, &w->candidate_edges.items[c.first], c.n);
    go_forward(&s, e.to);
    go_back(&s);
    for (uint32_t length = 1; length <= MAX_LENGTH - 1; length++) {
        for (uint32_t i = 0; i < s.n; i++) {
            const struct way *way = &s.ways[i];
            if (s.height[way->to] != NONE && s.depth[way->from] + 1 + s.height[way->to] == length) {
                add_circle(&s, i, closing, c.place);
            }
        }
    }
    pair_table_free(&s.places);
}
