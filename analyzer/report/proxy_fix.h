/*
 * proxy_fix.h - the attribute that closes a cycle becomes a weakref.proxy.
 */
#ifndef CYCLINT_REPORT_PROXY_FIX_H
#define CYCLINT_REPORT_PROXY_FIX_H

#include "base/table.h"
#include "heap/heap.h"
#include "program/attribute_uses.h"
#include "report/finding.h"

struct check;

/* What one rule offered so far: cycles that share an edge are opened at one place.  All zero is
 * nothing; proxies_free() frees it. */
struct proxies {
    struct pair_table stores; /* file, offset of a store whose value becomes a proxy */
};

/* Offers to hold by a proxy what the cycle's weak edge holds, in the finding's own file. */
void proxy_offer(struct check *check, struct finding *finding, const struct cycle *cycle,
                 struct proxies *proxies);
void proxies_free(struct proxies *proxies);

#endif
