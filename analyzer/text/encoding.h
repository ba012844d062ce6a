/*
 * encoding.h - which encoding a Python file is in, and its text as UTF-8.
 *
 * CPython's rules (PEP 263; Parser/tokenizer/helpers.c): UTF-8, unless a comment in the first two
 * lines says `coding: NAME`; a byte order mark means UTF-8, and a comment may not contradict it.
 */
#ifndef CYCLINT_TEXT_ENCODING_H
#define CYCLINT_TEXT_ENCODING_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { MAX_ENCODING_NAME = 32 };

/* Writes the name that the comment declares into `name`, in lower case, the usual spellings of
 * UTF-8 and Latin-1 as "utf-8" and "iso-8859-1".  False if there is none. */
bool encoding_declared(const char *bytes, size_t n, char name[MAX_ENCODING_NAME]);

/* How many of the bytes are valid UTF-8, from the first on; overlong forms, surrogates and what is
 * beyond U+10FFFF are not. */
size_t encoding_valid_utf8(const char *bytes, size_t n);

/* The bytes, which are in encoding `name`, as UTF-8 in `arena`, with `padding` NUL bytes behind
 * them. False with an error for an encoding nobody knows and bytes that it does not have. */
bool encoding_to_utf8(const char *name, const char *bytes, size_t n, size_t padding,
                      struct arena *arena, char **out, size_t *n_out, struct error *error);

/* And back: UTF-8 as the encoding has it, `n_out` bytes in `arena`.  False with an error when it
 * does not have some character. */
bool encoding_from_utf8(const char *name, const char *bytes, size_t n, struct arena *arena,
                        char **out, size_t *n_out, struct error *error);

/* 1-based line of an offset, by \n, \r\n and lone \r. */
unsigned encoding_line_of(const char *bytes, size_t offset);

#endif
