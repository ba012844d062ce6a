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

/* The loops a million trips of which cost the collector `budget` seconds at the least: what stands
 * in one part of an `if` and inner loops whose trips the text does not tell are left out, and the
 * range's lower end counts. */
void gc_pressure_find(struct program *program, const struct heap *heap, double budget,
                      struct pressed_loops *out);

#endif
