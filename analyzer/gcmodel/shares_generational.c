/*
 * shares_generational.c - a loop told by shares, under a collector with three generations.
 *
 * What happens from one young collection to the next depends only on the place in the round at
 * which it begins and on what the free list holds, and so does all that happens from one collection
 * of generation 1 to the next: each such cell is worked out once, and then a step is a look into a
 * table.  Only collections of the oldest generation, which grow rarer as the heap grows, are taken
 * one by one.
 *
 * Up to 3.11 a collection happens inside an allocation, so only trips of one object qualify: the
 * object is made after the collection, belongs to the next, and does not count.
 *
 * Where the interpreter looks for due collections inside the trip, as when __init__ begins, the
 * object is there already and in use: it survives and moves on, and what becomes of it later
 * happens in the next generation.  There a dead one waits for the next collection but one.
 */
#include "gcmodel/share_sums.h"

#include <string.h>

/* From a collection that ended before the trip at one place of the round to the next collection. */
struct young_step {
    bool is_known, ends_dropped;
    uint64_t trips, examined, collected;
    uint64_t late_dead, late_dropped; /* 0 or 1: the object in use during the collection, later */
    uint32_t next;                    /* place */
    uint64_t times;
};

/* From one collection of generation 1 to the next. */
struct middle_step {
    bool is_known;
    uint64_t trips;
    struct gc_record record; /* of the one that ends it */
    uint64_t survivors, peak, late_dead, late_dropped;
    uint32_t next, pooled; /* place, and objects in the free list there */
    uint64_t times;
};

struct shares {
    const struct gc_start *start;
    struct gc_result *result;
    uint64_t objects;
    bool is_eager, is_inside; /* whether the collection comes before, or behind the object */
    struct share_sums sums;
    uint64_t needed; /* lasting trips before the one that exceeds the threshold */
    uint64_t pool_size;
    struct young_step *young[2]; /* by cell; [1]: when an older generation is due as well */
    struct middle_step *middle;
    struct {
        ARRAY_OF(size_t);
    } young_cells, middle_cells; /* of the steps that were taken */
    uint64_t all, left;          /* trips */
    uint64_t n_old, pending, total, count2;
    uint64_t middle_dead, old_dead; /* late ones in the older generations */
    uint32_t place, pooled;
};

static size_t cell_of(const struct shares *s, uint32_t place, uint32_t pooled)
{
    return place * (s->pool_size + 1) + pooled;
}

/* ---- one young collection */

/* Trips from the one at `place` up to the one at which a collection runs: the first after enough
 * that last, whose allocation exceeds the threshold.  Since 3.12 the counters are looked at again
 * when the trip is over and what was dropped is gone: if no older generation is due, it must itself
 * last.  One that goes to a free list leaves the counter as it is. */
static uint64_t trips_to_trigger(const struct shares *s, uint32_t place, uint32_t pooled,
                                 bool is_older)
{
    if (!s->is_eager && !s->is_inside && !is_older && s->pool_size == 0) {
        return share_sums_trips(&s->sums, place, s->needed + 1) - 1;
    }
    return share_sums_trips(&s->sums, place, s->needed + pooled);
}

/* The trip that is due is made, and the collection is behind it or, up to 3.11, within it. */
static struct young_step *young_step(struct shares *s, uint32_t place, uint32_t pooled,
                                     bool is_older)
{
    struct young_step *step = &s->young[is_older][cell_of(s, place, pooled)];
    if (step->is_known) {
        return step;
    }
    uint64_t due = place + trips_to_trigger(s, place, pooled, is_older);
    uint64_t first = place + (s->is_eager ? s->sums.round - 1 : 0); /* its object is of this step */
    uint64_t last = due + (s->is_eager ? s->sums.round : !s->is_inside);
    step->trips = due + 1 - place;
    step->examined = s->objects
                     * (share_sums_to(&s->sums, s->sums.lasting, last)
                        - share_sums_to(&s->sums, s->sums.lasting, first));
    step->collected = s->objects
                      * (share_sums_to(&s->sums, s->sums.cyclic, last)
                         - share_sums_to(&s->sums, s->sums.cyclic, first));
    step->next = (uint32_t)((due + 1) % s->sums.round);
    step->ends_dropped = share_sums_drops(&s->sums, place, step->trips);
    if (s->is_inside) {
        step->examined++;
        step->late_dropped = step->ends_dropped;
        step->late_dead = share_sums_to(&s->sums, s->sums.cyclic, due + 1)
                          - share_sums_to(&s->sums, s->sums.cyclic, due);
    }
    step->is_known = true;
    return step;
}

