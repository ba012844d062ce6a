/*
 * builder.h - a string that grows: what messages and reports are built in.
 *
 * All zero is an empty string.  `s` is NUL-terminated once anything was added, and belongs to the
 * builder.
 */
#ifndef CYCLINT_BASE_BUILDER_H
#define CYCLINT_BASE_BUILDER_H

#include <stddef.h>

struct builder {
    char *s;
    size_t length, capacity;
};

void builder_add(struct builder *builder, const char *s);
void builder_add_bytes(struct builder *builder, const char *s, size_t length);
void builder_add_char(struct builder *builder, char c);
void builder_addf(struct builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The string so far, never NULL. */
const char *builder_string(const struct builder *builder);

/* Empties the builder and keeps its memory. */
void builder_clear(struct builder *builder);
void builder_free(struct builder *builder);

#endif
