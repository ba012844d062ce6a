/*
 * type_graph.c - the graph of classes that the points-to analysis implies.
 *
 * Containers, bound methods and partials are no nodes: what they hold is held by who holds them,
 * `via` them.
 */
#include "heap/type_graph.h"

#include "heap/circle.h"
#include "program/link.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_FOLDS = 4,     /* a dict of lists of bound methods, and one more */
    MAX_TARGETS = 24,  /* objects that one attribute holds, and is believed whatever they are */
    MAX_FAMILIES = 24, /* families of objects that it holds, and is still believed */
    MAX_UNFOLDED = 400 /* objects reached over what is folded: a table of handlers */
};

/* ---- nodes */

static uint32_t node_of_function(struct type_graph *g, uint32_t file, uint32_t scope)
{
    uint32_t next = (uint32_t)g->nodes.n;
    uint32_t found = pair_table_put(&g->functions, pair_key(file, scope), next);
    if (found == next) {
        *array_push(&g->nodes) = (struct type_node){.class = NONE, .file = file, .scope = scope};
    }
    return found;
}

/* A function outside of functions captures nothing. */
static bool is_nested(const struct type_graph *g, uint32_t file, uint32_t scope)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t s = facts->scopes[scope].parent; s != NONE && s != 0;
         s = facts->scopes[s].parent) {
        if (facts->scopes[s].kind != SCOPE_CLASS) {
            return true;
        }
    }
    return false;
}

/* The node that an object is, or NONE: it lies between nodes, or lives as long as the program. */
static uint32_t node_of_object(struct type_graph *g, const struct points_object *o)
{
    switch ((enum points_kind)o->kind) {
    case POINTS_INSTANCE:
    case POINTS_KIN:
        return o->a;
    case POINTS_FUNCTION:
        return is_nested(g, o->a, o->b) ? node_of_function(g, o->a, o->b) : NONE;
    case POINTS_GENERATOR:
        return node_of_function(g, o->a, o->b);
    case POINTS_CLASS:
    case POINTS_METHOD:
    case POINTS_CONTAINER:
    case POINTS_STAR:
    case POINTS_PARTIAL:
    case POINTS_WEAK:
    case POINTS_PAIRS:
    case POINTS_PAIR:
    case POINTS_SUPER:
    case POINTS_PROPERTY:
    case POINTS_NAMESPACE:
    case POINTS_MODULE:
    case POINTS_FOREIGN:
        break;
    }
    return NONE;
}

/* Nested functions that nobody holds hold each other all the same. */
static void note_nested(struct type_graph *g)
{
    for (uint32_t file = 0; file < g->program->n_files; file++) {
        const struct facts *facts = g->program->files[file];
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            if (facts->scopes[scope].kind >= SCOPE_FUNCTION && is_nested(g, file, scope)) {
                node_of_function(g, file, scope);
            }
        }
    }
}

/* ---- edges */

static const char *fold_of(const struct points_object *o)
{
    static const char *const containers[] = {"list", "tuple", "set", "dict", "generator"};
    switch ((enum points_kind)o->kind) {
    case POINTS_CONTAINER:
    case POINTS_STAR:
        return containers[o->aux];
    case POINTS_METHOD:
        return "method";
    case POINTS_PARTIAL:
        return "partial";
    case POINTS_PAIRS:
        return "list";
    case POINTS_PAIR:
        return "tuple";
    case POINTS_INSTANCE:
    case POINTS_KIN:
    case POINTS_CLASS:
    case POINTS_FUNCTION:
    case POINTS_GENERATOR:
    case POINTS_WEAK:
    case POINTS_SUPER:
    case POINTS_PROPERTY:
    case POINTS_NAMESPACE:
    case POINTS_MODULE:
    case POINTS_FOREIGN:
        break;
    }
    return NULL;
}

static void add_edge(struct type_graph *g, struct type_edge edge)
{
    uint64_t key =
        circle_mix(pair_key(edge.from, edge.to)) + circle_mix(edge.field) + (uint64_t)edge.is_kin;
    uint32_t next = (uint32_t)g->edges.n;
    if (pair_table_put(&g->seen, key, next) == next) {
        *array_push(&g->edges) = edge;
    }
}

/* Objects under way from a holder to what it holds over what is folded. */
struct unfolding {
    struct {
        ARRAY_OF(struct unfolded);
    } pending;
    struct pair_table seen;
};

