/*
 * gc_profile.h - what `cyclint gc profile` measured: calls, trips, collections.
 */
#ifndef CYCLINT_REPORT_GC_PROFILE_H
#define CYCLINT_REPORT_GC_PROFILE_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/table.h"
#include "gcmodel/simulate.h"

#include <stdbool.h>
#include <stdint.h>

/* A function, by the path of its file and the line it begins at, decorators included. */
struct profiled_function {
    const char *path, *name;
    uint32_t line;
    double calls;
    uint32_t next; /* of the same name, or UINT32_MAX */
};

/* How often control went back from line `from` to line `line` of a file. */
struct profiled_jump {
    const char *path;
    uint32_t line, from;
    double times;
};

struct gc_profile {
    struct arena arena;
    const char *python;
    bool is_free_threaded;
    uint64_t threshold[N_GENERATIONS];
    uint64_t objects; /* that the collector tracked when the program began */
    struct {
        ARRAY_OF(struct profiled_function);
    } functions;
    struct name_table by_name; /* name → the first function so called */
    struct {
        ARRAY_OF(struct profiled_jump);
    } jumps;
    uint64_t collections[N_GENERATIONS], collected[N_GENERATIONS]; /* during the program */
    double seconds, longest;                                       /* that they took */
};

/* Reads the text of a profile.  False with an error when it is none, or only the half of one. */
bool gc_profile_read(const char *text, struct gc_profile *profile, struct error *error);
void gc_profile_free(struct gc_profile *profile);

#endif
