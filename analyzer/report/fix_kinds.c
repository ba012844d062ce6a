/*
 * fix_kinds.c - each kind of change as edits.
 */
#include "report/fix_site.h"

#include <string.h>

bool site_add_edit(struct site *site, uint32_t start, uint32_t end, const char *text)
{
    *array_push(site->edits) = (struct text_edit){
        .file = site->text.index,
        .start = start,
        .end = end,
        .text = text,
        .number = (uint32_t)site->edits->n - 1,
        .is_import = site->change->kind == CHANGE_IMPORT,
        .lock = NONE,
    };
    return true;
}

/* The change's text, its lines indented as the statement is. */
const char *site_expand(const struct site *site)
{
    return fix_text_expand(&site->text, site->change, site->base, site->base_length, site->unit,
                           site->line_break);
}

/* The same as lines of their own. */
const char *site_lines(const struct site *site)
{
    return arena_format(site->text.arena, "%.*s%s%s", (int)site->base_length, site->base,
                        site_expand(site), site->line_break);
}

bool site_begins_line(const struct site *site)
{
    return fix_text_begins_line(&site->text, site->statement->start);
}

bool site_ends_line(const struct site *site)
{
    return fix_text_ends_line(&site->text, site->statement->end);
}

bool fix_change_replace(struct site *site)
{
    const struct place *place = &site->change->place;
    return site_add_edit(site, place->start, place->end, site_expand(site));
}

bool fix_change_statement(struct site *site)
{
    return site_begins_line(site) && site_ends_line(site)
           && site_add_edit(site, site->statement->start, site->statement->end, site_expand(site));
}

bool fix_change_before(struct site *site)
{
    uint32_t line = fix_text_line_start(&site->text, site->statement->start);
    return site_begins_line(site) && site_add_edit(site, line, line, site_lines(site));
}

/* At the end of the line that `offset` is in. */
static bool add_lines_behind(struct site *site, uint32_t offset)
{
    const struct source *source = &site->text.file->source;
    uint32_t end = fix_text_line_end(&site->text, offset);
    bool is_unfinished = source->bytes[end - 1] != '\n';
    const char *lines = is_unfinished
                            ? arena_format(site->text.arena, "%s%.*s%s", site->line_break,
                                           (int)site->base_length, site->base, site_expand(site))
                            : site_lines(site);
    return site_add_edit(site, end, end, lines);
}

bool fix_change_after(struct site *site)
{
    return site_begins_line(site) && site_ends_line(site)
           && add_lines_behind(site, site->statement->end);
}

/* ---- removing ---- */

/* The line end to keep belongs to the line before, when the file ends without one. */
static bool remove_lines(struct site *site, uint32_t start, uint32_t end)
{
    const char *bytes = site->text.file->source.bytes;
    if (bytes[end - 1] != '\n' && start > 0) {
        start -= start > 1 && bytes[start - 2] == '\r' ? 2 : 1;
    }
    return site_add_edit(site, start, end, "");
}

/* A blank line behind the first statement of a block would stand at its beginning. */
static uint32_t end_with_blank_lines(const struct site *site, uint32_t end)
{
    bool is_first = site->statement->previous == NONE && site->statement->block != 0;
    while (is_first && fix_text_is_blank_line(&site->text, end)) {
        end = fix_text_line_end(&site->text, end);
    }
    return end;
}

/* One of several statements in a line, with the semicolon that parts it from them. */
static bool remove_from_line(struct site *site)
{
    const char *bytes = site->text.file->source.bytes;
    uint32_t start = site->statement->start, end = site->statement->end;
    uint32_t next = fix_text_skip_blanks(&site->text, end);
    uint32_t before = fix_text_skip_blanks_back(&site->text, start);
    if (bytes[next] == ';') {
        end = fix_text_skip_blanks(&site->text, next + 1);
        if (strchr("#\r\n", bytes[end]) == NULL) {
            return site_add_edit(site, start, end, "");
        }
    }
    return before > 0 && bytes[before - 1] == ';' && site_add_edit(site, before - 1, end, "");
}

/* Two that go at once could leave a block with nothing in it. */
static bool lock_block(struct site *site)
{
    uint32_t first = site->text.layout->blocks[site->statement->block].first;
    array_last(site->edits)->lock = site->text.layout->statements[first].start;
    return true;
}

