/*
 * heap.c - what every collector does to a heap: frees dead groups, moves survivors on, takes notes.
 */
#include "gcmodel/heap.h"

#include <string.h>

uint64_t heap_sum(const uint64_t tracked[N_TRACKINGS])
{
    uint64_t n = 0;
    for (size_t i = 0; i < N_TRACKINGS; i++) {
        n += i == TRACKED_NEVER ? 0 : tracked[i];
    }
    return n;
}

/* A pause, whether gc.get_stats() counts it or not. */
void heap_record_pause(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected)
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

void heap_record(struct gc_heap *heap, int generation, uint64_t examined, uint64_t collected)
{
    struct gc_result *r = heap->result;
    r->collections[generation]++;
    r->examined[generation] += examined;
    r->collected[generation] += collected;
    r->largest[generation] = examined > r->largest[generation] ? examined : r->largest[generation];
    heap_record_pause(heap, generation, examined, collected);
}

void heap_take(uint64_t *from, uint64_t n)
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
uint64_t heap_reap_group(struct gc_heap *heap, const struct gc_dead *dead,
                         uint64_t merged[N_TRACKINGS], uint64_t *resurrected)
{
    const struct gc_shape *shape = &heap->shapes.items[dead->shape];
    uint64_t collected = 0, n = heap_sum(shape->tracked) * dead->times;
    heap_take(&heap->garbage, n);
    if (dead->resurrects) {
        *resurrected += n;
        return 0;
    }
    for (size_t t = 0; t < TRACKED_NEVER; t++) {
        bool was_untracked = t == TRACKED_ONE_PASS && dead->first <= heap->mark[0];
        uint64_t gone = was_untracked ? 0 : shape->tracked[t] * dead->times;
        heap_take(&merged[t], gone);
        collected += gone;
    }
    heap_take(&merged[TRACKED_ALWAYS], shape->n_aside * dead->times);
    free_group(heap, shape, dead->times);
    return collected;
}

/* Reaps the groups that are wholly newer than `mark`. */
uint64_t heap_reap(struct gc_heap *heap, uint64_t mark, uint64_t merged[N_TRACKINGS],
                   uint64_t *resurrected)
{
    uint64_t collected = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < heap->dead.n; i++) {
        struct gc_dead dead = heap->dead.items[i];
        if (dead.first <= mark) {
            heap->dead.items[n_left++] = dead;
        } else {
            collected += heap_reap_group(heap, &dead, merged, resurrected);
        }
    }
    heap->dead.n = n_left;
    return collected;
}

/* Survivors that hold nothing trackable are let go of. */
void heap_untrack(uint64_t survivors[N_TRACKINGS], bool is_full)
{
    survivors[TRACKED_ONE_PASS] = survivors[TRACKED_TWO_PASSES];
    survivors[TRACKED_TWO_PASSES] = 0;
    if (is_full) {
        survivors[TRACKED_TO_FULL] = 0;
    }
}

void heap_age_young(struct gc_heap *heap, const uint64_t survivors[N_TRACKINGS])
{
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[2][t] += survivors[t];
    }
    for (int i = 0; i < 2; i++) {
        heap->mark[i] = heap->serial;
    }
}
