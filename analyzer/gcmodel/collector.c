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

static uint64_t sum(const uint64_t tracked[N_TRACKINGS])
{
    uint64_t n = 0;
    for (size_t i = 0; i < N_TRACKINGS; i++) {
        n += i == TRACKED_NEVER ? 0 : tracked[i];
    }
    return n;
}

static void record(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected)
{
    struct gc_result *r = heap->result;
    r->collections[generation]++;
    r->examined[generation] += examined;
    r->collected[generation] += collected;
    r->largest[generation] = examined > r->largest[generation] ? examined : r->largest[generation];
    if (r->records.n > 0) {
        struct gc_record *last = array_last(&r->records);
        if (last->generation == generation && last->examined == examined
            && last->collected == collected) {
            last->times++;
            return;
        }
    }
    *array_push(&r->records) = (struct gc_record){generation, examined, collected, 1};
}

/* ---- what happens to the objects ---- */

static void take(uint64_t *from, uint64_t n)
{
    *from -= n < *from ? n : *from;
}

/* Frees the objects of a dead group.  Their memory fills the free lists; the counter is 0 while
 * the collector runs, and does not go below. */
static void free_group(struct gc_heap *heap, const struct gc_shape *shape, uint64_t times)
{
    for (size_t i = 1; i < N_POOLS; i++) {
        uint64_t room = gc_pool_size((enum gc_pool)i, heap->version);
        if (shape->pools[i] > 0) {
            uint64_t filled = heap->pools[i] + shape->pools[i] * times;
            heap->pools[i] = filled > room ? room : filled;
        }
    }
}

/* Takes the groups that are wholly newer than `mark` out of `merged`; gives the number of objects
 * in them.  Those that a finalizer makes reachable again stay: `*resurrected` counts them. */
static uint64_t reap(struct gc_heap *heap, uint64_t mark, uint64_t merged[N_TRACKINGS],
                     uint64_t *resurrected)
{
    uint64_t collected = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < heap->dead.n; i++) {
        struct gc_dead dead = heap->dead.items[i];
        const struct gc_shape *shape = &heap->shapes.items[dead.shape];
        if (dead.first <= mark) {
            heap->dead.items[n_left++] = dead;
            continue;
        }
        uint64_t n = sum(shape->tracked) * dead.times;
        heap->garbage -= n < heap->garbage ? n : heap->garbage;
        if (dead.resurrects) {
            *resurrected += n;
            continue;
        }
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            bool was_untracked = t == TRACKED_ONE_PASS && dead.first <= heap->mark[0];
            take(&merged[t], was_untracked ? 0 : shape->tracked[t] * dead.times);
            collected += t == TRACKED_NEVER || was_untracked ? 0 : shape->tracked[t] * dead.times;
        }
        take(&merged[TRACKED_ALWAYS], shape->n_aside * dead.times);
        free_group(heap, shape, dead.times);
    }
    heap->dead.n = n_left;
    return collected;
}

/* Survivors that hold nothing trackable are let go of. */
static void untrack(uint64_t survivors[N_TRACKINGS], bool is_full)
{
    survivors[TRACKED_ONE_PASS] = survivors[TRACKED_TWO_PASSES];
    survivors[TRACKED_TWO_PASSES] = 0;
    if (is_full) {
        survivors[TRACKED_TO_FULL] = 0;
    }
}

/* ---- three generations ---- */

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
    uint64_t examined = sum(merged);
    uint64_t collected = reap(heap, heap->mark[g], merged, &resurrected);
    untrack(merged, g == 2);
    uint64_t survivors = sum(merged) - resurrected;
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
    record(heap, g, examined, collected);
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

bool collector_allocated(struct gc_heap *heap)
{
    heap->result->counted++;
    heap->count[0]++;
    bool is_due = heap->count[0] > heap->threshold[0] && heap->enabled && heap->threshold[0] != 0;
    if (is_due && heap->version->collector == GC_EAGER) {
        return true;
    }
    heap->scheduled = heap->scheduled || is_due;
    return false;
}

void collector_freed(struct gc_heap *heap)
{
    take(&heap->count[0], 1);
}

void collector_trigger(struct gc_heap *heap)
{
    heap->scheduled = false;
    run_generational(heap);
}

void collector_collect(struct gc_heap *heap, int generation)
{
    collect_generation(heap, generation);
}
