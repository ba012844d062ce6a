/*
 * type_judge.h - which circles of classes are most likely made of objects.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_TYPE_JUDGE_H
#define CYCLINT_HEAP_TYPE_JUDGE_H

#include "heap/type_graph.h"
#include "heap/type_ties.h"

/* Whether objects hold each other as the classes allow by these edges, in the order of the circle:
 * by what methods tie to their own `self`, or because a frame's locals hold what it raised. */
bool judge_is_likely(const struct type_graph *graph, const struct ties *ties, const uint32_t *edges,
                     uint32_t n);

/* Whether no attribute in the circle may be one of so many kinds that it says nothing. */
bool judge_is_clear(const struct type_graph *graph, const uint32_t *edges, uint32_t n);

#endif
