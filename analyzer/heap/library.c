/*
 * library.c - calls into the outside, as the tables of program/foreign.h describe them.
 */
#include "heap/walk.h"
#include "program/foreign.h"

#include <string.h>

/* ---- foreign functions and classes */

/* The set of argument number `position`. */
static uint32_t argument_at(const struct walker *w, uint32_t op, int position)
{
    uint32_t value = facts_argument(w->facts, op, position, NULL);
    return value == NONE ? 0 : value_of(w, value);
}

/* Whether some argument is more than a number or a string. */
static bool has_objects(const struct walker *w, uint32_t op)
{
    for (uint32_t i = op + 1; i <= op + op_at(w, op)->b; i++) {
        if (set_size(w, value_of(w, op_at(w, i)->a)) > 0) {
            return true;
        }
    }
    return false;
}

static uint32_t result_of(struct walker *w, uint32_t symbol)
{
    uint32_t node = new_node(w, HEAP_RESULT);
    heap_node_at(&w->heap, node)->foreign = symbol;
    return set_of_node(w, node);
}

static uint32_t hold_arguments(struct walker *w, uint32_t symbol, uint32_t op)
{
    if (!has_objects(w, op)) {
        return result_of(w, symbol);
    }
    uint32_t node = new_node(w, HEAP_PARTIAL);
    heap_node_at(&w->heap, node)->foreign = symbol;
    for (uint32_t i = op + 1; i <= op + op_at(w, op)->b; i++) {
        if (op_at(w, i)->flags & OP_IS_STARRED) {
            copy_elements(w, set_of_node(w, node), value_of(w, op_at(w, i)->a), op);
        } else {
            store_field(w, set_of_node(w, node), w->analysis->fields.element,
                        value_of(w, op_at(w, i)->a), op);
        }
    }
    return set_of_node(w, node);
}

static uint32_t copy_of_argument(struct walker *w, enum container container, uint32_t op)
{
    uint32_t set = set_of_node(w, new_container(w, container));
    copy_elements(w, set, argument_at(w, op, 0), op);
    return set;
}

/* Its factory is an edge like an element: nobody needs to tell them apart. */
static uint32_t default_dict(struct walker *w, uint32_t op)
{
    uint32_t set = set_of_node(w, new_container(w, CONTAINER_DICT));
    uint32_t factory = argument_at(w, op, 0);
    for (uint32_t i = 0; i < set_size(w, factory); i++) {
        if (heap_node_at(&w->heap, set_at(w, factory, i))->kind == HEAP_METHOD) {
            add_elements(w, set, set_of_node(w, set_at(w, factory, i)), op);
        }
    }
    add_elements(w, set, load_elements(w, argument_at(w, op, 1), op), op);
    return set;
}

static uint32_t weak_container(struct walker *w)
{
    uint32_t node = new_container(w, CONTAINER_DICT);
    heap_node_at(&w->heap, node)->flags |= NODE_HOLDS_WEAKLY;
    return set_of_node(w, node);
}

/* It knows its referent and holds only its callback. */
static uint32_t weak_reference(struct walker *w, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_WEAK);
    uint32_t callback = argument_at(w, op, 1);
    heap_node_at(&w->heap, node)->values = argument_at(w, op, 0);
    for (uint32_t i = 0; i < set_size(w, callback); i++) {
        hold(w, node, w->analysis->fields.callback, set_at(w, callback, i), place_at(w, op), 0, op);
    }
    return set_of_node(w, node);
}

/* sys._getframe(1) is the caller's frame, which does not hold this one. */
static bool is_own_depth(const struct walker *w, uint32_t op)
{
    uint32_t depth = facts_argument(w->facts, op, 0, NULL);
    return depth == NONE
           || (op_at(w, depth)->kind == OP_CONSTANT && op_at(w, depth)->a != NONE
               && strcmp(facts_name(w->facts, op_at(w, depth)->a), "0") == 0);
}

static uint32_t class_of_argument(struct walker *w, uint32_t op)
{
    uint32_t single = set_single(w, argument_at(w, op, 0));
    uint32_t class = single == NONE ? NONE : heap_node_at(&w->heap, single)->class;
    return class == NONE || op_at(w, op)->b != 1 ? set_of_node(w, new_node(w, HEAP_RESULT))
                                                 : set_of_node(w, class_node(w, class));
}

