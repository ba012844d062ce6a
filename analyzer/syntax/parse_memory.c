/*
 * parse_memory.c - blocks that are filled from the front, with an allocator's interface.
 *
 * Each piece is preceded by its size, which realloc needs.
 */
#include "syntax/parse_memory.h"

#include "base/error.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 1 << 20, /* what a file of 20 KB needs */
    MAX_KEPT = 16 << 20,  /* blocks beyond this are given back after a large file */
    ALIGNMENT = 2 * sizeof(void *),
    HEADER = ALIGNMENT
};

struct parse_block {
    struct parse_block *next;
    size_t size; /* of `bytes` */
    char bytes[];
};

static _Thread_local struct parse_memory *open_memory;

static void use_block(struct parse_memory *memory, struct parse_block *block)
{
    memory->current = block;
    memory->next = block->bytes;
    memory->end = block->bytes + block->size;
    memory->newest = NULL;
}

static struct parse_block *new_block(size_t size)
{
    struct parse_block *block = alloc(sizeof *block + size);
    block->next = NULL;
    block->size = size;
    return block;
}

/* Goes on to a block with room for `size` bytes: the next kept one, or a new one before it. */
static void add_room(struct parse_memory *memory, size_t size)
{
    struct parse_block **next = memory->current ? &memory->current->next : &memory->first;
    if (*next == NULL || (*next)->size < size) {
        struct parse_block *block = new_block(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        block->next = *next;
        *next = block;
    }
    use_block(memory, *next);
}

static size_t *size_of(void *piece)
{
    return (size_t *)(void *)((char *)piece - HEADER);
}

static void *take(struct parse_memory *memory, size_t size)
{
    size_t whole = HEADER + ((size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
    if (whole > (size_t)(memory->end - memory->next)) {
        add_room(memory, whole);
    }
    char *piece = memory->next + HEADER;
    memory->next += whole;
    memory->newest = piece;
    memory->total += whole;
    *size_of(piece) = size;
    return piece;
}

void *parse_malloc(size_t size)
{
    return open_memory != NULL ? take(open_memory, size) : alloc(size);
}

void *parse_calloc(size_t n, size_t size)
{
    return open_memory != NULL ? memset(take(open_memory, n * size), 0, n * size)
                               : alloc_zeroed(n, size);
}

static void *take_more(struct parse_memory *memory, void *piece, size_t size)
{
    size_t old_size = *size_of(piece);
    if (piece == memory->newest && size <= (size_t)(memory->end - memory->newest)) {
        memory->next = memory->newest - HEADER;
        memory->total -= HEADER + ((old_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
        return take(memory, size);
    }
    void *copy = take(memory, size);
    return memcpy(copy, piece, old_size < size ? old_size : size);
}

void *parse_realloc(void *piece, size_t size)
{
    if (open_memory == NULL) {
        return alloc_again(piece, size);
    }
    return piece == NULL ? take(open_memory, size) : take_more(open_memory, piece, size);
}

void parse_release(void *piece)
{
    if (open_memory == NULL) {
        free(piece);
    } else if (piece != NULL && piece == open_memory->newest) {
        open_memory->next = open_memory->newest - HEADER;
        open_memory->newest = NULL;
    }
}

void parse_memory_open(struct parse_memory *memory)
{
#ifndef CYCLINT_HOSTILE
    if (memory->first == NULL) {
        memory->first = new_block(BLOCK_SIZE);
    }
    use_block(memory, memory->first);
    open_memory = memory;
#endif
    memory->total = 0;
}

static void free_blocks(struct parse_block *block)
{
    while (block != NULL) {
        struct parse_block *next = block->next;
        free(block);
        block = next;
    }
}

/* Frees the blocks beyond the first MAX_KEPT bytes. */
static void trim(struct parse_memory *memory)
{
    size_t kept = 0;
    struct parse_block **link = &memory->first;
    while (*link != NULL && (kept += (*link)->size) <= MAX_KEPT) {
        link = &(*link)->next;
    }
    free_blocks(*link);
    *link = NULL;
}

void parse_memory_close(struct parse_memory *memory)
{
    open_memory = NULL;
    trim(memory);
    memory->current = NULL;
}

void parse_memory_free(struct parse_memory *memory)
{
    free_blocks(memory->first);
    *memory = (struct parse_memory){0};
}
