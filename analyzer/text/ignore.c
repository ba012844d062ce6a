/*
 * ignore.c - what .gitignore files leave out: gitignore(5).
 *
 * A pattern with a slash before its end is matched against the path below the folder of its file;
 * one without against the last part of the path alone, at any depth.  `!` takes back what an
 * earlier pattern left out.  What is in a folder that is left out is never asked about: the walk
 * does not go there, as git says.
 */
#include "text/ignore.h"

#include "base/array.h"
#include "base/builder.h"
#include "text/glob.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct pattern {
    const char *glob;
    bool is_negated;     /* '!' stood before it */
    bool is_for_folders; /* '/' stood after it */
    bool is_anchored;    /* matched against the whole path below the folder */
    bool is_literal;     /* no special character: a comparison will do */
};

struct ignore_level {
    const struct ignore_level *outer;
    const char *folder;   /* absolute; "" for the root */
    size_t folder_length; /* of `folder` */
    struct pattern *patterns;
    size_t n;
};

/* The length of a line without the blanks after it; a blank after a backslash stays. */
static size_t trimmed_length(const char *line, size_t length)
{
    if (length > 0 && line[length - 1] == '\r') {
        length--;
    }
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t')
           && !(length > 1 && line[length - 2] == '\\')) {
        length--;
    }
    return length;
}

/* Reads one line; false when it says nothing. */
static bool read_pattern(struct arena *arena, const char *line, size_t length,
                         struct pattern *pattern)
{
    length = trimmed_length(line, length);
    if (length == 0 || *line == '#') {
        return false;
    }
    *pattern = (struct pattern){.is_negated = *line == '!'};
    line += pattern->is_negated;
    length -= pattern->is_negated;
    if (length > 0 && line[length - 1] == '/') {
        pattern->is_for_folders = true;
        length--;
    }
    pattern->is_anchored = memchr(line, '/', length) != NULL;
    if (length > 0 && *line == '/') {
        line++;
        length--;
    }
    pattern->glob = arena_string(arena, line, length);
    pattern->is_literal = strpbrk(pattern->glob, "*?[\\") == NULL;
    return length > 0;
}

const struct ignore_level *ignore_from_text(struct arena *arena, const char *folder,
                                            const char *text, const struct ignore_level *outer)
{
    struct {
        ARRAY_OF(struct pattern);
    } patterns = {0};
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
    }
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        struct pattern pattern;
        if (read_pattern(arena, line, length, &pattern)) {
            *array_push(&patterns) = pattern;
        }
        line += length + (line[length] == '\n');
    }
    if (patterns.n == 0) {
        return outer;
    }
    struct ignore_level *level = arena_alloc(arena, sizeof *level);
    level->outer = outer;
    level->folder = strcmp(folder, "/") == 0 ? "" : folder;
    level->folder_length = strlen(level->folder);
    level->patterns = arena_copy(arena, patterns.items, patterns.n * sizeof *patterns.items);
    level->n = patterns.n;
    array_free(&patterns);
    return level;
}

/* False when there is no such file or it cannot be read. */
static bool read_file(const char *path, struct builder *text)
{
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        return false;
    }
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;) {
        builder_add_bytes(text, part, n);
    }
    bool ok = !ferror(in); /* a folder can be opened but not read */
    fclose(in);
    return ok;
}

/* The same from a file; `outer` when there is none or it cannot be read. */
static const struct ignore_level *level_from_file(struct arena *arena, const char *folder,
                                                  const char *file,
                                                  const struct ignore_level *outer)
{
    struct builder text = {0};
    read_file(file, &text);
    const struct ignore_level *level =
        ignore_from_text(arena, folder, builder_string(&text), outer);
    builder_free(&text);
    return level;
}

static const char *inside(struct arena *arena, const char *folder, const char *name)
{
    return arena_format(arena, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
}

static bool is_repository(struct arena *arena, const char *folder)
{
    return access(inside(arena, folder, ".git"), F_OK) == 0;
}

/* The one line of a file, behind `prefix`, as a path below `folder` unless it is absolute; NULL
 * when the file is not so. */
static const char *path_from_file(struct arena *arena, const char *folder, const char *file,
                                  const char *prefix)
{
    struct builder text = {0};
    const char *path = NULL;
    size_t skip = strlen(prefix);
    if (read_file(file, &text) && strncmp(builder_string(&text), prefix, skip) == 0) {
        const char *line = builder_string(&text) + skip;
        line = arena_string(arena, line, strcspn(line, "\r\n"));
        path = *line == '/' ? line : inside(arena, folder, line);
    }
    builder_free(&text);
    return path;
}

/* The folder that has info/exclude.  In a worktree `.git` is a file that leads to a folder with a
 * file `commondir` that leads to the repository's; in a submodule to the folder itself. */
static const char *git_folder(struct arena *arena, const char *folder)
{
    const char *git = inside(arena, folder, ".git");
    const char *linked = path_from_file(arena, folder, git, "gitdir: ");
    if (linked == NULL) {
        return git;
    }
    const char *common = path_from_file(arena, linked, inside(arena, linked, "commondir"), "");
    return common != NULL ? common : linked;
}

const struct ignore_level *ignore_enter(struct arena *arena, const char *folder,
                                        const struct ignore_level *outer)
{
    if (is_repository(arena, folder)) {
        const char *exclude = inside(arena, git_folder(arena, folder), "info/exclude");
        outer = level_from_file(arena, folder, exclude, NULL);
    }
    return level_from_file(arena, folder, inside(arena, folder, ".gitignore"), outer);
}

/* The length of the path of the repository that `folder` lies in, 0 for none.  `folder` may itself
 * be its top: then nothing is around it. */
static size_t find_repository(struct arena *arena, const char *folder)
{
    size_t length = strlen(folder);
    while (length > 0) {
        const char *path = arena_string(arena, folder, length);
        if (is_repository(arena, path)) {
            return length;
        }
        while (length > 0 && folder[--length] != '/') {
        }
    }
    return 0;
}

const struct ignore_level *ignore_around(struct arena *arena, const char *folder)
{
    const struct ignore_level *level = NULL;
    size_t length = find_repository(arena, folder), whole = strlen(folder);
    while (length > 0 && length < whole) {
        level = ignore_enter(arena, arena_string(arena, folder, length), level);
        length += 1 + strcspn(folder + length + 1, "/");
    }
    return level;
}

/* The part of `path` below the folder of the level; NULL when it lies elsewhere. */
static const char *path_below(const struct ignore_level *level, const char *path)
{
    bool is_below = strncmp(path, level->folder, level->folder_length) == 0
                    && path[level->folder_length] == '/';
    return is_below ? path + level->folder_length + 1 : NULL;
}

static bool pattern_matches(const struct pattern *pattern, const char *below, const char *name,
                            bool is_folder)
{
    if (pattern->is_for_folders && !is_folder) {
        return false;
    }
    const char *subject = pattern->is_anchored ? below : name;
    if (subject == NULL) {
        return false;
    }
    return pattern->is_literal ? strcmp(pattern->glob, subject) == 0
                               : glob_matches(pattern->glob, subject);
}

bool ignore_covers(const struct ignore_level *level, const char *path, bool is_folder)
{
    const char *name = strrchr(path, '/') + 1;
    for (; level != NULL; level = level->outer) {
        const char *below = path_below(level, path);
        for (size_t i = level->n; i-- > 0;) {
            if (pattern_matches(&level->patterns[i], below, name, is_folder)) {
                return !level->patterns[i].is_negated;
            }
        }
    }
    return false;
}
