/*
 * unit_source.c - reading files as CPython does: encodings, line ends, what is refused, positions.
 */
#include "text/encoding.h"
#include "text/source.h"

#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static struct source source;
static struct error error;

#define READ(text) source_from_bytes("-", text, sizeof(text) - 1, &arena, &source, &error)

/* Whether the text is read as `expected` in `encoding`. */
#define READS_AS(text, expected, name)                                                             \
    do {                                                                                           \
        if (CHECK(READ(text))) {                                                                   \
            CHECK_TEXT(source.bytes, expected);                                                    \
            CHECK(source.n == sizeof(expected) - 1);                                               \
            CHECK_TEXT(source.encoding, name);                                                     \
        }                                                                                          \
    } while (0)

#define REFUSES(text, message_)                                                                    \
    do {                                                                                           \
        CHECK(!READ(text));                                                                        \
        CHECK_TEXT(error.message, message_);                                                       \
    } while (0)

static void test_utf8(void)
{
    READS_AS("x = 1\n", "x = 1\n", "utf-8");
    READS_AS("", "", "utf-8");
    READS_AS("\xEF\xBB\xBFx\n", "x\n", "utf-8");
    CHECK(source.flags == SOURCE_BOM);
    READS_AS("\xEF\xBB\xBF# coding: utf8\n", "# coding: utf8\n", "utf-8");
    READS_AS("'\xF0\x9F\x90\x8D\xE2\x82\xAC\xC3\xA9'", "'\xF0\x9F\x90\x8D\xE2\x82\xAC\xC3\xA9'",
             "utf-8");
    REFUSES("a\nb\r\n'\xE9'\n", "not valid utf-8 at line 3 (byte 0xe9)");
    REFUSES("\xC0\x80", "not valid utf-8 at line 1 (byte 0xc0)");
    REFUSES("12345678\xED\xA0\x80", "not valid utf-8 at line 1 (byte 0xed)");
    REFUSES("\xF4\x90\x80\x80", "not valid utf-8 at line 1 (byte 0xf4)");
    REFUSES("\xE2\x82", "not valid utf-8 at line 1 (byte 0xe2)");
    REFUSES("\xFF\xFEx\0", "begins with a UTF-16 byte order mark; Python source cannot be UTF-16");
    REFUSES("x\n\0", "contains a null byte at line 2");
    REFUSES("\xEF\xBB\xBF# coding: latin-1\n",
            "declares the encoding iso-8859-1, but begins with a UTF-8 byte order mark");
}

static void test_declared(void)
{
    READS_AS("# coding: latin-1\n'\xE9'", "# coding: latin-1\n'\xC3\xA9'", "iso-8859-1");
    CHECK(source.flags == SOURCE_TRANSCODED);
    READS_AS("#!/x\n# -*- coding: Latin_1-unix -*-\n\xE9",
             "#!/x\n# -*- coding: Latin_1-unix -*-\n\xC3\xA9", "iso-8859-1");
    READS_AS(" \t\f\n#vim:fileencoding=cp1252\n\x80",
             " \t\f\n#vim:fileencoding=cp1252\n\xE2\x82\xAC", "cp1252");
    READS_AS("# coding: iso8859_15\n\xA4", "# coding: iso8859_15\n\xE2\x82\xAC", "iso8859-15");
    READS_AS("# coding: koi8_r\n\xC1", "# coding: koi8_r\n\xD0\xB0", "koi8-r");
    READS_AS("# coding: shift_jis\n\x83\x65", "# coding: shift_jis\n\xE3\x83\x86", "shift-jis");
    READS_AS("# coding: UTF_8\n", "# coding: UTF_8\n", "utf-8");
    READS_AS("# coding:\tutf-8-sig\n", "# coding:\tutf-8-sig\n", "utf-8");
    /* What is no declaration. */
    READS_AS("x\n# coding: latin-1\n", "x\n# coding: latin-1\n", "utf-8");
    READS_AS("\n\n# coding: latin-1\n", "\n\n# coding: latin-1\n", "utf-8");
    READS_AS("x # coding: latin-1\n", "x # coding: latin-1\n", "utf-8");
    READS_AS("# coding latin-1\n", "# coding latin-1\n", "utf-8");
    READS_AS("# coding :latin-1\n", "# coding :latin-1\n", "utf-8");
    READS_AS("# coding:", "# coding:", "utf-8");
    READS_AS("# encoding coding=latin-1\r\n\xE9", "# encoding coding=latin-1\r\n\xC3\xA9",
             "iso-8859-1");
    REFUSES("# coding: nonsense\n", "unknown encoding: nonsense");
    REFUSES("# coding: utf-16\n", "unknown encoding: utf-16");
    REFUSES("# coding: cp1252\n\n\x81", "not valid cp1252 at line 3 (byte 0x81)");
    REFUSES("# coding: ascii\n\xC3\xA9", "not valid ascii at line 2 (byte 0xc3)");
    REFUSES("# coding: euc-jp\n\xFF", "not valid euc-jp at line 2 (byte 0xff)");
}

