/*
 * rule_options.c - what the configuration says of single rules: `[tool.cyclint.rule.NAME]`.
 *
 * All rules have the same keys; some have besides a number that they go by, which struct rule
 * names. The rule is named by its name or code.
 */
#include "cli/rule_options.h"

#include "cli/config.h"
#include "report/rule_names.h"
#include "rule.h"
#include "text/nearest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static const char table_name[] = "rule";

enum key { KEY_ENABLED, KEY_CONFIDENCE, KEY_NAMES, KEY_BASES, KEY_EXCLUDE, N_KEYS, KEY_LIMIT };

static const struct {
    const char *name;
    enum toml_type type; /* of the value, or of the elements of the array that it is */
    bool is_array;
    const char *wanted;
    const char *example, *help;
} keys[] = {
    [KEY_ENABLED] = {"enabled", TOML_BOOLEAN, false, "true or false", "true",
                     "whether it is reported, as --enable and --disable say"},
    [KEY_CONFIDENCE] = {"min-confidence", TOML_STRING, false, "possible, likely or certain",
                        "\"certain\"", "how sure its findings must be"},
    [KEY_NAMES] = {"ignore-names", TOML_STRING, true, "an array of strings",
                   "[\"_registry\", \"app.models.*\"]",
                   "globs: names that are fine, the last part alone or dotted from the module on; "
                   "with a function or class, what stands in it"},
    [KEY_BASES] = {"ignore-bases", TOML_STRING, true, "an array of strings",
                   "[\"django.db.models.Model\"]",
                   "globs: classes that derive from these are fine, and what stands in them"},
    [KEY_EXCLUDE] = {"exclude", TOML_STRING, true, "an array of strings", "[\"tests/\"]",
                     "files it is not reported in, written as in .gitignore"},
};

/* A value on its way in. */
struct reading {
    struct options *options;
    const char *path;
    const struct toml_value *value;
    struct error *error;
};

bool rule_options_are(const struct toml_value *value, size_t n_prefix)
{
    return value->n_key > n_prefix && strcmp(value->key[n_prefix], table_name) == 0;
}

/* ---- reading ---- */

static const struct rule *find_rule(const struct rule *const *rules, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i]->name, name) == 0 || strcmp(rules[i]->code, name) == 0) {
            return rules[i];
        }
    }
    return NULL;
}

/* The rule's own number; NULL when it has none. */
static const struct rule *rule_with_limit(const char *name)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    const struct rule *rule = find_rule(rules, n, name);
    return rule != NULL && rule->limit_name != NULL ? rule : NULL;
}

static enum key find_key(const char *rule_name, const char *name)
{
    const struct rule *rule = rule_with_limit(rule_name);
    for (enum key key = 0; key < N_KEYS; key++) {
        if (strcmp(keys[key].name, name) == 0) {
            return key;
        }
    }
    return rule != NULL && strcmp(rule->limit_name, name) == 0 ? KEY_LIMIT : N_KEYS;
}

static const char *nearest_key(const char *rule_name, const char *name)
{
    static const struct {
        const char *word, *meant;
    } others[] = {{"ignore-paths", "exclude"},      {"ignore", "exclude"},
                  {"base-classes", "ignore-bases"}, {"ignore-base-classes", "ignore-bases"},
                  {"names", "ignore-names"},        {"confidence", "min-confidence"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i].word, name) == 0) {
            return others[i].meant;
        }
    }
    struct nearest nearest = nearest_to(name, strlen(name));
    const struct rule *rule = rule_with_limit(rule_name);
    for (enum key key = 0; key < N_KEYS; key++) {
        nearest_offer(&nearest, keys[key].name);
    }
    if (rule != NULL) {
        nearest_offer(&nearest, rule->limit_name);
    }
    return nearest.best;
}

static bool fail_at_key(const struct reading *reading, const char *what)
{
    return error_at(reading->error, "%s:%u:%u: %s", reading->path, reading->value->key_line,
                    reading->value->key_column, what);
}

