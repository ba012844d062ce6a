/*
 * gc_price.c - what the objects of a function or loop cost the collector.
 *
 * Many functions make the same objects, so prices are remembered by the workload's text.
 */
#include "report/gc_price.h"

#include "base/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Objects of a trip that are simulated one by one; a greater trip is priced as some smaller ones
 * together. */
static const double MAX_SIMULATED = 2000;

/* Objects made in all simulated trips: some hundred young collections, whose mean is then taken.
 * More of what is kept would only make the heap unlike the one that was asked for. */
static const double MAX_OBJECTS = 400e3;

struct gc_pricing {
    struct gc_version version;
    struct gc_start start;
    struct gc_speed speed;
    struct arena arena;
    struct name_table known; /* text of a workload → price */
    struct {
        ARRAY_OF(struct gc_price);
    } prices;
};

struct gc_pricing *gc_pricing_new(const struct gc_version *version, const struct gc_start *start,
                                  const struct gc_speed *speed)
{
    struct gc_pricing *pricing = alloc_zeroed(1, sizeof *pricing);
    pricing->version = *version;
    pricing->start = *start;
    pricing->speed = *speed;
    return pricing;
}

struct gc_pricing *gc_pricing_default(uint32_t python_version)
{
    char text[16];
    struct gc_version version;
    struct gc_start start = {.heap = GC_DEFAULT_HEAP};
    struct builder name = {0};
    builder_addf(&name, "3.%u", python_version & 0xFF);
    strncpy(text, builder_string(&name), sizeof text - 1);
    text[sizeof text - 1] = '\0';
    builder_free(&name);
    if (!gc_version_parse(text, &version, NULL)) {
        gc_version_parse("3.15", &version, NULL); /* newer than what is known: the newest */
    }
    memcpy(start.threshold, version.threshold, sizeof start.threshold);
    struct gc_speed speed = gc_speed_default(&version, GC_MIXED);
    return gc_pricing_new(&version, &start, &speed);
}

void gc_pricing_free(struct gc_pricing *pricing)
{
    array_free(&pricing->prices);
    name_table_free(&pricing->known);
    arena_free(&pricing->arena);
    free(pricing);
}

/* ---- what one trip makes */

/* Garbage: in a cycle, and not held any longer. */
static bool ends_as_garbage(const struct allocated *one)
{
    return one->is_cyclic && one->end < END_IN_ARGUMENT;
}

static bool stays(const struct allocated *one)
{
    return one->end >= END_IN_ARGUMENT;
}

/* In a container of the function, as long as that runs. */
static bool is_gathered(const struct allocated *one)
{
    return one->is_gathered && !one->is_cyclic && !stays(one);
}

static bool is_kept(const struct allocated *one)
{
    return stays(one) || is_gathered(one);
}

static void count_kind(const struct gc_kind *kind, double *counted, double *tracked)
{
    for (size_t i = 0; i < kind->n; i++) {
        const struct gc_object *object = &kind->objects[i];
        bool is_object = !object->temporary && !object->check;
        *counted += is_object;
        *tracked += is_object && object->tracking != TRACKED_NEVER;
    }
}

struct gc_trip gc_trip_of(const struct gc_pricing *pricing, const struct allocation_list *list)
{
    struct gc_trip trip = {0};
    for (size_t i = 0; i < list->n; i++) {
        const struct allocated *one = &list->items[i];
        struct gc_kind kind;
        double counted = 0, tracked = 0;
        if (!gc_kind_find(one->kind, strlen(one->kind), &pricing->version, &kind, NULL)) {
            continue;
        }
        count_kind(&kind, &counted, &tracked);
        counted = pricing->version.counts_tracked ? tracked : counted;
        trip.counted += counted * one->times;
        trip.tracked += tracked * one->times;
        *(ends_as_garbage(one)      ? &trip.cyclic
          : is_kept(one)            ? &trip.kept
          : one->end != END_DROPPED ? &trip.returned
                                    : &trip.dropped) += counted * one->times;
    }
    return trip;
}

/* ---- as a workload */

/* Objects of one sort as words: "c=list*2 c=instance". */
static void add_objects(struct builder *out, const struct allocation_list *list, char label,
                        bool (*is_wanted)(const struct allocated *one), double share)
{
    for (size_t i = 0; i < list->n; i++) {
        double n = floor(list->items[i].times * share + 0.5);
        if (is_wanted(&list->items[i]) && n > 0) {
            builder_addf(out, " %c=%s*%.0f", label, list->items[i].kind, n);
        }
    }
}

/* A loop each: it is in between its trips that collections come. */
static void add_loops(struct builder *out, const struct allocation_list *list, char label,
                      bool (*is_wanted)(const struct allocated *one), double share)
{
    for (size_t i = 0; i < list->n; i++) {
        double n = floor(list->items[i].times * share + 0.5);
        if (is_wanted(&list->items[i]) && n > 0) {
            builder_addf(out, " %.0f { %c=%s }", n, label, list->items[i].kind);
        }
    }
}

