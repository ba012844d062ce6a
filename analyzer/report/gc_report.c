/*
 * gc_report.c - what each function and loop makes, and what that costs the collector.
 *
 * With a profile, the trips of the loops are those that were counted, and the whole run is priced
 * too: the functions that no other function of the program is seen to call, as often as they were
 * called, with all that they call.
 */
#include "report/gc_report.h"

#include "program/link.h"
#include "report/resolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct making {
    const struct gc_report_input *input;
    struct resolver resolver;
    struct arena *arena;
    struct allocations *allocations;
    struct gc_report *report;
    bool *is_callee; /* by function number: some function that was called calls it */
};

static const struct facts *facts_of(const struct making *m, uint32_t file)
{
    return m->input->program->files[file];
}

static uint32_t number_of(const struct making *m, uint32_t file, uint32_t scope)
{
    return m->input->program->link->first_function[file] + scope;
}

static bool is_function(const struct scope *scope)
{
    return scope->kind != SCOPE_CLASS;
}

/* ---- what was measured */

static uint32_t line_at(struct making *m, uint32_t file, uint32_t offset)
{
    return resolver_span(&m->resolver, (struct place){file, offset, offset}).start.line;
}

/* Where Python says that a function begins: at its first decorator. */
static uint32_t first_line(struct making *m, uint32_t file, uint32_t scope)
{
    const struct facts *facts = facts_of(m, file);
    uint32_t offset = facts->scopes[scope].start;
    uint32_t decorator = scope == 0 ? NONE : facts_first_decorator(facts, scope);
    for (; decorator != NONE; decorator = facts_next_decorator(facts, decorator)) {
        uint32_t start = facts->ops[decorator].start;
        offset = start < offset ? start : offset;
    }
    return line_at(m, file, offset);
}

static bool is_path_of(struct making *m, uint32_t file, const char *path)
{
    return strcmp(resolver_file(&m->resolver, file)->absolute_path, path) == 0;
}

/* How often a function was called; 0 when the profile does not know it. */
static double calls_of(struct making *m, uint32_t file, uint32_t scope)
{
    const struct gc_profile *profile = m->input->profile;
    const struct facts *facts = facts_of(m, file);
    const char *name = facts_name(facts, facts->scopes[scope].name);
    if (profile == NULL) {
        return 0;
    }
    uint32_t i = name_table_get(&profile->by_name, name, strlen(name));
    for (; i != TABLE_NONE; i = profile->functions.items[i].next) {
        const struct profiled_function *f = &profile->functions.items[i];
        if (is_path_of(m, file, f->path) && (scope == 0 || f->line == first_line(m, file, scope))) {
            return f->calls;
        }
    }
    return 0;
}

/* The innermost loop of a function that has both lines, NONE without. */
static uint32_t loop_with_lines(struct making *m, uint32_t file, uint32_t scope, uint32_t line,
                                uint32_t from)
{
    const struct facts *facts = facts_of(m, file);
    const struct scope *s = &facts->scopes[scope];
    uint32_t found = NONE;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOOP && line_at(m, file, op->start) <= line
            && line_at(m, file, op->start) <= from && line_at(m, file, op_end(op)) >= from
            && line_at(m, file, op_end(op)) >= line) {
            found = i; /* inner loops come later */
        }
    }
    return found;
}

static double jumps_to(struct making *m, uint32_t file, uint32_t scope, uint32_t loop)
{
    const struct gc_profile *profile = m->input->profile;
    double times = 0;
    for (size_t i = 0; i < profile->jumps.n; i++) {
        const struct profiled_jump *jump = &profile->jumps.items[i];
        if (is_path_of(m, file, jump->path)
            && loop_with_lines(m, file, scope, jump->line, jump->from) == loop) {
            times += jump->times;
        }
    }
    return times;
}

