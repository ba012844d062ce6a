/*
 * source.c - reading a file, and the positions of offsets in it.
 */
#include "text/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { PADDING = 8 };

bool source_from_bytes(const char *path, const char *bytes, size_t n, struct arena *arena,
                       struct source *source, struct error *error)
{
    if (n > UINT32_MAX - PADDING) {
        return error_at(error, "larger than 4 GB");
    }
    *source = (struct source){.path = path, .n = (uint32_t)n, .encoding = "utf-8"};
    source->hash = XXH3_64bits(bytes, n);
    source->bytes = arena_alloc(arena, n + PADDING);
    memcpy(source->bytes, bytes, n);
    return true;
}

bool source_read(const char *path, uint32_t max_bytes, struct arena *arena, struct source *source,
                 struct error *error)
{
    int fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_at(error, "%s", strerror(errno));
    }
    char *buffer = alloc((size_t)max_bytes + 1);
    size_t n = 0;
    ssize_t got;
    while ((got = read(fd, buffer + n, (size_t)max_bytes + 1 - n)) > 0) {
        n += (size_t)got;
    }
    close(fd);
    bool is_ok = got == 0 && n <= max_bytes
                     ? source_from_bytes(path, buffer, n, arena, source, error)
                     : error_at(error, "%s", got < 0 ? strerror(errno) : "file is too large");
    free(buffer);
    return is_ok;
}

void lines_find(const struct source *source, struct arena *arena, struct lines *lines)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < source->n; i++) {
        n += source->bytes[i] == '\n';
    }
    *lines = (struct lines){.starts = arena_alloc(arena, n * sizeof *lines->starts)};
    lines->n = 1;
    for (uint32_t i = 0; i < source->n; i++) {
        if (source->bytes[i] == '\n') {
            lines->starts[lines->n++] = i + 1;
        }
    }
}

/* The last line that begins at or before `offset`. */
static uint32_t line_of(const struct lines *lines, uint32_t offset)
{
    uint32_t low = 0;
    uint32_t high = lines->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (lines->starts[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct position lines_position(const struct source *source, const struct lines *lines,
                               uint32_t offset)
{
    uint32_t line = line_of(lines, offset);
    uint32_t column = 0;
    for (uint32_t i = lines->starts[line]; i < offset; i++) {
        column += (source->bytes[i] & 0xC0) != 0x80;
    }
    return (struct position){line + 1, column};
}
