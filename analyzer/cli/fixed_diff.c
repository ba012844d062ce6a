/*
 * fixed_diff.c - a fixed file as a unified diff.
 *
 * Which line of the old file a line is, is known from the edits, so nothing has to be compared: a
 * diff takes as long as the files are.
 */
#include "cli/fixed.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 /* lines around a change, as diff -u has it */ };

/* A line of the diff. */
struct diff_line {
    char sign; /* ' ', '-' or '+' */
    const char *text;
    size_t length;
};

struct diff {
    ARRAY_OF(struct diff_line);
};

/* The next line of bytes. */
static struct diff_line take_line(const struct builder *bytes, size_t *at, char sign)
{
    const char *start = builder_string(bytes) + *at;
    const char *lf = memchr(start, '\n', bytes->length - *at);
    size_t length = lf != NULL ? (size_t)(lf + 1 - start) : bytes->length - *at;
    *at += length;
    return (struct diff_line){sign, start, length};
}

static uint32_t next_origin(const struct fixed *fixed, uint32_t line)
{
    while (line < fixed->n_lines && fixed->origins[line] == NO_ORIGIN) {
        line++;
    }
    return line < fixed->n_lines ? fixed->origins[line] : UINT32_MAX;
}

static bool is_same(const struct diff_line *a, const struct diff_line *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Lines that an edit touched and left as they were are context: the first of those taken out and
 * put in, from `first` on. */
static void join_same_lines(struct diff *diff, size_t first_old, size_t first_new)
{
    size_t n_old = first_new - first_old, n_new = diff->n - first_new, n = 0;
    while (n < n_old && n < n_new
           && is_same(&diff->items[first_old + n], &diff->items[first_new + n])) {
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        diff->items[first_old + i].sign = ' ';
    }
    if (n > 0) {
        memmove(&diff->items[first_new], &diff->items[first_new + n],
                (n_new - n) * sizeof *diff->items);
        diff->n -= n;
    }
}

/* All lines of both files: first what went, then what came. */
static void find_lines(const struct fixed *fixed, struct diff *diff)
{
    size_t old_at = 0, new_at = 0;
    uint32_t old_line = 0, new_line = 0;
    while (old_at < fixed->original.length || new_at < fixed->bytes.length) {
        uint32_t origin = next_origin(fixed, new_line);
        size_t first_old = diff->n;
        for (; old_line < origin && old_at < fixed->original.length; old_line++) {
            *array_push(diff) = take_line(&fixed->original, &old_at, '-');
        }
        size_t first_new = diff->n;
        for (; new_line < fixed->n_lines && fixed->origins[new_line] == NO_ORIGIN; new_line++) {
            *array_push(diff) = take_line(&fixed->bytes, &new_at, '+');
        }
        join_same_lines(diff, first_old, first_new);
        if (new_line < fixed->n_lines) {
            take_line(&fixed->original, &old_at, ' ');
            *array_push(diff) = take_line(&fixed->bytes, &new_at, ' ');
            old_line++;
            new_line++;
        }
    }
}

static void add_line(const struct diff_line *line, bool uses_color, struct builder *out)
{
    const char *color = line->sign == '-' ? "\x1b[31m" : line->sign == '+' ? "\x1b[32m" : "";
    bool is_whole = line->length > 0 && line->text[line->length - 1] == '\n';
    bool is_colored = uses_color && *color;
    builder_add(out, is_colored ? color : "");
    builder_add_char(out, line->sign);
    builder_add_bytes(out, line->text, line->length - is_whole);
    builder_add(out, is_colored ? "\x1b[0m\n" : "\n");
    builder_add(out, is_whole ? "" : "\\ No newline at end of file\n");
}

/* "@@ -1,5 +1,6 @@"; an empty range is named by the line before it. */
static void add_range(struct builder *out, char sign, uint32_t before, uint32_t n)
{
    builder_addf(out, " %c%u", sign, n > 0 ? before + 1 : before);
    if (n != 1) {
        builder_addf(out, ",%u", n);
    }
}

static void add_hunk(const struct diff *diff, size_t first, size_t last, const uint32_t before[2],
                     bool uses_color, struct builder *out)
{
    uint32_t n[2] = {0};
    for (size_t i = first; i < last; i++) {
        n[0] += diff->items[i].sign != '+';
        n[1] += diff->items[i].sign != '-';
    }
    builder_add(out, uses_color ? "\x1b[36m@@" : "@@");
    add_range(out, '-', before[0], n[0]);
    add_range(out, '+', before[1], n[1]);
    builder_add(out, uses_color ? " @@\x1b[0m\n" : " @@\n");
    for (size_t i = first; i < last; i++) {
        add_line(&diff->items[i], uses_color, out);
    }
}

static size_t next_change(const struct diff *diff, size_t i)
{
    while (i < diff->n && diff->items[i].sign == ' ') {
        i++;
    }
    return i;
}

/* Where the hunk ends whose first change is at `i`: what is less than two contexts away belongs to
 * it. */
static size_t end_of_hunk(const struct diff *diff, size_t i)
{
    for (;;) {
        while (i < diff->n && diff->items[i].sign != ' ') {
            i++;
        }
        size_t next = next_change(diff, i);
        if (next == diff->n || next - i > 2 * CONTEXT) {
            return i + CONTEXT < diff->n ? i + CONTEXT : diff->n;
        }
        i = next;
    }
}

static void add_hunks(const struct diff *diff, bool uses_color, struct builder *out)
{
    uint32_t before[2] = {0};
    size_t at = 0;
    for (size_t i = next_change(diff, 0); i < diff->n; i = next_change(diff, at)) {
        size_t first = i >= at + CONTEXT ? i - CONTEXT : at;
        for (; at < first; at++) {
            before[0]++; /* these are all context */
            before[1]++;
        }
        size_t last = end_of_hunk(diff, i);
        add_hunk(diff, first, last, before, uses_color, out);
        for (; at < last; at++) {
            before[0] += diff->items[at].sign != '+';
            before[1] += diff->items[at].sign != '-';
        }
    }
}

void fixed_diff(const struct fixed *fixed, const char *path, bool uses_color, struct builder *out)
{
    struct diff diff = {0};
    find_lines(fixed, &diff);
    if (next_change(&diff, 0) < diff.n) {
        const char *bold = uses_color ? "\x1b[1m" : "", *end = uses_color ? "\x1b[0m" : "";
        builder_addf(out, "%s--- %s%s\n%s+++ %s%s\n", bold, path, end, bold, path, end);
        add_hunks(&diff, uses_color, out);
    }
    array_free(&diff);
}
