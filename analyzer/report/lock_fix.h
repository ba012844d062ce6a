/*
 * lock_fix.h - a `with` statement for a lock that is acquired by hand.
 */
#ifndef CYCLINT_REPORT_LOCK_FIX_H
#define CYCLINT_REPORT_LOCK_FIX_H

#include "report/finding.h"

struct check;

/* Offers a `with` around what lies between `acquire`, a call, and the only release of the same
 * lock, when that stands in the same block.  Safe when `is_only_error` says that nothing else is
 * changed than what happens when something raises. */
void lock_offer_with(struct check *check, struct finding *finding, uint32_t acquire,
                     bool is_only_error);

#endif