/* Gives the loops of a function that was called the trips that were counted. */
static void measure_loops(struct making *m, uint32_t file, uint32_t scope, double calls)
{
    const struct facts *facts = facts_of(m, file);
    const struct scope *s = &facts->scopes[scope];
    struct {
        ARRAY_OF(double);
    } begun = {0}; /* by nesting: how often the body around runs */
    struct {
        ARRAY_OF(uint32_t);
    } ends = {0};
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        while (ends.n > 0 && ends.items[ends.n - 1] <= i) {
            ends.n--, begun.n--;
        }
        if (facts->ops[i].kind == OP_LOOP) {
            double around = begun.n > 0 ? *array_last(&begun) : calls;
            double times = jumps_to(m, file, scope, i);
            allocations_set_trips(m->allocations, file, i, around > 0 ? times / around : 0);
            *array_push(&begun) = times;
            *array_push(&ends) = facts->ops[i].b;
        }
    }
    array_free(&begun);
    array_free(&ends);
}

static void measure(struct making *m)
{
    if (m->input->profile == NULL) {
        return;
    }
    for (uint32_t file = 0; file < m->input->program->n_files; file++) {
        for (uint32_t scope = 0; scope < facts_of(m, file)->n_scopes; scope++) {
            double calls =
                is_function(&facts_of(m, file)->scopes[scope]) ? calls_of(m, file, scope) : 0;
            if (calls > 0) {
                measure_loops(m, file, scope, calls);
            }
        }
    }
}

/* ---- rows */

static bool makes_nothing(const struct gc_price *price)
{
    return price->trip.counted < 0.5;
}

static const char *name_of(struct making *m, uint32_t file, uint32_t scope)
{
    return scope == 0 ? "<module>" : facts_qualified_name(facts_of(m, file), scope, m->arena);
}

static void add_function(struct making *m, uint32_t file, uint32_t scope)
{
    const struct facts *facts = facts_of(m, file);
    const struct scope *s = &facts->scopes[scope];
    const struct allocation_list *list = allocations_of_call(m->allocations, file, scope);
    struct gc_price price = gc_price_of_call(m->input->pricing, list);
    m->report->n_functions++;
    if (makes_nothing(&price)) {
        return;
    }
    struct gc_row *row = array_push(&m->report->functions);
    *row = (struct gc_row){.file = file,
                           .scope = scope,
                           .loop = NONE,
                           .name = name_of(m, file, scope),
                           .price = price,
                           .times = calls_of(m, file, scope)};
    row->is_measured = row->times > 0;
    row->span = resolver_span(&m->resolver, (struct place){file, s->name_start, s->name_end});
    for (size_t i = 0; i < list->n; i++) {
        *array_push(&row->list) = list->items[i];
    }
}

static void add_loop(struct making *m, uint32_t file, uint32_t scope, uint32_t op)
{
    static const char *const words[] = {"while", "for", "comprehension"};
    const struct facts *facts = facts_of(m, file);
    struct allocation_list list = {0};
    allocations_of_trip(m->allocations, file, scope, op, &list);
    struct gc_price price = gc_price_of(m->input->pricing, &list);
    m->report->n_loops++;
    if (makes_nothing(&price)) {
        array_free(&list);
        return;
    }
    struct allocation_loop loop = allocations_loop(m->allocations, file, scope, op);
    struct gc_row *row = array_push(&m->report->loops);
    *row = (struct gc_row){.file = file,
                           .scope = scope,
                           .loop = op,
                           .name = name_of(m, file, scope),
                           .word = words[facts->ops[op].aux],
                           .list = list,
                           .price = price,
                           .trips = loop.trips,
                           .trips_told = loop.is_counted};
    row->span = resolver_span(&m->resolver, place_of_op(file, &facts->ops[op]));
    if (m->input->profile != NULL) {
        row->times = jumps_to(m, file, scope, op);
        row->is_measured = row->times > 0;
    }
}

static void add_rows(struct making *m)
{
    for (uint32_t file = 0; file < m->input->program->n_files; file++) {
        const struct facts *facts = facts_of(m, file);
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            const struct scope *s = &facts->scopes[scope];
            if (!is_function(s)) {
                continue;
            }
            add_function(m, file, scope);
            for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
                if (facts->ops[i].kind == OP_LOOP) {
                    add_loop(m, file, scope, i);
                }
            }
        }
    }
}

