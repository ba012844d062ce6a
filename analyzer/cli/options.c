/*
 * options.c - how the values of options are read.
 *
 * The command line is read as Python's argparse reads pylint's: `--name value`, `--name=value`,
 * unambiguous beginnings of names, letters bundled, `--` before paths, options and paths in any
 * order.
 */
#include "cli/options.h"

#include "program/foreign_words.h"
#include "program/maker_words.h"
#include "report/finding.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DEFAULT_PYTHON = 0x030D,
    /* Generated tables of some MB are common and parse in a fraction of a second; beyond this there
     * is nothing that a person wrote. */
    DEFAULT_FILE_SIZE = 16 << 20,
    DEFAULT_FILE_SECONDS = 20,
    PERFECT_SCORE = 10,
    DEFAULT_MAX_CLASSES = 120 /* what a person can find their way in */
};

void options_init(struct options *options)
{
    *options = (struct options){
        .min_confidence = CONFIDENCE_LIKELY,
        .python_version = DEFAULT_PYTHON,
        .max_file_size = DEFAULT_FILE_SIZE,
        .max_file_seconds = DEFAULT_FILE_SECONDS,
        .score = true,
        .fail_under = PERFECT_SCORE,
        .max_classes = DEFAULT_MAX_CLASSES,
    };
}

static bool is_list(enum option_kind kind)
{
    return kind == OPTION_LIST || kind == OPTION_HOLDERS || kind == OPTION_MAKERS
           || kind == OPTION_FUNCTIONS;
}

void options_free(struct options *options)
{
    size_t n_options;
    const struct option *table = options_table(&n_options);
    for (size_t i = 0; i < n_options; i++) {
        if (is_list(table[i].kind)) {
            struct strings *list = (struct strings *)(void *)((char *)options + table[i].field);
            array_free(list);
        }
    }
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        array_free(&options->rule_settings.items[i].ignore_names);
        array_free(&options->rule_settings.items[i].ignore_bases);
        array_free(&options->rule_settings.items[i].exclude);
    }
    array_free(&options->rule_settings);
    array_free(&options->selection);
    array_free(&options->paths);
    arena_free(&options->arena);
}

/* ---- values ---- */

static bool read_decimal(const char *value, double low, double *number, struct error *error)
{
    char *end;
    errno = 0;
    double read = strtod(value, &end);
    if (end == value || *end != '\0' || errno != 0 || !(read >= low && read <= 1e9)) {
        return error_at(error, "'%.200s' is no number%s", value,
                        low == 0 ? " of 0 or more" : " in the range of scores");
    }
    *number = read;
    return true;
}

/* A whole number of 0 or more; `*end` is what follows it. */
static bool read_count(const char *value, const char **end, long *number, struct error *error)
{
    errno = 0;
    char *after;
    *number = isdigit((unsigned char)*value) ? strtol(value, &after, 10) : -1;
    if (*number < 0 || errno != 0 || *number > INT_MAX) {
        return error_at(error, "'%.200s' is no whole number between 0 and %d", value, INT_MAX);
    }
    *end = after;
    return true;
}

static bool set_count(const char *value, bool has_unit, int *field, struct error *error)
{
    static const char units[] = "kMG";
    long number;
    const char *end;
    if (!read_count(value, &end, &number, error)) {
        return false;
    }
    const char *unit = has_unit && *end != '\0' ? strchr(units, *end) : NULL;
    if (unit != NULL) {
        end++;
        number <<= 10 * (unit - units + 1);
    }
    if (*end != '\0' || number > INT_MAX) {
        return error_at(error, "'%.200s' is no whole number between 0 and %d", value, INT_MAX);
    }
    *field = (int)number;
    return true;
}

static bool set_yes_no(const char *value, bool *field, struct error *error)
{
    static const char *const words[] = {"n", "y", "no", "yes", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], value) == 0) {
            *field = i % 2;
            return true;
        }
    }
    return error_at(error, "'%.200s' is neither y nor n", value);
}

static bool set_choice(const char *words, const char *value, int *field, struct error *error)
{
    int number = 0;
    for (const char *word = words;; number++) {
        size_t length = strcspn(word, "|");
        if (strlen(value) == length && strncmp(word, value, length) == 0) {
            *field = number;
            return true;
        }
        if (word[length] == '\0') {
            return error_at(error, "'%.200s' is none of %s", value, words);
        }
        word += length + 1;
    }
}

/* "3.12" is 0x030C. */
static bool set_version(const char *value, int *field, struct error *error)
{
    const char *end = value;
    long major = 0, minor = 0;
    bool ok = read_count(value, &end, &major, NULL) && major == 3 && *end == '.'
              && read_count(end + 1, &end, &minor, NULL) && minor <= 99
              && (*end == '\0' || *end == '.');
    if (!ok) {
        return error_at(error, "'%.200s' is no version of Python 3, such as 3.12", value);
    }
    *field = (int)(major << 8 | minor);
    return true;
}

