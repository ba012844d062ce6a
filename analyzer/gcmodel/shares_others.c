/*
 * shares_others.c - a loop told by shares, under the incremental and the free-threaded collector.
 *
 * One step a trigger, or a lot of 512.  What comes next depends on the place in the round, so the
 * trips up to it are looked up; the few numbers that make up the heap are moved by hand as
 * collector.c moves them.
 */
#include "gcmodel/heap.h"
#include "gcmodel/share_sums.h"

enum { SLOTS = 1024 }; /* records that are found again when they come again */

/* From one place of the round to the next trigger or lot. */
struct hop {
    uint64_t trips;         /* 0: not worked out yet */
    uint64_t lasting, dead; /* objects */
    uint32_t next;          /* place */
    bool ends_dropped;      /* the last trip's object is */
};

struct run {
    const struct gc_start *start;
    struct gc_result *result;
    struct share_sums sums;
    uint64_t objects, done, all; /* objects of a trip; trips */
    uint32_t place;              /* in the round */
    uint64_t pool_size, pooled;  /* what the free list can hold, and what it holds */
    uint64_t dead;               /* objects that wait */
    size_t slots[SLOTS];         /* index + 1 in the records */
};

static void record(struct run *r, uint64_t examined, uint64_t collected)
{
    struct gc_result *result = r->result;
    size_t *slot = &r->slots[(examined * 31 + collected) % SLOTS];
    if (*slot != 0) {
        struct gc_record *known = &result->records.items[*slot - 1];
        if (known->examined == examined && known->collected == collected) {
            known->times++;
            return;
        }
    }
    *array_push(&result->records) = (struct gc_record){0, true, examined, collected, 1};
    *slot = result->records.n;
}

static void count(struct run *r, int generation, uint64_t examined, uint64_t collected)
{
    struct gc_result *result = r->result;
    result->collections[generation]++;
    result->examined[generation] += examined;
    result->collected[generation] += collected;
    if (examined > result->largest[generation]) {
        result->largest[generation] = examined;
    }
    record(r, examined, collected);
}

/* So many trips, from where we are. */
static struct hop find_hop(const struct run *r, uint64_t trips)
{
    const struct share_sums *s = &r->sums;
    uint64_t from = r->place, to = from + trips, last = (to + s->round - 1) % s->round;
    return (struct hop){
        .trips = trips,
        .lasting = r->objects * (share_sums_to(s, s->lasting, to) - s->lasting[from]),
        .dead = r->objects * (share_sums_to(s, s->cyclic, to) - s->cyclic[from]),
        .next = (uint32_t)(to % s->round),
        .ends_dropped = s->lasting[last] == s->lasting[last + 1],
    };
}

/* The trips behind so many that last, and one more; looked up when they are known.  Objects in the
 * free list are as many more. */
static const struct hop *next_hop(const struct run *r, struct hop *table, uint64_t needed)
{
    struct hop *hop = &table[r->place * (r->pool_size + 1) + r->pooled];
    if (hop->trips == 0) {
        *hop = find_hop(r, share_sums_trips(&r->sums, r->place, needed + r->pooled) + 1);
    }
    return hop;
}

static bool has_trips(const struct run *r, const struct hop *hop)
{
    return hop->trips <= r->all - r->done;
}

static void make_trips(struct run *r, const struct hop *hop)
{
    r->dead += hop->dead;
    r->done += hop->trips;
    r->place = hop->next;
    if (r->dead > r->result->peak_garbage) {
        r->result->peak_garbage = r->dead;
    }
}

/* The free list was used up, and then the object of the last trip may have come into it. */
static void use_pool(struct run *r, const struct hop *hop)
{
    r->pooled = r->pool_size > 0 && hop->ends_dropped;
}

/* What is freed fills the free list; gives how many objects found no room. */
static uint64_t free_dead(struct run *r)
{
    uint64_t pooled = shares_fill_pool(r->pool_size, r->pooled, r->dead);
    uint64_t n = r->dead - (pooled - r->pooled);
    r->pooled = pooled;
    r->dead = 0;
    return n;
}