static void test_line_ends(void)
{
    READS_AS("a\r\nb\r\n", "a\r\nb\r\n", "utf-8");
    CHECK(source.flags == SOURCE_CRLF);
    READS_AS("a\rb\r", "a\nb\n", "utf-8");
    CHECK(source.flags == SOURCE_LONE_CR);
    READS_AS("a\n\r\r\nb", "a\n\n\r\nb", "utf-8");
    CHECK(source.flags == SOURCE_LONE_CR);
}

static bool is_at(const struct lines *lines, uint32_t offset, uint32_t line, uint32_t column)
{
    struct position position = lines_position(&source, lines, offset);
    return position.line == line && position.column == column;
}

static void test_positions(void)
{
    struct lines lines;
    CHECK(READ("a\r\n\xC3\xA9\xF0\x9F\x90\x8Dx\n\fy"));
    lines_find(&source, &arena, &lines);
    CHECK(lines.n == 3);
    CHECK(is_at(&lines, 0, 1, 0));
    CHECK(is_at(&lines, 2, 1, 2));
    CHECK(is_at(&lines, 3, 2, 0));
    CHECK(is_at(&lines, 9, 2, 2));
    CHECK(is_at(&lines, 12, 3, 1));
    CHECK(is_at(&lines, 13, 3, 2));
    CHECK(is_at(&lines, 1000, 3, 2));
    CHECK(READ(""));
    lines_find(&source, &arena, &lines);
    CHECK(lines.n == 1 && is_at(&lines, 0, 1, 0));
}

static bool reads(const char *path, uint32_t max_bytes)
{
    return source_read(path, max_bytes, &arena, &source, &error);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fputs(text, file);
        fclose(file);
    }
}

static void test_files(const char *folder)
{
    char path[4096];
    CHECK(!reads(folder, 1000));
    CHECK_TEXT(error.message, "is a directory");
    snprintf(path, sizeof path, "%s/fifo", folder);
    CHECK(mkfifo(path, 0600) == 0 && !reads(path, 1000));
    CHECK_TEXT(error.message, "is not a regular file");
    unlink(path);
    CHECK(!reads("/dev/null", 1000));
    snprintf(path, sizeof path, "%s/file.py", folder);
    CHECK(!reads(path, 1000));
    CHECK_TEXT(error.message, "No such file or directory");
    write_file(path, "x = 1\n");
    CHECK(reads(path, 6));
    CHECK_TEXT(source.bytes, "x = 1\n");
    CHECK_TEXT(source.path, path);
    uint64_t hash = source.hash;
    CHECK(READ("x = 1\n") && source.hash == hash);
    CHECK(READ("\xEF\xBB\xBFx = 1\n") && source.hash != hash);
    CHECK(!reads(path, 5));
    CHECK_TEXT(error.message, "larger than 5 bytes");
    CHECK(freopen(path, "r", stdin) != NULL && reads("-", 1000));
    CHECK_TEXT(source.bytes, "x = 1\n");
    CHECK(freopen(path, "r", stdin) != NULL && !reads("-", 5));
    unlink(path);
}

int main(void)
{
    char folder[] = "/tmp/unit_source.XXXXXX";
    test_utf8();
    test_declared();
    test_line_ends();
    test_positions();
    if (CHECK(mkdtemp(folder) != NULL)) {
        test_files(folder);
        rmdir(folder);
    }
    arena_free(&arena);
    return unit_end("unit_source");
}
