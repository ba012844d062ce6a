/*
 * exceptions.c - exceptions, their tracebacks, and the frames that these hold.
 *
 * A raised exception holds its traceback, the traceback the frame it was raised in, the frame its
 * locals.  So an exception that a local of that frame holds, by itself or over other objects, is in
 * a circle; `raise E()` alone is not, because nobody but the traceback's reader holds the new
 * exception.  What the frame holds is known when it is left (find_frame_circles); what it held when
 * it was raised or caught is noted here.
 */
#include "heap/steps.h"

#include <ctype.h>
#include <string.h>

/* ---- frames and tracebacks */

static uint32_t own_frame(struct walker *w)
{
    if (w->frame == NONE) {
        w->frame = new_node(w, HEAP_FRAME);
        heap_node_at(&w->heap, w->frame)->index = w->scope;
    }
    return w->frame;
}

uint32_t ask_for_frame(struct walker *w)
{
    w->has_own_frame = true;
    return own_frame(w);
}

static uint32_t new_traceback(struct walker *w, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_TRACEBACK);
    heap_node_at(&w->heap, node)->index = w->scope;
    hold(w, node, w->analysis->fields.tb_frame, own_frame(w), place_at(w, op), 0, op);
    return node;
}

/* Puts what the locals hold now in a table. */
static void note_values(struct walker *w, struct pair_table *table)
{
    for (uint32_t i = 0; i < w->variables.n; i++) {
        uint32_t set = w->variables.items[i];
        uint32_t variable = scope_of(w)->first_variable + i;
        for (uint32_t j = 0; j < set_size(w, set); j++) {
            pair_table_put(table, pair_key(variable, set_at(w, set, j)),
                           (uint32_t)w->exit_values.n);
        }
    }
}

/* Only what the locals hold now, and when the frame is left, is held together with an exception. */
void keep_held_values(struct walker *w)
{
    note_values(w, &w->held_values);
}

/* ---- what a handler caught */

uint32_t make_exception(struct walker *w, uint32_t class, uint32_t foreign, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_EXCEPTION);
    heap_node_at(&w->heap, node)->class = class;
    heap_node_at(&w->heap, node)->foreign = foreign;
    hold(w, node, w->analysis->fields.traceback, new_traceback(w, op), place_at(w, op), 0, op);
    return node;
}

/* What this function's own handler caught.  Outside of one it was caught by a caller, and its
 * traceback does not reach this frame. */
uint32_t current_exception(struct walker *w)
{
    return w->exception != NONE ? w->exception : entity_node(w, HEAP_HANDLED, 0, 0);
}

uint32_t exc_info(struct walker *w, uint32_t op)
{
    uint32_t exception = current_exception(w);
    uint32_t tuple = new_container(w, CONTAINER_TUPLE);
    hold(w, tuple, w->analysis->fields.index[1], exception, place_at(w, op), 0, op);
    uint32_t traceback = load_field(w, exception, w->analysis->fields.traceback, op);
    for (uint32_t i = 0; i < set_size(w, traceback); i++) {
        hold(w, tuple, w->analysis->fields.index[2], set_at(w, traceback, i), place_at(w, op), 0,
             op);
    }
    return set_of_node(w, tuple);
}

/* ---- raising */

/* `raise self.error_class` makes a new exception: only the class is held. */
static bool is_name_of_class(const char *name)
{
    name += strspn(name, "_");
    size_t length = strlen(name);
    return isupper((unsigned char)*name) || strstr(name, "cls") != NULL
           || strstr(name, "class") != NULL || strstr(name, "Class") != NULL
           || strstr(name, "factory") != NULL
           || (length >= 3 && strcmp(name + length - 3, "typ") == 0)
           || (length >= 4 && strcmp(name + length - 3, "ype") == 0);
}

static const char *name_of_value(const struct walker *w, const struct op *value)
{
    return value->kind == OP_LOAD        ? variable_name(w->facts, value->a)
           : value->kind == OP_ATTRIBUTE ? facts_name(w->facts, value->b)
                                         : "";
}

