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
 */
#include "facts/user_rules.h"

#include "rule.h"
#include "syntax/query.h"
#include "text/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_QUERY_BYTES = 1000000 }; /* a rule is a page; a large file is a mistake */

static struct arena kept; /* the rules and their texts: they live as long as the program */

/* A file under way. */
struct loading {
    const char *path;
    struct query_set *set; /* of this file only */
    struct rule *rule;
    struct error *error;
};

static const char *const keys[] = {"code",    "name",  "message",    "why",
                                   "instead", "since", "confidence", "off"};

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

/* Names and codes are how users call rules: no two may share one. */
static bool check_new(const struct loading *loading)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    for (size_t i = 0; i < n; i++) {
        bool has_code = strcmp(rules[i]->code, loading->rule->code) == 0;
        if (has_code || strcmp(rules[i]->name, loading->rule->name) == 0) {
            const struct query_property *property =
                find_property(loading, has_code ? "code" : "name");
            return error_at(loading->error, "%s:%u:%u: there is already a rule %s (%s)",
                            loading->path, property ? property->line : 1,
                            property ? property->column : 1, rules[i]->code, rules[i]->name);
        }
    }
    return true;
}

static bool check_code_and_name(const struct loading *loading)
{
    const struct query_property *code = find_property(loading, "code");
    const struct query_property *name = find_property(loading, "name");
    if (!code) {
        return fail_without(loading, "code", "W8001");
    }
    if (!is_code(code->value)) {
        return fail_at(loading, code, "a code is one of E W R C I and four digits, as in W8001");
    }
    if (name && !is_name(name->value)) {
        return fail_at(loading, name, "a name is of small letters, digits and '-'");
    }
    if (!is_name(loading->rule->name)) {
        return error_at(loading->error,
                        "%s:1:1: the file's name is to be the rule's, of small letters, digits and "
                        "'-'; or set one with (#set! name \"…\")",
                        loading->path);
    }
    return check_new(loading);
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
    const struct query_property *property = find_property(loading, "confidence");
    if (!property) {
        return true;
    }
    bool is_certain = strcmp(property->value, "certain") == 0;
    loading->rule->confidence = is_certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    return is_certain || strcmp(property->value, "likely") == 0
           || fail_at(loading, property, "the confidence is certain or likely");
}

/* ---- loading ---- */

static bool read_file(const char *path, const char **text, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return error_at(error, "cannot read the rule: %s: %s", strerror(errno), path);
    }
    char *bytes = alloc(MAX_QUERY_BYTES + 1);
    size_t n = fread(bytes, 1, MAX_QUERY_BYTES + 1, file);
    bool ok = !ferror(file) && n <= MAX_QUERY_BYTES && !memchr(bytes, '\0', n);
    fclose(file);
    *text = ok ? arena_string(&kept, bytes, n) : NULL;
    free(bytes);
    return ok
           || error_at(error, "the rule is no text of at most %d bytes: %s", MAX_QUERY_BYTES, path);
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
    rule->is_off = find_property(loading, "off") != NULL;
    rule->match = rule_match_default;
    rule->check = rule_check_default;
    return check_keys(loading) && check_code_and_name(loading) && check_message(loading)
           && read_confidence(loading);
}

static bool load_file(const char *path, struct error *error)
{
    const char *text = NULL;
    if (!read_file(path, &text, error)) {
        return false;
    }
    struct loading loading = {
        .path = path,
        .set = query_set_new(),
        .rule = arena_alloc(&kept, sizeof *loading.rule),
        .error = error,
    };
    loading.rule->query = text;
    bool ok = query_set_add(loading.set, path, text, 0, error) && fill_rule(&loading);
    query_set_free(loading.set);
    if (ok) {
        rules_add(loading.rule);
    }
    return ok;
}

static int is_query(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 4, ".scm") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool user_rules_load(const char *folder, struct error *error)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_query, compare_names);
    if (n < 0) {
        return error_at(error, "cannot read the folder of rules: %s: %s", strerror(errno), folder);
    }
    bool ok = n > 0 || error_at(error, "there is no rule, no file *.scm, in %s", folder);
    struct arena arena = {0};
    for (int i = 0; i < n; i++) {
        const char *path = arena_format(&arena, "%s/%s", folder, entries[i]->d_name);
        ok = ok && load_file(path, error);
        free(entries[i]);
    }
    free(entries);
    arena_free(&arena);
    return ok;
}
