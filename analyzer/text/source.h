/*
 * source.h - the bytes of one Python file, as UTF-8, and where in them a line begins.
 */
#ifndef CYCLINT_TEXT_SOURCE_H
#define CYCLINT_TEXT_SOURCE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum source_flag {
    SOURCE_BOM = 1,        /* a byte order mark stood before the text; it is not in `bytes` */
    SOURCE_TRANSCODED = 2, /* the file is not UTF-8: a PEP 263 comment named its encoding */
    SOURCE_CRLF = 4,       /* the first line end is CR LF */
    SOURCE_REPAIRED =
        8, /* bytes that are invalid in the encoding were replaced by '?' one for one */
    SOURCE_LONE_CR = 16 /* some line ends with a CR alone, which is an LF in `bytes` */
};

struct source {
    const char *path;
    char *bytes; /* UTF-8, `n` of them, then at least 8 NUL bytes; lone CRs are turned into LF */
    uint32_t n;
    uint32_t flags;    /* enum source_flag */
    uint64_t hash;     /* XXH3 of the file's bytes as they are on disk */
    char encoding[32]; /* lower case, "utf-8" unless declared otherwise */
};

/* 1-based line, 0-based column in characters (code points), as pylint's. */
struct position {
    uint32_t line;
    uint32_t column;
};

/* Reads `path` ("-" is the standard input, called `name`), at most `max_bytes`.  The bytes live in
 * `arena`.  False with an error: unreadable, too large, unknown encoding, invalid in its encoding
 * (then cyclint, like CPython, refuses the file), NUL bytes. */
bool source_read(const char *path, uint32_t max_bytes, struct arena *arena, struct source *source,
                 struct error *error);

/* The same for bytes already in memory. */
bool source_from_bytes(const char *path, const char *bytes, size_t n, struct arena *arena,
                       struct source *source, struct error *error);

/* Starts of all lines, and the positions of offsets. Made only for files that have findings. */
struct lines {
    uint32_t *starts; /* byte offset of each line, in the arena given */
    uint32_t n;
};

void lines_find(const struct source *source, struct arena *arena, struct lines *lines);
struct position lines_position(const struct source *source, const struct lines *lines,
                               uint32_t offset);

/* The same, sooner, when the position of an earlier offset is known: a line may be very long. */
struct position lines_position_from(const struct source *source, const struct lines *lines,
                                    uint32_t known_offset, struct position known, uint32_t offset);

#endif