/* Whether the node is an exception that somebody besides the raise may hold. */
static bool is_held_exception(const struct walker *w, uint32_t node, const struct op *value)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    switch ((enum heap_kind)n->kind) {
    case HEAP_EXCEPTION:
    case HEAP_HANDLED:
        return true;
    case HEAP_INSTANCE:
        return value->kind != OP_CALL;
    case HEAP_RESULT:
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_DEREF:
        return value->kind != OP_CALL && !is_name_of_class(name_of_value(w, value));
    case HEAP_GLOBAL: /* alive as long as the program: what it holds is no garbage */
    case HEAP_CONTAINER:
    case HEAP_CLOSURE:
    case HEAP_CELL:
    case HEAP_METHOD:
    case HEAP_PARTIAL:
    case HEAP_GENERATOR:
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

/* Whether it is sure that it is an exception, and no class of one. */
static bool is_surely_exception(const struct heap_node *n)
{
    return n->kind == HEAP_EXCEPTION || n->kind == HEAP_INSTANCE;
}

static bool is_none(const struct walker *w, uint32_t value)
{
    return op_at(w, value)->kind == OP_CONSTANT && op_at(w, value)->aux == CONSTANT_NONE;
}

static bool is_with_traceback(const struct walker *w, const struct op *call)
{
    const struct op *callee = call->kind == OP_CALL ? op_at(w, call->a) : NULL;
    return callee != NULL && callee->kind == OP_ATTRIBUTE
           && strcmp(facts_name(w->facts, callee->b), "with_traceback") == 0;
}

/* Whether it was caught here, or raised already. */
static bool leads_here(const struct walker *w, uint32_t node)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        const struct heap_node *held = heap_node_at(&w->heap, edge->to);
        if (edge->field == w->analysis->fields.traceback && !(edge->flags & EDGE_IS_DEAD)
            && held->kind == HEAP_TRACEBACK && held->first_edge != NONE
            && heap_edge_at(&w->heap, held->first_edge)->to == w->frame
            && is_ancestor_context(w, edge->context, w->context)) {
            return true;
        }
    }
    return false;
}

/* Its traceback now leads to this frame. */
static void raise_node(struct walker *w, uint32_t node, uint32_t flags, uint32_t op)
{
    if (w->frame != NONE && leads_here(w, node)) {
        return;
    }
    struct heap_node n = *heap_node_at(&w->heap, node);
    flags |= is_surely_exception(&n) ? 0 : (uint32_t)EDGE_IS_MAYBE;
    hold(w, node, w->analysis->fields.traceback, new_traceback(w, op), place_at(w, op), flags, op);
}

/* A bare `raise` outside of a handler: what the caller's caught goes on through this frame. */
static bool raises_again(struct walker *w, uint32_t op)
{
    if (w->exception != NONE || !is_entity_known(w, HEAP_HANDLED, 0, 0)) {
        return false;
    }
    uint32_t flags = may_be_caught(w) ? 0 : EDGE_LEAVES;
    raise_node(w, entity_node(w, HEAP_HANDLED, 0, 0), flags, op);
    return true;
}

void walk_raise(struct walker *w, uint32_t op)
{
    uint32_t raised = op_at(w, op)->a, n_raised = 0;
    if (w->is_live && raised == NONE) {
        n_raised = raises_again(w, op);
    }
    if (w->is_live && raised != NONE) {
        const struct op *value = op_at(w, raised);
        uint32_t set = value_of(w, raised);
        for (; is_with_traceback(w, value); value = op_at(w, op_at(w, value->a)->a)) {
        }
        uint32_t flags = set_size(w, set) > 1 ? EDGE_IS_MAYBE : 0;
        flags |= may_be_caught(w) ? 0 : (uint32_t)EDGE_LEAVES;
        for (uint32_t i = 0; i < set_size(w, set); i++) {
            if (is_held_exception(w, set_at(w, set, i), value)) {
                raise_node(w, set_at(w, set, i), flags, op);
                n_raised++;
            }
        }
    }
    if (n_raised > 0) {
        note_values(w, may_be_caught(w) ? &w->held_values : &w->raised_values);
    }
    leave_by_raise(w, op);
}

/* ---- leaving a `with` */

static const struct parameter *parameter_at(const struct facts *facts, uint32_t scope, uint32_t i)
{
    const struct scope *s = &facts->scopes[scope];
    return i < s->n_parameters ? &facts->parameters[s->first_parameter + i] : NULL;
}

/* Whether __exit__ does anything with the exception or traceback it is given. */
static bool reads_exception(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    const struct parameter *type = parameter_at(facts, scope, 1);
    uint32_t first = type != NULL && type->kind == PARAMETER_STAR ? 1 : 2;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        for (uint32_t p = first; facts->ops[i].kind == OP_LOAD && p < s->n_parameters; p++) {
            if (parameter_at(facts, scope, p)->variable == facts->ops[i].a) {
                return true;
            }
        }
    }
    return false;
}

