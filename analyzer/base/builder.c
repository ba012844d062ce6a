/*
 * builder.c - a string that grows.
 */
#include "base/builder.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

static void make_room(struct builder *builder, size_t more)
{
    size_t needed = builder->length + more + 1;
    if (needed <= builder->capacity) {
        return;
    }
    size_t capacity = builder->capacity ? builder->capacity : FIRST_CAPACITY;
    while (capacity < needed) {
        capacity *= 2;
    }
    builder->s = alloc_again(builder->s, capacity);
    builder->capacity = capacity;
}

void builder_add_bytes(struct builder *builder, const char *s, size_t length)
{
    make_room(builder, length);
    if (length > 0) {
        memcpy(builder->s + builder->length, s, length);
    }
    builder->length += length;
    builder->s[builder->length] = '\0';
}

void builder_add(struct builder *builder, const char *s)
{
    builder_add_bytes(builder, s, strlen(s));
}

void builder_add_char(struct builder *builder, char c)
{
    builder_add_bytes(builder, &c, 1);
}

void builder_addf(struct builder *builder, const char *format, ...)
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
    make_room(builder, (size_t)length);
    vsnprintf(builder->s + builder->length, (size_t)length + 1, format, again);
    builder->length += (size_t)length;
    va_end(again);
}

const char *builder_string(const struct builder *builder)
{
    return builder->s ? builder->s : "";
}

void builder_clear(struct builder *builder)
{
    builder->length = 0;
    if (builder->s) {
        builder->s[0] = '\0';
    }
}

void builder_free(struct builder *builder)
{
    free(builder->s);
    *builder = (struct builder){0};
}
