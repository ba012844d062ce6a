/*
 * module_name.c - the dotted name by which Python imports a file.
 *
 * As pylint finds it: walking up while there is an `__init__.py`.  What is above the topmost
 * package
 * (`src/`, the project) is where Python would search, and no part of the name.
 */
#include "program/module_name.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_package(const char *folder, struct arena *arena)
{
    return access(arena_format(arena, "%s/__init__.py", folder), F_OK) == 0
           || access(arena_format(arena, "%s/__init__.pyi", folder), F_OK) == 0;
}

/* The dotted name of a folder; "" when it is no package. */
static const char *package_of(const char *folder, struct arena *arena)
{
    char *outer = arena_string(arena, folder, strlen(folder));
    const char *package = "";
    while (is_package(outer, arena)) {
        char *slash = strrchr(outer, '/');
        if (slash == NULL || slash[1] == '\0') {
            break;
        }
        package = arena_format(arena, "%s%s%s", slash + 1, *package ? "." : "", package);
        *slash = '\0';
    }
    return package;
}

/* The file's own name without its ending. */
static const char *stem_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    bool is_python = dot != NULL && (strcmp(dot, ".py") == 0 || strcmp(dot, ".pyi") == 0);
    return arena_string(arena, name, is_python ? (size_t)(dot - name) : strlen(name));
}

const char *module_name(struct module_names *names, const char *path, const char *folder,
                        struct arena *arena)
{
    const char *stem = stem_of(path, arena);
    if (folder == NULL) {
        return stem;
    }
    if (names->folder == NULL || strcmp(names->folder, folder) != 0) {
        *names = (struct module_names){folder, package_of(folder, arena)};
    }
    if (*names->package == '\0') {
        return stem;
    }
    return strcmp(stem, "__init__") == 0 ? names->package
                                         : arena_format(arena, "%s.%s", names->package, stem);
}
