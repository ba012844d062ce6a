/*
 * error.h - what can go wrong in the world, told to the caller; and what cannot, told to the user.
 *
 * A function that can fail because of the world (a file, an option, a query) returns bool and fills
 * a `struct error`.  The caller adds where it happened, and decides.  Running out of memory ends
 * the program.
 */
#ifndef CYCLINT_BASE_ERROR_H
#define CYCLINT_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* One line, lower case, no full stop; the path, where there is one, at the end. */
struct error {
    char message[1024];
};

/* Fills `error` and returns false, so that failing is one line: `return error_at(error, "…", …);`
 * `error` may be NULL when the caller does not care. */
bool error_at(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "where: " before the message that is already in `error`.  Returns false. */
bool error_within(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "cyclint: …" to stderr and exits with status 1.  Only for running out of memory and the
 * like. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc, calloc and realloc that die instead of returning NULL.  A size of 0 gives a unique
 * pointer. */
void *alloc(size_t size);
void *alloc_zeroed(size_t n, size_t size);
void *alloc_again(void *block, size_t size);

#endif
