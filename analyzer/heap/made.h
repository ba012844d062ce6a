/*
 * made.h - what kind of object an op of the facts makes.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_MADE_H
#define CYCLINT_HEAP_MADE_H

#include "program/program.h"

/* What one op makes, or which function of the program it calls. */
struct made {
    const char *kind;             /* as the collector model calls it; NULL when nothing is made */
    uint32_t n_cells;             /* a function: the variables it captures */
    uint32_t class;               /* of an instance, or NONE */
    uint32_t callee_file, callee; /* the function that is called, or NONE */
    bool adopts;                  /* the object holds what it is given */
};

/* Strings, numbers and ranges are none of the collector's business: they make nothing.  An
 * OP_ATTRIBUTE is taken for a value: what a call calls is no bound method. */
struct made made_by_op(struct program *program, uint32_t file, uint32_t scope, uint32_t op);

/* An instance of a class of the program; the call is that of its __init__. */
struct made made_instance(const struct program *program, uint32_t class);

/* "tuple3": the kind of a tuple of so many items. */
const char *made_tuple(uint32_t n_items, bool is_atomic);

#endif
