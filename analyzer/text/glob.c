/*
 * glob.c - the patterns of .gitignore, matched against paths.
 *
 * One pass with two places to come back to: the last `*` and the last `**`.  Two are enough: what
 * stands between two stars is best matched as early as possible, and a `*` that has reached a slash
 * can only be helped by the last `**` before it.  So no pattern takes exponential time.
 */
#include "text/glob.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Where to go on when the rest did not match: `pattern` again, with one more of `path` taken. */
struct resume {
    const char *pattern; /* NULL: there was no star */
    const char *path;
};

static bool is_in_named_class(const char *name, size_t length, int c)
{
    static const struct {
        const char *name;
        int (*contains)(int);
    } classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
                   {"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
                   {"lower", islower}, {"print", isprint}, {"punct", ispunct},
                   {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0) {
            return classes[i].contains(c) != 0;
        }
    }
    return false;
}

/* Reads `[:name:]` at `*p`, if it is one, and moves behind it. */
static bool read_named_class(const char **p, int c, bool *contains)
{
    if (strncmp(*p, "[:", 2) != 0) {
        return false;
    }
    const char *end = strstr(*p + 2, ":]");
    if (end == NULL) {
        return false;
    }
    *contains = is_in_named_class(*p + 2, (size_t)(end - *p - 2), c);
    *p = end + 2;
    return true;
}

/* One character of a class, a backslash taken away. */
static unsigned char class_character(const char **p)
{
    if (**p == '\\' && (*p)[1] != '\0') {
        ++*p;
    }
    return (unsigned char)*(*p)++;
}

/* Whether `c` is in the class that begins at `p` with '['.  `*after` is behind its ']', or NULL
 * when the class never ends and so matches nothing. */
static bool is_in_class(const char *p, unsigned char c, const char **after)
{
    bool is_negated = *++p == '!' || *p == '^';
    p += is_negated;
    bool found = false;
    for (const char *first = p; *p != ']' || p == first;) {
        if (*p == '\0') {
            *after = NULL;
            return false;
        }
        bool named = false;
        if (read_named_class(&p, c, &named)) {
            found |= named;
            continue;
        }
        unsigned char low = class_character(&p), high = low;
        if (*p == '-' && p[1] != ']' && p[1] != '\0') {
            p++;
            high = class_character(&p);
        }
        found |= low <= c && c <= high;
    }
    *after = p + 1;
    return found != is_negated;
}

/* Matches one character that is no star; moves `*pattern` behind what was used of it. */
static bool matches_one(const char **pattern, char c)
{
    const char *p = *pattern;
    if (*p == '\0' || c == '\0') {
        return false;
    }
    const char *after = p + 1;
    bool matches;
    if (*p == '?') {
        matches = c != '/';
    } else if (*p == '[') {
        matches = is_in_class(p, (unsigned char)c, &after) && c != '/';
    } else if (*p == '\\' && p[1] != '\0') {
        after = p + 2;
        matches = p[1] == c;
    } else {
        matches = *p == c;
    }
    *pattern = after;
    return matches && after != NULL;
}

/* How many stars stand at `p` if they stand for folders, else 0: two or more that are a whole part
 * of the path, or, as git has it by the way it compares, have nothing but plain characters before.
 */
static size_t folder_stars(const char *whole, const char *p)
{
    size_t n = strspn(p, "*");
    bool begins = p == whole || p[-1] == '/' || strcspn(whole, "*?[\\") == (size_t)(p - whole);
    return n >= 2 && begins && (p[n] == '/' || p[n] == '\0') ? n : 0;
}

/* Goes back to the last place where something else is possible; false if there is none. */
static bool come_back(struct resume *star, struct resume *folders, const char **p,
                      const char **path)
{
    if (star->pattern != NULL && *star->path != '\0' && *star->path != '/') {
        *p = star->pattern;
        *path = ++star->path;
        return true;
    }
    star->pattern = NULL;
    const char *slash = folders->pattern == NULL ? NULL : strchr(folders->path, '/');
    if (slash == NULL) {
        return false;
    }
    *p = folders->pattern;
    *path = folders->path = slash + 1;
    return true;
}

bool glob_matches(const char *pattern, const char *path)
{
    struct resume star = {NULL, NULL}, folders = {NULL, NULL};
    const char *p = pattern;
    while (*p != '\0' || *path != '\0') {
        size_t n_stars = folder_stars(pattern, p);
        if (n_stars > 0) {
            if (p[n_stars] == '\0') {
                return true;
            }
            p += n_stars + 1;
            folders = (struct resume){p, path};
            star.pattern = NULL;
        } else if (*p == '*') {
            p += strspn(p, "*");
            star = (struct resume){p, path};
        } else if (matches_one(&p, *path)) {
            path++;
        } else if (!come_back(&star, &folders, &p, &path)) {
            return false;
        }
    }
    return true;
}
