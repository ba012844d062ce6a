/*
 * class_graph.c - gathers what attributes may hold, then finds what leads back.
 *
 * The graph has four nodes a class, so that inheritance costs no more edges than there are bases:
 *
 *     EXACTLY C         an instance of C itself: has the attributes of C and of its ancestors
 *     ANY C             an instance of C or of a subclass
 *     ATTRIBUTES of C   what methods and declarations of C itself put in attributes
 *     BEHIND C          what the attributes of an instance of C or of a subclass hold
 *
 * Its components are found by Tarjan's algorithm (1972) on an explicit stack.  They come out with
 * what they lead to before them, so "reaches something unknown" is known at once.
 */
#include "heap/class_graph.h"

#include "base/error.h"
#include "heap/heap.h"
#include "heap/held.h"
#include "heap/walk.h"
#include "program/scope_view.h"

#include <stdlib.h>
#include <string.h>

enum node_kind { EXACTLY, ANY, ATTRIBUTES, BEHIND, N_NODE_KINDS };

static uint32_t node_of(uint32_t class, enum node_kind kind)
{
    return class * N_NODE_KINDS + (uint32_t)kind;
}

struct arc {
    uint32_t from, to;
};

struct mention {
    uint32_t class, next; /* the next class that has the attribute, or NONE */
};

struct gathering {
    struct program *program;
    struct class_graph *out;
    struct analysis types; /* only for the types of attributes */
    struct {
        ARRAY_OF(struct arc);
    } behind; /* class → class: it may hold what the other's attributes hold */
    struct {
        ARRAY_OF(struct mention);
    } mentions;
    struct pair_table first_mention; /* 0, symbol → mention */
    struct pair_table is_mentioned;  /* class, symbol */
    struct pair_table annotations;   /* class, symbol → op, in the file of the class */
    struct held_set set;
    struct arena scratch;
};

static const struct class *class_at(const struct gathering *g, uint32_t class)
{
    return &g->program->classes->all.items[class];
}

static void be_unknown(struct gathering *g, uint32_t class, const char *reason, struct place place)
{
    struct class_node *holder = &g->out->classes[class];
    if (*holder->reason == '\0') {
        holder->reason = arena_string(&g->out->arena, reason, strlen(reason));
        holder->place = place;
        holder->unknown_of = class;
    }
}

static void mention(struct gathering *g, uint32_t class, uint32_t symbol)
{
    if (pair_table_get(&g->is_mentioned, pair_key(class, symbol)) != TABLE_NONE) {
        return;
    }
    pair_table_put(&g->is_mentioned, pair_key(class, symbol), 1);
    uint32_t old = pair_table_get(&g->first_mention, pair_key(0, symbol));
    pair_table_set(&g->first_mention, pair_key(0, symbol), (uint32_t)g->mentions.n);
    *array_push(&g->mentions) = (struct mention){class, old};
}

/* ---- what an attribute may hold ---- */

static void add_holding(struct gathering *g, uint32_t class, uint32_t symbol,
                        const struct held *held, const char *via, struct place place)
{
    const char *between = *held->via != '\0' ? held->via : via;
    *array_push(&g->out->holdings) = (struct class_edge){
        .holder = class,
        .target = held->class,
        .attribute = link_text(g->program, symbol),
        .via = *via != '\0' ? via : between,
        .place = place,
        .is_exact = held->is_exact,
    };
}

/* What is in the set may be in the attribute, or in the container it holds (`via`). */
static void add_set(struct gathering *g, uint32_t class, uint32_t symbol, const char *via,
                    struct place place)
{
    for (size_t i = 0; i < g->set.n; i++) {
        const struct held *held = &g->set.items[i];
        if (held->is_behind) {
            *array_push(&g->behind) = (struct arc){class, held->class};
        } else {
            add_holding(g, class, symbol, held, via, place);
        }
    }
    if (g->set.unknown != NULL) {
        be_unknown(g, class,
                   arena_format(&g->scratch, "attribute '%s' may hold %s",
                                link_text(g->program, symbol), g->set.unknown),
                   place);
    }
}

static void empty_set(struct gathering *g)
{
    g->set.n = 0;
    g->set.unknown = NULL;
}

/* An annotation of the attribute says what may be put in it later, and more than a value nobody can
 * name. */
