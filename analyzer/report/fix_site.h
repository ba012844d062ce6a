/*
 * fix_site.h - one change at its place: what a kind of change works with.
 */
#ifndef CYCLINT_REPORT_FIX_SITE_H
#define CYCLINT_REPORT_FIX_SITE_H

#include "report/fix_text.h"

/* A change, where it is, and where its edits go. */
struct site {
    struct text text;
    const struct change *change;
    uint32_t number;                   /* of the statement */
    const struct statement *statement; /* NULL: it is in none */
    const char *base;                  /* its indentation */
    uint32_t base_length;
    const char *unit;
    const char *line_break;
    struct text_edits *edits;
};

/* Adds an edit; always true, so that a kind of change can end with it. */
bool site_add_edit(struct site *site, uint32_t start, uint32_t end, const char *text);

/* The change's text, its lines indented as the statement is; and the same as lines of their own. */
const char *site_expand(const struct site *site);
const char *site_lines(const struct site *site);

/* Whether the statement has the beginning, or the end, of its lines for itself. */
bool site_begins_line(const struct site *site);
bool site_ends_line(const struct site *site);

/* Indents the lines from the one that begins at `start` to the end of statement `last`.  False when
 * that would change more than blanks. */
bool site_indent(struct site *site, uint32_t start, uint32_t last);

/* The statement of `block` that `offset` is in, or NONE. */
uint32_t site_statement_in(const struct site *site, uint32_t block, uint32_t offset);

/* The kinds of change: each adds its edits, or refuses. */
bool fix_change_replace(struct site *site);
bool fix_change_statement(struct site *site);
bool fix_change_before(struct site *site);
bool fix_change_after(struct site *site);
bool fix_change_remove(struct site *site);
bool fix_change_remove_name(struct site *site);
bool fix_change_begin_body(struct site *site);
bool fix_change_indent(struct site *site);
bool fix_change_import(struct site *site);
bool fix_change_with(struct site *site);
bool fix_change_finally(struct site *site);

#endif
