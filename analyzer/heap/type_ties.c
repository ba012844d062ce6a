/*
 * type_ties.c - what methods tie to the very object they are called on.
 *
 * The classes alone say that some part holds some whole.  When a method of the whole gives its own
 * `self` to the part, whatever calls lie between, and a method of the whole keeps the part, then
 * the part most likely holds the very object that keeps it.
 */
#include "heap/type_ties.h"

#include "heap/circle.h"

#include <stdlib.h>

enum {
    MAX_BETWEEN = 4 /* containers and bound methods between two objects */
};

/* The summary looked at. */
struct reading {
    struct analysis *analysis;
    struct ties *ties;
    struct summary_view *view;
    uint32_t file, scope;
    uint32_t self;  /* variable of the method that the function is, or stands in */
    uint32_t class; /* of that */
    bool is_method;
};

/* ---- the nodes of a summary */

static bool is_self(const struct reading *r, uint32_t node)
{
    const struct heap_node *n = &r->view->nodes[node];
    return n->kind == HEAP_PARAMETER
               ? r->is_method && n->index == 0
               : n->kind == HEAP_FREE && n->file == r->file && n->index == r->self;
}

/* The attribute of `self` that the way to the node begins with, or NONE. */
static uint32_t path_of(const struct reading *r, uint32_t node)
{
    const struct heap_node *n = &r->view->nodes[node];
    for (; n->kind == HEAP_DEREF && n->index != NONE; n = &r->view->nodes[n->index]) {
        if (is_self(r, n->index)) {
            return n->field;
        }
    }
    return NONE;
}

static uint32_t class_given(const struct reading *r, uint32_t number)
{
    const struct facts *facts = r->analysis->program->files[r->file];
    uint32_t annotation =
        facts->parameters[facts->scopes[r->scope].first_parameter + number].annotation;
    uint32_t class = class_of_annotation(r->analysis, r->file, annotation);
    return class != NONE ? class : class_of_parameter(r->analysis, r->file, r->scope, number);
}

static struct tie tie_to(const struct reading *r, uint32_t node)
{
    const struct heap_node *n = &r->view->nodes[node];
    struct tie tie = {.how = TIE_OTHER, .class = r->class, .other = NONE, .path = NONE};
    if (n->kind == HEAP_INSTANCE && n->class != NONE) {
        tie.how = TIE_MADE;
        tie.other = n->class;
    } else if (n->kind == HEAP_PARAMETER) {
        tie.other = class_given(r, n->index);
        tie.how = tie.other == NONE ? TIE_OTHER : TIE_GIVEN;
    } else if (n->kind == HEAP_CLOSURE) {
        tie.how = TIE_CLOSURE;
        tie.other = r->analysis->program->link->first_function[n->file] + n->index;
    } else if ((tie.path = path_of(r, node)) != NONE) {
        tie.how = TIE_TAKEN;
    }
    return tie;
}

/* ---- keeping */

static uint64_t key_of(uint32_t field, bool is_held)
{
    return pair_key(field, is_held);
}

static void add_tie(struct reading *r, uint32_t field, bool is_held, uint32_t node)
{
    struct ties *ties = r->ties;
    struct tie tie = tie_to(r, node);
    uint64_t hash = circle_mix(key_of(field, is_held)) + circle_mix(pair_key(tie.class, tie.other))
                    + circle_mix(pair_key(tie.path, tie.how));
    uint32_t next = (uint32_t)ties->all.n;
    if (tie.how == TIE_OTHER || pair_table_put(&ties->seen, hash, next) != next) {
        return;
    }
    uint32_t first = pair_table_get(&ties->first, key_of(field, is_held));
    tie.next = first == TABLE_NONE ? NONE : first;
    *array_push(&ties->all) = tie;
    pair_table_set(&ties->first, key_of(field, is_held), next);
}

/* ---- reading a summary */

/* A container, bound method or partial: what it holds is held by who holds it. */
static bool is_folded(const struct reading *r, uint32_t node, uint32_t field)
{
    uint8_t kind = r->view->nodes[node].kind;
    return kind == HEAP_CONTAINER || kind == HEAP_METHOD || kind == HEAP_PARTIAL
           || (kind == HEAP_DEREF && is_element_field(r->analysis, field));
}

/* Who holds what is between: the base of a deref, or whoever has an edge to it. */
static bool step_out(const struct reading *r, uint32_t *node, uint32_t *field)
{
    const struct heap_node *n = &r->view->nodes[*node];
    if (n->kind == HEAP_DEREF) {
        *field = n->field;
        *node = n->index;
        return *node != NONE;
    }
    for (uint32_t i = 0; i < r->view->n_edges; i++) {
        const struct heap_edge *edge = &r->view->edges[i];
        if (edge->to == *node && edge->from != *node) {
            *field = edge->field;
            *node = edge->from;
            return true;
        }
    }
    return false;
}

