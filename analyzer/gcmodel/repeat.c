/*
 * repeat.c - skips trips that only do what earlier ones did.
 *
 * Two things repeat.  Between two collections one trip is like the other: it moves the counters,
 * the young generation and the free lists by the same amounts, so many such trips are one addition,
 * as long as no collection comes in between and no free list runs empty or full.
 *
 * And the rounds from one collection of generation 1 to another are alike.  After each trip of an
 * outermost loop the state of the heap is compared with one remembered from an earlier trip,
 * relative to the newest serial number (Brent's way of finding a cycle, 1980).  Once it is the
 * same, everything that happened in between happens again and again, until the oldest generation is
 * due: so many rounds are added up instead of run.
 */
#include "gcmodel/simulation.h"

#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u; /* Fibonacci hashing: 2^64 divided by phi */
    return hash ^ hash >> 29;
}

static uint64_t mix_all(uint64_t hash, const uint64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hash = mix(hash, values[i]);
    }
    return hash;
}

/* The state as far as it decides what happens next, without the oldest generation. */
static uint64_t hash_state(const struct simulation *s)
{
    const struct gc_heap *h = &s->heap;
    uint64_t hash = mix(mix(h->count[0], h->count[1]), h->scheduled);
    hash = mix(mix(hash, h->serial - h->mark[0]), h->serial - h->mark[1]);
    hash = mix_all(hash, h->tracked[0], N_TRACKINGS);
    hash = mix_all(hash, h->tracked[1], N_TRACKINGS);
    hash = mix_all(hash, h->pools, N_POOLS);
    for (size_t i = h->dead.n; i-- > 0;) {
        const struct gc_dead *dead = &h->dead.items[i];
        if (dead->first > h->mark[1]) {
            hash = mix(mix(mix(hash, h->serial - dead->first), dead->shape), dead->times);
        }
    }
    for (size_t op = 0; op < s->workload->ops.n; op++) {
        const struct held *held = &s->held[op];
        for (size_t i = held->first; i < held->members.n; i++) {
            uint64_t serial = held->members.items[i].serial;
            hash = mix(hash, serial == 0 ? 0 : h->serial + 1 - serial);
        }
    }
    return hash;
}

/* A cheap look before the dear one. */
static bool may_repeat(const struct gc_heap *now, const struct gc_heap *then)
{
    return now->count[0] == then->count[0] && now->count[1] == then->count[1]
           && now->serial - now->mark[0] == then->serial - then->mark[0];
}

static void take_snapshot(struct simulation *s, struct loop *loop)
{
    const struct gc_result *result = s->heap.result;
    s->heap.recent_peak = s->heap.garbage;
    loop->snapshot =
        (struct snapshot){true,
                          loop->trip,
                          hash_state(s),
                          s->heap,
                          *result,
                          s->heap.dead.n,
                          result->records.n > 0 ? array_last(&result->records)->times : 0};
}

/* How often the round from `then` to now can be repeated before the oldest generation is due. */
static uint64_t rounds_before_full(const struct gc_heap *now, const struct gc_heap *then,
                                   uint64_t rounds)
{
    uint64_t growth = now->pending - then->pending, steps = now->count[2] - then->count[2];
    uint64_t by_count = 0, by_growth = 0;
    if (steps == 0) {
        return rounds;
    }
    if (now->count[2] < now->threshold[2]) {
        by_count = (now->threshold[2] - now->count[2]) / steps;
    }
    if (now->pending < now->total / 4) {
        by_growth = growth == 0 ? rounds : (now->total / 4 - 1 - now->pending) / growth;
    }
    uint64_t most = by_count > by_growth ? by_count : by_growth;
    return most < rounds ? most : rounds;
}

/* Whether full collections happened in the round; then all of the state must repeat. */
static bool is_whole_round(const struct simulation *s, const struct snapshot *then)
{
    const struct gc_heap *now = &s->heap;
    if (s->heap.result->collections[2] == then->result.collections[2]) {
        return true;
    }
    return now->count[2] == then->heap.count[2] && now->pending == then->heap.pending
           && now->total == then->heap.total && now->dead.n == then->n_dead
           && memcmp(now->tracked[2], then->heap.tracked[2], sizeof now->tracked[2]) == 0;
}

