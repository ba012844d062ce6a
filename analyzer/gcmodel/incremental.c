/*
 * incremental.c - the collector of 3.14.0 to 3.14.4: young and old, in slices (see collector.c).
 */
#include "gcmodel/heap.h"

#include <string.h>

/* A step looks at so much of the heap at least: one in ten times the second threshold. */
static const uint64_t SCAN_RATE_DIVISOR = 10, LEAST_SCALE = 2;

static uint64_t garbage_of(const struct gc_heap *heap, const struct gc_dead *dead)
{
    return heap_sum(heap->shapes.items[dead->shape].tracked) * dead->times;
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
    heap_untrack(heap->tracked[0], false);
    memcpy(live, heap->tracked[0], sizeof live);
    heap_take(&live[TRACKED_ALWAYS], young_dead);
    uint64_t marked = heap_sum(heap->tracked[2]) + heap_sum(live);
    heap_take(&marked, old_dead + heap->hidden);
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[0][t] -= live[t];
    }
    heap_age_young(heap, live);
    heap->work -= 2 * (int64_t)marked;
    heap->marking = false;
    heap_record_pause(heap, 1, marked, 0);
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
            collected += heap_reap_group(heap, &dead, merged, resurrected);
        } else if (!dead.is_visited && *budget > 0) {
            collected += heap_reap_group(heap, &dead, heap->tracked[2], resurrected);
            heap_take(budget, garbage_of(heap, &dead));
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
    heap_untrack(heap->tracked[0], false);
    memcpy(merged, heap->tracked[0], sizeof merged);
    memset(heap->tracked[0], 0, sizeof heap->tracked[0]);
    uint64_t size = heap_sum(merged);
    heap_take(&size, heap->n_in_hand);
    uint64_t budget = heap->work > (int64_t)size ? (uint64_t)heap->work - size : 0, left = budget;
    uint64_t collected = reap_increment(heap, merged, &left, &resurrected);
    heap_age_young(heap, merged);
    heap->work -= (int64_t)(size + budget - left);
    heap_record(heap, 1, size + budget - left, collected);
    if (is_scavenge_complete(heap)) {
        complete_scavenge(heap);
    }
}

void increment_step(struct gc_heap *heap)
{
    uint64_t scale = heap->threshold[1] < LEAST_SCALE ? LEAST_SCALE : heap->threshold[1];
    uint64_t size = heap_sum(heap->tracked[0]) + heap_sum(heap->tracked[2])
                    + heap_sum(heap->tracked[PERMANENT]);
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
void increment_collect(struct gc_heap *heap, int g)
{
    uint64_t merged[N_TRACKINGS] = {0}, resurrected = 0;
    for (int i = 0; i <= g; i++) {
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            merged[t] += heap->tracked[i][t];
            heap->tracked[i][t] = 0;
        }
        heap->count[i] = 0;
    }
    uint64_t examined = heap_sum(merged);
    uint64_t collected = heap_reap(heap, heap->mark[g], merged, &resurrected);
    heap_untrack(merged, g == 2);
    heap_age_young(heap, merged);
    heap_record(heap, g, examined, collected);
    if (g == 2) {
        memset(heap->pools, 0, sizeof heap->pools);
        complete_scavenge(heap);
    }
}
