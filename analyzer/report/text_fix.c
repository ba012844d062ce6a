/*
 * text_fix.c - the lines that a fix changes, under its finding.
 *
 *         = fix: made by --fix --unsafe-fixes
 *      10 -         self.tree = tree
 *      10 +         self.tree = weakref.ref(tree)
 */
#include "report/text_lines.h"

#include "text/cells.h"

#include <string.h>

enum { MOST_LINES = 8 }; /* a fix that cannot be taken in at a glance is left to --show-diff */

/* Edits that share lines: what stands there, and what is to. */
struct hunk {
    const struct source *source;
    uint32_t line;  /* of the first byte, 1-based */
    uint32_t start; /* of the text that is replaced, whole lines */
    uint32_t end;
    struct builder new_text;
};

/* Whole lines of a text. */
struct stretch {
    const char *s;
    size_t n;
};

static uint32_t start_of_line(const struct source *source, uint32_t offset)
{
    while (offset > 0 && source->bytes[offset - 1] != '\n') {
        offset--;
    }
    return offset;
}

static uint32_t end_of_line(const struct source *source, uint32_t offset)
{
    const char *end = memchr(source->bytes + offset, '\n', source->n - offset);
    return end != NULL ? (uint32_t)(end - source->bytes) + 1 : (uint32_t)source->n;
}

/* The hunk that begins with edit `*next`, which moves behind its last one. */
static void make_hunk(struct hunk *hunk, const struct message *message, size_t *next)
{
    const struct report_edit *edit = &message->edits[*next];
    const struct source *source = &edit->span.file->source;
    hunk->source = source;
    hunk->line = edit->span.start.line;
    hunk->start = hunk->end = start_of_line(source, edit->start);
    builder_clear(&hunk->new_text);
    uint32_t done = hunk->start;
    do {
        builder_add_bytes(&hunk->new_text, source->bytes + done, edit->start - done);
        builder_add(&hunk->new_text, edit->text);
        done = edit->end;
        bool ends_line = done > hunk->start && source->bytes[done - 1] == '\n';
        hunk->end = ends_line ? done : end_of_line(source, done);
        edit = ++*next < message->n_edits ? &message->edits[*next] : NULL;
    } while (edit != NULL && edit->start < hunk->end);
    builder_add_bytes(&hunk->new_text, source->bytes + done, hunk->end - done);
}

static size_t first_line(const struct stretch *lines)
{
    const char *end = memchr(lines->s, '\n', lines->n);
    return end != NULL ? (size_t)(end - lines->s) + 1 : lines->n;
}

static size_t last_line(const struct stretch *lines)
{
    size_t i = lines->n > 0 ? lines->n - 1 : 0;
    while (i > 0 && lines->s[i - 1] != '\n') {
        i--;
    }
    return lines->n - i;
}

/* Takes away the lines at both ends that stay as they are; how many at the beginning. */
static uint32_t trim(struct stretch *old, struct stretch *new)
{
    uint32_t n_trimmed = 0;
    while (old->n > 0 && new->n > 0) {
        size_t n = first_line(old);
        if (n != first_line(new) || memcmp(old->s, new->s, n) != 0) {
            break;
        }
        *old = (struct stretch){old->s + n, old->n - n};
        *new = (struct stretch){new->s + n, new->n - n};
        n_trimmed++;
    }
    while (old->n > 0 && new->n > 0) {
        size_t n = last_line(old);
        if (n != last_line(new) || memcmp(old->s + old->n - n, new->s + new->n - n, n) != 0) {
            break;
        }
        old->n -= n;
        new->n -= n;
    }
    return n_trimmed;
}

static uint32_t count_lines(struct stretch lines)
{
    uint32_t count = 0;
    for (size_t n; lines.n > 0; lines.s += n, lines.n -= n, count++) {
        n = first_line(&lines);
    }
    return count;
}

static void add_line(struct builder *out, const struct writer_options *options, const char *line,
                     size_t n, uint32_t number, bool is_new)
{
    struct builder shown = {0};
    unsigned room = text_width(options) - TEXT_MARGIN;
    while (n > 0 && strchr("\r\n", line[n - 1]) != NULL) {
        n--;
    }
    unsigned cells = cells_add(&shown, line, n, 0);
    text_add_margin(out, options, number, is_new ? "+ " : "- ");
    text_start_color(out, options, is_new ? "\x1b[32m" : "\x1b[31m");
    text_add_cells(out, builder_string(&shown), 0, cells < room ? cells : room, cells);
    text_end_color(out, options);
    builder_add_char(out, '\n');
    builder_free(&shown);
}

static void add_lines(struct builder *out, const struct writer_options *options,
                      struct stretch lines, uint32_t number, bool is_new)
{
    for (size_t n; lines.n > 0; lines.s += n, lines.n -= n) {
        n = first_line(&lines);
        add_line(out, options, lines.s, n, number++, is_new);
    }
}

/* Line numbers are those of the text as it is; a new line has that of where it comes to stand. */
static uint32_t add_hunk(struct builder *out, const struct writer_options *options,
                         struct hunk *hunk, uint32_t n_shown)
{
    struct stretch old = {hunk->source->bytes + hunk->start, hunk->end - hunk->start};
    struct stretch new = {builder_string(&hunk->new_text), hunk->new_text.length};
    uint32_t number = hunk->line + trim(&old, &new);
    uint32_t n = count_lines(old) + count_lines(new);
    if (n_shown + n <= MOST_LINES) {
        add_lines(out, options, old, number, false);
        add_lines(out, options, new, number, true);
    }
    return n;
}

/* Whether the file of every edit is at hand: that of the finding is. */
static bool is_in_one_file(const struct message *message)
{
    bool is_in_one = message->span.file->has_source;
    for (size_t i = 0; i < message->n_edits; i++) {
        is_in_one = is_in_one && message->edits[i].span.file == message->span.file;
    }
    return is_in_one;
}

static void add_hunks(struct builder *out, const struct writer_options *options,
                      const struct message *message)
{
    struct builder hunks = {0};
    struct hunk hunk = {0};
    uint32_t n_lines = 0;
    for (size_t next = 0; n_lines <= MOST_LINES && next < message->n_edits;) {
        make_hunk(&hunk, message, &next);
        n_lines += add_hunk(&hunks, options, &hunk, n_lines);
    }
    if (n_lines <= MOST_LINES) {
        builder_add_bytes(out, builder_string(&hunks), hunks.length);
    }
    builder_free(&hunk.new_text);
    builder_free(&hunks);
}

void text_explain_fix(const struct message *message, const struct writer_options *options,
                      struct builder *out)
{
    text_add_wrapped(out, options, "fix: ",
                     message->fix_is_safe ? "made by --fix" : "made by --fix --unsafe-fixes");
    if (is_in_one_file(message)) {
        add_hunks(out, options, message);
    }
}
