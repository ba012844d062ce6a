/*
 * cycles.c - from a circle of edges to a cycle that can be told.
 *
 * Each new edge is asked whether what it points to leads back to where it starts (breadth first, so
 * the witness is the shortest circle).  When the function is done, a circle still stands if none of
 * its edges was taken away and all of them can have been made in one run.  A circle is known by the
 * places that made its edges: the callee has told it before its callers could.
 */
#include "heap/walk.h"

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
};

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
            if (!(heap_edge_at(&w->heap, e)->flags & EDGE_IS_DEAD)) {
                visit_node(search, heap_edge_at(&w->heap, e)->to, e, i);
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

void find_circle(struct walker *w, uint32_t edge, struct place place)
{
    struct search search;
    const struct heap_edge *e = heap_edge_at(&w->heap, edge);
    if (heap_node_at(&w->heap, e->to)->first_edge == NONE && e->to != e->from) {
        return;
    }
    uint32_t at = search_path(w, &search, e->to, e->from);
    if (at != NONE) {
        add_candidate(w, &search, at, edge, place);
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
        uint32_t op = value.op;
        bool was_held =
            pair_table_get(&w->handler_values, pair_key(value.variable, value.node)) != TABLE_NONE;
        bool is_own = value.variable - w->facts->scopes[w->scope].first_variable
                      < w->facts->scopes[w->scope].n_variables;
        if (!w->has_own_frame && !was_held && is_own) {
            continue;
        }
        uint32_t name = link_symbol_of(w->analysis->program->link, w->file,
                                       w->facts->variables[value.variable].name);
        struct place place = op == NONE
                                 ? (struct place){.file = w->file,
                                                  .start = w->facts->scopes[w->scope].name_start,
                                                  .end = w->facts->scopes[w->scope].name_end}
                                 : place_at(w, op);
        hold(w, w->frame, name, value.node, place, EDGE_IS_FRAME, NONE);
    }
}

/* ---- judging */

static struct heap_edge *edge_of(const struct walker *w, const struct candidate *c, uint32_t i)
{
    return heap_edge_at(&w->heap, w->candidate_edges.items[c->first + i % c->n]);
}

static struct heap_node *holder_of(const struct walker *w, const struct candidate *c, uint32_t i)
{
    return heap_node_at(&w->heap, edge_of(w, c, i)->from);
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

static bool can_stand(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        if (edge->flags & EDGE_IS_DEAD) {
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (excludes(w, edge->context, edge_of(w, c, j)->context)) {
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
static enum confidence confidence_of(const struct walker *w, const struct candidate *c)
{
    uint32_t closing = edge_of(w, c, 0)->context;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        if (edge->flags & (EDGE_IS_MAYBE | EDGE_IS_GUESSED)
            || (!(edge->flags & EDGE_IS_IMPLICIT) && !is_around(w, edge->context, closing))) {
            return CONFIDENCE_LIKELY;
        }
    }
    return CONFIDENCE_CERTAIN;
}

/* Spreads the bits; the constant is 2^64 over the golden ratio. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

/* A circle is known by the fields it goes through and by what closed it: the caller sees the same,
 * and more of how the rest came to be. */
static uint64_t key_of(const struct walker *w, const struct candidate *c)
{
    const struct place *closing = &edge_of(w, c, 0)->place;
    uint64_t key = mix(((uint64_t)closing->file << 32 | closing->start) + 1);
    for (uint32_t i = 0; i < c->n; i++) {
        key += mix(edge_of(w, c, i)->field + 0x100000000u);
    }
    return key;
}

/* Where a cycle through a frame is closed: where the exception was put, not where the frame ends.
 */
static struct place place_of_circle(const struct walker *w, const struct candidate *c)
{
    if (!(edge_of(w, c, 0)->flags & EDGE_IS_FRAME)) {
        return c->place;
    }
    struct place place = edge_of(w, c, 0)->place;
    for (uint32_t i = 1; i < c->n; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        bool is_traceback = edge->field == w->analysis->fields.traceback;
        bool is_own = edge->field == w->analysis->fields.tb_frame;
        if (!is_traceback && !is_own && !(edge->flags & EDGE_IS_IMPLICIT)) {
            place = edge->site;
        }
    }
    return place;
}

/* The cycle that this circle was told as before: NONE when it is new, NOT_TOLD when it was refused.
 */
#define NOT_TOLD (UINT32_MAX - 1)

static uint32_t told_before(struct walker *w, const struct candidate *c)
{
    return pair_table_get(&w->analysis->reported, key_of(w, c));
}

/* One store may close several circles (a child in a list and in a dict): the shortest stands for
 * them. */
static bool is_place_taken(struct walker *w, const struct candidate *c)
{
    struct place at = place_of_circle(w, c);
    uint64_t key = mix((uint64_t)at.file << 32 | at.start) ^ mix(at.end + 0x200000000u);
    bool is_taken = pair_table_get(&w->analysis->reported, key) != TABLE_NONE;
    pair_table_put(&w->analysis->reported, key, NOT_TOLD);
    return is_taken;
}

static bool is_generator_expression(const struct heap_node *n)
{
    return n->kind == HEAP_CONTAINER && n->container == CONTAINER_GENERATOR;
}

static enum cycle_kind kind_of(const struct walker *w, const struct candidate *c)
{
    static const struct {
        enum heap_kind node;
        enum cycle_kind cycle;
    } order[] = {
        {HEAP_EXCEPTION, CYCLE_EXCEPTION}, {HEAP_FRAME, CYCLE_FRAME},
        {HEAP_GENERATOR, CYCLE_GENERATOR}, {HEAP_METHOD, CYCLE_CALLBACK},
        {HEAP_CLOSURE, CYCLE_CLOSURE},     {HEAP_PARTIAL, CYCLE_CALLBACK},
    };
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (uint32_t i = 0; i < c->n; i++) {
            if (holder_of(w, c, i)->kind == order[k].node) {
                return order[k].cycle;
            }
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        if (is_generator_expression(holder_of(w, c, i))) {
            return CYCLE_GENERATOR;
        }
    }
    for (uint32_t i = 0; i < c->n; i++) {
        if (holder_of(w, c, i)->kind != HEAP_CONTAINER) {
            return CYCLE_INSTANCE;
        }
    }
    return CYCLE_CONTAINER;
}

static bool is_recursive_closure(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        uint8_t kind = holder_of(w, c, i)->kind;
        if (kind != HEAP_CLOSURE && kind != HEAP_CELL && kind != HEAP_FREE
            && kind != HEAP_PARTIAL) {
            return false;
        }
    }
    return true;
}

/* ---- naming */

static const char *dotted_class(const struct walker *w, uint32_t class, struct arena *arena)
{
    const struct class *c = &w->analysis->program->classes->all.items[class];
    return link_dotted(w->analysis->program, c->file, c->scope, arena);
}

static const char *foreign_name(const struct walker *w, uint32_t symbol, struct arena *arena)
{
    const char *name = link_text(w->analysis->program, symbol);
    return strchr(name, '.') ? name : arena_format(arena, "builtins.%s", name);
}

/* What to call a node whose class is not known: how the function speaks of it. */
static const char *spoken_name(const struct walker *w, uint32_t node, struct arena *arena)
{
    const char *name = "";
    const struct heap_node *n = heap_node_at(&w->heap, node);
    for (int depth = 0; n->kind == HEAP_DEREF && depth < MAX_DEREF_DEPTH + 1; depth++) {
        bool is_element = is_element_field(w->analysis, n->field);
        const char *field = is_element ? "[]" : link_text(w->analysis->program, n->field);
        const char *dot = *name == '\0' || *name == '[' ? "" : ".";
        name = arena_format(arena, "%s%s%s", field, dot, name);
        n = heap_node_at(&w->heap, n->index);
    }
    const char *base = "object";
    if (n->kind == HEAP_PARAMETER) {
        const struct scope *scope = &w->facts->scopes[w->scope];
        const struct parameter *p = &w->facts->parameters[scope->first_parameter + n->index];
        base = variable_name(w->facts, p->variable);
    } else if ((n->kind == HEAP_FREE || n->kind == HEAP_GLOBAL) && n->file == w->file) {
        base = variable_name(w->facts, n->index);
    }
    const char *dot = *name == '\0' || *name == '[' ? "" : ".";
    return arena_format(arena, "%s%s%s", base, dot, name);
}

static const char *name_of_node(const struct walker *w, uint32_t node, struct arena *arena)
{
    static const char *const containers[] = {"builtins.list", "builtins.tuple", "builtins.set",
                                             "builtins.dict", "builtins.generator"};
    const struct heap_node *n = heap_node_at(&w->heap, node);
    switch ((enum heap_kind)n->kind) {
    case HEAP_CLOSURE:
    case HEAP_FUNCTION:
    case HEAP_GENERATOR:
    case HEAP_METHOD:
        return link_dotted(w->analysis->program, n->file, n->index, arena);
    case HEAP_TRACEBACK:
    case HEAP_FRAME:
        return link_dotted(w->analysis->program, n->file, n->index, arena);
    case HEAP_EXCEPTION:
        return n->class != NONE     ? dotted_class(w, n->class, arena)
               : n->foreign != NONE ? foreign_name(w, n->foreign, arena)
                                    : "builtins.BaseException";
    case HEAP_CONTAINER:
        return is_generator_expression(n)
                   ? arena_format(arena, "%s.<locals>.<genexpr>",
                                  link_dotted(w->analysis->program, n->file, n->index, arena))
                   : containers[n->container];
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_GLOBAL:
    case HEAP_INSTANCE:
    case HEAP_CELL:
    case HEAP_PARTIAL:
    case HEAP_WEAK:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN:
    case HEAP_SUPER:
    case HEAP_RESULT:
    case HEAP_DEREF:
        return n->class != NONE     ? dotted_class(w, n->class, arena)
               : n->foreign != NONE ? foreign_name(w, n->foreign, arena)
                                    : spoken_name(w, node, arena);
    }
    return "object";
}

/* What lies between two objects, and how CLI.md calls it; NULL for an object. */
static const char *via_of(const struct walker *w, const struct heap_node *n,
                          const struct heap_edge *out)
{
    static const char *const containers[] = {"list", "tuple", "set", "dict", "generator"};
    switch ((enum heap_kind)n->kind) {
    case HEAP_CONTAINER:
        return is_generator_expression(n) ? NULL : containers[n->container];
    case HEAP_TRACEBACK:
        return "traceback";
    case HEAP_WEAK:
        return "weakref-callback";
    case HEAP_METHOD:
        return "method";
    case HEAP_CELL:
        return "cell";
    case HEAP_PARTIAL:
        return "partial";
    case HEAP_DEREF:
        return n->class == NONE && is_element_field(w->analysis, out->field)
                   ? containers[n->container]
                   : NULL;
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_GLOBAL:
    case HEAP_INSTANCE:
    case HEAP_CLOSURE:
    case HEAP_GENERATOR:
    case HEAP_EXCEPTION:
    case HEAP_FRAME:
    case HEAP_FUNCTION:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN:
    case HEAP_SUPER:
    case HEAP_RESULT:
        return NULL;
    }
    return NULL;
}

/* ---- telling */

/* The first edge of the circle that starts at an object; 0 when there is no object. */
static uint32_t first_object(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (via_of(w, holder_of(w, c, i), edge_of(w, c, i)) == NULL) {
            return i;
        }
    }
    return 0;
}

static const char *attribute_text(const struct walker *w, const struct heap_edge *edge)
{
    return is_element_field(w->analysis, edge->field)
               ? "[]"
               : link_text(w->analysis->program, edge->field);
}

/* One edge from object to object: edges `*i` … of the circle, what is between folded into `via`. */
static struct cycle_edge *tell_edge(struct walker *w, const struct candidate *c, uint32_t *i,
                                    uint32_t end, struct arena *arena)
{
    const struct heap_edge *edge = edge_of(w, c, *i);
    struct cycle_edge *told = arena_alloc(arena, sizeof *told);
    told->holder = name_of_node(w, edge->from, arena);
    told->class = heap_node_at(&w->heap, edge->from)->class;
    told->attribute = attribute_text(w, edge);
    told->via = "";
    told->place = edge->place;
    if (heap_node_at(&w->heap, edge->from)->kind == HEAP_CLOSURE
        && heap_node_at(&w->heap, edge->to)->kind == HEAP_FREE) {
        told->via = "cell";
    }
    for ((*i)++; *i < end; (*i)++) {
        const struct heap_edge *next = edge_of(w, c, *i);
        const char *via = via_of(w, heap_node_at(&w->heap, next->from), next);
        if (via == NULL) {
            break;
        }
        told->via = *told->via ? arena_format(arena, "%s,%s", told->via, via) : via;
        if (!(next->flags & EDGE_IS_IMPLICIT)) {
            told->place = next->place; /* where the container was filled tells more */
        }
    }
    told->target = name_of_node(w, edge_of(w, c, *i - 1)->to, arena);
    return told;
}

static void tell_edges(struct walker *w, const struct candidate *c, struct cycle *cycle)
{
    struct arena *arena = &w->analysis->heap->arena;
    uint32_t first = first_object(w, c);
    struct cycle_edge **link = &cycle->edges;
    for (uint32_t i = first; i < first + c->n;) {
        *link = tell_edge(w, c, &i, first + c->n, arena);
        link = &(*link)->next;
        cycle->n_edges++;
    }
}

static bool is_attribute(const struct walker *w, const struct heap_edge *edge)
{
    switch ((enum heap_kind)heap_node_at(&w->heap, edge->from)->kind) {
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_GLOBAL:
    case HEAP_INSTANCE:
    case HEAP_RESULT:
    case HEAP_DEREF:
        return !is_element_field(w->analysis, edge->field);
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
    case HEAP_FUNCTION:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN:
    case HEAP_SUPER:
        return false;
    }
    return false;
}

/* Whether the function is one that the circle itself holds: then nobody outside will call it. */
static bool is_held_method(const struct walker *w, const struct candidate *c, uint32_t file,
                           uint32_t scope)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *n = holder_of(w, c, i);
        if (n->kind == HEAP_METHOD && n->file == file && n->index == scope) {
            return true;
        }
    }
    return false;
}

