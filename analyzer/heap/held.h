/*
 * held.h - which classes a value may be instances of, or hold, as far as the text says.  Private to
 * heap/.
 *
 * No flow, no instances: a type-level answer.  What cannot be told is told to be unknown, with the
 * reason.
 */
#ifndef CYCLINT_HEAP_HELD_H
#define CYCLINT_HEAP_HELD_H

#include "base/array.h"
#include "program/program.h"

#include <stdbool.h>

struct held {
    uint32_t class;
    bool is_exact;   /* made by a call of the class; else it may be a subclass */
    bool is_behind;  /* not itself: something that one of its attributes holds */
    const char *via; /* "list", "method", …; "" when held directly */
};

struct held_set {
    ARRAY_OF(struct held);
    struct arena *arena; /* for the reason */
    const char *unknown; /* why something in it is not known; NULL when all is */
};

/* Adds what a value of a file is or holds.  What the attributes of its own `self` hold is left out:
 * whoever holds the value holds them already. */
void held_by_value(struct program *program, uint32_t file, uint32_t value, struct held_set *out);

/* The same for the value of an annotation: what it allows. */
void held_by_annotation(struct program *program, uint32_t file, uint32_t value,
                        struct held_set *out);

/* Whether a name called on a container adds its arguments to it: append, add, update, … */
bool held_is_adder(const char *method);

#endif