/* What the free list holds after the trip with a collection.  One of everything empties it; up to
 * 3.11 the object of the trip is dropped behind that. */
static uint32_t pooled_after(const struct shares *s, int generation, uint64_t collected,
                             bool ends_dropped)
{
    uint64_t n = generation == 2 ? s->is_eager && ends_dropped : collected + ends_dropped;
    return (uint32_t)shares_fill_pool(s->pool_size, 0, n);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void note_peak(struct shares *s, uint64_t garbage)
{
    struct gc_result *r = s->result;
    r->peak_garbage = larger(garbage, r->peak_garbage);
}

static void add_record(struct shares *s, struct gc_record record)
{
    struct gc_result *r = s->result;
    int g = record.generation;
    if (record.times == 0) {
        return;
    }
    *array_push(&r->records) = record;
    r->collections[g] += record.times;
    r->examined[g] += record.examined * record.times;
    r->collected[g] += record.collected * record.times;
    r->largest[g] = record.examined > r->largest[g] ? record.examined : r->largest[g];
    r->triggers += record.times;
}

/* ---- up to a collection of generation 1 */

/* All but the last are of generation 0: one more than the second threshold. */
static struct middle_step *middle_step(struct shares *s, uint32_t place, uint32_t pooled)
{
    struct middle_step *step = &s->middle[cell_of(s, place, pooled)];
    if (step->is_known) {
        return step;
    }
    uint64_t survivors = 0, dead = 0;
    step->next = place;
    step->pooled = pooled;
    for (uint64_t i = 0; i <= s->start->threshold[1]; i++) {
        struct young_step *young = young_step(s, step->next, step->pooled, false);
        survivors += young->examined - young->collected - young->late_dropped;
        step->trips += young->trips;
        step->peak = larger(dead + young->collected, step->peak);
        dead += young->late_dead;
        step->next = young->next;
        step->pooled = pooled_after(s, 0, young->collected, young->ends_dropped);
    }
    struct young_step *last = young_step(s, step->next, step->pooled, true);
    step->trips += last->trips;
    dead += last->collected;
    step->peak = larger(dead, step->peak);
    step->record = (struct gc_record){1, false, survivors + last->examined, dead, 0};
    step->survivors = step->record.examined - dead;
    step->late_dead = last->late_dead;
    step->late_dropped = last->late_dropped;
    step->next = last->next;
    step->pooled = pooled_after(s, 1, last->collected, last->ends_dropped);
    step->is_known = true;
    return step;
}

/* The young collections of the middle steps that were taken. */
static void spread_times(struct shares *s)
{
    for (size_t c = 0; c < s->middle_cells.n; c++) {
        size_t at = s->middle_cells.items[c];
        struct middle_step *step = &s->middle[at];
        for (uint64_t i = 0; i <= s->start->threshold[1]; i++) {
            struct young_step *young = &s->young[0][at];
            if (young->times == 0) {
                *array_push(&s->young_cells) = at;
            }
            young->times += step->times;
            at = cell_of(s, young->next, pooled_after(s, 0, young->collected, young->ends_dropped));
        }
        step->record.times = step->times;
        add_record(s, step->record);
    }
    for (size_t c = 0; c < s->young_cells.n; c++) {
        struct young_step *step = &s->young[0][s->young_cells.items[c]];
        add_record(s, (struct gc_record){0, false, step->examined, step->collected, step->times});
    }
}

static void advance(struct shares *s, uint64_t trips, uint32_t next, uint32_t pooled)
{
    s->left -= trips;
    s->place = next;
    s->pooled = pooled;
}

/* ---- the whole */

static bool is_full_due(const struct shares *s)
{
    return s->count2 > s->start->threshold[2] && s->pending >= s->total / 4;
}

/* The next collection is of everything. */
static bool take_full(struct shares *s)
{
    struct young_step *young = young_step(s, s->place, s->pooled, true);
    if (young->trips > s->left) {
        return false;
    }
    uint64_t collected = s->old_dead + young->collected;
    note_peak(s, collected);
    add_record(s, (struct gc_record){2, true, s->n_old + young->examined, collected, 1});
    s->total = s->n_old + young->examined - collected;
    s->n_old = s->total - young->late_dropped;
    s->old_dead = young->late_dead;
    s->pending = s->count2 = 0;
    advance(s, young->trips, young->next,
            pooled_after(s, 2, young->collected, young->ends_dropped));
    return true;
}

static bool take_middle(struct shares *s)
{
    struct middle_step *step = middle_step(s, s->place, s->pooled);
    if (step->trips > s->left) {
        return false;
    }
    note_peak(s, s->old_dead + step->peak);
    if (step->times++ == 0) {
        *array_push(&s->middle_cells) = cell_of(s, s->place, s->pooled);
    }
    s->n_old += step->survivors - step->late_dropped;
    s->old_dead += step->late_dead;
    s->pending += step->survivors;
    s->count2++;
    advance(s, step->trips, step->next, step->pooled);
    return true;
}

/* Up to 3.11 nothing was made before the first trip that belongs to the first collection. */
static struct young_step first_step(struct shares *s, bool is_older)
{
    struct young_step step = *young_step(s, s->place, s->pooled, is_older);
    if (s->is_eager && s->left == s->all) {
        step.examined = s->objects * share_sums_to(&s->sums, s->sums.lasting, step.trips - 1);
        step.collected = s->objects * share_sums_to(&s->sums, s->sums.cyclic, step.trips - 1);
    }
    return step;
}

/* What becomes of the object that was in use, in the generation to which it moved. */
static void end_late(struct shares *s, const struct young_step *step, int generation,
                     uint64_t *survivors)
{
    if (generation == 1) {
        s->n_old -= step->late_dropped;
        s->old_dead += step->late_dead;
        s->middle_dead = 0;
    } else {
        *survivors -= step->late_dropped;
        s->middle_dead += step->late_dead;
    }
}

/* One collection of the young generations, if there are trips enough. */
static bool take_young(struct shares *s, int generation, uint64_t *survivors)
{
    struct young_step step = first_step(s, generation > 0);
    if (step.trips > s->left) {
        return false;
    }
    uint64_t examined = step.examined + (generation == 1 ? *survivors : 0);
    uint64_t collected = step.collected + (generation == 1 ? s->middle_dead : 0);
    note_peak(s, s->old_dead + s->middle_dead + step.collected);
    add_record(s, (struct gc_record){generation, false, examined, collected, 1});
    *survivors += step.examined - collected;
    end_late(s, &step, generation, survivors);
    advance(s, step.trips, step.next,
            pooled_after(s, generation, step.collected, step.ends_dropped));
    return true;
}

/* A round up to a collection of generation 1, one by one: the first of all, and the last, for which
 * the trips may not be enough. */
static void take_singly(struct shares *s)
{
    uint64_t survivors = 0;
    for (uint64_t i = 0; i <= s->start->threshold[1]; i++) {
        if (!take_young(s, 0, &survivors)) {
            return;
        }
    }
    if (take_young(s, 1, &survivors)) {
        s->n_old += survivors;
        s->pending += survivors;
        s->count2++;
    }
}

/* What waits behind the last collection. */
static void end(struct shares *s)
{
    struct gc_result *r = s->result;
    uint64_t collected = r->collected[0] + r->collected[1] + r->collected[2];
    r->garbage = s->objects * share_sums_to(&s->sums, s->sums.cyclic, s->all) - collected;
    note_peak(s, r->garbage);
    r->heap =
        s->start->heap + s->objects * share_sums_to(&s->sums, s->sums.lasting, s->all) - collected;
    r->counted = s->all * s->objects;
    if (s->pool_size > 0) {
        r->counted = r->triggers * (s->start->threshold[0] + 1)
                     + share_sums_counted(&s->sums, s->place, s->left, s->pooled);
    }
}

static void make_tables(struct shares *s)
{
    size_t n = cell_of(s, s->sums.round, 0);
    s->young[0] = alloc_zeroed(n, sizeof *s->young[0]);
    s->young[1] = alloc_zeroed(n, sizeof *s->young[1]);
    s->middle = alloc_zeroed(n, sizeof *s->middle);
}

static void free_tables(struct shares *s)
{
    array_release(s->young[0]);
    array_release(s->young[1]);
    array_release(s->middle);
    array_free(&s->young_cells);
    array_free(&s->middle_cells);
}

void shares_run_generational(const struct gc_shares *shares, const struct gc_version *version,
                             const struct gc_start *start, struct gc_result *result)
{
    struct shares *s = alloc_zeroed(1, sizeof *s);
    s->start = start;
    s->result = result;
    s->objects = shares->objects;
    s->is_eager = version->collector == GC_EAGER;
    s->is_inside = shares_check_inside(shares, version);
    s->needed = start->threshold[0] / shares->objects;
    s->all = s->left = shares->trips;
    s->n_old = start->heap - start->frozen;
    s->total = start->heap;
    s->pool_size = shares_pool_size(shares, version);
    share_sums_find(shares, &s->sums);
    make_tables(s);
    take_singly(s);
    while (is_full_due(s) ? take_full(s) : take_middle(s)) {
    }
    if (!is_full_due(s)) {
        take_singly(s);
    }
    spread_times(s);
    end(s);
    free_tables(s);
    array_release(s);
}
