/*
 * rule_tests.c - --test-rules: whether the rules of a user's folder do what their examples say.
 *
 * The examples of a rule are bad.py, where exactly the lines must be reported that end in
 * `# [rule-name]`, and good.py, where none may; and bad_*.py and good_*.py, for those who need
 * more.  Several rules may share a folder and its examples, each with its own marks.  All examples
 * are analysed in one run, as any file is, so comments count and a rule is tested as it will be
 * used.
 */
#include "cli/rule_tests.h"

#include "report/builtin_rules.h"
#include "report/rule_names.h"
#include "rule.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SHOWN = 100 }; /* bytes of a line of Python: longer ones do not fit a terminal */

struct examples {
    ARRAY_OF(const char *); /* paths, sorted */
};

/* ---- lines ---- */

/* Line `number`, from 1, of a text; its length, without the line end, in `*length`.  NULL when
 * there are not so many. */
static const char *find_line(const char *text, unsigned number, size_t *length)
{
    for (; number > 1; number--) {
        text = strchr(text, '\n');
        if (text == NULL) {
            return NULL;
        }
        text++;
    }
    *length = strcspn(text, "\n");
    *length -= *length > 0 && text[*length - 1] == '\r';
    return text;
}

static void add_line(struct builder *out, const char *line, size_t length)
{
    size_t shown = length < MAX_SHOWN ? length : MAX_SHOWN;
    while (shown < length && ((unsigned char)line[shown] & 0xC0) == 0x80) {
        shown--;
    }
    builder_addf(out, "        %.*s%s\n", (int)shown, line, shown < length ? "..." : "");
}

/* A caret under character `column`, from 1; tabs stay, so that it stands right. */
static void add_caret(struct builder *out, const char *line, size_t length, unsigned column)
{
    builder_add(out, "        ");
    for (size_t i = 0; i < length && column > 1; i++) {
        if (((unsigned char)line[i] & 0xC0) != 0x80) {
            builder_add_char(out, line[i] == '\t' ? '\t' : ' ');
            column--;
        }
    }
    builder_add(out, "^\n");
}

static void add_excerpt(struct builder *out, const char *text, unsigned line_number,
                        unsigned column)
{
    size_t length;
    const char *line = find_line(text, line_number, &length);
    if (line != NULL && length > 0) {
        add_line(out, line, length);
        if (column > 0 && column <= MAX_SHOWN) {
            add_caret(out, line, length, column);
        }
    }
}

/* A problem says where it is: "path:line:column: …". */
void rule_tests_add_problem(const struct user_rule *file, struct builder *out)
{
    unsigned line, column;
    struct arena arena = {0};
    size_t n = strlen(file->path);
    builder_addf(out, "%s\n", file->problem);
    if (strncmp(file->problem, file->path, n) == 0
        && sscanf(file->problem + n, ":%u:%u:", &line, &column) == 2) {
        const char *text = user_rules_read(file->path, &arena, NULL);
        if (text != NULL) {
            add_excerpt(out, text, line, column);
        }
    }
    arena_free(&arena);
}

/* ---- examples ---- */

