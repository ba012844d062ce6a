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

/* A pause, whether gc.get_stats() counts it or not. */
static void record_pause(struct gc_heap *heap, int generation, uint64_t examined,
                         uint64_t collected)
{
    struct gc_result *r = heap->result;
    bool is_generational =
        heap->version->collector == GC_EAGER || heap->version->collector == GC_DEFERRED;
    if (r->records.n > 0) {
        struct gc_record *last = array_last(&r->records);
        if (last->generation == generation && last->examined == examined
            && last->collected == collected) {
            last->times++;
            return;
        }
    }
    *array_push(&r->records) =
        (struct gc_record){generation, generation == 2 || !is_generational, examined, collected, 1};
}

static void record(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected)
{
    struct gc_result *r = heap->result;
    r->collections[generation]++;
    r->examined[generation] += examined;
    r->collected[generation] += collected;
    r->largest[generation] = examined > r->largest[generation] ? examined : r->largest[generation];
    record_pause(heap, generation, examined, collected);
}

/* ---- what happens to the objects ---- */

static void take(uint64_t *from, uint64_t n)
{
    *from -= n < *from ? n : *from;
}

/* Frees the objects of a dead group.  Their memory fills the free lists.  The counter of most
 * collectors is 0 while they run and does not go below; a thread's own one does. */
static void free_group(struct gc_heap *heap, const struct gc_shape *shape, uint64_t times)
{
    uint64_t n_freed = shape->pools[POOL_NONE] * times;
    for (size_t i = 1; i < N_POOLS; i++) {
        if (shape->pools[i] == 0) {
            continue;
        }
        uint64_t room = gc_pool_size((enum gc_pool)i, heap->version) - heap->pools[i];
        uint64_t n = shape->pools[i] * times, kept = n < room ? n : room;
        heap->pools[i] += kept;
        n_freed += n - kept;
    }
    collector_freed(heap, n_freed);
}

/* Takes a dead group out of `merged`; gives the number of objects in it.  One that a finalizer
 * makes reachable again stays: `*resurrected` counts its objects. */
static uint64_t reap_group(struct gc_heap *heap, const struct gc_dead *dead,
                           uint64_t merged[N_TRACKINGS], uint64_t *resurrected)
{
    const struct gc_shape *shape = &heap->shapes.items[dead->shape];
    uint64_t collected = 0, n = sum(shape->tracked) * dead->times;
    take(&heap->garbage, n);
    if (dead->resurrects) {
        *resurrected += n;
        return 0;
    }
    for (size_t t = 0; t < TRACKED_NEVER; t++) {
        bool was_untracked = t == TRACKED_ONE_PASS && dead->first <= heap->mark[0];
        uint64_t gone = was_untracked ? 0 : shape->tracked[t] * dead->times;
        take(&merged[t], gone);
        collected += gone;
    }
    take(&merged[TRACKED_ALWAYS], shape->n_aside * dead->times);
    free_group(heap, shape, dead->times);
    return collected;
}

/* Reaps the groups that are wholly newer than `mark`. */
static uint64_t reap(struct gc_heap *heap, uint64_t mark, uint64_t merged[N_TRACKINGS],
                     uint64_t *resurrected)
{
    uint64_t collected = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < heap->dead.n; i++) {
        struct gc_dead dead = heap->dead.items[i];
        if (dead.first <= mark) {
            heap->dead.items[n_left++] = dead;
        } else {
            collected += reap_group(heap, &dead, merged, resurrected);
        }
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

/* ---- young and old, in slices: 3.14.0 to 3.14.4 ---- */

/* A step looks at so much of the heap at least: one in ten times the second threshold. */
static const uint64_t SCAN_RATE_DIVISOR = 10, LEAST_SCALE = 2;

static uint64_t garbage_of(const struct gc_heap *heap, const struct gc_dead *dead)
{
    return sum(heap->shapes.items[dead->shape].tracked) * dead->times;
}

/* Unreachable objects in the young generation, or in the old one. */
static uint64_t count_garbage(const struct gc_heap *heap, bool is_young)
{
    uint64_t n = 0;
    for (size_t i = 0; i < heap->dead.n; i++) {
        n += heap->dead.items[i].is_young == is_young ? garbage_of(heap, &heap->dead.items[i]) : 0;
    }
    return n;
}

static void move_young_to_old(struct gc_heap *heap, const uint64_t survivors[N_TRACKINGS])
{
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[2][t] += survivors[t];
    }
    for (int i = 0; i < 2; i++) {
        heap->mark[i] = heap->serial;
    }
}

/* Everything old counts as not looked at again. */
static void complete_scavenge(struct gc_heap *heap)
{
    heap->marking = true;
    heap->work = 0;
    heap->hidden = heap->n_hidden;
    for (size_t i = 0; i < heap->dead.n; i++) {
        heap->dead.items[i].is_visited = false;
    }
}

/* Moves what is reachable to the old generation.  Pays twice for it: that is how it was written. */
static void mark_reachable(struct gc_heap *heap)
{
    uint64_t young_dead = count_garbage(heap, true), old_dead = count_garbage(heap, false);
    uint64_t live[N_TRACKINGS];
    untrack(heap->tracked[0], false);
    memcpy(live, heap->tracked[0], sizeof live);
    take(&live[TRACKED_ALWAYS], young_dead);
    uint64_t marked = sum(heap->tracked[2]) + sum(live);
    take(&marked, old_dead + heap->hidden);
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[0][t] -= live[t];
    }
    move_young_to_old(heap, live);
    heap->work -= 2 * (int64_t)marked;
    heap->marking = false;
    record_pause(heap, 1, marked, 0);
}