static struct run *begin(const struct gc_shares *shares, const struct gc_version *version,
                         const struct gc_start *start, struct gc_result *result)
{
    struct run *r = alloc_zeroed(1, sizeof *r);
    r->start = start;
    r->result = result;
    r->objects = shares->objects;
    r->all = shares->trips;
    r->pool_size = shares_pool_size(shares, version);
    share_sums_find(shares, &r->sums);
    return r;
}

static void end(struct run *r)
{
    struct gc_result *result = r->result;
    const struct share_sums *s = &r->sums;
    struct hop rest = find_hop(r, r->all - r->done);
    make_trips(r, &rest);
    result->garbage = r->dead;
    result->heap = r->start->heap + r->objects * share_sums_to(s, s->lasting, r->all)
                   - result->collected[0] - result->collected[1] - result->collected[2];
    array_release(r);
}

/* Allocations that moved the counter: so many up to the last hop, and then. */
static void end_counting(struct run *r, uint64_t counted)
{
    r->result->counted = r->all * r->objects;
    if (r->pool_size > 0) {
        r->result->counted =
            counted + share_sums_counted(&r->sums, r->place, r->all - r->done, r->pooled);
    }
}

/* ---- incremental */

struct slices {
    uint64_t young, old, hidden, n_hidden;
    int64_t work;
    bool marking;
};

static void mark(struct run *r, struct slices *s)
{
    uint64_t live = s->young - r->dead, marked = s->old + live;
    marked -= s->hidden < marked ? s->hidden : marked;
    s->young = r->dead;
    s->old += live;
    s->work -= 2 * (int64_t)marked;
    s->marking = false;
    record(r, marked, 0);
}

static void collect(struct run *r, struct slices *s)
{
    uint64_t owed = s->work > (int64_t)s->young ? (uint64_t)s->work - s->young : 0;
    uint64_t seen = s->hidden < owed ? s->hidden : owed, examined = s->young + seen;
    s->hidden -= seen;
    s->old += s->young - r->dead;
    s->work -= (int64_t)examined;
    s->young = 0;
    count(r, 1, examined, r->dead);
    free_dead(r);
    if (s->hidden == 0) {
        s->marking = true;
        s->work = 0;
        s->hidden = s->n_hidden;
    }
}

static void step(struct run *r, struct slices *s, uint64_t made)
{
    uint64_t scale = r->start->threshold[1] < 2 ? 2 : r->start->threshold[1];
    uint64_t share = (s->young + s->old + r->start->frozen) / 10 / scale, most = 2 * made;
    r->result->triggers++;
    s->work += (int64_t)(made + (share < most ? share : most));
    if (s->work >= 0) {
        (s->marking ? mark : collect)(r, s);
    }
}

void shares_run_incremental(const struct gc_shares *shares, const struct gc_version *version,
                            const struct gc_start *start, struct gc_result *result)
{
    struct run *r = begin(shares, version, start, result);
    struct slices s = {.old = start->heap - start->frozen, .marking = true};
    s.n_hidden = s.hidden = s.old < HIDDEN_OBJECTS ? s.old : HIDDEN_OBJECTS;
    uint64_t needed = start->threshold[0] / shares->objects; /* that last, before the trigger */
    struct hop *hops = alloc_zeroed(SHARE_WHOLE * (r->pool_size + 1), sizeof *hops);
    const struct hop *hop = next_hop(r, hops, needed);
    for (; has_trips(r, hop); hop = next_hop(r, hops, needed)) {
        make_trips(r, hop);
        use_pool(r, hop);
        s.young += hop->lasting;
        step(r, &s, r->pool_size > 0 ? start->threshold[0] + 1 : hop->lasting);
    }
    array_release(hops);
    end_counting(r, result->triggers * (start->threshold[0] + 1));
    end(r);
}

/* ---- free-threaded */

/* What the collection frees is counted down by the thread, and handed in by lots as well. */
static void take_back(uint64_t freed, int64_t *local, int64_t *shared)
{
    *local -= (int64_t)freed;
    if (*local <= -THREAD_LOT) {
        int64_t lots = -*local / THREAD_LOT * THREAD_LOT;
        *shared -= lots;
        *local += lots;
    }
}

