/*
 * shared.h - hash tables and a list that many threads ask while one adds to them.
 *
 * Asking takes no lock, adding does: whoever adds holds a lock of the owner's, looks again whether
 * another thread was faster, and adds only then.  Nothing is changed or removed once it is there.
 * What was outgrown is kept until the end, since somebody may still be reading it, or until the
 * owner knows that nobody does; together that is no more than what took its place.  All zero is
 * empty.
 */
#ifndef CYCLINT_BASE_SHARED_H
#define CYCLINT_BASE_SHARED_H

#include "base/table.h"

#include <stdatomic.h>

/* Room for items; the newest of a chain in which each is larger than the one before. */
struct shared_room;

/* From strings to numbers.  The table keeps the key's pointer: it must live as long. */
struct shared_names {
    _Atomic(struct shared_room *) room;
    size_t n;
};

/* TABLE_NONE when there is no such key. */
uint32_t shared_names_get(struct shared_names *names, const char *key, size_t length);

/* Adds a key that is not there. */
void shared_names_add(struct shared_names *names, const char *key, size_t length, uint32_t value);
void shared_names_free_outgrown(struct shared_names *names);
void shared_names_free(struct shared_names *names);

/* From 64-bit numbers, any but UINT64_MAX. */
struct shared_pairs {
    _Atomic(struct shared_room *) room;
    size_t n;
};

uint32_t shared_pairs_get(struct shared_pairs *pairs, uint64_t key);
void shared_pairs_add(struct shared_pairs *pairs, uint64_t key, uint32_t value);
void shared_pairs_free(struct shared_pairs *pairs);

/* Items of one size, by number.  A thread may ask for those whose number it was told by one of the
 * tables, or by another thread. */
struct shared_list {
    _Atomic(void *) items;
    struct shared_room *room;
    size_t n;
};

/* The number of the new item. */
uint32_t shared_list_add(struct shared_list *list, const void *item, size_t item_size);
void shared_list_free_outgrown(struct shared_list *list);
void shared_list_free(struct shared_list *list);

/* All items, up to the last that this thread can know of. */
static inline const void *shared_list_items(const struct shared_list *list)
{
    return atomic_load_explicit(&list->items, memory_order_acquire);
}

#endif
