/*
 * discover.c - from the paths a user names to the files to be read.
 *
 * Folders wait on a stack of their own, so their depth is no matter.  Each folder is entered once,
 * known by its device and inode: that ends loops of symbolic links.  Links to folders are followed
 * after everything else, so that a file reached on two ways is shown under its own path, and the
 * result does not depend on the order in which the system lists a folder.
 */
#include "text/discover.h"

#include "base/builder.h"
#include "base/table.h"
#include "text/ignore.h"
#include "text/regex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders that hold no code of the project: ruff's list, and what build tools and caches leave. */
static const char *const default_excludes[] = {
    ".bzr",         ".cyclint_cache", ".direnv",
    ".eggs",        ".git",           ".git-rewrite",
    ".hg",          ".idea",          ".ipynb_checkpoints",
    ".mypy_cache",  ".nox",           ".pants.d",
    ".pyenv",       ".pytest_cache",  ".pytype",
    ".ruff_cache",  ".svn",           ".tox",
    ".venv",        ".vscode",        "CVS",
    "__pycache__",  "__pypackages__", "_build",
    "buck-out",     "build",          "dist",
    "node_modules", "site-packages",  "venv",
};

/* How a file was reached: of two ways to the same file the lower one is kept. */
enum way { WAY_NAMED, WAY_FOUND, WAY_LINKED };

struct candidate {
    struct discovered_file file;
    enum way way;
};

struct folder {
    const char *path; /* as shown; "" is the current folder */
    const char *real; /* absolute, without links; NULL: not looked up yet */
    const struct ignore_level
        *outer; /* what .gitignore files around it say, once `real` is known */
};

struct folders {
    ARRAY_OF(struct folder);
};

struct regexes {
    ARRAY_OF(struct regex *);
};

struct walk {
    const struct discover_options *options;
    struct discovery *found;
    struct regexes names, paths;
    const struct ignore_level *excludes; /* --extend-exclude */
    struct folders waiting, linked;
    struct name_table entered; /* device and inode of each folder entered */
    struct {
        ARRAY_OF(struct candidate);
    } candidates;
};

static void add_problem(struct walk *walk, const char *path, const char *message)
{
    *array_push(&walk->found->problems) = (struct discover_problem){path, message};
}

static void add_system_problem(struct walk *walk, const char *path, const char *what)
{
    char *message = arena_format(&walk->found->arena, "%s: %s", what, strerror(errno));
    add_problem(walk, path, message);
}

