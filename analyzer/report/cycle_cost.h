/*
 * cycle_cost.h - what the cycles that are found cost the collector.
 */
#ifndef CYCLINT_REPORT_CYCLE_COST_H
#define CYCLINT_REPORT_CYCLE_COST_H

#include "heap/heap.h"
#include "report/finding.h"
#include "report/json.h"

/* Gives each finding whose cycle waits for the collector its cost, on the version of Python that
 * the program is for and a heap of usual size. */
void cycle_costs(struct program *program, const struct heap *heap, struct findings *findings);

/* "3 objects a trip, up to 2001 wait for the collector, which takes 81 ms to 168 ms for a million
 * trips on Python 3.13" */
void cycle_cost_describe(const struct finding_cost *cost, struct builder *out);

/* The same as the member "cost" of an object. */
void cycle_cost_write(const struct finding_cost *cost, struct json *json);

#endif
