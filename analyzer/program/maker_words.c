/*
 * maker_words.c - the table of makers as a user writes and reads it.
 *
 * What is not said is what is most often true: it is closed by close() and by `with`, and called a
 * resource.
 */
#include "program/maker_words.h"

#include "text/dotted.h"
#include "text/nearest.h"

#include <string.h>

static const struct {
    const char *word;
    uint32_t flag;
} flag_words[] = {
    {"with-keeps-open", MAKER_WITH_KEEPS_OPEN},
    {"no-with", MAKER_HAS_NO_WITH},
    {"async", MAKER_IS_ASYNC},
    {"pair", MAKER_MAKES_PAIR},
    {"first", MAKER_FIRST_OF_TUPLE},
    {"second", MAKER_SECOND_OF_TUPLE},
    {"descriptor", MAKER_IS_NUMBER},
    {"takes-object", MAKER_TAKES_OBJECT},
    {"closes-object", MAKER_CLOSES_OBJECT},
    {"wraps", MAKER_WRAPS},
    {"quiet", MAKER_IS_QUIET},
    {"ends-exhausted", MAKER_ENDS_EXHAUSTED},
    {"survives-errors", MAKER_SURVIVES_ERRORS},
    {"lives-long", MAKER_LIVES_LONG},
};

enum { N_FLAGS = sizeof flag_words / sizeof *flag_words };

struct reading {
    const char *rest; /* of the text */
    struct arena *arena;
    struct error *error;
    struct maker *maker;
};

/* The next word, or NULL at the end. */
static const char *next_word(struct reading *reading)
{
    reading->rest += strspn(reading->rest, " \t");
    size_t length = strcspn(reading->rest, " \t");
    const char *word = arena_string(reading->arena, reading->rest, length);
    reading->rest += length;
    return length == 0 ? NULL : word;
}

static bool read_thing(struct reading *reading)
{
    const char *word = next_word(reading);
    if (word == NULL) {
        return error_at(reading->error, "'as' must be followed by what to call it");
    }
    char *thing = arena_string(reading->arena, word, strlen(word));
    for (char *s = thing; *s != '\0'; s++) {
        *s = *s == '-' ? ' ' : *s;
    }
    reading->maker->thing = thing;
    return true;
}

static bool read_closer(struct reading *reading)
{
    const char *word = next_word(reading);
    if (word == NULL) {
        return error_at(reading->error, "'until' must be followed by the name of a method");
    }
    if (!dotted_is_name(word) || strchr(word, '.') != NULL) {
        return error_at(reading->error, "'%.100s' is no name of a method", word);
    }
    const char *before = reading->maker->closers;
    reading->maker->closers =
        before == NULL ? word : arena_format(reading->arena, "%s %s", before, word);
    return true;
}

static bool read_flag(struct reading *reading, const char *word)
{
    struct nearest nearest = nearest_to(word, strlen(word));
    nearest_offer(&nearest, "as");
    nearest_offer(&nearest, "until");
    for (size_t i = 0; i < N_FLAGS; i++) {
        if (strcmp(flag_words[i].word, word) == 0) {
            reading->maker->flags |= flag_words[i].flag;
            return true;
        }
        nearest_offer(&nearest, flag_words[i].word);
    }
    return error_at(reading->error, "'%.100s' cannot stand here%s%s%s", word,
                    nearest.best ? ": did you mean '" : "", nearest.best ? nearest.best : "",
                    nearest.best ? "'?" : "");
}

static bool is_function_name(const char *name, struct error *error)
{
    return (name != NULL && dotted_is_name(name))
           || error_at(error, "'%.100s' is no name such as 'package.function'",
                       name == NULL ? "" : name);
}

bool maker_read(const char *text, struct arena *arena, struct maker *maker, struct error *error)
{
    struct reading reading = {.rest = text, .arena = arena, .error = error, .maker = maker};
    *maker = (struct maker){.name = next_word(&reading)};
    bool ok = is_function_name(maker->name, error);
    for (const char *word; ok && (word = next_word(&reading)) != NULL;) {
        ok = strcmp(word, "as") == 0      ? read_thing(&reading)
             : strcmp(word, "until") == 0 ? read_closer(&reading)
                                          : read_flag(&reading, word);
    }
    return ok;
}

bool maker_read_function(const char *text, struct error *error)
{
    return is_function_name(text, error);
}

void maker_add_said(struct makers *makers, const struct maker *said)
{
    const struct maker *known = makers_find(makers, said->name);
    struct maker whole = *said;
    struct arena arena = {0};
    if (known != NULL) {
        whole.flags |= known->flags;
        whole.thing = said->thing == NULL ? known->thing : said->thing;
        whole.closers = said->closers == NULL
                            ? known->closers
                            : arena_format(&arena, "%s%s%s", known->closers,
                                           *known->closers == '\0' ? "" : " ", said->closers);
    }
    whole.thing = whole.thing == NULL ? "resource" : whole.thing;
    whole.closers = whole.closers == NULL ? "close" : whole.closers;
    makers_add(makers, &whole);
    makers->is_said = true;
    arena_free(&arena);
}

/* ---- writing ---- */

static void write_thing(const char *thing, struct builder *out)
{
    builder_add(out, " as ");
    for (; *thing != '\0'; thing++) {
        builder_add_char(out, *thing == ' ' ? '-' : *thing);
    }
}

static void write_closers(const char *closers, struct builder *out)
{
    while (*closers != '\0') {
        size_t length = strcspn(closers, " ");
        builder_addf(out, " until %.*s", (int)length, closers);
        closers += length + (closers[length] == ' ');
    }
}

void makers_write(const struct makers *makers, struct builder *out)
{
    for (size_t i = 0; i < makers->n; i++) {
        const struct maker *maker = makers->items[i];
        builder_add(out, maker->name);
        write_thing(maker->thing, out);
        write_closers(maker->closers, out);
        for (size_t k = 0; k < N_FLAGS; k++) {
            if (maker->flags & flag_words[k].flag) {
                builder_addf(out, " %s", flag_words[k].word);
            }
        }
        builder_add_char(out, '\n');
    }
}
