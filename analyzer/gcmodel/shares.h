/*
 * shares.h - a loop that keeps a share of what it makes, and leaves another in cycles.
 */
#ifndef CYCLINT_GCMODEL_SHARES_H
#define CYCLINT_GCMODEL_SHARES_H

#include "base/builder.h"
#include "gcmodel/simulate.h"

enum { SHARE_WHOLE = 1000 }; /* shares are thousandths */

/* As a workload in words: one round of trips, spread evenly, as often as it fits, and a rest.  The
 * workload that was parsed from it may then be given the shares, which are a shorter way to it. */
void gc_shares_write(const struct gc_shares *shares, struct builder *text);

/* Whether the loop can be run one collection a step, and not one object: see shares.c. */
bool shares_can_step(const struct gc_workload *workload, const struct gc_version *version,
                     const struct gc_start *start);

/* Runs it so. */
void shares_simulate(const struct gc_workload *workload, const struct gc_version *version,
                     const struct gc_start *start, struct gc_result *result);

#endif
