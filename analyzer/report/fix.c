/*
 * fix.c - from changes to edits.
 *
 * Each kind of change is one function (fix_site.h), which adds its edits or refuses.  A fix is
 * whole or not there: when one change is refused, or two get in each other's way, nothing of it is
 * offered.
 */
#include "report/fix.h"

#include "report/fix_site.h"
#include "report/known_fixes.h"

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

/* The text of a notebook is not what is in its file. */
static bool is_notebook(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot, ".ipynb") == 0;
}

/* Facts from the store may be of another text than the one that is there now. */
static bool is_as_analysed(const struct report_file *file, const struct facts *facts)
{
    return file->has_source && !is_notebook(file->path) && file->source.hash == facts->hash
           && !(facts->flags & (FACTS_HAVE_ERRORS | FACTS_ARE_PYTHON_2))
           && !(file->source.flags & SOURCE_LONE_CR);
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

/* ---- a whole fix ---- */

static bool (*const makers[])(struct site *site) = {
    [CHANGE_REPLACE] = fix_change_replace,
    [CHANGE_STATEMENT] = fix_change_statement,
    [CHANGE_REMOVE] = fix_change_remove,
    [CHANGE_REMOVE_NAME] = fix_change_remove_name,
    [CHANGE_BEFORE] = fix_change_before,
    [CHANGE_AFTER] = fix_change_after,
    [CHANGE_BEGIN_BODY] = fix_change_begin_body,
    [CHANGE_INDENT] = fix_change_indent,
    [CHANGE_WITH] = fix_change_with,
    [CHANGE_FINALLY] = fix_change_finally,
    [CHANGE_IMPORT] = fix_change_import,
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
        .lock = edit->lock,
    };
}

/* ---- what was known before ---- */

static bool are_in_one_file(const struct change *changes)
{
    for (const struct change *c = changes; c != NULL; c = c->next) {
        if (c->place.file != changes->place.file) {
            return false;
        }
    }
    return true;
}

/* The same without parsing a file for what an earlier run has worked out. */
static bool find_edits(struct fixer *fixer, const struct finding *finding)
{
    const struct settle_input *input = fixer->resolver->input;
    uint32_t index = finding->changes->place.file;
    const struct report_file *file = resolver_file(fixer->resolver, index);
    if (input->fixes == NULL || !are_in_one_file(finding->changes)
        || !is_as_analysed(file, input->program->files[index])) {
        return make_edits(fixer, finding);
    }
    struct fix_key key = known_fixes_key(finding->changes, file);
    if (!known_fixes_find(input->fixes, key, index, &fixer->edits)) {
        fixer->edits.n = make_edits(fixer, finding) ? fixer->edits.n : 0;
        known_fixes_add(input->fixes, key, &fixer->edits);
    }
    return fixer->edits.n > 0;
}

void fixer_resolve(struct fixer *fixer, const struct finding *finding, struct message *message)
{
    if (finding->changes == NULL || !find_edits(fixer, finding)) {
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
