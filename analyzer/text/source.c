/*
 * source.c - reading a file as CPython would, and the positions of offsets in it.
 */
#include "text/source.h"

#include "text/encoding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    PADDING = 8,            /* NUL bytes after the text, so that nobody reads past its end */
    FIRST_PIECE = 64 * 1024 /* of a pipe, whose size nobody knows */
};

static const char utf8_mark[] = "\xEF\xBB\xBF";

static bool is_utf16(const char *bytes, size_t n)
{
    return n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
}

/* Old Macintosh line ends become LF; CR LF stays. */
static void translate_line_ends(struct source *source)
{
    char *end = source->bytes + source->n;
    char *cr = memchr(source->bytes, '\r', source->n);
    char *lf = memchr(source->bytes, '\n', source->n);
    if (cr != NULL && cr + 1 == lf) {
        source->flags |= SOURCE_CRLF;
    }
    for (; cr != NULL; cr = memchr(cr, '\r', (size_t)(end - cr))) {
        if (cr[1] != '\n') {
            *cr = '\n';
            source->flags |= SOURCE_LONE_CR;
        }
        cr++;
    }
}

static bool refuse_nul(const char *bytes, size_t n, struct error *error)
{
    const char *nul = memchr(bytes, '\0', n);
    return nul == NULL
           || error_at(error, "contains a null byte at line %u",
                       encoding_line_of(bytes, (size_t)(nul - bytes)));
}

static bool check_utf8(const struct source *source, struct error *error)
{
    size_t valid = encoding_valid_utf8(source->bytes, source->n);
    return valid == source->n
           || error_at(error, "not valid %s at line %u (byte 0x%02x)", source->encoding,
                       encoding_line_of(source->bytes, valid), (unsigned char)source->bytes[valid]);
}

static bool is_utf8_or_ascii(const struct source *source)
{
    return strcmp(source->encoding, "utf-8") == 0 || strcmp(source->encoding, "ascii") == 0;
}

/* Takes away the mark and finds the encoding, which a comment may declare. */
static bool find_encoding(struct source *source, struct error *error)
{
    if (source->n >= 3 && memcmp(source->bytes, utf8_mark, 3) == 0) {
        source->flags |= SOURCE_BOM;
        source->bytes += 3;
        source->n -= 3;
    }
    bool is_declared = encoding_declared(source->bytes, source->n, source->encoding);
    if (!is_declared) {
        strcpy(source->encoding, "utf-8");
    }
    if ((source->flags & SOURCE_BOM) && strcmp(source->encoding, "utf-8") != 0) {
        return error_at(error, "declares the encoding %s, but begins with a UTF-8 byte order mark",
                        source->encoding);
    }
    return true;
}

static bool check_ascii(const struct source *source, struct error *error)
{
    for (uint32_t i = 0; strcmp(source->encoding, "ascii") == 0 && i < source->n; i++) {
        if (source->bytes[i] & 0x80) {
            return error_at(error, "not valid ascii at line %u (byte 0x%02x)",
                            encoding_line_of(source->bytes, i), (unsigned char)source->bytes[i]);
        }
    }
    return true;
}

static bool transcode(struct source *source, struct arena *arena, struct error *error)
{
    char *text;
    size_t n;
    if (!encoding_to_utf8(source->encoding, source->bytes, source->n, PADDING, arena, &text, &n,
                          error)) {
        return false;
    }
    if (n > UINT32_MAX - PADDING) {
        return error_at(error, "larger than 4 GB as utf-8");
    }
    source->bytes = text;
    source->n = (uint32_t)n;
    source->flags |= SOURCE_TRANSCODED;
    return true;
}

/* Makes a source of `n` bytes that are in `arena` already, PADDING NUL bytes behind them. */
static bool adopt(const char *path, char *bytes, size_t n, struct arena *arena,
                  struct source *source, struct error *error)
{
    if (n > UINT32_MAX - PADDING) {
        return error_at(error, "larger than 4 GB");
    }
    *source = (struct source){.path = path, .bytes = bytes, .n = (uint32_t)n};
    source->hash = XXH3_64bits(bytes, n);
    if (is_utf16(bytes, n)) {
        return error_at(error, "begins with a UTF-16 byte order mark; Python source cannot be "
                               "UTF-16");
    }
    if (!refuse_nul(bytes, n, error) || !find_encoding(source, error)) {
        return false;
    }
    bool is_readable = is_utf8_or_ascii(source)
                           ? check_ascii(source, error) && check_utf8(source, error)
                           : transcode(source, arena, error);
    if (is_readable) {
        translate_line_ends(source);
    }
    return is_readable;
}

