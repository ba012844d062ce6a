/*
 * nearest.c - edit distance (Damerau 1964, optimal string alignment) over short words.
 */
#include "text/nearest.h"

#include <string.h>

enum { MAX_WORD = 64 }; /* no option or rule has a longer name */

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters in which the words differ. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][MAX_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n_b; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            row[j] = min(above[j - 1] + (a[i - 1] != b[j - 1]), min(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = min(row[j], before[j - 2] + 1);
            }
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[n_b];
}

struct nearest nearest_to(const char *word, size_t length)
{
    /* A third of the letters may be wrong: more is another word. */
    return (struct nearest){.word = word, .length = length, .distance = length / 3 + 2};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t n = strlen(candidate);
    if (n > MAX_WORD || nearest->length > MAX_WORD) {
        return;
    }
    size_t longer = n > nearest->length ? n - nearest->length : nearest->length - n;
    if (longer >= nearest->distance) {
        return;
    }
    size_t d = distance(nearest->word, nearest->length, candidate, n);
    if (d < nearest->distance) {
        nearest->distance = d;
        nearest->best = candidate;
    }
}
