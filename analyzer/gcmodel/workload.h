/*
 * workload.h - what a program does with objects, as far as the collector sees it.
 *
 * Words separated by blanks; `#` begins a comment.
 *
 *     20000 { list cycle }              20000 lists, each of which holds itself and is let go
 *     200 { list 500 { list } drop }    batches that reference counting frees
 *
 *     KIND  KIND*N  LABEL=KIND*N        make objects; those made since the last word that let
 *                                       go of the label belong together
 *     keep  drop  cycle  resurrect      what becomes of them (keep:LABEL, …): kept for good, freed
 *                                       by reference counting, unreachable but in a cycle, in a
 *                                       cycle that a finalizer makes reachable again
 *     hold:N  hold:N:LABEL              dropped once the same word was met N times more
 *     N { … }                           as often
 *     native { … }                      inside one call of a function in C
 *     check                             the interpreter looks whether a collection is due; it also
 *                                       does so at the end of each trip and of native { }
 *     collect:G  enable  disable  freeze  unfreeze  threshold:A,B,C      as in module gc
 */
#ifndef CYCLINT_GCMODEL_WORKLOAD_H
#define CYCLINT_GCMODEL_WORKLOAD_H

#include "base/array.h"
#include "gcmodel/kinds.h"

enum gc_op_kind {
    GC_MAKE,
    GC_KEEP,
    GC_DROP,
    GC_CYCLE,
    GC_RESURRECT,
    GC_HOLD,
    GC_REPEAT,
    GC_NATIVE,
    GC_END, /* of either */
    GC_CHECK,
    GC_COLLECT,
    GC_ENABLE,
    GC_DISABLE,
    GC_FREEZE,
    GC_UNFREEZE,
    GC_THRESHOLD
};

enum { MAX_LABELS = 8, MAX_DEPTH = 16 };

struct gc_op {
    enum gc_op_kind kind;
    uint32_t label;
    uint64_t n;        /* times, trips held, generation */
    uint32_t other;    /* the index of the end, or of what is ended */
    uint32_t made;     /* index of the kind */
    uint64_t limit[3]; /* thresholds */
};

/* `--trips` and its kin: what gc_shares_write() makes words of.  No `kind`: it is none of these. */
struct gc_shares {
    const char *kind;
    uint64_t trips, objects; /* of a trip */
    uint64_t kept, cyclic;   /* of SHARE_WHOLE trips; the rest is dropped */
};

struct gc_workload {
    struct gc_shares shares;
    struct {
        ARRAY_OF(struct gc_op);
    } ops;
    struct {
        ARRAY_OF(struct gc_kind);
    } kinds;
};

/* Reads a workload for this version.  False with an error that names the word. */
bool gc_workload_parse(const char *text, const struct gc_version *version,
                       struct gc_workload *workload, struct error *error);
void gc_workload_free(struct gc_workload *workload);

/* A number of only digits up to 10^18.  False if it is none or too great. */
bool gc_number_parse(const char *text, size_t length, uint64_t *value);

/* Three numbers separated by commas, as gc.set_threshold() takes: each fits a C int. */
bool gc_thresholds_parse(const char *text, size_t length, uint64_t limit[3], struct error *error);

#endif
