/*
 * shared.c - hash tables and a list that many threads ask while one adds to them.
 *
 * A slot's key is written last, and read first: so who sees the key sees the value.  A table that
 * is full enough is copied into one of twice its size, which takes its place when it is whole.
 */
#include "base/shared.h"

#include "base/error.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_CAPACITY = 64 }; /* a power of two, as every later one */

struct shared_room {
    struct shared_room *older;
    size_t capacity; /* items */
    alignas(max_align_t) unsigned char items[];
};

struct name_slot {
    _Atomic(const char *) key; /* NULL: it is free */
    uint32_t length;
    uint32_t hash;
    uint32_t value;
};

struct pair_slot {
    _Atomic(uint64_t) key; /* and one added; 0: it is free */
    uint32_t value;
};

static struct shared_room *new_room(struct shared_room *older, size_t item_size)
{
    size_t capacity = older != NULL ? older->capacity * 2 : FIRST_CAPACITY;
    struct shared_room *room = alloc_zeroed(1, sizeof *room + capacity * item_size);
    room->older = older;
    room->capacity = capacity;
    return room;
}

static void free_rooms(struct shared_room *room)
{
    while (room != NULL) {
        struct shared_room *older = room->older;
        free(room);
        room = older;
    }
}

static void free_older(struct shared_room *room)
{
    if (room != NULL) {
        free_rooms(room->older);
        room->older = NULL;
    }
}

/* ---- names */

static struct name_slot *find_name(struct shared_room *room, const char *key, size_t length,
                                   uint32_t hash)
{
    struct name_slot *slots = (struct name_slot *)room->items;
    size_t mask = room->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const char *there = atomic_load_explicit(&slots[i].key, memory_order_acquire);
        if (there == NULL
            || (slots[i].hash == hash && slots[i].length == length
                && memcmp(there, key, length) == 0)) {
            return &slots[i];
        }
    }
}

static void fill_name(struct name_slot *slot, const char *key, size_t length, uint32_t hash,
                      uint32_t value)
{
    slot->length = (uint32_t)length;
    slot->hash = hash;
    slot->value = value;
    atomic_store_explicit(&slot->key, key, memory_order_release);
}

uint32_t shared_names_get(struct shared_names *names, const char *key, size_t length)
{
    struct shared_room *room = atomic_load_explicit(&names->room, memory_order_acquire);
    if (room == NULL) {
        return TABLE_NONE;
    }
    struct name_slot *slot = find_name(room, key, length, (uint32_t)XXH3_64bits(key, length));
    return slot->key != NULL ? slot->value : TABLE_NONE;
}

static void grow_names(struct shared_names *names)
{
    struct shared_room *old = names->room;
    struct shared_room *room = new_room(old, sizeof(struct name_slot));
    struct name_slot *slots = old != NULL ? (struct name_slot *)old->items : NULL;
    for (size_t i = 0; old != NULL && i < old->capacity; i++) {
        const struct name_slot *slot = &slots[i];
        if (slot->key != NULL) {
            fill_name(find_name(room, slot->key, slot->length, slot->hash), slot->key, slot->length,
                      slot->hash, slot->value);
        }
    }
    atomic_store_explicit(&names->room, room, memory_order_release);
}

void shared_names_add(struct shared_names *names, const char *key, size_t length, uint32_t value)
{
    if (names->room == NULL || names->n * 3 >= names->room->capacity * 2) { /* as table.c */
        grow_names(names);
    }
    uint32_t hash = (uint32_t)XXH3_64bits(key, length);
    fill_name(find_name(names->room, key, length, hash), key, length, hash, value);
    names->n++;
}

void shared_names_free_outgrown(struct shared_names *names)
{
    free_older(names->room);
}

void shared_names_free(struct shared_names *names)
{
    free_rooms(names->room);
    *names = (struct shared_names){.room = NULL};
}

/* ---- pairs */

static struct pair_slot *find_pair(struct shared_room *room, uint64_t kept)
{
    struct pair_slot *slots = (struct pair_slot *)room->items;
    size_t mask = room->capacity - 1;
    for (size_t i = table_hash_pair(kept) & mask;; i = (i + 1) & mask) {
        uint64_t there = atomic_load_explicit(&slots[i].key, memory_order_acquire);
        if (there == 0 || there == kept) {
            return &slots[i];
        }
    }
}

static void fill_pair(struct pair_slot *slot, uint64_t kept, uint32_t value)
{
    slot->value = value;
    atomic_store_explicit(&slot->key, kept, memory_order_release);
}

uint32_t shared_pairs_get(struct shared_pairs *pairs, uint64_t key)
{
    struct shared_room *room = atomic_load_explicit(&pairs->room, memory_order_acquire);
    if (room == NULL) {
        return TABLE_NONE;
    }
    struct pair_slot *slot = find_pair(room, key + 1);
    return slot->key != 0 ? slot->value : TABLE_NONE;
}

static void grow_pairs(struct shared_pairs *pairs)
{
    struct shared_room *old = pairs->room;
    struct shared_room *room = new_room(old, sizeof(struct pair_slot));
    struct pair_slot *slots = old != NULL ? (struct pair_slot *)old->items : NULL;
    for (size_t i = 0; old != NULL && i < old->capacity; i++) {
        if (slots[i].key != 0) {
            fill_pair(find_pair(room, slots[i].key), slots[i].key, slots[i].value);
        }
    }
    atomic_store_explicit(&pairs->room, room, memory_order_release);
}

void shared_pairs_add(struct shared_pairs *pairs, uint64_t key, uint32_t value)
{
    if (pairs->room == NULL || pairs->n * 2 >= pairs->room->capacity) {
        grow_pairs(pairs);
    }
    fill_pair(find_pair(pairs->room, key + 1), key + 1, value);
    pairs->n++;
}

void shared_pairs_free(struct shared_pairs *pairs)
{
    free_rooms(pairs->room);
    *pairs = (struct shared_pairs){.room = NULL};
}

/* ---- lists */

uint32_t shared_list_add(struct shared_list *list, const void *item, size_t item_size)
{
    if (list->room == NULL || list->n == list->room->capacity) {
        struct shared_room *room = new_room(list->room, item_size);
        if (list->n > 0) {
            memcpy(room->items, list->room->items, list->n * item_size);
        }
        list->room = room;
        atomic_store_explicit(&list->items, room->items, memory_order_release);
    }
    memcpy(list->room->items + list->n * item_size, item, item_size);
    return (uint32_t)list->n++;
}

void shared_list_free_outgrown(struct shared_list *list)
{
    free_older(list->room);
}

void shared_list_free(struct shared_list *list)
{
    free_rooms(list->room);
    *list = (struct shared_list){.items = NULL};
}
