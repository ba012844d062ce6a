/*
 * parse_memory.h - the memory of one parse: given out from the front of large blocks, taken back
 * when the file is done.
 *
 * tree-sitter allocates and frees a small block for nearly every token.  While parse memory is open
 * in a thread, all of them come from it: allocating is adding to a pointer, freeing does nothing
 * unless it is the newest block.  Where none is open (the parser of pyproject.toml) it is the
 * system's.  In the sanitizer build each block is the system's, so that misuse is seen; who uses
 * it must then give everything back, and so must they where `parse_memory_is_real` says.
 */
#ifndef CYCLINT_SYNTAX_PARSE_MEMORY_H
#define CYCLINT_SYNTAX_PARSE_MEMORY_H

#include <stddef.h>

struct parse_block;

/* All zero is empty memory, ready for use. */
struct parse_memory {
    struct parse_block *first, *current;
    char *next, *end; /* what is free in the current block */
    char *newest;     /* the block given out last */
    size_t total;     /* bytes taken since it was opened */
};

#ifdef CYCLINT_HOSTILE
enum { parse_memory_is_real = 1 };
#else
enum { parse_memory_is_real = 0 };
#endif

/* From here to parse_memory_close, the runtime's allocations in this thread come from `memory`. */
void parse_memory_open(struct parse_memory *memory);

/* Takes everything back, and keeps some of it for the next file. */
void parse_memory_close(struct parse_memory *memory);

/* Gives all back to the system. */
void parse_memory_free(struct parse_memory *memory);

/* malloc, calloc, realloc and free, as the runtime is compiled to call them. */
void *parse_malloc(size_t size);
void *parse_calloc(size_t n, size_t size);
void *parse_realloc(void *block, size_t size);
void parse_release(void *block);

#endif
