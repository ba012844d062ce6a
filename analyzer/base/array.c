/*
 * array.c - the part of growable arrays that does not know the type.
 */
#include "base/array.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

void *array_grow(void *items, size_t n, size_t *capacity, size_t item_size)
{
    if (n == *capacity) {
        *capacity = n == 0 ? FIRST_CAPACITY : n * 2;
        items = alloc_again(items, *capacity * item_size);
    }
    memset((char *)items + n * item_size, 0, item_size);
    return items;
}

void array_release(void *items)
{
    free(items);
}
