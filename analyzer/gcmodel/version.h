/*
 * version.h - which of CPython's collectors a version has.
 */
#ifndef CYCLINT_GCMODEL_VERSION_H
#define CYCLINT_GCMODEL_VERSION_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum gc_collector {
    GC_EAGER,        /* 3.8 to 3.11: three generations, collects inside the allocation */
    GC_DEFERRED,     /* 3.12, 3.13, 3.14.5 and later: three generations, at the next safe point */
    GC_INCREMENTAL,  /* 3.14.0 to 3.14.4: young and old in slices */
    GC_FREE_THREADED /* 3.13t: one generation, stops the world */
};

struct gc_version {
    int minor, patch; /* of Python 3 */
    bool free_threaded;
    enum gc_collector collector;
    bool counts_tracked;       /* 3.14.1 to 3.14.4: the counter moves when an object is tracked */
    uint64_t threshold[3];     /* what gc.get_threshold() says at the start */
    const char *thread_suffix; /* "t" or "" */
};

/* Reads "3.12", "3.12.1", "3.13t", "3.15.0rc1".  Without a patch number it is the newest patch, so
 * "3.14" has three generations.  False with an error for what this model does not know. */
bool gc_version_parse(const char *text, struct gc_version *version, struct error *error);

#endif