static uint32_t pairs_of(struct walker *w, uint32_t set)
{
    uint32_t single = set_single(w, set);
    if (single == NONE) {
        return 0;
    }
    uint32_t node = new_container(w, CONTAINER_LIST);
    heap_node_at(&w->heap, node)->flags |= NODE_IS_ITEMS;
    heap_node_at(&w->heap, node)->index = single;
    return set_of_node(w, node);
}

static uint32_t super_of_method(struct walker *w)
{
    uint32_t node = new_node(w, HEAP_SUPER);
    heap_node_at(&w->heap, node)->class = w->class;
    return set_of_node(w, node);
}

static uint32_t call_setattr(struct walker *w, uint32_t op)
{
    uint32_t symbol = link_string_argument(w->analysis->program, w->file, op, 1);
    if (symbol != NONE) {
        store_field(w, argument_at(w, op, 0), symbol, argument_at(w, op, 2), op);
    }
    return 0;
}

static uint32_t call_getattr(struct walker *w, uint32_t op)
{
    uint32_t name = link_string_argument(w->analysis->program, w->file, op, 1);
    return name == NONE ? 0 : load_fields(w, argument_at(w, op, 0), name, op);
}

/* wraps(f)(g) */
static uint32_t wrapped(struct walker *w, uint32_t op)
{
    struct program *program = w->analysis->program;
    uint32_t wrapper = argument_at(w, op, 0);
    uint32_t function =
        load_fields(w, value_of(w, op_at(w, op)->a), link_symbol(program, "wrapped"), op);
    store_field(w, wrapper, w->analysis->fields.wrapped, function, op);
    return wrapper;
}

static uint32_t make_foreign_instance(struct walker *w, const struct foreign *foreign,
                                      uint32_t symbol)
{
    uint32_t node = new_node(w, HEAP_INSTANCE);
    heap_node_at(&w->heap, node)->foreign =
        foreign->gives != NULL ? link_symbol(w->analysis->program, foreign->gives) : symbol;
    return set_of_node(w, node);
}

/* types.MethodType(f, x) */
static uint32_t bind_method(struct walker *w, uint32_t symbol, uint32_t op)
{
    uint32_t function = set_single(w, argument_at(w, op, 0));
    uint32_t object = set_single(w, argument_at(w, op, 1));
    uint8_t kind = function == NONE ? HEAP_RESULT : heap_node_at(&w->heap, function)->kind;
    if (object == NONE || (kind != HEAP_CLOSURE && kind != HEAP_FUNCTION)) {
        return hold_arguments(w, symbol, op);
    }
    struct heap_node f = *heap_node_at(&w->heap, function);
    uint32_t method = new_method(w, object, f.file, f.index, op);
    hold(w, method, link_symbol(w->analysis->program, "__func__"), function, place_at(w, op), 0,
         op);
    return set_of_node(w, method);
}

