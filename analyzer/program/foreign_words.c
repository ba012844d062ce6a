/*
 * foreign_words.c - from a user's words to an entry of the knowledge tables.
 *
 * What is not said is what is most often true: a function's result holds its arguments, a method's
 * (".name") object does, strongly, and as long as it lives.
 */
#include "program/foreign_words.h"

#include "text/dotted.h"
#include "text/nearest.h"

#include <string.h>

struct reading {
    const char *rest; /* of the text */
    struct arena *arena;
    struct error *error;
    struct foreign *entry;
    struct foreign_hold *hold;
};

/* The next word, or NULL at the end. */
static const char *next_word(struct reading *reading)
{
    reading->rest += strspn(reading->rest, " \t");
    size_t length = strcspn(reading->rest, " \t");
    if (length == 0) {
        return NULL;
    }
    const char *word = arena_string(reading->arena, reading->rest, length);
    reading->rest += length;
    return word;
}

/* Names with dots between them; a method may begin with one. */
static bool is_dotted(const char *s)
{
    return *s == '\0' || dotted_is_name(s + (*s == '.'));
}

/* Which of the words it is; `n` when it is none, with an error. */
static size_t word_among(struct reading *reading, const char *word, const char *const *words,
                         size_t n, const char *place)
{
    struct nearest nearest = nearest_to(word, strlen(word));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
        nearest_offer(&nearest, words[i]);
    }
    error_at(reading->error, "'%.100s' cannot stand %s%s%s%s", word, place,
             nearest.best ? ": did you mean '" : "", nearest.best ? nearest.best : "",
             nearest.best ? "'?" : "");
    return n;
}

static bool read_name(struct reading *reading, const char *after, const char **name)
{
    *name = next_word(reading);
    if (*name == NULL) {
        return error_at(reading->error, "%s must be followed by a name", after);
    }
    return is_dotted(*name)
           || error_at(reading->error, "'%.100s' is no name such as 'package.Class.method'", *name);
}

static bool read_holder(struct reading *reading)
{
    static const char *const words[] = {[HOLDER_RESULT] = "result",
                                        [HOLDER_RECEIVER] = "receiver",
                                        [HOLDER_FIRST] = "first",
                                        [HOLDER_PROCESS] = "process"};
    enum { N = sizeof words / sizeof *words };
    const char *word = next_word(reading);
    if (word == NULL) {
        return error_at(reading->error, "'by' must be followed by result, receiver, first or "
                                        "process");
    }
    size_t holder = word_among(reading, word, words, N, "after 'by'");
    reading->hold->who = (enum foreign_holder)holder;
    return holder < N;
}

static bool read_until(struct reading *reading)
{
    reading->hold->until = UNTIL_REMOVED;
    return read_name(reading, "'until'", &reading->hold->removed_by);
}

static bool read_attribute(struct reading *reading)
{
    return read_name(reading, "'as'", &reading->hold->attribute);
}

static bool read_part(struct reading *reading, const char *word)
{
    enum { STRONGLY, WEAKLY, BY, AS, UNTIL, N };
    static const char *const words[] = {"strongly", "weakly", "by", "as", "until"};
    switch (word_among(reading, word, words, N, "here")) {
    case STRONGLY:
        reading->hold->strength = HOLDS_STRONGLY;
        return true;
    case WEAKLY:
        reading->hold->strength = HOLDS_WEAKLY;
        return true;
    case BY:
        return read_holder(reading);
    case AS:
        return read_attribute(reading);
    case UNTIL:
        return read_until(reading);
    default:
        return false;
    }
}

bool foreign_read(const char *text, struct arena *arena, struct foreign *entry, struct error *error)
{
    struct foreign_hold *hold = arena_alloc(arena, sizeof *hold);
    struct reading reading = {
        .rest = text, .arena = arena, .error = error, .entry = entry, .hold = hold};
    *hold = (struct foreign_hold){.position = FOREIGN_ANY, .attribute = "[]"};
    *entry = (struct foreign){.holds = hold, .n_holds = 1, .is_telling = true};
    if (!read_name(&reading, "a holder", &entry->name)) {
        return false;
    }
    bool is_method = entry->name[0] == '.';
    hold->call = entry->name;
    hold->who = is_method ? HOLDER_RECEIVER : HOLDER_RESULT;
    entry->method = is_method ? METHOD_HOLDS : METHOD_NONE;
    for (const char *word; (word = next_word(&reading)) != NULL;) {
        if (!read_part(&reading, word)) {
            return false;
        }
    }
    bool has_attribute = strcmp(hold->attribute, "[]") != 0;
    hold->is_listed = has_attribute && hold->who != HOLDER_RESULT; /* called again, it has two */
    entry->result = hold->who == HOLDER_RESULT ? RESULT_INSTANCE : RESULT_UNKNOWN;
    return true;
}
