/*
 * nearest.h - "did you mean": the known word that a mistyped one resembles most.
 */
#ifndef CYCLINT_TEXT_NEAREST_H
#define CYCLINT_TEXT_NEAREST_H

#include <stddef.h>

/* A search for what `word` may have meant; candidates are offered one by one. */
struct nearest {
    const char *word;
    size_t length;
    const char *best; /* NULL while nothing is near enough */
    size_t distance;  /* of `best`: letters added, dropped, changed or swapped */
};

struct nearest nearest_to(const char *word, size_t length);

/* Keeps `candidate` if it is nearer than what was offered before it. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
