/*
 * rule_files.c - which files of a folder are rules: *.scm, in its folders, too.
 *
 * Folders wait on a list until their turn comes.  Symbolic links to files are followed, those to
 * folders are not: they may lead round in a circle.
 */
#include "facts/rule_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct search {
    struct arena *arena;
    struct strings *paths;
    struct strings folders; /* to look into */
};

static bool is_rule_name(const char *name)
{
    size_t n = strlen(name);
    return n > strlen(".scm") && strcmp(name + n - strlen(".scm"), ".scm") == 0;
}

static void look_at(struct search *search, const char *folder, const char *name)
{
    struct stat status;
    size_t n = strlen(folder);
    const char *slash = n > 0 && folder[n - 1] == '/' ? "" : "/";
    const char *path = arena_format(search->arena, "%s%s%s", folder, slash, name);
    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        *array_push(&search->folders) = path;
    } else if (is_rule_name(name)) {
        *array_push(search->paths) = path;
    }
}

static bool look_into(struct search *search, const char *folder, struct error *error)
{
    DIR *opened = opendir(folder);
    if (opened == NULL) {
        return error_at(error, "cannot read the folder of rules: %s: %s", strerror(errno), folder);
    }
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        if (entry->d_name[0] != '.') {
            look_at(search, folder, entry->d_name);
        }
    }
    closedir(opened);
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool rule_files_find(const char *folder, struct arena *arena, struct strings *paths,
                     struct error *error)
{
    struct search search = {arena, paths, {0}};
    bool ok = look_into(&search, folder, error);
    while (ok && search.folders.n > 0) {
        ok = look_into(&search, search.folders.items[--search.folders.n], error);
    }
    array_free(&search.folders);
    if (ok && paths->n == 0) {
        return error_at(error, "there is no rule, no file *.scm, in the folder: %s", folder);
    }
    if (ok) {
        qsort(paths->items, paths->n, sizeof *paths->items, compare_paths);
    }
    return ok;
}
