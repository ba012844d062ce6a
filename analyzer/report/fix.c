/*
 * fix.c - from changes to edits.
 *
 * Each kind of change is one function, which adds its edits or refuses.  A fix is whole or not
 * there: when one change is refused, or two get in each other's way, nothing of it is offered.
 */
#include "report/fix.h"

#include "report/fix_text.h"

#include <stdlib.h>
#include <string.h>

struct fixer {
    struct resolver *resolver;
    struct layouter *layouter;
    const struct layout **layouts; /* by program index; NULL until asked for */
    bool *is_refused;              /* it does not parse, or is not what was analysed */
    struct text_edits edits;       /* of the finding in hand */
};

struct fixer *fixer_new(struct resolver *resolver)
{
    struct fixer *fixer = alloc_zeroed(1, sizeof *fixer);
    size_t n = resolver->input->program->n_files + 1;
    fixer->resolver = resolver;
    fixer->layouts = alloc_zeroed(n, sizeof *fixer->layouts);
    fixer->is_refused = alloc_zeroed(n, sizeof *fixer->is_refused);
    return fixer;
}

void fixer_free(struct fixer *fixer)
{
    layouter_free(fixer->layouter);
    free(fixer->layouts);
    free(fixer->is_refused);
    array_free(&fixer->edits);
    free(fixer);
}

/* ---- the files ---- */

/* Facts from the store may be of another text than the one that is there now. */
static bool is_as_analysed(const struct report_file *file, const struct facts *facts)
{
    return file->has_source && file->source.hash == facts->hash
           && !(facts->flags & FACTS_HAVE_ERRORS) && !(file->source.flags & SOURCE_LONE_CR);
}

static const struct layout *read_layout(struct fixer *fixer, uint32_t index)
{
    struct resolver *resolver = fixer->resolver;
    const struct report_file *file = resolver_file(resolver, index);
    struct layout *layout = arena_alloc(resolver->arena, sizeof *layout);
    if (fixer->layouter == NULL) {
        fixer->layouter = layouter_new();
    }
    bool ok = is_as_analysed(file, resolver->input->program->files[index])
              && layout_find(fixer->layouter, &file->source, resolver->arena, layout);
    return ok ? layout : NULL;
}

static bool find_text(struct fixer *fixer, uint32_t index, struct text *text)
{
    if (fixer->layouts[index] == NULL && !fixer->is_refused[index]) {
        fixer->layouts[index] = read_layout(fixer, index);
        fixer->is_refused[index] = fixer->layouts[index] == NULL;
    }
    *text = (struct text){
        .index = index,
        .file = resolver_file(fixer->resolver, index),
        .layout = fixer->layouts[index],
        .arena = fixer->resolver->arena,
    };
    return !fixer->is_refused[index];
}

/* ---- edits ---- */

/* What the functions below work with: a change, where it is, and where its edits go. */
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

static bool add_edit(struct site *site, uint32_t start, uint32_t end, const char *text)
{
    *array_push(site->edits) = (struct text_edit){
        .file = site->text.index,
        .start = start,
        .end = end,
        .text = text,
        .number = (uint32_t)site->edits->n - 1,
        .is_import = site->change->kind == CHANGE_IMPORT,
    };
    return true;
}

/* The change's text, its lines indented as the statement is. */
static const char *expand(const struct site *site)
{
    return fix_text_expand(&site->text, site->change, site->base, site->base_length, site->unit,
                           site->line_break);
}

/* The same as lines of their own. */
static const char *lines_of(const struct site *site)
{
    return arena_format(site->text.arena, "%.*s%s%s", (int)site->base_length, site->base,
                        expand(site), site->line_break);
}

static bool begins_line(const struct site *site)
{
    return fix_text_begins_line(&site->text, site->statement->start);
}

static bool ends_line(const struct site *site)
{
    return fix_text_ends_line(&site->text, site->statement->end);
}

static bool change_replace(struct site *site)
{
    const struct place *place = &site->change->place;
    return add_edit(site, place->start, place->end, expand(site));
}

static bool change_statement(struct site *site)
{
    return begins_line(site) && ends_line(site)
           && add_edit(site, site->statement->start, site->statement->end, expand(site));
}

static bool change_before(struct site *site)
{
    uint32_t line = fix_text_line_start(&site->text, site->statement->start);
    return begins_line(site) && add_edit(site, line, line, lines_of(site));
}