static void ask_annotation(struct gathering *g, uint32_t class, uint32_t symbol)
{
    uint32_t annotation = pair_table_get(&g->annotations, pair_key(class, symbol));
    if (annotation == TABLE_NONE) {
        return;
    }
    bool was_known = g->set.unknown == NULL;
    g->set.unknown = NULL;
    held_by_annotation(g->program, class_at(g, class)->file, annotation, &g->set);
    g->set.unknown = was_known ? NULL : g->set.unknown;
}

static void add_stores(struct gathering *g, uint32_t class)
{
    const struct attribute_store *store = members_stores_of_class(g->program, class);
    for (; store != NULL; store = members_store_at(g->program, store->next_of_class)) {
        const struct op *op = &g->program->files[store->file]->ops[store->op];
        if (op->kind != OP_STORE) {
            continue;
        }
        const struct op *target = &g->program->files[store->file]->ops[op->a];
        uint32_t symbol = link_symbol_of(g->program->link, store->file, target->b);
        mention(g, class, symbol);
        empty_set(g);
        held_by_value(g->program, store->file, op->b, &g->set);
        ask_annotation(g, class, symbol);
        add_set(g, class, symbol, "", place_of_op(store->file, op));
    }
}

/* ---- declarations ---- */

static bool is_class_variable(const struct facts *facts, uint32_t annotation)
{
    const struct op *op = &facts->ops[annotation];
    uint32_t value = op->kind == OP_ITEM ? op->a : annotation;
    return facts_spells(facts, value, "typing.ClassVar");
}

/* `parent: Node` in the body of a class. */
static void add_declarations(struct gathering *g, uint32_t class)
{
    const struct class *c = class_at(g, class);
    const struct facts *facts = g->program->files[c->file];
    const struct scope *scope = &facts->scopes[c->scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_ANNOTATE || facts->ops[op->a].kind != OP_TARGET_NAME
            || is_class_variable(facts, op->b)) {
            continue;
        }
        const struct op *target = &facts->ops[op->a];
        uint32_t symbol =
            link_symbol_of(g->program->link, c->file, facts->variables[target->a].name);
        pair_table_set(&g->annotations, pair_key(class, symbol), op->b);
        mention(g, class, symbol);
        empty_set(g);
        held_by_annotation(g->program, c->file, op->b, &g->set);
        add_set(g, class, symbol, "", place_of_op(c->file, op));
    }
}

/* The class whose `self` a value is, or NONE. */
static uint32_t class_of_self(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    return classes_is_self(facts, value) ? classes_of_scope(
               program, file, facts->scopes[facts->variables[facts->ops[value].a].scope].parent)
                                         : NONE;
}

/* `self.parent: Node = …` in a method; and what is only read is mentioned, too. */
static void note_attributes(struct gathering *g, uint32_t file)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i], *attribute = op;
        if (op->kind == OP_ANNOTATE) {
            attribute = &facts->ops[op->a];
        }
        if (attribute->kind != OP_ATTRIBUTE && attribute->kind != OP_TARGET_ATTRIBUTE) {
            continue;
        }
        uint32_t class = class_of_self(g->program, file, attribute->a);
        uint32_t symbol = link_symbol_of(g->program->link, file, attribute->b);
        if (class != NONE) {
            mention(g, class, symbol);
        }
        if (class != NONE && op->kind == OP_ANNOTATE) {
            pair_table_set(&g->annotations, pair_key(class, symbol), op->b);
        }
    }
}

/* ---- what makes a class unknown as a whole ---- */

static bool is_known_decorator(const struct facts *facts, uint32_t scope, uint32_t call)
{
    static const char *const names[] = {"dataclasses.dataclass",
                                        "attr.s",
                                        "attr.attrs",
                                        "attr.define",
                                        "attrs.define",
                                        "attrs.frozen",
                                        "functools.total_ordering",
                                        "typing.final"};
    (void)scope;
    uint32_t value = facts->ops[call].a;
    value = facts->ops[value].kind == OP_CALL ? facts->ops[value].a : value;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (facts_spells(facts, value, names[i])) {
            return true;
        }
    }
    return false;
}

