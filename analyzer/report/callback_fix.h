/*
 * callback_fix.h - a method that an object keeps of itself becomes a static one.
 */
#ifndef CYCLINT_REPORT_CALLBACK_FIX_H
#define CYCLINT_REPORT_CALLBACK_FIX_H

#include "heap/heap.h"
#include "report/finding.h"

struct check;

/* Offers to make the method static, when it does not use its object. */
void callback_offer_static(struct check *check, struct finding *finding, const struct cycle *cycle);

#endif
