/*
 * check.h - whether facts that come from outside hold together.
 */
#ifndef CYCLINT_STORE_CHECK_H
#define CYCLINT_STORE_CHECK_H

#include "facts/facts.h"

/* Whether every index in the facts names something that is there, and every chain of indices ends.
 * The arrays must be as long as the counts say; the ops may be left out (NULL). */
bool facts_hold_together(const struct facts *facts);

#endif
