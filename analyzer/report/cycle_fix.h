/*
 * cycle_fix.h - edits that open a cycle.
 */
#ifndef CYCLINT_REPORT_CYCLE_FIX_H
#define CYCLINT_REPORT_CYCLE_FIX_H

#include "heap/heap.h"
#include "report/finding.h"
#include "report/proxy_fix.h"

struct check;

/* Offers to delete the local variable by which a frame is held, or to hold weakly what a plain
 * attribute holds, where the facts show how. */
void cycle_offer_fix(struct check *check, struct finding *finding, const struct cycle *cycle,
                     struct proxies *proxies);

#endif
