/*
 * logical.c - logical lines by a scan over the bytes.
 */
#include "text/logical.h"

#include <string.h>

/* Where the scan is. */
struct scan {
    const char *s;
    uint32_t at, end; /* of the line in hand */
    uint32_t depth;   /* of open brackets */
    char quote;       /* of the string we are in, 0 for none */
    bool is_triple;
    bool is_continued; /* the line ends in a backslash */
};

static bool is_triple_quote(const struct scan *scan)
{
    return strncmp(scan->s + scan->at + 1, (char[]){scan->s[scan->at], scan->s[scan->at], 0}, 2)
           == 0;
}

static void scan_in_string(struct scan *scan)
{
    char c = scan->s[scan->at];
    if (c == '\\') {
        scan->is_continued = scan->s[scan->at + 1] == '\n' || scan->s[scan->at + 1] == '\r';
        scan->at += 2;
    } else if (c == scan->quote && (!scan->is_triple || is_triple_quote(scan))) {
        scan->at += scan->is_triple ? 3 : 1;
        scan->quote = 0;
    } else {
        scan->at++;
    }
}

static void scan_in_code(struct scan *scan)
{
    char c = scan->s[scan->at];
    uint32_t step = 1;
    if (c == '#') {
        step = scan->end - scan->at;
    } else if (c == '"' || c == '\'') {
        scan->quote = c;
        scan->is_triple = is_triple_quote(scan);
        step = scan->is_triple ? 3 : 1;
    } else if (c == '\\') {
        scan->is_continued = true;
    } else if (c == '(' || c == '[' || c == '{') {
        scan->depth++;
    } else if ((c == ')' || c == ']' || c == '}') && scan->depth > 0) {
        scan->depth--;
    }
    scan->at += step;
}

/* Goes over one line; whether the next one belongs to it. */
static bool scan_line(struct scan *scan)
{
    scan->is_continued = false;
    while (scan->at < scan->end) {
        if (scan->quote) {
            scan_in_string(scan);
        } else {
            scan_in_code(scan);
        }
    }
    if (scan->quote && !scan->is_triple && !scan->is_continued) {
        scan->quote = 0; /* an unclosed string ends with its line, as in Python */
    }
    return scan->quote || scan->depth > 0 || scan->is_continued;
}

static void describe(const char *s, uint32_t n, struct logical_line *line)
{
    uint32_t i = 0;
    for (; i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\f'); i++) {
        line->indent = s[i] == '\t' ? (line->indent / 8 + 1) * 8 : line->indent + (s[i] == ' ');
    }
    line->is_code = i < n && s[i] != '#' && s[i] != '\n' && s[i] != '\r';
    while (i < n && strchr("rRbBuUfFtT", s[i]) && s[i]) {
        i++;
    }
    line->is_string = i < n && (s[i] == '"' || s[i] == '\'');
}

struct logical_line *logical_find(const struct source *source, const struct lines *lines,
                                  struct arena *arena)
{
    struct logical_line *found = arena_alloc(arena, (lines->n + 1) * sizeof *found);
    struct scan scan = {.s = source->bytes};
    uint32_t first = 0;
    for (uint32_t i = 0; i < lines->n; i++) {
        scan.end = i + 1 < lines->n ? lines->starts[i + 1] : source->n;
        describe(source->bytes + lines->starts[i], scan.end - lines->starts[i], &found[i]);
        found[i].first = first;
        if (scan_line(&scan) && i + 1 < lines->n) {
            continue;
        }
        for (uint32_t k = first; k <= i; k++) {
            found[k].last = i;
        }
        first = i + 1;
    }
    return found;
}
