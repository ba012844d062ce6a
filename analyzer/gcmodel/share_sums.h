/*
 * share_sums.h - how many of the first trips of a loop told by shares keep what they make, and how
 * many leave it in a cycle.  Private to gcmodel/.
 */
#ifndef CYCLINT_GCMODEL_SHARE_SUMS_H
#define CYCLINT_GCMODEL_SHARE_SUMS_H

#include "gcmodel/shares.h"

struct share_sums {
    uint32_t round;
    uint32_t lasting[SHARE_WHOLE + 1]; /* of the first n trips of a round, those not dropped */
    uint32_t cyclic[SHARE_WHOLE + 1];  /* and those that end in a cycle */
    uint32_t nth_lasting[SHARE_WHOLE]; /* the trip that is the nth that is not dropped */
};

void share_sums_find(const struct gc_shares *shares, struct share_sums *sums);

/* Of the first `n` trips of all, those that one of the sums counts. */
static inline uint64_t share_sums_to(const struct share_sums *s, const uint32_t *sums, uint64_t n)
{
    return n / s->round * sums[s->round] + sums[n % s->round];
}

/* The trip, counted on past the end of the round, that is the nth that lasts. */
static inline uint64_t share_sums_nth(const struct share_sums *s, uint64_t nth)
{
    uint64_t all = s->lasting[s->round];
    return nth / all * s->round + s->nth_lasting[nth % all];
}

/* Trips from the one at `place` to the one behind so many that last. */
static inline uint64_t share_sums_trips(const struct share_sums *s, uint32_t place, uint64_t n)
{
    return n == 0 ? 0 : share_sums_nth(s, s->lasting[place] + n - 1) + 1 - place;
}

/* Whether so many trips from the one at `place` end with one whose object is dropped. */
static inline bool share_sums_drops(const struct share_sums *s, uint32_t place, uint64_t trips)
{
    uint64_t last = (place + trips + s->round - 1) % s->round;
    return trips > 0 && s->lasting[last] == s->lasting[last + 1];
}

/* How far the counter gets in so many trips of one object each, when `pooled` objects wait in the
 * free list at first. */
uint64_t share_sums_counted(const struct share_sums *s, uint32_t place, uint64_t trips,
                            uint64_t pooled);

/* How many freed objects are kept for new ones that do not count.  0: all of them count. */
uint64_t shares_pool_size(const struct gc_shares *shares, const struct gc_version *version);

/* Whether the interpreter looks for due collections when the object has been made, as it does when
 * __init__ begins, and not only when the trip is over. */
bool shares_check_inside(const struct gc_shares *shares, const struct gc_version *version);

/* What the free list holds with `n` objects more. */
static inline uint64_t shares_fill_pool(uint64_t size, uint64_t pooled, uint64_t n)
{
    return n < size - pooled ? pooled + n : size;
}

/* Runs the loop under a generational collector (shares_generational.c), or one of the others. */
void shares_run_generational(const struct gc_shares *shares, const struct gc_version *version,
                             const struct gc_start *start, struct gc_result *result);
void shares_run_incremental(const struct gc_shares *shares, const struct gc_version *version,
                            const struct gc_start *start, struct gc_result *result);
void shares_run_free_threaded(const struct gc_shares *shares, const struct gc_version *version,
                              const struct gc_start *start, struct gc_result *result);

#endif
