/*
 * path.c - paths as text.
 */
#include "text/path.h"

#include "base/builder.h"

#include <string.h>

/* Drops the last component of a path that is being built: for "..". */
static void drop_component(struct builder *path)
{
    while (path->length > 0 && path->s[--path->length] != '/') {
    }
    path->s[path->length] = '\0';
}

static void add_components(struct builder *out, const char *path)
{
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0) {
            drop_component(out);
        } else if (n > 0 && !(n == 1 && *path == '.')) {
            builder_add_char(out, '/');
            builder_add_bytes(out, path, n);
        }
        path += n;
        path += *path == '/';
    }
}

const char *path_absolute(const char *path, const char *current, struct arena *arena)
{
    struct builder out = {0};
    builder_add(&out, "");
    if (*path != '/') {
        add_components(&out, current);
    }
    add_components(&out, path);
    const char *absolute = arena_string(arena, builder_string(&out), out.length);
    builder_free(&out);
    return absolute;
}
