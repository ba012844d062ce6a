/*
 * sarif_driver.c - the tool and its rules, with the help that GitHub shows beside an alert.
 */
#include "report/sarif.h"

#include "base/version.h"
#include "report/writers.h"

#include <string.h>

enum { MAX_DESCRIPTION = 1024 }; /* characters that GitHub takes */

const char *sarif_level(const struct rule *rule)
{
    enum category category = rule_category(rule);
    return category <= CATEGORY_ERROR ? "error" : category == CATEGORY_WARNING ? "warning" : "note";
}

static bool is_notification(const struct rule *rule)
{
    return rule_category(rule) == CATEGORY_FATAL;
}

size_t sarif_rule_index(const struct report *report, const struct rule *rule)
{
    size_t index = is_notification(rule) ? SARIF_CUT_INDEX + 1 : 0;
    for (size_t i = 0; i < report->n_rules && report->rules[i] != rule; i++) {
        index += is_notification(report->rules[i]) == is_notification(rule);
    }
    return index;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* "reference-cycle" becomes "ReferenceCycle". */
static void add_pascal(struct builder *out, const char *name)
{
    bool begins_word = true;
    for (; *name; name++) {
        if (*name != '-') {
            builder_add_char(out, begins_word ? upper(*name) : *name);
        }
        begins_word = *name == '-';
    }
}

/* "reference-cycle" becomes "Reference cycle." */
static void add_title(struct builder *out, const char *name)
{
    for (size_t i = 0; name[i]; i++) {
        char c = name[i] == '-' ? ' ' : name[i];
        builder_add_char(out, i == 0 ? upper(c) : c);
    }
    builder_add_char(out, '.');
}

/* A text of whole sentences, cut where GitHub would refuse it. */
static void add_description(struct builder *out, const char *text)
{
    size_t characters = 0;
    size_t start = out->length;
    for (; *text; text++) {
        characters += ((unsigned char)*text & 0xC0) != 0x80;
        if (characters > MAX_DESCRIPTION - 2) {
            builder_add(out, "\xE2\x80\xA6."); /* an ellipsis */
            return;
        }
        builder_add_char(out, *text);
    }
    if (out->length > start && !strchr(".!?", out->s[out->length - 1])) {
        builder_add_char(out, '.');
    }
}

static void write_text(struct json *json, const char *key, const char *text)
{
    json_key_open(json, key, '{');
    json_key_string(json, "text", text);
    json_close(json, '}');
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static void write_help(struct json *json, const struct rule *rule)
{
    struct builder text = {0}, markdown = {0};
    if (*text_of(rule->why)) {
        builder_addf(&text, "%s\n", rule->why);
        builder_addf(&markdown, "**Why.** %s\n", rule->why);
    }
    if (*text_of(rule->instead)) {
        builder_addf(&text, "Instead: %s\n", rule->instead);
        builder_addf(&markdown, "\n**Instead.** %s\n", rule->instead);
    }
    if (*text_of(rule->since)) {
        builder_addf(&text, "It holds for Python %s.\n", rule->since);
        builder_addf(&markdown, "\n**Python.** %s\n", rule->since);
    }
    builder_addf(&text, "Suppress: # cyclint: disable=%s\n", rule->name);
    builder_addf(&markdown, "\n**Suppress.** `# cyclint: disable=%s`\n", rule->name);
    const char *first = builder_string(&markdown);
    json_key_open(json, "help", '{');
    json_key_string(json, "text", builder_string(&text));
    json_key_string(json, "markdown", first + strspn(first, "\n"));
    json_close(json, '}');
    builder_free(&text);
    builder_free(&markdown);
}

/* The families of the catalogue; users' rules have others. */
static const char *family_tag(const struct rule *rule)
{
    static const struct {
        const char *digits, *tag;
    } families[] = {{"90", "cyclint"},    {"91", "reference-cycles"},  {"92", "finalizers"},
                    {"93", "resources"},  {"94", "global-state"},      {"95", "weak-references"},
                    {"96", "kept-alive"}, {"97", "garbage-collector"}, {"98", "object-creation"}};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strncmp(rule->code + 1, families[i].digits, 2) == 0) {
            return families[i].tag;
        }
    }
    return "user-rules";
}

/* What GitHub calls precision is how sure the rule is. */
static const char *precision_of(const struct rule *rule)
{
    return rule->confidence == CONFIDENCE_CERTAIN ? "very-high" : "high";
}

static void write_properties(struct json *json, const struct rule *rule)
{
    const char *level = sarif_level(rule);
    json_key_open(json, "properties", '{');
    json_key_open(json, "tags", '[');
    json_string(json, family_tag(rule));
    json_string(json, "python");
    json_close(json, ']');
    json_key_string(json, "precision", precision_of(rule));
    json_key_string(json, "problem.severity",
                    strcmp(level, "note") == 0 ? "recommendation" : level);
    json_close(json, '}');
}

static void write_names(struct json *json, const struct rule *rule)
{
    struct builder name = {0}, title = {0}, full = {0};
    add_pascal(&name, rule->name);
    add_title(&title, rule->name);
    add_description(&full, *text_of(rule->why) ? rule->why : builder_string(&title));
    json_key_string(json, "id", rule->code);
    json_key_string(json, "name", builder_string(&name));
    write_text(json, "shortDescription", builder_string(&title));
    write_text(json, "fullDescription", builder_string(&full));
    builder_free(&name);
    builder_free(&title);
    builder_free(&full);
}

static void write_rule(struct json *json, const struct rule *rule, struct arena *scratch)
{
    json_open(json, '{');
    write_names(json, rule);
    const char *url = rule_url(rule, scratch);
    if (*url) {
        json_key_string(json, "helpUri", url);
    }
    write_help(json, rule);
    json_key_open(json, "defaultConfiguration", '{');
    json_key_bool(json, "enabled", !rule->is_off);
    json_key_string(json, "level", sarif_level(rule));
    json_close(json, '}');
    write_properties(json, rule);
    json_close(json, '}');
}

static void write_rules(struct json *json, const struct report *report, const char *key,
                        bool are_notifications, struct arena *scratch)
{
    json_key_open(json, key, '[');
    if (are_notifications) {
        json_open(json, '{');
        json_key_string(json, "id", SARIF_CUT_ID);
        json_key_string(json, "name", "ResultsLeftOut");
        write_text(json, "shortDescription", "Results were left out of this file.");
        write_text(json, "fullDescription",
                   "There were more findings than --sarif-max allows; the gravest are kept.");
        write_text(json, "help", "Correct the gravest first, or raise --sarif-max.");
        json_close(json, '}');
    }
    for (size_t i = 0; i < report->n_rules; i++) {
        if (is_notification(report->rules[i]) == are_notifications) {
            write_rule(json, report->rules[i], scratch);
        }
    }
    json_close(json, ']');
}

void sarif_write_tool(struct json *json, const struct report *report)
{
    struct arena scratch = {0};
    json_key_open(json, "tool", '{');
    json_key_open(json, "driver", '{');
    json_key_string(json, "name", "cyclint");
    json_key_string(json, "version", CYCLINT_VERSION);
    json_key_string(json, "semanticVersion", CYCLINT_VERSION);
    json_key_string(json, "informationUri", CYCLINT_URL);
    write_rules(json, report, "rules", false, &scratch);
    write_rules(json, report, "notifications", true, &scratch);
    json_close(json, '}');
    json_close(json, '}');
    arena_free(&scratch);
}
