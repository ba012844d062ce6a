/*
 * self_calls.h - which method a call runs on `self`.
 */
#ifndef CYCLINT_PROGRAM_SELF_CALLS_H
#define CYCLINT_PROGRAM_SELF_CALLS_H

#include "program/classes.h"

/* Whether a value is a call of super(). */
bool self_calls_super(const struct facts *facts, uint32_t value);

/* The method that a call in the method `caller` runs on its `self`, an instance of `class`:
 * `self.m()`, `super().m()`, `Base.m(self)`.  It may be decorated or async.  False when that is not
 * known. */
bool self_calls_method(const struct program *program, uint32_t class, const struct method *caller,
                       uint32_t call, struct method *method);

/* The `self` of the method that op `op` stands in, as some op there loads it; NONE outside. */
uint32_t self_calls_load_of_self(const struct facts *facts, uint32_t op);

#endif
