/*
 * threaded.c - the collector of 3.13t: one generation, many threads (see collector.c).
 */
#include "gcmodel/heap.h"

#include <string.h>

bool threaded_is_due(const struct gc_heap *heap)
{
    return heap->enabled && heap->threshold[0] != 0 && heap->shared > (int64_t)heap->threshold[0]
           && heap->shared > (int64_t)(heap->total / 4);
}

/* The world stops, and everything is looked at whatever generation is asked for. */
void threaded_collect(struct gc_heap *heap, int g)
{
    uint64_t merged[N_TRACKINGS] = {0}, resurrected = 0;
    for (int i = 0; i < N_GENERATIONS; i++) {
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            merged[t] += heap->tracked[i][t];
            heap->tracked[i][t] = 0;
        }
    }
    heap->shared = 0;
    uint64_t examined = heap_sum(merged);
    uint64_t collected = heap_reap(heap, heap->mark[2], merged, &resurrected);
    heap_untrack(merged, true);
    heap_untrack(merged,
                 true); /* visits memory, not a list: an inner tuple comes before the outer */
    heap->total = heap_sum(merged);
    heap_age_young(heap, merged);
    heap_record(heap, g, examined, collected);
}
