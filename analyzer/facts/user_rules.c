/*
 * user_rules.c - the rules a user wrote: a folder of .scm files.
 *
 * A file is a rule: its patterns say what is reported, and #set! in any of them says the rest.
 *
 *     ((call function: (identifier) @name) @report
 *      (#eq? @name "print")
 *      (#set! code "W8001")
 *      (#set! message "'{name}' in production code")
 *      (#set! why "Nobody reads it.")
 *      (#set! instead "Use logging."))
 *
 * The code and the message must be there; the name is the file's unless it is set.  What comes out
 * is the same struct as a built-in rule's, with the default steps.
 *
 * The rule's examples, bad.py and good.py, are in the folder beside the file that is called as it
 * is, or else, beside the file.
 */
#include "facts/user_rules.h"

#include "facts/rule_files.h"
#include "rule.h"
#include "syntax/query.h"
#include "text/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1000000 }; /* a rule is a page; a large file is a mistake */

static struct arena kept; /* the rules and their texts: they live as long as the program */

static struct {
    ARRAY_OF(struct user_rule);
} files;

/* A file under way. */
struct loading {
    const char *path;
    const struct rule *const *others; /* besides those of rules_list() */
    size_t n_others;
    struct query_set *set; /* of this file only */
    struct rule *rule;
    struct error *error;
};

static const char *const keys[] = {"code",  "name", "message",    "why", "instead",
                                   "since", "url",  "confidence", "off"};

enum { N_KEYS = sizeof keys / sizeof *keys };

/* ---- what #set! says ---- */

static const struct query_property *find_property(const struct loading *loading, const char *key)
{
    size_t n;
    const struct query_property *properties = query_set_properties(loading->set, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(properties[i].key, key) == 0) {
            return &properties[i];
        }
    }
    return NULL;
}

static bool fail_at(const struct loading *loading, const struct query_property *property,
                    const char *message)
{
    return error_at(loading->error, "%s:%u:%u: %s", loading->path, property->line, property->column,
                    message);
}

static bool is_key(const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        if (strcmp(keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_keys(const struct loading *loading)
{
    size_t n;
    const struct query_property *properties = query_set_properties(loading->set, &n);
    for (size_t i = 0; i < n; i++) {
        const struct query_property *property = &properties[i];
        if (is_key(property->key)) {
            if (find_property(loading, property->key) != property) {
                return fail_at(loading, property, "this is set twice");
            }
            continue;
        }
        struct nearest nearest = nearest_to(property->key, strlen(property->key));
        for (size_t k = 0; k < N_KEYS; k++) {
            nearest_offer(&nearest, keys[k]);
        }
        return error_at(loading->error, "%s:%u:%u: a rule has no '%s'%s%s%s", loading->path,
                        property->line, property->column, property->key,
                        nearest.best ? ", did you mean '" : "", nearest.best ? nearest.best : "",
                        nearest.best ? "'?" : "");
    }
    return true;
}

static const char *value_of(const struct loading *loading, const char *key)
{
    const struct query_property *property = find_property(loading, key);
    return property ? arena_string(&kept, property->value, strlen(property->value)) : "";
}

/* ---- checking ---- */

static bool is_code(const char *s)
{
    return strlen(s) == 5 && strchr("EWRCI", s[0]) && strspn(s + 1, "0123456789") == 4;
}

static bool is_name(const char *s)
{
    return s[0] >= 'a' && s[0] <= 'z'
           && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool fail_without(const struct loading *loading, const char *key, const char *example)
{
    return error_at(loading->error,
                    "%s:1:1: the rule has no %s; add (#set! %s \"%s\") to a pattern", loading->path,
                    key, key, example);
}

/* Words that mean rules by the dozen: a category, or part of a code. */
static bool means_many(const char *name)
{
    static const char *const words[] = {"all",        "fatal", "error",       "warning", "refactor",
                                        "convention", "info",  "information", NULL};
    bool is_part_of_code = strchr("ewrcif", name[0]) != NULL && strlen(name) <= 5
                           && strspn(name + 1, "0123456789") == strlen(name + 1);
    return is_part_of_code || words_have(words, name);
}

static bool fail_as_taken(const struct loading *loading, const struct rule *other)
{
    bool has_code = strcmp(other->code, loading->rule->code) == 0;
    const struct query_property *property = find_property(loading, has_code ? "code" : "name");
    return error_at(loading->error, "%s:%u:%u: there is already a rule %s (%s)", loading->path,
                    property ? property->line : 1, property ? property->column : 1, other->code,
                    other->name);
}

/* Names and codes are how users call rules: no two may share one. */
static bool differs_from(const struct loading *loading, const struct rule *const *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i]->code, loading->rule->code) == 0
            || strcmp(rules[i]->name, loading->rule->name) == 0) {
            return fail_as_taken(loading, rules[i]);
        }
    }
    return true;
}