static uint32_t give_result(struct walker *w, const struct foreign *foreign, uint32_t symbol,
                            uint32_t receiver, uint32_t op)
{
    switch (foreign->result) {
    case RESULT_UNKNOWN:
        return result_of(w, symbol);
    case RESULT_NOTHING:
        return 0;
    case RESULT_HOLDER:
        return hold_arguments(w, symbol, op);
    case RESULT_INSTANCE:
        return make_foreign_instance(w, foreign, symbol);
    case RESULT_WEAK:
        return weak_reference(w, op);
    case RESULT_WEAK_CONTAINER:
        return weak_container(w);
    case RESULT_LIST:
        return copy_of_argument(w, CONTAINER_LIST, op);
    case RESULT_TUPLE:
        return copy_of_argument(w, CONTAINER_TUPLE, op);
    case RESULT_SET:
        return copy_of_argument(w, CONTAINER_SET, op);
    case RESULT_DICT:
        return copy_of_argument(w, CONTAINER_DICT, op);
    case RESULT_DEFAULT_DICT:
        return default_dict(w, op);
    case RESULT_ITERATOR:
        return op_at(w, op)->b == 2 ? hold_arguments(w, symbol, op) : argument_at(w, op, 0);
    case RESULT_VIEW:
    case RESULT_FIRST:
        return argument_at(w, op, 0);
    case RESULT_RECEIVER:
        return receiver;
    case RESULT_METHOD:
        return bind_method(w, symbol, op);
    case RESULT_WRAPPED:
        return wrapped(w, op);
    case RESULT_SECOND:
        return argument_at(w, op, 1);
    case RESULT_ELEMENT:
        return load_elements(w, argument_at(w, op, 0), op);
    case RESULT_PAIRS:
        return pairs_of(w, argument_at(w, op, 0));
    case RESULT_FRAME:
        return set_of_node(w, is_own_depth(w, op) ? ask_for_frame(w) : new_node(w, HEAP_RESULT));
    case RESULT_CLASS_OF:
        return class_of_argument(w, op);
    case RESULT_EXC_INFO:
        return exc_info(w, op);
    case RESULT_EXCEPTION:
        return set_of_node(w, current_exception(w));
    case RESULT_CLEARED_FRAMES:
        clear_frames(w, argument_at(w, op, 0));
        return 0;
    case RESULT_SUPER:
        return super_of_method(w);
    case RESULT_SET_ATTRIBUTE:
        return call_setattr(w, op);
    case RESULT_ATTRIBUTE:
        return call_getattr(w, op);
    case RESULT_NAMESPACE:
        return load_fields(w, argument_at(w, op, 0), w->analysis->fields.dict, op);
    }
    return 0;
}

uint32_t run_foreign(struct walker *w, const struct foreign *foreign, uint32_t symbol,
                     uint32_t receiver, uint32_t op)
{
    uint32_t result = give_result(w, foreign, symbol, receiver, op);
    keep_arguments(w, foreign, result, receiver, 0, op);
    return result;
}

/* threading.Thread.__init__(self, target=…) */
static bool call_init_of_class(struct walker *w, uint32_t symbol, uint32_t op)
{
    struct program *program = w->analysis->program;
    const char *name = link_text(program, symbol);
    size_t length = strlen(name);
    static const char suffix[] = ".__init__";
    if (length < sizeof suffix || strcmp(name + length - (sizeof suffix - 1), suffix) != 0) {
        return false;
    }
    const char *class = arena_string(&w->analysis->heap->arena, name, length - (sizeof suffix - 1));
    const struct foreign *foreign = foreign_find(program, link_symbol(program, class));
    if (foreign == NULL || foreign->result != RESULT_INSTANCE) {
        return false;
    }
    keep_arguments(w, foreign, argument_at(w, op, 0), 0, 1, op);
    return true;
}

/* `reactor.callLater(…)`, where the reactor is a name of another package: the method is known by
 * its own. */
static const struct foreign *method_of_name(struct walker *w, uint32_t symbol)
{
    struct program *program = w->analysis->program;
    const char *dot = strrchr(link_text(program, symbol), '.');
    const struct foreign *foreign =
        dot == NULL ? NULL : foreign_find_method(program, link_symbol(program, dot + 1));
    return foreign != NULL && foreign->method == METHOD_HOLDS && foreign->is_telling ? foreign
                                                                                     : NULL;
}

uint32_t call_foreign(struct walker *w, uint32_t symbol, uint32_t op)
{
    const struct foreign *foreign = foreign_find(w->analysis->program, symbol);
    foreign = foreign != NULL ? foreign : method_of_name(w, symbol);
    if (foreign != NULL) {
        return run_foreign(w, foreign, symbol, 0, op);
    }
    return call_init_of_class(w, symbol, op) ? 0 : result_of(w, symbol);
}

/* ---- methods of containers */

/* A container made here; a field that is only ever given containers; or, when the name tells, any
 * object whose class is not known. */
static bool may_be_container(const struct walker *w, uint32_t node, bool is_telling)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    if (n->class != NONE && n->kind != HEAP_CLASS) {
        return is_container_class(w->analysis->program, n->class);
    }
    if (n->kind == HEAP_INSTANCE) {
        return is_telling || n->foreign != NONE;
    }
    return n->kind == HEAP_CONTAINER || n->kind == HEAP_DEREF
           || (is_from_outside(n) && (is_telling || n->container != 0));
}

