/*
 * config.c - options from files: `[tool.cyclint]` of pyproject.toml, or .cyclintrc.toml.
 *
 * Every key is an option of the table, and its value is set as if it stood on the command line;
 * what is checked here is that TOML's type fits.
 */
#include "cli/config.h"

#include "cli/rule_options.h"
#include "syntax/toml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char own_name[] = ".cyclintrc.toml", shared_name[] = "pyproject.toml";

/* ---- files ---- */

static bool read_text(const char *path, struct builder *text, struct error *error)
{
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        return error_at(error, "cannot read the configuration '%s': %s", path, strerror(errno));
    }
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;) {
        builder_add_bytes(text, part, n);
    }
    bool ok = !ferror(in);
    if (!ok) {
        error_at(error, "cannot read the configuration '%s': %s", path, strerror(errno));
    }
    fclose(in);
    return ok;
}

static bool read_toml(const char *path, struct arena *arena, struct toml *toml, struct error *error)
{
    struct builder text = {0};
    bool ok = read_text(path, &text, error);
    if (ok) {
        const char *s = builder_string(&text);
        size_t bom = strncmp(s, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        ok = toml_read(path, s + bom, text.length - bom, arena, toml, error);
    }
    builder_free(&text);
    return ok;
}

/* How many parts of a key lead to our table, when the value is in it or is it. */
static bool is_in_tool_table(const struct toml_value *value)
{
    return value->n_key >= 2 && strcmp(value->key[0], "tool") == 0
           && strcmp(value->key[1], "cyclint") == 0;
}

static bool has_tool_table(const struct toml *toml)
{
    for (size_t i = 0; i < toml->n; i++) {
        if (is_in_tool_table(&toml->items[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a pyproject.toml is about cyclint.  One that does not contain the word is none of our
 * business, even if it is broken. */
static bool is_ours(const char *path, bool *is, struct error *error)
{
    struct builder text = {0};
    struct arena arena = {0};
    struct toml toml = {0};
    bool ok = true;
    *is = false;
    if (read_text(path, &text, NULL) && strstr(builder_string(&text), "cyclint") != NULL) {
        ok = read_toml(path, &arena, &toml, error);
        *is = ok && has_tool_table(&toml);
    }
    array_free(&toml);
    arena_free(&arena);
    builder_free(&text);
    return ok;
}

/* "folder/name", without the current folder before it. */
static const char *path_in(struct config_map *map, const char *folder, const char *name)
{
    if (map->current == NULL) {
        char *current = realpath(".", NULL);
        map->current =
            arena_string(&map->arena, current ? current : "", current ? strlen(current) : 0);
        free(current);
    }
    const char *slash = strcmp(folder, "/") == 0 ? "" : "/";
    size_t length = strlen(map->current);
    if (strcmp(folder, map->current) == 0) {
        return name;
    }
    if (length > 1 && strncmp(folder, map->current, length) == 0 && folder[length] == '/') {
        folder += length + 1;
    }
    return arena_format(&map->arena, "%s%s%s", folder, slash, name);
}

static bool find_in(struct config_map *map, const char *folder, const char **path,
                    struct error *error)
{
    const char *shared = path_in(map, folder, shared_name);
    bool is = false;
    if (access(shared, F_OK) == 0 && !is_ours(shared, &is, error)) {
        return false;
    }
    const char *own = path_in(map, folder, own_name);
    *path = is ? shared : access(own, F_OK) == 0 ? own : NULL;
    return true;
}

/* The length of the path of the folder around the first `length` bytes; 0 around the root. */
static size_t outer_length(const char *folder, size_t length)
{
    if (length <= 1) {
        return 0;
    }
    while (length > 1 && folder[length - 1] != '/') {
        length--;
    }
    return length > 1 ? length - 1 : 1;
}

static void remember(struct config_map *map, const char *folder, size_t length, const char *path)
{
    const char *key = arena_string(&map->arena, folder, length);
    name_table_put(&map->folders, key, length, (uint32_t)map->paths.n);
    *array_push(&map->paths) = path;
}

/* Goes up until a configuration is found or the answer is known; then writes the answer down for
 * every folder on the way. */
bool config_find(struct config_map *map, const char *real, const char **path, struct error *error)
{
    size_t length = real != NULL ? strlen(real) : 0, known;
    *path = NULL;
    for (; length > 0 && *path == NULL; length = outer_length(real, length)) {
        uint32_t at = name_table_get(&map->folders, real, length);
        if (at != TABLE_NONE) {
            *path = map->paths.items[at];
            break;
        }
        const char *folder = arena_string(&map->arena, real, length);
        if (!find_in(map, folder, path, error)) {
            return false;
        }
    }
    known = length;
    for (length = real != NULL ? strlen(real) : 0; length > known;
         length = outer_length(real, length)) {
        remember(map, real, length, *path);
    }
    return true;
}

void config_map_free(struct config_map *map)
{
    name_table_free(&map->folders);
    array_free(&map->paths);
    arena_free(&map->arena);
}

const char *config_folder(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? "."
                         : arena_string(arena, path, (size_t)(slash - path) + (slash == path));
}

/* ---- reading ---- */

/* Which TOML types an option takes, by kind: a set of bits, and how to call them. */
static const struct {
    unsigned types;
    const char *name;
} wanted[] = {
    [OPTION_FLAG] = {1u << TOML_BOOLEAN, "true or false"},
    [OPTION_FLAG_OFF] = {1u << TOML_BOOLEAN, "true or false"},
    [OPTION_YES_NO] = {1u << TOML_BOOLEAN | 1u << TOML_STRING, "true or false"},
    [OPTION_COUNT] = {1u << TOML_INTEGER, "a whole number"},
    [OPTION_SIZE] = {1u << TOML_INTEGER | 1u << TOML_STRING, "a number of bytes"},
    [OPTION_DECIMAL] = {1u << TOML_INTEGER | 1u << TOML_FLOAT, "a number"},
    [OPTION_TEXT] = {1u << TOML_STRING, "a string"},
    [OPTION_LIST] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_MAKERS] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_FUNCTIONS] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_HOLDERS] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_CHOICE] = {1u << TOML_STRING, "a string"},
    [OPTION_VERSION] = {1u << TOML_STRING, "a string such as \"3.12\""},
    [OPTION_CONFIDENCE] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_ENABLE] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
    [OPTION_DISABLE] = {1u << TOML_STRING | 1u << TOML_ARRAY, "an array of strings"},
};

struct reading {
    const char *path;
    struct options *options;
    struct error *error;
    size_t n_prefix; /* parts of each key that lead to our table */
};

static bool unknown_key(const struct reading *reading, const struct toml_value *value)
{
    const char *key = value->key[reading->n_prefix];
    if (strcmp(key, "per-file-ignores") == 0) {
        return error_at(reading->error,
                        "%s:%u:%u: there is no key 'per-file-ignores': where one rule is not "
                        "reported says 'exclude' in [tool.cyclint.rule.NAME]",
                        reading->path, value->key_line, value->key_column);
    }
    const char *nearest = option_nearest(key, strlen(key), true);
    error_at(reading->error, "%s:%u:%u: there is no key '%.100s'%s%s%s", reading->path,
             value->key_line, value->key_column, key, nearest ? ": did you mean '" : "",
             nearest ? nearest : "", nearest ? "'?" : "");
    return false;
}

/* A folder in the configuration is meant as seen from there, wherever cyclint is started. */
static const char *text_of(const struct reading *reading, const struct option *option,
                           const struct toml_value *value)
{
    struct arena *arena = &reading->options->arena;
    const char *folder = config_folder(reading->path, arena);
    bool is_folder = option->argument != NULL && strcmp(option->argument, "FOLDER") == 0;
    if (!is_folder || value->text[0] == '/' || strcmp(folder, ".") == 0) {
        return value->text;
    }
    return arena_format(arena, "%s/%s", folder, value->text);
}

static bool set_value(const struct reading *reading, const struct option *option,
                      const struct toml_value *value)
{
    /* Only arrays have a depth below them, and their elements are strings. */
    unsigned types = value->depth > 0 ? 1u << TOML_STRING : wanted[option->kind].types;
    if (value->depth > 1 || !(types & 1u << value->type)) {
        return error_at(reading->error, "%s:%u:%u: '%s' must be %s, not %s%s", reading->path,
                        value->line, value->column, option->name, wanted[option->kind].name,
                        value->depth > 0 ? "an array with " : "", toml_type_name(value->type));
    }
    struct options *options = reading->options;
    const char *where =
        arena_format(&options->arena, "%s:%u:%u", reading->path, value->line, value->column);
    if (value->type == TOML_ARRAY) {
        /* Replaces what there was, even when it is empty. */
        return options_set(options, option, "", LEVEL_CONFIG, where, reading->error);
    }
    const char *text = text_of(reading, option, value);
    if (!options_set(options, option, text, LEVEL_CONFIG, where, reading->error)) {
        return error_within(reading->error, "%s: '%s'", where, option->name);
    }
    return true;
}

static bool read_value(const struct reading *reading, const struct toml_value *value)
{
    if (value->n_key <= reading->n_prefix) {
        return true; /* the table itself */
    }
    if (rule_options_are(value, reading->n_prefix)) {
        return rule_options_read(reading->options, reading->path, value, reading->n_prefix,
                                 reading->error);
    }
    const char *key = value->key[reading->n_prefix];
    const struct option *option = option_find(key, strlen(key));
    if (option == NULL || !option_is_key(option)) {
        return unknown_key(reading, value);
    }
    bool is_table = value->n_key > reading->n_prefix + 1 || value->type == TOML_TABLE;
    if (is_table && strcmp(key, "rules") == 0) {
        return error_at(reading->error,
                        "%s:%u:%u: 'rules' is the folder of your own rules; what concerns one rule "
                        "is in [tool.cyclint.rule.NAME]",
                        reading->path, value->key_line, value->key_column);
    }
    if (is_table) {
        return error_at(reading->error, "%s:%u:%u: '%s' must be %s, not a table", reading->path,
                        value->key_line, value->key_column, key, wanted[option->kind].name);
    }
    return set_value(reading, option, value);
}

/* Sets the options that the file `path` has.  False with an error "path:line:column: …". */
static bool read_config(const char *path, struct options *options, struct error *error)
{
    struct toml toml = {0};
    const char *kept = arena_string(&options->arena, path, strlen(path));
    bool ok = read_toml(kept, &options->arena, &toml, error);
    bool has_table = has_tool_table(&toml);
    const char *slash = strrchr(path, '/');
    bool is_shared = strcmp(slash ? slash + 1 : path, shared_name) == 0;
    struct reading reading = {kept, options, error, has_table || is_shared ? 2 : 0};
    for (size_t i = 0; ok && i < toml.n; i++) {
        if (reading.n_prefix == 0 || is_in_tool_table(&toml.items[i])) {
            ok = read_value(&reading, &toml.items[i]);
        }
    }
    array_free(&toml);
    options->config_path = kept;
    return ok;
}

bool config_load(const char *path, const struct options *command_line, struct options *options,
                 struct error *error)
{
    options_init(options);
    return (path == NULL || read_config(path, options, error))
           && options_parse(options, command_line->argc, command_line->argv, error);
}

/* ---- writing ---- */

void config_write_string(const char *s, struct builder *out)
{
    builder_add_char(out, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7F) {
            builder_addf(out, "\\u%04X", c);
        } else {
            builder_add(out, c == '"' || c == '\\' ? "\\" : "");
            builder_add_char(out, *s);
        }
    }
    builder_add_char(out, '"');
}

