/*
 * cycles.c - from a circle to a cycle that can be told: its edges from object to object, who takes
 * it apart, which edge to make weak, and which circles one report stands for.
 */
#include "heap/circle.h"

#include "base/words.h"
#include "heap/alike.h"
#include "heap/steps.h"
#include "program/foreign.h"

#include <string.h>

/* ---- telling */

/* The first edge of the circle that starts at an object; 0 when there is no object. */
static uint32_t first_object(const struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (via_of(w, circle_holder(w, c, i), circle_edge(w, c, i)) == NULL) {
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
    const struct heap_edge *edge = circle_edge(w, c, *i);
    struct cycle_edge *told = arena_alloc(arena, sizeof *told);
    told->holder = name_of_node(w, edge->from, arena);
    told->class = heap_node_at(&w->heap, edge->from)->class;
    told->attribute = attribute_text(w, edge);
    told->is_handed_in = edge->flags & EDGE_IS_HANDED_IN;
    told->via = "";
    told->place = edge->place;
    if (heap_node_at(&w->heap, edge->from)->kind == HEAP_CLOSURE
        && heap_node_at(&w->heap, edge->to)->kind == HEAP_FREE) {
        told->via = "cell";
    }
    for ((*i)++; *i < end; (*i)++) {
        const struct heap_edge *next = circle_edge(w, c, *i);
        const char *via = via_of(w, heap_node_at(&w->heap, next->from), next);
        if (via == NULL) {
            break;
        }
        told->via = *told->via ? arena_format(arena, "%s,%s", told->via, via) : via;
        if (!(next->flags & EDGE_IS_IMPLICIT)) {
            told->place = next->place; /* where the container was filled tells more */
        }
    }
    told->target = name_of_node(w, circle_edge(w, c, *i - 1)->to, arena);
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
    const struct heap_node *from = heap_node_at(&w->heap, edge->from);
    return (is_from_outside(from) || from->kind == HEAP_INSTANCE)
           && !is_element_field(w->analysis, edge->field);
}

/* Whether the function is one that the circle itself holds: then nobody outside will call it. */
static bool is_held_method(const struct walker *w, const struct candidate *c, uint32_t file,
                           uint32_t scope)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *n = circle_holder(w, c, i);
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
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (!is_attribute(w, edge) || edge->field == w->analysis->fields.traceback) {
            continue;
        }
        uint32_t class = heap_node_at(&w->heap, edge->from)->class;
        if (class == NONE && heap_node_at(&w->heap, edge->from)->foreign != NONE) {
            continue; /* no class of the program has the attribute in mind */
        }
        const struct attribute_store *store =
            members_killer(w->analysis->program, class, edge->field, class == NONE);
        if (store != NULL && !(store->file == w->file && store->scope == w->scope)
            && !is_held_method(w, c, store->file, store->scope)) {
            const struct facts *facts = w->analysis->program->files[store->file];
            cycle->killer = dotted_scope(w->analysis, store->file, store->scope);
            cycle->killer_place = place_of_op(store->file, &facts->ops[store->op]);
        }
    }
}

/* The op of a scope that gives attribute `field` of another object than `self` a value that is not
 * `self`; or NONE. */
static uint32_t store_in_scope(const struct walker *w, uint32_t scope, uint32_t field)
{
    const struct scope *s = &w->facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &w->facts->ops[i];
        const struct op *target = op->kind == OP_STORE ? &w->facts->ops[op->a] : NULL;
        if (target != NULL && target->kind == OP_TARGET_ATTRIBUTE && op->b != NONE
            && !classes_is_self(w->facts, target->a) && !classes_is_self(w->facts, op->b)
            && link_symbol_of(w->analysis->program->link, w->file, target->b) == field) {
            return i;
        }
    }
    return NONE;
}

/* The method of the class of the function in hand that a place of this file stands in; NONE when
 * it stands in no method of it. */
static uint32_t method_at(const struct walker *w, const struct place *place)
{
    const struct scope *class = &w->facts->scopes[scope_of(w)->parent];
    for (uint32_t i = class->first_child; i < class->first_child + class->n_children; i++) {
        const struct scope *method = &w->facts->scopes[i];
        if (place->file == w->file && place->start >= method->start && place->end <= method->end) {
            return i;
        }
    }
    return NONE;
}