static uint32_t containers_of(struct walker *w, uint32_t set, bool is_telling)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        if (may_be_container(w, set_at(w, set, i), is_telling)) {
            found = set_union(w, found, set_of_node(w, set_at(w, set, i)));
        }
    }
    return found;
}

static uint32_t second_argument(struct walker *w, uint32_t op)
{
    return argument_at(w, op, op_at(w, op)->b > 1 ? 1 : 0);
}

static void let_go_of_elements(struct walker *w, uint32_t containers, uint32_t elements)
{
    for (uint32_t i = 0; i < set_size(w, containers); i++) {
        uint32_t edge = heap_node_at(&w->heap, set_at(w, containers, i))->first_edge;
        for (; edge != NONE; edge = heap_edge_at(&w->heap, edge)->next) {
            struct heap_edge *e = heap_edge_at(&w->heap, edge);
            if (is_element_field(w->analysis, e->field) && set_contains(w, elements, e->to)) {
                e->flags |= EDGE_IS_DEAD;
            }
        }
    }
}

/* The field of the element that the first argument names. */
static uint32_t key_of_first(struct walker *w, uint32_t op)
{
    return key_field(w, facts_argument(w->facts, op, 0, NULL));
}

static uint32_t load_under(struct walker *w, uint32_t set, uint32_t field, uint32_t op)
{
    return field == w->analysis->fields.element ? load_elements(w, set, op)
                                                : load_fields(w, set, field, op);
}

/* setdefault() replaces nothing. */
static void add_under(struct walker *w, uint32_t set, uint32_t field, uint32_t values, uint32_t op)
{
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        for (uint32_t j = 0; j < set_size(w, values); j++) {
            hold(w, set_at(w, set, i), field, set_at(w, values, j), place_at(w, op), 0, op);
        }
    }
}

/* All of them, whatever is known of their keys. */
static void clear_elements(struct walker *w, uint32_t node)
{
    kill_field(w, node, w->analysis->fields.element);
    for (uint32_t edge = heap_node_at(&w->heap, node)->first_edge; edge != NONE;
         edge = heap_edge_at(&w->heap, edge)->next) {
        if (is_element_field(w->analysis, heap_edge_at(&w->heap, edge)->field)) {
            kill_field(w, node, heap_edge_at(&w->heap, edge)->field);
        }
    }
}

bool call_container_method(struct walker *w, uint32_t set, uint32_t symbol, uint32_t op,
                           uint32_t *value)
{
    const struct foreign *method = foreign_find_method(w->analysis->program, symbol);
    if (method == NULL) {
        return false;
    }
    uint32_t containers = containers_of(w, set, method->is_telling);
    if (containers == 0) {
        return false;
    }
    *value = 0;
    switch (method->method) {
    case METHOD_ADDS_FIRST:
        add_elements(w, containers, argument_at(w, op, 0), op);
        break;
    case METHOD_HOLDS:
        *value = give_result(w, method, NONE, containers, op);
        keep_arguments(w, method, *value, containers, 0, op);
        break;
    case METHOD_ADDS_SECOND:
        add_elements(w, containers, second_argument(w, op), op);
        break;
    case METHOD_ADDS_ELEMENTS:
        copy_elements(w, containers, argument_at(w, op, 0), op);
        break;
    case METHOD_SETS_DEFAULT: {
        uint32_t field = key_of_first(w, op);
        uint32_t old = load_fields(w, containers, field, op);
        add_under(w, containers, field, argument_at(w, op, 1), op);
        *value = set_union(w, old, argument_at(w, op, 1));
        break;
    }
    case METHOD_CLEARS:
        for (uint32_t i = 0; i < set_size(w, containers); i++) {
            clear_elements(w, set_at(w, containers, i));
        }
        break;
    case METHOD_GIVES_ELEMENT:
        *value = load_under(w, containers, key_of_first(w, op), op);
        break;
    case METHOD_TAKES_ELEMENT:
        *value = load_under(w, containers, key_of_first(w, op), op);
        let_go_of_elements(w, containers, *value);
        break;
    case METHOD_GIVES_ITSELF:
        *value = containers;
        break;
    case METHOD_GIVES_PAIRS:
        *value = pairs_of(w, containers);
        break;
    case METHOD_NONE:
    case METHOD_GIVES_NOTHING:
        break;
    }
    return true;
}
