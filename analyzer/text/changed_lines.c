/*
 * changed_lines.c - reading a diff.
 *
 * The output begins with a record a file, which alone tells of files that git takes for binary:
 *
 *     3 \t 1 \t path \0          or, renamed:  3 \t 1 \t \0 old \0 new \0          binary: - \t -
 * \t
 *
 * An empty record ends them.  In the patches that follow a name is quoted as in C when it needs it,
 * and the numbers of a hunk tell how many lines it has: so no line of a file can be taken for a
 * header.
 */
#include "text/changed_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is left to be read. */
struct reader {
    struct changed_lines *changed;
    const char *root;
    const char *at, *end;
};

static bool broken(struct error *error)
{
    return error_at(error, "cannot understand what git diff wrote");
}

/* ---- files ---- */

static struct changed_file *file_of(struct changed_lines *changed, const char *root,
                                    const char *path, size_t n)
{
    bool has_slash = *root != '\0' && root[strlen(root) - 1] == '/';
    const char *whole =
        arena_format(&changed->arena, "%s%s%.*s", root, has_slash ? "" : "/", (int)n, path);
    uint32_t next = (uint32_t)changed->files.n;
    uint32_t index = name_table_put(&changed->paths, whole, strlen(whole), next);
    return index == next ? array_push(&changed->files) : &changed->files.items[index];
}

void changed_lines_add_whole(struct changed_lines *changed, const char *root, const char *path,
                             size_t n)
{
    file_of(changed, root, path, n)->is_whole = true;
}

static void add_line(struct changed_file *file, uint32_t line)
{
    if (file->ranges.n > 0 && array_last(&file->ranges)->last + 1 == line) {
        array_last(&file->ranges)->last = line;
    } else {
        *array_push(&file->ranges) = (struct line_range){line, line};
    }
}

/* ---- the records ---- */

/* A string that ends in NUL, which is taken. */
static const char *take_string(struct reader *reader, size_t *n)
{
    const char *start = reader->at;
    const char *end = memchr(start, '\0', (size_t)(reader->end - start));
    if (end == NULL) {
        return NULL;
    }
    *n = (size_t)(end - start);
    reader->at = end + 1;
    return start;
}

static bool read_record(struct reader *reader, const char *record, size_t n)
{
    const char *tab = memchr(record, '\t', n);
    const char *path = tab ? memchr(tab + 1, '\t', (size_t)(record + n - tab - 1)) : NULL;
    if (path == NULL) {
        return false;
    }
    size_t length = (size_t)(record + n - ++path);
    if (length == 0) {
        path = take_string(reader, &length) ? take_string(reader, &length) : NULL;
    }
    if (path != NULL && *record == '-') {
        changed_lines_add_whole(reader->changed, reader->root, path, length);
    }
    return path != NULL;
}

static bool read_records(struct reader *reader)
{
    while (reader->at < reader->end) {
        size_t n;
        const char *record = take_string(reader, &n);
        if (record == NULL) {
            return false;
        }
        if (n == 0) {
            break;
        }
        if (!read_record(reader, record, n)) {
            return false;
        }
    }
    return true;
}

/* ---- the patches ---- */

/* A line without its end, which is taken. */
static const char *take_line(struct reader *reader, size_t *n)
{
    const char *start = reader->at;
    const char *end = memchr(start, '\n', (size_t)(reader->end - start));
    *n = (size_t)((end != NULL ? end : reader->end) - start);
    reader->at = end != NULL ? end + 1 : reader->end;
    return start;
}

static bool begins(const char *line, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* The byte that stands behind a backslash; moves behind it. */
static char unescape(const char **at)
{
    static const char letters[] = "abtnvfr", bytes[] = "\a\b\t\n\v\f\r";
    const char *letter = **at != '\0' ? strchr(letters, **at) : NULL;
    if (letter != NULL) {
        ++*at;
        return bytes[letter - letters];
    }
    if (**at < '0' || **at > '3') {
        return *(*at)++;
    }
    unsigned byte = 0;
    for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++) {
        byte = byte * 8 + (unsigned)(*(*at)++ - '0');
    }
    return (char)byte;
}

