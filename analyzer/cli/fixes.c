/*
 * fixes.c - one round of fixes after the other.
 *
 * In a round the fixes are taken in the order of the report, each one unless it touches what an
 * earlier one changes.  Then the changed files are analysed again, for the rest, and for what the
 * change brought to light.  A file whose new text would not parse is put back and left alone.
 */
#include "cli/fixes.h"

#include "cli/fixed.h"
#include "cli/output.h"
#include "cli/replace.h"
#include "cli/status.h"
#include "facts/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is claimed of a file's text, by byte. */
enum claim {
    CLAIM_BYTE = 1,     /* it is replaced */
    CLAIM_GAP = 2,      /* nothing may be put in before it */
    CLAIM_LOCK = 8,     /* some edit has its lock here */
    CLAIM_INSERTION = 4 /* something is put in before it: nothing but whole lines may join it */
};

/* The fixes of one file in a round. */
struct claims {
    struct file *file; /* NULL: nobody asked yet */
    const struct source *source;
    uint8_t *bytes;
    struct {
        ARRAY_OF(struct fixed_edit);
    } edits;
    struct strings imports;
    size_t n_fixes;
    int bits;
};

struct round {
    struct fixes *fixes;
    struct {
        ARRAY_OF(struct claims);
    } claims;
};

bool fixes_are_wanted(const struct options *options)
{
    return options->fix || options->show_diff;
}

static bool is_wanted(const struct fixes *fixes, const struct message *message)
{
    return message->n_edits > 0 && (message->fix_is_safe || fixes->options->unsafe_fixes);
}

/* ---- which fixes fit together ---- */

static struct claims *claims_of(struct round *round, const struct report_file *file)
{
    for (size_t i = round->claims.n; i-- > 0;) { /* findings come file by file */
        if (round->claims.items[i].source == &file->source) {
            return &round->claims.items[i];
        }
    }
    struct claims *claims = array_push(&round->claims);
    claims->file = files_find_path(round->fixes->files, file->path);
    claims->source = &file->source;
    claims->bytes = alloc_zeroed(file->source.n + 2, 1);
    return claims;
}

static bool is_whole_lines(const struct report_edit *edit)
{
    size_t n = strlen(edit->text);
    return edit->start == edit->end && n > 0 && edit->text[n - 1] == '\n';
}

static bool is_insertion(const struct report_edit *edit)
{
    return edit->start == edit->end;
}

