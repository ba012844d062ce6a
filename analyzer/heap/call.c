/*
 * call.c - a call: arguments go to parameters, and the callee's summary to the caller's heap.
 */
#include "heap/callees.h"

#include <string.h>

/* ---- what it does */

static uint32_t parameter_named(const struct walker *w, const struct callee *callee,
                                uint32_t symbol)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    const struct link *link = w->analysis->program->link;
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        const struct parameter *p = &facts->parameters[s->first_parameter + i];
        uint32_t name = link_symbol_of(link, callee->file, facts->variables[p->variable].name);
        if (name == symbol && p->kind != PARAMETER_STAR && p->kind != PARAMETER_DOUBLE_STAR
            && p->kind != PARAMETER_POSITIONAL_ONLY) {
            return i;
        }
    }
    return NONE;
}

static uint32_t parameter_of_kind(const struct walker *w, const struct callee *callee,
                                  enum parameter_kind kind)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        if (facts->parameters[s->first_parameter + i].kind == kind) {
            return i;
        }
    }
    return NONE;
}

static bool is_positional(const struct walker *w, const struct callee *callee, uint32_t i)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    if (i >= s->n_parameters) {
        return false;
    }
    uint32_t kind = facts->parameters[s->first_parameter + i].kind;
    return kind == PARAMETER_PLAIN || kind == PARAMETER_POSITIONAL_ONLY;
}

/* An argument that no parameter takes goes into *args or **kwargs. */
static void gather_argument(struct walker *w, uint32_t *arguments, uint32_t parameter,
                            enum container container, uint32_t field, uint32_t values, uint32_t op)
{
    if (parameter >= MAX_ARGUMENTS || set_size(w, values) == 0) {
        return;
    }
    if (arguments[parameter] == 0) {
        arguments[parameter] = set_of_node(w, new_container(w, container));
    }
    store_field(w, arguments[parameter], field, values, op);
}

static bool is_tuple(const struct heap_node *n)
{
    return (n->kind == HEAP_CONTAINER || n->kind == HEAP_PARAMETER)
           && n->container == CONTAINER_TUPLE;
}

/* Whether no other argument goes where the rest of this one, `*values`, goes. */
static bool is_last_positional(const struct walker *w, uint32_t call, uint32_t argument)
{
    const struct op *next = op_at(w, argument + 1);
    return argument == call + op_at(w, call)->b || next->b != NONE
           || next->flags & OP_IS_DOUBLE_STARRED;
}

/* f(*values): a tuple handed on as a whole stays what it is, and its parts have their places. */
static uint32_t spread_argument(struct walker *w, const struct callee *callee, uint32_t *arguments,
                                uint32_t position, uint32_t call, uint32_t op)
{
    const struct fields *fields = &w->analysis->fields;
    uint32_t values = value_of(w, op_at(w, op)->a);
    uint32_t star = parameter_of_kind(w, callee, PARAMETER_STAR);
    uint32_t single = set_single(w, values);
    const struct heap_node *tuple = single == NONE ? NULL : heap_node_at(&w->heap, single);
    if (tuple == NULL || !is_tuple(tuple)) {
        gather_argument(w, arguments, star, CONTAINER_TUPLE, fields->element,
                        load_elements(w, values, op), op);
        return position;
    }
    if (tuple->kind == HEAP_CONTAINER) {
        for (uint32_t i = 0; i < sizeof fields->index / sizeof *fields->index
                             && is_positional(w, callee, position) && position < MAX_ARGUMENTS;
             i++) {
            arguments[position++] = load_field(w, single, fields->index[i], op);
        }
    }
    if (!is_positional(w, callee, position) && star < MAX_ARGUMENTS && arguments[star] == 0
        && is_last_positional(w, call, op)) {
        arguments[star] = values;
        return position;
    }
    gather_argument(w, arguments, star, CONTAINER_TUPLE, fields->element,
                    load_elements(w, values, op), op);
    return position;
}

