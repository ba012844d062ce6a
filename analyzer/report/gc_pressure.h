/*
 * gc_pressure.h - loops whose objects keep the collector busy.
 */
#ifndef CYCLINT_REPORT_GC_PRESSURE_H
#define CYCLINT_REPORT_GC_PRESSURE_H

#include "heap/heap.h"
#include "report/gc_price.h"

/* A loop of a program. */
struct pressed_loop {
    struct place place; /* its whole statement */
    uint32_t scope;
    struct gc_price price; /* of a trip */
};

struct pressed_loops {
    ARRAY_OF(struct pressed_loop);
};

/* Collector time for a million trips from which on a loop is told of: half a second, that is half a
 * microsecond a trip, about what a trip with a call in it takes by itself. */
static const double GC_BUDGET = 0.5;

/* The loops that cost more than the budget at the least: what stands in one part of an `if` and
 * inner loops whose trips the text does not tell are left out, and the range's lower end counts. */
void gc_pressure_find(struct program *program, const struct heap *heap, struct pressed_loops *out);

#endif
