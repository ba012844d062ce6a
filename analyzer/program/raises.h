/*
 * raises.h - which ops raise an exception that a program has to reckon with.
 *
 * Nearly every op can raise.  An attribute that is missing or a type that does not fit is a mistake
 * that the first run shows; what is left are calls, `raise`, and waiting for others.  Calls of
 * names that ask, log, format or clean up are trusted.
 */
#ifndef CYCLINT_PROGRAM_RAISES_H
#define CYCLINT_PROGRAM_RAISES_H

#include "facts/facts.h"

/* Whether an exception from the op is one to reckon with. */
bool raises_really(const struct facts *facts, uint32_t op);

/* Whether the OP_CALL is of a name that is trusted not to raise. */
bool raises_never(const struct facts *facts, uint32_t call);

#endif
