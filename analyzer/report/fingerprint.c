/*
 * fingerprint.c - hashing what makes a finding this finding.
 */
#include "report/fingerprint.h"

#include "base/builder.h"
#include "base/table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *report_line(const struct report_file *file, uint32_t line, size_t *n)
{
    *n = 0;
    if (!file->has_source || line == 0 || line > file->lines.n) {
        return "";
    }
    uint32_t start = file->lines.starts[line - 1];
    uint32_t end = line < file->lines.n ? file->lines.starts[line] : file->source.n;
    while (end > start && strchr("\r\n", file->source.bytes[end - 1])) {
        end--;
    }
    *n = end - start;
    return file->source.bytes + start;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "line 12" and "lines 12-14" move with every edit above them. */
static void add_without_line_numbers(struct builder *key, const char *s)
{
    bool after_line = false;
    for (; *s; s++) {
        if (strncmp(s, "line ", 5) == 0 || strncmp(s, "lines ", 6) == 0) {
            after_line = true;
        } else if (strchr("'\"(", *s)) {
            after_line = false;
        }
        if (!after_line || !is_digit(*s)) {
            builder_add_char(key, *s);
        }
    }
    builder_add_char(key, '\0');
}

enum { MAX_LINE_PART = 4096 }; /* nobody edits longer lines; all findings in one would hash it */

static void add_without_blanks(struct builder *key, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && s[end] != ' ' && s[end] != '\t') {
            end++;
        }
        builder_add_bytes(key, s + i, end - i);
        i = end + 1;
    }
    builder_add_char(key, '\0');
}

static void add_part(struct builder *key, const char *s)
{
    builder_add_bytes(key, s, strlen(s) + 1);
}

static uint64_t hash_of(const struct message *message, struct builder *key)
{
    const struct report_file *file = message->span.file;
    size_t n;
    const char *line = report_line(message->span.file, message->span.start.line, &n);
    builder_clear(key);
    add_part(key, message->rule->code);
    add_part(key, file->relative_path ? file->relative_path : file->absolute_path);
    add_part(key, message->object);
    add_without_line_numbers(key, message->text);
    add_without_blanks(key, line, n < MAX_LINE_PART ? n : MAX_LINE_PART);
    return XXH3_64bits(key->s, key->length);
}

void fingerprint_messages(struct messages *messages, struct arena *arena)
{
    struct pair_table seen = {0};
    struct builder key = {0};
    for (size_t i = 0; i < messages->n; i++) {
        struct message *message = &messages->items[i];
        uint64_t hash = hash_of(message, &key);
        uint32_t before = pair_table_get(&seen, hash);
        uint32_t ordinal = before == TABLE_NONE ? 0 : before + 1;
        pair_table_set(&seen, hash, ordinal);
        if (ordinal > 0) {
            hash = XXH3_64bits_withSeed(&hash, sizeof hash, ordinal);
        }
        message->fingerprint = arena_format(arena, "%016" PRIx64, hash);
    }
    builder_free(&key);
    pair_table_free(&seen);
}
