/*
 * arena.c - blocks of memory, filled from the front.
 */
#include "base/arena.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 64 * 1024, /* a typical file's facts fit in one or two */
    ALIGNMENT = alignof(max_align_t)
};

struct arena_block {
    struct arena_block *older;
    size_t size; /* of `bytes` */
    alignas(max_align_t) unsigned char bytes[];
};

static void add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = alloc(sizeof *block + size);
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used = 0;
}

static size_t block_size_for(size_t size)
{
#ifdef CYCLINT_HOSTILE
    return size;
#else
    return size > BLOCK_SIZE ? size : BLOCK_SIZE;
#endif
}

size_t arena_size_of(size_t size)
{
#ifndef CYCLINT_HOSTILE
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
#endif
    return size;
}

void arena_reserve(struct arena *arena, size_t size)
{
#ifndef CYCLINT_HOSTILE
    add_block(arena, size);
#else
    (void)arena, (void)size;
#endif
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = arena_size_of(size);
    if (arena->blocks == NULL || arena->blocks->size - arena->used < size) {
        add_block(arena, block_size_for(size));
    }
    void *piece = arena->blocks->bytes + arena->used;
    arena->used += size;
#ifdef CYCLINT_HOSTILE
    arena->used = arena->blocks->size;
#endif
    arena->total += size;
    return memset(piece, 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

char *arena_string(struct arena *arena, const char *s, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0) {
        memcpy(copy, s, length);
    }
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        die("cannot format '%s'", format);
    }
    char *s = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(s, (size_t)length + 1, format, again);
    va_end(again);
    return s;
}

/* The arena goes on filling its newest block. */
void arena_join(struct arena *arena, struct arena *other)
{
    if (arena->blocks == NULL) {
        *arena = *other;
    } else if (other->blocks != NULL) {
        struct arena_block *oldest = other->blocks;
        while (oldest->older != NULL) {
            oldest = oldest->older;
        }
        oldest->older = arena->blocks->older;
        arena->blocks->older = other->blocks;
        arena->total += other->total;
    }
    *other = (struct arena){0};
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_reset(struct arena *arena)
{
    arena->total = 0;
    if (arena->blocks == NULL) {
        return;
    }
#ifdef CYCLINT_HOSTILE
    arena_free(arena);
#else
    free_blocks(arena->blocks->older);
    arena->blocks->older = NULL;
    arena->used = 0;
#endif
}

void arena_free(struct arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (struct arena){0};
}
