/*
 * control.c - branches, loops, handlers: what the variables hold where ways meet, and what is left
 * when the function ends.
 */
#include "heap/steps.h"

#include <string.h>

/* ---- contexts and joins */

static uint32_t enter_context(struct walker *w, uint32_t parent, uint32_t construct, uint32_t part,
                              bool is_exclusive)
{
    *array_push(&w->contexts) = (struct context){
        .parent = parent, .construct = construct, .part = part, .is_exclusive = is_exclusive};
    return (uint32_t)w->contexts.n - 1;
}

static uint32_t save_variables(struct walker *w)
{
    uint32_t at = (uint32_t)w->saved_variables.n;
    for (size_t i = 0; i < w->variables.n; i++) {
        *array_push(&w->saved_variables) = w->variables.items[i];
    }
    return at;
}

static void restore_variables(struct walker *w, uint32_t saved)
{
    if (w->variables.n > 0) {
        memcpy(w->variables.items, w->saved_variables.items + saved,
               w->variables.n * sizeof *w->variables.items);
    }
}

/* The variables are what they are now or what they were when saved. */
static void join_variables(struct walker *w, uint32_t saved)
{
    for (size_t i = 0; i < w->variables.n; i++) {
        w->variables.items[i] =
            set_union(w, w->variables.items[i], w->saved_variables.items[saved + i]);
    }
}

/* The variables as they are are one more way to come to where `saved` is used; the first, when
 * `*is_there` is false. */
static void merge_variables(struct walker *w, uint32_t saved, bool *is_there)
{
    for (size_t i = 0; i < w->variables.n; i++) {
        uint32_t *merged = &w->saved_variables.items[saved + i];
        *merged = *is_there ? set_union(w, *merged, w->variables.items[i]) : w->variables.items[i];
    }
    *is_there = true;
}

/* The part that ends is one way to come to what follows. */
static void merge_part(struct walker *w, struct walk_control *c)
{
    if (w->is_live) {
        merge_variables(w, c->merged, &c->has_merged);
    }
}

static void take_merged(struct walker *w, const struct walk_control *c)
{
    if (c->has_merged) {
        restore_variables(w, c->merged);
    }
    w->is_live = c->has_merged;
}

void begin_control(struct walker *w, uint32_t op, bool is_exclusive)
{
    w->n_saved += (uint32_t)w->variables.n;
    uint32_t construct = ++w->n_constructs;
    struct walk_control control = {.op = op,
                                   .saved = save_variables(w),
                                   .merged = save_variables(w),
                                   .body = NONE,
                                   .raised = NONE,
                                   .left = NONE,
                                   .context = w->context,
                                   .exception = w->exception,
                                   .construct = construct,
                                   .n_handler_names = (uint32_t)w->handler_names.n,
                                   .was_live = w->is_live};
    *array_push(&w->controls) = control;
    w->context = enter_context(w, w->context, construct, 0, is_exclusive);
}

/* Which parts the `try` has. */
static void look_ahead(struct walker *w, struct walk_control *control)
{
    uint32_t end = op_at(w, control->op)->b;
    for (uint32_t i = control->op + 1; i < end; i++) {
        const struct op *op = op_at(w, i);
        if (op->b == end && (op->kind == OP_FINALLY || op->kind == OP_EXCEPT)) {
            control->has_exit |= op->kind == OP_FINALLY;
            control->has_handlers |= op->kind == OP_EXCEPT;
        }
    }
}

void begin_try(struct walker *w, uint32_t op)
{
    begin_control(w, op, false);
    struct walk_control *control = array_last(&w->controls);
    look_ahead(w, control);
    uint32_t raised = control->has_handlers ? save_variables(w) : NONE;
    uint32_t left = control->has_exit ? save_variables(w) : NONE;
    control->raised = raised;
    control->left = left;
    w->context = control->context; /* its body always begins */
}

/* ---- leaving the function */

static bool is_handler_name(const struct walker *w, uint32_t variable)
{
    for (size_t i = 0; i < w->handler_names.n; i++) {
        if (w->handler_names.items[i] == variable) {
            return true;
        }
    }
    return false;
}

/* Whether the branch of an `if` that is being walked took the edge away. */
static bool is_taken_away_here(const struct walker *w, const struct heap_edge *edge)
{
    uint32_t context = edge->killed_construct == 0 ? 0 : w->context;
    for (; context != 0; context = w->contexts.items[context].parent) {
        const struct context *c = &w->contexts.items[context];
        if (c->construct == edge->killed_construct && c->part == edge->killed_part) {
            return true;
        }
    }
    return false;
}

