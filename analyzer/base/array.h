/*
 * array.h - growable arrays of any type.
 *
 *     struct { ARRAY_OF(struct op); } ops = {0};
 *     *array_push(&ops) = (struct op){…};
 *     for (size_t i = 0; i < ops.n; i++) use(&ops.items[i]);
 *     array_free(&ops);
 *
 * All zero is an empty array.  The items move when the array grows: keep indices, not pointers.
 */
#ifndef CYCLINT_BASE_ARRAY_H
#define CYCLINT_BASE_ARRAY_H

#include <stddef.h>
#include <string.h>

#define ARRAY_OF(type)                                                                             \
    type *items;                                                                                   \
    size_t n, capacity

/* A pointer to a new zeroed item at the end. */
#define array_push(array)                                                                          \
    ((array)->items =                                                                              \
         array_grow((array)->items, (array)->n, &(array)->capacity, sizeof *(array)->items),       \
     &(array)->items[(array)->n++])

/* The last item, which must exist. */
#define array_last(array) (&(array)->items[(array)->n - 1])

/* Frees the items; the array is empty again. */
#define array_free(array)                                                                          \
    (array_release((array)->items), (array)->items = NULL, (array)->n = (array)->capacity = 0)

/* A list of strings that belong to somebody else. */
struct strings {
    ARRAY_OF(const char *);
};

/* Doubles the room; `*capacity` is n. */
void *array_double(void *items, size_t n, size_t *capacity, size_t item_size);

/* Makes room for one item after the first `n` and zeroes it; what array_push is made of.  Inline:
 * with a constant item size, the usual case is a comparison and a few stores. */
static inline void *array_grow(void *items, size_t n, size_t *capacity, size_t item_size)
{
    if (n == *capacity) {
        items = array_double(items, n, capacity, item_size);
    }
    memset((char *)items + n * item_size, 0, item_size);
    return items;
}

void array_release(void *items);

#endif