/* At the end of the line that `offset` is in. */
static bool add_lines_behind(struct site *site, uint32_t offset)
{
    const struct source *source = &site->text.file->source;
    uint32_t end = fix_text_line_end(&site->text, offset);
    bool is_unfinished = source->bytes[end - 1] != '\n';
    const char *lines = is_unfinished
                            ? arena_format(site->text.arena, "%s%.*s%s", site->line_break,
                                           (int)site->base_length, site->base, expand(site))
                            : lines_of(site);
    return add_edit(site, end, end, lines);
}

static bool change_after(struct site *site)
{
    return begins_line(site) && ends_line(site) && add_lines_behind(site, site->statement->end);
}

/* ---- removing ---- */

static bool is_blank_line(const struct text *text, uint32_t start)
{
    const struct source *source = &text->file->source;
    return start < source->n && strchr("\r\n", source->bytes[fix_text_skip_blanks(text, start)]);
}

/* The line end to keep belongs to the line before, when the file ends without one. */
static bool remove_lines(struct site *site, uint32_t start, uint32_t end)
{
    const char *bytes = site->text.file->source.bytes;
    if (bytes[end - 1] != '\n' && start > 0) {
        start -= start > 1 && bytes[start - 2] == '\r' ? 2 : 1;
    }
    return add_edit(site, start, end, "");
}

/* A blank line behind the first statement of a block would stand at its beginning. */
static uint32_t end_with_blank_lines(const struct site *site, uint32_t end)
{
    bool is_first = site->statement->previous == NONE && site->statement->block != 0;
    while (is_first && is_blank_line(&site->text, end)) {
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
            return add_edit(site, start, end, "");
        }
    }
    return before > 0 && bytes[before - 1] == ';' && add_edit(site, before - 1, end, "");
}

static bool change_remove(struct site *site)
{
    const struct text *text = &site->text;
    uint32_t start = site->statement->start, end = site->statement->end;
    bool is_only = text->layout->blocks[site->statement->block].n_statements == 1;
    if (is_only && site->statement->block != 0) {
        return add_edit(site, start, end, "pass");
    }
    if (!begins_line(site) || !ends_line(site)) {
        return remove_from_line(site);
    }
    end = end_with_blank_lines(site, fix_text_line_end(text, end));
    return remove_lines(site, fix_text_line_start(text, start), end);
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

static bool change_remove_name(struct site *site)
{
    const char *bytes = site->text.file->source.bytes;
    const struct place *place = &site->change->place;
    uint32_t next = skip_blanks_and_breaks(site, place->end);
    uint32_t before = skip_blanks_and_breaks_back(site, place->start);
    if (next < site->statement->end && bytes[next] == ',') {
        next = skip_blanks_and_breaks(site, next + 1);
        return add_edit(site, place->start, next, "");
    }
    if (before > site->statement->start && bytes[before - 1] == ',') {
        before = skip_blanks_and_breaks_back(site, before - 1);
        return add_edit(site, before, place->end, "");
    }
    return change_remove(site);
}

/* ---- the beginning of a body ---- */

/* `def f(): return x`: the body gets lines of its own. */
static bool begin_inline_body(struct site *site, const struct statement *first)
{
    if (!begins_line(site)) {
        return false;
    }
    const char *base =
        arena_format(site->text.arena, "%.*s%s", (int)site->base_length, site->base, site->unit);
    site->base = base;
    site->base_length = (uint32_t)strlen(base);
    const char *text = arena_format(site->text.arena, "%s%s%s%s%s", site->line_break, base,
                                    expand(site), site->line_break, base);
    return add_edit(site, fix_text_skip_blanks_back(&site->text, first->start), first->start, text);
}

static bool change_begin_body(struct site *site)
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
    return add_edit(site, line, line, lines_of(site));
}

/* ---- indenting ---- */

static uint32_t ancestor_in(const struct layout *layout, uint32_t statement, uint32_t block)
{
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
    add_edit(site, at, at, site->unit);
}

