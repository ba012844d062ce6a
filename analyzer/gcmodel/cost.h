/*
 * cost.h - how long collections take.
 */
#ifndef CYCLINT_GCMODEL_COST_H
#define CYCLINT_GCMODEL_COST_H

#include "gcmodel/simulate.h"

/* How the objects lie in memory: in the order in which the collector visits them, or not. */
enum gc_layout { GC_SEQUENTIAL, GC_MIXED, GC_RANDOM, N_LAYOUTS };

/* Seconds from the best case to the worst. */
struct gc_range {
    double low, high;
};

/* What one machine and interpreter takes, in nanoseconds. */
struct gc_speed {
    struct gc_range fixed;  /* a collection that finds nothing */
    struct gc_range object; /* per object examined while they fit the cache */
    struct gc_range own;    /* the same where the interpreter's own objects are among them */
    struct gc_range far;    /* per object examined in a heap that does not, by layout */
    struct gc_range freed;  /* per object collected */
};

struct gc_cost {
    struct gc_range p50, p99, longest, total;
};

/* What was measured where nobody calibrated. */
struct gc_speed gc_speed_default(const struct gc_version *version, enum gc_layout layout);

/* All collections of a result; its records are sorted by duration. */
struct gc_cost gc_cost(const struct gc_speed *speed, struct gc_result *result);

#endif
