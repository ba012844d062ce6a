/*
 * alike.h - the cycles for which a reported one stands.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_ALIKE_H
#define CYCLINT_HEAP_ALIKE_H

#include "heap/heap.h"

void alike_add(struct heap *heap, struct cycle cycle);

#endif