/* A container that holds nothing yet, or was cleared on this way. */
static bool is_empty_here(const struct walker *w, uint32_t node)
{
    const struct heap_node *n = heap_node_at(&w->heap, node);
    if (n->kind != HEAP_CONTAINER) {
        return false;
    }
    for (uint32_t i = n->first_edge; i != NONE; i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        if (!(edge->flags & EDGE_IS_DEAD) && !is_taken_away_here(w, edge)) {
            return false;
        }
    }
    return true;
}

/* Whether the function goes up the stack with this variable: `frame = frame.f_back`. */
static bool goes_up_the_stack(const struct walker *w, uint32_t variable)
{
    const struct scope *s = scope_of(w);
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        const struct op *value = op->kind == OP_STORE && op->b != NONE ? op_at(w, op->b) : NULL;
        if (value != NULL && value->kind == OP_ATTRIBUTE && op_at(w, op->a)->kind == OP_TARGET_NAME
            && op_at(w, op->a)->a == variable && op_at(w, value->a)->kind == OP_LOAD
            && op_at(w, value->a)->a == variable
            && strcmp(facts_name(w->facts, value->b), "f_back") == 0) {
            return true;
        }
    }
    return false;
}

/* Whether it holds no part of a cycle through this frame when the function is left. */
static bool is_let_go(const struct walker *w, uint32_t variable, uint32_t node)
{
    return is_empty_here(w, node)
           || (heap_node_at(&w->heap, node)->kind == HEAP_FRAME && goes_up_the_stack(w, variable));
}

/* What the locals hold when the frame is left for good; `except … as name` has been deleted by
 * then, and what a comprehension binds is bound inside of it only. */
void keep_exit_values(struct walker *w)
{
    for (uint32_t i = 0; i < w->variables.n; i++) {
        uint32_t set = w->variables.items[i];
        uint32_t variable = scope_of(w)->first_variable + i;
        bool is_bound = !(w->facts->variables[variable].flags & VARIABLE_IN_COMPREHENSION);
        if (set == 0 || !is_bound || is_handler_name(w, variable)) {
            continue;
        }
        for (uint32_t j = 0; j < set_size(w, set); j++) {
            uint32_t node = set_at(w, set, j);
            if (is_let_go(w, variable, node)) {
                continue;
            }
            bool is_held =
                pair_table_get(&w->raised_values, pair_key(variable, node)) != TABLE_NONE;
            *array_push(&w->exit_values) = (struct exit_value){.variable = variable,
                                                               .node = node,
                                                               .op = w->stored_at.items[i],
                                                               .is_held = is_held};
        }
    }
    pair_table_clear(&w->raised_values);
}

/* A handler ends here: only what the locals hold now can have been held with its exception. */
static void keep_handler_values(struct walker *w)
{
    if (w->exception != NONE && w->is_live) {
        keep_held_values(w);
    }
}

/* The innermost `finally` of the first `n` constructs that is still to come. */
static struct walk_control *innermost_finally(struct walker *w, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        struct walk_control *c = &w->controls.items[i];
        if (op_at(w, c->op)->kind == OP_TRY && c->has_exit) {
            return c;
        }
    }
    return NULL;
}

/* The names of handlers that a jump out of them leaves: Python deletes them on the way. */
static void leave_handlers(struct walker *w, const struct walk_control *goal, uint32_t op)
{
    keep_handler_values(w);
    for (size_t i = goal->n_handler_names; i < w->handler_names.n; i++) {
        store_variable(w, w->handler_names.items[i], 0, op);
    }
}

/* On the way out a `finally` runs first, and sees the locals as they are here. */
void leave_function(struct walker *w, uint32_t op)
{
    keep_handler_values(w);
    struct walk_control *finally = innermost_finally(w, w->controls.n);
    if (w->is_live && finally != NULL) {
        leave_handlers(w, finally, op);
        merge_variables(w, finally->left, &finally->has_left);
    } else if (w->is_live) {
        keep_exit_values(w);
    }
    w->is_live = false;
}

/* The `try` whose handlers may catch what is raised here; NULL also when a `finally` comes first.
 */
static struct walk_control *catching_try(struct walker *w)
{
    for (size_t i = w->controls.n; i-- > 0;) {
        struct walk_control *c = &w->controls.items[i];
        if (c->raised != NONE && c->part == 0) {
            return c;
        }
        if (c->has_exit) {
            return NULL;
        }
    }
    return NULL;
}

bool may_be_caught(const struct walker *w)
{
    for (size_t i = 0; i < w->controls.n; i++) {
        const struct walk_control *c = &w->controls.items[i];
        if (c->raised != NONE && c->part == 0) {
            return true;
        }
    }
    return false;
}

void leave_by_raise(struct walker *w, uint32_t op)
{
    struct walk_control *try = catching_try(w);
    if (try == NULL || !w->is_live) {
        leave_function(w, op);
        return;
    }
    leave_handlers(w, try, op);
    merge_variables(w, try->raised, &try->has_raised);
    w->is_live = false;
}

/* ---- what a condition tells of a variable */