bool fix_change_remove(struct site *site)
{
    const struct text *text = &site->text;
    uint32_t start = site->statement->start, end = site->statement->end;
    bool is_only = text->layout->blocks[site->statement->block].n_statements == 1;
    if (is_only && site->statement->block != 0) {
        return site_add_edit(site, start, end, "pass");
    }
    if (!site_begins_line(site) || !site_ends_line(site)) {
        return remove_from_line(site) && lock_block(site);
    }
    end = end_with_blank_lines(site, fix_text_line_end(text, end));
    return remove_lines(site, fix_text_line_start(text, start), end) && lock_block(site);
}

static uint32_t skip_blanks_and_breaks(const struct site *site, uint32_t offset)
{
    const char *bytes = site->text.file->source.bytes;
    while (bytes[offset] != '\0' && strchr(" \t\\\r\n", bytes[offset]) != NULL) {
        offset++;
    }
    return offset;
}

static uint32_t skip_blanks_and_breaks_back(const struct site *site, uint32_t offset)
{
    const char *bytes = site->text.file->source.bytes;
    while (offset > 0 && strchr(" \t\\\r\n", bytes[offset - 1]) != NULL) {
        offset--;
    }
    return offset;
}

bool fix_change_remove_name(struct site *site)
{
    const char *bytes = site->text.file->source.bytes;
    const struct place *place = &site->change->place;
    uint32_t next = skip_blanks_and_breaks(site, place->end);
    uint32_t before = skip_blanks_and_breaks_back(site, place->start);
    if (next < site->statement->end && bytes[next] == ',') {
        next = skip_blanks_and_breaks(site, next + 1);
        return site_add_edit(site, place->start, next, "");
    }
    if (before > site->statement->start && bytes[before - 1] == ',') {
        before = skip_blanks_and_breaks_back(site, before - 1);
        return site_add_edit(site, before, place->end, "");
    }
    return fix_change_remove(site);
}

/* ---- the beginning of a body ---- */

/* `def f(): return x`: the body gets lines of its own. */
static bool begin_inline_body(struct site *site, const struct statement *first)
{
    if (!site_begins_line(site)) {
        return false;
    }
    const char *base =
        arena_format(site->text.arena, "%.*s%s", (int)site->base_length, site->base, site->unit);
    site->base = base;
    site->base_length = (uint32_t)strlen(base);
    const char *text = arena_format(site->text.arena, "%s%s%s%s%s", site->line_break, base,
                                    site_expand(site), site->line_break, base);
    return site_add_edit(site, fix_text_skip_blanks_back(&site->text, first->start), first->start,
                         text);
}

bool fix_change_begin_body(struct site *site)
{
    const struct layout *layout = site->text.layout;
    uint32_t block = layout_block_of(layout, site->number);
    if (block == NONE) {
        return false;
    }
    const struct statement *first = &layout->statements[layout->blocks[block].first];
    if (!fix_text_begins_line(&site->text, first->start)) {
        return begin_inline_body(site, first);
    }
    site->base = fix_text_indent(&site->text, first->start, &site->base_length);
    site->line_break = fix_text_line_break(&site->text, first->start);
    if (first->kind == STATEMENT_TEXT) {
        return fix_text_ends_line(&site->text, first->end) && add_lines_behind(site, first->end);
    }
    uint32_t line = fix_text_line_start(&site->text, first->start);
    return site_add_edit(site, line, line, site_lines(site));
}

/* ---- indenting ---- */

uint32_t site_statement_in(const struct site *site, uint32_t block, uint32_t offset)
{
    const struct layout *layout = site->text.layout;
    uint32_t statement = layout_statement_at(layout, offset);
    while (statement != NONE && layout->statements[statement].block != block) {
        statement = layout->blocks[layout->statements[statement].block].parent;
    }
    return statement;
}

/* The text of such a string would change with the lines it goes over. */
static bool has_long_string(const struct layout *layout, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < layout->n_strings; i++) {
        if (layout->strings[i].start < end && layout->strings[i].end > start) {
            return true;
        }
    }
    return false;
}

static void indent_line(struct site *site, uint32_t line)
{
    const char *bytes = site->text.file->source.bytes;
    bool is_regular = memcmp(bytes + line, site->base, site->base_length) == 0;
    uint32_t at = line + (is_regular ? site->base_length : 0);
    site_add_edit(site, at, at, site->unit);
}

/* More lines than this nobody wants to see in a diff for the sake of one that is new. */
enum { MAX_INDENTED_LINES = 40 };

