/*
 * replace.c - writing a file of the user's anew.
 *
 * The new text goes to a file beside it, which then takes its name: at every moment the name leads
 * to one whole text.  Through a symbolic link it is the file at its end that is written.  A file
 * that has several names cannot be written like that, for only one of them would lead to the new
 * text; it is overwritten in place once the copy beside it is safe, and should that be cut short,
 * the copy stays.
 */
#include "cli/replace.h"

#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static bool read_all(int fd, struct builder *bytes)
{
    char part[1 << 16];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno != EINTR) {
            return false;
        }
        builder_add_bytes(bytes, part, n > 0 ? (size_t)n : 0);
    }
    return true;
}

bool replace_read(const char *path, struct builder *bytes, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && read_all(fd, bytes);
    if (!ok) {
        error_at(error, "%s", strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

uint64_t replace_hash(const struct builder *bytes)
{
    return XXH3_64bits(builder_string(bytes), bytes->length);
}

static bool write_bytes(int fd, const struct builder *bytes)
{
    for (size_t at = 0; at < bytes->length;) {
        ssize_t n = write(fd, bytes->s + at, bytes->length - at);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Gives the new file the mode of the old one, and its owner where we may. */
static bool take_rights(int fd, const struct stat *status)
{
    struct stat own;
    if (fstat(fd, &own) == 0 && (own.st_uid != status->st_uid || own.st_gid != status->st_gid)
        && fchown(fd, status->st_uid, status->st_gid) != 0) {
        return false;
    }
    return fchmod(fd, status->st_mode & 07777) == 0;
}

/* Writes the copy and makes sure that it is on the disk. */
static bool fill(int fd, const struct builder *bytes, const struct stat *status)
{
    bool ok = take_rights(fd, status) && write_bytes(fd, bytes) && fsync(fd) == 0;
    int reason = errno;
    ok = close(fd) == 0 && ok;
    errno = ok ? errno : reason;
    return ok;
}

static bool overwrite(const char *path, const struct builder *bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = write_bytes(fd, bytes) && ftruncate(fd, (off_t)bytes->length) == 0;
    return close(fd) == 0 && ok;
}

static bool is_as_it_was(const char *path, uint64_t hash, struct error *error)
{
    struct builder bytes = {0};
    bool ok = replace_read(path, &bytes, error)
              && (replace_hash(&bytes) == hash
                  || error_at(error, "it was changed by somebody else meanwhile"));
    builder_free(&bytes);
    return ok;
}

/* Puts the copy in the place of the file. */
static bool exchange(const char *copy, const char *path, const struct builder *bytes,
                     const struct stat *status, struct error *error)
{
    if (status->st_nlink == 1) {
        return rename(copy, path) == 0 || error_at(error, "%s", strerror(errno));
    }
    interrupt_set_file(NULL); /* from here on the copy is the only whole one */
    if (!overwrite(path, bytes)) {
        return error_at(error, "%s; the new text is in '%s'", strerror(errno), copy);
    }
    unlink(copy);
    return true;
}

static bool replace_real(const char *path, uint64_t hash, const struct builder *bytes,
                         struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || access(path, W_OK) != 0) {
        return error_at(error, "%s", strerror(errno));
    }
    struct builder copy = {0};
    builder_addf(&copy, "%s.XXXXXX", path);
    int fd = mkostemp(copy.s, O_CLOEXEC);
    interrupt_set_file(fd >= 0 ? copy.s : NULL);
    bool is_filled = fd >= 0 && fill(fd, bytes, &status);
    if (!is_filled) {
        error_at(error, "%s", strerror(errno));
    }
    bool is_same = is_filled && is_as_it_was(path, hash, error);
    if (fd >= 0 && !is_same) {
        unlink(copy.s);
    }
    bool ok = is_same && exchange(copy.s, path, bytes, &status, error);
    if (is_same && !ok && status.st_nlink == 1) {
        unlink(copy.s);
    }
    interrupt_set_file(NULL);
    builder_free(&copy);
    return ok;
}

bool replace_file(const char *path, uint64_t hash, const struct builder *bytes, struct error *error)
{
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return error_at(error, "%s", strerror(errno));
    }
    bool ok = replace_real(real, hash, bytes, error);
    free(real);
    return ok;
}
