/*
 * kinds.h - what an expression of Python allocates, by version.
 */
#ifndef CYCLINT_GCMODEL_KINDS_H
#define CYCLINT_GCMODEL_KINDS_H

#include "gcmodel/version.h"

#include <stddef.h>

/* Where the memory of a freed object goes. */
enum gc_pool {
    POOL_NONE,
    POOL_LIST,
    POOL_DICT,
    POOL_METHOD,
    POOL_BUILTIN_METHOD,
    POOL_ITERATOR,
    POOL_TUPLE, /* and so on: one for each length, 1 to 20 */
    MAX_TUPLE = 20,
    N_POOLS = POOL_TUPLE + MAX_TUPLE + 1
};

/* When the collector stops tracking an object. */
enum gc_tracking {
    TRACKED_ALWAYS,
    TRACKED_ONE_PASS,   /* a tuple of untracked items: until it survives one collection */
    TRACKED_TWO_PASSES, /* a tuple of such tuples */
    TRACKED_TO_FULL,    /* a dict of such tuples: until it survives a full collection */
    TRACKED_NEVER,
    N_TRACKINGS
};

struct gc_object {
    enum gc_pool pool;
    enum gc_tracking tracking;
    bool temporary; /* freed when the last object of its kind has been made */
    bool aside;     /* dies with its cycle but is none of it, as the weak reference to a subclass */
    bool check;     /* no object: the interpreter looks whether a collection is due */
};

enum { MAX_KIND_OBJECTS = 12 };

struct gc_kind {
    struct gc_object objects[MAX_KIND_OBJECTS];
    size_t n;
};

/* What the kind of this name is made of.  False with an error that lists the names. */
bool gc_kind_find(const char *name, size_t length, const struct gc_version *version,
                  struct gc_kind *kind, struct error *error);

/* How many freed objects a pool keeps. */
uint64_t gc_pool_size(enum gc_pool pool, const struct gc_version *version);

#endif
