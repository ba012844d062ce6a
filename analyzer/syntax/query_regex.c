/*
 * query_regex.c - the regular expressions of #match? and its kin, by PCRE2.
 *
 * Most of them only spell out a few words: `^open$`, `^(push|pop)_`, `cache`.  Those are compared
 * here, which takes a tenth of the time to compile and to match.  All others are PCRE2's: UTF-8,
 * `$` only at the very end, searched anywhere in the text.  What is matched often enough is
 * compiled to machine code, which costs about as much as some hundred matches; each thread has its
 * own copy of that, because the shared one may not change.
 */
#include "syntax/query_regex.h"

#include "base/array.h"
#include "base/error.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    MANY_MATCHES = 500, /* from here on machine code pays */
    MAX_WORK = 200000,  /* PCRE2's match limit: a capture is one line, mostly one word */
    MAX_MEMORY_KILOBYTES = 4096
};

struct word {
    uint32_t offset, length; /* in the regex's letters */
};

struct query_regex {
    pcre2_code *code; /* NULL: compare the words */
    bool at_start, at_end;
    char *letters;
    struct {
        ARRAY_OF(struct word);
    } words;
};

/* How often this thread used an expression, and its own copy with machine code. */
struct query_regex_use {
    const struct query_regex *regex;
    pcre2_code *fast;
    uint32_t n;
};

struct query_regex_memory {
    pcre2_match_data *data;
    pcre2_match_context *context;
    struct {
        ARRAY_OF(struct query_regex_use);
    } uses;
};

/* ---- expressions that only spell out words ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads words separated by `|` into `regex`, up to `end`; false when there is more than words. */
static bool read_words(struct query_regex *regex, const char *s, const char *end)
{
    uint32_t n = 0;
    struct word word = {0, 0};
    for (;; s++) {
        if (s == end || *s == '|') {
            word.length = n - word.offset;
            *array_push(&regex->words) = word;
            word.offset = n;
            if (s == end) {
                return true;
            }
        } else if (is_letter(*s)) {
            regex->letters[n++] = *s;
        } else if (*s == '\\' && s + 1 < end && (s[1] == '.' || s[1] == '-')) {
            regex->letters[n++] = *++s;
        } else {
            return false;
        }
    }
}

static bool is_words(struct query_regex *regex, const char *s, const char *end)
{
    regex->letters = alloc((size_t)(end - s) + 1);
    regex->at_start = s < end && *s == '^';
    s += regex->at_start;
    regex->at_end = s < end && end[-1] == '$' && (end - s == 1 || end[-2] != '\\');
    end -= regex->at_end;
    if (end - s >= 2 && *s == '(' && end[-1] == ')') {
        s += end - s > 4 && memcmp(s, "(?:", 3) == 0 ? 3 : 1;
        end--;
    } else if ((regex->at_start || regex->at_end) && memchr(s, '|', (size_t)(end - s))) {
        return false; /* an anchor then belongs to one word only */
    }
    return read_words(regex, s, end);
}

static bool word_matches(const struct query_regex *regex, const char *word, size_t n, const char *s,
                         size_t length)
{
    if (n > length) {
        return false;
    }
    if (regex->at_start && regex->at_end) {
        return n == length && memcmp(s, word, n) == 0;
    }
    if (regex->at_start) {
        return memcmp(s, word, n) == 0;
    }
    if (regex->at_end) {
        return memcmp(s + length - n, word, n) == 0;
    }
    return n == 0 || memmem(s, length, word, n) != NULL;
}

static bool words_match(const struct query_regex *regex, const char *s, size_t length)
{
    for (size_t i = 0; i < regex->words.n; i++) {
        struct word word = regex->words.items[i];
        if (word_matches(regex, regex->letters + word.offset, word.length, s, length)) {
            return true;
        }
    }
    return false;
}

/* ---- all others ---- */

static void forget_words(struct query_regex *regex)
{
    free(regex->letters);
    regex->letters = NULL;
    array_free(&regex->words);
}

struct query_regex *query_regex_new(const char *pattern, size_t length, char *message, size_t size)
{
    struct query_regex *regex = alloc_zeroed(1, sizeof *regex);
    if (is_words(regex, pattern, pattern + length)) {
        return regex;
    }
    forget_words(regex);
    int error;
    PCRE2_SIZE offset;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, length,
                                PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY
                                    | PCRE2_NEVER_BACKSLASH_C,
                                &error, &offset, NULL);
    if (regex->code) {
        return regex;
    }
    pcre2_get_error_message(error, (PCRE2_UCHAR *)message, size);
    query_regex_free(regex);
    return NULL;
}

void query_regex_free(struct query_regex *regex)
{
    forget_words(regex);
    pcre2_code_free(regex->code);
    free(regex);
}

struct query_regex_memory *query_regex_memory_new(void)
{
    struct query_regex_memory *memory = alloc_zeroed(1, sizeof *memory);
    memory->data = pcre2_match_data_create(1, NULL);
    memory->context = pcre2_match_context_create(NULL);
    if (!memory->data || !memory->context) {
        die("out of memory");
    }
    pcre2_set_match_limit(memory->context, MAX_WORK);
    pcre2_set_heap_limit(memory->context, MAX_MEMORY_KILOBYTES);
    return memory;
}

void query_regex_memory_free(struct query_regex_memory *memory)
{
    for (size_t i = 0; i < memory->uses.n; i++) {
        pcre2_code_free(memory->uses.items[i].fast);
    }
    array_free(&memory->uses);
    pcre2_match_data_free(memory->data);
    pcre2_match_context_free(memory->context);
    free(memory);
}

static struct query_regex_use *find_use(struct query_regex_memory *memory,
                                        const struct query_regex *regex)
{
    for (size_t i = 0; i < memory->uses.n; i++) {
        if (memory->uses.items[i].regex == regex) {
            return &memory->uses.items[i];
        }
    }
    struct query_regex_use *use = array_push(&memory->uses);
    use->regex = regex;
    return use;
}

/* The code to match with: this thread's fast copy once there is one. */
static const pcre2_code *code_for(struct query_regex_memory *memory,
                                  const struct query_regex *regex)
{
    struct query_regex_use *use = find_use(memory, regex);
    if (++use->n == MANY_MATCHES) {
        use->fast = pcre2_code_copy(regex->code);
        if (use->fast) {
            pcre2_jit_compile(use->fast, PCRE2_JIT_COMPLETE); /* without it the copy is slow too */
        }
    }
    return use->fast ? use->fast : regex->code;
}

bool query_regex_matches(const struct query_regex *regex, struct query_regex_memory *memory,
                         const char *s, size_t length, bool *failed)
{
    if (!regex->code) {
        return words_match(regex, s, length);
    }
    int result = pcre2_match(code_for(memory, regex), (PCRE2_SPTR)s, length, 0, 0, memory->data,
                             memory->context);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
        result =
            pcre2_match(regex->code, (PCRE2_SPTR)s, length, 0, 0, memory->data, memory->context);
    }
    if (result < 0 && result != PCRE2_ERROR_NOMATCH) {
        *failed = true;
    }
    return result >= 0;
}
