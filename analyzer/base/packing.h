/*
 * packing.h - records of numbers and texts as one piece of bytes, and back.
 *
 * Texts come first, each once with its NUL, and are named by where they begin; then all else, one
 * record after the other.  Numbers are as in numbers.h, those of 64 bits as they lie in memory: so
 * the bytes are for this machine, and what they mean is for one build of the program.
 */
#ifndef CYCLINT_BASE_PACKING_H
#define CYCLINT_BASE_PACKING_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty one. */
struct packer {
    struct builder texts, records;
    struct name_table known_texts; /* text → where it begins; they must live as long as it */
};

void packer_number(struct packer *packer, uint32_t number);
void packer_wide(struct packer *packer, uint64_t number);
void packer_decimal(struct packer *packer, double number);
void packer_text(struct packer *packer, const char *s); /* may be NULL */

/* Adds all bytes to `out`, and frees the packer. */
void packer_finish(struct packer *packer, struct builder *out);

/* What is left to read.  Whoever reads what is not there gets zeros, NULL and `is_broken`. */
struct unpacker {
    const char *next;
    size_t left;
    const char *texts; /* the last byte is a NUL */
    size_t n_texts;
    struct arena *arena; /* of records that unpacker_count() makes room for */
    bool is_broken;
};

/* Texts will point into the bytes, which must live as long as they. */
struct unpacker unpacker_of(const char *bytes, size_t n, struct arena *arena);

uint32_t unpacker_number(struct unpacker *unpacker);
uint64_t unpacker_wide(struct unpacker *unpacker);
double unpacker_decimal(struct unpacker *unpacker);
const char *unpacker_text(struct unpacker *unpacker);

/* A number that must be below `limit`. */
uint32_t unpacker_below(struct unpacker *unpacker, size_t limit);

/* How many records follow, each of which takes some bytes; `*records` gets zeroed memory for them,
 * of `size` bytes each. */
size_t unpacker_count(struct unpacker *unpacker, size_t size, void *records);

/* Whether all was read, and all was there. */
bool unpacker_is_done(const struct unpacker *unpacker);

#endif
