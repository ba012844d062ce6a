/*
 * table.c - hash tables from strings and from pairs to numbers.
 */
#include "base/table.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    FIRST_CAPACITY = 64, /* a power of two, as every later one */
    KEPT_CAPACITY = 1024 /* a larger table would scatter a few keys over much cold memory */
};

/* A slot is taken when its round is the table's: so emptying a table is counting its round up. */
struct name_slot {
    const char *key;
    uint32_t length;
    uint32_t hash;
    uint32_t value;
    uint32_t round;
};

struct pair_slot {
    uint64_t key;
    uint32_t value;
    uint32_t round;
};

static uint32_t hash_name(const char *key, size_t length)
{
    return (uint32_t)XXH3_64bits(key, length);
}

static struct name_slot *find_name(const struct name_table *table, const char *key, size_t length,
                                   uint32_t hash)
{
    size_t mask = table->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct name_slot *slot = &table->slots[i];
        if (slot->round != table->round
            || (slot->hash == hash && slot->length == length
                && memcmp(slot->key, key, length) == 0)) {
            return slot;
        }
    }
}

static void grow_names(struct name_table *table)
{
    struct name_table bigger = {.n = table->n,
                                .capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY,
                                .round = 1};
    bigger.slots = alloc_zeroed(bigger.capacity, sizeof *bigger.slots);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct name_slot *old = &table->slots[i];
        if (old->round == table->round) {
            struct name_slot *slot = find_name(&bigger, old->key, old->length, old->hash);
            *slot = *old;
            slot->round = bigger.round;
        }
    }
    free(table->slots);
    *table = bigger;
}

uint32_t name_table_get(const struct name_table *table, const char *key, size_t length)
{
    if (table->n == 0) {
        return TABLE_NONE;
    }
    const struct name_slot *slot = find_name(table, key, length, hash_name(key, length));
    return slot->round == table->round ? slot->value : TABLE_NONE;
}

uint32_t name_table_put(struct name_table *table, const char *key, size_t length, uint32_t value)
{
    if (table->n * 3 >= table->capacity * 2) { /* a slot keeps the hash: a longer search is cheap */
        grow_names(table);
    }
    uint32_t hash = hash_name(key, length);
    struct name_slot *slot = find_name(table, key, length, hash);
    if (slot->round != table->round) {
        *slot = (struct name_slot){.key = key,
                                   .length = (uint32_t)length,
                                   .hash = hash,
                                   .value = value,
                                   .round = table->round};
        table->n++;
    }
    return slot->value;
}

void name_table_clear(struct name_table *table)
{
    if ((table->capacity > KEPT_CAPACITY && table->n < table->capacity / 8)
        || table->round == UINT32_MAX) {
        name_table_free(table);
    } else if (table->n > 0) {
        table->round++;
        table->n = 0;
    }
}

void name_table_free(struct name_table *table)
{
    free(table->slots);
    *table = (struct name_table){0};
}

static struct pair_slot *find_pair(const struct pair_table *table, uint64_t key)
{
    size_t mask = table->capacity - 1;
    for (size_t i = table_hash_pair(key) & mask;; i = (i + 1) & mask) {
        struct pair_slot *slot = &table->slots[i];
        if (slot->round != table->round || slot->key == key) {
            return slot;
        }
    }
}

static void grow_pairs(struct pair_table *table)
{
    struct pair_table bigger = {.n = table->n,
                                .capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY,
                                .round = 1};
    bigger.slots = alloc_zeroed(bigger.capacity, sizeof *bigger.slots);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct pair_slot *old = &table->slots[i];
        if (old->round == table->round) {
            struct pair_slot *slot = find_pair(&bigger, old->key);
            *slot = *old;
            slot->round = bigger.round;
        }
    }
    free(table->slots);
    *table = bigger;
}

uint32_t pair_table_get(const struct pair_table *table, uint64_t key)
{
    if (table->n == 0) {
        return TABLE_NONE;
    }
    const struct pair_slot *slot = find_pair(table, key);
    return slot->round == table->round ? slot->value : TABLE_NONE;
}

static struct pair_slot *take_slot(struct pair_table *table, uint64_t key, uint32_t value)
{
    if (table->n * 2 >= table->capacity) {
        grow_pairs(table);
    }
    struct pair_slot *slot = find_pair(table, key);
    if (slot->round != table->round) {
        *slot = (struct pair_slot){.key = key, .value = value, .round = table->round};
        table->n++;
    }
    return slot;
}

uint32_t pair_table_put(struct pair_table *table, uint64_t key, uint32_t value)
{
    return take_slot(table, key, value)->value;
}

void pair_table_set(struct pair_table *table, uint64_t key, uint32_t value)
{
    take_slot(table, key, value)->value = value;
}

void pair_table_clear(struct pair_table *table)
{
    if ((table->capacity > KEPT_CAPACITY && table->n < table->capacity / 8)
        || table->round == UINT32_MAX) {
        pair_table_free(table);
    } else if (table->n > 0) {
        table->round++;
        table->n = 0;
    }
}

void pair_table_free(struct pair_table *table)
{
    free(table->slots);
    *table = (struct pair_table){0};
}