static bool are_few_lines(const struct site *site, uint32_t start, uint32_t end)
{
    uint32_t n = 0;
    for (uint32_t line = start; line < end && n <= MAX_INDENTED_LINES; n++) {
        line = fix_text_line_end(&site->text, line);
    }
    return n <= MAX_INDENTED_LINES;
}

bool site_indent(struct site *site, uint32_t start, uint32_t last)
{
    const struct layout *layout = site->text.layout;
    uint32_t end = layout->statements[last].end;
    if (!fix_text_ends_line(&site->text, end) || has_long_string(layout, start, end)
        || !are_few_lines(site, start, end)
        || memchr(site->text.file->source.bytes + start, '\f', end - start) != NULL) {
        return false;
    }
    for (uint32_t line = start; line < end; line = fix_text_line_end(&site->text, line)) {
        if (!fix_text_is_blank_line(&site->text, line)) {
            indent_line(site, line);
        }
    }
    return true;
}

bool fix_change_indent(struct site *site)
{
    uint32_t last = site_statement_in(site, site->statement->block, site->change->place.end - 1);
    uint32_t start = fix_text_line_start(&site->text, site->statement->start);
    return last != NONE && site_begins_line(site) && site_indent(site, start, last);
}

/* ---- imports ---- */

static const char *statement_text(const struct site *site, const struct statement *s)
{
    return arena_string(site->text.arena, site->text.file->source.bytes + s->start,
                        s->end - s->start);
}

static bool is_plain_import(const struct site *site, const struct statement *s)
{
    return s->kind == STATEMENT_IMPORT
           && strncmp(site->text.file->source.bytes + s->start, "import ", 7) == 0;
}

/* Among the module's first plain imports, in the order of the alphabet; else before its first
 * import, or its first statement that is no docstring. */
static bool find_import_place(struct site *site, bool *is_first_import)
{
    const struct layout *layout = site->text.layout;
    uint32_t first = layout->blocks[0].first, i = first;
    const struct statement *all = layout->statements;
    while (i != NONE
           && ((i == first && all[i].kind == STATEMENT_TEXT)
               || all[i].kind == STATEMENT_FUTURE_IMPORT)) {
        i = all[i].next;
    }
    *is_first_import = i == NONE || all[i].kind != STATEMENT_IMPORT;
    for (uint32_t k = i; k != NONE && all[k].kind == STATEMENT_IMPORT; k = all[k].next) {
        if (!is_plain_import(site, &all[k])) {
            break;
        }
        i = k;
        if (strcmp(statement_text(site, &all[k]), site->change->text) > 0) {
            break;
        }
        i = all[k].next != NONE ? all[k].next : NONE;
    }
    site->number = i;
    site->statement = i != NONE ? &all[i] : NULL;
    return i != NONE;
}

/* Blank lines part it from what is no import. */
static bool add_first_import(struct site *site)
{
    uint32_t before = site->statement->previous;
    const char *lines = site->line_break;
    if (before == NONE) {
        bool is_definition = site->statement->kind == STATEMENT_COMPOUND;
        uint32_t line = fix_text_line_start(&site->text, site->statement->start);
        return site_add_edit(site, line, line,
                             arena_format(site->text.arena, "%s%s%s%s", site->change->text, lines,
                                          lines, is_definition ? lines : ""));
    }
    const struct statement *s = &site->text.layout->statements[before];
    uint32_t end = fix_text_line_end(&site->text, s->end);
    const char *blank = s->kind == STATEMENT_TEXT ? lines : "";
    return fix_text_ends_line(&site->text, s->end)
           && site_add_edit(
               site, end, end,
               arena_format(site->text.arena, "%s%s%s", blank, site->change->text, lines));
}

bool fix_change_import(struct site *site)
{
    bool is_first;
    if (!find_import_place(site, &is_first) || !site_begins_line(site)) {
        return false;
    }
    site->line_break = fix_text_line_break(&site->text, site->statement->start);
    if (is_first) {
        return add_first_import(site);
    }
    uint32_t line = fix_text_line_start(&site->text, site->statement->start);
    const struct statement *before =
        site->statement->previous == NONE
            ? NULL
            : &site->text.layout->statements[site->statement->previous];
    if (before != NULL && is_plain_import(site, before)
        && fix_text_ends_line(&site->text, before->end)) {
        line = fix_text_line_end(&site->text, before->end); /* above the blank lines behind it */
    }
    return site_add_edit(
        site, line, line,
        arena_format(site->text.arena, "%s%s", site->change->text, site->line_break));
}
