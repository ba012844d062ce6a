/*
 * arena.h - memory that is given out piece by piece and taken back all at once.
 *
 * One arena a lifetime: scratch (the file in hand), facts (a file's), program, report.  Pointers
 * run from shorter-lived to longer-lived memory only.  In the sanitizer build (CYCLINT_HOSTILE)
 * each piece is a block of its own, so that an overrun is seen.
 */
#ifndef CYCLINT_BASE_ARENA_H
#define CYCLINT_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* All zero is an empty arena, ready for use. */
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes given out of the newest block */
    size_t total;               /* bytes given out since the last reset, for --timings */
};

/* `size` bytes, zeroed, aligned for any type; valid until the arena is reset or freed.  Never NULL.
 */
void *arena_alloc(struct arena *arena, size_t size);

/* Makes room for pieces of `size` bytes together, as arena_size_of() counts each of them, in one
 * block of just that size: for an arena whose contents are known beforehand, and that stays. */
void arena_reserve(struct arena *arena, size_t size);

/* What a piece of `size` bytes takes. */
size_t arena_size_of(size_t size);

/* A copy of `size` bytes of `data`. */
void *arena_copy(struct arena *arena, const void *data, size_t size);

/* A copy of the `length` bytes at `s`, with a NUL after them. */
char *arena_string(struct arena *arena, const char *s, size_t length);

/* A NUL-terminated string made as printf makes it. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes all pieces of `other` pieces of the arena; `other` is then empty. */
void arena_join(struct arena *arena, struct arena *other);

/* Takes back every piece; keeps one block to be used again. */
void arena_reset(struct arena *arena);

/* Takes back every piece and gives the blocks back to the system. */
void arena_free(struct arena *arena);

#endif