static const char *odd_of_class(const struct gathering *g, uint32_t class)
{
    const struct class *c = class_at(g, class);
    const struct facts *facts = g->program->files[c->file];
    if (!c->is_complete) {
        return "one of its bases is not known";
    }
    if (*c->metaclass != '\0' && strcmp(c->metaclass, "abc.ABCMeta") != 0) {
        return "it has a metaclass";
    }
    for (uint32_t scope = facts->scopes[c->scope].parent; scope != 0;
         scope = facts->scopes[scope].parent) {
        if (facts->scopes[scope].kind != SCOPE_CLASS) {
            return "it is made in a function, whose variables its methods may hold";
        }
    }
    struct method method;
    if (classes_find_method(g->program, class, "__new__", &method)
        || classes_find_method(g->program, class, "__setattr__", &method)) {
        return "its __new__ or __setattr__ may set what nobody sees";
    }
    for (uint32_t call = facts_first_decorator(facts, c->scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        if (!is_known_decorator(facts, c->scope, call)) {
            return "a decorator may change it";
        }
    }
    return NULL;
}

static void judge_class(struct gathering *g, uint32_t class)
{
    const struct class *c = class_at(g, class);
    const struct scope *scope = &g->program->files[c->file]->scopes[c->scope];
    const char *odd = odd_of_class(g, class);
    if (odd != NULL) {
        be_unknown(
            g, class, odd,
            (struct place){.file = c->file, .start = scope->name_start, .end = scope->name_end});
    }
}

/* A cached_property keeps what it gives in the instance. */
static void judge_methods(struct gathering *g, uint32_t class)
{
    const struct class *c = class_at(g, class);
    const struct facts *facts = g->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_child; i < body->first_child + body->n_children; i++) {
        if (facts->scopes[i].kind == SCOPE_FUNCTION
            && cached_attribute(g->program, c->file, i) != NONE) {
            be_unknown(g, class, "a cached property keeps what it gives",
                       (struct place){.file = c->file,
                                      .start = facts->scopes[i].name_start,
                                      .end = facts->scopes[i].name_end});
        }
    }
}

/* ---- what happens from anywhere ---- */

/* `obj.x`, `obj.x[0]`: the OP_ATTRIBUTE. */
static uint32_t attribute_under(const struct facts *facts, uint32_t value)
{
    while (facts->ops[value].kind == OP_ITEM) {
        value = facts->ops[value].a;
    }
    return facts->ops[value].kind == OP_ATTRIBUTE ? value : NONE;
}

static const char *container_of(struct gathering *g, uint32_t class, uint32_t symbol)
{
    static const char *const names[] = {"", "list", "tuple", "set", "dict", ""};
    struct attribute_type type = type_of_attribute(&g->types, class, symbol);
    return type.holds_weakly ? "" : names[type.container];
}

/* An attribute of an object of unknown class: any class that mentions it may be meant. */
static void spread_unknown(struct gathering *g, uint32_t symbol, const char *what,
                           bool in_container, struct place place)
{
    const char *reason =
        arena_format(&g->scratch, "attribute '%s' %s", link_text(g->program, symbol), what);
    uint32_t i = pair_table_get(&g->first_mention, pair_key(0, symbol));
    for (; i != TABLE_NONE; i = g->mentions.items[i].next) {
        uint32_t class = g->mentions.items[i].class;
        if (!in_container || *container_of(g, class, symbol) != '\0') {
            be_unknown(g, class, reason, place);
        }
    }
}

/* The only class that the object of an attribute can be of, or NONE. */
static uint32_t class_of_object(struct gathering *g, uint32_t file, uint32_t object)
{
    struct held_set set = {.arena = &g->scratch};
    held_by_value(g->program, file, object, &set);
    uint32_t class =
        set.n == 1 && set.unknown == NULL && !set.items[0].is_behind && *set.items[0].via == '\0'
            ? set.items[0].class
            : NONE;
    array_free(&set);
    return class;
}

/* The attribute of an object receives what is in the set. */
static void add_from_outside(struct gathering *g, uint32_t file, uint32_t attribute,
                             bool in_container, struct place place)
{
    const struct op *op = &g->program->files[file]->ops[attribute];
    uint32_t symbol = link_symbol_of(g->program->link, file, op->b);
    if (g->set.n == 0 && g->set.unknown == NULL) {
        return;
    }
    uint32_t class = class_of_object(g, file, op->a);
    if (class == NONE) {
        spread_unknown(g, symbol, "is set by code that does not show the class", in_container,
                       place);
        return;
    }
    const char *via = in_container ? container_of(g, class, symbol) : "";
    if (!in_container || *via != '\0') {
        mention(g, class, symbol);
        add_set(g, class, symbol, via, place);
    }
}

