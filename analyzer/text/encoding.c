/*
 * encoding.c - coding comments, checking UTF-8, and making UTF-8 of everything else.
 *
 * Latin-1 and Windows-1252 are converted here; whatever else is in use goes through iconv, which
 * knows most names that Python knows, if spelled with hyphens.
 */
#include "text/encoding.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Windows-1252 from 0x80 to 0x9F; 0 is a byte that it does not have. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* Python's names for what is the same. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"utf8", "utf-8"},          {"u8", "utf-8"},
    {"utf", "utf-8"},           {"cp65001", "utf-8"},
    {"latin", "iso-8859-1"},    {"latin1", "iso-8859-1"},
    {"l1", "iso-8859-1"},       {"8859", "iso-8859-1"},
    {"cp819", "iso-8859-1"},    {"iso8859-1", "iso-8859-1"},
    {"iso8859", "iso-8859-1"},  {"iso88591", "iso-8859-1"},
    {"windows-1252", "cp1252"}, {"1252", "cp1252"},
    {"us-ascii", "ascii"},      {"646", "ascii"},
    {"mac-roman", "macintosh"}, {"macroman", "macintosh"},
    {"sjis", "shift-jis"},      {"latin2", "iso-8859-2"},
    {"latin-9", "iso-8859-15"}, {"latin9", "iso-8859-15"},
    {"hebrew", "iso-8859-8"},   {"cyrillic", "iso-8859-5"},
};

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static size_t line_length(const char *line, size_t n)
{
    size_t length = 0;
    while (length < n && !is_line_end(line[length])) {
        length++;
    }
    return length;
}

/* Where the comment of a line that has nothing else begins; `n` if the line has no comment, and
 * more than that if it has something else. */
static size_t comment_start(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '#') {
            return i;
        }
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\f') {
            return n + 1;
        }
    }
    return n;
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static bool has_prefix(const char *s, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(s, prefix, length) == 0 && (s[length] == '\0' || s[length] == '-');
}

/* One spelling for each encoding: lower case, hyphens, Python's aliases resolved. */
static void normalise(char *name)
{
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    }
    const char *known = NULL;
    if (has_prefix(name, "utf-8")) {
        known = "utf-8";
    } else if (has_prefix(name, "latin-1") || has_prefix(name, "iso-8859-1")
               || has_prefix(name, "iso-latin-1")) {
        known = "iso-8859-1";
    }
    for (size_t i = 0; known == NULL && i < sizeof aliases / sizeof *aliases; i++) {
        if (strcmp(name, aliases[i].alias) == 0) {
            known = aliases[i].name;
        }
    }
    if (known != NULL) {
        strcpy(name, known);
    }
}

/* `coding[:=][ \t]*([-_.a-zA-Z0-9]+)` in a comment. */
static bool declared_in(const char *comment, size_t n, char name[MAX_ENCODING_NAME])
{
    static const char word[] = "coding";
    for (size_t i = 0; i + sizeof word <= n; i++) {
        if (memcmp(comment + i, word, sizeof word - 1) != 0) {
            continue;
        }
        size_t at = i + sizeof word - 1;
        if (comment[at] != ':' && comment[at] != '=') {
            continue;
        }
        for (at++; at < n && (comment[at] == ' ' || comment[at] == '\t');) {
            at++;
        }
        size_t length = 0;
        while (at + length < n && length < MAX_ENCODING_NAME - 1
               && is_name_character(comment[at + length])) {
            length++;
        }
        if (length > 0) {
            memcpy(name, comment + at, length);
            name[length] = '\0';
            normalise(name);
            return true;
        }
    }
    return false;
}

bool encoding_declared(const char *bytes, size_t n, char name[MAX_ENCODING_NAME])
{
    for (int line = 0; line < 2; line++) {
        size_t length = line_length(bytes, n);
        size_t comment = comment_start(bytes, length);
        if (comment > length) {
            return false;
        }
        if (declared_in(bytes + comment, length - comment, name)) {
            return true;
        }
        if (length < n && bytes[length] == '\r' && length + 1 < n && bytes[length + 1] == '\n') {
            length++;
        }
        length += length < n;
        bytes += length;
        n -= length;
    }
    return false;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The length of the character at `s`, which is not ASCII; 0 if it is not valid.  The table of
 * well-formed sequences is 3-7 of the Unicode standard. */
static size_t character_length(const unsigned char *s, size_t left)
{
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        return left >= 2 && is_continuation(s[1]) ? 2 : 0;
    }
    if ((s[0] & 0xF0) == 0xE0) {
        bool is_valid = left >= 3 && is_continuation(s[1]) && is_continuation(s[2])
                        && (s[0] != 0xE0 || s[1] >= 0xA0) && (s[0] != 0xED || s[1] <= 0x9F);
        return is_valid ? 3 : 0;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        bool is_valid = left >= 4 && is_continuation(s[1]) && is_continuation(s[2])
                        && is_continuation(s[3]) && (s[0] != 0xF0 || s[1] >= 0x90)
                        && (s[0] != 0xF4 || s[1] <= 0x8F);
        return is_valid ? 4 : 0;
    }
    return 0;
}

/* The length of the ASCII text at the start, eight bytes at a time. */
static size_t ascii_length(const char *bytes, size_t n)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        if (word & 0x8080808080808080U) {
            break;
        }
    }
    while (i < n && (bytes[i] & 0x80) == 0) {
        i++;
    }
    return i;
}

size_t encoding_valid_utf8(const char *bytes, size_t n)
{
    size_t i = ascii_length(bytes, n);
    while (i < n) {
        size_t length = character_length((const unsigned char *)bytes + i, n - i);
        if (length == 0) {
            return i;
        }
        i += length;
        i += ascii_length(bytes + i, n - i);
    }
    return n;
}

