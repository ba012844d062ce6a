/*
 * sets.c - sets of objects, each kept once, so that a set is a number and equal sets are equal
 * numbers.
 *
 * Set 0 is empty.  A set has MAX_OBJECTS members at most, and is then full: it takes no more.
 */
#include "points/solver.h"

#include <string.h>

static uint64_t hash_members(const uint32_t *members, uint32_t n)
{
    uint64_t hash = n;
    for (uint32_t i = 0; i < n; i++) {
        hash = (hash ^ members[i]) * 0x9e3779b97f4a7c15u; /* Fibonacci hashing, Knuth 6.4 */
        hash ^= hash >> 29;
    }
    return hash;
}

static bool is_same_set(const struct points *p, uint32_t set, const uint32_t *members, uint32_t n)
{
    return set_count(p, set) == n
           && memcmp(&p->members.items[p->sets.items[set].first], members, n * sizeof *members)
                  == 0;
}

/* The set with these members, sorted. */
static uint32_t set_intern(struct points *p, const uint32_t *members, uint32_t n)
{
    if (n == 0) {
        return SET_EMPTY;
    }
    for (uint64_t hash = hash_members(members, n);; hash++) { /* the next key on a collision */
        uint32_t next = (uint32_t)p->sets.n;
        uint32_t found = pair_table_put(&p->set_numbers, hash, next);
        if (found == next) {
            *array_push(&p->sets) =
                (struct points_set_slot){.first = (uint32_t)p->members.n, .n = n};
            for (uint32_t i = 0; i < n; i++) {
                *array_push(&p->members) = members[i];
            }
            return next;
        }
        if (is_same_set(p, found, members, n)) {
            return found;
        }
    }
}

void sets_begin(struct points *p)
{
    *array_push(&p->sets) = (struct points_set_slot){0};
}

uint32_t set_of(struct points *p, uint32_t object)
{
    return set_intern(p, &object, 1);
}

/* The members of `a`, and those of `b` for which there is room: what is found first came by fewer
 * steps, and is the better known. */
static uint32_t make_union(struct points *p, uint32_t a, uint32_t b)
{
    uint32_t both[MAX_OBJECTS], n = 0;
    uint32_t n_a = set_count(p, a), n_b = set_count(p, b), room = MAX_OBJECTS - n_a;
    for (uint32_t i = 0, j = 0; i < n_a || (j < n_b && room > 0);) {
        uint32_t x = i < n_a ? set_member(p, a, i) : UINT32_MAX;
        uint32_t y = j < n_b && room > 0 ? set_member(p, b, j) : UINT32_MAX;
        both[n++] = x < y ? x : y;
        room -= y < x;
        i += x <= y;
        j += y <= x;
    }
    return set_intern(p, both, n);
}

uint32_t set_join(struct points *p, uint32_t a, uint32_t b)
{
    if (a == b || b == SET_EMPTY || set_count(p, a) == MAX_OBJECTS) {
        return a;
    }
    if (a == SET_EMPTY) {
        return b;
    }
    uint64_t key = pair_key(a, b);
    uint32_t known = pair_table_get(&p->unions, key);
    if (known == TABLE_NONE) {
        known = make_union(p, a, b);
        pair_table_set(&p->unions, key, known);
    }
    return known;
}