/* Whether a method reads attribute `field`, of whatever object: what is there before. */
static bool reads_field(const struct walker *w, uint32_t method, uint32_t field)
{
    const struct scope *s = &w->facts->scopes[method];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &w->facts->ops[i];
        if (op->kind == OP_ATTRIBUTE
            && link_symbol_of(w->analysis->program->link, w->file, op->b) == field) {
            return true;
        }
    }
    return false;
}

/* Another method of the same class that gives the attribute another value; its `*op`. */
static uint32_t other_store(const struct walker *w, uint32_t method, uint32_t field, uint32_t *op)
{
    const struct scope *class = &w->facts->scopes[scope_of(w)->parent];
    for (uint32_t i = class->first_child; i < class->first_child + class->n_children; i++) {
        *op = i == method ? NONE : store_in_scope(w, i, field);
        if (*op != NONE) {
            return i;
        }
    }
    return NONE;
}

/* What a method puts in place, after a look at what was there, another one of its class replaces:
 * `before = scope.span; scope.span = self` in `__enter__`, `scope.span = before` in `__exit__`. */
static void find_replacement(struct walker *w, const struct candidate *c, struct cycle *cycle)
{
    bool is_method = w->scope != 0 && w->facts->scopes[scope_of(w)->parent].kind == SCOPE_CLASS;
    for (uint32_t i = 0; i < c->n && is_method && cycle->killer == NULL; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        uint32_t op, maker = is_attribute(w, edge) ? method_at(w, &edge->place) : NONE;
        uint32_t method = maker != NONE && reads_field(w, maker, edge->field)
                              ? other_store(w, maker, edge->field, &op)
                              : NONE;
        if (method != NONE) {
            cycle->killer = dotted_scope(w->analysis, w->file, method);
            cycle->killer_place = place_of_op(w->file, &w->facts->ops[op]);
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
        if (strcmp(names[i], name) == 0) {
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
        if (edge->is_handed_in && *edge->via == '\0') {
            cycle->weak_edge = edge;
            cycle->weak_reason = "what it holds was handed in by its owner";
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
        if (circle_holder(w, c, i)->kind == HEAP_GLOBAL) {
            return true;
        }
    }
    return false;
}

/* Whether a function gives back the variable. */
static bool returns_variable(const struct walker *w, uint32_t variable)
{
    const struct scope *scope = scope_of(w);
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &w->facts->ops[i];
        if (op->kind == OP_RETURN && op->a != NONE && w->facts->ops[op->a].kind == OP_LOAD
            && w->facts->ops[op->a].a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether the function is a decorator, and the circle one of the class or function that it is given
 * and gives back: they are made when modules are loaded. */
static bool is_of_decorated(const struct walker *w, const struct candidate *c)
{
    static const char *const names[] = {"=cls",  "=klass",    "=class",  "=f", "=fn",
                                        "=func", "=function", "=method", NULL};
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *n = circle_holder(w, c, i);
        if (n->kind != HEAP_PARAMETER) {
            continue;
        }
        uint32_t parameter = scope_of(w)->first_parameter + n->index;
        uint32_t variable = w->facts->parameters[parameter].variable;
        if (words_occur_in(names, variable_name(w->facts, variable))
            && returns_variable(w, variable)) {
            return true;
        }
    }
    return false;
}

static bool is_of_unknown_class(const struct heap_node *n)
{
    return n->kind != HEAP_CLOSURE && n->kind != HEAP_FRAME && n->kind != HEAP_GENERATOR
           && !is_exception(n) && n->class == NONE
           && (n->foreign == NONE || n->kind == HEAP_RESULT);
}

/* Objects of the circle, and those whose class is not known. */
static uint32_t count_objects(const struct walker *w, const struct candidate *c,
                              uint32_t *n_unknown)
{
    uint32_t n = 0;
    *n_unknown = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_node *node = circle_holder(w, c, i);
        bool is_object = via_of(w, node, circle_edge(w, c, i)) == NULL;
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
        const struct heap_node *node = circle_holder(w, c, i);
        if (node->kind != HEAP_CONTAINER
            && is_element_field(w->analysis, circle_edge(w, c, i)->field)) {
            return true;
        }
    }
    return false;
}

/* threading.Thread deletes its target and arguments when run() returns, and so do others: if the
 * program has it run. */
static const char *foreign_killer(const struct walker *w, const struct candidate *c)
{
    const struct program *program = w->analysis->program;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        uint32_t class = circle_holder(w, c, i)->foreign;
        const struct foreign_hold *hold = edge->flags & EDGE_IS_PASSING
                                              ? foreign_passing_hold(program, class, edge->field)
                                              : NULL;
        if (hold != NULL && foreign_is_ended_in(program, edge->place.file, hold)) {
            return hold->removed_by;
        }
    }
    return NULL;
}

/* ---- an object that seems to hold itself */

static bool is_within(const struct op *op, const struct place *place)
{
    return op->start >= place->start && op_end(op) <= place->end;
}

/* Whether the load is there for what the object holds: `x.next`, `x[0]`, `x.next = …`. */
static bool is_looked_into(const struct walker *w, uint32_t load, const struct place *place)
{
    const struct scope *s = scope_of(w);
    for (uint32_t i = load + 1; i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        bool is_look = op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM
                       || op->kind == OP_TARGET_ATTRIBUTE || op->kind == OP_TARGET_ITEM;
        if (is_look && op->a == load && is_within(op, place)) {
            return true;
        }
    }
    return false;
}

static uint32_t count_loads(const struct walker *w, uint32_t variable, const struct place *place)
{
    const struct scope *s = scope_of(w);
    uint32_t n = 0;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        n += op->kind == OP_LOAD && op->a == variable && is_within(op, place);
    }
    return n;
}

/* Whether the text of what makes an edge names the object as holder and as what is held, by one
 * variable: `x.next = x`, `self.root = root or self`. */
static bool names_it_twice(const struct walker *w, const struct heap_edge *edge)
{
    const struct place *place = &edge->site;
    const struct scope *s = scope_of(w);
    for (uint32_t i = s->first_op; place->file == w->file && i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        if (op->kind == OP_LOAD && is_within(op, place)
            && (set_contains(w, value_of(w, i), edge->to)
                || set_contains(w, value_of(w, i), edge->from))
            && count_loads(w, op->a, place) > 1 && !is_looked_into(w, i, place)) {
            return true;
        }
    }
    return false;
}

/* One object that holds itself, and no store that says so by naming it twice: it may be two
 * elements of one list, two turns of one loop, that cannot be told apart. */
static bool may_be_two(const struct walker *w, const struct candidate *c)
{
    enum { MAX_OPS = 20000 }; /* each such circle looks at all of them; nobody writes so many */
    uint32_t n_unknown;
    enum cycle_kind kind = circle_kind(w, c);
    if (scope_of(w)->n_ops > MAX_OPS) {
        return false;
    }
    if ((kind != CYCLE_INSTANCE && kind != CYCLE_CONTAINER)
        || count_objects(w, c, &n_unknown) > 1) {
        return false;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (!(edge->flags & EDGE_IS_IMPLICIT) && names_it_twice(w, edge)) {
            return false;
        }
    }
    return true;
}

static struct cycle make_cycle(struct walker *w, const struct candidate *c)
{
    struct cycle cycle = {.kind = circle_kind(w, c),
                          .confidence = circle_confidence(w, c),
                          .place = circle_place(w, c),
                          .scope = w->scope,
                          .is_recursive_closure = circle_is_recursive_closure(w, c),
                          .is_made_once = w->scope == 0 || is_alive_through_global(w, c)
                                          || is_of_decorated(w, c)};
    count_objects(w, c, &cycle.n_unknown);
    cycle.confidence = is_vague(w, c) || may_be_two(w, c) ? CONFIDENCE_POSSIBLE : cycle.confidence;
    tell_edges(w, c, &cycle);
    find_killer(w, c, &cycle);
    find_replacement(w, c, &cycle);
    if (cycle.killer == NULL) {
        cycle.killer = foreign_killer(w, c);
        cycle.killer_place = cycle.killer == NULL ? cycle.killer_place : cycle.place;
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
    return circle_mix(function + 0x300000000000u) ^ circle_mix(place)
           ^ circle_mix(edge->field + 0x500000000000u);
}

/* What one frame holds is told where it was raised or caught; whoever is handed the exception may
 * close other circles through the same frame. */
static uint64_t key_of_frame(const struct heap_edge *edge)
{
    return circle_mix(((uint64_t)edge->place.file << 32 | edge->place.start) + 0x400000000000u)
           ^ circle_mix(edge->field + 0x500000000000u);
}

static uint32_t group_of(struct walker *w, const struct candidate *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (edge->field == w->analysis->fields.tb_frame && edge->call != 0) {
            uint32_t group = pair_table_get(&w->analysis->reported, key_of_frame(edge));
            if (group != TABLE_NONE) {
                return group;
            }
        }
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
        const struct heap_edge *edge = circle_edge(w, c, i);
        if (edge->field == w->analysis->fields.tb_frame) {
            pair_table_put(&w->analysis->reported, key_of_frame(edge), cycle);
        } else if (!(edge->flags & EDGE_IS_IMPLICIT) && is_attribute(w, edge)) {
            pair_table_put(&w->analysis->reported, key_of_edge(w, edge), cycle);
        }
    }
}

/* Whether this caller knows the class of an object that was told as unknown. */
static bool knows_more(const struct walker *w, const struct candidate *c, const struct cycle *told)
{
    uint32_t n_unknown = 0;
    if (told->n_unknown > 0) {
        count_objects(w, c, &n_unknown);
    }
    return n_unknown < told->n_unknown;
}

/* Whether it is one that nobody has told. */
static bool report_circle(struct walker *w, struct candidate *c)
{
    uint32_t told = circle_told_before(w, c);
    if (told == NOT_TOLD) {
        return false;
    }
    if (told != TABLE_NONE) {
        struct cycle *cycle = &w->analysis->heap->cycles.items[told];
        if (knows_more(w, c, cycle) && circle_can_stand(w, c)) {
            struct cycle seen = make_cycle(w, c);
            name_better(cycle, &seen);
        }
        return false;
    }
    if (!circle_can_stand(w, c)) {
        c->is_refused = circle_is_whole(w, c);
        return false;
    }
    if (c->is_other || circle_place_is_taken(w, c)) {
        circle_was_told(w, c, NOT_TOLD);
        alike_add(w->analysis->heap, make_cycle(w, c));
        return true;
    }
    uint32_t group = group_of(w, c);
    if (group != NONE) {
        w->analysis->heap->cycles.items[group].n_alike++;
        circle_was_told(w, c, NOT_TOLD);
        alike_add(w->analysis->heap, make_cycle(w, c));
        return true;
    }
    struct cycle cycle = make_cycle(w, c);
    join_group(w, c, (uint32_t)w->analysis->heap->cycles.n);
    circle_was_told(w, c, (uint32_t)w->analysis->heap->cycles.n);
    *array_push(&w->analysis->heap->cycles) = cycle;
    return true;
}

/* What cannot be made in one run here cannot be made by calling this. */
static void refuse_circle(struct walker *w, const struct candidate *c)
{
    if (c->is_refused && circle_told_before(w, c) == TABLE_NONE) {
        circle_was_told(w, c, NOT_TOLD);
    }
}

enum { MAX_OTHERS = 12 }; /* circles in one function besides those that the walk found */

void report_circles(struct walker *w)
{
    size_t most = w->candidates.n + MAX_OTHERS;
    for (size_t i = 0; i < w->candidates.n; i++) { /* grows */
        if (report_circle(w, &w->candidates.items[i]) && !w->candidates.items[i].is_other) {
            find_other_circles(w, w->candidates.items[i], most);
        }
    }
    for (size_t i = 0; i < w->candidates.n; i++) {
        refuse_circle(w, &w->candidates.items[i]);
    }
}