static void see_store(struct gathering *g, uint32_t file, const struct op *op)
{
    const struct facts *facts = g->program->files[file];
    const struct op *target = &facts->ops[op->a];
    empty_set(g);
    if (target->kind == OP_TARGET_ATTRIBUTE && !classes_is_self(facts, target->a)) {
        held_by_value(g->program, file, op->b, &g->set);
        add_from_outside(g, file, op->a, false, place_of_op(file, op));
    } else if (target->kind == OP_TARGET_ITEM && attribute_under(facts, target->a) != NONE) {
        held_by_value(g->program, file, op->b, &g->set);
        held_by_value(g->program, file, target->b, &g->set);
        add_from_outside(g, file, attribute_under(facts, target->a), true, place_of_op(file, op));
    }
}

static void see_setattr(struct gathering *g, uint32_t file, uint32_t call)
{
    const struct facts *facts = g->program->files[file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    uint32_t class = object != NONE ? class_of_object(g, file, object) : NONE;
    if (class != NONE) {
        be_unknown(g, class, "setattr() sets its attributes", place_of_op(file, &facts->ops[call]));
    }
}

static void see_call(struct gathering *g, uint32_t file, uint32_t call)
{
    const struct facts *facts = g->program->files[file];
    const struct op *op = &facts->ops[call], *callee = &facts->ops[op->a];
    if (callee->kind == OP_LOAD && is_builtin_variable(facts, callee->a)
        && strcmp(variable_name(facts, callee->a), "setattr") == 0) {
        see_setattr(g, file, call);
        return;
    }
    if (callee->kind != OP_ATTRIBUTE || op->b == 0 || attribute_under(facts, callee->a) == NONE
        || !held_is_adder(facts_name(facts, callee->b))) {
        return;
    }
    empty_set(g);
    for (uint32_t i = 1; i <= op->b; i++) {
        held_by_value(g->program, file, facts->ops[call + i].a, &g->set);
    }
    add_from_outside(g, file, attribute_under(facts, callee->a), true, place_of_op(file, op));
}

/* `self.__dict__` gives everybody everything. */
static void see_dict(struct gathering *g, uint32_t file, const struct op *op)
{
    const struct facts *facts = g->program->files[file];
    uint32_t class =
        strcmp(facts_name(facts, op->b), "__dict__") == 0 ? class_of_object(g, file, op->a) : NONE;
    if (class != NONE) {
        be_unknown(g, class, "__dict__ is used", place_of_op(file, op));
    }
}

/* ---- containers that leave the class ---- */

/* Whether an op only looks at the container that is its operand. */
static bool only_looks(const struct facts *facts, const struct scope_view *view, uint32_t i,
                       bool is_second)
{
    const struct op *op = &facts->ops[i];
    switch (op->kind) {
    case OP_ITEM:
    case OP_TARGET_ITEM:
        return !is_second;
    case OP_ATTRIBUTE: /* a method of the container: what it adds is seen where it is called */
    case OP_NEXT:
    case OP_COMPARE:
    case OP_UNARY:
    case OP_BINARY:
    case OP_IF:
    case OP_TEST:
    case OP_LOOP:
    case OP_ASSERT:
    case OP_EXPRESSION:
    case OP_UNPACKED:
        return true;
    case OP_ARGUMENT: {
        static const char *const readers[] = {
            "len", "list", "tuple", "set", "dict", "sorted", "reversed", "sum",      "enumerate",
            "any", "all",  "bool",  "min", "max",  "str",    "repr",     "frozenset"};
        uint32_t owner = scope_view_owner(view, i);
        for (size_t k = 0; k < sizeof readers / sizeof *readers; k++) {
            if (facts->ops[owner].kind == OP_CALL
                && facts_spells(facts, facts->ops[owner].a, readers[k])) {
                return true;
            }
        }
        return false;
    }
    default:
        return false;
    }
}

static bool is_candidate(struct gathering *g, uint32_t file, const struct op *op)
{
    if (op->kind != OP_ATTRIBUTE) {
        return false;
    }
    uint32_t symbol = link_symbol_of(g->program->link, file, op->b);
    uint32_t i = pair_table_get(&g->first_mention, pair_key(0, symbol));
    for (; i != TABLE_NONE; i = g->mentions.items[i].next) {
        if (*container_of(g, g->mentions.items[i].class, symbol) != '\0') {
            return true;
        }
    }
    return false;
}

static void see_uses(struct gathering *g, uint32_t file, const struct scope_view *view, uint32_t i)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t use = scope_view_use(view, i, NONE); use != NONE;
         use = scope_view_use(view, i, use)) {
        if (!only_looks(facts, view, use_op(view, use), use % 2 == 1)) {
            spread_unknown(g, link_symbol_of(g->program->link, file, facts->ops[i].b),
                           "is a container that is handed out", true,
                           place_of_op(file, &facts->ops[i]));
            return;
        }
    }
}