static double count_simulated(const struct allocation_list *list)
{
    double n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct allocated *one = &list->items[i];
        n += ends_as_garbage(one) || is_kept(one) ? one->times : 0;
    }
    return n;
}

static struct gc_price simulate(const struct gc_pricing *pricing, const char *text, double scale)
{
    struct gc_price price = {0};
    struct gc_workload workload;
    struct gc_result result;
    if (!gc_workload_parse(text, &pricing->version, &workload, NULL)) {
        return price;
    }
    if (gc_simulate(&workload, &pricing->version, &pricing->start, &result, NULL)) {
        struct gc_cost cost = gc_cost(&pricing->speed, &result);
        price.seconds = (struct gc_range){cost.total.low * scale, cost.total.high * scale};
        price.garbage = (double)result.peak_garbage;
        price.collected =
            scale * (double)(result.collected[0] + result.collected[1] + result.collected[2]);
        for (int g = 0; g < N_GENERATIONS; g++) {
            price.collections[g] = (double)result.collections[g] * scale;
        }
        gc_result_free(&result);
    }
    gc_workload_free(&workload);
    return price;
}

/* The price of so many trips, known or simulated now. */
static struct gc_price price_text(struct gc_pricing *pricing, const struct builder *text,
                                  double scale)
{
    const char *s = builder_string(text);
    uint32_t index = name_table_get(&pricing->known, s, text->length);
    if (index != TABLE_NONE) {
        return pricing->prices.items[index];
    }
    const char *kept = arena_string(&pricing->arena, s, text->length);
    name_table_put(&pricing->known, kept, text->length, (uint32_t)pricing->prices.n);
    struct gc_price price = simulate(pricing, kept, scale);
    *array_push(&pricing->prices) = price;
    return price;
}

static bool has_gathered(const struct allocation_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (is_gathered(&list->items[i])) {
            return true;
        }
    }
    return false;
}

struct gc_price gc_price_of(struct gc_pricing *pricing, const struct allocation_list *list)
{
    struct gc_price price = {0};
    double n = count_simulated(list);
    if (n > 0) {
        struct builder text = {0};
        double share = n > MAX_SIMULATED ? MAX_SIMULATED / n : 1;
        double trips = fmin(PRICED_TRIPS, floor(MAX_OBJECTS / (n * share)));
        builder_addf(&text, "%.0f {", trips);
        add_objects(&text, list, 'c', ends_as_garbage, share);
        add_objects(&text, list, 'k', is_kept, share);
        builder_add(&text, " cycle:c keep:k }");
        price = price_text(pricing, &text, PRICED_TRIPS / trips / share);
        builder_free(&text);
    }
    price.trip = gc_trip_of(pricing, list);
    return price;
}

/* What is gathered is there all at once, so it cannot be told as some smaller trips. */
struct gc_price gc_price_of_call(struct gc_pricing *pricing, const struct allocation_list *list)
{
    double n = count_simulated(list), share = n > MAX_OBJECTS ? MAX_OBJECTS / n : 1;
    if (!has_gathered(list)) {
        return gc_price_of(pricing, list);
    }
    struct builder text = {0};
    double trips = fmax(1, floor(MAX_OBJECTS / (n * share)));
    builder_addf(&text, "%.0f {", trips);
    add_loops(&text, list, 'g', is_gathered, share);
    add_objects(&text, list, 'c', ends_as_garbage, share);
    add_objects(&text, list, 'k', stays, share);
    builder_add(&text, " cycle:c keep:k drop:g }");
    struct gc_price price = price_text(pricing, &text, PRICED_TRIPS / trips / share);
    price.trip = gc_trip_of(pricing, list);
    builder_free(&text);
    return price;
}

struct gc_price gc_price_of_run(struct gc_pricing *pricing, const struct allocation_list *whole,
                                double trips)
{
    struct gc_price price = {0};
    if (trips >= 1 && trips <= 1e9) {
        struct builder text = {0};
        builder_addf(&text, "%.0f {", floor(trips));
        add_objects(&text, whole, 'c', ends_as_garbage, 1 / trips);
        add_objects(&text, whole, 'k', is_kept, 1 / trips);
        builder_add(&text, " cycle:c keep:k }");
        price = price_text(pricing, &text, 1);
        builder_free(&text);
    }
    price.trip = gc_trip_of(pricing, whole);
    return price;
}

/* ---- words */

const char *gc_pricing_python(const struct gc_pricing *pricing, struct arena *arena)
{
    return arena_format(arena, "3.%d%s", pricing->version.minor, pricing->version.thread_suffix);
}

void gc_add_time(struct builder *out, double seconds)
{
    if (seconds >= 1) {
        builder_addf(out, "%.3g s", seconds);
    } else if (seconds >= 1e-3) {
        builder_addf(out, "%.3g ms", seconds * 1e3);
    } else {
        builder_addf(out, "%.3g us", seconds * 1e6);
    }
}

void gc_add_range(struct builder *out, struct gc_range range)
{
    if (range.high <= 0) {
        builder_add(out, "nothing");
        return;
    }
    gc_add_time(out, range.low);
    builder_add(out, " to ");
    gc_add_time(out, range.high);
}
