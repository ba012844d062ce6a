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
    MAX_TRACED = 48,   /* exceptions and frames of other files: each handler's is of its own kind */
    MAX_UNFOLDED = 400 /* objects reached over what is folded: a table of handlers */
};

/* ---- nodes */

static uint32_t node_of(struct type_graph *g, struct pair_table *table, uint64_t key,
                        struct type_node node)
{
    uint32_t next = (uint32_t)g->nodes.n;
    uint32_t found = pair_table_put(table, key, next);
    if (found == next) {
        node.class = NONE;
        *array_push(&g->nodes) = node;
    }
    return found;
}

static uint32_t node_of_function(struct type_graph *g, uint32_t file, uint32_t scope)
{
    return node_of(g, &g->functions, pair_key(file, scope),
                   (struct type_node){.kind = TYPE_FUNCTION, .file = file, .scope = scope});
}

static uint32_t node_of_frame(struct type_graph *g, uint32_t file, uint32_t scope)
{
    return node_of(g, &g->frames, pair_key(file, scope),
                   (struct type_node){.kind = TYPE_FRAME, .file = file, .scope = scope});
}

/* Exceptions of one class whose tracebacks lead to the same frames hold the same. */
static uint64_t likeness_of(const struct type_graph *g, uint32_t object)
{
    uint32_t class, symbol, functions[MAX_TRACE];
    points_exception_class(g->points, object, &class, &symbol);
    uint32_t n = type_frames_of(&g->traces, object, functions);
    uint64_t likeness = circle_mix(pair_key(class, symbol));
    for (uint32_t i = 0; i < n; i++) {
        likeness += circle_mix(functions[i]);
    }
    return likeness;
}

