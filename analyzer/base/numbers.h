/*
 * numbers.h - 32-bit numbers in few bytes, for tables that are written once and read in order.
 *
 * A number is 7 bits a byte, the lowest first, the top bit set in all bytes but the last.  It is
 * written as one more than it is, so that UINT32_MAX, which everywhere says "none", is one byte.
 */
#ifndef CYCLINT_BASE_NUMBERS_H
#define CYCLINT_BASE_NUMBERS_H

#include <stdint.h>

enum { NUMBER_MAX_BYTES = 5 }; /* 32 bits, seven a byte */

/* Writes the number; gives where the next one goes. */
static inline unsigned char *number_put(unsigned char *to, uint32_t number)
{
    for (number++; number >= 0x80; number >>= 7) {
        *to++ = (unsigned char)(number | 0x80);
    }
    *to++ = (unsigned char)number;
    return to;
}

/* Reads the number at `*from`, and moves `*from` behind it. */
static inline uint32_t number_get(const unsigned char **from)
{
    uint32_t number = 0;
    unsigned shift = 0;
    while (**from & 0x80) {
        number |= (uint32_t)(*(*from)++ & 0x7f) << shift;
        shift += 7;
    }
    return (number | (uint32_t) * (*from)++ << shift) - 1;
}

#endif
