/*
 * table.h - hash tables from keys to 32-bit numbers: names to symbols, pairs to indices.
 *
 * Open addressing, linear probing, at most two thirds full; keys are hashed with xxHash.  All zero
 * is an empty table. Nothing can be removed, and nobody may walk a table: order would depend on the
 * hash.
 */
#ifndef CYCLINT_BASE_TABLE_H
#define CYCLINT_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX /* what a look-up gives when there is no such key */

/* From strings.  The table keeps the key's pointer: it must live as long as the table. */
struct name_table {
    struct name_slot *slots;
    size_t n, capacity;
    uint32_t round; /* counts how often it was emptied */
};

uint32_t name_table_get(const struct name_table *table, const char *key, size_t length);

/* The value of the key; if it is new, it becomes `value` and `key` is kept. */
uint32_t name_table_put(struct name_table *table, const char *key, size_t length, uint32_t value);
void name_table_clear(struct name_table *table);
void name_table_free(struct name_table *table);

/* From 64-bit numbers, for instance two indices side by side. */
struct pair_table {
    struct pair_slot *slots;
    size_t n, capacity;
    uint32_t round;
};

uint32_t pair_table_get(const struct pair_table *table, uint64_t key);

/* The value of the key; if it is new, it becomes `value`. */
uint32_t pair_table_put(struct pair_table *table, uint64_t key, uint32_t value);

/* As pair_table_put, but an old value is replaced. */
void pair_table_set(struct pair_table *table, uint64_t key, uint32_t value);
void pair_table_clear(struct pair_table *table);
void pair_table_free(struct pair_table *table);

static inline uint64_t pair_key(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014): every bit of the key reaches every bit
 * of the hash. */
static inline uint64_t table_hash_pair(uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
    key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
    return key ^ (key >> 31);
}

#endif
