/*
 * alike.h - whether an edit has changed anything but where things stand.
 *
 * Comments, blank lines and line breaks move the text and leave the program as it is.  Rules know
 * of places only which comes first, so on such a text they find what they found before, elsewhere.
 */
#ifndef CYCLINT_STORE_ALIKE_H
#define CYCLINT_STORE_ALIKE_H

#include "base/array.h"
#include "facts/facts.h"

/* A stretch of text before and after. */
struct moved {
    uint32_t start, end; /* byte offsets before */
    uint32_t new_start, new_end;
};

/* An offset before, and what it is now: several things may have ended there. */
struct moved_point {
    uint32_t before, first, last;
};

/* All of a file's facts, in increasing order.  All zero is empty. */
struct moves {
    struct {
        ARRAY_OF(struct moved);
    } stretches;
    struct {
        ARRAY_OF(struct moved_point);
    } points;
};

/* Whether the facts differ in offsets and comments only, and all that stood before or within
 * something else still does; if so, `moves` is filled from nothing.  It is freed in any case by
 * moves_free(). */
bool facts_are_alike(const struct facts *before, const struct facts *after, struct moves *moves);
void moves_free(struct moves *moves);

/* Where that stretch of text is now.  False when nobody can tell. */
bool moves_find(const struct moves *moves, uint32_t *start, uint32_t *end);

#endif
