/*
 * allocations.c - which objects the collector looks at a function makes, and what becomes of them.
 *
 * Each function is looked at once (allocation_sites.c).  The list of one call is the sum over its
 * sites, times the trips of the loops around each; a call adds what its callee does, whose returned
 * objects then end as the result of the call does.  Callees come first, on an explicit stack; a
 * recursive call counts once.
 *
 * Told too high: every branch of an `if` counts as taken.  Told too low: what nobody's text tells,
 * functions handed in as values and extensions in C.  Left out: handlers and what is raised.
 */
#include "heap/allocation_sites.h"

#include "base/error.h"
#include "heap/ends.h"
#include "program/classes.h"
#include "program/link.h"

#include <stdlib.h>
#include <string.h>

/* Objects that are gathered and then let go of: fewer are mostly gone before a collection comes. */
static const double MANY = 500;

static const double MOST = 1e15; /* more than any program makes; sums stay exact below 2^53 */

/* ---- loops */

/* `for … in range(10)`, over a display: so many trips. */
static bool count_trips(const struct facts *facts, const struct op *loop, double *trips)
{
    if (loop->a == NONE) {
        return false;
    }
    const struct op *iterable = &facts->ops[loop->a];
    if (iterable->kind == OP_DISPLAY) {
        *trips = iterable->b;
        return true;
    }
    if (iterable->kind != OP_CALL || iterable->b != 1
        || !facts_spells(facts, iterable->a, "range")) {
        return false;
    }
    const struct op *limit = &facts->ops[facts->ops[loop->a + 1].a];
    if (limit->kind != OP_CONSTANT || limit->aux != CONSTANT_INTEGER) {
        return false;
    }
    char *end;
    *trips = strtod(facts_name(facts, limit->a), &end);
    return *end == '\0' && *trips >= 0 && *trips < MOST;
}

struct allocation_loop allocations_loop(struct allocations *a, uint32_t file, uint32_t scope,
                                        uint32_t op)
{
    struct allocation_loop loop = {file, scope, op, false, a->trips};
    uint32_t measured = pair_table_get(&a->measured, pair_key(file, op));
    if (measured != TABLE_NONE) {
        loop.trips = a->measured_trips.items[measured];
        return loop;
    }
    const struct facts *facts = a->program->files[file];
    double trips;
    if (count_trips(facts, &facts->ops[op], &trips)) {
        loop.is_counted = true;
        loop.trips = trips;
    }
    return loop;
}

/* How often a site runs each time `within` (a loop, or NONE for the function) does. */
static double times_of(struct allocations *a, uint32_t file, uint32_t scope, uint32_t loop,
                       uint32_t within)
{
    double times = 1;
    for (; loop != within && loop != NONE;
         loop = pair_table_get(&a->outer_loop, pair_key(file, loop))) {
        times *= allocations_loop(a, file, scope, loop).trips;
        times = times < MOST ? times : MOST;
    }
    return loop == within ? times : 0;
}

/* ---- lists */

static void add(struct allocation_list *list, struct allocated new)
{
    for (size_t i = 0; i < list->n; i++) {
        struct allocated *one = &list->items[i];
        if (one->end == new.end && one->is_cyclic == new.is_cyclic
            && one->is_gathered == new.is_gathered &&strcmp(one->kind, new.kind) == 0) {
            one->times = one->times + new.times < MOST ? one->times + new.times : MOST;
            return;
        }
    }
    *array_push(list) = new;
}

/* Something a callee made, as the caller has it. */
static struct allocated received(const struct allocation_site *site, const struct allocated *one,
                                 bool is_own_trip, double times)
{
    struct allocated got = *one;
    bool is_on_instance = one->end == END_ON_SELF && site->class != NONE;
    bool is_gathered = false;
    got.times *= times;
    if (one->end == END_RETURNED || is_on_instance) {
        got.end = site->end;
        is_gathered = site->is_gathered;
        got.is_cyclic = one->is_cyclic || (is_on_instance && site->is_cyclic);
    } else if (one->end == END_IN_ARGUMENT) {
        got.end = site->argument_end;
        is_gathered = site->arguments_are_gathered;
    }
    got.is_gathered = (is_gathered && (is_own_trip || got.times >= MANY))
                      || (one->is_gathered && one->times >= MANY);
    return got;
}

static void add_site_to(struct allocations *a, const struct allocation_site *site, bool is_own_trip,
                        double times, struct allocation_list *list)
{
    if (site->kind != NULL) {
        bool is_gathered = site->is_gathered && (is_own_trip || times * site->n >= MANY);
        add(list, (struct allocated){site->kind, site->end, site->is_cyclic, is_gathered,
                                     times * site->n});
        return;
    }
    const struct allocation_list *made =
        &allocations_function(a, site->callee_file, site->callee)->call;
    for (size_t i = 0; i < made->n; i++) {
        add(list, received(site, &made->items[i], is_own_trip, times));
    }
}

/* What runs each time `within` does, a loop or NONE for the function. */
static void add_sites(struct allocations *a, uint32_t file, uint32_t scope, uint32_t within,
                      struct allocation_list *list)
{
    const struct allocating_function *f = allocations_find_sites(a, file, scope);
    for (size_t i = 0; i < f->n_sites; i++) {
        const struct allocation_site *site = &f->sites[i];
        double times = times_of(a, file, scope, site->loop, within);
        if (times > 0 && !(a->only_certain && site->is_conditional)) {
            add_site_to(a, site, within != NONE && site->loop == within, times, list);
        }
    }
}

/* ---- callees first */

struct visit {
    uint32_t file, scope;
    size_t next; /* site */
};

