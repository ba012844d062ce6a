/*
 * simulate.h - which collections a workload causes, and what they find.
 */
#ifndef CYCLINT_GCMODEL_SIMULATE_H
#define CYCLINT_GCMODEL_SIMULATE_H

#include "gcmodel/workload.h"

enum { N_GENERATIONS = 3 };

/* Where a simulation begins. */
struct gc_start {
    uint64_t heap;  /* tracked objects that live as long as the program, in the oldest generation */
    uint64_t young; /* tracked objects that the program made since the last collection */
    uint64_t frozen; /* of the heap: moved out of the collector's sight by gc.freeze() */
    int64_t counter; /* 3.13t: what the thread had counted and not yet handed in */
    uint64_t threshold[3];
};

/* Equal collections in a row. */
struct gc_record {
    int generation;
    bool is_full; /* objects of the heap at the start may be among those examined */
    uint64_t examined, collected, times;
};

struct gc_result {
    struct {
        ARRAY_OF(struct gc_record);
    } records;
    uint64_t collections[N_GENERATIONS], examined[N_GENERATIONS], collected[N_GENERATIONS],
        largest[N_GENERATIONS];
    uint64_t triggers;     /* how often the collector was called; an incremental one often waits */
    uint64_t peak_garbage; /* most unreachable objects that waited at a time */
    uint64_t garbage;      /* those that wait at the end */
    uint64_t heap;         /* tracked objects at the end */
    uint64_t counted;      /* allocations that moved the counter */
};

/* Runs the workload.  False with an error when it holds more objects in hand than the model can
 * follow one by one. */
bool gc_simulate(const struct gc_workload *workload, const struct gc_version *version,
                 const struct gc_start *start, struct gc_result *result, struct error *error);
void gc_result_free(struct gc_result *result);

#endif
