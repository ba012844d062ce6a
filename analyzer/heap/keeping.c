/*
 * keeping.c - who keeps the arguments of a call into the outside, as program/foreign.h tells it.
 *
 * A holder is the call's result, the object whose method it is, or the first argument.  An object
 * is of a foreign class when a foreign call made it, or when its own class has that as a base.
 * What lives as long as the process makes no circle: nothing leads from it back to an object.
 */
#include "heap/callees.h"
#include "program/foreign.h"

#include <string.h>

/* ---- one argument */

static bool is_keyword(const struct walker *w, uint32_t op, uint32_t number)
{
    return number < op_at(w, op)->b && op_at(w, op + 1 + number)->b != NONE;
}

/* The values of an argument; for `is_rest`, also of all that follow it. */
static uint32_t kept_values(struct walker *w, const struct foreign_hold *hold, int shift,
                            uint32_t op)
{
    int position = hold->position < 0 ? -1 : hold->position + shift;
    if (!hold->is_rest && hold->position != FOREIGN_ANY) {
        uint32_t argument = facts_argument(w->facts, op, position, hold->keyword);
        return argument == NONE ? 0 : value_of(w, argument);
    }
    uint32_t values = 0;
    int first = shift + (hold->who == HOLDER_FIRST); /* it does not hold itself */
    uint32_t from = (uint32_t)(hold->position == FOREIGN_ANY ? first : position);
    for (uint32_t i = from; i < op_at(w, op)->b; i++) {
        values = set_union(w, values, value_of(w, op_at(w, op + 1 + i)->a));
    }
    return values;
}

/* What the holder's attribute holds when it gets these values: a list of them, `*args`,
 * `**options`, or themselves. */
static uint32_t boxed(struct walker *w, const struct foreign_hold *hold, uint32_t values, int shift,
                      uint32_t op)
{
    if (!hold->is_listed && !hold->is_rest) {
        return values;
    }
    uint32_t first = (uint32_t)(hold->position + shift);
    return set_of_node(w, new_container(w, hold->is_listed            ? CONTAINER_LIST
                                           : is_keyword(w, op, first) ? CONTAINER_DICT
                                                                      : CONTAINER_TUPLE));
}

/* The edges just made may end before their holders do, see cycles.c. */
static void mark_passing(struct walker *w, uint32_t holders, uint32_t field, uint32_t held)
{
    for (uint32_t i = 0; i < set_size(w, holders); i++) {
        for (uint32_t e = heap_node_at(&w->heap, set_at(w, holders, i))->first_edge; e != NONE;
             e = heap_edge_at(&w->heap, e)->next) {
            struct heap_edge *edge = heap_edge_at(&w->heap, e);
            if (edge->field == field && set_contains(w, held, edge->to)) {
                edge->flags |= EDGE_IS_PASSING;
            }
        }
    }
}

/* `weak=False` */
static bool says_strong(const struct walker *w, uint32_t op)
{
    uint32_t value = facts_argument(w->facts, op, -1, "weak");
    return value != NONE && op_at(w, value)->kind == OP_CONSTANT
           && op_at(w, value)->aux == CONSTANT_FALSE;
}

static uint32_t without_methods(struct walker *w, uint32_t set)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        if (heap_node_at(&w->heap, set_at(w, set, i))->kind != HEAP_METHOD) {
            found = set_union(w, found, set_of_node(w, set_at(w, set, i)));
        }
    }
    return found;
}

static uint32_t strongly_kept(struct walker *w, const struct foreign_hold *hold, int shift,
                              uint32_t op)
{
    switch (hold->strength) {
    case HOLDS_STRONGLY:
        break;
    case HOLDS_WEAKLY:
        return 0;
    case HOLDS_METHODS_WEAKLY:
        return without_methods(w, kept_values(w, hold, shift, op));
    case HOLDS_AS_TOLD:
        if (!says_strong(w, op)) {
            return 0;
        }
        break;
    }
    return kept_values(w, hold, shift, op);
}