static void be_held(struct walker *w, uint32_t node, bool is_held)
{
    uint8_t *flags = &heap_node_at(&w->heap, node)->flags;
    *flags = is_held ? *flags | NODE_IS_HELD : *flags & (uint8_t)~NODE_IS_HELD;
}

static bool is_held(const struct walker *w, uint32_t node)
{
    return heap_node_at(&w->heap, node)->flags & NODE_IS_HELD;
}

/* (None, exception, traceback), as `*exc_info` receives them. */
static uint32_t exit_tuple(struct walker *w, uint32_t exception, uint32_t traceback, uint32_t op)
{
    uint32_t tuple = new_container(w, CONTAINER_TUPLE);
    hold(w, tuple, w->analysis->fields.index[1], exception, place_at(w, op), 0, op);
    hold(w, tuple, w->analysis->fields.index[2], traceback, place_at(w, op), 0, op);
    return tuple;
}

/* What the manager's __exit__ keeps of an exception in the block: only then is there a frame that
 * anybody could hold. */
static void run_exit(struct walker *w, uint32_t manager, struct method exit, uint32_t op)
{
    const struct facts *facts = w->analysis->program->files[exit.file];
    bool has_star = parameter_at(facts, exit.scope, 1) != NULL
                    && parameter_at(facts, exit.scope, 1)->kind == PARAMETER_STAR;
    uint32_t exception = new_node(w, HEAP_EXCEPTION), traceback = new_node(w, HEAP_TRACEBACK);
    uint32_t arguments[4] = {set_of_node(w, manager), 0, set_of_node(w, exception),
                             set_of_node(w, traceback)};
    uint32_t tuple = has_star ? exit_tuple(w, exception, traceback, op) : NONE;
    if (has_star) {
        arguments[1] = set_of_node(w, tuple);
    }
    hold(w, exception, w->analysis->fields.traceback, traceback, place_at(w, op), 0, op);
    be_held(w, exception, false);
    be_held(w, traceback, false);
    summary_apply(w, exit.file, exit.scope, arguments, has_star ? 2 : 4, EDGE_IS_MAYBE, op);
    if (is_held(w, exception) || is_held(w, traceback) || (has_star && is_held(w, tuple))) {
        heap_node_at(&w->heap, traceback)->index = w->scope;
        be_held(w, exception, true);
        be_held(w, traceback, true);
        hold(w, traceback, w->analysis->fields.tb_frame, own_frame(w), place_at(w, op), 0, op);
        keep_held_values(w);
    }
}

bool leave_with(struct walker *w, uint32_t with)
{
    const struct program *program = w->analysis->program;
    const struct op *op = op_at(w, with);
    uint32_t manager = set_single(w, value_of(w, op->a));
    uint32_t class = manager == NONE ? NONE : heap_node_at(&w->heap, manager)->class;
    struct method exit;
    if (class == NONE
        || !classes_find_method(program, class, op->flags & OP_IS_ASYNC ? "__aexit__" : "__exit__",
                                &exit)
        || !reads_exception(program->files[exit.file], exit.scope)) {
        return true;
    }
    if (needs_summary(w, exit.file, exit.scope)) {
        return false;
    }
    run_exit(w, manager, exit, with);
    return true;
}

/* ---- methods and functions of exceptions */

static uint32_t only_tracebacks(struct walker *w, uint32_t set)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < set_size(w, set); i++) {
        if (heap_node_at(&w->heap, set_at(w, set, i))->kind == HEAP_TRACEBACK) {
            found = set_union(w, found, set_of_node(w, set_at(w, set, i)));
        }
    }
    return found;
}

bool call_with_traceback(struct walker *w, uint32_t set, uint32_t op, uint32_t *value)
{
    if (!is_with_traceback(w, op_at(w, op))) {
        return false;
    }
    uint32_t argument = facts_argument(w->facts, op, 0, "tb");
    uint32_t tracebacks = argument == NONE ? 0 : only_tracebacks(w, value_of(w, argument));
    if (set_single(w, set) != NONE
        && (tracebacks != 0 || (argument != NONE && is_none(w, argument)))) {
        store_field(w, set, w->analysis->fields.traceback, tracebacks, op);
    }
    *value = set;
    return true;
}

/* traceback.clear_frames(): the frames stay, but they hold nothing any more. */
void clear_frames(struct walker *w, uint32_t tracebacks)
{
    for (uint32_t i = 0; i < set_size(w, tracebacks); i++) {
        kill_field(w, set_at(w, tracebacks, i), w->analysis->fields.tb_frame);
    }
}