/* The object that holds by an attribute what the edge leads to. */
static bool find_holder(const struct reading *r, const struct heap_edge *edge, uint32_t *node,
                        uint32_t *field)
{
    *node = edge->from;
    *field = edge->field;
    for (uint32_t i = 0; is_folded(r, *node, *field); i++) {
        if (i == MAX_BETWEEN || !step_out(r, node, field)) {
            return false;
        }
    }
    return true;
}

static void read_edge(struct reading *r, const struct heap_edge *edge)
{
    uint32_t holder, field;
    if (!find_holder(r, edge, &holder, &field)) {
        return;
    }
    if (is_self(r, holder)) {
        add_tie(r, field, false, edge->to);
    }
    if (is_self(r, edge->to)) {
        add_tie(r, field, true, holder);
    }
}

/* The method that a function is or stands in. */
static bool find_method(struct reading *r)
{
    const struct facts *facts = r->analysis->program->files[r->file];
    for (uint32_t s = r->scope; s != NONE && s != 0; s = facts->scopes[s].parent) {
        uint32_t parent = facts->scopes[s].parent;
        if (parent != NONE && facts->scopes[parent].kind == SCOPE_CLASS) {
            r->class = classes_of_scope(r->analysis->program, r->file, parent);
            r->self = classes_self_of(facts, s);
            r->is_method = s == r->scope && r->self != NONE;
            return r->class != NONE && r->self != NONE;
        }
    }
    return false;
}

static void read_function(struct reading *r, uint32_t number)
{
    if (!find_method(r) || !summary_read(r->analysis, number, r->view)) {
        return;
    }
    for (uint32_t i = 0; i < r->view->n_edges; i++) {
        read_edge(r, &r->view->edges[i]);
    }
}

void ties_find(struct analysis *analysis, struct ties *ties)
{
    const struct program *program = analysis->program;
    struct summary_view *view = malloc(sizeof *view);
    *ties = (struct ties){.program = program};
    for (uint32_t file = 0; file < program->n_files; file++) {
        for (uint32_t scope = 0; scope < program->files[file]->n_scopes; scope++) {
            struct reading r = {
                .analysis = analysis, .ties = ties, .view = view, .file = file, .scope = scope};
            read_function(&r, program->link->first_function[file] + scope);
        }
    }
    free(view);
}

void ties_free(struct ties *ties)
{
    array_free(&ties->all);
    pair_table_free(&ties->first);
    pair_table_free(&ties->seen);
}

/* ---- asking */

static uint32_t first_of(const struct ties *ties, uint32_t field, bool is_held)
{
    uint32_t first = pair_table_get(&ties->first, key_of(field, is_held));
    return first == TABLE_NONE ? NONE : first;
}

static bool is_kin(const struct ties *ties, uint32_t a, uint32_t b)
{
    return classes_is_ancestor(ties->program, a, b) || classes_is_ancestor(ties->program, b, a);
}

/* Whether the tie's method is one that a `whole` has, and what it ties may be a `part`. */
static bool is_between(const struct ties *ties, const struct tie *tie, uint32_t whole,
                       uint32_t part)
{
    return is_kin(ties, tie->class, whole) && is_kin(ties, tie->other, part);
}

static bool gives_self(const struct ties *ties, const struct tie *kept, uint32_t whole,
                       uint32_t keeps, uint32_t part, uint32_t gives)
{
    for (uint32_t i = first_of(ties, gives, true); i != NONE; i = ties->all.items[i].next) {
        const struct tie *tie = &ties->all.items[i];
        bool is_its = tie->how == TIE_TAKEN  ? tie->path == keeps && is_kin(ties, tie->class, whole)
                      : tie->how == TIE_MADE ? is_between(ties, tie, whole, part)
                                             : false;
        if (is_its && is_kin(ties, tie->class, kept->class)) {
            return true;
        }
    }
    return false;
}

bool ties_hold_each_other(const struct ties *ties, uint32_t whole, uint32_t keeps, uint32_t part,
                          uint32_t gives)
{
    for (uint32_t i = first_of(ties, keeps, false); i != NONE; i = ties->all.items[i].next) {
        const struct tie *tie = &ties->all.items[i];
        if ((tie->how == TIE_MADE || tie->how == TIE_GIVEN) && is_between(ties, tie, whole, part)
            && gives_self(ties, tie, whole, keeps, part, gives)) {
            return true;
        }
    }
    return false;
}

bool ties_keeps_closure(const struct ties *ties, uint32_t whole, uint32_t keeps, uint32_t function)
{
    for (uint32_t i = first_of(ties, keeps, false); i != NONE; i = ties->all.items[i].next) {
        const struct tie *tie = &ties->all.items[i];
        if (tie->how == TIE_CLOSURE && tie->other == function && is_kin(ties, tie->class, whole)) {
            return true;
        }
    }
    return false;
}
