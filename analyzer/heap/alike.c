/*
 * alike.c - the cycles for which a reported one stands.
 *
 * Another way round that takes one attribute twice goes through two objects of one kind, most often
 * two elements of a linked list or tree.  Whether these two are neighbours the text does not tell:
 * of `a.next`, `b.previous`, `c.next` and `d.previous` the objects may well be two, not four.
 */
#include "heap/alike.h"

#include <string.h>

static bool is_attribute_of_object(const struct cycle_edge *edge)
{
    return strcmp(edge->attribute, "__traceback__") != 0 && strcmp(edge->attribute, "[]") != 0
           && strstr(edge->holder, "<locals>") == NULL;
}

static bool takes_one_attribute_twice(const struct cycle *cycle)
{
    for (const struct cycle_edge *a = cycle->edges; a != NULL; a = a->next) {
        for (const struct cycle_edge *b = a->next; b != NULL; b = b->next) {
            if (is_attribute_of_object(a) && is_attribute_of_object(b)
                && strcmp(a->attribute, b->attribute) == 0) {
                return true;
            }
        }
    }
    return false;
}

void alike_add(struct heap *heap, struct cycle cycle)
{
    if (takes_one_attribute_twice(&cycle)) {
        cycle.confidence = CONFIDENCE_POSSIBLE;
    }
    *array_push(&heap->alike) = cycle;
}
