/*
 * prompt_uses.h - uses of a resource that are done with it when they return.
 */
#ifndef CYCLINT_REPORT_PROMPT_USES_H
#define CYCLINT_REPORT_PROMPT_USES_H

#include "facts/facts.h"

/* The value that a use of the resource makes, which no longer needs it: the op after which it may
 * be closed.  NONE when nobody knows. */
uint32_t prompt_value_after(const struct facts *facts, uint32_t value, uint32_t use);

#endif
