/*
 * tune.h - which thresholds and freeze cost least within bounds.
 */
#ifndef CYCLINT_GCMODEL_TUNE_H
#define CYCLINT_GCMODEL_TUNE_H

#include "gcmodel/cost.h"

/* One setting, and what it would do. */
struct gc_setting {
    struct gc_start start;
    uint64_t collections[N_GENERATIONS], peak_garbage;
    struct gc_cost cost;
};

struct gc_bounds {
    double max_pause; /* seconds; the worst case must stay within */
    uint64_t max_garbage;
};

struct gc_tuning {
    struct gc_setting now, best;
    bool has_best;
    struct {
        ARRAY_OF(struct gc_setting);
    } by_threshold; /* now, but for the first threshold: what the plot shows */
};

/* Tries thresholds on a grid, with and without a frozen heap.  False with an error when the
 * workload cannot be simulated. */
bool gc_tune(const struct gc_workload *workload, const struct gc_version *version,
             const struct gc_start *start, const struct gc_speed *speed,
             const struct gc_bounds *bounds, struct gc_tuning *tuning, struct error *error);
void gc_tuning_free(struct gc_tuning *tuning);

#endif
