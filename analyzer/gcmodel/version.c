/*
 * version.c - which of CPython's collectors a version has.
 */
#include "gcmodel/version.h"

#include <ctype.h>
#include <string.h>

enum {
    OLDEST_MINOR = 8,
    NEWEST_MINOR = 15,
    NEWEST_PATCH = 99,      /* no Python 3 ever had more; what "3.14" without a patch stands for */
    INCREMENTAL_MINOR = 14, /* 3.14.0 to 3.14.4 only: reverted by gh-148726 */
    FIRST_REVERTED_PATCH = 5
};

/* A number of at most three digits, or -1. */
static int read_number(const char **text)
{
    int value = 0, digits = 0;
    while (isdigit((unsigned char)**text) && digits < 4) {
        value = value * 10 + (*(*text)++ - '0');
        digits++;
    }
    return digits == 0 || digits > 3 ? -1 : value;
}

/* "rc1", "a3", "b2": what stands behind the patch number of a Python that is not finished. */
static void skip_stage(const char **text)
{
    size_t letters = strspn(*text, "abrc");
    if (letters > 0 && isdigit((unsigned char)(*text)[letters])) {
        *text += letters;
        read_number(text);
    }
}

static bool read_parts(const char *text, int *major, struct gc_version *version)
{
    *major = read_number(&text);
    if (*text++ != '.') {
        return false;
    }
    version->minor = read_number(&text);
    version->patch = NEWEST_PATCH;
    if (*text == '.') {
        text++;
        version->patch = read_number(&text);
    }
    skip_stage(&text);
    version->free_threaded = *text == 't';
    text += version->free_threaded;
    return *major >= 0 && version->minor >= 0 && version->patch >= 0 && *text == '\0';
}

static void set_collector(struct gc_version *v)
{
    bool is_incremental = v->minor == INCREMENTAL_MINOR && v->patch < FIRST_REVERTED_PATCH;
    v->collector = v->free_threaded ? GC_FREE_THREADED
                   : is_incremental ? GC_INCREMENTAL
                   : v->minor >= 12 ? GC_DEFERRED
                                    : GC_EAGER;
    v->counts_tracked = is_incremental && v->patch > 0;
    /* 2000 since 3.13, 700 before; read from each with gc.get_threshold(). */
    v->threshold[0] = v->minor >= 13 ? 2000 : 700;
    v->threshold[1] = 10;
    v->threshold[2] = is_incremental ? 0 : 10;
    v->thread_suffix = v->free_threaded ? "t" : "";
}

bool gc_version_parse(const char *text, struct gc_version *version, struct error *error)
{
    int major = 0;
    *version = (struct gc_version){0};
    if (!read_parts(text, &major, version)) {
        return error_at(error, "'%s' is no Python version like 3.12, 3.14.2 or 3.13t", text);
    }
    if (major != 3 || version->minor < OLDEST_MINOR || version->minor > NEWEST_MINOR) {
        return error_at(error,
                        "the collector of Python %s is not known, only those of 3.%d to 3.%d", text,
                        OLDEST_MINOR, NEWEST_MINOR);
    }
    if (version->free_threaded && version->minor != 13) {
        return error_at(
            error, "of the free-threaded collectors only that of 3.13t is known, not %s", text);
    }
    set_collector(version);
    return true;
}
