/*
 * gc_price.h - what the objects of a function or loop cost the collector.
 *
 * A list of allocations (heap/allocations.h) is priced by the collector model: so many trips, each
 * of which makes these objects, simulated from a heap of a given size.  Only what is kept or ends
 * in a cycle is put into the simulation: what reference counting frees at once moves the counter
 * up and down again and causes no collection.
 */
#ifndef CYCLINT_REPORT_GC_PRICE_H
#define CYCLINT_REPORT_GC_PRICE_H

#include "base/builder.h"
#include "gcmodel/cost.h"
#include "heap/allocations.h"

enum { PRICED_TRIPS = 1000000 }; /* what times and collections are told for */

/* What one trip makes, in objects. */
struct gc_trip {
    double counted;                         /* allocations that move the collector's counter */
    double tracked;                         /* objects that a collection looks at */
    double dropped, returned, kept, cyclic; /* of the counted, by what becomes of them */
};

struct gc_price {
    struct gc_trip trip;
    struct gc_range seconds; /* the collector's time for PRICED_TRIPS trips */
    double collections[N_GENERATIONS];
    double collected; /* objects that they free */
    double garbage;   /* the most unreachable objects that wait between two collections */
};

/* Under which circumstances. */
struct gc_pricing;

struct gc_pricing *gc_pricing_new(const struct gc_version *version, const struct gc_start *start,
                                  const struct gc_speed *speed);
void gc_pricing_free(struct gc_pricing *pricing);

/* The circumstances that are assumed where nobody tells any: this version of Python (0x030D is
 * 3.13), a heap of GC_DEFAULT_HEAP objects, the figures of one machine. */
enum { GC_DEFAULT_HEAP = 100000 };
struct gc_pricing *gc_pricing_default(uint32_t python_version);

struct gc_trip gc_trip_of(const struct gc_pricing *pricing, const struct allocation_list *list);

/* Of a trip of a loop; of a call, at whose end is let go of what it gathered. */
struct gc_price gc_price_of(struct gc_pricing *pricing, const struct allocation_list *list);
struct gc_price gc_price_of_call(struct gc_pricing *pricing, const struct allocation_list *list);

/* What a run costs in which all of this was made, evenly over so many trips. */
struct gc_price gc_price_of_run(struct gc_pricing *pricing, const struct allocation_list *whole,
                                double trips);

/* "3.13": the version that the prices hold for, in `arena`. */
const char *gc_pricing_python(const struct gc_pricing *pricing, struct arena *arena);

/* Adds "1.2 ms"; "0.9 ms to 2.1 ms", "nothing". */
void gc_add_time(struct builder *out, double seconds);
void gc_add_range(struct builder *out, struct gc_range range);

#endif