static uint32_t map_arguments(struct walker *w, const struct callee *callee, uint32_t op,
                              uint32_t *arguments)
{
    const struct scope *scope = &facts_at(w, callee->file)->scopes[callee->scope];
    uint32_t n = scope->n_parameters < MAX_ARGUMENTS ? scope->n_parameters : MAX_ARGUMENTS;
    memset(arguments, 0, MAX_ARGUMENTS * sizeof *arguments);
    uint32_t position = callee->receiver != NONE || callee->skips_first ? 1 : 0;
    if (callee->receiver != NONE && n > 0) {
        arguments[0] = set_of_node(w, callee->receiver);
    }
    uint32_t any = w->analysis->fields.element;
    uint32_t star = parameter_of_kind(w, callee, PARAMETER_STAR);
    uint32_t double_star = parameter_of_kind(w, callee, PARAMETER_DOUBLE_STAR);
    for (uint32_t i = op + 1; i <= op + op_at(w, op)->b; i++) {
        const struct op *argument = op_at(w, i);
        uint32_t values = value_of(w, argument->a);
        if (argument->flags & OP_IS_STARRED) {
            position = spread_argument(w, callee, arguments, position, op, i);
        } else if (argument->flags & OP_IS_DOUBLE_STARRED) {
            gather_argument(w, arguments, double_star, CONTAINER_DICT, any,
                            load_elements(w, values, i), i);
        } else if (argument->b != NONE) {
            uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, argument->b);
            uint32_t parameter = parameter_named(w, callee, symbol);
            if (parameter < MAX_ARGUMENTS) {
                arguments[parameter] = values;
            } else {
                uint32_t field = named_key_field(w, facts_name(w->facts, argument->b));
                gather_argument(w, arguments, double_star, CONTAINER_DICT, field, values, i);
            }
        } else if (position < MAX_ARGUMENTS && is_positional(w, callee, position)) {
            arguments[position++] = values;
        } else {
            gather_argument(w, arguments, star, CONTAINER_TUPLE, any, values, i);
        }
    }
    return n;
}

/* A generator or coroutine object holds its frame, and that the arguments. */
static uint32_t make_generator(struct walker *w, const struct callee *callee,
                               const uint32_t *arguments, uint32_t n, uint32_t returns, uint32_t op)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *scope = &facts->scopes[callee->scope];
    uint32_t node = new_node(w, HEAP_GENERATOR);
    struct heap_node *generator = heap_node_at(&w->heap, node);
    generator->file = callee->file;
    generator->index = callee->scope;
    generator->values = returns;
    for (uint32_t i = 0; i < n; i++) {
        const struct parameter *p = &facts->parameters[scope->first_parameter + i];
        uint32_t name = link_symbol_of(w->analysis->program->link, callee->file,
                                       facts->variables[p->variable].name);
        for (uint32_t j = 0; j < set_size(w, arguments[i]); j++) {
            hold(w, node, name, set_at(w, arguments[i], j), place_at(w, op), 0, op);
        }
    }
    return set_of_node(w, node);
}

/* Whether a decorator makes something else of what a call gives: inlineCallbacks a Deferred,
 * contextmanager an object that `with` runs to its end. */
static bool is_made_otherwise(const struct facts *facts, uint32_t scope)
{
    static const char *const plain[] = {"staticmethod",   "classmethod", "property", "override",
                                        "abstractmethod", "final",       "overload", "coroutine"};
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        const struct op *decorator = &facts->ops[facts->ops[call].a];
        const char *name = decorator->kind == OP_LOAD        ? variable_name(facts, decorator->a)
                           : decorator->kind == OP_ATTRIBUTE ? facts_name(facts, decorator->b)
                                                             : "";
        bool is_plain = false;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
            is_plain = is_plain || strcmp(name, plain[i]) == 0;
        }
        if (!is_plain) {
            return true;
        }
    }
    return false;
}