/* What all calls together cost when they were counted, else what one costs. */
static double weight(const struct gc_row *row)
{
    return row->price.seconds.high * (row->is_measured ? row->times : 1);
}

/* The dearest first; of equal ones the one that makes more, then in the order of the text. */
static int compare_rows(const void *left, const void *right)
{
    const struct gc_row *a = left, *b = right;
    if (a->is_measured != b->is_measured) {
        return a->is_measured ? -1 : 1;
    }
    if (weight(a) != weight(b)) {
        return weight(a) > weight(b) ? -1 : 1;
    }
    if (a->price.trip.counted != b->price.trip.counted) {
        return a->price.trip.counted > b->price.trip.counted ? -1 : 1;
    }
    if (a->file != b->file) {
        return a->file < b->file ? -1 : 1;
    }
    uint32_t x = a->loop == NONE ? a->scope : a->loop, y = b->loop == NONE ? b->scope : b->loop;
    return (x > y) - (x < y);
}

/* ---- the whole run */

static void note_callees(struct making *m, uint32_t file, uint32_t scope)
{
    size_t n;
    const struct allocation_site *sites = allocations_sites(m->allocations, file, scope, &n);
    for (size_t i = 0; i < n; i++) {
        bool is_itself = sites[i].callee_file == file && sites[i].callee == scope;
        if (sites[i].kind == NULL && !is_itself) {
            m->is_callee[number_of(m, sites[i].callee_file, sites[i].callee)] = true;
        }
    }
}

static void add_times(struct allocation_list *whole, const struct allocation_list *list,
                      double times)
{
    for (size_t i = 0; i < list->n; i++) {
        struct allocated one = list->items[i];
        one.times *= times;
        *array_push(whole) = one;
    }
}

/* The objects that few trips make most of decide how many trips there are. */
static double common_trips(const struct allocation_list *whole)
{
    double trips = 0;
    for (size_t i = 0; i < whole->n; i++) {
        const struct allocated *one = &whole->items[i];
        bool counts = one->is_cyclic || one->is_gathered || one->end >= END_IN_ARGUMENT;
        if (counts && one->times >= 1 && (trips == 0 || one->times < trips)) {
            trips = one->times;
        }
    }
    return trips;
}

static void price_whole(struct making *m)
{
    struct allocation_list whole = {0};
    const struct gc_report *report = m->report;
    m->is_callee = arena_alloc(m->arena, m->input->program->link->n_functions + 1);
    for (size_t i = 0; i < report->functions.n; i++) {
        if (report->functions.items[i].is_measured) {
            note_callees(m, report->functions.items[i].file, report->functions.items[i].scope);
        }
    }
    for (size_t i = 0; i < report->functions.n; i++) {
        const struct gc_row *row = &report->functions.items[i];
        if (row->is_measured && !m->is_callee[number_of(m, row->file, row->scope)]) {
            add_times(&whole, &row->list, row->times);
        }
    }
    m->report->whole = gc_price_of_run(m->input->pricing, &whole, common_trips(&whole));
    array_free(&whole);
}

void gc_report_make(const struct gc_report_input *input, struct arena *arena,
                    struct gc_report *report)
{
    struct making m = {.input = input, .arena = arena, .report = report};
    *report = (struct gc_report){.has_profile = input->profile != NULL};
    m.resolver = resolver_new(input->settle, arena);
    m.allocations = allocations_new(input->program, input->heap, input->trips, false);
    measure(&m);
    add_rows(&m);
    if (report->functions.n > 0) {
        qsort(report->functions.items, report->functions.n, sizeof *report->functions.items,
              compare_rows);
    }
    if (report->loops.n > 0) {
        qsort(report->loops.items, report->loops.n, sizeof *report->loops.items, compare_rows);
    }
    if (input->profile != NULL) {
        price_whole(&m);
    }
    allocations_free(m.allocations);
}

void gc_report_free(struct gc_report *report)
{
    for (size_t i = 0; i < report->functions.n; i++) {
        array_free(&report->functions.items[i].list);
    }
    for (size_t i = 0; i < report->loops.n; i++) {
        array_free(&report->loops.items[i].list);
    }
    array_free(&report->functions);
    array_free(&report->loops);
}