bool source_from_bytes(const char *path, const char *bytes, size_t n, struct arena *arena,
                       struct source *source, struct error *error)
{
    char *copy = arena_alloc(arena, n + PADDING);
    if (n > 0) {
        memcpy(copy, bytes, n);
    }
    return adopt(path, copy, n, arena, source, error);
}

/* Reads until the end or until `room` bytes are full.  False if the system refuses. */
static bool read_up_to(int fd, char *bytes, size_t room, size_t *n, struct error *error)
{
    while (*n < room) {
        ssize_t got = read(fd, bytes + *n, room - *n);
        if (got < 0 && errno != EINTR) {
            return error_at(error, "%s", strerror(errno));
        }
        if (got == 0) {
            break;
        }
        *n += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool too_large(uint32_t max_bytes, struct error *error)
{
    return error_at(error, "larger than %u bytes", max_bytes);
}

/* What nobody knows the size of, in pieces that double. */
static bool read_pipe(int fd, const char *path, uint32_t max_bytes, struct arena *arena,
                      struct source *source, struct error *error)
{
    size_t room = FIRST_PIECE;
    size_t n = 0;
    char *bytes = alloc(room);
    bool is_read = read_up_to(fd, bytes, room, &n, error);
    while (is_read && n == room && n <= max_bytes) {
        room *= 2;
        bytes = alloc_again(bytes, room);
        is_read = read_up_to(fd, bytes, room, &n, error);
    }
    is_read = is_read && (n <= max_bytes || too_large(max_bytes, error))
              && source_from_bytes(path, bytes, n, arena, source, error);
    free(bytes);
    return is_read;
}

/* A file of known size; one that grows while it is read is read as it was. */
static bool read_file(int fd, const char *path, size_t size, uint32_t max_bytes,
                      struct arena *arena, struct source *source, struct error *error)
{
    if (size > max_bytes) {
        return too_large(max_bytes, error);
    }
    char *bytes = arena_alloc(arena, size + PADDING);
    size_t n = 0;
    return read_up_to(fd, bytes, size, &n, error) && adopt(path, bytes, n, arena, source, error);
}

static bool read_open(int fd, const char *path, uint32_t max_bytes, bool is_input,
                      struct arena *arena, struct source *source, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return error_at(error, "%s", strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        return error_at(error, "is a directory");
    }
    if (is_input) {
        return read_pipe(fd, path, max_bytes, arena, source, error);
    }
    if (!S_ISREG(status.st_mode)) {
        return error_at(error, "is not a regular file");
    }
    return read_file(fd, path, (size_t)status.st_size, max_bytes, arena, source, error);
}

bool source_read(const char *path, uint32_t max_bytes, struct arena *arena, struct source *source,
                 struct error *error)
{
    bool is_input = strcmp(path, "-") == 0;
    /* Without O_NONBLOCK opening a FIFO waits for somebody to write. */
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return error_at(error, "%s", strerror(errno));
    }
    bool is_read = read_open(fd, path, max_bytes, is_input, arena, source, error);
    if (!is_input) {
        close(fd);
    }
    return is_read;
}

static uint32_t count_lines(const struct source *source)
{
    uint32_t n = 1;
    const char *end = source->bytes + source->n;
    for (const char *c = source->bytes; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++) {
        n++;
    }
    return n;
}

void lines_find(const struct source *source, struct arena *arena, struct lines *lines)
{
    lines->starts = arena_alloc(arena, count_lines(source) * sizeof *lines->starts);
    lines->n = 1;
    const char *end = source->bytes + source->n;
    for (const char *c = source->bytes; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++) {
        lines->starts[lines->n++] = (uint32_t)(c + 1 - source->bytes);
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

static uint32_t count_characters(const struct source *source, uint32_t start, uint32_t end)
{
    uint32_t n = 0;
    for (uint32_t i = start; i < end; i++) {
        n += (source->bytes[i] & 0xC0) != 0x80;
    }
    return n;
}

struct position lines_position(const struct source *source, const struct lines *lines,
                               uint32_t offset)
{
    if (offset > source->n) {
        offset = source->n;
    }
    uint32_t line = line_of(lines, offset);
    return (struct position){line + 1, count_characters(source, lines->starts[line], offset)};
}

struct position lines_position_from(const struct source *source, const struct lines *lines,
                                    uint32_t known_offset, struct position known, uint32_t offset)
{
    uint32_t end = known.line < lines->n ? lines->starts[known.line] : source->n + 1;
    if (known.line == 0 || offset < known_offset || offset >= end) {
        return lines_position(source, lines, offset);
    }
    known.column += count_characters(source, known_offset, offset);
    return known;
}
