/*
 * finalizers.h - what runs when an object is finalized: `__del__`, and what it calls.
 *
 * Followed are the methods that `__del__` calls on `self`, those that these call, the properties
 * that they read, and one level of plain functions of the program.  What `__del__` hands to others
 * (callbacks, nested functions) is not followed.
 */
#ifndef CYCLINT_PROGRAM_FINALIZERS_H
#define CYCLINT_PROGRAM_FINALIZERS_H

#include "base/array.h"
#include "program/classes.h"

/* A function that runs, and the op of `__del__` that leads to it; NONE for `__del__` itself. */
struct finalizer_step {
    struct method method;
    uint32_t op;
};

struct finalizer {
    const struct program *program;
    uint32_t class;
    ARRAY_OF(struct finalizer_step); /* `__del__` first */
};

/* What runs for an instance of `class` itself, which has a `__del__` of its own.  False if it has
 * none, or one that is no plain function.  Free it in any case. */
bool finalizer_of(const struct program *program, uint32_t class, struct finalizer *finalizer);
void finalizer_free(struct finalizer *finalizer);

/* Before the first. */
#define FINALIZERS_FIRST ((struct finalizer){.class = NONE})

/* Moves to the next class that finalizer_of() knows, in the order of classes, and frees what was
 * before; false after the last.  Test code is left out: it has finalizers to see what happens. */
bool finalizers_next(const struct program *program, struct finalizer *finalizer);

/* Whether an op of a step is decided upon by what the caller passes: a condition over a parameter
 * stands before it.  `close(wait=False)` does not wait. */
bool finalizer_is_asked(const struct finalizer *finalizer, const struct finalizer_step *step,
                        uint32_t op);

/* The op of `__del__` that an op of a step stands for: itself, or the call that leads there. */
static inline uint32_t finalizer_shown_op(const struct finalizer_step *step, uint32_t op)
{
    return step->op == NONE ? op : step->op;
}

/* The dotted name of what made the object that a value in one of the steps is: "threading.Lock" of
 * `self._lock` where `self._lock = threading.Lock()`; in `arena`.  "" when nobody knows. */
const char *finalizer_maker_of(const struct finalizer *finalizer, uint32_t file, uint32_t value,
                               struct arena *arena);

/* What such a value is, if it is known to release what it holds when it is freed: "file", "socket";
 * NULL otherwise. */
const char *finalizer_self_closing(const struct finalizer *finalizer, uint32_t file, uint32_t value,
                                   struct arena *arena);

#endif
