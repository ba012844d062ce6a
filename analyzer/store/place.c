/*
 * place.c - where the store of a project lies.
 */
#include "store/place.h"

#include "base/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has(const char *folder, const char *name, struct arena *arena)
{
    struct stat status;
    return stat(arena_format(arena, "%s/%s", folder, name), &status) == 0;
}

const char *place_of_project(const char *path, struct arena *arena)
{
    char *real = realpath(path, NULL);
    char *folder = real != NULL ? arena_string(arena, real, strlen(real)) : NULL;
    free(real);
    while (folder != NULL) {
        if (has(folder, "pyproject.toml", arena) || has(folder, ".git", arena)) {
            return arena_format(arena, "%s/" STORE_FOLDER, folder);
        }
        char *slash = strrchr(folder, '/');
        if (slash == NULL) {
            break;
        }
        *slash = '\0';
    }
    return STORE_FOLDER;
}

/* ---- the folder ---- */

/* Makes all folders of the path that are not there. */
static bool make_folders(const char *folder, struct error *error)
{
    char *path = strcpy(alloc(strlen(folder) + 1), folder);
    for (char *slash = path; slash != NULL;) {
        slash = strchr(slash + strspn(slash, "/"), '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        mkdir(path, 0777);
        if (slash != NULL) {
            *slash = '/';
        }
    }
    free(path);
    struct stat status;
    if (stat(folder, &status) == 0) {
        return S_ISDIR(status.st_mode) || error_at(error, "%s", strerror(ENOTDIR));
    }
    return error_at(error, "%s", strerror(errno));
}

/* Writes a small file unless it is there.  Its absence harms nobody. */
static void write_once(const char *folder, const char *name, const char *text)
{
    struct builder path = {0};
    builder_addf(&path, "%s/%s", folder, name);
    int fd = open(path.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
        ssize_t n = write(fd, text, strlen(text));
        (void)n;
        close(fd);
    }
    builder_free(&path);
}

bool place_make(const char *folder, struct error *error)
{
    if (!make_folders(folder, error)) {
        return false;
    }
    write_once(folder, "CACHEDIR.TAG",
               "Signature: 8a477f597d28d172789f06886806bc55\n"
               "# This folder holds what cyclint knows of the files it has seen.  It can be "
               "removed.\n");
    write_once(folder, ".gitignore", "*\n");
    return true;
}

static bool remove_file(const char *folder, const char *name)
{
    struct builder path = {0};
    builder_addf(&path, "%s/%s", folder, name);
    bool ok = unlink(path.s) == 0 || errno == ENOENT || errno == ENOTDIR;
    builder_free(&path);
    return ok;
}

void place_remove_database(const char *folder)
{
    remove_file(folder, STORE_FILE);
    remove_file(folder, STORE_FILE "-wal");
    remove_file(folder, STORE_FILE "-shm");
}

bool place_clear(const char *folder, struct error *error)
{
    if (!remove_file(folder, STORE_FILE)) {
        return error_at(error, "%s", strerror(errno));
    }
    place_remove_database(folder);
    struct builder tag = {0};
    builder_addf(&tag, "%s/CACHEDIR.TAG", folder);
    if (access(tag.s, F_OK) == 0) {
        remove_file(folder, "CACHEDIR.TAG");
        remove_file(folder, ".gitignore");
        rmdir(folder);
    }
    builder_free(&tag);
    return true;
}
