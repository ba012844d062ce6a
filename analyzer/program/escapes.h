/*
 * escapes.h - whether an exception gets out of a function.
 */
#ifndef CYCLINT_PROGRAM_ESCAPES_H
#define CYCLINT_PROGRAM_ESCAPES_H

#include "program/flow.h"
#include "program/program.h"

/* What is known of an exception's class. */
struct raised {
    const char *name; /* dotted, a builtin plainly; "" when unknown */
    uint32_t class;   /* of the program, or NONE */
};

/* The class of what `raise value` raises; unknown for NONE (a plain `raise`) and for what is no
 * name. */
struct raised escapes_type_of(const struct program *program, uint32_t file, uint32_t value,
                              struct arena *arena);

/* Whether an exception of this class, raised at a node, leaves the scope.  A handler whose type
 * nobody knows counts as one that catches it; what a handler does then is not looked at. */
bool escapes_scope(const struct program *program, uint32_t file, const struct flow *flow,
                   uint32_t node, struct raised type, struct arena *arena);

/* The same for a builtin exception raised by an op, where it is first drawn; false where the graph
 * is partial. */
bool escapes_from_op(const struct program *program, uint32_t file, uint32_t op,
                     const char *exception, struct arena *arena);

/* Whether every call of a function raises, because no path ends or returns.  `*type` is what its
 * first `raise` that gets out raises. */
bool escapes_always(const struct program *program, uint32_t file, uint32_t scope,
                    struct raised *type, struct arena *arena);

#endif
