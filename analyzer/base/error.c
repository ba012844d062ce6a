/*
 * error.c - filling an error, and the end of the program when memory runs out.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool error_at(struct error *error, const char *format, ...)
{
    if (error == NULL) {
        return false;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return false;
}

bool error_within(struct error *error, const char *format, ...)
{
    if (error == NULL) {
        return false;
    }
    struct error inner = *error;
    va_list args;
    va_start(args, format);
    int used = vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    size_t at = used < 0 ? 0 : (size_t)used;
    if (at < sizeof error->message) {
        snprintf(error->message + at, sizeof error->message - at, ": %.1000s", inner.message);
    }
    return false;
}

_Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("cyclint: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void *alloc(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (block == NULL) {
        die("out of memory (%zu bytes wanted)", size);
    }
    return block;
}

void *alloc_zeroed(size_t n, size_t size)
{
    void *block = calloc(n ? n : 1, size ? size : 1);
    if (block == NULL) {
        die("out of memory (%zu times %zu bytes wanted)", n, size);
    }
    return block;
}

void *alloc_again(void *block, size_t size)
{
    void *moved = realloc(block, size ? size : 1);
    if (moved == NULL) {
        die("out of memory (%zu bytes wanted)", size);
    }
    return moved;
}