static void see_containers(struct gathering *g, uint32_t file, uint32_t number)
{
    const struct facts *facts = g->program->files[file];
    const struct scope *scope = &facts->scopes[number];
    struct scope_view view;
    bool has_view = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!is_candidate(g, file, &facts->ops[i])) {
            continue;
        }
        view = has_view ? view : scope_view_make(facts, number, &g->scratch);
        has_view = true;
        see_uses(g, file, &view, i);
    }
    arena_reset(&g->scratch);
}

static void see_file(struct gathering *g, uint32_t file)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        switch (facts->ops[i].kind) {
        case OP_STORE:
            see_store(g, file, &facts->ops[i]);
            break;
        case OP_CALL:
            see_call(g, file, i);
            break;
        case OP_ATTRIBUTE:
            see_dict(g, file, &facts->ops[i]);
            break;
        default:
            break;
        }
    }
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        see_containers(g, file, scope);
    }
}

/* ---- cycles of instances ---- */

static void add_cycle(struct gathering *g, const struct cycle *cycle, bool is_of_instances)
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

struct graph {
    struct {
        ARRAY_OF(struct arc);
    } arcs;
    uint32_t n_nodes;
    uint32_t *first;     /* in arcs, of each node; one more at the end */
    uint32_t *component; /* of each node; components are numbered as they are found */
    uint32_t *size;      /* of each component */
    uint32_t *unknown;   /* of each component: a class with a reason that can be reached, or NONE */
    uint32_t n_components;
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

static void index_arcs(struct graph *graph)
{
    graph->first = alloc_zeroed(graph->n_nodes + 1, sizeof *graph->first);
    if (graph->arcs.n > 0) {
        qsort(graph->arcs.items, graph->arcs.n, sizeof *graph->arcs.items, compare_arcs);
    }
    uint32_t at = 0;
    for (uint32_t node = 0; node <= graph->n_nodes; node++) {
        while (at < graph->arcs.n && graph->arcs.items[at].from < node) {
            at++;
        }
        graph->first[node] = at;
    }
}

static void make_graph(struct graph *graph, const struct gathering *g, bool with_behind)
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
    index_arcs(graph);
}

static void free_graph(struct graph *graph)
{
    array_free(&graph->arcs);
    free(graph->first);
    free(graph->component);
    free(graph->size);
    free(graph->unknown);
}

struct tarjan {
    struct graph *graph;
    const struct class_graph *out;
    uint32_t *order; /* of each node: when it was met, counted from 1; 0 before */
    uint32_t *low;
    uint32_t *next; /* of each node under way: its next arc */
    uint32_t n_met;
    struct {
        ARRAY_OF(uint32_t);
    } path, open; /* nodes under way; nodes without a component yet */
};

static void meet(struct tarjan *t, uint32_t node)
{
    t->order[node] = t->low[node] = ++t->n_met;
    t->next[node] = t->graph->first[node];
    *array_push(&t->path) = node;
    *array_push(&t->open) = node;
}

/* The class with a reason that is reached from a node itself or from components it leads to. */
static uint32_t unknown_of_node(const struct tarjan *t, uint32_t node)
{
    const struct graph *graph = t->graph;
    uint32_t class = node / N_NODE_KINDS;
    if (node % N_NODE_KINDS == ATTRIBUTES && *t->out->classes[class].reason != '\0') {
        return class;
    }
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
        uint32_t component = graph->component[graph->arcs.items[i].to];
        if (component != NONE && graph->unknown[component] != NONE) {
            return graph->unknown[component];
        }
    }
    return NONE;
}