static uint32_t node_of_exception(struct type_graph *g, uint32_t object)
{
    uint32_t known = pair_table_get(&g->exceptions, object);
    if (known == TABLE_NONE) {
        known = node_of(g, &g->alike, likeness_of(g, object),
                        (struct type_node){.kind = TYPE_EXCEPTION, .exception = object});
        pair_table_set(&g->exceptions, object, known);
    }
    return known;
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
static uint32_t node_of_object(struct type_graph *g, uint32_t object)
{
    const struct points_object *o = points_object_at(g->points, object);
    switch ((enum points_kind)o->kind) {
    case POINTS_INSTANCE:
    case POINTS_KIN:
        return o->a;
    case POINTS_FUNCTION:
        return is_nested(g, o->a, o->b) ? node_of_function(g, o->a, o->b) : NONE;
    case POINTS_GENERATOR:
        return node_of_function(g, o->a, o->b);
    case POINTS_FRAME:
        return o->b == 0 ? NONE : node_of_frame(g, o->a, o->b);
    case POINTS_EXCEPTION:
        return node_of_exception(g, object);
    case POINTS_TRACEBACK:
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
    case POINTS_EXCEPTION:
    case POINTS_TRACEBACK:
    case POINTS_FRAME:
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

uint32_t type_graph_file_of(const struct type_graph *g, uint32_t node)
{
    const struct type_node *n = &g->nodes.items[node];
    return n->kind == TYPE_CLASS       ? g->program->classes->all.items[n->class].file
           : n->kind == TYPE_EXCEPTION ? points_object_at(g->points, n->exception)->a
                                       : n->file;
}

static bool is_frame_of(const struct type_graph *g, uint32_t node, uint32_t function)
{
    const struct type_node *n = &g->nodes.items[node];
    return n->kind == TYPE_FRAME
           && g->program->link->first_function[n->file] + n->scope == function;
}

/* A traceback leads to frames; of those of the program's modules nobody asks.  Who was handed the
 * traceback holds the frame it begins with; below that may be others than those that are called
 * now. */
static void note_frames(struct type_graph *g, uint32_t from, uint32_t field, uint32_t exception,
                        const char *via)
{
    uint32_t functions[MAX_TRACE];
    uint32_t n = type_frames_of(&g->traces, exception, functions);
    bool is_whole = field == g->traceback || (n > 0 && is_frame_of(g, from, functions[0]));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t file = g->traces.file_of[functions[i]];
        uint32_t scope = functions[i] - g->program->link->first_function[file];
        if (scope != 0 && (is_whole || i == 0)) {
            add_edge(g, (struct type_edge){.from = from,
                                           .to = node_of_frame(g, file, scope),
                                           .field = field,
                                           .via = longer_via(g, via, "traceback"),
                                           .object = NONE});
        }
    }
}

/* What `*args` of another file's function collects is what anybody gave it. */
static bool is_of_many(const struct type_graph *g, uint32_t from, uint32_t container,
                       const struct points_object *held)
{
    const struct points_object *c =
        container == NONE ? NULL : points_object_at(g->points, container);
    return c != NULL && c->kind == POINTS_STAR
           && (held->kind == POINTS_EXCEPTION || held->kind == POINTS_TRACEBACK)
           && c->a != type_graph_file_of(g, from);
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
        uint32_t to = node_of_object(g, at.target);
        if (is_of_many(g, from, at.object, o)) {
            continue;
        } else if (o->kind == POINTS_TRACEBACK) {
            note_frames(g, from, field, o->a, at.via);
        } else if (to != NONE) {
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
        uint32_t from = o->kind == POINTS_INSTANCE || o->kind == POINTS_FUNCTION
                            ? node_of_object(g, fields[i].object)
                            : NONE;
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

static bool is_traced(const struct type_graph *g, const struct type_edge *edge)
{
    uint8_t kind = g->nodes.items[edge->to].kind;
    return kind == TYPE_EXCEPTION || kind == TYPE_FRAME;
}

static size_t count_traced(const struct type_graph *g, size_t i, size_t end)
{
    size_t n = 0;
    for (; i < end; i++) {
        n += is_traced(g, &g->edges.items[i]);
    }
    return n;
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
        if (is_traced(g, &edge)) {
            continue;
        }
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

/* Of too many exceptions and frames, those that the holder's own file tells of stay. */
static void leave_out_traced(struct type_graph *g, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        struct type_edge *edge = &g->edges.items[i];
        edge->is_diffuse |= is_traced(g, edge)
                            && type_graph_file_of(g, edge->from) != type_graph_file_of(g, edge->to);
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
        size_t n_traced = count_traced(g, i, end);
        if (end - i - n_traced > MAX_TARGETS) {
            fold_into_families(g, i, end, &seen);
        }
        if (n_traced > MAX_TRACED) {
            leave_out_traced(g, i, end);
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

/* ---- frames and exceptions */

/* Whether the function lets go of the variable before it ends: it deletes it, as Python does with
 * the name of `except … as`, or overwrites it by None. */
static bool is_let_go(const struct facts *facts, const struct scope *s, uint32_t variable)
{
    bool is_stored = facts->variables[variable].flags & VARIABLE_IS_PARAMETER;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind != OP_STORE && op->kind != OP_DELETE)
            || facts->ops[op->a].kind != OP_TARGET_NAME || facts->ops[op->a].a != variable) {
            continue;
        }
        bool is_none = op->kind == OP_STORE && op->b != NONE
                       && facts->ops[op->b].kind == OP_CONSTANT
                       && facts->ops[op->b].aux == CONSTANT_NONE;
        if (op->kind == OP_DELETE || (is_none && is_stored)) {
            return true;
        }
        is_stored = true;
    }
    return false;
}

static void note_local(struct type_graph *g, struct unfolding *u, uint32_t node, uint32_t variable)
{
    struct type_node frame = g->nodes.items[node];
    uint32_t name = g->program->files[frame.file]->variables[variable].name;
    note_targets(g, u, node, link_symbol_of(g->program->link, frame.file, name),
                 points_of_variable(g->points, frame.file, variable), NONE, "");
}

/* A frame holds the function's own variables and those that it captures. */
static void note_locals(struct type_graph *g, struct unfolding *u, uint32_t node)
{
    struct type_node frame = g->nodes.items[node];
    const struct facts *facts = g->program->files[frame.file];
    const struct scope *s = &facts->scopes[frame.scope];
    for (uint32_t i = s->first_variable; i < s->first_variable + s->n_variables; i++) {
        if (!(facts->variables[i].flags & VARIABLE_IN_COMPREHENSION) && !is_let_go(facts, s, i)) {
            note_local(g, u, node, i);
        }
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        uint32_t owner = op->kind == OP_LOAD ? facts->variables[op->a].scope : 0;
        if (owner != 0 && owner != frame.scope && facts->scopes[owner].kind != SCOPE_CLASS) {
            note_local(g, u, node, op->a);
        }
    }
}

static bool has_exception(const struct type_graph *g, uint32_t set)
{
    uint32_t n;
    const uint32_t *members = points_set(g->points, set, &n);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t kind = points_object_at(g->points, members[i])->kind;
        if (kind == POINTS_EXCEPTION || kind == POINTS_TRACEBACK) {
            return true;
        }
    }
    return false;
}

static void note_exceptions(struct type_graph *g, uint32_t set)
{
    uint32_t n;
    const uint32_t *members = points_set(g->points, set, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct points_object *o = points_object_at(g->points, members[i]);
        if (o->kind == POINTS_EXCEPTION || o->kind == POINTS_TRACEBACK) {
            (void)node_of_exception(g, o->kind == POINTS_TRACEBACK ? o->a : members[i]);
        }
    }
}

/* Exceptions that a local holds when the function is left: with what attributes and containers
 * hold, the ones that live longer than their handlers. */
static void note_kept_exceptions(struct type_graph *g, uint32_t file, uint32_t variable)
{
    const struct facts *facts = g->program->files[file];
    uint32_t set = points_of_variable(g->points, file, variable);
    if (has_exception(g, set)
        && !is_let_go(facts, &facts->scopes[facts->variables[variable].scope], variable)) {
        note_exceptions(g, set);
    }
}

static void note_all_kept_exceptions(struct type_graph *g)
{
    for (uint32_t file = 0; file < g->program->n_files; file++) {
        const struct facts *facts = g->program->files[file];
        for (uint32_t i = 0; i < facts->n_variables; i++) {
            if (facts->variables[i].scope != 0
                && !(facts->variables[i].flags & VARIABLE_IS_PARAMETER)) {
                note_kept_exceptions(g, file, i);
            }
        }
    }
    size_t n;
    const struct points_field *fields = points_fields(g->points, &n);
    for (size_t i = 0; i < n; i++) {
        if (points_object_at(g->points, fields[i].object)->kind == POINTS_CONTAINER) {
            note_exceptions(g, points_of_field(g->points, i));
        }
    }
}

/* Exceptions of the program's classes stand for all of their class. */
static void note_raised_classes(struct type_graph *g)
{
    size_t n;
    const struct points_raise *raises = points_raises(g->points, &n);
    for (size_t i = 0; i < n; i++) {
        const struct points_object *o = points_object_at(g->points, raises[i].object);
        if (o->kind == POINTS_INSTANCE) {
            note_frames(g, o->a, g->traceback, raises[i].object, "");
        }
    }
}

static void note_held_by(struct type_graph *g, struct unfolding *u, uint32_t node)
{
    struct type_node n = g->nodes.items[node];
    if (n.kind == TYPE_FUNCTION) {
        note_variables(g, u, node);
    } else if (n.kind == TYPE_FRAME) {
        note_locals(g, u, node);
    } else if (n.kind == TYPE_EXCEPTION) {
        note_frames(g, node, g->traceback, n.exception, "");
    }
}

/* ---- */

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
    g->traceback = link_symbol(program, "__traceback__");
    type_frames_begin(&g->traces, program, points);
    note_fields(g, &u);
    note_nested(g);
    note_all_kept_exceptions(g);
    note_raised_classes(g);
    for (uint32_t i = (uint32_t)program->classes->all.n; i < g->nodes.n; i++) { /* grows */
        note_held_by(g, &u, i);
    }
    type_frames_end(&g->traces);
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
    pair_table_free(&g->frames);
    pair_table_free(&g->exceptions);
    pair_table_free(&g->alike);
}