struct visits {
    ARRAY_OF(struct visit);
};

/* The next callee that nobody has looked at yet, put on the stack. */
static bool push_callee(struct allocations *a, struct visits *stack)
{
    struct visit *top = array_last(stack);
    const struct allocating_function *f = allocations_find_sites(a, top->file, top->scope);
    while (top->next < f->n_sites) {
        const struct allocation_site *site = &f->sites[top->next++];
        if (site->kind == NULL
            && allocations_function(a, site->callee_file, site->callee)->state
                   == ALLOCATING_UNKNOWN) {
            allocations_function(a, site->callee_file, site->callee)->state = ALLOCATING_UNDER_WAY;
            *array_push(stack) = (struct visit){site->callee_file, site->callee, 0};
            return true;
        }
    }
    return false;
}

static void settle_calls(struct allocations *a, uint32_t file, uint32_t scope)
{
    struct visits stack = {0};
    if (allocations_function(a, file, scope)->state != ALLOCATING_UNKNOWN) {
        return;
    }
    allocations_function(a, file, scope)->state = ALLOCATING_UNDER_WAY;
    *array_push(&stack) = (struct visit){file, scope, 0};
    while (stack.n > 0) {
        if (!push_callee(a, &stack)) {
            struct visit done = stack.items[--stack.n];
            struct allocation_list list = {0};
            add_sites(a, done.file, done.scope, NONE, &list);
            allocations_function(a, done.file, done.scope)->call = list;
            allocations_function(a, done.file, done.scope)->state = ALLOCATING_DONE;
        }
    }
    array_free(&stack);
}

/* ---- the questions */

struct allocations *allocations_new(struct program *program, const struct heap *heap, double trips,
                                    bool only_certain)
{
    struct allocations *a = alloc_zeroed(1, sizeof *a);
    size_t n = program->link->n_functions, n_cycles = heap->cycles.n;
    a->program = program;
    a->heap = heap;
    a->trips = trips;
    a->only_certain = only_certain;
    a->functions = alloc_zeroed(n + 1, sizeof *a->functions);
    a->is_cyclic_class = arena_alloc(&a->arena, program->classes->all.n + 1);
    a->first_cycle = arena_alloc(&a->arena, (n + 1) * sizeof *a->first_cycle);
    a->next_cycle = arena_alloc(&a->arena, (n_cycles + 1) * sizeof *a->next_cycle);
    memset(a->first_cycle, 0xFF, (n + 1) * sizeof *a->first_cycle);
    allocations_see_cycles(a);
    return a;
}

void allocations_free(struct allocations *a)
{
    for (size_t i = 0; i < a->program->link->n_functions; i++) {
        array_free(&a->functions[i].call);
    }
    free(a->functions);
    pair_table_free(&a->outer_loop);
    pair_table_free(&a->measured);
    array_free(&a->measured_trips);
    arena_free(&a->arena);
    arena_free(&a->scratch);
    free(a);
}

void allocations_set_trips(struct allocations *a, uint32_t file, uint32_t op, double trips)
{
    pair_table_set(&a->measured, pair_key(file, op), (uint32_t)a->measured_trips.n);
    *array_push(&a->measured_trips) = trips;
}

const struct allocation_list *allocations_of_call(struct allocations *a, uint32_t file,
                                                  uint32_t scope)
{
    settle_calls(a, file, scope);
    return &allocations_function(a, file, scope)->call;
}

void allocations_of_trip(struct allocations *a, uint32_t file, uint32_t scope, uint32_t loop,
                         struct allocation_list *list)
{
    settle_calls(a, file, scope);
    add_sites(a, file, scope, loop, list);
}

const struct allocation_site *allocations_sites(struct allocations *a, uint32_t file,
                                                uint32_t scope, size_t *n)
{
    const struct allocating_function *f = allocations_find_sites(a, file, scope);
    *n = f->n_sites;
    return f->sites;
}

/* ---- instances */

/* What an instance holds that its constructor made, as long as it is of no class seen before. */
static void add_held(struct allocations *a, uint32_t class, bool *seen,
                     struct allocation_list *list, struct visits *work)
{
    struct made made = made_instance(a->program, class);
    if (seen[class] || made.kind == NULL) {
        return;
    }
    seen[class] = true;
    add(list, (struct allocated){made.kind, END_DROPPED, true, false, 1});
    if (made.callee != NONE) {
        *array_push(work) = (struct visit){made.callee_file, made.callee, 0};
    }
}

/* A larger object, of hundreds of parts each of a class of its own, is counted so far only: all
 * that are in a ring of such classes have the same parts. */
enum { MAX_CONSTRUCTORS = 200 };

void allocations_of_instance(struct allocations *a, uint32_t class, bool *seen,
                             struct allocation_list *list)
{
    struct visits work = {0};
    add_held(a, class, seen, list, &work);
    for (int n = 0; work.n > 0 && n < MAX_CONSTRUCTORS; n++) {
        struct visit constructor = work.items[--work.n];
        const struct allocating_function *f =
            allocations_find_sites(a, constructor.file, constructor.scope);
        for (size_t i = 0; i < f->n_sites; i++) {
            const struct allocation_site *site = &f->sites[i];
            if (site->end != END_ON_SELF || site->kind == NULL) {
                continue;
            }
            if (site->class != NONE) {
                add_held(a, site->class, seen, list, &work);
            } else {
                double times = times_of(a, constructor.file, constructor.scope, site->loop, NONE);
                add(list,
                    (struct allocated){site->kind, END_DROPPED, true, false, times * site->n});
            }
        }
    }
    array_free(&work);
}
