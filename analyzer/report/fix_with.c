/*
 * fix_with.c - a statement that opens something becomes the head of a `with`, or what follows it
 * goes into a `try`.
 *
 *     f = open(p)          with open(p) as f:        f = open(p)        with open(p) as f:
 *     a = f.read()             a = f.read()          try:                   a = f.read()
 *     f.close()                                          a = f.read()
 *                                                    finally:
 *                                                        f.close()
 *
 * On the left what follows is indented, up to the close, which goes, or to the last use.  On the
 * right the body of the `try` is as deep as it has to be already.
 */
#include "report/fix_site.h"

#include <string.h>

static const struct statement *statement_at(const struct site *site, uint32_t number)
{
    return &site->text.layout->statements[number];
}

static bool has_lines_for_itself(const struct site *site, const struct statement *s)
{
    return fix_text_begins_line(&site->text, s->start) && fix_text_ends_line(&site->text, s->end);
}

/* The head of the `with`; `pass` behind it when nothing is left to do. */
static bool write_head(struct site *site, bool is_empty)
{
    const char *head = site_expand(site);
    if (is_empty) {
        head = arena_format(site->text.arena, "%s%s%.*s%spass", head, site->line_break,
                            (int)site->base_length, site->base, site->unit);
    }
    return site_add_edit(site, site->statement->start, site->statement->end, head);
}

/* Not with a comment: it may say something that nobody else does. */
static bool drop_lines(struct site *site, const struct statement *s)
{
    uint32_t rest = fix_text_skip_blanks(&site->text, s->end);
    return site->text.file->source.bytes[rest] != '#'
           && site_add_edit(site, fix_text_line_start(&site->text, s->start),
                            fix_text_line_end(&site->text, s->end), "");
}

/* The body ends before `close`, or with `last`. */
static bool nest_body(struct site *site, uint32_t last, uint32_t close)
{
    if (close != NONE) {
        last = statement_at(site, close)->previous;
    }
    bool is_empty = last == site->number;
    uint32_t start = fix_text_line_end(&site->text, site->statement->end);
    return (is_empty || site_indent(site, start, last)) && write_head(site, is_empty)
           && (close == NONE
               || (has_lines_for_itself(site, statement_at(site, close))
                   && drop_lines(site, statement_at(site, close))));
}

/* ---- try and finally ---- */

/* Whether the text between has the word, blanks and line ends, and nothing else. */
static bool is_only_word(const struct site *site, uint32_t start, uint32_t end, const char *word)
{
    const char *bytes = site->text.file->source.bytes;
    size_t length = strlen(word);
    bool is_found = false;
    while (start < end) {
        if (strchr(" \t\r\n", bytes[start]) != NULL) {
            start++;
        } else if (!is_found && end - start >= length && memcmp(bytes + start, word, length) == 0) {
            is_found = true;
            start += (uint32_t)length;
        } else {
            return false;
        }
    }
    return is_found;
}

/* The body and the `finally` of a `try` that has nothing else. */
static bool find_parts(const struct site *site, uint32_t try, uint32_t *body, uint32_t *finally)
{
    const struct layout *layout = site->text.layout;
    uint32_t n = 0;
    for (uint32_t i = 0; i < layout->n_blocks; i++) {
        if (layout->blocks[i].parent == try) {
            *(n == 0 ? body : finally) = i;
            n++;
        }
    }
    return n == 2;
}