/* A method that takes one of the attributes away again. */
static void find_killer(struct walker *w, const struct candidate *c, struct cycle *cycle)
{
    for (uint32_t i = 0; i < c->n && cycle->killer == NULL; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        if (!is_attribute(w, edge)) {
            continue;
        }
        uint32_t class = heap_node_at(&w->heap, edge->from)->class;
        const struct attribute_store *store =
            members_killer(w->analysis->program, class, edge->field, class == NONE);
        if (store != NULL && !(store->file == w->file && store->scope == w->scope)
            && !is_held_method(w, c, store->file, store->scope)) {
            const struct facts *facts = w->analysis->program->files[store->file];
            cycle->killer = link_dotted(w->analysis->program, store->file, store->scope,
                                        &w->analysis->heap->arena);
            cycle->killer_place = place_of_op(store->file, &facts->ops[store->op]);
        }
    }
}

static bool is_name_of_whole(const char *name)
{
    static const char *const names[] = {"parent", "owner",   "root",  "tree",       "manager",
                                        "app",    "context", "outer", "master",     "container",
                                        "server", "client",  "host",  "controller", "backref"};
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strncmp(names[i], name, strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_closed_through_method(const struct cycle *cycle)
{
    return cycle->n_edges == 1 && strstr(cycle->edges->via, "method") != NULL;
}

/* The edge that points from the part back to the whole. */
static void choose_weak_edge(struct cycle *cycle)
{
    for (struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (is_name_of_whole(edge->attribute)) {
            cycle->weak_edge = edge;
            cycle->weak_reason = "its name says that it points back to the whole";
            return;
        }
    }
    for (struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (*edge->via == '\0') {
            cycle->weak_edge = edge;
            cycle->weak_reason =
                "it is a plain reference, not the container that owns its elements";
        }
    }
    if (is_closed_through_method(cycle)) {
        cycle->weak_edge = cycle->edges;
        cycle->weak_reason = "the object keeps a method of its own";
    }
}

static bool is_alive_through_global(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (holder_of(w, c, i)->kind == HEAP_GLOBAL) {
            return true;
        }
    }
    return false;
}

static bool is_of_unknown_class(const struct heap_node *n)
{
    return n->kind != HEAP_CLOSURE && n->kind != HEAP_FRAME && n->kind != HEAP_GENERATOR
           && n->kind != HEAP_EXCEPTION && n->class == NONE
           && (n->foreign == NONE || n->kind == HEAP_RESULT);
}

/* Objects of the circle, and those whose class is not known. */
static uint32_t count_objects(const struct walker *w, const struct candidate *c,
                              uint32_t *n_unknown)
{
    uint32_t n = 0;
    *n_unknown = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *node = holder_of(w, c, i);
        bool is_object = via_of(w, node, edge_of(w, c, i)) == NULL;
        n += is_object;
        *n_unknown += is_object && is_of_unknown_class(node);
    }
    return n;
}

