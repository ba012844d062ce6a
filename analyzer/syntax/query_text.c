/*
 * query_text.c - the characters of a query: blanks, names, strings, and where an error is.
 *
 * Errors count lines and columns from 1, columns in characters of the text as an editor does.
 */
#include "base/builder.h"
#include "syntax/query_set.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '-';
}

static bool is_name_part(char c)
{
    return is_name_start(c) || c == '.' || c == '?' || c == '!';
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t text_character_length(const struct query_text *text)
{
    size_t n = text->at < text->end;
    while (text->at + n < text->end && is_continuation(text->at[n])) {
        n++;
    }
    return n;
}

void text_skip_blanks(struct query_text *text)
{
    while (text->at < text->end) {
        if (*text->at == ';') {
            const char *line_end = memchr(text->at, '\n', (size_t)(text->end - text->at));
            text->at = line_end ? line_end : text->end;
        } else if (is_blank(*text->at)) {
            text->at++;
        } else {
            return;
        }
    }
}

bool text_is_name(const struct query_text *text)
{
    return is_name_start(text_next(text));
}

struct text text_name(struct query_text *text)
{
    struct text name = {text->at, 0};
    do {
        text->at++;
    } while (is_name_part(text_next(text)));
    name.length = (size_t)(text->at - name.s);
    return name;
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '0':
        return '\0';
    default:
        return c;
    }
}

bool text_string(struct query_text *text, struct arena *arena, struct text *out)
{
    const char *start = text->at;
    struct builder string = {0};
    for (text->at++; text->at < text->end && *text->at != '"' && *text->at != '\n'; text->at++) {
        if (*text->at == '\\' && text->at + 1 < text->end) {
            builder_add_char(&string, unescape(*++text->at));
        } else {
            builder_add_char(&string, *text->at);
        }
    }
    bool is_closed = text_next(text) == '"';
    if (is_closed) {
        text->at++;
        *out = (struct text){arena_string(arena, builder_string(&string), string.length),
                             string.length};
    }
    builder_free(&string);
    return is_closed || text_error(text, start, "this string is not closed");
}

void text_position(const struct query_text *text, const char *where, unsigned *line,
                   unsigned *column)
{
    *line = *column = 1;
    for (const char *s = text->start; s < where; s++) {
        if (*s == '\n') {
            ++*line;
            *column = 1;
        } else if (!is_continuation(*s)) {
            ++*column;
        }
    }
}

bool text_error(const struct query_text *text, const char *where, const char *format, ...)
{
    unsigned line, column;
    text_position(text, where, &line, &column);
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_at(text->error, "%s:%u:%u: %s", text->name, line, column, what);
}