static bool fail_as_unknown(const struct reading *reading, const char *rule, const char *key)
{
    const char *nearest = nearest_key(rule, key);
    return error_at(reading->error,
                    "%s:%u:%u: there is no key '%.100s' for the rule '%.100s'%s%s%s", reading->path,
                    reading->value->key_line, reading->value->key_column, key, rule,
                    nearest ? ": did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool fail_at_value(const struct reading *reading, const char *key, const char *wanted)
{
    const struct toml_value *value = reading->value;
    return error_at(reading->error, "%s:%u:%u: '%s' must be %s, not %s%s", reading->path,
                    value->line, value->column, key, wanted,
                    value->depth > 0 ? "an array with " : "", toml_type_name(value->type));
}

/* The settings of the rule, which are made when it is met first. */
static struct rule_setting *setting_of(const struct reading *reading, const char *rule)
{
    struct options *options = reading->options;
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        if (strcmp(options->rule_settings.items[i].rule, rule) == 0) {
            return &options->rule_settings.items[i];
        }
    }
    struct rule_setting *setting = array_push(&options->rule_settings);
    setting->rule = rule;
    setting->where = arena_format(&options->arena, "%s:%u:%u", reading->path,
                                  reading->value->key_line, reading->value->key_column);
    setting->min_confidence = setting->limit = -1;
    return setting;
}

static bool read_confidence(const struct reading *reading, struct rule_setting *setting)
{
    static const char *const words[] = {"possible", "likely", "certain"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(words[i], reading->value->text) == 0) {
            setting->min_confidence = i;
            return true;
        }
    }
    return error_at(reading->error, "%s:%u:%u: '%.100s' is none of possible, likely, certain",
                    reading->path, reading->value->line, reading->value->column,
                    reading->value->text);
}

static bool read_limit(const struct reading *reading, struct rule_setting *setting, const char *key)
{
    const struct toml_value *value = reading->value;
    errno = 0;
    long number = value->type == TOML_INTEGER ? strtol(value->text, NULL, 10) : -1;
    if (value->type != TOML_INTEGER || value->depth > 0) {
        return fail_at_value(reading, key, "a whole number");
    }
    if (errno != 0 || number < 0 || number > INT_MAX) {
        return error_at(reading->error, "%s:%u:%u: '%s' must be between 0 and %d", reading->path,
                        value->line, value->column, key, INT_MAX);
    }
    setting->limit = (int)number;
    return true;
}

static bool add_glob(const struct reading *reading, struct strings *globs)
{
    if (reading->value->text[0] == '\0') {
        return error_at(reading->error, "%s:%u:%u: an empty pattern matches nothing", reading->path,
                        reading->value->line, reading->value->column);
    }
    *array_push(globs) = reading->value->text;
    return true;
}

static void add_step(const struct reading *reading, struct rule_setting *setting)
{
    setting->is_enabled = strcmp(reading->value->text, "true") == 0;
    setting->has_enabled = true;
    *array_push(&reading->options->selection) = (struct selection_step){
        setting->rule, setting->where, setting->is_enabled, LEVEL_CONFIG, true};
}

static bool read_known(const struct reading *reading, struct rule_setting *setting, enum key key)
{
    const struct toml_value *value = reading->value;
    bool is_list = keys[key].is_array && value->type == TOML_ARRAY && value->depth == 0;
    if (!is_list && (value->type != keys[key].type || value->depth > keys[key].is_array)) {
        return fail_at_value(reading, keys[key].name, keys[key].wanted);
    }
    switch (key) {
    case KEY_ENABLED:
        add_step(reading, setting);
        return true;
    case KEY_CONFIDENCE:
        return read_confidence(reading, setting);
    case KEY_NAMES:
        return is_list || add_glob(reading, &setting->ignore_names);
    case KEY_BASES:
        return is_list || add_glob(reading, &setting->ignore_bases);
    case KEY_EXCLUDE:
        return is_list || add_glob(reading, &setting->exclude);
    case N_KEYS:
    case KEY_LIMIT:
        break;
    }
    return false;
}

bool rule_options_read(struct options *options, const char *path, const struct toml_value *value,
                       size_t n_prefix, struct error *error)
{
    struct reading reading = {options, path, value, error};
    size_t n = value->n_key - n_prefix;
    const char *rule = n > 1 ? value->key[n_prefix + 1] : NULL;
    if (n <= 2) {
        bool is_table = value->type == TOML_TABLE;
        if (is_table && rule != NULL) {
            setting_of(&reading, rule);
        }
        return is_table || fail_at_key(&reading, "each rule has a table: [tool.cyclint.rule.NAME]");
    }
    const char *name = value->key[n_prefix + 2];
    enum key key = find_key(rule, name);
    if (key == N_KEYS) {
        return fail_as_unknown(&reading, rule, name);
    }
    if (n > 3 || value->type == TOML_TABLE) {
        return fail_at_value(&reading, name,
                             key == KEY_LIMIT ? "a whole number" : keys[key].wanted);
    }
    struct rule_setting *setting = setting_of(&reading, rule);
    return key == KEY_LIMIT ? read_limit(&reading, setting, name)
                            : read_known(&reading, setting, key);
}

/* ---- use ---- */

static bool fail_without_rule(const struct rule_setting *setting, const struct selection *selection,
                              struct error *error)
{
    const char *nearest = rule_names_nearest(selection->rules, selection->n_rules, setting->rule,
                                             strlen(setting->rule));
    return error_at(error, "%s: no rule is called '%.100s'%s%s%s", setting->where, setting->rule,
                    nearest ? ": did you mean '" : "; --list-msgs shows them all",
                    nearest ? nearest : "", nearest ? "'?" : "");
}