static bool is_len(const struct walker *w, const struct op *call)
{
    const struct op *callee = op_at(w, call->a);
    return call->b == 1 && callee->kind == OP_LOAD && is_builtin_variable(w->facts, callee->a)
           && strcmp(variable_name(w->facts, callee->a), "len") == 0;
}

/* The variable of `x`, `len(x)`, `x is None`, or of their contrary: then `*is_true` is turned. */
static uint32_t tested_variable(const struct walker *w, uint32_t condition, bool *is_true)
{
    const struct op *o = op_at(w, condition);
    for (; o->kind == OP_UNARY && o->aux == OPERATOR_NOT; o = op_at(w, o->a)) {
        *is_true = !*is_true;
    }
    if (o->kind == OP_CALL && is_len(w, o)) {
        o = op_at(w, op_at(w, (uint32_t)(o - w->facts->ops) + 1)->a);
    } else if (o->kind == OP_COMPARE && (o->aux == OPERATOR_IS || o->aux == OPERATOR_IS_NOT)
               && op_at(w, o->b)->kind == OP_CONSTANT && op_at(w, o->b)->aux == CONSTANT_NONE) {
        *is_true = *is_true == (o->aux == OPERATOR_IS_NOT);
        o = op_at(w, o->a);
    }
    return o->kind == OP_LOAD && is_own(w, o->a) ? o->a : NONE;
}

/* The condition of `control` turned out false (or true, when negated): what is None or empty holds
 * nothing.  An empty container may yet be filled where it was asked for, `if not found:`. */
void assume(struct walker *w, uint32_t control, bool is_true, bool may_be_filled)
{
    const struct op *o = op_at(w, control);
    if (o->kind != OP_IF || o->a == NONE || o->flags & OP_IS_PATTERN) {
        return;
    }
    is_true = is_true != ((o->flags & OP_IS_NEGATED) != 0);
    uint32_t variable = tested_variable(w, o->a, &is_true);
    if (variable == NONE || is_true || w->cells.items[own_index(w, variable)] != NONE) {
        return;
    }
    uint32_t old = w->variables.items[own_index(w, variable)], kept = 0;
    for (uint32_t i = 0; i < set_size(w, old); i++) {
        const struct heap_node *n = heap_node_at(&w->heap, set_at(w, old, i));
        bool is_single = is_exception(n) || n->kind == HEAP_FRAME || n->kind == HEAP_TRACEBACK;
        if (!is_single && (n->kind != HEAP_CONTAINER || may_be_filled)) {
            kept = set_union(w, kept, set_of_node(w, set_at(w, old, i)));
        }
    }
    w->variables.items[own_index(w, variable)] = kept;
}

/* ---- control ops */

static void end_handler(struct walker *w, const struct walk_control *c)
{
    if (op_at(w, c->op)->kind == OP_TRY && c->part > 0) {
        keep_handler_values(w);
        w->exception = c->exception;
    }
}

void walk_else(struct walker *w, uint32_t op)
{
    struct walk_control *c = array_last(&w->controls);
    uint8_t kind = op_at(w, c->op)->kind;
    if (kind == OP_LOOP) {
        return; /* runs after the loop, with what it left */
    }
    end_handler(w, c);
    merge_part(w, c);
    c = array_last(&w->controls);
    c->has_else = true;
    c->part++;
    if (kind == OP_IF) {
        restore_variables(w, c->saved);
        w->is_live = c->was_live;
        w->context = enter_context(w, c->context, c->construct, c->part, true);
        assume(w, c->op, false, false);
    } else { /* of TRY: the body went well */
        c->has_merged = c->has_merged && c->part > 1;
        if (c->body != NONE) {
            restore_variables(w, c->body);
        }
        w->is_live = c->was_live;
    }
    (void)op;
}

void walk_except(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    end_handler(w, c);
    if (c->body == NONE) {
        uint32_t body = save_variables(w);
        c = array_last(&w->controls);
        c->body = body;
    }
    merge_part(w, c);
    c = array_last(&w->controls);
    restore_variables(w, c->saved);
    join_variables(w, c->body);
    if (c->has_raised) {
        join_variables(w, c->raised);
    }
    w->is_live = c->was_live;
    c->part++;
    w->context = enter_context(w, c->context, c->construct, c->part, false);
    w->exception = NONE;
}

void walk_finally(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    end_handler(w, c);
    merge_part(w, c);
    c = array_last(&w->controls);
    bool was_live = c->has_merged;
    if (c->has_merged) {
        restore_variables(w, c->merged);
    }
    join_variables(w, c->saved);
    if (c->has_left) {
        join_variables(w, c->left);
    }
    c->has_merged = was_live;
    c->has_exit = false; /* what leaves now leaves through here */
    c->part = UINT32_MAX;
    w->is_live = true;
    w->context = c->context;
    w->exception = c->exception;
}

