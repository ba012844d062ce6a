/*
 * holders.h - whether a value holds an object that a name of the same scope stands for.
 */
#ifndef CYCLINT_PROGRAM_HOLDERS_H
#define CYCLINT_PROGRAM_HOLDERS_H

#include "program/program.h"

/* How `value` holds the object that `object` is, in words: "the bound method 'self.close'", "a
 * lambda, which uses 'self'"; in `arena`.  NULL when it does not, as far as one sees: `object` must
 * be a name that is bound once in its function, and a method must be found in its class. */
const char *holders_describe(const struct program *program, uint32_t file, uint32_t value,
                             uint32_t object, struct arena *arena);

#endif
