/*
 * scope_view.h - one scope's ops seen from the other side: who uses a value, who loads a variable,
 * what lies around an op.  One pass over the scope makes it; each question then costs what it
 * finds.
 */
#ifndef CYCLINT_PROGRAM_SCOPE_VIEW_H
#define CYCLINT_PROGRAM_SCOPE_VIEW_H

#include "base/arena.h"
#include "facts/facts.h"

/* The arrays are by op, counted from the scope's first, or by variable, likewise. */
struct scope_view {
    const struct facts *facts;
    uint32_t scope;
    uint32_t first_op, n_ops;
    uint32_t first_variable, n_variables;
    uint32_t *first_use;  /* use: op * 2 + (1 if it is operand b), or NONE */
    uint32_t *next_use;   /* by use */
    uint32_t *first_load; /* by variable: OP_LOAD, or NONE */
    uint32_t *next_load;  /* by op */
    uint32_t
        *block; /* the construct or part (IF, ELSE, LOOP, EXCEPT, …) directly around; or NONE */
    uint32_t *construct; /* of an opener or part: its opener */
    uint32_t *else_of;   /* of an OP_IF: its OP_ELSE, or NONE */
};

struct scope_view scope_view_make(const struct facts *facts, uint32_t scope, struct arena *arena);

/* Walks the ops that have `value` as an operand, in order: for (use = scope_view_use(…, NONE);
 * use != NONE; use = scope_view_use(…, use)).  An op that has it twice comes twice. */
static inline uint32_t scope_view_use(const struct scope_view *view, uint32_t value, uint32_t use)
{
    return use == NONE ? view->first_use[value - view->first_op] : view->next_use[use];
}

static inline uint32_t use_op(const struct scope_view *view, uint32_t use)
{
    return view->first_op + use / 2;
}

/* The next OP_LOAD of a variable that the scope owns; begins with `load` NONE. */
static inline uint32_t scope_view_load(const struct scope_view *view, uint32_t variable,
                                       uint32_t load)
{
    return load == NONE ? view->first_load[variable - view->first_variable]
                        : view->next_load[load - view->first_op];
}

static inline uint32_t scope_view_block(const struct scope_view *view, uint32_t op)
{
    return view->block[op - view->first_op];
}

/* The block around a block: that of its construct. */
static inline uint32_t scope_view_outer(const struct scope_view *view, uint32_t block)
{
    return view->block[view->construct[block - view->first_op] - view->first_op];
}

/* Whether some block around an op is of this kind: OP_EXCEPT, OP_LOOP, … */
static inline bool scope_view_is_within(const struct scope_view *view, uint32_t op,
                                        enum op_kind kind)
{
    uint32_t block = scope_view_block(view, op);
    while (block != NONE && view->facts->ops[block].kind != kind) {
        block = scope_view_outer(view, block);
    }
    return block != NONE;
}

/* The OP_CALL or OP_CLASS an OP_ARGUMENT belongs to, the OP_DISPLAY of an OP_ELEMENT. */
uint32_t scope_view_owner(const struct scope_view *view, uint32_t argument);

#endif
