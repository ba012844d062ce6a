/*
 * cost.c - how long collections take.
 *
 * Counts are exact, times are not: an object costs some nanoseconds when it lies in the cache, and
 * a hundred times as much when each visit waits for memory.  So every time is a range.
 */
#include "gcmodel/cost.h"

#include <stdlib.h>

/* Objects whose headers and fields, about 100 bytes together, fit a second-level cache of 1 MiB. */
static const uint64_t CACHED_OBJECTS = 10000;

/* Objects from which on practically each visit misses a third-level cache of 32 MiB. */
static const uint64_t FAR_OBJECTS = 300000;

/* The interpreter's own objects (classes, module dicts, functions) hold many more: measured up to
 * 100 ns each. */
static const double DEAREST_OWN = 100;

/* References that an object holds to others that are examined: from none to four. */
static const double FEWEST_REFERENCES = 0, MOST_REFERENCES = 4;

struct gc_speed gc_speed_default(const struct gc_version *version, enum gc_layout layout)
{
    /* Measured: 12 ns and 3.9 a reference up to 3.13, 11.5 and 2.0 since. */
    double object = version->minor >= 14 ? 11.5 : 12.0;
    double reference = version->minor >= 14 ? 2.0 : 3.9;
    /* Measured: a million objects in 16 to 120 ms in order, in 0.9 to 1.6 s shuffled. */
    static const struct gc_range far[N_LAYOUTS] = {{16, 120}, {16, 1600}, {900, 1600}};
    struct gc_speed speed = {
        {100, 300},
        {object + reference * FEWEST_REFERENCES, object + reference * MOST_REFERENCES},
        {object + reference * FEWEST_REFERENCES, DEAREST_OWN},
        far[layout],
        {20, 45},
    };
    if (version->collector == GC_FREE_THREADED) {
        speed.fixed = (struct gc_range){900e3, 1400e3}; /* stopping the world: about 1.1 ms */
    }
    return speed;
}

/* What an object costs rises from the cache's figure to that of memory, linearly in between. */
static double per_object(double near, double far, uint64_t examined)
{
    if (examined <= CACHED_OBJECTS) {
        return near;
    }
    if (examined >= FAR_OBJECTS) {
        return far > near ? far : near;
    }
    double share = (double)(examined - CACHED_OBJECTS) / (double)(FAR_OBJECTS - CACHED_OBJECTS);
    return far > near ? near + (far - near) * share : near;
}

/* One collection. */
static struct gc_range cost_of_record(const struct gc_speed *speed, const struct gc_record *record)
{
    double n = (double)record->examined, freed = (double)record->collected;
    const struct gc_range *near = record->is_full ? &speed->own : &speed->object;
    double low = per_object(near->low, speed->far.low, record->examined);
    double high = per_object(near->high, speed->far.high, record->examined);
    return (struct gc_range){(speed->fixed.low + n * low + freed * speed->freed.low) * 1e-9,
                             (speed->fixed.high + n * high + freed * speed->freed.high) * 1e-9};
}

static int compare_records(const void *left, const void *right)
{
    const struct gc_record *a = left, *b = right;
    if (a->examined != b->examined) {
        return a->examined < b->examined ? -1 : 1;
    }
    if (a->collected != b->collected) {
        return a->collected < b->collected ? -1 : 1;
    }
    return a->is_full - b->is_full; /* which costs more */
}

/* The collection that `share` of all are not longer than. */
static struct gc_range percentile(const struct gc_speed *speed, const struct gc_result *result,
                                  uint64_t n, double share)
{
    uint64_t before = 0, wanted = (uint64_t)((double)n * share);
    for (size_t i = 0; i < result->records.n; i++) {
        const struct gc_record *r = &result->records.items[i];
        before += r->times;
        if (before > wanted || i + 1 == result->records.n) {
            return cost_of_record(speed, r);
        }
    }
    return (struct gc_range){0, 0};
}

struct gc_cost gc_cost(const struct gc_speed *speed, struct gc_result *result)
{
    struct gc_cost cost = {0};
    uint64_t n = 0;
    if (result->records.n == 0) {
        return cost;
    }
    qsort(result->records.items, result->records.n, sizeof *result->records.items, compare_records);
    for (size_t i = 0; i < result->records.n; i++) {
        const struct gc_record *r = &result->records.items[i];
        struct gc_range one = cost_of_record(speed, r);
        cost.total.low += one.low * (double)r->times;
        cost.total.high += one.high * (double)r->times;
        cost.longest.low = one.low > cost.longest.low ? one.low : cost.longest.low;
        cost.longest.high = one.high > cost.longest.high ? one.high : cost.longest.high;
        n += r->times;
    }
    cost.p50 = percentile(speed, result, n, 0.5);
    cost.p99 = percentile(speed, result, n, 0.99);
    return cost;
}