static void repeat_records(struct gc_result *result, const struct snapshot *then, uint64_t rounds)
{
    size_t first = then->result.records.n;
    if (first > 0) {
        struct gc_record *last = &result->records.items[first - 1];
        last->times += (last->times - then->last_times) * rounds;
    }
    for (size_t i = first; i < result->records.n; i++) {
        result->records.items[i].times *= rounds + 1;
    }
}

static void repeat_result(struct gc_result *now, const struct gc_result *then, uint64_t rounds)
{
    for (int g = 0; g < N_GENERATIONS; g++) {
        now->collections[g] += (now->collections[g] - then->collections[g]) * rounds;
        now->examined[g] += (now->examined[g] - then->examined[g]) * rounds;
        now->collected[g] += (now->collected[g] - then->collected[g]) * rounds;
    }
    now->triggers += (now->triggers - then->triggers) * rounds;
    now->counted += (now->counted - then->counted) * rounds;
}

static void repeat_heap(struct gc_heap *now, const struct snapshot *then, uint64_t rounds)
{
    now->count[2] += (now->count[2] - then->heap.count[2]) * rounds;
    now->pending += (now->pending - then->heap.pending) * rounds;
    uint64_t growth = (now->garbage - then->heap.garbage) * rounds;
    now->garbage += growth;
    if (now->recent_peak + growth > now->result->peak_garbage) {
        now->result->peak_garbage = now->recent_peak + growth;
    }
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        now->tracked[2][t] += (now->tracked[2][t] - then->heap.tracked[2][t]) * rounds;
    }
    for (size_t i = 0; i < now->dead.n; i++) {
        struct gc_dead *dead = &now->dead.items[i];
        if (dead->first <= now->mark[1] && dead->first > then->heap.mark[1]) {
            dead->times *= rounds + 1;
        }
    }
    objects_note_garbage(now);
}

static void skip_rounds(struct simulation *s, struct loop *loop)
{
    const struct snapshot *then = &loop->snapshot;
    uint64_t length = loop->trip - then->trip;
    bool had_full = s->heap.result->collections[2] != then->result.collections[2];
    uint64_t rounds = loop->left / length;
    rounds = had_full ? rounds : rounds_before_full(&s->heap, &then->heap, rounds);
    if (rounds > 0) {
        repeat_records(s->heap.result, then, rounds);
        repeat_result(s->heap.result, &then->result, rounds);
        repeat_heap(&s->heap, then, rounds);
        loop->left -= rounds * length;
    }
    loop->snapshot.is_set = false;
    loop->next_snapshot = loop->since = loop->trip + 1;
}

/* What a trip moves towards the next collection.  A thread of 3.13t counts from -512 to 512 before
 * it hands in what it counted. */
static uint64_t counter_of(const struct gc_heap *heap)
{
    bool is_threaded = heap->version->collector == GC_FREE_THREADED;
    return is_threaded ? (uint64_t)(heap->local + THREAD_LOT) : heap->count[0];
}

static uint64_t counter_limit(const struct gc_heap *heap)
{
    bool is_off = !heap->enabled || heap->threshold[0] == 0;
    if (heap->version->collector == GC_FREE_THREADED) {
        return 2 * THREAD_LOT - 1;
    }
    return is_off ? UINT64_MAX : heap->threshold[0];
}

