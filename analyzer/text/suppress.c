/*
 * suppress.c - suppression comments taken apart.
 */
#include "text/suppress.h"

#include <string.h>
#include <strings.h>

/* What is left to read of a comment. */
struct cursor {
    const char *s, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->s < cursor->end && is_blank(*cursor->s)) {
        cursor->s++;
    }
}

static void skip_separators(struct cursor *cursor)
{
    while (cursor->s < cursor->end && !is_word_char(*cursor->s)) {
        cursor->s++;
    }
}

static size_t word_length(const struct cursor *cursor)
{
    const char *s = cursor->s;
    while (s < cursor->end && is_word_char(*s)) {
        s++;
    }
    return (size_t)(s - cursor->s);
}

/* Takes `word`, in any case, if it comes next. */
static bool take(struct cursor *cursor, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(cursor->end - cursor->s) < n || strncasecmp(cursor->s, word, n) != 0) {
        return false;
    }
    cursor->s += n;
    return true;
}

/* Goes behind the next `marker` that begins the comment or comes after a '#' in it. */
static bool find_marker(struct cursor *cursor, const char *marker)
{
    while (cursor->s < cursor->end) {
        while (cursor->s < cursor->end && (is_blank(*cursor->s) || *cursor->s == '#')) {
            cursor->s++;
        }
        if (take(cursor, marker)) {
            return true;
        }
        const char *hash = memchr(cursor->s, '#', (size_t)(cursor->end - cursor->s));
        cursor->s = hash ? hash : cursor->end;
    }
    return false;
}

/* "noqa" as a word of its own. */
static bool find_noqa(struct cursor *cursor)
{
    while (find_marker(cursor, "noqa")) {
        if (cursor->s == cursor->end || !is_word_char(*cursor->s)) {
            return true;
        }
    }
    return false;
}

bool suppress_is_directive(const char *comment, size_t n)
{
    struct cursor first = {comment, comment + n}, second = first;
    return find_marker(&first, "cyclint:") || find_noqa(&second);
}

static void add_part(struct suppress_comment *out, enum suppress_action action, const char *name,
                     size_t length)
{
    *array_push(out) = (struct suppress_part){.action = action, .name = name, .length = length};
}

static bool is_word(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* The action that a word before '=' names. */
static enum suppress_action action_of(const char *word, size_t n)
{
    static const struct {
        const char *word;
        enum suppress_action action;
    } actions[] = {{"disable", SUPPRESS_DISABLE},
                   {"disable-next", SUPPRESS_DISABLE_NEXT},
                   {"enable", SUPPRESS_ENABLE}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (is_word(word, n, actions[i].word)) {
            return actions[i].action;
        }
    }
    return SUPPRESS_UNKNOWN;
}

static bool is_followed_by_equals(const struct cursor *cursor, size_t length)
{
    struct cursor after = {cursor->s + length, cursor->end};
    skip_blanks(&after);
    return after.s < after.end && *after.s == '=';
}

/* The text between "cyclint:" and the reason: words with '=' are actions, the others names of the
 * last action. */
static void parse_pragmas(struct cursor cursor, struct suppress_comment *out)
{
    enum suppress_action action = SUPPRESS_UNKNOWN;
    for (;;) {
        skip_separators(&cursor);
        size_t n = word_length(&cursor);
        if (n == 0) {
            return;
        }
        if (is_word(cursor.s, n, "skip-file")) {
            add_part(out, SUPPRESS_SKIP_FILE, cursor.s, 0);
            action = SUPPRESS_UNKNOWN;
        } else if (is_followed_by_equals(&cursor, n)) {
            action = action_of(cursor.s, n);
            if (action == SUPPRESS_UNKNOWN) {
                add_part(out, action, cursor.s, n);
                return; /* its names mean nothing */
            }
        } else {
            add_part(out, action, cursor.s, n);
            if (action == SUPPRESS_UNKNOWN) {
                return; /* prose, most likely: one word is enough to complain of */
            }
        }
        cursor.s += n;
    }
}

static bool looks_like_code(const char *word, size_t n)
{
    size_t letters = 0;
    while (letters < n && word[letters] >= 'A' && word[letters] <= 'Z') {
        letters++;
    }
    size_t digits = letters;
    while (digits < n && word[digits] >= '0' && word[digits] <= '9') {
        digits++;
    }
    return letters > 0 && digits > letters && digits == n;
}

static bool looks_like_name(const char *word, size_t n)
{
    return n > 0 && is_letter(*word) && memchr(word, '-', n) != NULL;
}

/* "noqa" alone, or with codes up to the first word that is none.  As flake8 has it, text that holds
 * no code at all leaves a plain noqa. */
static void parse_noqa(struct cursor cursor, struct suppress_comment *out)
{
    size_t before = out->n;
    skip_blanks(&cursor);
    if (cursor.s < cursor.end && *cursor.s == ':') {
        cursor.s++;
        for (;;) {
            while (cursor.s < cursor.end && (is_blank(*cursor.s) || *cursor.s == ',')) {
                cursor.s++;
            }
            size_t n = word_length(&cursor);
            if (!looks_like_code(cursor.s, n) && !looks_like_name(cursor.s, n)) {
                break;
            }
            add_part(out, SUPPRESS_NOQA, cursor.s, n);
            cursor.s += n;
        }
    }
    if (out->n == before) {
        add_part(out, SUPPRESS_NOQA_ALL, cursor.s, 0);
    }
}

static void set_reason(struct suppress_comment *out, const char *s, const char *end)
{
    while (s < end && (is_blank(*s) || *s == '#' || *s == ';')) {
        s++;
    }
    while (s < end && (is_blank(end[-1]) || end[-1] == '\r')) {
        end--;
    }
    out->reason = s;
    out->reason_length = (size_t)(end - s);
}

void suppress_parse(const char *comment, size_t n, struct suppress_comment *out)
{
    *out = (struct suppress_comment){.reason = comment};
    struct cursor pragma = {comment, comment + n}, noqa = pragma;
    if (find_marker(&pragma, "cyclint:")) {
        const char *stop = pragma.s;
        while (stop < pragma.end && *stop != ';' && *stop != '#') {
            stop++;
        }
        parse_pragmas((struct cursor){pragma.s, stop}, out);
        set_reason(out, stop, pragma.end);
    }
    if (find_noqa(&noqa)) {
        parse_noqa(noqa, out);
    }
}
