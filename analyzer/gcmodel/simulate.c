/*
 * simulate.c - runs a workload, object by object, and skips what repeats.
 *
 * After each trip of an outermost loop the state of the heap is compared with one remembered from
 * an earlier trip, relative to the newest serial number (Brent's way of finding a cycle, 1980).
 * Once it is the same, everything that happened in between happens again and again, until the
 * oldest generation is due: so many rounds are added up instead of run.
 */
#include "gcmodel/heap.h"

#include <string.h>

/* Objects in hand that the model follows one by one; 24 bytes each. */
static const size_t MAX_IN_HAND = 50000000;

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
    uint64_t count, serial, counted, garbage, n_collections, mark[N_GENERATIONS];
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

/* ---- one object ---- */

static int place_of(const struct gc_heap *heap, uint64_t serial)
{
    for (int i = 0; i < N_GENERATIONS; i++) {
        if (serial > heap->mark[i]) {
            return i;
        }
    }
    return PERMANENT;
}

static uint64_t make_object(struct gc_heap *heap, const struct gc_object *object)
{
    bool is_pooled = heap->pools[object->pool] > 0;
    heap->pools[object->pool] -= is_pooled;
    bool counts = heap->version->counts_tracked ? object->tracking != TRACKED_NEVER : !is_pooled;
    if (counts && collector_allocated(heap)) {
        collector_trigger(heap);
    }
    if (object->tracking == TRACKED_NEVER) {
        return 0;
    }
    heap->tracked[0][object->tracking]++;
    return ++heap->serial;
}

/* Takes an object out of the place it is in.  A tuple that was seen by a collection is no longer
 * tracked. */
static void forget_object(struct gc_heap *heap, const struct member *member)
{
    int place = place_of(heap, member->serial);
    size_t tracking = member->object.tracking;
    if (tracking == TRACKED_TWO_PASSES && place > 0) {
        tracking = TRACKED_ONE_PASS;
    } else if (tracking == TRACKED_ONE_PASS && place > 0) {
        return;
    }
    if (heap->tracked[place][tracking] > 0) {
        heap->tracked[place][tracking]--;
    }
}

static void free_object(struct gc_heap *heap, const struct member *member)
{
    enum gc_pool pool = member->object.pool;
    if (member->serial != 0) {
        forget_object(heap, member);
    }
    bool is_pooled = heap->pools[pool] < gc_pool_size(pool, heap->version);
    heap->pools[pool] += is_pooled;
    if (heap->version->counts_tracked ? member->serial != 0 : !is_pooled) {
        collector_freed(heap, 1);
    }
}

/* What running functions hold of the young objects: the incremental collector marks it. */
static void count_in_hand(struct simulation *s)
{
    s->heap.n_in_hand = 0;
    for (size_t i = 0; i < MAX_LABELS; i++) {
        for (size_t k = s->hands[i].n; k-- > 0;) {
            uint64_t serial = s->hands[i].items[k].serial;
            s->heap.n_in_hand += serial > s->heap.mark[0];
        }
    }
}

static void check(struct simulation *s)
{
    if (s->heap.scheduled && s->native == 0) {
        count_in_hand(s);
        collector_trigger(&s->heap);
    }
}

/* ---- groups ---- */

static void make_kind(struct simulation *s, const struct gc_kind *kind, struct members *hand)
{
    struct member temporary[MAX_KIND_OBJECTS];
    size_t n_temporary = 0;
    for (size_t i = 0; i < kind->n; i++) {
        const struct gc_object *object = &kind->objects[i];
        if (object->check) {
            check(s);
            continue;
        }
        struct member made = {make_object(&s->heap, object), *object};
        if (object->temporary) {
            temporary[n_temporary++] = made;
        } else {
            *array_push(hand) = made;
            s->n_in_hand++;
        }
    }
    for (size_t i = 0; i < n_temporary; i++) {
        free_object(&s->heap, &temporary[i]);
    }
}