/* Reaps the groups of the young generation, and of the old one as many as `*budget` objects
 * allow: those that live but are hidden are looked at first. */
static uint64_t reap_increment(struct gc_heap *heap, uint64_t merged[N_TRACKINGS], uint64_t *budget,
                               uint64_t *resurrected)
{
    uint64_t collected = 0, n_hidden = heap->hidden < *budget ? heap->hidden : *budget;
    size_t n_left = 0;
    heap->hidden -= n_hidden;
    *budget -= n_hidden;
    for (size_t i = 0; i < heap->dead.n; i++) {
        struct gc_dead dead = heap->dead.items[i];
        if (dead.is_young) {
            collected += reap_group(heap, &dead, merged, resurrected);
        } else if (!dead.is_visited && *budget > 0) {
            collected += reap_group(heap, &dead, heap->tracked[2], resurrected);
            take(budget, garbage_of(heap, &dead));
        } else {
            heap->dead.items[n_left++] = dead;
        }
    }
    heap->dead.n = n_left;
    return collected;
}

static bool is_scavenge_complete(const struct gc_heap *heap)
{
    for (size_t i = 0; i < heap->dead.n; i++) {
        if (!heap->dead.items[i].is_visited) {
            return false;
        }
    }
    return heap->hidden == 0;
}

static void collect_increment(struct gc_heap *heap)
{
    uint64_t merged[N_TRACKINGS], resurrected = 0;
    heap->work -= (int64_t)heap->n_in_hand;
    untrack(heap->tracked[0], false);
    memcpy(merged, heap->tracked[0], sizeof merged);
    memset(heap->tracked[0], 0, sizeof heap->tracked[0]);
    uint64_t size = sum(merged);
    take(&size, heap->n_in_hand);
    uint64_t budget = heap->work > (int64_t)size ? (uint64_t)heap->work - size : 0, left = budget;
    uint64_t collected = reap_increment(heap, merged, &left, &resurrected);
    move_young_to_old(heap, merged);
    heap->work -= (int64_t)(size + budget - left);
    record(heap, 1, size + budget - left, collected);
    if (is_scavenge_complete(heap)) {
        complete_scavenge(heap);
    }
}

static void step_increment(struct gc_heap *heap)
{
    uint64_t scale = heap->threshold[1] < LEAST_SCALE ? LEAST_SCALE : heap->threshold[1];
    uint64_t size = sum(heap->tracked[0]) + sum(heap->tracked[2]) + sum(heap->tracked[PERMANENT]);
    uint64_t share = size / SCAN_RATE_DIVISOR / scale, most = 2 * heap->count[0];
    heap->result->triggers++;
    heap->work += (int64_t)(heap->count[0] + (share < most ? share : most));
    heap->count[0] = 0;
    if (heap->work < 0) {
        return;
    }
    if (heap->marking) {
        mark_reachable(heap);
    } else {
        collect_increment(heap);
    }
}

/* gc.collect(0) and gc.collect(2). */
static void collect_whole(struct gc_heap *heap, int g)
{
    uint64_t merged[N_TRACKINGS] = {0}, resurrected = 0;
    for (int i = 0; i <= g; i++) {
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            merged[t] += heap->tracked[i][t];
            heap->tracked[i][t] = 0;
        }
        heap->count[i] = 0;
    }
    uint64_t examined = sum(merged);
    uint64_t collected = reap(heap, heap->mark[g], merged, &resurrected);
    untrack(merged, g == 2);
    move_young_to_old(heap, merged);
    record(heap, g, examined, collected);
    if (g == 2) {
        memset(heap->pools, 0, sizeof heap->pools);
        complete_scavenge(heap);
    }
}

/* ---- one generation, many threads: 3.13t ---- */

static bool is_due_free_threaded(const struct gc_heap *heap)
{
    return heap->enabled && heap->threshold[0] != 0 && heap->shared > (int64_t)heap->threshold[0]
           && heap->shared > (int64_t)(heap->total / 4);
}

/* The world stops, and everything is looked at whatever generation is asked for. */
static void collect_free_threaded(struct gc_heap *heap, int g)
{
    uint64_t merged[N_TRACKINGS] = {0}, resurrected = 0;
    for (int i = 0; i < N_GENERATIONS; i++) {
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            merged[t] += heap->tracked[i][t];
            heap->tracked[i][t] = 0;
        }
    }
    heap->shared = 0;
    uint64_t examined = sum(merged);
    uint64_t collected = reap(heap, heap->mark[2], merged, &resurrected);
    untrack(merged, true);
    untrack(merged, true); /* visits memory, not a list: an inner tuple comes before the outer */
    heap->total = sum(merged);
    move_young_to_old(heap, merged);
    record(heap, g, examined, collected);
}

/* ---- all of them ---- */

void collector_start(struct gc_heap *heap)
{
    heap->marking = true;
    uint64_t old = sum(heap->tracked[2]);
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
            heap->scheduled = heap->scheduled || is_due_free_threaded(heap);
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
    take(&heap->count[0], n);
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
        step_increment(heap);
        break;
    case GC_FREE_THREADED:
        heap->result->triggers++;
        collect_free_threaded(heap, 0);
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
            step_increment(heap);
        } else {
            collect_whole(heap, generation);
        }
        break;
    case GC_FREE_THREADED:
        collect_free_threaded(heap, generation);
    }
}
