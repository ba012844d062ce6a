/*
 * module_name.c - the dotted name by which Python imports a file.
 *
 * As pylint finds it: walking up while there is an `__init__.py`.  What is above the topmost
 * package
 * (`src/`, the project) is where Python would search, and no part of the name.
 */
#include "program/module_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The absolute path of the folder of `path`, without links, in `arena`; NULL when there is none. */
static char *folder_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL  ? arena_string(arena, ".", 1)
                   : slash > path ? arena_string(arena, path, (size_t)(slash - path))
                                  : arena_string(arena, "/", 1);
    char *real = realpath(folder, NULL);
    char *copy = real == NULL ? NULL : arena_string(arena, real, strlen(real));
    free(real);
    return copy;
}

static bool is_package(const char *folder, struct arena *arena)
{
    return access(arena_format(arena, "%s/__init__.py", folder), F_OK) == 0
           || access(arena_format(arena, "%s/__init__.pyi", folder), F_OK) == 0;
}

/* The file's own name without its ending. */
static const char *stem_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    bool is_python = dot != NULL && (strcmp(dot, ".py") == 0 || strcmp(dot, ".pyi") == 0);
    return arena_string(arena, name, is_python ? (size_t)(dot - name) : strlen(name));
}

const char *module_name(const char *path, struct arena *arena)
{
    const char *name = stem_of(path, arena);
    bool is_init = strcmp(name, "__init__") == 0;
    char *folder = folder_of(path, arena);
    while (folder != NULL && is_package(folder, arena)) {
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash[1] == '\0') {
            break;
        }
        name = is_init ? slash + 1 : arena_format(arena, "%s.%s", slash + 1, name);
        is_init = false;
        folder = arena_string(arena, folder, (size_t)(slash - folder));
    }
    return name;
}