unsigned encoding_line_of(const char *bytes, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += bytes[i] == '\n' || (bytes[i] == '\r' && bytes[i + 1] != '\n');
    }
    return line;
}

static bool invalid_at(const char *name, const char *bytes, size_t offset, struct error *error)
{
    return error_at(error, "not valid %s at line %u (byte 0x%02x)", name,
                    encoding_line_of(bytes, offset), (unsigned char)bytes[offset]);
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

/* An encoding of one byte a character that is ASCII below 0x80; `high` has the characters from 0x80
 * to 0x9F, NULL for Latin-1. */
static bool from_bytes(const char *name, const uint16_t *high, const char *bytes, size_t n,
                       char *out, size_t *n_out, struct error *error)
{
    size_t end = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = (unsigned char)bytes[i];
        if (high != NULL && c >= 0x80 && c < 0xA0) {
            c = high[c - 0x80];
            if (c == 0) {
                return invalid_at(name, bytes, i, error);
            }
        }
        end += put_utf8(out + end, c);
    }
    *n_out = end;
    return true;
}

/* Python refuses these for source, or means a transformation by them. */
static bool is_no_source_encoding(const char *name)
{
    static const char *const prefixes[] = {"utf-16",  "utf16", "utf-32", "utf32", "ucs",
                                           "unicode", "utf-7", "utf7",   "wchar"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool by_iconv(const char *name, const char *bytes, size_t n, char *out, size_t room,
                     size_t *n_out, struct error *error)
{
    iconv_t converter = is_no_source_encoding(name) ? (iconv_t)-1 : iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) {
        return error_at(error, "unknown encoding: %s", name);
    }
    char *in = (char *)(uintptr_t)bytes; /* iconv does not write there, but says so nowhere */
    char *end = out;
    size_t left = n;
    size_t failed = iconv(converter, &in, &left, &end, &room);
    iconv_close(converter);
    *n_out = (size_t)(end - out);
    return failed == (size_t)-1 || left > 0 ? invalid_at(name, bytes, n - left, error) : true;
}

bool encoding_to_utf8(const char *name, const char *bytes, size_t n, size_t padding,
                      struct arena *arena, char **out, size_t *n_out, struct error *error)
{
    /* No character of another encoding becomes more than 3 bytes of UTF-8 for each of its own. */
    size_t room = 3 * n;
    *out = arena_alloc(arena, room + padding);
    if (strcmp(name, "iso-8859-1") == 0) {
        return from_bytes(name, NULL, bytes, n, *out, n_out, error);
    }
    if (strcmp(name, "cp1252") == 0) {
        return from_bytes(name, windows_1252, bytes, n, *out, n_out, error);
    }
    return by_iconv(name, bytes, n, *out, room, n_out, error);
}

/* ---- back ---- */

/* The character at `s`, which is valid UTF-8; `*length` is of it. */
static uint32_t get_utf8(const unsigned char *s, size_t left, size_t *length)
{
    *length = s[0] < 0x80 ? 1 : character_length(s, left);
    switch (*length) {
    case 1:
        return s[0];
    case 2:
        return (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
    case 3:
        return (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
    default:
        return 0x10000; /* no encoding of one byte a character has any of these */
    }
}

/* The byte of a character, or -1. */
static int byte_of(uint32_t c, const uint16_t *high)
{
    for (int i = 0; high != NULL && i < 32; i++) {
        if (high[i] == c && c != 0) {
            return 0x80 + i;
        }
    }
    bool is_high_control = high != NULL && c >= 0x80 && c < 0xA0;
    return c < 0x100 && !is_high_control ? (int)c : -1;
}

static bool to_bytes(const char *name, const uint16_t *high, const char *bytes, size_t n, char *out,
                     size_t *n_out, struct error *error)
{
    size_t end = 0;
    for (size_t i = 0, length; i < n; i += length) {
        int byte = byte_of(get_utf8((const unsigned char *)bytes + i, n - i, &length), high);
        if (byte < 0) {
            return error_at(error, "%s does not have a character of line %u", name,
                            encoding_line_of(bytes, i));
        }
        out[end++] = (char)byte;
        length += length == 0;
    }
    *n_out = end;
    return true;
}

static bool back_by_iconv(const char *name, const char *bytes, size_t n, char *out, size_t room,
                          size_t *n_out, struct error *error)
{
    iconv_t converter = iconv_open(name, "UTF-8");
    if (converter == (iconv_t)-1) {
        return error_at(error, "unknown encoding: %s", name);
    }
    char *in = (char *)(uintptr_t)bytes; /* as above */
    char *end = out;
    size_t left = n;
    bool ok = iconv(converter, &in, &left, &end, &room) != (size_t)-1 && left == 0
              && iconv(converter, NULL, NULL, &end, &room) != (size_t)-1;
    iconv_close(converter);
    *n_out = (size_t)(end - out);
    return ok
           || error_at(error, "%s does not have a character of line %u", name,
                       encoding_line_of(bytes, n - left));
}

bool encoding_from_utf8(const char *name, const char *bytes, size_t n, struct arena *arena,
                        char **out, size_t *n_out, struct error *error)
{
    /* Encodings with escape sequences may need one at each character. */
    size_t room = 8 * n + 16;
    *out = arena_alloc(arena, room);
    if (strcmp(name, "iso-8859-1") == 0) {
        return to_bytes(name, NULL, bytes, n, *out, n_out, error);
    }
    if (strcmp(name, "cp1252") == 0) {
        return to_bytes(name, windows_1252, bytes, n, *out, n_out, error);
    }
    return back_by_iconv(name, bytes, n, *out, room, n_out, error);
}
