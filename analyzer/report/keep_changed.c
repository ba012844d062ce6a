/*
 * keep_changed.c - only findings on lines that have changed are reported.
 *
 * Git ends a line at LF.  For Python a CR alone ends one too: in a file that has such, git's lines
 * are found again in the file itself.
 */
#include "report/keep_changed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file that messages name. */
struct known_file {
    const struct changed_file *changed; /* NULL: it is as it was */
    struct {
        ARRAY_OF(uint32_t);
    } lines; /* the number that git gives to each line; empty: the same */
};

struct filter {
    struct name_table paths;
    struct known_file *files;
    uint32_t (*original)(void *context, const char *path, uint32_t line);
    void *context;
};

/* ---- lines ---- */

static bool has_lone_cr(const char *bytes, size_t n)
{
    const char *end = bytes + n;
    for (const char *at = bytes; (at = memchr(at, '\r', (size_t)(end - at))) != NULL; at++) {
        if (at + 1 == end || at[1] != '\n') {
            return true;
        }
    }
    return false;
}

static void number_lines(struct known_file *file, const char *bytes, size_t n)
{
    uint32_t line = 1;
    *array_push(&file->lines) = 0; /* lines count from 1 */
    *array_push(&file->lines) = line;
    for (size_t i = 0; i < n; i++) {
        bool is_lone_cr = bytes[i] == '\r' && (i + 1 == n || bytes[i + 1] != '\n');
        line += bytes[i] == '\n';
        if (bytes[i] == '\n' || is_lone_cr) {
            *array_push(&file->lines) = line;
        }
    }
}

static void read_lines(struct known_file *file, const char *path)
{
    struct builder text = {0};
    char part[1 << 14];
    size_t n;
    FILE *opened = fopen(path, "rbe");
    while (opened != NULL && (n = fread(part, 1, sizeof part, opened)) > 0) {
        builder_add_bytes(&text, part, n);
    }
    if (opened != NULL) {
        fclose(opened);
    }
    if (has_lone_cr(builder_string(&text), text.length)) {
        number_lines(file, text.s, text.length);
    }
    builder_free(&text);
}

static uint32_t line_of_git(const struct known_file *file, uint32_t line)
{
    return line < file->lines.n ? file->lines.items[line] : line;
}

/* ---- files ---- */

static void know_file(struct known_file *known, const struct report_file *file,
                      const struct changed_lines *changed)
{
    char *real = realpath(file->path, NULL);
    const char *path = real != NULL ? real : file->absolute_path;
    known->changed = changed_lines_find(changed, path);
    if (known->changed != NULL && !known->changed->is_whole) {
        read_lines(known, path);
    }
    free(real);
}

static void begin(struct filter *filter, const struct report *report,
                  const struct changed_lines *changed)
{
    *filter = (struct filter){.files = alloc_zeroed(report->n_files, sizeof *filter->files)};
    for (size_t i = 0; i < report->n_files; i++) {
        const struct report_file *file = report->files[i];
        know_file(&filter->files[i], file, changed);
        name_table_put(&filter->paths, file->path, strlen(file->path), (uint32_t)i);
    }
}

static void end(struct filter *filter, const struct report *report)
{
    for (size_t i = 0; i < report->n_files; i++) {
        array_free(&filter->files[i].lines);
    }
    free(filter->files);
    name_table_free(&filter->paths);
}

/* ---- messages ---- */

/* The end of a span is behind it, perhaps at the beginning of a line that does not belong to it. */
static uint32_t last_line(const struct span *span)
{
    uint32_t line = span->end.line;
    line -= line > 0 && span->end.column == 0;
    return line > span->start.line ? line : span->start.line;
}

static bool has_changed(const struct filter *filter, const struct span *span)
{
    const char *path = span->file->path;
    uint32_t index = name_table_get(&filter->paths, path, strlen(path));
    const struct known_file *file = index != TABLE_NONE ? &filter->files[index] : NULL;
    if (file == NULL || file->changed == NULL) {
        return false;
    }
    if (span->start.line == 0) {
        return true; /* the whole file */
    }
    uint32_t first = filter->original(filter->context, path, span->start.line);
    uint32_t last = filter->original(filter->context, path, last_line(span));
    return changed_file_has(file->changed, line_of_git(file, first), line_of_git(file, last));
}

static bool is_kept(const struct filter *filter, const struct message *message)
{
    bool is = rule_category(message->rule) == CATEGORY_FATAL || has_changed(filter, &message->span);
    for (size_t i = 0; !is && i < message->n_related; i++) {
        is = has_changed(filter, &message->related[i].span);
    }
    for (size_t i = 0; !is && i < message->n_edges; i++) {
        is = has_changed(filter, &message->edges[i].span);
    }
    return is;
}

static void keep(const struct filter *filter, struct messages *messages)
{
    size_t n = 0;
    for (size_t i = 0; i < messages->n; i++) {
        if (is_kept(filter, &messages->items[i])) {
            messages->items[n++] = messages->items[i];
        }
    }
    messages->n = n;
}

void report_keep_changed(struct report *report, const struct changed_lines *changed,
                         uint32_t (*original)(void *context, const char *path, uint32_t line),
                         void *context)
{
    struct filter filter;
    begin(&filter, report, changed);
    filter.original = original;
    filter.context = context;
    keep(&filter, &report->shown);
    keep(&filter, &report->suppressed);
    end(&filter, report);
    report_count(report);
}