static bool check_new(const struct loading *loading)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    return differs_from(loading, rules, n)
           && differs_from(loading, loading->others, loading->n_others);
}

static bool check_name(const struct loading *loading)
{
    const struct query_property *property = find_property(loading, "name");
    const char *name = loading->rule->name;
    unsigned line = property ? property->line : 1, column = property ? property->column : 1;
    if (is_name(name) && means_many(name)) {
        return error_at(loading->error, "%s:%u:%u: '%s' means many rules and cannot name one",
                        loading->path, line, column, name);
    }
    if (is_name(name)) {
        return true;
    }
    return error_at(loading->error, "%s:%u:%u: %s", loading->path, line, column,
                    property ? "a name is of small letters, digits and '-'"
                             : "the file's name is to be the rule's, of small letters, digits and "
                               "'-'; or set one with (#set! name \"…\")");
}

static bool check_code_and_name(const struct loading *loading)
{
    const struct query_property *code = find_property(loading, "code");
    if (!code) {
        return fail_without(loading, "code", "W8001");
    }
    if (!is_code(code->value)) {
        return fail_at(loading, code, "a code is one of E W R C I and four digits, as in W8001");
    }
    return check_name(loading) && check_new(loading);
}

/* Every `{name}` of the message must be a capture. */
static bool check_message(const struct loading *loading)
{
    const struct query_property *message = find_property(loading, "message");
    if (!message || message->value[0] == '\0') {
        return fail_without(loading, "message", "what is wrong, with '{capture}'");
    }
    if (strpbrk(message->value, "\r\n")) {
        return fail_at(loading, message, "a message is one line");
    }
    for (const char *s = strchr(message->value, '{'); s; s = strchr(s + 1, '{')) {
        size_t length = rule_placeholder(s);
        char *name = length ? strndup(s + 1, length - 2) : NULL;
        bool is_right = !name || query_set_captures(loading->set, 0, name);
        if (!is_right) {
            error_at(loading->error,
                     "%s:%u:%u: the message names '{%s}', but nothing is captured as '@%s'",
                     loading->path, message->line, message->column, name, name);
        }
        free(name);
        if (!is_right) {
            return false;
        }
    }
    return true;
}

static bool read_confidence(const struct loading *loading)
{
    static const char *const words[] = {
        [CONFIDENCE_POSSIBLE] = "possible",
        [CONFIDENCE_LIKELY] = "likely",
        [CONFIDENCE_CERTAIN] = "certain",
    };
    const struct query_property *property = find_property(loading, "confidence");
    loading->rule->confidence = CONFIDENCE_LIKELY;
    if (!property) {
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i] && strcmp(words[i], property->value) == 0) {
            loading->rule->confidence = (enum confidence)i;
            return true;
        }
    }
    return fail_at(loading, property, "the confidence is certain, likely or possible");
}

static bool read_off(const struct loading *loading)
{
    const struct query_property *property = find_property(loading, "off");
    loading->rule->is_off = property != NULL;
    return !property || property->value[0] == '\0' || strcmp(property->value, "true") == 0
           || fail_at(loading, property,
                      "a rule that is off by default says (#set! off), and one that is on nothing");
}

