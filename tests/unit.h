/*
 * unit.h - counting what a unit test has tried.
 *
 *     CHECK(n == 3);
 *     CHECK_TEXT(error.message, "no such file");
 *     int main(void) { …; return unit_end("unit_source"); }
 */
#ifndef CYCLINT_TESTS_UNIT_H
#define CYCLINT_TESTS_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned n_passed, n_failed;

#define CHECK(condition) unit_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(actual, expected) unit_check_text((actual), (expected), __FILE__, __LINE__)

static inline bool unit_check(bool holds, const char *file, int line, const char *text)
{
    if (holds) {
        n_passed++;
    } else {
        n_failed++;
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
    }
    return holds;
}

static inline bool unit_check_text(const char *actual, const char *expected, const char *file,
                                   int line)
{
    bool is_equal = strcmp(actual, expected) == 0;
    if (is_equal) {
        n_passed++;
    } else {
        n_failed++;
        fprintf(stderr, "%s:%d: is      \"%s\"\n%*s should be \"%s\"\n", file, line, actual, 1, "",
                expected);
    }
    return is_equal;
}

/* Prints the counts; what main() returns. A test that tried nothing has failed. */
static inline int unit_end(const char *name)
{
    printf("%s: %u passed, %u failed\n", name, n_passed, n_failed);
    return n_failed > 0 || n_passed == 0;
}

#endif
