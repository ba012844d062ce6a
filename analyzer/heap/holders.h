/*
 * holders.h - who may hold whom, class by class.  Private to heap/.
 *
 * The instance analysis sees a cycle only where one function, with what it calls, makes all of it.
 * Much of what real programs hold is put together by methods that an outsider calls in turn.  So
 * every edge between objects of known classes that some function's heap has seen is noted here, and
 * what closes by the classes alone is told as information.
 */
#ifndef CYCLINT_HEAP_HOLDERS_H
#define CYCLINT_HEAP_HOLDERS_H

#include "heap/walk.h"

/* A class, or a nested function or generator with what it captures. */
struct holder {
    uint32_t class; /* NONE for a function */
    uint32_t file, scope;
    uint32_t first; /* in `holdings`, NONE ends */
};

struct holding {
    uint32_t from, to; /* holders */
    uint32_t field;    /* program symbol */
    const char *via;   /* as in struct cycle_edge */
    struct place place;
    bool is_guessed;
    bool is_covered; /* another one, of ancestors, says it too */
    uint32_t next;   /* of the same holder */
};

struct holders {
    struct {
        ARRAY_OF(struct holder);
    } all;
    struct {
        ARRAY_OF(struct holding);
    } holdings;
    struct pair_table by_class; /* class or function → holder */
    struct pair_table seen;     /* hashes of holdings */
};

/* Notes what the objects of a function's heap hold when it is done. */
void holders_record(struct walker *w);

/* The circles that the classes alone allow, into heap->by_type. */
void holders_report(struct analysis *a);
void holders_free(struct holders *holders);

#endif
