/*
 * ends.h - what becomes of the values of one function.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_ENDS_H
#define CYCLINT_HEAP_ENDS_H

#include "heap/allocations.h"
#include "heap/made.h"
#include "program/scope_view.h"

/* The end of each op's value, by op counted from the scope's first; in the arena.  `made` is by op
 * likewise: what each makes. */
uint8_t *ends_find(const struct program *program, uint32_t file, const struct scope_view *view,
                   const struct made *made, struct arena *arena);

#endif
