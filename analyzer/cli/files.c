/*
 * files.c - the files of a run.
 *
 * The standard input is one of them, under the name that the user gives it.  An editor that sends
 * the text of a file it has not saved names that file: then what is on disk does not count.
 */
#include "cli/files.h"

#include "cli/config.h"
#include "program/module_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool files_is_stdin(const struct files *files, const char *path)
{
    return files->stdin_name != NULL && strcmp(files->stdin_name, path) == 0;
}

/* Takes the path that stands for the standard input, if there is one, out of the paths. */
static bool take_stdin(const struct options *options, struct files *files, struct strings *paths,
                       struct error *error)
{
    if (options->from_stdin && options->paths.n != 1) {
        return error_at(error, "option '--from-stdin' needs one path, the name of the input");
    }
    for (size_t i = 0; i < options->paths.n; i++) {
        const char *path = options->paths.items[i];
        if (options->from_stdin) {
            files->stdin_name = path;
        } else if (strcmp(path, "-") == 0) {
            files->stdin_name = options->stdin_filename ? options->stdin_filename : "<stdin>";
        } else {
            *array_push(paths) = path;
        }
    }
    return true;
}

static bool read_stdin(struct files *files, struct error *error)
{
    char part[1 << 16];
    ssize_t n;
    while ((n = read(STDIN_FILENO, part, sizeof part)) > 0) {
        builder_add_bytes(&files->stdin_text, part, (size_t)n);
        if (files->stdin_text.length > files->max_bytes) {
            return true; /* whoever analyses it will say that it is too large */
        }
    }
    return n == 0 || error_at(error, "cannot read the standard input: %s", strerror(errno));
}

struct discover_options files_discover_options(const struct options *options, struct arena *arena)
{
    bool is_from_config = options_level(options, "extend-exclude") == LEVEL_CONFIG;
    return (struct discover_options){
        .ignore = &options->ignore,
        .ignore_patterns = &options->ignore_patterns,
        .ignore_paths = &options->ignore_paths,
        .extend_exclude = &options->extend_exclude,
        .exclude_folder = is_from_config ? config_folder(options->config_path, arena) : NULL,
        .no_gitignore = options->no_gitignore,
    };
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static void add_file(struct files *files, const struct discovered_file *found, const char *folder)
{
    struct file *file = &files->items[files->n++];
    *file = (struct file){
        .path = found->path,
        .folder = folder,
        .size = found->size,
        .is_named = found->is_named,
        .state = {found->size, found->mtime_ns, found->ctime_ns, 0},
    };
    file->state.inode = store_trusted_inode(&file->state, found->inode, files->begun);
}

/* The standard input is where its name says; that folder need not exist. */
static void add_stdin(struct files *files)
{
    struct arena *arena = &files->found.arena;
    char *real = realpath(config_folder(files->stdin_name, arena), NULL);
    const char *folder = real != NULL ? arena_string(arena, real, strlen(real)) : NULL;
    free(real);
    struct discovered_file file = {
        .path = files->stdin_name, .size = files->stdin_text.length, .is_named = true};
    add_file(files, &file, folder);
    qsort(files->items, files->n, sizeof *files->items, compare_paths);
}

static void fill(struct files *files)
{
    files->items = alloc_zeroed(files->found.files.n + 1, sizeof *files->items);
    for (size_t i = 0; i < files->found.files.n; i++) {
        const struct discovered_file *found = &files->found.files.items[i];
        if (!files_is_stdin(files, found->path)) {
            add_file(files, found, config_folder(found->real, &files->found.arena));
        }
    }
    if (files->stdin_name != NULL) {
        add_stdin(files);
    }
}

bool files_find(const struct options *options, struct files *files, struct error *error)
{
    struct strings paths = {0};
    struct discover_options how = files_discover_options(options, &files->found.arena);
    files->max_bytes = (uint32_t)options->max_file_size;
    files->begun = store_now();
    bool ok = take_stdin(options, files, &paths, error)
              && discover(&paths, &how, &files->found, error)
              && (files->stdin_name == NULL || read_stdin(files, error));
    array_free(&paths);
    if (!ok) {
        return false;
    }
    fill(files);
    if (files->n == 0 && files->found.problems.n == 0) {
        fprintf(stderr, "cyclint: no Python files below the paths given\n");
    }
    return true;
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        arena_free(&files->items[i].arena);
        fixed_free(files->items[i].fixed);
    }
    free(files->items);
    builder_free(&files->stdin_text);
    discovery_free(&files->found);
}

bool files_is_small_enough(const struct files *files, const struct file *file, struct error *error)
{
    return file->size <= files->max_bytes
           || error_at(error, "is larger than %u bytes (--max-file-size)", files->max_bytes);
}

void files_name_modules(struct files *files)
{
    struct module_names names = {0};
    for (size_t i = 0; i < files->n; i++) {
        struct file *file = &files->items[i];
        file->module = module_name(&names, file->path, file->folder, &files->found.arena);
    }
}

struct file *files_find_path(const struct files *files, const char *path)
{
    struct file key = {.path = path};
    return files->n > 0 ? bsearch(&key, files->items, files->n, sizeof *files->items, compare_paths)
                        : NULL;
}

uint32_t files_original_line(void *context, const char *path, uint32_t line)
{
    const struct file *file = files_find_path(context, path);
    return file != NULL && file->fixed != NULL ? fixed_original_line(file->fixed, line) : line;
}

bool files_read(void *context, const char *path, struct arena *arena, struct source *source,
                struct error *error)
{
    const struct files *files = context;
    const struct file *file = files_find_path(files, path);
    if (file != NULL && file->fixed != NULL) {
        const struct builder *bytes = &file->fixed->bytes;
        return source_from_bytes(path, builder_string(bytes), bytes->length, arena, source, error);
    }
    if (files_is_stdin(files, path)) {
        return source_from_bytes(path, builder_string(&files->stdin_text), files->stdin_text.length,
                                 arena, source, error);
    }
    return source_read(path, files->max_bytes, arena, source, error);
}