static bool change_indent(struct site *site)
{
    const struct layout *layout = site->text.layout;
    uint32_t last = layout_statement_at(layout, site->change->place.end - 1);
    last = last != NONE ? ancestor_in(layout, last, site->statement->block) : NONE;
    if (last == NONE || !begins_line(site)
        || !fix_text_ends_line(&site->text, layout->statements[last].end)) {
        return false;
    }
    uint32_t start = fix_text_line_start(&site->text, site->statement->start);
    uint32_t end = layout->statements[last].end;
    if (has_long_string(layout, start, end)
        || memchr(site->text.file->source.bytes + start, '\f', end - start) != NULL) {
        return false;
    }
    for (uint32_t line = start; line < end; line = fix_text_line_end(&site->text, line)) {
        if (!is_blank_line(&site->text, line)) {
            indent_line(site, line);
        }
    }
    return true;
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

static bool change_import(struct site *site)
{
    bool is_first;
    if (!find_import_place(site, &is_first) || !begins_line(site)) {
        return false;
    }
    uint32_t line = fix_text_line_start(&site->text, site->statement->start);
    if (site->statement->previous != NONE && !is_first) {
        /* Behind the import before it, not below the blank lines that follow that one. */
        const struct statement *before = &site->text.layout->statements[site->statement->previous];
        if (is_plain_import(site, before) && fix_text_ends_line(&site->text, before->end)) {
            line = fix_text_line_end(&site->text, before->end);
        }
    }
    site->line_break = fix_text_line_break(&site->text, line);
    return add_edit(site, line, line,
                    arena_format(site->text.arena, "%s%s%s", site->change->text, site->line_break,
                                 is_first ? site->line_break : ""));
}

/* ---- a whole fix ---- */

static bool (*const makers[])(struct site *site) = {
    [CHANGE_REPLACE] = change_replace,       [CHANGE_STATEMENT] = change_statement,
    [CHANGE_REMOVE] = change_remove,         [CHANGE_REMOVE_NAME] = change_remove_name,
    [CHANGE_BEFORE] = change_before,         [CHANGE_AFTER] = change_after,
    [CHANGE_BEGIN_BODY] = change_begin_body, [CHANGE_INDENT] = change_indent,
    [CHANGE_IMPORT] = change_import,
};

static bool make_change(struct fixer *fixer, const struct change *change)
{
    struct site site = {.change = change, .edits = &fixer->edits};
    if (!find_text(fixer, change->place.file, &site.text)) {
        return false;
    }
    const struct layout *layout = site.text.layout;
    site.number = layout_statement_at(layout, change->place.start);
    if (site.number == NONE) {
        return false;
    }
    site.statement = &layout->statements[site.number];
    site.base = fix_text_indent(&site.text, site.statement->start, &site.base_length);
    site.unit = fix_text_unit(&site.text, site.number);
    site.line_break = fix_text_line_break(&site.text, site.statement->start);
    return makers[change->kind](&site);
}

static int compare_edits(const void *a, const void *b)
{
    const struct text_edit *x = a, *y = b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

static bool is_free_of_overlaps(const struct text_edits *edits)
{
    for (size_t i = 1; i < edits->n; i++) {
        const struct text_edit *before = &edits->items[i - 1], *edit = &edits->items[i];
        if (before->file == edit->file && before->end > edit->start) {
            return false;
        }
    }
    return true;
}

static bool make_edits(struct fixer *fixer, const struct finding *finding)
{
    fixer->edits.n = 0;
    for (const struct change *c = finding->changes; c; c = c->next) {
        if (!make_change(fixer, c)) {
            return false;
        }
    }
    qsort(fixer->edits.items, fixer->edits.n, sizeof *fixer->edits.items, compare_edits);
    return is_free_of_overlaps(&fixer->edits);
}

static struct report_edit resolve_edit(struct fixer *fixer, const struct text_edit *edit)
{
    const struct report_file *file = resolver_file(fixer->resolver, edit->file);
    return (struct report_edit){
        .span = {.file = file,
                 .start = lines_position(&file->source, &file->lines, edit->start),
                 .end = lines_position(&file->source, &file->lines, edit->end)},
        .start = edit->start,
        .end = edit->end,
        .text = edit->text,
        .is_import = edit->is_import,
    };
}

void fixer_resolve(struct fixer *fixer, const struct finding *finding, struct message *message)
{
    if (finding->changes == NULL || !make_edits(fixer, finding)) {
        return;
    }
    size_t n = fixer->edits.n;
    struct report_edit *edits = arena_alloc(fixer->resolver->arena, n * sizeof *edits + 1);
    for (size_t i = 0; i < n; i++) {
        edits[i] = resolve_edit(fixer, &fixer->edits.items[i]);
    }
    message->edits = edits;
    message->n_edits = n;
    message->fix_is_safe = finding->fix_is_safe;
}