static const struct ignore_level *exclude_of(const struct options *options,
                                             const struct rule_setting *setting,
                                             struct arena *arena, const char **folder)
{
    struct builder text = {0};
    for (size_t i = 0; i < setting->exclude.n; i++) {
        builder_addf(&text, "%s\n", setting->exclude.items[i]);
    }
    char *real = realpath(config_folder(options->config_path, arena), NULL);
    *folder = arena_string(arena, real ? real : "", real ? strlen(real) : 0);
    free(real);
    const char *lines = arena_string(arena, builder_string(&text), text.length);
    builder_free(&text);
    return ignore_from_text(arena, *folder, lines, NULL);
}

static size_t index_of(const struct selection *selection, const struct rule *rule)
{
    size_t i = 0;
    while (selection->rules[i] != rule) {
        i++;
    }
    return i;
}

bool rule_options_make(const struct options *options, struct arena *arena,
                       struct selection *selection, struct error *error)
{
    const struct rule_wishes **wishes = NULL;
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        const struct rule_setting *setting = &options->rule_settings.items[i];
        const struct rule *rule = find_rule(selection->rules, selection->n_rules, setting->rule);
        if (rule == NULL) {
            return fail_without_rule(setting, selection, error);
        }
        struct rule_wishes *wish = arena_alloc(arena, sizeof *wish);
        wish->min_confidence = setting->min_confidence;
        wish->ignore_names = setting->ignore_names;
        wish->ignore_bases = setting->ignore_bases;
        wish->exclude = exclude_of(options, setting, arena, &wish->exclude_folder);
        if (wishes == NULL) {
            wishes = arena_alloc(arena, selection->n_rules * sizeof *wishes);
        }
        size_t at = index_of(selection, rule);
        if (wishes[at] != NULL) {
            return error_at(error,
                            "%s: the rule '%s' (%s) has two tables, by its name and its code",
                            setting->where, rule->name, rule->code);
        }
        wishes[at] = wish;
    }
    selection->wishes = wishes;
    return true;
}

int rule_options_limit(const struct options *options, const struct rule *rule)
{
    int limit = rule->limit;
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        const struct rule_setting *setting = &options->rule_settings.items[i];
        bool is_this =
            strcmp(setting->rule, rule->name) == 0 || strcmp(setting->rule, rule->code) == 0;
        limit = is_this && setting->limit >= 0 ? setting->limit : limit;
    }
    return limit;
}

/* ---- writing ---- */

static void write_example(struct builder *out)
{
    builder_add(out, "\n# Each rule may have a table of its own, by its name or code:\n#\n"
                     "# [tool.cyclint.rule.growing-global]\n");
    for (enum key key = 0; key < N_KEYS; key++) {
        builder_addf(out, "#\n# # %s.\n# %s = %s\n", keys[key].help, keys[key].name,
                     keys[key].example);
    }
}

static void write_limits(struct builder *out)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (rules[i]->limit_name != NULL) {
            builder_addf(out, "#\n# [tool.cyclint.rule.%s]\n# # %s.\n# %s = %d\n", rules[i]->name,
                         rules[i]->limit_help, rules[i]->limit_name, rules[i]->limit);
        }
    }
}

static void write_globs(struct builder *out, enum key key, const struct strings *globs)
{
    if (globs->n > 0) {
        builder_addf(out, "%s = ", keys[key].name);
        config_write_strings(globs, out);
        builder_add_char(out, '\n');
    }
}

static void write_setting(const struct rule_setting *setting, struct builder *out)
{
    static const char *const words[] = {"possible", "likely", "certain"};
    builder_add(out, "\n[tool.cyclint.rule.");
    config_write_string(setting->rule, out);
    builder_add(out, "]\n");
    if (setting->has_enabled) {
        builder_addf(out, "enabled = %s\n", setting->is_enabled ? "true" : "false");
    }
    if (setting->min_confidence >= 0) {
        builder_addf(out, "min-confidence = \"%s\"\n", words[setting->min_confidence]);
    }
    write_globs(out, KEY_NAMES, &setting->ignore_names);
    write_globs(out, KEY_BASES, &setting->ignore_bases);
    write_globs(out, KEY_EXCLUDE, &setting->exclude);
    const struct rule *rule = rule_with_limit(setting->rule);
    if (setting->limit >= 0 && rule != NULL) {
        builder_addf(out, "%s = %d\n", rule->limit_name, setting->limit);
    }
}

void rule_options_write_set(const struct options *options, struct builder *out)
{
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        write_setting(&options->rule_settings.items[i], out);
    }
}

void rule_options_write(const struct options *options, struct builder *out)
{
    write_example(out);
    write_limits(out);
    rule_options_write_set(options, out);
}
