/*
 * walk.c - going through the ops of one function, one step an op.
 */
#include "heap/steps.h"

#include <string.h>

/* ---- one op */

static void walk_op(struct walker *w, uint32_t op)
{
    const struct op *o = op_at(w, op);
    switch ((enum op_kind)o->kind) {
    case OP_LOAD:
        set_value(w, op, load_variable(w, o->a, op));
        break;
    case OP_ATTRIBUTE:
        walk_attribute(w, op);
        break;
    case OP_ITEM:
        walk_item(w, op);
        break;
    case OP_CALL:
        walk_call(w, op);
        break;
    case OP_DISPLAY:
        walk_display(w, op);
        break;
    case OP_COMPREHENSION:
        walk_comprehension(w, op);
        begin_control(w, op, false);
        break;
    case OP_COLLECT:
        add_elements(w, value_of(w, o->a), value_of(w, o->b), op);
        break;
    case OP_FUNCTION:
        set_value(w, op, walk_function(w, op));
        break;
    case OP_CLASS:
        set_value(w, op, walk_class(w, op));
        break;
    case OP_BINARY:
        walk_binary(w, op);
        break;
    case OP_EITHER:
        /* `x and y` is x only when x is false: nothing, or an empty container */
        set_value(w, op,
                  o->aux == OPERATOR_AND ? value_of(w, o->b)
                                         : set_union(w, value_of(w, o->a), value_of(w, o->b)));
        break;
    case OP_AWAIT:
        set_value(w, op, awaited(w, op));
        break;
    case OP_YIELD_FROM:
        set_value(w, op, results_of(w, value_of(w, o->a), false, op));
        break;
    case OP_YIELD:
        w->returns = set_union(w, w->returns, value_of(w, o->a));
        break;
    case OP_NEXT:
        set_value(w, op, results_of(w, value_of(w, o->a), true, op));
        break;
    case OP_UNPACKED:
        walk_unpacked(w, op);
        break;
    case OP_ENTERED:
        walk_entered(w, op);
        break;
    case OP_CAUGHT:
        walk_caught(w, op);
        break;
    case OP_MATCHED:
        set_value(w, op, set_of_node(w, new_node(w, HEAP_RESULT)));
        break;
    case OP_STORE:
        walk_store(w, op);
        note_handler_name(w, op);
        break;
    case OP_DELETE:
        walk_delete(w, op);
        break;
    case OP_RETURN:
        walk_return(w, op);
        break;
    case OP_RAISE:
        walk_raise(w, op);
        break;
    case OP_BREAK:
        walk_break(w, op);
        break;
    case OP_CONTINUE:
        walk_continue(w, op);
        break;
    case OP_TEST:
        walk_test(w, op);
        break;
    case OP_IF:
        begin_control(w, op, true);
        assume(w, op, true, true);
        break;
    case OP_LOOP:
    case OP_WITH:
        begin_control(w, op, false);
        if (o->kind == OP_WITH) {
            w->context = array_last(&w->controls)->context; /* it always runs */
        }
        break;
    case OP_TRY:
        begin_try(w, op);
        break;
    case OP_ELSE:
        walk_else(w, op);
        break;
    case OP_EXCEPT:
        walk_except(w);
        break;
    case OP_FINALLY:
        walk_finally(w);
        break;
    case OP_END:
        walk_end(w);
        break;
    case OP_NOTHING:
    case OP_CONSTANT:
    case OP_SLICE:
    case OP_ARGUMENT:
    case OP_ELEMENT:
    case OP_UNARY:
    case OP_COMPARE:
    case OP_IMPORT:
    case OP_IMPORT_FROM:
    case OP_IMPORT_STAR:
    case OP_TARGET_NAME:
    case OP_TARGET_ATTRIBUTE:
    case OP_TARGET_ITEM:
    case OP_ANNOTATE:
    case OP_EXPRESSION:
    case OP_ASSERT:
    case OP_GLOBAL:
    case OP_NONLOCAL:
    case N_OP_KINDS:
        break;
    }
}

/* ---- beginning and end */

static void reset(struct walker *w)
{
    local_heap_clear(&w->heap);
    w->sets.n = w->values.n = w->variables.n = w->cells.n = w->stored_at.n = w->saved_variables.n =
        0;
    w->controls.n = w->contexts.n = w->is_callee.n = w->candidates.n = w->candidate_edges.n = 0;
    w->exit_values.n = w->handler_names.n = w->kills.n = 0;
    pair_table_clear(&w->entities);
    pair_table_clear(&w->derefs);
    pair_table_clear(&w->held_values);
    pair_table_clear(&w->raised_values);
    w->has_own_frame = w->has_wrapper = false;
    w->context = w->n_constructs = w->n_saved = w->n_calls = w->n_twice = w->n_searches = w->call =
        0;
    w->frame = w->exception = NONE;
    w->returns = 0;
    w->is_live = true;
    w->wants_callee = false;
    *array_push(&w->sets) = 0; /* the empty set */
    *array_push(&w->contexts) = (struct context){0};
}