struct thread {
    int64_t local, shared;
    uint64_t counted;                  /* allocations up to the last lot */
    struct hop lots[2][SHARE_WHOLE];   /* by the object that is ahead of it or not, and place */
    struct hop blocks[2][SHARE_WHOLE]; /* so many lots in a row */
};

enum { BLOCK = 64 };

/* Objects that can be made before the lot begins: those that the free list holds, and those that
 * were freed and counted down. */
static int64_t ahead_of(const struct run *r, const struct thread *t)
{
    return (int64_t)r->pooled - t->local;
}

static bool is_usual(const struct run *r, const struct thread *t)
{
    return ahead_of(r, t) == 0 || ahead_of(r, t) == 1;
}

/* A thread hands in what it counted with the allocation that makes a lot of it.  If that object is
 * dropped, one is ahead of the next lot; after a collection there may be many. */
static struct hop hop_to_lot(const struct run *r, struct thread *t)
{
    int64_t ahead = ahead_of(r, t);
    uint64_t needed = (uint64_t)(THREAD_LOT - 1 + ahead);
    struct hop *known = is_usual(r, t) ? &t->lots[ahead][r->place] : NULL;
    if (known != NULL && known->trips > 0) {
        return *known;
    }
    struct hop hop = find_hop(r, share_sums_trips(&r->sums, r->place, needed) + 1);
    if (known != NULL) {
        *known = hop;
    }
    return hop;
}

/* A dropped object goes to the free list, or else is counted down. */
static void hand_in(struct run *r, struct thread *t, const struct hop *lot)
{
    use_pool(r, lot);
    t->local = lot->ends_dropped && r->pool_size == 0 ? -1 : 0;
}

/* So many lots that no collection can come between them. */
static struct hop hop_over_block(struct run *r, struct thread *t)
{
    struct hop *block = &t->blocks[ahead_of(r, t)][r->place];
    if (block->trips > 0) {
        return *block;
    }
    uint32_t place = r->place;
    int64_t local = t->local;
    uint64_t pooled = r->pooled;
    struct hop sum = {0};
    for (int i = 0; i < BLOCK; i++) {
        struct hop lot = hop_to_lot(r, t);
        sum = (struct hop){sum.trips + lot.trips, sum.lasting + lot.lasting, sum.dead + lot.dead,
                           lot.next, lot.ends_dropped};
        r->place = lot.next;
        hand_in(r, t, &lot);
    }
    r->place = place;
    r->pooled = pooled;
    t->local = local;
    *block = sum;
    return sum;
}

/* The next lot, or some if the common counter stays below `limit` with them. */
static struct hop next_lots(struct run *r, struct thread *t, int64_t limit, int64_t *n)
{
    if (is_usual(r, t) && t->shared + BLOCK * THREAD_LOT <= limit) {
        struct hop block = hop_over_block(r, t);
        if (has_trips(r, &block)) {
            *n = BLOCK;
            return block;
        }
    }
    *n = 1;
    return hop_to_lot(r, t);
}

static void collect_threaded(struct run *r, struct thread *t, uint64_t *heap)
{
    r->result->triggers++;
    count(r, 0, *heap, r->dead);
    *heap -= r->dead;
    t->shared = 0;
    take_back(free_dead(r), &t->local, &t->shared);
}

void shares_run_free_threaded(const struct gc_shares *shares, const struct gc_version *version,
                              const struct gc_start *start, struct gc_result *result)
{
    struct run *r = begin(shares, version, start, result);
    struct thread *t = alloc_zeroed(1, sizeof *t);
    uint64_t heap = start->heap - start->frozen, total = start->heap;
    t->local = start->counter;
    for (;;) {
        int64_t quarter = (int64_t)(total / 4), least = (int64_t)start->threshold[0], n;
        int64_t limit = quarter > least ? quarter : least;
        struct hop hop = next_lots(r, t, limit, &n);
        if (!has_trips(r, &hop)) {
            break;
        }
        make_trips(r, &hop);
        heap += hop.lasting;
        t->counted += (uint64_t)(n * THREAD_LOT - t->local);
        hand_in(r, t, &hop);
        t->shared += n * THREAD_LOT;
        if (t->shared > limit) {
            collect_threaded(r, t, &heap);
            total = heap;
        }
    }
    end_counting(r, t->counted);
    array_release(t);
    end(r);
}