struct unfolded {
    uint32_t target;         /* object */
    uint32_t object, symbol; /* whose field has it, or the bound method around it */
    uint32_t stored;         /* that, as it was stored */
    uint32_t depth;
    const char *via;
};

static void push_set(struct type_graph *g, struct unfolding *u, uint32_t set, uint32_t object,
                     uint32_t symbol, uint32_t depth, const char *via)
{
    uint32_t n;
    const uint32_t *members = points_set(g->points, set, &n);
    for (uint32_t i = 0; i < n && u->pending.n < MAX_UNFOLDED; i++) {
        uint32_t next = (uint32_t)u->pending.n;
        if (pair_table_put(&u->seen, members[i], next) == next) {
            *array_push(&u->pending) = (struct unfolded){.target = members[i],
                                                         .stored = members[i],
                                                         .object = object,
                                                         .symbol = symbol,
                                                         .depth = depth,
                                                         .via = via};
        }
    }
}

static const char *longer_via(struct type_graph *g, const char *via, const char *fold)
{
    return *via == '\0' ? fold : arena_format(g->arena, "%s,%s", via, fold);
}

static void unfold(struct type_graph *g, struct unfolding *u, const struct unfolded *at)
{
    const struct points_object *o = points_object_at(g->points, at->target);
    const char *fold = fold_of(o);
    if (fold == NULL || at->depth == MAX_FOLDS) {
        return;
    }
    const char *via = longer_via(g, at->via, fold);
    if (o->kind == POINTS_METHOD) {
        *array_push(&u->pending) = (struct unfolded){.target = o->a,
                                                     .stored = at->stored,
                                                     .object = at->object,
                                                     .symbol = at->symbol,
                                                     .depth = at->depth + 1,
                                                     .via = via};
        return;
    }
    uint32_t container = o->kind == POINTS_PAIR ? o->a : at->target;
    uint32_t symbol;
    uint32_t set = points_elements(g->points, container, &symbol);
    push_set(g, u, set, container, symbol, at->depth + 1, via);
}

/* Notes that `from` holds, by `field`, every object reached from a set over what is folded. */
static void note_targets(struct type_graph *g, struct unfolding *u, uint32_t from, uint32_t field,
                         uint32_t set, uint32_t object, const char *via)
{
    u->pending.n = 0;
    pair_table_clear(&u->seen);
    push_set(g, u, set, object, field, 0, via);
    for (size_t i = 0; i < u->pending.n; i++) {
        struct unfolded at = u->pending.items[i];
        const struct points_object *o = points_object_at(g->points, at.target);
        uint32_t to = node_of_object(g, o);
        if (to != NONE) {
            add_edge(g, (struct type_edge){.from = from,
                                           .to = to,
                                           .field = field,
                                           .via = at.via,
                                           .object = at.object,
                                           .symbol = at.symbol,
                                           .target = at.stored,
                                           .is_kin = o->kind == POINTS_KIN});
        } else {
            unfold(g, u, &at);
        }
    }
}

static void note_fields(struct type_graph *g, struct unfolding *u)
{
    size_t n;
    const struct points_field *fields = points_fields(g->points, &n);
    for (size_t i = 0; i < n; i++) {
        const struct points_object *o = points_object_at(g->points, fields[i].object);
        uint32_t from =
            o->kind == POINTS_INSTANCE || o->kind == POINTS_FUNCTION ? node_of_object(g, o) : NONE;
        if (from != NONE && points_is_told(g->points, fields[i].symbol)) {
            note_targets(g, u, from, fields[i].symbol, points_of_field(g->points, i),
                         fields[i].object, "");
        }
    }
}

/* ---- edges that lead to many kinds of objects */

static bool is_of_package(const struct program *program, uint32_t file, const char *package)
{
    size_t length = strcspn(package, ".");
    const char *module = program->modules[file];
    return strncmp(module, package, length) == 0
           && (module[length] == '.' || module[length] == '\0');
}

uint32_t type_graph_family(const struct type_graph *g, uint32_t node)
{
    uint32_t class = g->nodes.items[node].class;
    const struct classes *classes = g->program->classes;
    const struct class *c = class == NONE ? NULL : &classes->all.items[class];
    for (uint32_t i = c == NULL ? 0 : c->n_ancestors; i-- > 0;) {
        uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
        if (is_of_package(g->program, classes->all.items[ancestor].file,
                          g->program->modules[c->file])) {
            return ancestor;
        }
    }
    return node;
}

