/*
 * collector.c - the model of CPython's cyclic garbage collectors.
 *
 * Reference counting frees most objects of a Python program at once.  The collector exists for the
 * rest: objects that hold each other.  It looks only at objects that can hold others, and so it
 * costs something for each list, instance or closure, cyclic or not, that is still there when it
 * runs.  When does it run, and over how many?
 *
 * Counting.  A counter goes up by one for each such object that is allocated and down by one for
 * each that is freed, never below zero.  An object that comes from a free list, or goes back into
 * one, does not move it: free lists keep 80 lists, 80 dicts and 2,000 tuples of each length.  So a
 * loop that makes and drops an object a trip never causes a collection, while one whose lists end
 * in cycles causes one every 781 lists: 80 from the free list that the collection itself has
 * filled, then 701.
 *
 * When the counter exceeds the first threshold, Python up to 3.11 collects inside the allocation,
 * before the new object is tracked.  Since 3.12 it only sets a flag, and collects at the next safe
 * point: the end of a trip through a loop, the beginning of a function, the return from a call.  A
 * long call of a function in C thus causes one collection however much it allocates, but of all of
 * it.  And the object that was being made when the flag was set is mostly still in use.
 *
 * Three generations.  A collection of generation g takes it and all younger ones together, frees
 * the cycles that lie wholly inside, and moves the survivors to generation g + 1.  Counter g + 1
 * counts the collections of g; the oldest generation whose counter exceeds its threshold is
 * collected, so each twelfth collection is of generation 1.  The oldest generation must also have
 * grown by a quarter since it was last collected, which keeps the work linear in the size of the
 * heap, and makes garbage that got there wait longer the larger the heap is.
 *
 * A cycle half of whose objects were already moved on survives too, until the older generation is
 * collected.  A tuple or dict that turns out to hold nothing that could be part of a cycle is
 * untracked and never looked at again, at a time that depends on the version.  gc.freeze() moves
 * everything into a permanent generation but leaves the size that the quarter is measured against.
 *
 * The incremental collector of 3.14.0 to 3.14.4 has a young and an old generation.  It owes work
 * for each new object and, a little, for the size of the heap.  A scavenge begins by marking what
 * is reachable, which is a pause for the whole heap and pays twice what it marks; until that is
 * used up nothing is collected, and garbage piles up to about twice the size of the heap.  Then
 * each step takes all young objects and as many old ones as there is work owed for.
 *
 * The free-threaded collector of 3.13t has one generation and stops the world.  Each thread counts
 * on its own and adds to the common counter in lots of 512; a collection is due when that exceeds
 * the threshold and a quarter of the objects that survived the last.
 *
 * What is left out: objects with finalizers of the old kind (tp_del), several threads, what
 * finalizers and callbacks allocate while a collection runs, imports in the middle of a workload,
 * and C extensions that track objects later than they allocate them.
 */
#include "gcmodel/heap.h"

#include <string.h>

static void collect_generation(struct gc_heap *heap, int g)
{
    uint64_t merged[N_TRACKINGS] = {0}, resurrected = 0;
    if (g + 1 < N_GENERATIONS) {
        heap->count[g + 1]++;
    }
    for (int i = 0; i <= g; i++) {
        heap->count[i] = 0;
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            merged[t] += heap->tracked[i][t];
            heap->tracked[i][t] = 0;
        }
    }
    uint64_t examined = heap_sum(merged);
    uint64_t collected = heap_reap(heap, heap->mark[g], merged, &resurrected);
    heap_untrack(merged, g == 2);
    uint64_t survivors = heap_sum(merged) - resurrected;
    if (g == 2) {
        heap->pending = 0;
        heap->total = survivors;
        memset(heap->pools, 0, sizeof heap->pools);
    } else if (g == 1) {
        heap->pending += survivors;
    }
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[g == 2 ? 2 : g + 1][t] += merged[t];
    }
    heap->mark[0] = heap->serial;
    heap->mark[1] = g > 0 ? heap->serial : heap->mark[1];
    heap_record(heap, g, examined, collected);
}

/* The oldest generation whose counter exceeds its threshold; -1 if none does.  The oldest must also
 * have grown by a quarter, which makes the work linear in the size of the heap. */
static int select_generation(const struct gc_heap *heap)
{
    for (int g = N_GENERATIONS - 1; g >= 0; g--) {
        bool is_due = heap->count[g] > heap->threshold[g];
        if (is_due && (g < 2 || heap->pending >= heap->total / 4)) {
            return g;
        }
    }
    return -1;
}

static void run_generational(struct gc_heap *heap)
{
    int g = select_generation(heap);
    if (g >= 0) {
        heap->result->triggers++;
        collect_generation(heap, g);
    }
}

/* ---- all of them ---- */

void collector_start(struct gc_heap *heap)
{
    heap->marking = true;
    uint64_t old = heap_sum(heap->tracked[2]);
    heap->n_hidden = old < HIDDEN_OBJECTS ? old : HIDDEN_OBJECTS;
    heap->hidden = heap->n_hidden;
    heap->local = (int64_t)heap->count[0];
}

bool collector_allocated(struct gc_heap *heap)
{
    heap->result->counted++;
    if (heap->version->collector == GC_FREE_THREADED) {
        if (++heap->local >= THREAD_LOT) {
            heap->shared += heap->local;
            heap->local = 0;
            heap->scheduled = heap->scheduled || threaded_is_due(heap);
        }
        return false;
    }
    heap->count[0]++;
    bool is_due = heap->count[0] > heap->threshold[0] && heap->enabled && heap->threshold[0] != 0;
    if (is_due && heap->version->collector == GC_EAGER) {
        return true;
    }
    heap->scheduled = heap->scheduled || is_due;
    return false;
}

void collector_freed(struct gc_heap *heap, uint64_t n)
{
    heap_take(&heap->count[0], n);
    heap->local -= (int64_t)n;
    if (heap->local <= -THREAD_LOT) {
        int64_t lots = -heap->local / THREAD_LOT * THREAD_LOT;
        heap->shared -= lots;
        heap->local += lots;
    }
}

void collector_trigger(struct gc_heap *heap)
{
    heap->scheduled = false;
    switch (heap->version->collector) {
    case GC_EAGER:
    case GC_DEFERRED:
        run_generational(heap);
        break;
    case GC_INCREMENTAL:
        increment_step(heap);
        break;
    case GC_FREE_THREADED:
        heap->result->triggers++;
        threaded_collect(heap, 0);
    }
}

void collector_collect(struct gc_heap *heap, int generation)
{
    switch (heap->version->collector) {
    case GC_EAGER:
    case GC_DEFERRED:
        collect_generation(heap, generation);
        break;
    case GC_INCREMENTAL:
        if (generation == 1) {
            increment_step(heap);
        } else {
            increment_collect(heap, generation);
        }
        break;
    case GC_FREE_THREADED:
        threaded_collect(heap, generation);
    }
}