static bool is_listed(const struct strings *list, const char *name)
{
    for (size_t i = 0; list != NULL && i < list->n; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool matches_any(const struct regexes *regexes, const char *text)
{
    for (size_t i = 0; i < regexes->n; i++) {
        if (regex_matches(regexes->items[i], text)) {
            return true;
        }
    }
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* pylint's three: they hold for everything, named or found. */
static bool is_ignored(const struct walk *walk, const char *path)
{
    const char *name = base_name(path);
    return is_listed(walk->options->ignore, name) || matches_any(&walk->names, name)
           || matches_any(&walk->paths, path);
}

static bool is_default_exclude(const char *name)
{
    for (size_t i = 0; i < sizeof default_excludes / sizeof *default_excludes; i++) {
        if (strcmp(default_excludes[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), n_end = strlen(end);
    return n > n_end && strcmp(s + n - n_end, end) == 0;
}

/* `.#name.py` is the lock of an Emacs that edits name.py: a link that leads nowhere. */
static bool is_python_name(const char *name)
{
    return ends_with(name, ".py") && strncmp(name, ".#", 2) != 0;
}

static const char *kind_of(mode_t mode)
{
    return S_ISFIFO(mode)   ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISCHR(mode)  ? "a character device"
           : S_ISBLK(mode)  ? "a block device"
                            : "no regular file";
}

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void add_file(struct walk *walk, const char *path, const char *real,
                     const struct stat *status, enum way way)
{
    if (!S_ISREG(status->st_mode)) {
        char *message = arena_format(&walk->found->arena, "is %s, which cannot be analysed",
                                     kind_of(status->st_mode));
        add_problem(walk, path, message);
        return;
    }
    if (ends_with(path, ".ipynb")) {
        add_problem(walk, path, "is a notebook; only Python files can be analysed");
        return;
    }
    *array_push(&walk->candidates) = (struct candidate){
        .file = {.path = path,
                 .real = real,
                 .size = (uint64_t)status->st_size,
                 .mtime_ns = nanoseconds(status->st_mtim),
                 .ctime_ns = nanoseconds(status->st_ctim),
                 .inode = (uint64_t)status->st_ino,
                 .is_named = way == WAY_NAMED},
        .way = way,
    };
}

/* The path without links, in the arena; the path itself when it cannot be had. */
static const char *real_path(struct walk *walk, const char *path)
{
    char *real = realpath(*path == '\0' ? "." : path, NULL);
    const char *copy = real == NULL ? path : arena_string(&walk->found->arena, real, strlen(real));
    free(real);
    return copy;
}

static const char *join(struct walk *walk, const char *folder, const char *name)
{
    size_t n = strlen(folder), n_name = strlen(name);
    bool needs_slash = n > 0 && folder[n - 1] != '/';
    char *path = arena_alloc(&walk->found->arena, n + needs_slash + n_name + 1);
    memcpy(path, folder, n);
    path[n] = '/';
    memcpy(path + n + needs_slash, name, n_name);
    return path;
}

/* False when the folder was entered before. */
static bool enter_once(struct walk *walk, const struct stat *status)
{
    uint64_t identity[2] = {(uint64_t)status->st_dev, (uint64_t)status->st_ino};
    const char *key = arena_copy(&walk->found->arena, identity, sizeof identity);
    size_t before = walk->entered.n;
    name_table_put(&walk->entered, key, sizeof identity, 0);
    return walk->entered.n > before;
}

static bool is_left_out(const struct walk *walk, const struct ignore_level *level, const char *path,
                        const char *real, bool is_folder)
{
    return is_ignored(walk, path) || (is_folder && is_default_exclude(base_name(path)))
           || ignore_covers(level, real, is_folder)
           || ignore_covers(walk->excludes, real, is_folder);
}

/* ---- inside a folder ---- */

/* What a link leads to.  Folders wait until everything else is done. */
static void follow_link(struct walk *walk, const struct ignore_level *level, const char *path,
                        const char *real)
{
    struct stat status;
    bool exists = stat(path, &status) == 0;
    bool is_folder = exists && S_ISDIR(status.st_mode);
    if (!is_folder && !is_python_name(base_name(path))) {
        return;
    }
    if (is_left_out(walk, level, path, real, is_folder)) {
        return;
    }
    if (is_folder) {
        *array_push(&walk->linked) = (struct folder){.path = path};
    } else if (exists) {
        add_file(walk, path, real_path(walk, path), &status, WAY_LINKED);
    } else {
        add_problem(walk, path, "is a link that leads nowhere");
    }
}

static void visit_file(struct walk *walk, const struct ignore_level *level, const char *path,
                       const char *real, int folder)
{
    struct stat status;
    if (is_left_out(walk, level, path, real, false)) {
        return;
    }
    if (fstatat(folder, base_name(path), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        add_system_problem(walk, path, "cannot be looked at");
        return;
    }
    add_file(walk, path, real, &status, WAY_FOUND);
}

/* The type of an entry, asked of the file itself where the folder does not tell. */
static unsigned char type_of(int folder, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN
        || fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return entry->d_type;
    }
    return S_ISDIR(status.st_mode) ? DT_DIR : S_ISLNK(status.st_mode) ? DT_LNK : DT_REG;
}

static void visit_entry(struct walk *walk, const struct folder *folder,
                        const struct ignore_level *level, const char *name, unsigned char type,
                        int stream)
{
    if (type != DT_DIR && type != DT_LNK && !is_python_name(name)) {
        return;
    }
    const char *path = join(walk, folder->path, name), *real = join(walk, folder->real, name);
    if (type == DT_LNK) {
        follow_link(walk, level, path, real);
    } else if (type != DT_DIR) {
        visit_file(walk, level, path, real, stream);
    } else if (!is_left_out(walk, level, path, real, true)) {
        *array_push(&walk->waiting) = (struct folder){path, real, level};
    }
}

/* Visits all entries of an open folder.  A folder with a pyvenv.cfg is a virtual environment,
 * whatever its name: what was seen in it is forgotten, unless the user named it. */
static void visit_entries(struct walk *walk, const struct folder *folder, DIR *stream,
                          bool is_named)
{
    size_t n_waiting = walk->waiting.n, n_linked = walk->linked.n;
    size_t n_candidates = walk->candidates.n, n_problems = walk->found->problems.n;
    const struct ignore_level *level = NULL;
    if (!walk->options->no_gitignore) {
        level = ignore_enter(&walk->found->arena, folder->real, folder->outer);
    }
    bool is_environment = false;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        is_environment |= strcmp(name, "pyvenv.cfg") == 0;
        visit_entry(walk, folder, level, name, type_of(dirfd(stream), entry), dirfd(stream));
    }
    if (is_environment && !is_named) {
        walk->waiting.n = n_waiting;
        walk->linked.n = n_linked;
        walk->candidates.n = n_candidates;
        walk->found->problems.n = n_problems;
    }
}

static void visit_folder(struct walk *walk, const struct folder *folder, bool is_named)
{
    DIR *stream = opendir(*folder->path == '\0' ? "." : folder->path);
    struct stat status;
    if (stream == NULL || fstat(dirfd(stream), &status) != 0) {
        add_system_problem(walk, *folder->path == '\0' ? "." : folder->path,
                           "is a folder that cannot be opened");
    } else if (enter_once(walk, &status)) {
        *array_push(&walk->found->folders) = *folder->path == '\0' ? "." : folder->path;
        visit_entries(walk, folder, stream, is_named);
    }
    if (stream != NULL) {
        closedir(stream);
    }
}

/* A folder that was not found in another, but named or linked to, and all below it. */
static void visit_top_folder(struct walk *walk, const char *path, bool is_named)
{
    struct folder top = {.path = path, .real = real_path(walk, path)};
    if (!walk->options->no_gitignore) {
        top.outer = ignore_around(&walk->found->arena, top.real);
    }
    visit_folder(walk, &top, is_named);
    while (walk->waiting.n > 0) {
        struct folder next = walk->waiting.items[--walk->waiting.n];
        visit_folder(walk, &next, false);
    }
}

static int compare_folders(const void *a, const void *b)
{
    return strcmp(((const struct folder *)a)->path, ((const struct folder *)b)->path);
}

/* Follows the links to folders, round by round, for behind a link there may be more. */
static void visit_linked(struct walk *walk)
{
    while (walk->linked.n > 0) {
        struct folders round = walk->linked;
        walk->linked = (struct folders){0};
        qsort(round.items, round.n, sizeof *round.items, compare_folders);
        for (size_t i = 0; i < round.n; i++) {
            visit_top_folder(walk, round.items[i].path, false);
        }
        array_free(&round);
    }
}

/* ---- what the user named ---- */

/* The path without "." parts and doubled slashes: "./a//b.py" is "a/b.py", "." is "". */
static const char *tidy_path(struct walk *walk, const char *path)
{
    char *tidy = arena_alloc(&walk->found->arena, strlen(path) + 3), *end = tidy;
    if (*path == '/') {
        *end++ = '/';
    }
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length > 1 || (length == 1 && *path != '.')) {
            if (end > tidy && end[-1] != '/') {
                *end++ = '/';
            }
            memcpy(end, path, length);
            end += length;
        }
        path += length + (path[length] == '/');
    }
    /* A lone "-" would be the standard input. */
    return strcmp(tidy, "-") == 0 ? "./-" : tidy;
}

static void visit_named(struct walk *walk, const char *path)
{
    const char *shown = tidy_path(walk, path);
    struct stat status;
    if (stat(path, &status) != 0) {
        if (errno == ENOENT) {
            add_problem(walk, *path == '\0' ? "''" : path, "no such file or folder");
        } else {
            add_system_problem(walk, path, "cannot be looked at");
        }
    } else if (is_ignored(walk, shown)) {
        return;
    } else if (S_ISDIR(status.st_mode)) {
        visit_top_folder(walk, shown, true);
    } else {
        add_file(walk, shown, real_path(walk, path), &status, WAY_NAMED);
    }
}

/* ---- sorting out ---- */

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = strcmp(x->file.real, y->file.real);
    if (order == 0 && x->way != y->way) {
        order = x->way < y->way ? -1 : 1;
    }
    return order != 0 ? order : strcmp(x->file.path, y->file.path);
}

static int compare_files(const void *a, const void *b)
{
    const struct discovered_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int compare_problems(const void *a, const void *b)
{
    const struct discover_problem *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : strcmp(x->message, y->message);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    if (n > 1) {
        qsort(items, n, size, compare);
    }
}

/* Keeps the best way to each file. */
static void keep_unique(struct walk *walk)
{
    struct discovery *found = walk->found;
    sort(walk->candidates.items, walk->candidates.n, sizeof *walk->candidates.items,
         compare_candidates);
    for (size_t i = 0; i < walk->candidates.n; i++) {
        const struct candidate *candidate = &walk->candidates.items[i];
        if (i == 0 || strcmp(candidate->file.real, candidate[-1].file.real) != 0) {
            *array_push(&found->files) = candidate->file;
        }
    }
    sort(found->files.items, found->files.n, sizeof *found->files.items, compare_files);
    sort(found->folders.items, found->folders.n, sizeof *found->folders.items, compare_strings);
    sort(found->problems.items, found->problems.n, sizeof *found->problems.items, compare_problems);
}

static bool compile_all(const struct strings *patterns, const char *option, struct regexes *regexes,
                        struct error *error)
{
    for (size_t i = 0; patterns != NULL && i < patterns->n; i++) {
        struct regex *regex;
        if (!regex_compile(patterns->items[i], &regex, error)) {
            return error_within(error, "--%s", option);
        }
        *array_push(regexes) = regex;
    }
    return true;
}

static void free_all(struct regexes *regexes)
{
    for (size_t i = 0; i < regexes->n; i++) {
        regex_free(regexes->items[i]);
    }
    array_free(regexes);
}

static void prepare_excludes(struct walk *walk)
{
    const struct strings *globs = walk->options->extend_exclude;
    struct builder text = {0};
    for (size_t i = 0; globs != NULL && i < globs->n; i++) {
        builder_addf(&text, "%s\n", globs->items[i]);
    }
    const char *folder = walk->options->exclude_folder;
    walk->excludes = ignore_from_text(&walk->found->arena, real_path(walk, folder ? folder : ""),
                                      builder_string(&text), NULL);
    builder_free(&text);
}

static bool begin_walk(struct walk *walk, struct error *error)
{
    if (!compile_all(walk->options->ignore_patterns, "ignore-patterns", &walk->names, error)
        || !compile_all(walk->options->ignore_paths, "ignore-paths", &walk->paths, error)) {
        return false;
    }
    prepare_excludes(walk);
    return true;
}

static void end_walk(struct walk *walk)
{
    free_all(&walk->names);
    free_all(&walk->paths);
    array_free(&walk->waiting);
    array_free(&walk->linked);
    array_free(&walk->candidates);
    name_table_free(&walk->entered);
}

bool discover(const struct strings *paths, const struct discover_options *options,
              struct discovery *found, struct error *error)
{
    struct walk walk = {.options = options, .found = found};
    bool ok = begin_walk(&walk, error);
    if (ok) {
        for (size_t i = 0; i < paths->n; i++) {
            visit_named(&walk, paths->items[i]);
        }
        visit_linked(&walk);
        keep_unique(&walk);
    }
    end_walk(&walk);
    return ok;
}

/* The parts of the path that a walk would have met: "a", "a/b", "a/b/c.py". */
static bool is_part_left_out(struct walk *walk, const char *path, bool is_named)
{
    for (size_t length = 0; path[length] != '\0';) {
        length += strspn(path + length, "/");
        length += strcspn(path + length, "/");
        const char *part = arena_string(&walk->found->arena, path, length);
        bool is_folder = path[length] != '\0';
        if (is_ignored(walk, part)
            || (!is_named && ignore_covers(walk->excludes, real_path(walk, part), is_folder))) {
            return true;
        }
    }
    return false;
}

bool discover_leaves_out(const char *path, bool is_named, const struct discover_options *options,
                         bool *is_left_out, struct error *error)
{
    struct discovery found = {0};
    struct walk walk = {.options = options, .found = &found};
    bool ok = begin_walk(&walk, error);
    *is_left_out = ok && is_part_left_out(&walk, path, is_named);
    end_walk(&walk);
    discovery_free(&found);
    return ok;
}

void discovery_free(struct discovery *found)
{
    array_free(&found->files);
    array_free(&found->problems);
    array_free(&found->folders);
    arena_free(&found->arena);
}