/* Python passes the class to these without a decorator. */
static bool is_implicit_class_method(const char *name)
{
    return strcmp(name, "__init_subclass__") == 0 || strcmp(name, "__class_getitem__") == 0
           || strcmp(name, "__new__") == 0;
}

static bool is_class_method(const struct walker *w)
{
    const struct scope *scope = scope_of(w);
    return scope->kind == SCOPE_FUNCTION && w->facts->scopes[scope->parent].kind == SCOPE_CLASS
           && (is_implicit_class_method(facts_name(w->facts, scope->name))
               || (facts_first_decorator(w->facts, w->scope) != NONE
                   && facts_find_decorator(w->facts, w->scope, "classmethod") != NONE));
}

static void start_parameters(struct walker *w)
{
    const struct scope *scope = scope_of(w);
    for (uint32_t i = 0; i < scope->n_parameters && i < MAX_ARGUMENTS; i++) {
        const struct parameter *p = &w->facts->parameters[scope->first_parameter + i];
        uint32_t node = new_node(w, HEAP_PARAMETER);
        struct heap_node *n = heap_node_at(&w->heap, node);
        n->index = i;
        if (p->kind == PARAMETER_STAR || p->kind == PARAMETER_DOUBLE_STAR) {
            n->container = p->kind == PARAMETER_STAR ? CONTAINER_TUPLE : CONTAINER_DICT;
        } else {
            n->class = class_of_annotation(w->analysis, w->file, p->annotation);
            if (n->class == NONE) {
                n->class = class_of_parameter(w->analysis, w->file, w->scope, i);
                n->flags |= NODE_IS_INFERRED;
            }
            if (n->class == NONE) {
                n->foreign = foreign_of_annotation(w->analysis, w->file, p->annotation);
            }
        }
        if (i == 0 && is_class_method(w) && is_own(w, p->variable) && w->class != NONE) {
            w->variables.items[own_index(w, p->variable)] = set_of_node(w, class_node(w, w->class));
            continue;
        }
        if (i == 0 && classes_self_of(w->facts, w->scope) == p->variable) {
            n->class = w->class;
            n->flags |= NODE_IS_SELF;
        }
        if (is_own(w, p->variable)) {
            w->variables.items[own_index(w, p->variable)] = set_of_node(w, node);
        }
    }
}

void walker_start(struct walker *w, struct analysis *analysis, uint32_t file, uint32_t scope)
{
    reset(w);
    w->analysis = analysis;
    w->facts = analysis->program->files[file];
    w->file = file;
    w->scope = scope;
    const struct scope *s = scope_of(w);
    uint32_t class_scope = classes_around(w->facts, scope);
    w->class = class_scope == NONE ? NONE : classes_of_scope(analysis->program, file, class_scope);
    w->pc = s->first_op;
    for (uint32_t i = 0; i < s->n_ops; i++) {
        *array_push(&w->values) = 0;
        *array_push(&w->is_callee) = false;
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = op_at(w, i);
        if (op->kind == OP_CALL && op_at(w, op->a)->kind == OP_ATTRIBUTE) {
            w->is_callee.items[op->a - s->first_op] = true;
        }
    }
    for (uint32_t i = 0; i < s->n_variables; i++) {
        *array_push(&w->variables) = 0;
        *array_push(&w->cells) = NONE;
        *array_push(&w->stored_at) = NONE;
    }
    w->cached_as = s->kind == SCOPE_FUNCTION && w->class != NONE
                       ? cached_attribute(analysis->program, file, scope)
                       : NONE;
    start_parameters(w);
}

static void finish(struct walker *w)
{
    if (w->is_live) {
        keep_exit_values(w);
    }
    find_frame_circles(w);
    report_circles(w);
    summary_make(w);
    if (w->heap.is_cut) {
        *array_push(&w->analysis->heap->cut) = (struct place){
            .file = w->file, .start = scope_of(w)->name_start, .end = scope_of(w)->name_end};
    }
}

bool walker_run(struct walker *w)
{
    uint32_t end = scope_of(w)->first_op + scope_of(w)->n_ops;
    for (; w->pc < end && w->n_saved < MAX_SAVED; w->pc++) {
        w->wants_callee = false;
        walk_op(w, w->pc);
        if (w->wants_callee) {
            return false;
        }
    }
    w->heap.is_cut |= w->pc < end;
    finish(w);
    return true;
}

void walker_free(struct walker *w)
{
    local_heap_free(&w->heap);
    array_free(&w->sets);
    array_free(&w->values);
    array_free(&w->variables);
    array_free(&w->cells);
    array_free(&w->stored_at);
    array_free(&w->saved_variables);
    array_free(&w->controls);
    array_free(&w->contexts);
    array_free(&w->is_callee);
    array_free(&w->candidates);
    array_free(&w->candidate_edges);
    array_free(&w->exit_values);
    array_free(&w->handler_names);
    array_free(&w->kills);
    pair_table_free(&w->entities);
    pair_table_free(&w->derefs);
    pair_table_free(&w->held_values);
    pair_table_free(&w->raised_values);
}
