/*
 * shares.c - a loop that keeps a share of what it makes, and leaves another in cycles.
 *
 * Where a collection never finds half a trip, nothing need be made one by one: the counter moves by
 * the objects of each trip that are not dropped, so the trip at which it exceeds the threshold, and
 * what there is to find by then, follow from two sums: how many of the first n trips keep, how many
 * end in a cycle.
 *
 * A free list changes that little.  A new object either comes from the list or counts, a dropped
 * one goes back: so what the list holds less what was counted falls by one with each trip that is
 * not dropped, and what the list held at first is so many trips more.  After them it is empty, or
 * holds the one object of a trip that was dropped.  The object that exceeds the threshold is the
 * one behind the last trip that was needed, whatever becomes of it, for it goes to the list and is
 * not counted down.  What a collection frees fills the list again.
 */
#include "gcmodel/share_sums.h"

#include <string.h>

/* Tables have a row for each number of objects in a free list. */
static const uint64_t MOST_POOLED = 256;

/* A greater second threshold makes rounds too long to work out. */
static const uint64_t MOST_YOUNG = 1000;

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t round_of(const struct gc_shares *shares)
{
    return SHARE_WHOLE / common_divisor(common_divisor(shares->kept, shares->cyclic), SHARE_WHOLE);
}

enum fate { FATE_DROPPED, FATE_KEPT, FATE_CYCLIC };

/* What becomes of trip `i` of each round: spread evenly, not one sort after the other. */
static enum fate fate_of(const struct gc_shares *shares, uint64_t i)
{
    uint64_t round = round_of(shares), scale = SHARE_WHOLE / round;
    uint64_t kept = shares->kept / scale, cyclic = shares->cyclic / scale;
    bool is_kept = (i + 1) * kept / round != i * kept / round;
    uint64_t others = round - kept, j = i - i * kept / round;
    bool is_cyclic = !is_kept && others > 0 && (j + 1) * cyclic / others != j * cyclic / others;
    return is_kept ? FATE_KEPT : is_cyclic ? FATE_CYCLIC : FATE_DROPPED;
}

static void write_trips(const struct gc_shares *shares, uint64_t n, struct builder *text)
{
    static const char *const words[] = {"drop", "keep", "cycle"};
    for (uint64_t i = 0; i < n; i++) {
        builder_addf(text, " %s*%llu %s check", shares->kind, (unsigned long long)shares->objects,
                     words[fate_of(shares, i)]);
    }
}

void gc_shares_write(const struct gc_shares *shares, struct builder *text)
{
    uint64_t round = round_of(shares);
    builder_clear(text);
    builder_addf(text, "%llu {", (unsigned long long)(shares->trips / round));
    write_trips(shares, round, text);
    builder_add(text, " }");
    write_trips(shares, shares->trips % round, text);
}

void share_sums_find(const struct gc_shares *shares, struct share_sums *s)
{
    s->round = (uint32_t)round_of(shares);
    for (uint32_t i = 0; i < s->round; i++) {
        enum fate fate = fate_of(shares, i);
        s->lasting[i + 1] = s->lasting[i] + (fate != FATE_DROPPED);
        s->cyclic[i + 1] = s->cyclic[i] + (fate == FATE_CYCLIC);
        if (fate != FATE_DROPPED) {
            s->nth_lasting[s->lasting[i]] = i;
        }
    }
}

uint64_t share_sums_counted(const struct share_sums *s, uint32_t place, uint64_t trips,
                            uint64_t pooled)
{
    uint64_t lasting = share_sums_to(s, s->lasting, place + trips) - s->lasting[place];
    return lasting < pooled ? 0 : lasting - pooled + share_sums_drops(s, place, trips);
}

/* The kind, if it is one object that stays tracked.  Behind it the interpreter may look whether a
 * collection is due. */
static bool find_single(const char *name, const struct gc_version *version,
                        struct gc_object *object, bool *checks)
{
    struct gc_kind kind;
    if (name == NULL || !gc_kind_find(name, strlen(name), version, &kind, NULL) || kind.n == 0) {
        return false;
    }
    *object = kind.objects[0];
    *checks = kind.n == 2 && kind.objects[1].check;
    return (kind.n == 1 || *checks) && object->tracking == TRACKED_ALWAYS && !object->temporary
           && !object->aside && !object->check;
}

uint64_t shares_pool_size(const struct gc_shares *shares, const struct gc_version *version)
{
    struct gc_object object;
    bool checks, is_single = find_single(shares->kind, version, &object, &checks);
    return is_single && !version->counts_tracked ? gc_pool_size(object.pool, version) : 0;
}

bool shares_check_inside(const struct gc_shares *shares, const struct gc_version *version)
{
    struct gc_object object;
    bool checks;
    return find_single(shares->kind, version, &object, &checks) && checks;
}

bool shares_can_step(const struct gc_workload *workload, const struct gc_version *version,
                     const struct gc_start *start)
{
    const struct gc_shares *shares = &workload->shares;
    struct gc_object object;
    bool checks;
    if (!find_single(shares->kind, version, &object, &checks)) {
        return false;
    }
    uint64_t pool = shares_pool_size(shares, version);
    /* Whose collections come inside an allocation, or who count in lots, have half a trip. */
    bool needs_single =
        version->collector == GC_EAGER || version->collector == GC_FREE_THREADED || pool > 0;
    if (checks && (version->collector != GC_DEFERRED || shares->objects != 1 || pool > 0)) {
        return false;
    }
    return pool <= MOST_POOLED && start->threshold[0] > 0 && start->threshold[1] <= MOST_YOUNG
           && start->young == 0 && start->frozen <= start->heap && shares->objects > 0
           && shares->kept + shares->cyclic > 0 && (!needs_single || shares->objects == 1);
}

void shares_simulate(const struct gc_workload *workload, const struct gc_version *version,
                     const struct gc_start *start, struct gc_result *result)
{
    *result = (struct gc_result){0};
    switch (version->collector) {
    case GC_EAGER:
    case GC_DEFERRED:
        shares_run_generational(&workload->shares, version, start, result);
        break;
    case GC_INCREMENTAL:
        shares_run_incremental(&workload->shares, version, start, result);
        break;
    case GC_FREE_THREADED:
        shares_run_free_threaded(&workload->shares, version, start, result);
    }
}
