/*
 * json.c - writing JSON.
 */
#include "report/json.h"

#include "report/number.h"
#include "text/cells.h"

#include <inttypes.h>
#include <string.h>

struct json json_begin(struct builder *out, unsigned indent)
{
    return (struct json){.out = out, .indent = indent};
}

static void new_line(struct json *json)
{
    if (json->indent > 0) {
        builder_addf(json->out, "\n%*s", (int)(json->indent * json->depth), "");
    }
}

/* What stands between the value before and the next. */
static void before_value(struct json *json)
{
    if (json->has_key) {
        json->has_key = false;
        return;
    }
    if (json->has_items) {
        builder_add_char(json->out, ',');
    }
    if (json->depth > 0) {
        new_line(json);
    }
    json->has_items = true;
}

void json_open(struct json *json, char bracket)
{
    before_value(json);
    builder_add_char(json->out, bracket);
    json->depth++;
    json->has_items = false;
}

void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->has_items) {
        new_line(json);
    }
    builder_add_char(json->out, bracket);
    json->has_items = true;
}

static void add_escaped(struct builder *out, const char *s)
{
    for (size_t n = strlen(s), length; n > 0; s += length, n -= length) {
        uint32_t c = cells_decode(s, n, &length);
        if (c == '"' || c == '\\') {
            builder_addf(out, "\\%c", (char)c);
        } else if (c == '\n') {
            builder_add(out, "\\n");
        } else if (c == '\t') {
            builder_add(out, "\\t");
        } else if (c < 0x20 || c == 0x7F) {
            builder_addf(out, "\\u%04x", (unsigned)c);
        } else if (c == 0xFFFD) {
            builder_add(out, "\xEF\xBF\xBD");
        } else {
            builder_add_bytes(out, s, length);
        }
    }
}

static void add_quoted(struct json *json, const char *s)
{
    builder_add_char(json->out, '"');
    add_escaped(json->out, s);
    builder_add_char(json->out, '"');
}

void json_key(struct json *json, const char *key)
{
    before_value(json);
    add_quoted(json, key);
    builder_add(json->out, json->indent ? ": " : ":");
    json->has_key = true;
}

void json_string(struct json *json, const char *s)
{
    before_value(json);
    add_quoted(json, s);
}

void json_number(struct json *json, uint64_t n)
{
    before_value(json);
    builder_addf(json->out, "%" PRIu64, n);
}

void json_decimal(struct json *json, double value)
{
    before_value(json);
    number_add(json->out, value, 2);
}

void json_bool(struct json *json, bool value)
{
    before_value(json);
    builder_add(json->out, value ? "true" : "false");
}

void json_null(struct json *json)
{
    before_value(json);
    builder_add(json->out, "null");
}

void json_key_open(struct json *json, const char *key, char bracket)
{
    json_key(json, key);
    json_open(json, bracket);
}

void json_key_string(struct json *json, const char *key, const char *s)
{
    json_key(json, key);
    json_string(json, s);
}

void json_key_number(struct json *json, const char *key, uint64_t n)
{
    json_key(json, key);
    json_number(json, n);
}

void json_key_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}
