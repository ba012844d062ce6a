/*
 * purpose.h - whether code is there to look at memory: a debugging aid, a benchmark, a leak test.
 *
 * Told by names and by conditions, as a reader would.  What such code does to the collector is what
 * it is for.
 */
#ifndef CYCLINT_PROGRAM_PURPOSE_H
#define CYCLINT_PROGRAM_PURPOSE_H

#include "program/program.h"

/* Whether a name says so: debug, leak, memory, gc, … */
bool purpose_is_told_by(const char *name);

/* Whether the name of one of the functions and classes around a scope, or of its module, does. */
bool purpose_is_inspection(const struct program *program, uint32_t file, uint32_t scope);

/* Whether the condition of an `if` names PyPy, debugging, `__name__`. */
bool purpose_is_condition(const struct facts *facts, uint32_t condition);

/* Whether an op stands under an `if`, or in its ELSE part. */
bool purpose_is_asked_for(const struct facts *facts, uint32_t op);

#endif