static bool open_try(struct site *site, uint32_t try, uint32_t close)
{
    const struct layout *layout = site->text.layout;
    uint32_t body, finally;
    if (!find_parts(site, try, &body, &finally) || statement_at(site, close)->block != finally
        || layout->blocks[finally].n_statements != 1
        || !has_lines_for_itself(site, statement_at(site, close))) {
        return false;
    }
    const struct statement *first = statement_at(site, layout->blocks[body].first);
    const struct statement *last = statement_at(site, layout->blocks[body].last);
    uint32_t line = fix_text_line_end(&site->text, site->statement->end);
    uint32_t body_start = fix_text_line_end(&site->text, statement_at(site, try)->start);
    uint32_t body_end = fix_text_line_end(&site->text, last->end);
    return fix_text_begins_line(&site->text, first->start)
           && fix_text_ends_line(&site->text, last->end)
           && is_only_word(site, line, body_start, "try:")
           && is_only_word(site, body_end, statement_at(site, close)->start, "finally:")
           && write_head(site, false) && site_add_edit(site, line, body_start, "")
           && site_add_edit(site, body_end,
                            fix_text_line_end(&site->text, statement_at(site, close)->end), "");
}

/* What ends a `try`, as lines behind the statement `last`; or alone, when there is no `try`. */
static bool end_try(struct site *site, uint32_t last, bool has_try)
{
    const struct source *source = &site->text.file->source;
    uint32_t end = fix_text_line_end(&site->text, statement_at(site, last)->end);
    bool is_unfinished = source->bytes[end - 1] != '\n';
    const char *base = arena_format(site->text.arena, "%.*s", (int)site->base_length, site->base);
    const char *head = has_try ? arena_format(site->text.arena, "%sfinally:%s%s%s", base,
                                              site->line_break, base, site->unit)
                               : base;
    return site_add_edit(site, end, end,
                         arena_format(site->text.arena, "%s%s%s%s",
                                      is_unfinished ? site->line_break : "", head,
                                      site_expand(site), is_unfinished ? "" : site->line_break));
}

/* To delete one name in the end, nobody would move more. */
enum { MAX_LINES_OF_TRY = 15 };

static uint32_t count_lines(const struct site *site, uint32_t start, uint32_t end)
{
    uint32_t n = 0;
    for (uint32_t line = start; line < end; n++) {
        line = fix_text_line_end(&site->text, line);
    }
    return n;
}

bool fix_change_finally(struct site *site)
{
    uint32_t last = site_statement_in(site, site->statement->block, site->change->place.end - 1);
    bool is_assignment = site->statement->kind == STATEMENT_SIMPLE
                         && site->statement->start == site->change->place.start;
    /* What `:=` binds within a statement may be unbound in the end. */
    if (last == NONE || !is_assignment || !has_lines_for_itself(site, site->statement)
        || !fix_text_ends_line(&site->text, statement_at(site, last)->end)) {
        return false;
    }
    if (last == site->number) {
        return end_try(site, last, false);
    }
    uint32_t line = fix_text_line_end(&site->text, site->statement->end);
    while (fix_text_is_blank_line(&site->text, line)) {
        line = fix_text_line_end(&site->text, line);
    }
    if (count_lines(site, line, statement_at(site, last)->end) > MAX_LINES_OF_TRY) {
        return false;
    }
    return site_add_edit(site, line, line,
                         arena_format(site->text.arena, "%.*stry:%s", (int)site->base_length,
                                      site->base, site->line_break))
           && site_indent(site, line, last) && end_try(site, last, true);
}

bool fix_change_with(struct site *site)
{
    const struct layout *layout = site->text.layout;
    const struct place *closing = &site->change->quoted[1];
    uint32_t block = site->statement->block;
    if (site->statement->kind != STATEMENT_SIMPLE || !has_lines_for_itself(site, site->statement)) {
        return false;
    }
    /* A use outside of the block, as in an `except` around it, would find it closed. */
    uint32_t last = site_statement_in(site, block, site->change->place.end - 1);
    if (last == NONE) {
        return false;
    }
    if (closing->end == 0) {
        return nest_body(site, last, NONE);
    }
    uint32_t close = layout_statement_at(layout, closing->start);
    if (close == NONE) {
        return false;
    }
    if (statement_at(site, close)->block == block) {
        return nest_body(site, NONE, close);
    }
    uint32_t try = layout->blocks[statement_at(site, close)->block].parent;
    return try != NONE && try == site->statement->next && open_try(site, try, close);
}