static int confidence_of(const char *word, size_t length)
{
    static const struct {
        const char *word;
        enum confidence confidence;
    } words[] = {
        {"HIGH", CONFIDENCE_CERTAIN},       {"CONTROL_FLOW", CONFIDENCE_LIKELY},
        {"INFERENCE", CONFIDENCE_LIKELY},   {"INFERENCE_FAILURE", CONFIDENCE_POSSIBLE},
        {"UNDEFINED", CONFIDENCE_POSSIBLE}, {"certain", CONFIDENCE_CERTAIN},
        {"likely", CONFIDENCE_LIKELY},      {"possible", CONFIDENCE_POSSIBLE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == length && strncasecmp(words[i].word, word, length) == 0) {
            return (int)words[i].confidence;
        }
    }
    return -1;
}

/* The next part of a list, blanks around it taken away; NULL at its end.  A comma in brackets does
 * not separate: it belongs to a regular expression or a glob. */
static const char *next_part(struct options *options, const char **list)
{
    const char *start = *list + strspn(*list, ", \t\n"), *end = start;
    int depth = 0;
    for (; *end != '\0' && !(*end == ',' && depth <= 0); end++) {
        depth += strchr("([{", *end) != NULL;
        depth -= strchr(")]}", *end) != NULL;
    }
    *list = end;
    while (end > start && strchr(" \t\n", end[-1]) != NULL) {
        end--;
    }
    return end == start ? NULL : arena_string(&options->arena, start, (size_t)(end - start));
}

static bool set_confidence(struct options *options, const char *value, struct error *error)
{
    int lowest = CONFIDENCE_CERTAIN;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        int confidence = confidence_of(part, strlen(part));
        if (confidence < 0) {
            return error_at(error,
                            "'%.200s' is none of HIGH, CONTROL_FLOW, INFERENCE, "
                            "INFERENCE_FAILURE, UNDEFINED",
                            part);
        }
        lowest = confidence < lowest ? confidence : lowest;
    }
    options->min_confidence = lowest;
    return true;
}

static bool add_parts(struct options *options, struct strings *list, const char *value,
                      bool is_new_level)
{
    if (is_new_level) {
        list->n = 0;
    }
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        *array_push(list) = part;
    }
    return true;
}

static bool holders_are_right(struct options *options, const char *value, struct error *error)
{
    struct foreign entry;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        if (!foreign_read(part, &options->arena, &entry, error)) {
            return false;
        }
    }
    return true;
}

static bool makers_are_right(struct options *options, bool are_functions, const char *value,
                             struct error *error)
{
    struct maker maker;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        bool ok = are_functions ? maker_read_function(part, error)
                                : maker_read(part, &options->arena, &maker, error);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool add_steps(struct options *options, bool enables, const char *value,
                      enum option_level level, const char *where)
{
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        *array_push(&options->selection) =
            (struct selection_step){part, where, enables, level, false};
    }
    return true;
}

bool options_set(struct options *options, const struct option *option, const char *value,
                 enum option_level level, const char *where, struct error *error)
{
    size_t n_options;
    const struct option *table = options_table(&n_options);
    void *field = (char *)options + option->field;
    size_t row = (size_t)(option - table);
    bool is_new_level = options->set_at[row] != level;
    options->set_at[row] = level;
    switch (option->kind) {
    case OPTION_FLAG:
        return value == NULL ? *(bool *)field = true : set_yes_no(value, field, error);
    case OPTION_FLAG_OFF:
        *(bool *)field = false;
        return true;
    case OPTION_YES_NO:
        return set_yes_no(value, field, error);
    case OPTION_COUNT:
        return set_count(value, false, field, error);
    case OPTION_SIZE:
        return set_count(value, true, field, error);
    case OPTION_DECIMAL:
        return read_decimal(value, field == &options->fail_under ? -1e9 : 0, field, error);
    case OPTION_TEXT:
        *(const char **)field = arena_string(&options->arena, value, strlen(value));
        return true;
    case OPTION_MAKERS:
    case OPTION_FUNCTIONS:
        return makers_are_right(options, option->kind == OPTION_FUNCTIONS, value, error)
               && add_parts(options, field, value, is_new_level);
    case OPTION_HOLDERS:
        return holders_are_right(options, value, error)
               && add_parts(options, field, value, is_new_level);
    case OPTION_LIST:
        return add_parts(options, field, value, is_new_level);
    case OPTION_CHOICE:
        return set_choice(option->argument, value, field, error);
    case OPTION_VERSION:
        return set_version(value, field, error);
    case OPTION_CONFIDENCE:
        return set_confidence(options, value, error);
    case OPTION_ENABLE:
    case OPTION_DISABLE:
        break;
    }
    return add_steps(options, option->kind == OPTION_ENABLE, value, level, where);
}

