/*
 * circle.h - circles of edges, their judgement and their names.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_CIRCLE_H
#define CYCLINT_HEAP_CIRCLE_H

#include "heap/walk.h"

/* The cycle that this circle was told as before: NONE when it is new, NOT_TOLD when it was refused.
 */
#define NOT_TOLD (UINT32_MAX - 1)

/* ---- finding and judging (circles.c) */

/* Edge number `i` of a circle, counted on past the end, and the node it leads from.  Edge 0 closed
 * it. */
struct heap_edge *circle_edge(const struct walker *w, const struct candidate *c, uint32_t i);
struct heap_node *circle_holder(const struct walker *w, const struct candidate *c, uint32_t i);

/* Whether no edge was taken away; and whether, besides, all can have been made in one run. */
bool circle_is_whole(const struct walker *w, const struct candidate *c);
bool circle_can_stand(const struct walker *w, const struct candidate *c);
enum confidence circle_confidence(const struct walker *w, const struct candidate *c);
enum cycle_kind circle_kind(const struct walker *w, const struct candidate *c);

/* Whether it consists of nothing but nested functions that name each other. */
bool circle_is_recursive_closure(const struct walker *w, const struct candidate *c);

/* Where it is to be reported. */
struct place circle_place(const struct walker *w, const struct candidate *c);

/* Spreads the bits of a part of a key. */
uint64_t circle_mix(uint64_t x);

/* The index of the cycle it was told as before, NONE, or NOT_TOLD. */
uint32_t circle_told_before(struct walker *w, const struct candidate *c);

/* Remembers that it was told as that cycle, or refused (NOT_TOLD). */
void circle_was_told(struct walker *w, const struct candidate *c, uint32_t cycle);

/* Whether another circle was reported at its place; from now on it was. */
bool circle_place_is_taken(struct walker *w, const struct candidate *c);

bool is_generator_expression(const struct heap_node *n);

/* ---- the others (ways.c) */

/* Adds to the candidates what else the closing edge of a circle that was told closes: for each edge
 * on a way back that no circle told goes through, the shortest.  With `most` candidates there are
 * enough, which the text of alike-cycle says. */
void find_other_circles(struct walker *w, struct candidate c, size_t most);

/* ---- naming (naming.c) */

/* The dotted name of a node's class or function, or how the function speaks of it; in `arena` or
 * static. */
const char *name_of_node(const struct walker *w, uint32_t node, struct arena *arena);

/* What lies between two objects, as json2 calls it; NULL for an object.  `out` is the edge that
 * leaves it. */
const char *via_of(const struct walker *w, const struct heap_node *n, const struct heap_edge *out);

#endif