uint32_t call_function(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t arguments[MAX_ARGUMENTS];
    uint32_t n = map_arguments(w, callee, op, arguments);
    uint32_t returns =
        summary_apply(w, callee->file, callee->scope, arguments, n, callee->flags, op);
    const struct facts *facts = facts_at(w, callee->file);
    if (!(facts->scopes[callee->scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR))) {
        return returns;
    }
    return is_made_otherwise(facts, callee->scope)
               ? set_of_node(w, new_node(w, HEAP_RESULT))
               : make_generator(w, callee, arguments, n, returns, op);
}

bool call_method(struct walker *w, uint32_t receiver, uint32_t file, uint32_t scope,
                 uint32_t argument, uint32_t op, uint32_t *value)
{
    if (needs_summary(w, file, scope)) {
        return false;
    }
    uint32_t arguments[2] = {set_of_node(w, receiver), argument};
    *value = summary_apply(w, file, scope, arguments, 2, 0, op);
    return true;
}

/* ---- the call */

static bool callee_needs_summary(struct walker *w, const struct callee *callee)
{
    uint32_t file, scope;
    if (callee->kind == CALLEE_FUNCTION) {
        return needs_summary(w, callee->file, callee->scope);
    }
    if (callee->kind != CALLEE_CLASS || callee->class == NONE) {
        return false;
    }
    return (function_of_class(w, callee->class, 0, w->analysis->fields.init, &file, &scope)
            && needs_summary(w, file, scope))
           || (function_of_class(w, callee->class, 0, w->analysis->fields.post_init, &file, &scope)
               && needs_summary(w, file, scope));
}

static uint32_t run_callee(struct walker *w, const struct callee *callee, uint32_t op)
{
    switch (callee->kind) {
    case CALLEE_FUNCTION:
        return call_function(w, callee, op);
    case CALLEE_CLASS:
        return callee->class == NONE ? 0 : make_instance(w, callee, op);
    case CALLEE_NAMED_TUPLE:
        return make_named_tuple(w, callee, op);
    case CALLEE_FOREIGN:
        return call_foreign(w, callee->symbol, op);
    }
    return 0;
}

bool walk_call(struct walker *w, uint32_t op)
{
    struct callees callees = {.n = 0};
    uint32_t callee = op_at(w, op)->a;
    uint32_t *result = &w->values.items[op - w->facts->scopes[w->scope].first_op];
    if (op_at(w, callee)->kind == OP_ATTRIBUTE) {
        uint32_t objects = value_of(w, op_at(w, callee)->a);
        uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, op_at(w, callee)->b);
        for (uint32_t i = 0; i < set_size(w, objects) && i < MAX_SPREAD; i++) {
            add_method_of(w, &callees, set_at(w, objects, i), symbol, op);
        }
        uint32_t value;
        if (callees.n == 0 && call_with_traceback(w, objects, op, &value)) {
            *result = value;
            return true;
        }
        if (callees.n == 0) {
            guess_methods(w, &callees, objects, symbol, op);
        }
        if (callees.n == 0 && call_foreign_method(w, objects, symbol, op, &value)) {
            *result = value;
            return true;
        }
        if (callees.n == 0 && call_container_method(w, objects, symbol, op, &value)) {
            *result = value;
            return true;
        }
    } else {
        uint32_t single = set_single(w, value_of(w, callee));
        if (single != NONE && heap_node_at(&w->heap, single)->kind == HEAP_WEAK) {
            *result = heap_node_at(&w->heap, single)->values; /* ref() is the referent */
            return true;
        }
        add_values(w, &callees, value_of(w, callee));
    }
    for (uint32_t i = 0; i < callees.n; i++) {
        if (callee_needs_summary(w, &callees.items[i])) {
            return false;
        }
    }
    uint32_t value = 0;
    for (uint32_t i = 0; i < callees.n; i++) {
        callees.items[i].flags |= callees.n > 1 ? (uint32_t)EDGE_IS_MAYBE : 0;
        value = set_union(w, value, run_callee(w, &callees.items[i], op));
    }
    w->values.items[op - w->facts->scopes[w->scope].first_op] =
        callees.n > 0 ? value : set_of_node(w, new_node(w, HEAP_RESULT));
    return true;
}