static bool make(struct simulation *s, const struct gc_op *op, struct error *error)
{
    const struct gc_kind *kind = &s->workload->kinds.items[op->made];
    for (uint64_t i = 0; i < op->n; i++) {
        make_kind(s, kind, &s->hands[op->label]);
        if (s->n_in_hand > MAX_IN_HAND) {
            return error_at(error,
                            "workload: more than %zu objects are in hand at a time; let go of some "
                            "with keep, drop or cycle",
                            MAX_IN_HAND);
        }
    }
    return true;
}

static void empty_hand(struct simulation *s, struct members *hand)
{
    s->n_in_hand -= hand->n;
    hand->n = 0;
}

static void drop(struct simulation *s, struct members *hand)
{
    for (size_t i = 0; i < hand->n; i++) {
        free_object(&s->heap, &hand->items[i]);
    }
    empty_hand(s, hand);
}

static void add_to_shape(struct gc_shape *shape, const struct gc_object *object)
{
    if (object->aside) {
        shape->n_aside++;
    } else {
        shape->tracked[object->tracking]++;
    }
    shape->pools[object->pool]++;
}

/* Groups that are let go of at the same op mostly have the same shape. */
static uint32_t share_shape(struct simulation *s, uint32_t op, const struct gc_shape *shape)
{
    uint32_t last = s->shape_of_op[op];
    if (last == 0 || memcmp(&s->heap.shapes.items[last - 1], shape, sizeof *shape) != 0) {
        *array_push(&s->heap.shapes) = *shape;
        s->shape_of_op[op] = (uint32_t)s->heap.shapes.n;
    }
    return s->shape_of_op[op] - 1;
}

static void note_garbage(struct gc_heap *heap)
{
    if (heap->garbage > heap->recent_peak) {
        heap->recent_peak = heap->garbage;
    }
    if (heap->garbage > heap->result->peak_garbage) {
        heap->result->peak_garbage = heap->garbage;
    }
}

static void die_in_cycle(struct simulation *s, uint32_t index, struct members *hand,
                         bool resurrects)
{
    struct gc_heap *heap = &s->heap;
    struct gc_shape shape = {0};
    struct gc_dead dead = {.resurrects = resurrects, .times = 1};
    for (size_t i = 0; i < hand->n; i++) {
        uint64_t serial = hand->items[i].serial;
        add_to_shape(&shape, &hand->items[i].object);
        dead.first = dead.first == 0 || (serial != 0 && serial < dead.first) ? serial : dead.first;
        dead.last = serial > dead.last ? serial : dead.last;
    }
    if (dead.last > 0) {
        dead.shape = share_shape(s, index, &shape);
        dead.is_young = dead.first > heap->mark[0];
        dead.is_visited = !dead.is_young;
        *array_push(&heap->dead) = dead;
        for (size_t t = 0; t < TRACKED_NEVER; t++) {
            heap->garbage += shape.tracked[t];
        }
    }
    note_garbage(heap);
    empty_hand(s, hand);
}

/* The members of groups that are gone are removed now and then, not each time. */
static void compact(struct held *held)
{
    if (held->first < 1024 || held->first < held->members.n / 2) {
        return;
    }
    size_t n = held->members.n - held->first, n_ends = held->ends.n - held->next;
    memmove(held->members.items, held->members.items + held->first, n * sizeof(struct member));
    memmove(held->ends.items, held->ends.items + held->next, n_ends * sizeof(size_t));
    for (size_t i = 0; i < n_ends; i++) {
        held->ends.items[i] -= held->first;
    }
    held->members.n = n;
    held->ends.n = n_ends;
    held->first = held->next = 0;
}

static void hold(struct simulation *s, uint32_t index, const struct gc_op *op, struct members *hand)
{
    struct held *held = &s->held[index];
    for (size_t i = 0; i < hand->n; i++) {
        *array_push(&held->members) = hand->items[i];
    }
    *array_push(&held->ends) = held->members.n;
    hand->n = 0; /* still in hand */
    if (held->ends.n - held->next <= op->n) {
        return;
    }
    size_t end = held->ends.items[held->next++];
    for (; held->first < end; held->first++) {
        free_object(&s->heap, &held->members.items[held->first]);
        s->n_in_hand--;
    }
    compact(held);
}

