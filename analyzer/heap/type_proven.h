/*
 * type_proven.h - circles of classes that repeat a cycle of objects.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_TYPE_PROVEN_H
#define CYCLINT_HEAP_TYPE_PROVEN_H

#include "heap/type_graph.h"

/* The cycles that the instance analysis told, by their attributes. */
struct proven {
    struct {
        ARRAY_OF(struct cycle);
    } cycles;
    uint32_t *next;          /* [cycle]: of the same attributes, NONE ends */
    struct pair_table first; /* hash of attributes → cycle */
};

/* Takes those of heap->cycles and heap->alike that are at least likely; ended by proven_free(). */
void proven_find(const struct heap *heap, struct proven *proven);
void proven_free(struct proven *proven);

/* Whether one of them goes by the same attributes in the same order, at least once by the same
 * store, through objects of the same classes; one object may be of another class of its family, or
 * of one that the instance analysis does not know. */
bool proven_repeats(const struct proven *proven, const struct type_graph *graph,
                    const struct cycle *cycle);

#endif
