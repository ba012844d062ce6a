/*
 * json.h - writing JSON: commas, indentation and escapes are done here and nowhere else.
 *
 *     struct json json = json_begin(out, 2);
 *     json_open(&json, '{');
 *     json_key_string(&json, "name", "x");
 *     json_key(&json, "list");
 *     json_open(&json, '[');
 *     json_number(&json, 3);
 *     json_close(&json, ']');
 *     json_close(&json, '}');
 *
 * Text is given in UTF-8; bytes that are none become U+FFFD, so that what comes out is always
 * valid.
 */
#ifndef CYCLINT_REPORT_JSON_H
#define CYCLINT_REPORT_JSON_H

#include "base/builder.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    struct builder *out;
    unsigned indent; /* blanks a level; 0: all on one line */
    unsigned depth;
    bool has_items; /* something stands before in the innermost object or list */
    bool has_key;   /* the next value belongs to a key */
};

struct json json_begin(struct builder *out, unsigned indent);

/* `bracket` is '{' or '[', and '}' or ']'. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);
void json_key(struct json *json, const char *key);

void json_string(struct json *json, const char *s);
void json_number(struct json *json, uint64_t n);
void json_decimal(struct json *json, double value); /* two decimals */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

void json_key_open(struct json *json, const char *key, char bracket);
void json_key_string(struct json *json, const char *key, const char *s);
void json_key_number(struct json *json, const char *key, uint64_t n);
void json_key_bool(struct json *json, const char *key, bool value);

#endif