/* Nothing in the circle has a known class, and some of it are elements of something: rows of a
 * table, nested dicts of strings.  Only their shape says that they could hold each other. */
static bool is_vague(const struct walker *w, const struct candidate *c)
{
    uint32_t n_unknown, n = count_objects(w, c, &n_unknown);
    if (n_unknown < n) {
        return false;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *node = holder_of(w, c, i);
        if (node->kind != HEAP_CONTAINER
            && is_element_field(w->analysis, edge_of(w, c, i)->field)) {
            return true;
        }
    }
    return false;
}

/* threading.Thread deletes its target and arguments when run() returns. */
static bool goes_through_thread(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *node = holder_of(w, c, i);
        if (node->kind == HEAP_PARTIAL && node->foreign != NONE
            && strcmp(link_text(w->analysis->program, node->foreign), "threading.Thread") == 0) {
            return true;
        }
    }
    return false;
}

static struct cycle make_cycle(struct walker *w, const struct candidate *c)
{
    struct cycle cycle = {.kind = kind_of(w, c),
                          .confidence = confidence_of(w, c),
                          .place = place_of_circle(w, c),
                          .scope = w->scope,
                          .is_recursive_closure = is_recursive_closure(w, c),
                          .is_made_once = w->scope == 0 || is_alive_through_global(w, c)};
    count_objects(w, c, &cycle.n_unknown);
    cycle.confidence = is_vague(w, c) ? CONFIDENCE_POSSIBLE : cycle.confidence;
    tell_edges(w, c, &cycle);
    find_killer(w, c, &cycle);
    if (cycle.killer == NULL && goes_through_thread(w, c)) {
        cycle.killer = "threading.Thread.run";
        cycle.killer_place = cycle.place;
    }
    choose_weak_edge(&cycle);
    return cycle;
}

