/*
 * fixed.c - edits of a file's bytes.
 *
 * A file in UTF-8 is edited as it is.  Of one in another encoding the text is edited and encoded
 * again; where that would not give back the bytes that nobody meant to change, it is refused.
 */
#include "cli/fixed.h"

#include "text/encoding.h"

#include <stdlib.h>
#include <string.h>

enum { MARK_LENGTH = 3 /* of a UTF-8 byte order mark */ };

/* A stretch of the old text that is in the new one as it was. */
struct kept {
    uint32_t old, new, length;
};

/* The new text in the making. */
struct rewrite {
    const struct source *source;
    struct builder text;
    struct {
        ARRAY_OF(struct kept);
    } kept;
};

static uint32_t count_lines(const char *bytes, size_t n)
{
    uint32_t lines = 0;
    const char *end = bytes + n;
    for (const char *c = bytes; c < end; lines++) {
        const char *lf = memchr(c, '\n', (size_t)(end - c));
        c = lf != NULL ? lf + 1 : end;
    }
    return lines;
}

struct fixed *fixed_new(struct builder *bytes, uint64_t hash)
{
    struct fixed *fixed = alloc_zeroed(1, sizeof *fixed);
    fixed->original = *bytes;
    fixed->hash = hash;
    *bytes = (struct builder){0};
    fixed_undo(fixed);
    return fixed;
}

void fixed_free(struct fixed *fixed)
{
    if (fixed != NULL) {
        builder_free(&fixed->original);
        builder_free(&fixed->bytes);
        free(fixed->origins);
        free(fixed);
    }
}

void fixed_undo(struct fixed *fixed)
{
    builder_clear(&fixed->bytes);
    builder_add_bytes(&fixed->bytes, builder_string(&fixed->original), fixed->original.length);
    free(fixed->origins);
    fixed->n_lines = count_lines(builder_string(&fixed->original), fixed->original.length);
    fixed->origins = alloc_zeroed(fixed->n_lines + 1, sizeof *fixed->origins);
    for (uint32_t i = 0; i < fixed->n_lines; i++) {
        fixed->origins[i] = i;
    }
    fixed->n_fixes = 0;
    fixed->bits = 0;
}

/* ---- the new text ---- */

static int compare_edits(const void *a, const void *b)
{
    const struct fixed_edit *x = a, *y = b;
    if (x->edit->start != y->edit->start) {
        return x->edit->start < y->edit->start ? -1 : 1;
    }
    if (x->edit->end != y->edit->end) {
        return x->edit->end < y->edit->end ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

static void keep(struct rewrite *rewrite, uint32_t start, uint32_t end)
{
    *array_push(&rewrite->kept) = (struct kept){start, (uint32_t)rewrite->text.length, end - start};
    builder_add_bytes(&rewrite->text, rewrite->source->bytes + start, end - start);
}

static void make_text(struct rewrite *rewrite, struct fixed_edit *edits, size_t n)
{
    uint32_t at = 0;
    qsort(edits, n, sizeof *edits, compare_edits);
    for (size_t i = 0; i < n; i++) {
        keep(rewrite, at, edits[i].edit->start);
        builder_add(&rewrite->text, edits[i].edit->text);
        at = edits[i].edit->end;
    }
    keep(rewrite, at, rewrite->source->n);
}

/* ---- which line was which ---- */

/* The number of the old line that begins at `offset`; `*line` and `*at` go forward with it. */
static bool is_line_start(const struct source *source, uint32_t offset, uint32_t *line,
                          uint32_t *at)
{
    while (*at < offset) {
        const char *lf = memchr(source->bytes + *at, '\n', source->n - *at);
        *at = lf != NULL ? (uint32_t)(lf + 1 - source->bytes) : source->n;
        ++*line;
    }
    return *at == offset;
}

static uint32_t line_length(const struct builder *text, uint32_t start)
{
    const char *line = builder_string(text) + start;
    const char *lf = memchr(line, '\n', text->length - start);
    return lf != NULL ? (uint32_t)(lf + 1 - line) : (uint32_t)text->length - start;
}

/* A line is an old one when all of it was kept, and began a line before. */
static void find_origins(struct fixed *fixed, const struct rewrite *rewrite)
{
    uint32_t n = count_lines(builder_string(&rewrite->text), rewrite->text.length);
    uint32_t *origins = alloc_zeroed(n + 1, sizeof *origins);
    uint32_t old_line = 0, old_at = 0, start = 0;
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length = line_length(&rewrite->text, start);
        while (rewrite->kept.items[k].new + rewrite->kept.items[k].length < start + length
               && k + 1 < rewrite->kept.n) {
            k++;
        }
        const struct kept *kept = &rewrite->kept.items[k];
        bool is_kept = kept->new <= start &&start + length <= kept->new + kept->length;
        uint32_t old = is_kept ? kept->old + (start - kept->new) : 0;
        bool is_same = is_kept && is_line_start(rewrite->source, old, &old_line, &old_at)
                       && (builder_string(&rewrite->text)[start + length - 1] == '\n'
                           || old + length == rewrite->source->n);
        origins[i] = is_same ? fixed->origins[old_line] : NO_ORIGIN;
        start += length;
    }
    free(fixed->origins);
    fixed->origins = origins;
    fixed->n_lines = n;
}

/* ---- bytes ---- */

static void replace_bytes(struct fixed *fixed, const char *mark, const char *bytes, size_t n)
{
    builder_clear(&fixed->bytes);
    builder_add(&fixed->bytes, mark);
    builder_add_bytes(&fixed->bytes, bytes, n);
}

static bool encode(struct fixed *fixed, const struct rewrite *rewrite, struct error *error)
{
    const struct source *source = rewrite->source;
    struct arena arena = {0};
    char *old, *new;
    size_t n_old, n_new;
    bool ok =
        encoding_from_utf8(source->encoding, source->bytes, source->n, &arena, &old, &n_old, error)
        && encoding_from_utf8(source->encoding, builder_string(&rewrite->text),
                              rewrite->text.length, &arena, &new, &n_new, error);
    if (ok && (n_old != fixed->bytes.length || memcmp(old, fixed->bytes.s, n_old) != 0)) {
        ok = error_at(error, "its bytes cannot be told from its text in %s", source->encoding);
    }
    if (ok) {
        replace_bytes(fixed, "", new, n_new);
    }
    arena_free(&arena);
    return ok;
}

bool fixed_edit(struct fixed *fixed, const struct source *source, struct fixed_edit *edits,
                size_t n, struct error *error)
{
    struct rewrite rewrite = {.source = source};
    make_text(&rewrite, edits, n);
    bool ok = true;
    if (source->flags & SOURCE_TRANSCODED) {
        ok = encode(fixed, &rewrite, error);
    } else {
        bool has_mark = source->flags & SOURCE_BOM;
        char mark[MARK_LENGTH + 1] = "";
        memcpy(mark, builder_string(&fixed->bytes), has_mark ? MARK_LENGTH : 0);
        replace_bytes(fixed, mark, builder_string(&rewrite.text), rewrite.text.length);
    }
    if (ok) {
        find_origins(fixed, &rewrite);
    }
    builder_free(&rewrite.text);
    array_free(&rewrite.kept);
    return ok;
}

uint32_t fixed_original_line(const struct fixed *fixed, uint32_t line)
{
    uint32_t i = line < fixed->n_lines ? line : fixed->n_lines;
    while (i > 0 && fixed->origins[i - 1] == NO_ORIGIN) {
        i--;
    }
    return i > 0 ? fixed->origins[i - 1] + 1 : 1;
}
