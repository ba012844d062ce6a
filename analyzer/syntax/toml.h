/*
 * toml.h - TOML files as a flat list of keys and values, each with its place.
 */
#ifndef CYCLINT_SYNTAX_TOML_H
#define CYCLINT_SYNTAX_TOML_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOLEAN,
    TOML_TIME,  /* dates and times of all kinds */
    TOML_ARRAY, /* its elements follow, one level deeper */
    TOML_TABLE, /* `[a.b]`, `[[a.b]]` or `{…}`; its keys follow */
    N_TOML_TYPES
};

/* A value, in document order. */
struct toml_value {
    const char *const *key; /* from the root: {"tool", "cyclint", "jobs"} */
    size_t n_key;
    size_t depth; /* 0: the value of the key; 1: an element of the array that is; and so on */
    enum toml_type type;
    const char *text; /* strings unescaped, integers in decimal, else as written; "" for arrays and
                         tables */
    uint32_t line, column; /* of the value, for a table of its key; both 1-based, the column in
                              bytes */
    uint32_t key_line, key_column; /* of the key */
};

struct toml {
    ARRAY_OF(struct toml_value);
};

/* Reads the `n` bytes at `text`; all strings of `toml` live in `arena`.  False with an error
 * "path:line:column: …" when it is no TOML. */
bool toml_read(const char *path, const char *text, size_t n, struct arena *arena, struct toml *toml,
               struct error *error);

/* "a string", "an integer", … */
const char *toml_type_name(enum toml_type type);

#endif