/* ---- gc.freeze() ---- */

static void freeze(struct gc_heap *heap)
{
    for (int g = 0; g < N_GENERATIONS; g++) {
        heap->count[g] = 0;
        heap->mark[g] = heap->serial;
        heap->hidden = heap->n_hidden = 0;
        for (size_t t = 0; t < N_TRACKINGS; t++) {
            heap->tracked[PERMANENT][t] += heap->tracked[g][t];
            heap->tracked[g][t] = 0;
        }
    }
}

static void unfreeze(struct gc_heap *heap)
{
    heap->mark[2] = 0;
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[2][t] += heap->tracked[PERMANENT][t];
        heap->tracked[PERMANENT][t] = 0;
    }
}

/* ---- skipping what repeats ---- */

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
    note_garbage(now);
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

static bool hands_are_empty(const struct simulation *s)
{
    for (size_t i = 0; i < MAX_LABELS; i++) {
        if (s->hands[i].n > 0) {
            return false;
        }
    }
    return true;
}

static bool is_generational(const struct gc_heap *heap)
{
    return heap->version->collector == GC_EAGER || heap->version->collector == GC_DEFERRED;
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

/* How many more trips like the one between `a` and `b` are safe from a collection. */
static uint64_t quiet_trips(const struct gc_heap *heap, const struct trip_end *a,
                            const struct trip_end *b, uint64_t left)
{
    bool only_added = a->is_set && a->n_collections == b->n_collections && a->count <= b->count
                      && a->shared == b->shared && memcmp(a->mark, b->mark, sizeof a->mark) == 0
                      && memcmp(a->pools, b->pools, sizeof a->pools) == 0;
    uint64_t made = b->counted - a->counted, limit = counter_limit(heap);
    if (!only_added || heap->scheduled) {
        return 0;
    }
    if (a->count == b->count || limit == UINT64_MAX) {
        return left;
    }
    uint64_t trips =
        b->count + made < limit ? (limit - b->count - made) / (b->count - a->count) : 0;
    return trips < left ? trips : left;
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
        for (size_t i = then.n_dead; i < heap->dead.n; i++) {
            heap->dead.items[i].times += n;
        }
        note_garbage(heap);
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

/* ---- the workload ---- */

static size_t begin_loop(struct simulation *s, size_t index, const struct gc_op *op)
{
    if (op->n == 0) {
        return op->other + 1;
    }
    s->loops[s->depth++] = (struct loop){.op = (uint32_t)index, .left = op->n};
    s->native += op->kind == GC_NATIVE;
    return index + 1;
}

static size_t end_loop(struct simulation *s, size_t index)
{
    struct loop *loop = &s->loops[s->depth - 1];
    s->native -= s->workload->ops.items[loop->op].kind == GC_NATIVE;
    check(s);
    loop->left--;
    loop->trip++;
    if (loop->left > 0 && hands_are_empty(s)) {
        if (s->depth == 1 && is_generational(&s->heap)) {
            look_for_repetition(s, loop);
        }
        skip_quiet_trips(s, loop);
    }
    if (loop->left > 0) {
        return loop->op + 1;
    }
    s->depth--;
    return index + 1;
}

/* The call passes its arguments in a tuple: counted, and freed into a free list. */
static void set_threshold(struct gc_heap *heap, const uint64_t limit[N_GENERATIONS])
{
    struct member arguments = {0, {.pool = POOL_TUPLE + 3}};
    arguments.serial = make_object(heap, &arguments.object);
    memcpy(heap->threshold, limit, sizeof heap->threshold);
    free_object(heap, &arguments);
}

static void do_gc_call(struct simulation *s, const struct gc_op *op)
{
    struct gc_heap *heap = &s->heap;
    switch ((int)op->kind) {
    case GC_CHECK:
        check(s);
        break;
    case GC_COLLECT:
        count_in_hand(s);
        collector_collect(heap, (int)op->n);
        break;
    case GC_ENABLE:
    case GC_DISABLE:
        heap->enabled = op->kind == GC_ENABLE;
        break;
    case GC_FREEZE:
        freeze(heap);
        break;
    case GC_UNFREEZE:
        unfreeze(heap);
        break;
    default:
        set_threshold(heap, op->limit);
    }
}

/* Runs one op; gives the index of the next. */
static bool step(struct simulation *s, size_t *index, struct error *error)
{
    const struct gc_op *op = &s->workload->ops.items[*index];
    struct members *hand = &s->hands[op->label];
    switch (op->kind) {
    case GC_REPEAT:
    case GC_NATIVE:
        *index = begin_loop(s, *index, op);
        return true;
    case GC_END:
        *index = end_loop(s, *index);
        return true;
    case GC_MAKE:
        if (!make(s, op, error)) {
            return false;
        }
        break;
    case GC_KEEP:
        empty_hand(s, hand);
        break;
    case GC_DROP:
        drop(s, hand);
        break;
    case GC_CYCLE:
    case GC_RESURRECT:
        die_in_cycle(s, (uint32_t)*index, hand, op->kind == GC_RESURRECT);
        break;
    case GC_HOLD:
        hold(s, (uint32_t)*index, op, hand);
        break;
    case GC_CHECK:
    case GC_COLLECT:
    case GC_ENABLE:
    case GC_DISABLE:
    case GC_FREEZE:
    case GC_UNFREEZE:
    case GC_THRESHOLD:
        do_gc_call(s, op);
    }
    ++*index;
    return true;
}

static void begin(struct simulation *s, const struct gc_start *start)
{
    struct gc_heap *heap = &s->heap;
    heap->enabled = true;
    memcpy(heap->threshold, start->threshold, sizeof heap->threshold);
    heap->total = start->heap;
    heap->tracked[PERMANENT][TRACKED_ALWAYS] = start->frozen;
    heap->tracked[2][TRACKED_ALWAYS] = start->heap - start->frozen;
    heap->tracked[0][TRACKED_ALWAYS] = start->young;
    heap->count[0] = start->young;
    heap->serial = start->young;
    collector_start(heap);
    heap->local += start->counter;
}

static void end(struct simulation *s)
{
    struct gc_heap *heap = &s->heap;
    for (size_t i = 0; i < N_PLACES; i++) {
        for (size_t t = 0; t < TRACKED_NEVER; t++) {
            heap->result->heap += heap->tracked[i][t];
        }
    }
    heap->result->garbage = heap->garbage;
    for (size_t i = 0; i < s->workload->ops.n; i++) {
        array_free(&s->held[i].members);
        array_free(&s->held[i].ends);
    }
    for (size_t i = 0; i < MAX_LABELS; i++) {
        array_free(&s->hands[i]);
    }
    array_free(&heap->shapes);
    array_free(&heap->dead);
    array_release(s->held);
    array_release(s->shape_of_op);
}

bool gc_simulate(const struct gc_workload *workload, const struct gc_version *version,
                 const struct gc_start *start, struct gc_result *result, struct error *error)
{
    size_t n = workload->ops.n;
    struct simulation *s = alloc_zeroed(1, sizeof *s);
    *result = (struct gc_result){0};
    s->workload = workload;
    s->heap.version = version;
    s->heap.result = result;
    s->held = alloc_zeroed(n + 1, sizeof *s->held);
    s->shape_of_op = alloc_zeroed(n + 1, sizeof *s->shape_of_op);
    for (size_t i = 0; i < n; i++) {
        s->has_holds = s->has_holds || workload->ops.items[i].kind == GC_HOLD;
    }
    begin(s, start);
    bool ok = true;
    for (size_t i = 0; ok && i < n;) {
        ok = step(s, &i, error);
    }
    end(s);
    array_release(s);
    if (!ok) {
        gc_result_free(result);
    }
    return ok;
}

void gc_result_free(struct gc_result *result)
{
    array_free(&result->records);
}