static bool has_import(const struct claims *claims, const struct report_edit *edit)
{
    for (size_t i = 0; edit->is_import && i < claims->imports.n; i++) {
        if (strcmp(claims->imports.items[i], edit->text) == 0) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct claims *claims, const struct report_edit *edit)
{
    if (edit->lock != NONE && (claims->bytes[edit->lock] & CLAIM_LOCK)) {
        return false;
    }
    if (is_insertion(edit)) {
        uint8_t claim = claims->bytes[edit->start];
        return !(claim & CLAIM_GAP) && (!(claim & CLAIM_INSERTION) || is_whole_lines(edit));
    }
    for (uint32_t i = edit->start; i < edit->end; i++) {
        uint8_t forbidden = CLAIM_BYTE | (i > edit->start ? CLAIM_INSERTION : 0);
        if (claims->bytes[i] & forbidden) {
            return false;
        }
    }
    return true;
}

static void claim(struct claims *claims, const struct report_edit *edit)
{
    if (edit->lock != NONE) {
        claims->bytes[edit->lock] |= CLAIM_LOCK;
    }
    if (is_insertion(edit)) {
        claims->bytes[edit->start] |= is_whole_lines(edit) ? CLAIM_INSERTION : CLAIM_GAP;
        claims->bytes[edit->start] |= CLAIM_INSERTION;
    }
    for (uint32_t i = edit->start; i < edit->end; i++) {
        claims->bytes[i] |= i > edit->start ? CLAIM_BYTE | CLAIM_GAP : CLAIM_BYTE;
    }
}

/* A fix that indents lines has all of them for itself, also those it does not change. */
static bool indents(const struct message *message)
{
    for (size_t i = 0; i < message->n_edits; i++) {
        const struct report_edit *edit = &message->edits[i];
        if (is_insertion(edit) && edit->text[strspn(edit->text, " \t")] == '\0') {
            return true;
        }
    }
    return false;
}

/* The stretch of a fix in one file, its imports not counted; an edit of all of it. */
static struct report_edit stretch_of(const struct message *message, const struct source *source)
{
    struct report_edit stretch = {.start = UINT32_MAX, .text = ""};
    for (size_t i = 0; i < message->n_edits; i++) {
        const struct report_edit *edit = &message->edits[i];
        if (!edit->is_import && &edit->span.file->source == source) {
            stretch.start = edit->start < stretch.start ? edit->start : stretch.start;
            stretch.end = edit->end > stretch.end ? edit->end : stretch.end;
        }
    }
    return stretch;
}

static bool is_stretch_free(const struct claims *claims, const struct report_edit *stretch)
{
    for (uint32_t i = stretch->start; i <= stretch->end; i++) {
        if (claims->bytes[i] & ~CLAIM_LOCK) {
            return false;
        }
    }
    return true;
}

static bool can_make(struct round *round, const struct message *message)
{
    bool is_exclusive = indents(message);
    for (size_t i = 0; i < message->n_edits; i++) {
        const struct report_edit *edit = &message->edits[i];
        struct claims *claims = claims_of(round, edit->span.file);
        struct report_edit stretch = stretch_of(message, claims->source);
        if (claims->file == NULL || claims->file->is_left_alone
            || (!has_import(claims, edit) && !fits(claims, edit))
            || (is_exclusive && !edit->is_import && !is_stretch_free(claims, &stretch))) {
            return false;
        }
    }
    return true;
}

static void take_edit(struct round *round, const struct report_edit *edit)
{
    struct claims *claims = claims_of(round, edit->span.file);
    if (has_import(claims, edit)) {
        return;
    }
    claim(claims, edit);
    *array_push(&claims->edits) = (struct fixed_edit){edit, (uint32_t)claims->edits.n - 1};
    if (edit->is_import) {
        *array_push(&claims->imports) = edit->text;
    }
}

static void take_stretch(struct round *round, const struct message *message)
{
    for (size_t i = 0; i < message->n_edits; i++) {
        struct claims *claims = claims_of(round, message->edits[i].span.file);
        struct report_edit stretch = stretch_of(message, claims->source);
        for (uint32_t k = stretch.start; k <= stretch.end; k++) {
            claims->bytes[k] |= CLAIM_BYTE | CLAIM_GAP;
        }
    }
}

static void take(struct round *round, const struct message *message)
{
    if (!can_make(round, message)) {
        return;
    }
    for (size_t i = 0; i < message->n_edits; i++) {
        take_edit(round, &message->edits[i]);
    }
    if (indents(message)) {
        take_stretch(round, message);
    }
    struct claims *home = claims_of(round, message->edits[0].span.file);
    home->n_fixes++;
    home->bits |= status_bit(rule_category(message->rule));
}

/* ---- making them ---- */

static void leave_alone(struct file *file, const struct error *error)
{
    file->is_left_alone = true;
    fprintf(stderr, "cyclint: %s: not fixed: %s\n", file->path, error->message);
}

/* What is on the disk may be newer than what was analysed. */
static bool begin(struct fixes *fixes, struct file *file, uint64_t hash, struct error *error)
{
    struct builder bytes = {0};
    if (file->fixed != NULL) {
        return true;
    }
    if (files_is_stdin(fixes->files, file->path)) {
        const struct builder *text = &fixes->files->stdin_text;
        builder_add_bytes(&bytes, builder_string(text), text->length);
    } else if (!replace_read(file->path, &bytes, error)) {
        builder_free(&bytes);
        return false;
    }
    bool is_same = replace_hash(&bytes) == hash;
    if (is_same) {
        file->fixed = fixed_new(&bytes, hash);
    }
    builder_free(&bytes);
    return is_same || error_at(error, "it was changed by somebody else meanwhile");
}

static bool parses(struct fixes *fixes, const struct fixed *fixed, struct error *error)
{
    struct arena arena = {0};
    struct source source;
    struct layout layout;
    if (fixes->layouter == NULL) {
        fixes->layouter = layouter_new();
    }
    bool ok = source_from_bytes("", builder_string(&fixed->bytes), fixed->bytes.length, &arena,
                                &source, error)
              && (layout_find(fixes->layouter, &source, &arena, &layout)
                  || error_at(error, "the new text would not parse"));
    arena_free(&arena);
    return ok;
}

/* Makes the edits of one file in a round.  False when it is left as it was. */
static bool make(struct fixes *fixes, struct claims *claims)
{
    struct file *file = claims->file;
    struct error error;
    if (!begin(fixes, file, claims->source->hash, &error)) {
        leave_alone(file, &error);
        return false;
    }
    bool ok = fixed_edit(file->fixed, claims->source, claims->edits.items, claims->edits.n, &error)
              && parses(fixes, file->fixed, &error);
    if (!ok) {
        leave_alone(file, &error);
        fixes->n_fixed -= file->fixed->n_fixes;
        fixed_undo(file->fixed);
    } else {
        file->fixed->n_fixes += claims->n_fixes;
        fixes->n_fixed += claims->n_fixes;
        file->fixed->bits |= claims->bits;
    }
    file->is_stale = true;
    return ok;
}

static void free_claims(struct claims *claims)
{
    free(claims->bytes);
    array_free(&claims->edits);
    array_free(&claims->imports);
}

bool fixes_make(struct fixes *fixes, const struct report *report)
{
    struct round round = {.fixes = fixes};
    bool has_stale = false;
    for (size_t i = 0; i < report->shown.n; i++) {
        if (is_wanted(fixes, &report->shown.items[i])) {
            take(&round, &report->shown.items[i]);
        }
    }
    for (size_t i = 0; i < round.claims.n; i++) {
        struct claims *claims = &round.claims.items[i];
        if (claims->edits.n > 0) {
            make(fixes, claims);
            has_stale = has_stale || claims->file->is_stale;
        }
        free_claims(claims);
    }
    array_free(&round.claims);
    return has_stale;
}

/* ---- what becomes of them ---- */

static bool is_changed(const struct file *file)
{
    return file->fixed != NULL && file->fixed->n_fixes > 0;
}

static bool show(const struct fixes *fixes, struct error *error)
{
    struct builder out = {0};
    for (size_t i = 0; i < fixes->files->n; i++) {
        const struct file *file = &fixes->files->items[i];
        if (is_changed(file)) {
            fixed_diff(file->fixed, file->path, output_uses_color(fixes->options), &out);
        }
    }
    bool ok = fixes->options->output == NULL
                  ? output_bytes(builder_string(&out), out.length, error)
                  : output_file(fixes->options->output, builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

/* The standard input goes to the standard output, fixed or not. */
static bool write_stdin(const struct fixes *fixes, const struct file *file, struct error *error)
{
    const struct builder *text = is_changed(file) ? &file->fixed->bytes : &fixes->files->stdin_text;
    return output_bytes(builder_string(text), text->length, error);
}

/* False when the file is still as it was. */
static bool write_file(struct fixes *fixes, struct file *file)
{
    struct error error;
    if (replace_file(file->path, file->fixed->hash, &file->fixed->bytes, &error)) {
        return true;
    }
    leave_alone(file, &error);
    fixes->has_failed = true;
    fixes->n_fixed -= file->fixed->n_fixes;
    fixed_undo(file->fixed);
    file->is_stale = true;
    return false;
}

bool fixes_write(struct fixes *fixes, bool *is_repeated, struct error *error)
{
    *is_repeated = false;
    if (fixes->options->show_diff) {
        return show(fixes, error);
    }
    for (size_t i = 0; i < fixes->files->n; i++) {
        struct file *file = &fixes->files->items[i];
        if (files_is_stdin(fixes->files, file->path)) {
            if (!write_stdin(fixes, file, error)) {
                return false;
            }
        } else if (is_changed(file) && !write_file(fixes, file)) {
            *is_repeated = true;
        }
    }
    return true;
}

static size_t count_files(const struct fixes *fixes)
{
    size_t n = 0;
    for (size_t i = 0; i < fixes->files->n; i++) {
        n += is_changed(&fixes->files->items[i]);
    }
    return n;
}

int fixes_status(const struct fixes *fixes)
{
    int bits = 0;
    for (size_t i = 0; i < fixes->files->n; i++) {
        bits |= is_changed(&fixes->files->items[i]) ? fixes->files->items[i].fixed->bits : 0;
    }
    return bits;
}

void fixes_tell(const struct fixes *fixes)
{
    size_t n = fixes->n_fixed, n_files = count_files(fixes);
    const char *verb = fixes->options->show_diff ? "would fix" : "fixed";
    if (n > 0) {
        fprintf(stderr, "cyclint: %s %zu finding%s in %zu file%s\n", verb, n, n == 1 ? "" : "s",
                n_files, n_files == 1 ? "" : "s");
    } else if (fixes->options->show_diff) {
        fprintf(stderr, "cyclint: nothing to fix\n");
    }
}

void fixes_free(struct fixes *fixes)
{
    layouter_free(fixes->layouter);
    fixes->layouter = NULL;
}