/* A caller knows the classes of what it hands in: the cycle's parts get their names from it. */
static void name_better(struct cycle *told, const struct cycle *seen)
{
    if (seen->n_unknown >= told->n_unknown || seen->n_edges != told->n_edges) {
        return;
    }
    told->edges = seen->edges;
    told->n_unknown = seen->n_unknown;
    told->weak_edge = seen->weak_edge;
    told->weak_reason = seen->weak_reason;
    told->killer = seen->killer;
    told->killer_place = seen->killer_place;
}

/* One report stands for the circles of a function that share an edge: five widgets that each hold
 * the window. */
static uint64_t key_of_edge(const struct walker *w, const struct heap_edge *edge)
{
    uint64_t function = (uint64_t)w->file << 32 | w->scope;
    uint64_t place = (uint64_t)edge->place.file << 32 | edge->place.start;
    return mix(function + 0x300000000000u) ^ mix(place + edge->field);
}

static uint32_t group_of(struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        if (!(edge->flags & EDGE_IS_IMPLICIT) && is_attribute(w, edge)) {
            uint32_t group = pair_table_get(&w->analysis->reported, key_of_edge(w, edge));
            if (group != TABLE_NONE) {
                return group;
            }
        }
    }
    return NONE;
}

static void join_group(struct walker *w, const struct candidate *c, uint32_t cycle)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = edge_of(w, c, i);
        if (!(edge->flags & EDGE_IS_IMPLICIT) && is_attribute(w, edge)) {
            pair_table_put(&w->analysis->reported, key_of_edge(w, edge), cycle);
        }
    }
}