static void keep(struct walker *w, const struct foreign_hold *hold, uint32_t holders, int shift,
                 uint32_t op)
{
    uint32_t values = strongly_kept(w, hold, shift, op);
    if (set_size(w, values) == 0 || set_size(w, holders) == 0) {
        return;
    }
    uint32_t field = link_symbol(w->analysis->program, hold->attribute);
    uint32_t box =
        field == w->analysis->fields.element ? values : boxed(w, hold, values, shift, op);
    store_field(w, holders, field, box, op);
    if (box != values) {
        add_elements(w, box, values, op);
    }
    if (hold->until != UNTIL_DROPPED) {
        mark_passing(w, holders, field, box);
    }
}

void keep_arguments(struct walker *w, const struct foreign *foreign, uint32_t result,
                    uint32_t receiver, int shift, uint32_t op)
{
    for (uint32_t i = 0; i < foreign->n_holds; i++) {
        const struct foreign_hold *hold = &foreign->holds[i];
        switch (hold->who) {
        case HOLDER_RESULT:
            keep(w, hold, result, shift, op);
            break;
        case HOLDER_RECEIVER:
            keep(w, hold, receiver, shift, op);
            break;
        case HOLDER_FIRST: {
            uint32_t first = facts_argument(w->facts, op, shift, NULL);
            keep(w, hold, first == NONE ? 0 : value_of(w, first), shift, op);
            break;
        }
        case HOLDER_PROCESS:
            break;
        }
    }
}

/* ---- objects of foreign classes */

static const struct foreign *find_named(const struct walker *w, const char *name)
{
    return foreign_find(w->analysis->program, link_symbol(w->analysis->program, name));
}

/* What a class of the program inherits from outside: the entry of the nearest foreign base that
 * keeps something, or that has the method, if one is asked for. */
static const struct foreign *inherited(const struct walker *w, uint32_t class, uint32_t method)
{
    struct program *program = w->analysis->program;
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        const struct class *ancestor =
            &program->classes->all.items[program->classes->ancestors.items[c->first_ancestor + i]];
        for (uint32_t j = 0; j < ancestor->n_bases; j++) {
            const struct class_base *base =
                &program->classes->bases.items[ancestor->first_base + j];
            if (base->class != NONE || base->name[0] == '\0') {
                continue;
            }
            const struct foreign *entry =
                method == NONE
                    ? find_named(w, base->name)
                    : foreign_method_of(program, link_symbol(program, base->name), method);
            if (entry != NULL && (method != NONE || entry->result == RESULT_INSTANCE)) {
                return entry;
            }
        }
    }
    return NULL;
}

static const struct foreign *method_of_node(const struct walker *w, uint32_t node, uint32_t method)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    if (n->class != NONE) {
        return n->kind == HEAP_CLASS ? NULL : inherited(w, n->class, method);
    }
    return n->foreign == NONE || n->kind == HEAP_FOREIGN
               ? NULL
               : foreign_method_of(w->analysis->program, n->foreign, method);
}

/* super().__init__(...), where a base from outside keeps what it is given. */
static bool call_foreign_init(struct walker *w, uint32_t node, uint32_t op)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    if (n->kind != HEAP_SUPER || n->class == NONE) {
        return false;
    }
    const struct foreign *base = inherited(w, n->class, NONE);
    uint32_t self = first_parameter_node(w);
    if (base == NULL || self == NONE) {
        return false;
    }
    keep_arguments(w, base, set_of_node(w, self), 0, 0, op);
    return true;
}

bool call_foreign_method(struct walker *w, uint32_t set, uint32_t method, uint32_t op,
                         uint32_t *value)
{
    uint32_t single = set_single(w, set);
    if (single == NONE) {
        return false;
    }
    if (method == w->analysis->fields.init) {
        *value = 0;
        return call_foreign_init(w, single, op);
    }
    if (!foreign_is_method(w->analysis->program, method)) {
        return false;
    }
    uint8_t kind = heap_node_at(&w->heap, single)->kind;
    uint32_t self = kind == HEAP_SUPER ? first_parameter_node(w) : single;
    const struct foreign *foreign = method_of_node(w, single, method);
    if (foreign == NULL || self == NONE) {
        return false;
    }
    *value = run_foreign(w, foreign, NONE, set_of_node(w, self), op);
    return true;
}

void keep_as_base(struct walker *w, uint32_t class, uint32_t instance, uint32_t op)
{
    const struct foreign *base = inherited(w, class, NONE);
    if (base != NULL) {
        keep_arguments(w, base, set_of_node(w, instance), 0, 0, op);
    }
}
