/*
 * heap.h - the state of a simulated heap; shared by the collectors and by what drives them.
 *
 * Every tracked object gets the next serial number.  A collection moves all survivors of its
 * generations on together, so a few serial numbers, the marks, tell the generation of any object:
 * it need not be stored anywhere.
 */
#ifndef CYCLINT_GCMODEL_HEAP_H
#define CYCLINT_GCMODEL_HEAP_H

#include "gcmodel/simulate.h"

enum { PERMANENT = N_GENERATIONS, N_PLACES };

/* Live objects that only C code holds, so that marking from the roots does not reach them.  In a
 * fresh interpreter of 20,000 objects between 400 and 1,170, by when it begins to collect. */
enum { HIDDEN_OBJECTS = 1000 };

enum { THREAD_LOT = 512 }; /* what a thread of 3.13t counts on its own before it tells the others */

/* What a group of objects consists of; groups of one place in a workload share it. */
struct gc_shape {
    uint64_t tracked[N_TRACKINGS];
    uint64_t n_aside;
    uint64_t pools[N_POOLS];
};

/* Groups that nobody can reach any more. */
struct gc_dead {
    uint64_t first, last; /* serial numbers */
    uint32_t shape;
    bool resurrects;
    bool is_young;   /* incremental: no part was moved to the old generation before it died */
    bool is_visited; /* incremental: old, and passed by in this scavenge */
    uint64_t times;
};

struct gc_heap {
    const struct gc_version *version;
    struct gc_result *result;

    uint64_t count[N_GENERATIONS], threshold[N_GENERATIONS];
    uint64_t pending, total; /* CPython's long_lived_pending and long_lived_total */
    bool enabled, scheduled;

    uint64_t n_made;  /* objects, counted or not */
    uint64_t serial;  /* of the newest tracked object */
    uint64_t mark[3]; /* newer than mark[0]: generation 0, than mark[1]: 1, than mark[2]: 2 */
    uint64_t tracked[N_PLACES][N_TRACKINGS];
    uint64_t pools[N_POOLS];
    uint64_t garbage, recent_peak; /* unreachable objects; the most since the last snapshot */
    struct {
        ARRAY_OF(struct gc_shape);
    } shapes;
    struct {
        ARRAY_OF(struct gc_dead);
    } dead;

    /* Incremental. */
    int64_t work;       /* objects that the collector owes a look */
    bool marking;       /* the next step marks; otherwise it collects */
    uint64_t n_hidden;  /* live objects that marking cannot reach */
    uint64_t hidden;    /* of those, not looked at yet in this scavenge */
    uint64_t n_in_hand; /* young objects that a running function holds */

    /* Free-threaded. */
    int64_t local, shared; /* the thread's own counter, and what it has handed in */
};

/* ---- what every collector does (heap.c) */

/* Objects that a collection looks at; takes from a number, but not below 0. */
uint64_t heap_sum(const uint64_t tracked[N_TRACKINGS]);
void heap_take(uint64_t *from, uint64_t n);

/* Notes a collection; a pause, whether gc.get_stats() counts it or not. */
void heap_record(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected);
void heap_record_pause(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected);

/* Takes dead groups out of `merged` and frees them: one, or those that are wholly newer than
 * `mark`. Gives the number of objects freed; those that a finalizer makes reachable again are
 * counted in
 * `*resurrected`. */
uint64_t heap_reap_group(struct gc_heap *heap, const struct gc_dead *dead,
                         uint64_t merged[N_TRACKINGS], uint64_t *resurrected);
uint64_t heap_reap(struct gc_heap *heap, uint64_t mark, uint64_t merged[N_TRACKINGS],
                   uint64_t *resurrected);

/* Lets go of survivors that hold nothing trackable; moves survivors to the oldest generation. */
void heap_untrack(uint64_t survivors[N_TRACKINGS], bool is_full);
void heap_age_young(struct gc_heap *heap, const uint64_t survivors[N_TRACKINGS]);

/* ---- the collectors that have not three generations (incremental.c, threaded.c) */

void increment_step(struct gc_heap *heap);
void increment_collect(struct gc_heap *heap, int generation);
bool threaded_is_due(const struct gc_heap *heap);
void threaded_collect(struct gc_heap *heap, int generation);

/* ---- all of them (collector.c) */

/* Counts one allocation; tells whether the collector must be called now (3.11 and before). */
bool collector_allocated(struct gc_heap *heap);
void collector_freed(struct gc_heap *heap, uint64_t n);

/* What a collector has to know before the first object. */
void collector_start(struct gc_heap *heap);

/* The interpreter calls the collector: it decides which generation, and runs or not. */
void collector_trigger(struct gc_heap *heap);

/* gc.collect(generation). */
void collector_collect(struct gc_heap *heap, int generation);

#endif
