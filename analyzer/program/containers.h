/*
 * containers.h - what code does with a list, dict, set or deque.
 */
#ifndef CYCLINT_PROGRAM_CONTAINERS_H
#define CYCLINT_PROGRAM_CONTAINERS_H

#include "facts/facts.h"

/* Whether a value is a new container without a bound: a display, or a plain call of its type. */
bool containers_made_by(const struct facts *facts, uint32_t value);

enum container_use {
    CONTAINER_READS,   /* looks into it; its elements may go anywhere */
    CONTAINER_ADDS,    /* puts something in, and takes nothing out */
    CONTAINER_REMOVES, /* takes something out, or may */
    CONTAINER_ESCAPES  /* gives it a second name, or to somebody who may do anything */
};

/* What the op `use` does with the container that is its operand `value`; `*what` is the op that
 * does it: the call of a method, the store to an item. */
enum container_use containers_use(const struct facts *facts, uint32_t use, uint32_t value,
                                  uint32_t *what);

/* The value that an OP_CALL of append(), add(), insert(), … puts into its object, which is
 * `*container`; NONE when it is no such call. */
uint32_t containers_added_by(const struct facts *facts, uint32_t call, uint32_t *container);

#endif
