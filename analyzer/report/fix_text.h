/*
 * fix_text.h - the text that fix.c changes: lines, blanks and edits.
 */
#ifndef CYCLINT_REPORT_FIX_TEXT_H
#define CYCLINT_REPORT_FIX_TEXT_H

#include "base/array.h"
#include "base/builder.h"
#include "facts/layout.h"
#include "report/finding.h"
#include "report/report.h"

/* One edit of a file.  Those at the same place stay in the order in which they were asked for. */
struct text_edit {
    uint32_t file; /* program index */
    uint32_t start, end;
    const char *text;
    uint32_t number;
    bool is_import;
    uint32_t lock;
};

struct text_edits {
    ARRAY_OF(struct text_edit);
};

/* A file with what is known of its statements. */
struct text {
    uint32_t index; /* in the program */
    const struct report_file *file;
    const struct layout *layout;
    struct arena *arena;
};

/* Where the line begins and ends that `offset` is in; the end is behind its line end. */
uint32_t fix_text_line_start(const struct text *text, uint32_t offset);
uint32_t fix_text_line_end(const struct text *text, uint32_t offset);

/* The first byte from `offset` on that is neither blank nor tab; before `offset`, the byte behind
 * the last such. */
uint32_t fix_text_skip_blanks(const struct text *text, uint32_t offset);
uint32_t fix_text_skip_blanks_back(const struct text *text, uint32_t offset);

/* Whether nothing but blanks stands before `offset` in its line; behind it, a comment may. */
bool fix_text_begins_line(const struct text *text, uint32_t offset);
bool fix_text_ends_line(const struct text *text, uint32_t offset);

/* Whether the line that begins at `start` is there and has nothing but blanks. */
bool fix_text_is_blank_line(const struct text *text, uint32_t start);

/* The line end that the text around `offset` uses. */
const char *fix_text_line_break(const struct text *text, uint32_t offset);

/* The blanks at the beginning of the line of `offset`. */
const char *fix_text_indent(const struct text *text, uint32_t offset, uint32_t *length);

/* One level of indentation as the file has it, best as around `statement`. */
const char *fix_text_unit(const struct text *text, uint32_t statement);

/* The text of a change made ready: `base` is the indentation of its lines. */
const char *fix_text_expand(const struct text *text, const struct change *change, const char *base,
                            uint32_t base_length, const char *unit, const char *line_break);

#endif
