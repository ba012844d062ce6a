/*
 * steps.h - what the parts of a walk do for each other: one step an op.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_STEPS_H
#define CYCLINT_HEAP_STEPS_H

#include "heap/walk.h"

static inline const struct scope *scope_of(const struct walker *w)
{
    return &w->facts->scopes[w->scope];
}

/* Whether the function owns the variable, and its place among the function's variables. */
static inline bool is_own(const struct walker *w, uint32_t variable)
{
    const struct scope *scope = scope_of(w);
    return variable - scope->first_variable < scope->n_variables;
}

static inline uint32_t own_index(const struct walker *w, uint32_t variable)
{
    return variable - scope_of(w)->first_variable;
}

/* The op's value is the set. */
static inline void set_value(struct walker *w, uint32_t op, uint32_t set)
{
    w->values.items[op - scope_of(w)->first_op] = set;
}

/* ---- variables (variables.c) */

void store_variable(struct walker *w, uint32_t variable, uint32_t values, uint32_t op);
uint32_t load_variable(struct walker *w, uint32_t variable, uint32_t op);
uint32_t walk_function(struct walker *w, uint32_t op);
uint32_t walk_class(struct walker *w, uint32_t op);

/* ---- control flow (control.c) */

void begin_control(struct walker *w, uint32_t op, bool is_exclusive);
void keep_exit_values(struct walker *w);
void begin_try(struct walker *w, uint32_t op);
void leave_function(struct walker *w, uint32_t op);
void leave_by_raise(struct walker *w, uint32_t op);
void assume(struct walker *w, uint32_t control, bool is_true, bool may_be_filled);
void walk_else(struct walker *w, uint32_t op);
void walk_except(struct walker *w);
void walk_finally(struct walker *w);
void walk_test(struct walker *w, uint32_t op);
void walk_break(struct walker *w, uint32_t op);
void walk_continue(struct walker *w, uint32_t op);
void walk_end(struct walker *w);
void walk_caught(struct walker *w, uint32_t op);

/* ---- exceptions (exceptions.c) */

void keep_held_values(struct walker *w);
void walk_raise(struct walker *w, uint32_t op);

/* The end of a `with`; false when the manager's __exit__ must be walked first. */
bool leave_with(struct walker *w, uint32_t with);

/* ---- values and effects (values.c): each walks the op its name tells */

void walk_display(struct walker *w, uint32_t op);
void walk_unpacked(struct walker *w, uint32_t op);
void walk_item(struct walker *w, uint32_t op);
void walk_binary(struct walker *w, uint32_t op);
uint32_t results_of(struct walker *w, uint32_t set, bool is_iteration, uint32_t op);
uint32_t awaited(struct walker *w, uint32_t op);
void walk_entered(struct walker *w, uint32_t op);
void walk_store(struct walker *w, uint32_t op);

/* What is left of the values when the OP_STORE is of `name: Node = value` (annotated.c). */
uint32_t narrow_annotated(struct walker *w, uint32_t store, uint32_t values);
void walk_delete(struct walker *w, uint32_t op);
void note_handler_name(struct walker *w, uint32_t op);
void walk_return(struct walker *w, uint32_t op);
void walk_attribute(struct walker *w, uint32_t op);
void walk_comprehension(struct walker *w, uint32_t op);

#endif
