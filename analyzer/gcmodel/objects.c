/*
 * objects.c - objects of a workload: made, taken in hand, let go of.
 */
#include "gcmodel/simulation.h"

#include <string.h>

/* Objects in hand that the model follows one by one; 24 bytes each. */
static const size_t MAX_IN_HAND = 50000000;

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
    heap->n_made++;
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
void objects_count_in_hand(struct simulation *s)
{
    s->heap.n_in_hand = 0;
    for (size_t i = 0; i < MAX_LABELS; i++) {
        for (size_t k = s->hands[i].n; k-- > 0;) {
            uint64_t serial = s->hands[i].items[k].serial;
            s->heap.n_in_hand += serial > s->heap.mark[0];
        }
    }
}

void objects_check(struct simulation *s)
{
    if (s->heap.scheduled && s->native == 0) {
        objects_count_in_hand(s);
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
            objects_check(s);
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

bool objects_make(struct simulation *s, const struct gc_op *op, struct error *error)
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

void objects_keep(struct simulation *s, struct members *hand)
{
    s->n_in_hand -= hand->n;
    hand->n = 0;
}

void objects_drop(struct simulation *s, struct members *hand)
{
    for (size_t i = 0; i < hand->n; i++) {
        free_object(&s->heap, &hand->items[i]);
    }
    objects_keep(s, hand);
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

void objects_note_garbage(struct gc_heap *heap)
{
    if (heap->garbage > heap->recent_peak) {
        heap->recent_peak = heap->garbage;
    }
    if (heap->garbage > heap->result->peak_garbage) {
        heap->result->peak_garbage = heap->garbage;
    }
}

void objects_die_in_cycle(struct simulation *s, uint32_t index, struct members *hand,
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
    objects_note_garbage(heap);
    objects_keep(s, hand);
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

void objects_hold(struct simulation *s, uint32_t index, const struct gc_op *op,
                  struct members *hand)
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

void objects_freeze(struct gc_heap *heap)
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

void objects_unfreeze(struct gc_heap *heap)
{
    heap->mark[2] = 0;
    for (size_t t = 0; t < N_TRACKINGS; t++) {
        heap->tracked[2][t] += heap->tracked[PERMANENT][t];
        heap->tracked[PERMANENT][t] = 0;
    }
}

/* The call passes its arguments in a tuple: counted, and freed into a free list. */
void objects_set_threshold(struct gc_heap *heap, const uint64_t limit[N_GENERATIONS])
{
    struct member arguments = {0, {.pool = POOL_TUPLE + 3}};
    arguments.serial = make_object(heap, &arguments.object);
    memcpy(heap->threshold, limit, sizeof heap->threshold);
    free_object(heap, &arguments);
}