static void end_if(struct walker *w, struct walk_control *c)
{
    merge_part(w, c);
    c = array_last(&w->controls);
    if (!c->has_else && c->was_live) {
        uint32_t merged = c->has_merged ? c->merged : NONE;
        restore_variables(w, c->saved);
        assume(w, c->op, false, false);
        if (merged != NONE) {
            join_variables(w, merged);
        }
        w->is_live = true;
        return;
    }
    take_merged(w, c);
}

static void leave_after_finally(struct walker *w)
{
    struct walk_control *outer = innermost_finally(w, w->controls.n - 1);
    if (outer == NULL) {
        keep_exit_values(w);
    } else {
        merge_variables(w, outer->left, &outer->has_left);
    }
}

static void end_try(struct walker *w, struct walk_control *c)
{
    if (c->part == UINT32_MAX) { /* after `finally`; it also ran when the function was left */
        leave_after_finally(w);
        w->is_live = w->is_live && c->has_merged;
        return;
    }
    merge_part(w, c);
    take_merged(w, array_last(&w->controls));
}

/* A second turn makes nodes of its own and sees what the first one left. */
static bool goes_round_again(struct walker *w, struct walk_control *c)
{
    const struct op *loop = op_at(w, c->op);
    if (loop->aux == LOOP_COMPREHENSION || c->is_second_turn || w->n_twice >= MAX_LOOP_TWICE
        || w->heap.is_cut || (c->was_live && !w->is_live && !c->has_continued)) {
        return false;
    }
    c->is_second_turn = true;
    c->is_twice = true;
    w->n_twice++;
    w->is_live = c->was_live;
    w->pc = c->op; /* the caller steps to the op after */
    return true;
}

/* A `while` is left at its test or by `break`; a `for` also when there is nothing to go through. */
static void end_loop(struct walker *w, struct walk_control *c)
{
    w->n_twice -= c->is_twice;
    if (op_at(w, c->op)->aux == LOOP_WHILE) {
        take_merged(w, c);
        return;
    }
    merge_part(w, c);
    take_merged(w, c);
    join_variables(w, c->saved);
    w->is_live = c->was_live;
}

static struct walk_control *loop_around(struct walker *w)
{
    for (size_t i = w->controls.n; i-- > 0;) {
        const struct op *op = op_at(w, w->controls.items[i].op);
        if (op->kind == OP_LOOP && op->aux != LOOP_COMPREHENSION) {
            return &w->controls.items[i];
        }
    }
    return NULL;
}

static bool is_true(const struct op *op)
{
    return op->kind == OP_CONSTANT
           && (op->aux == CONSTANT_TRUE || (op->aux == CONSTANT_INTEGER && op->length_low == 1));
}

void walk_test(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL && !is_true(op_at(w, op_at(w, op)->a))) {
        merge_part(w, loop);
    }
}

void walk_break(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL && w->is_live) {
        leave_handlers(w, loop, op);
        merge_part(w, loop);
    }
    w->is_live = false;
}

/* A `for` may have nothing more to go through. */
void walk_continue(struct walker *w, uint32_t op)
{
    struct walk_control *loop = loop_around(w);
    if (loop != NULL) {
        loop->has_continued = true;
    }
    if (loop != NULL && w->is_live && op_at(w, loop->op)->aux == LOOP_FOR) {
        leave_handlers(w, loop, op);
        merge_part(w, loop);
    }
    w->is_live = false;
}

void walk_end(struct walker *w)
{
    struct walk_control *c = array_last(&w->controls);
    uint8_t kind = op_at(w, c->op)->kind;
    if ((kind == OP_LOOP && goes_round_again(w, c)) || (kind == OP_WITH && !leave_with(w, c->op))) {
        return;
    }
    c = array_last(&w->controls);
    if (kind == OP_IF) {
        end_if(w, c);
    } else if (kind == OP_LOOP) {
        end_loop(w, c);
    } else if (kind == OP_TRY) {
        end_handler(w, c);
        end_try(w, c);
    }
    w->context = array_last(&w->controls)->context;
    w->saved_variables.n = array_last(&w->controls)->saved;
    w->controls.n--;
}

void walk_caught(struct walker *w, uint32_t op)
{
    uint32_t type = op_at(w, op)->a;
    struct entity entity = {.kind = ENTITY_NOTHING};
    if (type != NONE && (op_at(w, type)->kind == OP_LOAD || op_at(w, type)->kind == OP_ATTRIBUTE)) {
        entity = link_entity(w->analysis->program, w->file, type);
    }
    uint32_t foreign = entity.kind == ENTITY_FOREIGN ? entity.index : NONE;
    w->exception = make_exception(w, class_of_entity(w->analysis, entity), foreign, op);
    set_value(w, op, set_of_node(w, w->exception));
}