static void close_component(struct tarjan *t, uint32_t root)
{
    struct graph *graph = t->graph;
    uint32_t component = graph->n_components++, node;
    size_t bottom = t->open.n;
    graph->unknown[component] = NONE;
    do {
        node = t->open.items[--bottom];
        uint32_t unknown = unknown_of_node(t, node);
        graph->unknown[component] = unknown != NONE ? unknown : graph->unknown[component];
    } while (node != root);
    graph->size[component] = (uint32_t)(t->open.n - bottom);
    while (t->open.n > bottom) {
        graph->component[t->open.items[--t->open.n]] = component;
    }
}

static void take_step(struct tarjan *t)
{
    uint32_t node = *array_last(&t->path);
    const struct graph *graph = t->graph;
    if (t->next[node] < graph->first[node + 1]) {
        uint32_t to = graph->arcs.items[t->next[node]++].to;
        if (t->order[to] == 0) {
            meet(t, to);
        } else if (graph->component[to] == NONE && t->order[to] < t->low[node]) {
            t->low[node] = t->order[to];
        }
        return;
    }
    t->path.n--;
    if (t->low[node] == t->order[node]) {
        close_component(t, node);
    }
    uint32_t before = t->path.n > 0 ? *array_last(&t->path) : NONE;
    if (before != NONE && t->low[node] < t->low[before]) {
        t->low[before] = t->low[node];
    }
}

static void find_components(struct graph *graph, const struct class_graph *out)
{
    uint32_t n = graph->n_nodes;
    struct tarjan t = {.graph = graph, .out = out};
    t.order = alloc_zeroed(n, sizeof *t.order);
    t.low = alloc_zeroed(n, sizeof *t.low);
    t.next = alloc_zeroed(n, sizeof *t.next);
    graph->component = alloc_zeroed(n, sizeof *graph->component);
    graph->size = alloc_zeroed(n, sizeof *graph->size);
    graph->unknown = alloc_zeroed(n, sizeof *graph->unknown);
    memset(graph->component, 0xff, n * sizeof *graph->component);
    for (uint32_t node = 0; node < n; node++) {
        if (t.order[node] == 0) {
            meet(&t, node);
        }
        while (t.path.n > 0) {
            take_step(&t);
        }
    }
    free(t.order);
    free(t.low);
    free(t.next);
    array_free(&t.path);
    array_free(&t.open);
}

/* ---- the verdict ---- */

static bool is_in_circle(const struct graph *graph, uint32_t node)
{
    return graph->size[graph->component[node]] > 1;
}

/* Components by the order of their first class, so that the numbers do not depend on the search. */
static void number_components(struct class_graph *out, const struct graph *graph)
{
    uint32_t *numbers = alloc_zeroed(graph->n_components, sizeof *numbers);
    for (uint32_t class = 0; class < out->n_classes; ++class) {
        uint32_t node = node_of(class, EXACTLY);
        struct class_node *holder = &out->classes[class];
        holder->component = NONE;
        if (is_in_circle(graph, node)) {
            uint32_t *number = &numbers[graph->component[node]];
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
        holding->is_circular =
            graph->component[node_of(holding->holder, ATTRIBUTES)] == graph->component[target];
    }
}

/* The class is in no circle by types; `graph` has the arcs to what lies behind, too. */
static void judge_acyclic(struct class_graph *out, const struct graph *graph, uint32_t class)
{
    struct class_node *holder = &out->classes[class];
    uint32_t node = node_of(class, EXACTLY);
    uint32_t unknown = graph->unknown[graph->component[node]];
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

static void judge(struct gathering *g)
{
    struct class_graph *out = g->out;
    struct graph plain = {0}, full = {0};
    make_graph(&plain, g, false);
    find_components(&plain, out);
    make_graph(&full, g, true);
    find_components(&full, out);
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

static void gather(struct gathering *g, const struct heap *heap)
{
    struct program *program = g->program;
    for (uint32_t file = 0; file < program->n_files; file++) {
        note_attributes(g, file);
    }
    for (uint32_t class = 0; class < g->out->n_classes; ++class) {
        judge_class(g, class);
        judge_methods(g, class);
        add_declarations(g, class);
        add_stores(g, class);
        arena_reset(&g->scratch);
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        see_file(g, file);
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
    struct gathering g = {.program = program, .out = out, .types = {.program = program}};
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