static bool is_of_kind(const char *name, const char *kind)
{
    size_t n = strlen(name), n_kind = strlen(kind);
    return n > 3 && strcmp(name + n - 3, ".py") == 0 && strncmp(name, kind, n_kind) == 0
           && (name[n_kind] == '_' || n == n_kind + 3);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of `folder` called bad.py or bad_*.py; or good. */
static struct examples find_examples(const char *folder, const char *kind, struct arena *arena)
{
    struct examples found = {0};
    const struct dirent *entry;
    DIR *opened = opendir(folder);
    while (opened != NULL && (entry = readdir(opened)) != NULL) {
        if (is_of_kind(entry->d_name, kind)) {
            *array_push(&found) = arena_format(arena, "%s/%s", folder, entry->d_name);
        }
    }
    if (opened != NULL) {
        closedir(opened);
    }
    if (found.n > 0) {
        qsort(found.items, found.n, sizeof *found.items, compare_paths);
    }
    return found;
}

static void add_paths(struct options *options, const char *folder, const char *kind)
{
    struct examples found = find_examples(folder, kind, &options->arena);
    for (size_t i = 0; i < found.n; i++) {
        *array_push(&options->paths) = found.items[i];
    }
    array_free(&found);
}

static void add_step(struct options *options, const char *name, bool enables)
{
    *array_push(&options->selection) =
        (struct selection_step){name, "--test-rules", enables, LEVEL_COMMAND_LINE, false};
}

void rule_tests_options(const struct options *asked, struct options *options)
{
    size_t n;
    const struct user_rule *files = user_rules_list(&n);
    options_init(options);
    options->isolated = options->no_cache = options->no_gitignore = true;
    options->min_confidence = CONFIDENCE_POSSIBLE;
    options->python_version = asked->python_version;
    options->jobs = asked->jobs;
    add_step(options, "all", false);
    add_step(options, builtin_syntax_error.name, true);
    for (size_t i = 0; i < n; i++) {
        if (files[i].rule != NULL) {
            add_step(options, files[i].rule->name, true);
            add_paths(options, files[i].examples, "bad");
            add_paths(options, files[i].examples, "good");
        }
    }
}

/* ---- one example ---- */

/* A rule and the example in hand. */
struct test {
    const struct report *report;
    const struct user_rule *file;
    const char *path; /* of the example */
    char *real_path;
    const char *text;
    unsigned n_marked, n_wrong;
    struct builder failures;
};

static bool is_example(const struct test *test, const struct message *message)
{
    char *real = realpath(message->span.file->absolute_path, NULL);
    bool is = real != NULL && strcmp(real, test->real_path) == 0;
    free(real);
    return is;
}

/* The first finding of the rule at a line; NULL when there is none. */
static const struct message *find_message(const struct test *test, const struct rule *rule,
                                          unsigned line)
{
    const struct messages *shown = &test->report->shown;
    for (size_t i = 0; i < shown->n; i++) {
        const struct message *message = &shown->items[i];
        if (message->rule == rule && (line == 0 || message->span.start.line == line)
            && is_example(test, message)) {
            return message;
        }
    }
    return NULL;
}

/* The names in `# [a, b]` at the end of a line; NULL when it has no such end. */
static const char *find_marks(const char *line, size_t length)
{
    while (length > 0 && strchr(" \t", line[length - 1]) != NULL) {
        length--;
    }
    if (length == 0 || line[length - 1] != ']') {
        return NULL;
    }
    size_t at = length - 1;
    while (at > 0 && strchr("abcdefghijklmnopqrstuvwxyz0123456789-, ", line[at - 1]) != NULL) {
        at--;
    }
    return at >= 3 && strncmp(line + at - 3, "# [", 3) == 0 ? line + at : NULL;
}

static size_t name_length(const char *names)
{
    return strcspn(names, ",] ");
}

static const char *next_name(const char *names)
{
    names += name_length(names);
    names += strspn(names, ", ");
    return *names == ']' ? NULL : names;
}

static void fail(struct test *test, unsigned line, unsigned column, const char *what,
                 const char *more)
{
    builder_addf(&test->failures, "  FAILED  %s:%u:%u: %s%s\n", test->path, line, column, what,
                 more);
    size_t length;
    const char *text = find_line(test->text, line, &length);
    if (text != NULL && length > 0) {
        add_line(&test->failures, text, length);
    }
    test->n_wrong++;
}

/* Whether a line is marked for the rule; a mark that names no rule at all is a mistake. */
static bool is_marked(struct test *test, const char *line, size_t length, unsigned number)
{
    const char *names = find_marks(line, length);
    bool is = false;
    for (; names != NULL && *names != ']'; names = next_name(names)) {
        size_t n = name_length(names);
        is = is
             || (strlen(test->file->rule->name) == n
                 && strncmp(names, test->file->rule->name, n) == 0);
        if (!rule_names_know(test->report->rules, test->report->n_rules, names, n)) {
            const char *nearest =
                rule_names_nearest(test->report->rules, test->report->n_rules, names, n);
            struct arena arena = {0};
            const char *more = nearest ? arena_format(&arena, ", did you mean '%s'?", nearest) : "";
            fail(test, number, (unsigned)(names - line), "this mark names no rule", more);
            arena_free(&arena);
        }
        if (next_name(names) == NULL) {
            break;
        }
    }
    return is;
}

static void check_line(struct test *test, const char *line, size_t length, unsigned number)
{
    const struct message *message = find_message(test, test->file->rule, number);
    if (is_marked(test, line, length, number)) {
        test->n_marked++;
        if (message == NULL) {
            fail(test, number, 0, "is marked, but not reported", "");
        }
    } else if (message != NULL) {
        fail(test, number, message->span.start.column,
             "is reported, but not marked: ", message->text);
    }
}

static void check_lines(struct test *test)
{
    const char *line = test->text;
    for (unsigned number = 1; *line != '\0'; number++) {
        size_t length = strcspn(line, "\n");
        bool has_return = length > 0 && line[length - 1] == '\r';
        check_line(test, line, length - has_return, number);
        line += length + (line[length] == '\n');
    }
}

static void check_syntax(struct test *test)
{
    const struct message *message = find_message(test, &builtin_syntax_error, 0);
    if (message != NULL) {
        fail(test, message->span.start.line, message->span.start.column,
             "the example is no Python: ", message->text);
    }
}

static void tell(const struct test *test, bool is_bad, struct builder *out)
{
    if (test->n_wrong > 0) {
        builder_add(out, builder_string(&test->failures));
    } else if (is_bad) {
        builder_addf(out, "  passed  %s: reports the %s\n", test->path,
                     test->n_marked == 1 ? "marked line" : "marked lines");
    } else {
        builder_addf(out, "  passed  %s: reports nothing\n", test->path);
    }
}

static void check_marks(struct test *test, bool is_bad)
{
    const char *name = test->file->rule->name;
    if (is_bad && test->n_marked == 0 && test->n_wrong == 0) {
        builder_addf(&test->failures,
                     "  FAILED  %s: no line is marked; one that is to be reported ends in # [%s]\n",
                     test->path, name);
        test->n_wrong++;
    } else if (!is_bad && test->n_marked > 0) {
        builder_addf(&test->failures, "  FAILED  %s: a good example has no lines marked # [%s]\n",
                     test->path, name);
        test->n_wrong++;
    }
}

static bool check_example(const struct report *report, const struct user_rule *file,
                          const char *path, bool is_bad, struct builder *out)
{
    struct arena arena = {0};
    struct error error;
    struct test test = {.report = report, .file = file, .path = path};
    test.text = user_rules_read(path, &arena, &error);
    test.real_path = realpath(path, NULL);
    if (test.text == NULL || test.real_path == NULL) {
        builder_addf(&test.failures, "  FAILED  %s\n", test.text ? path : error.message);
        test.n_wrong++;
    } else {
        check_syntax(&test);
        check_lines(&test);
        check_marks(&test, is_bad);
    }
    tell(&test, is_bad, out);
    builder_free(&test.failures);
    free(test.real_path);
    arena_free(&arena);
    return test.n_wrong == 0;
}

/* ---- one rule ---- */

static bool check_kind(const struct report *report, const struct user_rule *file, const char *kind,
                       struct builder *out)
{
    struct arena arena = {0};
    struct examples found = find_examples(file->examples, kind, &arena);
    bool is_bad = strcmp(kind, "bad") == 0, is_right = found.n > 0;
    if (found.n == 0) {
        builder_addf(
            out, "  FAILED  there is no example %s/%s.py: a program that %s\n", file->examples,
            kind, is_bad ? "is reported, its lines marked" : "does it well, with nothing reported");
    }
    for (size_t i = 0; i < found.n; i++) {
        is_right = check_example(report, file, found.items[i], is_bad, out) && is_right;
    }
    array_free(&found);
    arena_free(&arena);
    return is_right;
}

/* A rule works without them, but nobody will know why it is there. */
static void note_silence(const struct rule *rule, struct builder *out)
{
    if (*rule->why == '\0') {
        builder_add(out, "  note    it does not say why: (#set! why \"What will happen.\")\n");
    }
    if (*rule->instead == '\0') {
        builder_add(out,
                    "  note    it does not say what to do: (#set! instead \"What to write.\")\n");
    }
}

static bool check_rule(const struct report *report, const struct user_rule *file,
                       struct builder *out)
{
    if (file->rule == NULL) {
        builder_addf(out, "%s\n  FAILED  ", file->path);
        rule_tests_add_problem(file, out);
        return false;
    }
    builder_addf(out, "%s: %s (%s)\n", file->path, file->rule->name, file->rule->code);
    bool bad = check_kind(report, file, "bad", out);
    bool good = check_kind(report, file, "good", out);
    note_silence(file->rule, out);
    return bad && good;
}

bool rule_tests_write(const struct report *report, struct builder *out)
{
    size_t n, n_failed = 0;
    const struct user_rule *files = user_rules_list(&n);
    for (size_t i = 0; i < n; i++) {
        n_failed += !check_rule(report, &files[i], out);
    }
    builder_addf(out, "%s%zu passed, %zu failed\n", n > 0 ? "\n" : "", n - n_failed, n_failed);
    return n_failed == 0;
}