static bool check_url(const struct loading *loading)
{
    const struct query_property *property = find_property(loading, "url");
    return !property
           || ((strncmp(property->value, "https://", 8) == 0
                || strncmp(property->value, "http://", 7) == 0)
               && !strpbrk(property->value, " \t\r\n\"<>"))
           || fail_at(loading, property, "a url begins with https:// and has no blank");
}

/* ---- loading ---- */

const char *user_rules_read(const char *path, struct arena *arena, struct error *error)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        error_at(error, "cannot read the file: %s: %s", strerror(errno), path);
        return NULL;
    }
    char *bytes = alloc(MAX_BYTES + 1);
    errno = 0;
    size_t n = fread(bytes, 1, MAX_BYTES + 1, file);
    const char *text = NULL;
    if (ferror(file)) {
        error_at(error, "cannot read the file: %s: %s", strerror(errno), path);
    } else if (n > MAX_BYTES || memchr(bytes, '\0', n)) {
        error_at(error, "the file is no text of at most %d bytes: %s", MAX_BYTES, path);
    } else {
        text = arena_string(arena, bytes, n);
    }
    fclose(file);
    free(bytes);
    return text;
}

static const char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    return arena_string(&kept, base, strlen(base) - strlen(".scm"));
}

static bool fill_rule(const struct loading *loading)
{
    struct rule *rule = loading->rule;
    rule->code = value_of(loading, "code");
    rule->name =
        find_property(loading, "name") ? value_of(loading, "name") : stem_of(loading->path);
    rule->message = value_of(loading, "message");
    rule->why = value_of(loading, "why");
    rule->instead = value_of(loading, "instead");
    rule->since = value_of(loading, "since");
    rule->url = value_of(loading, "url");
    rule->match = rule_match_default;
    rule->check = rule_check_default;
    return check_keys(loading) && check_code_and_name(loading) && check_message(loading)
           && read_confidence(loading) && read_off(loading) && check_url(loading);
}

static bool load_file(struct loading *loading)
{
    const char *text = user_rules_read(loading->path, &kept, loading->error);
    if (!text) {
        return false;
    }
    text += strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    loading->set = query_set_new();
    loading->rule = arena_alloc(&kept, sizeof *loading->rule);
    loading->rule->query = text;
    bool ok =
        query_set_add(loading->set, loading->path, text, 0, loading->error) && fill_rule(loading);
    query_set_free(loading->set);
    return ok;
}

/* "lint/no-print.scm" has its examples in lint/no-print/, if that is a folder, else in lint/. */
static const char *examples_of(const char *path)
{
    struct stat status;
    const char *own = arena_string(&kept, path, strlen(path) - strlen(".scm"));
    const char *slash = strrchr(path, '/');
    bool has_own = stat(own, &status) == 0 && S_ISDIR(status.st_mode);
    return has_own ? own : slash ? arena_string(&kept, path, (size_t)(slash - path)) : ".";
}

static void add_file(const char *path, const struct rule *const *others, size_t n_others)
{
    struct error error;
    struct user_rule *file = array_push(&files);
    struct loading loading = {
        .path = path,
        .others = others,
        .n_others = n_others,
        .error = &error,
    };
    file->path = path;
    file->examples = examples_of(path);
    if (!load_file(&loading)) {
        file->problem = arena_string(&kept, error.message, strlen(error.message));
        return;
    }
    file->rule = loading.rule;
    rules_add(loading.rule);
}

bool user_rules_load(const char *folder, const struct rule *const *others, size_t n_others,
                     struct error *error)
{
    struct strings paths = {0};
    bool ok = rule_files_find(folder, &kept, &paths, error);
    for (size_t i = 0; ok && i < paths.n; i++) {
        add_file(paths.items[i], others, n_others);
    }
    array_free(&paths);
    return ok;
}

const struct user_rule *user_rules_list(size_t *n)
{
    *n = files.n;
    return files.items;
}

const struct user_rule *user_rules_find(const struct rule *rule)
{
    for (size_t i = 0; i < files.n; i++) {
        if (files.items[i].rule == rule) {
            return &files.items[i];
        }
    }
    return NULL;
}