enum option_level options_level(const struct options *options, const char *name)
{
    size_t n_options;
    const struct option *table = options_table(&n_options);
    const struct option *option = option_find(name, strlen(name));
    return options->set_at[option - table];
}

/* ---- the command line ---- */

struct arguments {
    char *const *next;
    char *const *end;
};

/* The option that `name` begins, when it is only one. */
static bool find_abbreviated(const char *name, size_t length, const struct option **found,
                             struct error *error)
{
    size_t n_options;
    const struct option *table = options_table(&n_options);
    *found = option_find(name, length);
    for (size_t i = 0; *found == NULL && i < n_options; i++) {
        if (strncmp(table[i].name, name, length) != 0 || table[i].group == GROUP_HIDDEN) {
            continue;
        }
        for (size_t k = i + 1; k < n_options; k++) {
            if (strncmp(table[k].name, name, length) == 0 && table[k].group != GROUP_HIDDEN) {
                return error_at(error, "option '--%.*s' could be --%s or --%s", (int)length, name,
                                table[i].name, table[k].name);
            }
        }
        *found = &table[i];
    }
    if (*found != NULL) {
        return true;
    }
    const char *nearest = option_nearest(name, length, false);
    if (nearest != NULL) {
        return error_at(error, "there is no option '--%.*s': did you mean '--%s'?",
                        (int)(length < 200 ? length : 200), name, nearest);
    }
    return error_at(error, "there is no option '--%.*s'", (int)(length < 200 ? length : 200), name);
}

/* An argument that is no option: "-", a path, or a negative number. */
static bool is_value(const char *argument)
{
    return argument[0] != '-' || argument[1] == '\0' || isdigit((unsigned char)argument[1])
           || argument[1] == '.';
}

static bool set_named(struct options *options, const struct option *option, const char *value,
                      const char *shown, struct arguments *rest, struct error *error)
{
    if (option->argument == NULL) {
        if (value != NULL) {
            return error_at(error, "option '%s' takes no value", shown);
        }
    } else if (value == NULL) {
        if (rest->next == rest->end || !is_value(*rest->next)) {
            return error_at(error, "option '%s' needs a value: %s", shown, option->argument);
        }
        value = *rest->next++;
    }
    const char *where = arena_format(&options->arena, "option '%s'", shown);
    if (!options_set(options, option, value, LEVEL_COMMAND_LINE, where, error)) {
        return error_within(error, "%s", where);
    }
    return true;
}

static bool parse_long(struct options *options, const char *argument, struct arguments *rest,
                       struct error *error)
{
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option;
    if (!find_abbreviated(name, length, &option, error)) {
        return false;
    }
    const char *shown = arena_format(&options->arena, "--%s", option->name);
    return set_named(options, option, equals ? equals + 1 : NULL, shown, rest, error);
}

static const struct option *find_letter(char letter)
{
    size_t n_options;
    const struct option *table = options_table(&n_options);
    for (size_t i = 0; i < n_options; i++) {
        if (table[i].letter == letter) {
            return &table[i];
        }
    }
    return NULL;
}

/* `-Ej4` is -E and -j 4; `-j=4` is understood as argparse does. */
static bool parse_letters(struct options *options, const char *argument, struct arguments *rest,
                          struct error *error)
{
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        const struct option *option = find_letter(*letter);
        if (option == NULL) {
            return error_at(error, "there is no option '-%c' (in '%.200s')", *letter, argument);
        }
        const char *shown = arena_format(&options->arena, "-%c", *letter);
        bool takes_rest = option->argument != NULL && letter[1] != '\0';
        const char *value = takes_rest ? letter + 1 + (letter[1] == '=') : NULL;
        if (!set_named(options, option, value, shown, rest, error)) {
            return false;
        }
        if (takes_rest) {
            break;
        }
    }
    return true;
}

bool options_parse(struct options *options, int argc, char *const *argv, struct error *error)
{
    struct arguments rest = {argv + 1, argv + argc};
    bool only_paths = false;
    options->argc = argc;
    options->argv = argv;
    while (rest.next < rest.end) {
        const char *argument = *rest.next++;
        bool ok = true;
        bool is_first = options->paths.n == 0 && !options->is_graph && !options->is_facts
                        && options->link == NULL && !only_paths;
        if (is_first && strcmp(argument, "graph") == 0) {
            options->is_graph = true;
        } else if (is_first && strcmp(argument, "facts") == 0) {
            options->is_facts = true;
        } else if (is_first && strcmp(argument, "link") == 0) {
            options->link = argument;
        } else if (only_paths || argument[0] != '-' || argument[1] == '\0') {
            *array_push(&options->paths) = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_paths = true;
        } else if (argument[1] == '-') {
            ok = parse_long(options, argument, &rest, error);
        } else {
            ok = parse_letters(options, argument, &rest, error);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}
