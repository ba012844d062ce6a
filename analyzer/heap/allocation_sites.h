/*
 * allocation_sites.h - what the two chapters of allocations.h share: the sites of a function, and
 * what was found of each.
 */
#ifndef CYCLINT_HEAP_ALLOCATION_SITES_H
#define CYCLINT_HEAP_ALLOCATION_SITES_H

#include "base/table.h"
#include "heap/allocations.h"

enum allocating_state { ALLOCATING_UNKNOWN, ALLOCATING_UNDER_WAY, ALLOCATING_DONE };

struct allocating_function {
    enum allocating_state state;
    bool has_sites;
    struct allocation_site *sites;
    size_t n_sites;
    struct allocation_list call;
};

struct allocations {
    struct program *program;
    const struct heap *heap;
    double trips;
    bool only_certain;
    struct arena arena, scratch;
    struct allocating_function *functions; /* by link->first_function[file] + scope */
    bool *is_cyclic_class;
    uint32_t *first_cycle; /* by function: in heap->cycles, NONE ends */
    uint32_t *next_cycle;
    struct pair_table outer_loop; /* file, OP_LOOP → the loop around it, NONE */
    struct pair_table measured;   /* file, op → index of trips */
    struct {
        ARRAY_OF(double);
    } measured_trips;
};

struct allocating_function *allocations_function(const struct allocations *a, uint32_t file,
                                                 uint32_t scope);

/* Notes which functions close cycles that become garbage, and of which classes.  Once, before the
 * first site is looked at. */
void allocations_see_cycles(struct allocations *a);

/* The function with its sites, in the order of the text. */
struct allocating_function *allocations_find_sites(struct allocations *a, uint32_t file,
                                                   uint32_t scope);

#endif