void config_write_strings(const struct strings *list, struct builder *out)
{
    builder_add_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        builder_add(out, i > 0 ? ", " : "");
        config_write_string(list->items[i], out);
    }
    builder_add_char(out, ']');
}

static void add_steps(struct builder *out, const struct options *options, bool enables)
{
    struct strings names = {0};
    for (size_t i = 0; i < options->selection.n; i++) {
        const struct selection_step *step = &options->selection.items[i];
        if (step->enables == enables && !step->is_setting) {
            *array_push(&names) = step->name;
        }
    }
    config_write_strings(&names, out);
    array_free(&names);
}

static void add_choice(struct builder *out, const char *words, int number)
{
    for (; number > 0; number--) {
        words = strchr(words, '|') + 1;
    }
    builder_addf(out, "\"%.*s\"", (int)strcspn(words, "|"), words);
}

static void add_decimal(struct builder *out, double number)
{
    char text[64];
    snprintf(text, sizeof text, "%.15g", number);
    builder_addf(out, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void add_value(struct builder *out, const struct options *options,
                      const struct option *option)
{
    const void *field = (const char *)options + option->field;
    switch (option->kind) {
    case OPTION_FLAG:
    case OPTION_FLAG_OFF:
    case OPTION_YES_NO:
        builder_add(out, *(const bool *)field ? "true" : "false");
        break;
    case OPTION_COUNT:
    case OPTION_SIZE:
        builder_addf(out, "%d", *(const int *)field);
        break;
    case OPTION_DECIMAL:
        add_decimal(out, *(const double *)field);
        break;
    case OPTION_TEXT:
        config_write_string(*(const char *const *)field, out);
        break;
    case OPTION_LIST:
    case OPTION_MAKERS:
    case OPTION_FUNCTIONS:
    case OPTION_HOLDERS:
        config_write_strings(field, out);
        break;
    case OPTION_CHOICE:
        add_choice(out, option->argument, *(const int *)field);
        break;
    case OPTION_VERSION:
        builder_addf(out, "\"%d.%d\"", *(const int *)field >> 8, *(const int *)field & 0xFF);
        break;
    case OPTION_CONFIDENCE:
        break;
    case OPTION_ENABLE:
    case OPTION_DISABLE:
        add_steps(out, options, option->kind == OPTION_ENABLE);
        break;
    }
}

/* An option whose value cannot be written: there is none, or another key has it. */
static bool has_no_value(const struct options *options, const struct option *option)
{
    const void *field = (const char *)options + option->field;
    return option->kind == OPTION_CONFIDENCE
           || (option->kind == OPTION_TEXT && *(const char *const *)field == NULL);
}

void config_write_value(const struct options *options, const struct option *option,
                        struct builder *out)
{
    if (!has_no_value(options, option)) {
        add_value(out, options, option);
    }
}

void config_write(const struct options *options, struct builder *out)
{
    size_t n;
    const struct option *table = options_table(&n);
    builder_add(out, "[tool.cyclint]\n");
    for (size_t i = 0; i < n; i++) {
        if (!option_is_key(&table[i]) || table[i].kind == OPTION_CONFIDENCE) {
            continue;
        }
        builder_addf(out, "\n# %s.\n", table[i].help);
        if (has_no_value(options, &table[i])) {
            builder_addf(out, "# %s = \"%s\"\n", table[i].name, table[i].argument);
            continue;
        }
        builder_addf(out, "%s = ", table[i].name);
        add_value(out, options, &table[i]);
        builder_add_char(out, '\n');
    }
    rule_options_write(options, out);
}
