/*
 * gc_profile_command.c - `cyclint gc profile`: runs a program and keeps what the probe counted.
 *
 * `python -O app.py x` becomes `python -O -c PROBE FILE app.py x`.  The probe writes to a new file
 * beside the one that is wanted, which takes its place only when it is whole.
 */
#include "cli/gc_profile_command.h"

#include "cli/gc_probe.h"
#include "cli/output.h"
#include "cli/python.h"
#include "report/gc_profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char default_output[] = "gc-profile.json";

struct words {
    ARRAY_OF(char *);
    struct arena arena;
};

static void add_word(struct words *words, const char *word)
{
    *array_push(words) = arena_string(&words->arena, word, strlen(word));
}

/* Options of the interpreter come before the script; those two have their value in the next word.
 */
static bool is_interpreter_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && strcmp(word, "-m") != 0 && strcmp(word, "-c") != 0;
}

static bool takes_value(const char *word)
{
    return strcmp(word, "-X") == 0 || strcmp(word, "-W") == 0;
}

static void make_words(const struct strings *command, const char *file, struct words *words)
{
    size_t i = 1;
    add_word(words, command->items[0]);
    for (; i < command->n && is_interpreter_option(command->items[i]); i++) {
        add_word(words, command->items[i]);
        if (takes_value(command->items[i]) && i + 1 < command->n) {
            add_word(words, command->items[++i]);
        }
    }
    add_word(words, "-c");
    add_word(words, gc_probe);
    add_word(words, file);
    for (; i < command->n; i++) {
        add_word(words, command->items[i]);
    }
    *array_push(words) = NULL;
}

/* What the probe has written, if it is whole. */
static bool take_profile(const char *file, const char *python, int status, const char *output,
                         struct error *error)
{
    struct builder text = {0};
    struct gc_profile profile;
    bool ok = gc_read_file(file, &text, error);
    if (ok && text.length == 0) {
        ok = error_at(error,
                      "the program ended with status %d before the probe could write what it "
                      "counted; is this Python 3.8 or later: %s",
                      status, python);
    }
    ok = ok && gc_profile_read(builder_string(&text), &profile, error);
    if (ok) {
        gc_profile_free(&profile);
        ok = output_file(output, builder_string(&text), text.length, error);
    }
    builder_free(&text);
    return ok;
}

static bool run(const struct gc_options *o, const char *file, const char *output,
                struct error *error)
{
    struct words words = {0};
    int status = 0;
    make_words(&o->rest, file, &words);
    bool ok = python_run(words.items, 0, NULL, &status, error)
              && take_profile(file, words.items[0], status, output, error);
    if (ok && status != 0) {
        fprintf(stderr, "cyclint: the program ended with status %d; the profile is of what ran\n",
                status);
    }
    arena_free(&words.arena);
    array_free(&words);
    return ok;
}

bool gc_profile_command(const struct gc_options *o, struct error *error)
{
    const char *output = o->output != NULL ? o->output : default_output;
    struct builder file = {0};
    if (o->rest.n == 0) {
        return error_at(error, "gc: profile needs a program, as in: cyclint gc profile -- python3 "
                               "app.py");
    }
    builder_addf(&file, "%s.XXXXXX", output);
    int fd = mkstemp(file.s);
    bool ok = fd >= 0 || error_at(error, "%s: %s", strerror(errno), output);
    if (ok) {
        close(fd);
        ok = run(o, file.s, output, error);
        unlink(file.s);
    }
    builder_free(&file);
    return ok || error_within(error, "gc");
}
