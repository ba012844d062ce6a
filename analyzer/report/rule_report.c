/*
 * rule_report.c - how a rule's check tells what it found.
 *
 * Every finding is added here, with what can be filled in without knowing the rule: the confidence
 * the rule starts from, and the innermost scope around the place.  All text lives in the arena of
 * the findings.
 *
 * The default check reports every mark of the rule.  Its message is no printf format: `{name}`
 * stands for the text captured as `@name`, on one line and cut where it was long.
 */
#include "rule.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static enum confidence first_confidence(const struct rule *rule)
{
    return rule->confidence ? rule->confidence : CONFIDENCE_LIKELY;
}

static struct finding *add_finding(struct check *check, struct place place, const char *message)
{
    struct finding *finding = array_push(check->findings);
    *finding = (struct finding){
        .rule = check->rule,
        .place = place,
        .confidence = first_confidence(check->rule),
        .message = message,
        .scope = facts_scope_at(check->program->files[place.file], place.start),
    };
    return finding;
}

/* Rules' messages are formats that come through the struct, which no compiler can check. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

__attribute__((format(printf, 2, 0))) static const char *
format_text(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    assert(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

struct finding *rule_report(struct check *check, struct place place, ...)
{
    va_list arguments;
    va_start(arguments, place);
    const char *message = format_text(&check->findings->arena, check->rule->message, arguments);
    va_end(arguments);
    return add_finding(check, place, message);
}

#pragma GCC diagnostic pop

struct finding *rule_report_as(struct check *check, struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = format_text(&check->findings->arena, format, arguments);
    va_end(arguments);
    return add_finding(check, place, message);
}

void finding_relate(struct check *check, struct finding *finding, struct place place,
                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct related *related = arena_alloc(&check->findings->arena, sizeof *related);
    related->place = place;
    related->message = format_text(&check->findings->arena, format, arguments);
    va_end(arguments);
    struct related **end = &finding->related;
    while (*end) {
        end = &(*end)->next;
    }
    *end = related;
}

void finding_remedy(struct check *check, struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding->remedy = format_text(&check->findings->arena, format, arguments);
    va_end(arguments);
}

struct change *finding_change(struct check *check, struct finding *finding, enum change_kind kind,
                              struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct change *change = arena_alloc(&check->findings->arena, sizeof *change);
    change->kind = kind;
    change->place = place;
    change->text = format_text(&check->findings->arena, format, arguments);
    va_end(arguments);
    struct change **end = &finding->changes;
    while (*end) {
        end = &(*end)->next;
    }
    *end = change;
    return change;
}

void finding_remove_call(struct check *check, struct finding *finding, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t use = uses_next(facts, call, call);
    if (use != NONE && facts->ops[use].kind == OP_EXPRESSION) {
        struct place place = place_of_op(file, &facts->ops[call]);
        finding_change(check, finding, CHANGE_REMOVE, place, "%s", "");
    }
}

/* Whether the op imports the module itself: `import weakref`, `import weakref as w`. */
static bool imports(const struct facts *facts, const struct op *op, const char *module)
{
    return op->kind == OP_STORE && op->b != NONE && facts->ops[op->b].kind == OP_IMPORT
           && strcmp(facts_name(facts, facts->ops[op->b].a), module) == 0
           && facts->ops[op->a].kind == OP_TARGET_NAME;
}

/* The module's variable for it, bound once and for all; NONE when there is none. */
static uint32_t import_of(const struct facts *facts, const char *module)
{
    const struct scope *scope = &facts->scopes[0];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (imports(facts, op, module)) {
            uint32_t variable = facts->ops[op->a].a;
            bool is_only = !(facts->variables[variable].flags & VARIABLE_IS_REBOUND);
            return is_only ? variable : NONE;
        }
    }
    return NONE;
}

static size_t count_variables(const struct facts *facts, const char *name)
{
    uint32_t symbol = facts_symbol(facts, name);
    size_t n = 0;
    for (uint32_t i = 0; symbol != NONE && i < facts->n_variables; i++) {
        n += facts->variables[i].name == symbol;
    }
    return n;
}

const char *finding_import(struct check *check, struct finding *finding, uint32_t file,
                           const char *module)
{
    const struct facts *facts = check->program->files[file];
    uint32_t variable = import_of(facts, module);
    if (variable != NONE) {
        const char *name = variable_name(facts, variable);
        return count_variables(facts, name) == 1 ? name : NULL;
    }
    if (count_variables(facts, module) > 0) {
        return NULL;
    }
    /* Any statement of the file does. */
    struct place place = finding->place.file == file
                             ? finding->place
                             : place_of_op(file, &facts->ops[facts->scopes[0].first_op]);
    finding_change(check, finding, CHANGE_IMPORT, place, "import %s", module);
    return module;
}

/* ---- the default check ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The text with each run of blanks and line ends as one blank. */
static void add_on_one_line(struct builder *out, const char *text)
{
    for (const char *s = text; *s; s++) {
        if (!is_blank(*s)) {
            builder_add_char(out, *s);
        } else if (s > text && !is_blank(s[-1])) {
            builder_add_char(out, ' ');
        }
    }
}

static const struct capture *find_capture(const struct facts *facts, const struct mark *mark,
                                          const char *name, size_t length)
{
    for (uint32_t i = 0; i < mark->n_captures; i++) {
        const struct capture *capture = &facts->captures[mark->first_capture + i];
        const char *candidate = facts_name(facts, capture->name);
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            return capture;
        }
    }
    return NULL;
}

static void add_capture(struct builder *out, const struct facts *facts,
                        const struct capture *capture)
{
    if (!capture) {
        return;
    }
    add_on_one_line(out, facts_name(facts, capture->text));
    if (capture->end - capture->start > MAX_CAPTURE_TEXT) {
        builder_add(out, "...");
    }
}

size_t rule_placeholder(const char *s)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-.";
    size_t length = *s == '{' ? strspn(s + 1, name_bytes) : 0;
    return length > 0 && s[1 + length] == '}' ? length + 2 : 0;
}

/* The message with its `{name}`s filled in; a capture that is not part of this match leaves
 * nothing. */
static void fill_in(struct builder *out, const struct facts *facts, const struct mark *mark,
                    const char *message)
{
    for (const char *s = message; *s;) {
        size_t length = rule_placeholder(s);
        if (length > 0) {
            add_capture(out, facts, find_capture(facts, mark, s + 1, length - 2));
            s += length;
        } else {
            builder_add_char(out, *s++);
        }
    }
}

static uint32_t rule_index(const struct rule *rule)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (rules[i] == rule) {
            return (uint32_t)i;
        }
    }
    return NONE;
}

static void report_mark(struct check *check, uint32_t file, const struct mark *mark)
{
    struct builder text = {0};
    fill_in(&text, check->program->files[file], mark, check->rule->message);
    const char *message = arena_string(&check->findings->arena, builder_string(&text), text.length);
    builder_free(&text);
    add_finding(check, (struct place){file, mark->start, mark->end}, message);
}

const struct mark *rule_next_mark(const struct check *check, uint32_t file, const struct mark *mark)
{
    const struct facts *facts = check->program->files[file];
    uint32_t rule = rule_index(check->rule);
    uint32_t i = mark == NULL ? 0 : (uint32_t)(mark - facts->marks) + 1;
    for (; i < facts->n_marks; i++) {
        if (facts->marks[i].rule == rule) {
            return &facts->marks[i];
        }
    }
    return NULL;
}

void rule_check_default(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct mark *mark = NULL;
        while ((mark = rule_next_mark(check, file, mark)) != NULL) {
            report_mark(check, file, mark);
        }
    }
}
