/*
 * uses.h - who takes a value, where a name's value comes from, and what lies around an op: within
 * one file.
 */
#ifndef CYCLINT_FACTS_USES_H
#define CYCLINT_FACTS_USES_H

#include "facts/facts.h"

/* The next op after `after` in the scope of `value` that has `value` as an operand; NONE after the
 * last.  Start with `after` = `value`.  Defaults of parameters and annotations are no ops, and so
 * not among them. */
uint32_t uses_next(const struct facts *facts, uint32_t value, uint32_t after);

/* The OP_CALL or OP_CLASS an OP_ARGUMENT belongs to. */
uint32_t uses_call_of_argument(const struct facts *facts, uint32_t argument);

/* The value of the only store to a variable that is no parameter; NONE when there are several, or
 * none, or a `del`. */
uint32_t uses_only_value(const struct facts *facts, uint32_t variable);

/* What a value is known to be: a name that is bound once stands for what it is bound to.  Otherwise
 * `value` itself. */
uint32_t uses_origin(const struct facts *facts, uint32_t value);

/* The control construct, or part of one (OP_ELSE, OP_EXCEPT, OP_FINALLY), directly around an op of
 * the same scope; NONE when there is none.  Of a part: its construct. */
uint32_t uses_control_around(const struct facts *facts, uint32_t op);

/* Whether an op runs only when a generator expression is asked for its next element. */
bool uses_in_generator(const struct facts *facts, uint32_t op);

/* Whether two values are written as the same chain of names: `self.pool.lock`. */
bool uses_is_same_chain(const struct facts *facts, uint32_t value, uint32_t other);

/* A chain of names as it is written, in `arena`; what a chain ends in that is no name is left out:
 * "b.c" of `a().b.c`. */
const char *uses_spell_chain(const struct facts *facts, uint32_t value, struct arena *arena);

/* Whether the text of `inner` lies within that of `outer`: it is evaluated as a part of it. */
bool uses_is_part(const struct facts *facts, uint32_t outer, uint32_t inner);

#endif