/* From `first` to `end` one field leads to too many objects to tell each: their families stand for
 * them, if there are not too many of those. */
static void fold_into_families(struct type_graph *g, size_t first, size_t end,
                               struct pair_table *seen)
{
    size_t n_before = g->edges.n;
    pair_table_clear(seen);
    for (size_t i = first; i < end; i++) {
        struct type_edge edge = g->edges.items[i];
        g->edges.items[i].is_diffuse = true;
        edge.is_kin = g->nodes.items[edge.to].class != NONE;
        edge.to = type_graph_family(g, edge.to);
        if (pair_table_put(seen, edge.to, (uint32_t)i) == i) {
            *array_push(&g->edges) = edge;
        }
    }
    if (g->edges.n - n_before > MAX_FAMILIES) {
        g->edges.n = n_before;
    }
}

/* What may hold many kinds of objects tells little of each. */
static void fold_diffuse(struct type_graph *g)
{
    struct pair_table seen = {0};
    size_t n = g->edges.n;
    for (size_t i = 0, end; i < n; i = end) {
        struct type_edge first = g->edges.items[i];
        for (end = i + 1; end < n && g->edges.items[end].from == first.from
                          && g->edges.items[end].field == first.field;) {
            end++;
        }
        if (end - i > MAX_TARGETS) {
            fold_into_families(g, i, end, &seen);
        }
    }
    pair_table_free(&seen);
}

/* What a nested function captures; of a generator, its own variables as well. */
static void note_variables(struct type_graph *g, struct unfolding *u, uint32_t node)
{
    struct type_node function = g->nodes.items[node];
    const struct facts *facts = g->program->files[function.file];
    const struct scope *s = &facts->scopes[function.scope];
    bool is_generator = s->flags & (SCOPE_IS_GENERATOR | SCOPE_IS_ASYNC);
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_LOAD && op->kind != OP_TARGET_NAME) {
            continue;
        }
        const struct variable *variable = &facts->variables[op->a];
        bool is_own = variable->scope == function.scope;
        bool is_captured =
            !is_own && variable->scope != 0 && facts->scopes[variable->scope].kind != SCOPE_CLASS;
        if (is_captured || (is_own && is_generator)) {
            uint32_t field = link_symbol_of(g->program->link, function.file, variable->name);
            note_targets(g, u, node, field, points_of_variable(g->points, function.file, op->a),
                         NONE, is_captured ? "cell" : "");
        }
    }
}

static int compare_edges(const void *x, const void *y)
{
    const struct type_edge *a = x, *b = y;
    return a->from != b->from     ? (a->from > b->from) - (a->from < b->from)
           : a->field != b->field ? (a->field > b->field) - (a->field < b->field)
           : a->to != b->to       ? (a->to > b->to) - (a->to < b->to)
                                  : a->is_kin - b->is_kin;
}

static void sort_edges(struct type_graph *g)
{
    if (g->edges.n > 0) {
        qsort(g->edges.items, g->edges.n, sizeof *g->edges.items, compare_edges);
    }
    for (size_t i = g->edges.n; i-- > 0;) {
        struct type_node *node = &g->nodes.items[g->edges.items[i].from];
        node->first_edge = (uint32_t)i;
        node->n_edges = i + 1 < g->edges.n && g->edges.items[i + 1].from == g->edges.items[i].from
                            ? node->n_edges + 1
                            : 1;
    }
}

void type_graph_make(struct type_graph *g, struct program *program, struct points *points,
                     struct arena *arena)
{
    struct unfolding u = {.pending = {.items = NULL}};
    *g = (struct type_graph){.program = program, .points = points, .arena = arena};
    for (uint32_t class = 0; class < program->classes->all.n; class ++) {
        *array_push(&g->nodes) = (struct type_node){.class = class};
    }
    note_fields(g, &u);
    note_nested(g);
    for (uint32_t i = (uint32_t)program->classes->all.n; i < g->nodes.n; i++) {
        note_variables(g, &u, i);
    }
    sort_edges(g);
    fold_diffuse(g);
    sort_edges(g);
    array_free(&u.pending);
    pair_table_free(&u.seen);
}

void type_graph_free(struct type_graph *g)
{
    array_free(&g->nodes);
    array_free(&g->edges);
    pair_table_free(&g->seen);
    pair_table_free(&g->functions);
}
