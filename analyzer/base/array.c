/*
 * array.c - the part of growable arrays that does not know the type.
 */
#include "base/array.h"

#include "base/error.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void *array_double(void *items, size_t n, size_t *capacity, size_t item_size)
{
    *capacity = n == 0 ? FIRST_CAPACITY : n * 2;
    return alloc_again(items, *capacity * item_size);
}

void array_release(void *items)
{
    free(items);
}
