/*
 * ends.h - what becomes of the values of one function.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_ENDS_H
#define CYCLINT_HEAP_ENDS_H

#include "heap/allocations.h"
#include "heap/made.h"
#include "program/scope_view.h"

/* Beside the end: it is put into a container of the function that was there before the loop. */
enum { END_IS_GATHERED = 0x10, END_MASK = 0x0F };

struct ends {
    uint8_t *of_value;     /* by op, counted from the scope's first */
    uint8_t *of_arguments; /* of a call: the furthest that one of its arguments gets */
};

/* The ends of the values of a function, in the arena.  `made` is by op likewise: what each
 * makes. */
struct ends ends_find(const struct program *program, uint32_t file, const struct scope_view *view,
                      const struct made *made, struct arena *arena);

#endif