static void report_circle(struct walker *w, const struct candidate *c)
{
    uint32_t told = told_before(w, c);
    struct pair_table *reported = &w->analysis->reported;
    if (told == NOT_TOLD) {
        return;
    }
    if (told != TABLE_NONE) {
        struct cycle *cycle = &w->analysis->heap->cycles.items[told];
        if (cycle->n_unknown > 0 && can_stand(w, c)) {
            struct cycle seen = make_cycle(w, c);
            name_better(cycle, &seen);
        }
        return;
    }
    if (!can_stand(w, c)) {
        return;
    }
    if (is_place_taken(w, c)) {
        pair_table_set(reported, key_of(w, c), NOT_TOLD);
        return;
    }
    uint32_t group = group_of(w, c);
    if (group != NONE) {
        w->analysis->heap->cycles.items[group].n_alike++;
        pair_table_set(reported, key_of(w, c), NOT_TOLD);
        return;
    }
    struct cycle cycle = make_cycle(w, c);
    join_group(w, c, (uint32_t)w->analysis->heap->cycles.n);
    pair_table_set(reported, key_of(w, c), (uint32_t)w->analysis->heap->cycles.n);
    *array_push(&w->analysis->heap->cycles) = cycle;
}

void report_circles(struct walker *w)
{
    for (size_t i = 0; i < w->candidates.n; i++) {
        report_circle(w, &w->candidates.items[i]);
    }
}
