/*
 * line_hash.c - GitHub's rolling hash of lines.
 */
#include "text/line_hash.h"

#include "base/table.h"
#include "text/cells.h"

#include <stdbool.h>

enum { WINDOW = 100, END_OF_FILE = 65535, BYTE_ORDER_MARK = 0xFEFF };

static const uint64_t multiplier = 37;

/* The last units read, in a ring; where one began a line, the line's number. */
struct window {
    uint16_t units[WINDOW];
    uint32_t lines[WINDOW]; /* 1-based; 0 where no line began */
    uint32_t at;
    uint64_t hash;
    uint64_t out_factor; /* multiplier to the power of WINDOW */
    uint32_t line;
    bool is_line_start;
    bool was_carriage_return;
    struct line_hash *hashes;
};

/* The window has gone round: what began here a hundred units ago is complete. */
static void finish_line(struct window *window)
{
    uint32_t line = window->lines[window->at];
    if (line > 0) {
        window->hashes[line - 1].hash = window->hash;
        window->lines[window->at] = 0;
    }
}

static void shift_in(struct window *window, uint16_t unit)
{
    uint64_t gone = window->units[window->at];
    window->units[window->at] = unit;
    window->hash = multiplier * window->hash + unit - window->out_factor * gone;
    window->at = (window->at + 1) % WINDOW;
}

static void read_unit(struct window *window, uint16_t unit)
{
    bool ends_crlf = window->was_carriage_return && unit == '\n';
    window->was_carriage_return = unit == '\r';
    if (unit == ' ' || unit == '\t' || ends_crlf) {
        return;
    }
    if (unit == '\r') {
        unit = '\n';
    }
    finish_line(window);
    if (window->is_line_start) {
        window->lines[window->at] = ++window->line;
    }
    window->is_line_start = unit == '\n';
    shift_in(window, unit);
}

static void read_code_point(struct window *window, uint32_t c)
{
    if (c < 0x10000) {
        read_unit(window, (uint16_t)c);
        return;
    }
    read_unit(window, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
    read_unit(window, (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF)));
}

static void read_all(struct window *window, const struct source *source)
{
    if (source->flags & SOURCE_BOM) {
        read_unit(window, BYTE_ORDER_MARK);
    }
    for (size_t i = 0, length; i < source->n; i += length) {
        read_code_point(window, cells_decode(source->bytes + i, source->n - i, &length));
    }
    read_unit(window, END_OF_FILE);
    for (uint32_t i = 0; i < WINDOW; i++) {
        finish_line(window);
        shift_in(window, 0);
    }
}

static void number_equal_hashes(struct line_hash *hashes, uint32_t n)
{
    struct pair_table seen = {0};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t before = pair_table_get(&seen, hashes[i].hash);
        hashes[i].ordinal = before == TABLE_NONE ? 1 : before + 1;
        pair_table_set(&seen, hashes[i].hash, hashes[i].ordinal);
    }
    pair_table_free(&seen);
}

/* No less than the lines there are: every line end, and the end of the file. */
static size_t most_lines(const struct source *source)
{
    size_t n = 1;
    for (uint32_t i = 0; i < source->n; i++) {
        n += source->bytes[i] == '\n' || source->bytes[i] == '\r';
    }
    return n;
}

const struct line_hash *line_hash_find(const struct source *source, struct arena *arena,
                                       uint32_t *n)
{
    struct window window = {.out_factor = 1, .is_line_start = true};
    for (int i = 0; i < WINDOW; i++) {
        window.out_factor *= multiplier;
    }
    window.hashes = arena_alloc(arena, most_lines(source) * sizeof *window.hashes);
    read_all(&window, source);
    number_equal_hashes(window.hashes, window.line);
    *n = window.line;
    return window.hashes;
}
