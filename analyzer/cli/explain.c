/*
 * explain.c - what the rules are: `explain`, --list-msgs, --list-msgs-enabled; and what they see:
 * --show-tree.
 */
#include "cli/explain.h"

#include "cli/examples.h"
#include "cli/select.h"
#include "facts/user_rules.h"
#include "program/maker_words.h"
#include "report/rule_names.h"
#include "rule.h"
#include "syntax/tree.h"
#include "syntax/tree_print.h"
#include "text/source.h"

#include <string.h>

enum { TEXT_WIDTH = 79 };

/* ---- text ---- */

/* The words of `text` in lines that begin with `indent` blanks. */
static void add_paragraph(struct builder *out, size_t indent, const char *text)
{
    size_t line_start = out->length;
    text += strspn(text, " \n");
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        size_t column = out->length - line_start;
        if (column > indent && column + 1 + length > TEXT_WIDTH) {
            builder_add_char(out, '\n');
            line_start = out->length;
            column = 0;
        }
        if (column == 0) {
            builder_addf(out, "%*s", (int)indent, "");
        } else {
            builder_add_char(out, ' ');
        }
        builder_add_bytes(out, text, length);
        text += length;
        text += strspn(text, " \n");
    }
    builder_add_char(out, '\n');
}

static void add_indented(struct builder *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        builder_addf(out, "%s%.*s\n", length > 0 ? "    " : "", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* ---- one rule ---- */

/* The message as a reader can take it: "'%s' is held" becomes "'...' is held", "{name}" "...".
 */
static void add_message(struct builder *out, const char *message)
{
    for (; *message != '\0'; message++) {
        if (*message == '%' && message[1] == '%') {
            builder_add_char(out, *message++);
        } else if (*message == '%') {
            message += strcspn(message, "sducxgf");
            builder_add(out, "...");
        } else if (*message == '{' && strchr(message, '}') != NULL) {
            message += strcspn(message, "}");
            builder_add(out, "...");
        } else {
            builder_add_char(out, *message);
        }
        if (*message == '\0') {
            break;
        }
    }
}

/* A user's message is shown as the user wrote it. */
static void add_message_of(const struct rule *rule, struct builder *out)
{
    if (rule->url != NULL) {
        builder_add(out, rule->message);
    } else {
        add_message(out, strcmp(rule->message, "%s") == 0 ? rule->name : rule->message);
    }
}

static const struct example *find_example(const char *rule)
{
    for (const struct example *example = examples; example->rule != NULL; example++) {
        if (strcmp(example->rule, rule) == 0) {
            return example;
        }
    }
    return NULL;
}

static void add_example(struct builder *out, const char *title, const char *text)
{
    if (text != NULL) {
        builder_addf(out, "\n%s:\n\n", title);
        add_indented(out, text);
    }
}

/* A user's own rule need not have one. */
static void add_section(struct builder *out, const char *title, const char *text)
{
    if (text != NULL && *text != '\0') {
        builder_addf(out, "\n%s:\n", title);
        add_paragraph(out, 4, text);
    }
}

/* The examples of a user's rule are files, which need not be there. */
static void add_users_example(const struct user_rule *file, const char *title, const char *name,
                              struct builder *out)
{
    struct arena arena = {0};
    const char *path = arena_format(&arena, "%s/%s", file->examples, name);
    add_example(out, title, user_rules_read(path, &arena, NULL));
    arena_free(&arena);
}

static void add_examples(const struct rule *rule, struct builder *out)
{
    const struct user_rule *file = user_rules_find(rule);
    const struct example *example = find_example(rule->name);
    if (file != NULL) {
        add_users_example(file, "Bad", "bad.py", out);
        add_users_example(file, "Good", "good.py", out);
    } else if (example != NULL) {
        add_example(out, "Bad", example->bad);
        add_example(out, "Good", example->good);
    }
}

static void explain_rule(const struct rule *rule, struct builder *out)
{
    builder_addf(out, "%s (%s, %s)%s\n", rule->name, rule->code, category_name(rule_category(rule)),
                 rule->is_off ? ", off by default" : "");
    if (strcmp(rule->message, "%s") != 0) {
        builder_add(out, "\nMessage: ");
        add_message_of(rule, out);
        builder_add_char(out, '\n');
    }
    add_section(out, "Why", rule->why);
    add_section(out, "Instead", rule->instead);
    if (rule->since != NULL && *rule->since != '\0') {
        builder_addf(out, "\nHolds for Python %s.\n", rule->since);
    }
    if (rule->limit_name != NULL) {
        builder_addf(out, "\nConfiguration, in [tool.cyclint.rule.%s]:\n    %s = %d\n", rule->name,
                     rule->limit_name, rule->limit);
        add_paragraph(out, 4, rule->limit_help);
    }
    if (rule->url != NULL && *rule->url != '\0') {
        builder_addf(out, "\nMore: %s\n", rule->url);
    }
    add_examples(rule, out);
}

/* ---- what is exported ---- */

static size_t explain_name(const char *name, size_t length, size_t n_before, struct builder *out)
{
    size_t n, n_found = 0;
    const struct rule *const *rules = select_rules(&n);
    for (size_t i = 0; i < n; i++) {
        if (rule_answers_to(rules[i], name, length)) {
            builder_add(out, n_before + n_found > 0 ? "\n\n" : "");
            explain_rule(rules[i], out);
            n_found++;
        }
    }
    return n_found;
}

bool explain_rules(const char *names, struct builder *out, struct error *error)
{
    size_t n_found = 0;
    while (*names != '\0') {
        size_t length = strcspn(names, ",");
        size_t n = explain_name(names, length, n_found, out);
        if (n == 0) {
            struct arena arena = {0};
            const char *name = arena_string(&arena, names, length);
            struct strings one = {.items = &name, .n = 1};
            select_names_are_known(&one, "explain", error);
            arena_free(&arena);
            return false;
        }
        n_found += n;
        names += length + (names[length] == ',');
    }
    return true;
}

void explain_list(struct builder *out)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    for (size_t i = 0; i < n; i++) {
        builder_addf(out, ":%s (%s): *", rules[i]->name, rules[i]->code);
        add_message_of(rules[i], out);
        builder_add(out, "*\n");
        if (rules[i]->why != NULL && *rules[i]->why != '\0') {
            add_paragraph(out, 2, rules[i]->why);
        }
    }
}

static void list_where(const struct selection *selection, bool is_on, struct builder *out)
{
    for (size_t i = 0; i < selection->n_rules; i++) {
        if (selection->is_on[i] == is_on) {
            builder_addf(out, "  %s (%s)\n", selection->rules[i]->name, selection->rules[i]->code);
        }
    }
}

void explain_selection(const struct selection *selection, struct builder *out)
{
    builder_add(out, "Enabled messages:\n");
    list_where(selection, true, out);
    builder_add(out, "\nDisabled messages:\n");
    list_where(selection, false, out);
}

void explain_makers(const struct options *options, struct builder *out)
{
    struct makers makers;
    struct maker said;
    struct arena arena = {0};
    makers_init(&makers);
    for (size_t i = 0; i < options->makers.n; i++) {
        if (maker_read(options->makers.items[i], &arena, &said, NULL)) {
            maker_add_said(&makers, &said);
        }
    }
    makers_write(&makers, out);
    makers_free(&makers);
    arena_free(&arena);
}

bool explain_tree(const struct options *options, struct builder *out, struct error *error)
{
    struct arena arena = {0};
    struct source source;
    struct tree tree;
    struct parser *parser = parser_new();
    struct parse_limits limits = {UINT32_MAX, (uint32_t)(options->max_file_seconds * 1000.0)};
    bool ok =
        source_read(options->show_tree, (uint32_t)options->max_file_size, &arena, &source, error)
        && parser_parse(parser, &source, &limits, &tree, error);
    if (ok) {
        tree_print(&tree, out);
    } else {
        error_within(error, "%s", options->show_tree);
    }
    parser_free(parser);
    arena_free(&arena);
    return ok;
}
