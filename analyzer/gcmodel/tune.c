/*
 * tune.c - which thresholds and freeze cost least within bounds.
 *
 * The settings are tried one by one on a coarse grid: the cost is no smooth function of them (a
 * threshold just above what one request allocates is worth more than one just below), so a search
 * that follows a slope would stop anywhere; and steps of a factor two are as fine as the inputs.
 *
 * Without a bound on garbage the answer would always be never to collect the oldest generation:
 * that costs nothing until memory is full.
 */
#include "gcmodel/tune.h"

#include <string.h>

static const uint64_t first_thresholds[] = {100,   200,   500,   700,    1000,   2000,   5000,
                                            10000, 20000, 50000, 100000, 200000, 500000, 1000000};
static const uint64_t second_thresholds[] = {5, 10, 20, 50};

/* How often the oldest generation is due follows from its growth by a
 * quarter, so this one hardly matters. */
static const uint64_t third_threshold = 10;

enum {
    N_FIRST = sizeof first_thresholds / sizeof *first_thresholds,
    N_SECOND = sizeof second_thresholds / sizeof *second_thresholds
};

static bool try_setting(const struct gc_workload *workload, const struct gc_version *version,
                        const struct gc_start *start, const struct gc_speed *speed,
                        struct gc_setting *setting, struct error *error)
{
    struct gc_result result;
    if (!gc_simulate(workload, version, start, &result, error)) {
        return false;
    }
    setting->start = *start;
    setting->peak_garbage = result.peak_garbage;
    memcpy(setting->collections, result.collections, sizeof setting->collections);
    setting->cost = gc_cost(speed, &result);
    gc_result_free(&result);
    return true;
}

static bool is_within(const struct gc_setting *setting, const struct gc_bounds *bounds)
{
    return setting->cost.longest.high <= bounds->max_pause
           && setting->peak_garbage <= bounds->max_garbage;
}

/* Cheaper; and where the cost is the same, the one that changes less. */
static bool is_better(const struct gc_tuning *tuning, const struct gc_setting *setting)
{
    double least = tuning->best.cost.total.high, cost = setting->cost.total.high;
    return !tuning->has_best || cost < least * (1 - 1e-9);
}

static bool consider(const struct gc_workload *workload, const struct gc_version *version,
                     const struct gc_start *start, const struct gc_speed *speed,
                     const struct gc_bounds *bounds, struct gc_tuning *tuning, struct error *error)
{
    struct gc_setting setting;
    if (!try_setting(workload, version, start, speed, &setting, error)) {
        return false;
    }
    if (is_within(&setting, bounds) && is_better(tuning, &setting)) {
        tuning->best = setting;
        tuning->has_best = true;
    }
    return true;
}

static bool search(const struct gc_workload *workload, const struct gc_version *version,
                   struct gc_start start, const struct gc_speed *speed,
                   const struct gc_bounds *bounds, struct gc_tuning *tuning, struct error *error)
{
    bool has_second = version->collector != GC_FREE_THREADED; /* which has one threshold only */
    if (version->collector == GC_EAGER || version->collector == GC_DEFERRED) {
        start.threshold[2] = third_threshold;
    }
    for (size_t first = 0; first < N_FIRST; first++) {
        for (size_t second = 0; second < (has_second ? N_SECOND : 1); second++) {
            start.threshold[0] = first_thresholds[first];
            start.threshold[1] = second_thresholds[second];
            if (!consider(workload, version, &start, speed, bounds, tuning, error)) {
                return false;
            }
        }
    }
    return true;
}

bool gc_tune(const struct gc_workload *workload, const struct gc_version *version,
             const struct gc_start *start, const struct gc_speed *speed,
             const struct gc_bounds *bounds, struct gc_tuning *tuning, struct error *error)
{
    struct gc_start frozen = *start, plotted = *start;
    frozen.frozen = frozen.heap;
    *tuning = (struct gc_tuning){0};
    bool ok = try_setting(workload, version, start, speed, &tuning->now, error)
              && consider(workload, version, start, speed, bounds, tuning, error)
              && search(workload, version, *start, speed, bounds, tuning, error)
              && search(workload, version, frozen, speed, bounds, tuning, error);
    for (size_t i = 0; ok && i < N_FIRST; i++) {
        plotted.threshold[0] = first_thresholds[i];
        ok = try_setting(workload, version, &plotted, speed, array_push(&tuning->by_threshold),
                         error);
    }
    if (!ok) {
        gc_tuning_free(tuning);
    }
    return ok;
}

void gc_tuning_free(struct gc_tuning *tuning)
{
    array_free(&tuning->by_threshold);
}