static void end_trip(const struct gc_heap *heap, struct trip_end *end)
{
    const struct gc_result *r = heap->result;
    *end = (struct trip_end){
        .is_set = true,
        .count = counter_of(heap),
        .shared = heap->shared,
        .n_made = heap->n_made,
        .serial = heap->serial,
        .counted = r->counted,
        .garbage = heap->garbage,
        .n_collections = r->triggers + r->collections[0] + r->collections[1] + r->collections[2],
        .n_dead = heap->dead.n,
    };
    memcpy(end->mark, heap->mark, sizeof end->mark);
    memcpy(end->tracked, heap->tracked[0], sizeof end->tracked);
    memcpy(end->pools, heap->pools, sizeof end->pools);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many more trips can take as much from the free lists, or add as much, as the one between `a`
 * and `b`, before one of them is empty or full.  Within a trip a list falls or rises by no more
 * than the objects that are made in it. */
static uint64_t trips_before_pools_end(const struct gc_heap *heap, const struct trip_end *a,
                                       const struct trip_end *b)
{
    uint64_t trips = UINT64_MAX, margin = b->n_made - a->n_made;
    for (size_t i = 1; i < N_POOLS; i++) {
        uint64_t size = gc_pool_size((enum gc_pool)i, heap->version);
        bool falls = b->pools[i] < a->pools[i];
        uint64_t step = falls ? a->pools[i] - b->pools[i] : b->pools[i] - a->pools[i];
        uint64_t room = falls ? b->pools[i] : size - b->pools[i];
        uint64_t room_before = falls ? a->pools[i] : size - a->pools[i];
        if (step > 0) {
            bool has_room = room > margin && room_before > margin;
            trips = has_room ? least(trips, (room - margin) / step) : 0;
        }
    }
    return trips;
}

/* How many more trips like the one between `a` and `b` are safe from a collection. */
static uint64_t quiet_trips(const struct gc_heap *heap, const struct trip_end *a,
                            const struct trip_end *b, uint64_t left)
{
    bool only_added = a->is_set && a->n_collections == b->n_collections && a->count <= b->count
                      && a->shared == b->shared && memcmp(a->mark, b->mark, sizeof a->mark) == 0;
    uint64_t made = b->counted - a->counted, limit = counter_limit(heap);
    if (!only_added || heap->scheduled) {
        return 0;
    }
    left = least(left, trips_before_pools_end(heap, a, b));
    if (a->count == b->count || limit == UINT64_MAX) {
        return left;
    }
    uint64_t trips =
        b->count + made < limit ? (limit - b->count - made) / (b->count - a->count) : 0;
    return least(trips, left);
}

/* Adds up trips in which nothing is collected. */
static void skip_quiet_trips(struct simulation *s, struct loop *loop)
{
    struct gc_heap *heap = &s->heap;
    struct trip_end now, then = loop->last;
    end_trip(heap, &now);
    uint64_t n = s->has_holds ? 0 : quiet_trips(heap, &then, &now, loop->left - 1);
    if (n > 0) {
        heap->count[0] += (now.count - then.count) * n;
        heap->local += (int64_t)((now.count - then.count) * n);
        heap->serial += (now.serial - then.serial) * n;
        heap->result->counted += (now.counted - then.counted) * n;
        heap->garbage += (now.garbage - then.garbage) * n;
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            heap->tracked[0][t] += (now.tracked[t] - then.tracked[t]) * n;
        }
        for (size_t i = 1; i < N_POOLS; i++) {
            heap->pools[i] += (now.pools[i] - then.pools[i]) * n;
        }
        for (size_t i = then.n_dead; i < heap->dead.n; i++) {
            heap->dead.items[i].times += n;
        }
        objects_note_garbage(heap);
        loop->trip += n;
        loop->left -= n;
        end_trip(heap, &now);
    }
    loop->last = now;
}

/* Whether the oldest generation was collected and has grown: nothing older repeats. */
static bool is_outdated(const struct simulation *s, const struct snapshot *then)
{
    return s->heap.result->collections[2] != then->result.collections[2]
           && s->heap.total != then->heap.total;
}

static void look_for_repetition(struct simulation *s, struct loop *loop)
{
    const struct snapshot *then = &loop->snapshot;
    if (then->is_set && is_outdated(s, then)) {
        loop->next_snapshot = loop->since = loop->trip;
    } else if (then->is_set && may_repeat(&s->heap, &then->heap) && hash_state(s) == then->hash
               && is_whole_round(s, then)) {
        skip_rounds(s, loop);
        return;
    }
    if (loop->trip >= loop->next_snapshot) {
        uint64_t distance = loop->trip - loop->since;
        take_snapshot(s, loop);
        loop->next_snapshot = loop->trip + (distance > 16 ? distance : 16);
    }
}

void repeat_skip(struct simulation *s, struct loop *loop)
{
    if (s->depth == 1 && is_generational(&s->heap)) {
        look_for_repetition(s, loop);
    }
    skip_quiet_trips(s, loop);
}
