/*
 * simulation.h - the state of a simulation that runs.  Private to gcmodel/.
 *
 * Three files share it: objects.c makes and lets go of objects, repeat.c skips trips that only do
 * what earlier ones did, simulate.c goes through the words of the workload.
 */
#ifndef CYCLINT_GCMODEL_SIMULATION_H
#define CYCLINT_GCMODEL_SIMULATION_H

#include "gcmodel/heap.h"

struct member {
    uint64_t serial; /* 0: never tracked */
    struct gc_object object;
};

struct members {
    ARRAY_OF(struct member);
};

/* Groups held for some trips: a queue in an array. */
struct held {
    struct members members;
    struct {
        ARRAY_OF(size_t);
    } ends;             /* of each group, in members */
    size_t next, first; /* the oldest group, and its first member */
};

/* What is compared, and what is added up. */
struct snapshot {
    bool is_set;
    uint64_t trip, hash;
    struct gc_heap heap; /* its arrays belong to the heap that runs */
    struct gc_result result;
    size_t n_dead;
    uint64_t last_times; /* of the newest record */
};

/* The young generation after a trip, to see whether the next one only adds to it. */
struct trip_end {
    bool is_set;
    int64_t shared;
    uint64_t count, n_made, serial, counted, garbage, n_collections, mark[N_GENERATIONS];
    uint64_t tracked[N_TRACKINGS], pools[N_POOLS];
    size_t n_dead;
};

struct loop {
    uint32_t op;
    uint64_t left, trip, next_snapshot;
    uint64_t since; /* the trip from which on the distance between snapshots doubles */
    struct snapshot snapshot;
    struct trip_end last;
};

struct simulation {
    const struct gc_workload *workload;
    struct gc_heap heap;
    struct members hands[MAX_LABELS];
    struct held *held;     /* by op */
    uint32_t *shape_of_op; /* index + 1 */
    size_t n_in_hand;
    unsigned native;
    bool has_holds;
    struct loop loops[MAX_DEPTH];
    size_t depth;
};

static inline bool is_generational(const struct gc_heap *heap)
{
    return heap->version->collector == GC_EAGER || heap->version->collector == GC_DEFERRED;
}

/* ---- objects (objects.c) */

/* Makes objects of a kind and takes them in hand.  False with an error when there are too many. */
bool objects_make(struct simulation *s, const struct gc_op *op, struct error *error);

/* Lets go of what a label has in hand: for good, by reference counting, in a cycle, or once the
 * same op was met so many times more. */
void objects_keep(struct simulation *s, struct members *hand);
void objects_drop(struct simulation *s, struct members *hand);
void objects_die_in_cycle(struct simulation *s, uint32_t op, struct members *hand, bool resurrects);
void objects_hold(struct simulation *s, uint32_t index, const struct gc_op *op,
                  struct members *hand);

/* gc.freeze(), gc.unfreeze(), gc.set_threshold(). */
void objects_freeze(struct gc_heap *heap);
void objects_unfreeze(struct gc_heap *heap);
void objects_set_threshold(struct gc_heap *heap, const uint64_t limit[N_GENERATIONS]);

/* The interpreter looks whether a collection is due. */
void objects_check(struct simulation *s);

/* What running functions hold of the young objects: the incremental collector marks it. */
void objects_count_in_hand(struct simulation *s);

/* Garbage has been added. */
void objects_note_garbage(struct gc_heap *heap);

/* ---- skipping what repeats (repeat.c) */

/* After a trip through the innermost loop, with nothing in hand: adds up as many more as it can. */
void repeat_skip(struct simulation *s, struct loop *loop);

#endif
