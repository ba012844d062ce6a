/*
 * testcode.c - which paths are those of tests.
 */
#include "program/testcode.h"

#include <string.h>

static bool is_test_folder(const char *name, size_t length)
{
    static const char *const folders[] = {"test", "tests", "_tests", "testing"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strlen(folders[i]) == length && memcmp(name, folders[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *s, const char *end)
{
    size_t length = strlen(s), end_length = strlen(end);
    return length >= end_length && strcmp(s + length - end_length, end) == 0;
}

static bool is_test_file(const char *name)
{
    return strncmp(name, "test_", strlen("test_")) == 0 || ends_with(name, "_test.py")
           || strcmp(name, "tests.py") == 0 || strcmp(name, "test.py") == 0
           || strcmp(name, "conftest.py") == 0;
}

/* Where the folders of a path begin that belong to the project: an absolute path also tells where
 * the project lies, and a project may lie in a folder called test. */
static const char *project_part(const char *path)
{
    enum { KEPT = 4 }; /* lib/test/support/x.py: deeper test folders are rare */
    if (*path != '/') {
        return path;
    }
    const char *at = path + strlen(path);
    for (int n = 0; at > path && n < KEPT; at--) {
        n += at[-1] == '/';
    }
    return *at == '/' ? at + 1 : at;
}

bool is_test_code(const struct program *program, uint32_t file)
{
    const char *at = project_part(program->files[file]->path);
    for (const char *slash; (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        if (is_test_folder(at, (size_t)(slash - at))) {
            return true;
        }
    }
    return is_test_file(at);
}