/* Takes the quotes off a name; its length.  What follows the closing quote is dropped. */
static size_t unquote(const char *quoted, char *name)
{
    size_t n = 0;
    for (const char *at = quoted + 1; *at != '"' && *at != '\0';) {
        char c = *at++;
        name[n++] = c == '\\' && *at != '\0' ? unescape(&at) : c;
    }
    name[n] = '\0';
    return n;
}

/* The file of a line `+++ b/path` or `+++ "b/path"`; a tab follows a name with blanks.  NULL when
 * the file is gone. */
static struct changed_file *file_of_header(struct reader *reader, const char *line, size_t n)
{
    char *name = arena_string(&reader->changed->arena, line, n);
    size_t length = n > 0 && name[n - 1] == '\t' ? n - 1 : n;
    if (*name == '"') {
        char *plain = arena_string(&reader->changed->arena, name, n);
        length = unquote(name, plain);
        name = plain;
    }
    return begins(name, length, "b/") ? file_of(reader->changed, reader->root, name + 2, length - 2)
                                      : NULL;
}

/* "12,3" or "12", which is "12,1"; moves behind it. */
static bool read_span(const char **at, uint32_t *first, uint32_t *n)
{
    char *end;
    errno = 0;
    unsigned long start = strtoul(*at, &end, 10), length = 1;
    bool ok = end != *at;
    if (ok && *end == ',') {
        *at = end + 1;
        length = strtoul(*at, &end, 10);
        ok = end != *at;
    }
    *at = end;
    *first = (uint32_t)start;
    *n = (uint32_t)length;
    return ok && errno == 0 && start < UINT32_MAX && length < UINT32_MAX;
}

/* Goes through the lines of a hunk: a user may have made git show lines around the change. */
static bool read_hunk(struct reader *reader, const char *header, struct changed_file *file)
{
    uint32_t old, n_old, line, n_new;
    const char *at = header + strlen("@@ -");
    if (!read_span(&at, &old, &n_old) || strncmp(at, " +", 2) != 0) {
        return false;
    }
    at += 2;
    if (!read_span(&at, &line, &n_new) || strncmp(at, " @@", 3) != 0) {
        return false;
    }
    while (n_old + n_new > 0) {
        size_t n;
        const char *text = take_line(reader, &n);
        char mark = n > 0 ? *text : ' ';
        if (mark == '\\') {
            continue;
        }
        if ((mark != '+' && n_old == 0) || (mark != '-' && n_new == 0)
            || (n == 0 && reader->at == reader->end)) {
            return false;
        }
        if (mark == '+' && file != NULL) {
            add_line(file, line);
        }
        n_old -= mark != '+';
        n_new -= mark != '-';
        line += mark != '-';
    }
    return true;
}

static bool read_patches(struct reader *reader)
{
    struct changed_file *file = NULL;
    while (reader->at < reader->end) {
        size_t n;
        const char *line = take_line(reader, &n);
        if (begins(line, n, "diff --git ")) {
            file = NULL;
        } else if (begins(line, n, "+++ ")) {
            file = file_of_header(reader, line + 4, n - 4);
        } else if (begins(line, n, "@@ -") && !read_hunk(reader, line, file)) {
            return false;
        }
    }
    return true;
}

bool changed_lines_read(struct changed_lines *changed, const char *root, const char *text, size_t n,
                        struct error *error)
{
    struct reader reader = {changed, root, text, text + n};
    return (read_records(&reader) && read_patches(&reader)) || broken(error);
}

/* ---- asking ---- */

const struct changed_file *changed_lines_find(const struct changed_lines *changed, const char *path)
{
    uint32_t index = name_table_get(&changed->paths, path, strlen(path));
    return index == TABLE_NONE ? NULL : &changed->files.items[index];
}

bool changed_file_has(const struct changed_file *file, uint32_t first, uint32_t last)
{
    size_t low = 0, high = file->ranges.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->ranges.items[middle].last < first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return file->is_whole || (low < file->ranges.n && file->ranges.items[low].first <= last);
}

void changed_lines_free(struct changed_lines *changed)
{
    for (size_t i = 0; i < changed->files.n; i++) {
        array_free(&changed->files.items[i].ranges);
    }
    array_free(&changed->files);
    name_table_free(&changed->paths);
    arena_free(&changed->arena);
}
