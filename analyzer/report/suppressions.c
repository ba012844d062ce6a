/*
 * suppressions.c - the reach of suppression comments.
 */
#include "report/suppressions.h"

#include "report/rule_names.h"
#include "text/logical.h"

#include <string.h>

/* A file whose comments are in hand.  Lines are 0-based in here. */
struct reading {
    const struct facts *facts;
    const struct report_file *file;
    const struct logical_line *lines;
    struct arena *arena;
    struct suppressions *out;
};

/* Lines, both included. */
struct range {
    uint32_t first, last;
};

static uint32_t line_of(const struct reading *reading, uint32_t offset)
{
    const struct source *source = &reading->file->source;
    uint32_t inside = offset < source->n ? offset : source->n;
    return lines_position(source, &reading->file->lines, inside).line - 1;
}

/* The statement of a line, if the line begins or ends it, else the line alone. */
static struct range statement_range(const struct reading *reading, uint32_t line)
{
    const struct logical_line *at = &reading->lines[line];
    if (line == at->first || line == at->last) {
        return (struct range){at->first, at->last};
    }
    return (struct range){line, line};
}

/* The next line with code behind a line, or the last line of the file. */
static uint32_t next_code_line(const struct reading *reading, uint32_t line)
{
    uint32_t n = reading->file->lines.n;
    uint32_t next = line + 1;
    while (next + 1 < n && !reading->lines[next].is_code) {
        next++;
    }
    return next < n ? next : n - 1;
}

/* The last line before the block of a comment ends: where less indented code begins, or its scope
 * ends. */
static uint32_t block_end(const struct reading *reading, const struct directive *directive,
                          uint32_t line)
{
    uint32_t last = reading->file->lines.n - 1;
    if (directive->scope != 0 && directive->scope != NONE) {
        last = line_of(reading, reading->facts->scopes[directive->scope].end);
    }
    uint32_t indent = reading->lines[line].indent;
    for (uint32_t i = line + 1; i <= last; i++) {
        const struct logical_line *at = &reading->lines[i];
        if (at->is_code && at->first == i && at->indent < indent) {
            return i - 1;
        }
    }
    return last;
}

/* Whether nothing but a docstring stands between the head of the scope and the comment. */
static bool is_before_first_statement(const struct reading *reading, uint32_t head, uint32_t line)
{
    uint32_t statements = 0;
    for (uint32_t i = head; i < line; i++) {
        const struct logical_line *at = &reading->lines[i];
        if (at->is_code && at->first == i && (statements++ > 0 || !at->is_string)) {
            return false;
        }
    }
    return true;
}

/* Where the scope of a comment begins, if the comment speaks for the whole scope; else its own
 * line. */
static uint32_t block_start(const struct reading *reading, const struct directive *directive,
                            uint32_t line)
{
    if (directive->scope == 0 || directive->scope == NONE) {
        return is_before_first_statement(reading, 0, line) ? 0 : line;
    }
    uint32_t def = line_of(reading, reading->facts->scopes[directive->scope].start);
    uint32_t body = reading->lines[def].last + 1;
    return is_before_first_statement(reading, body, line) ? def : line;
}

static struct range reach(const struct reading *reading, const struct directive *directive,
                          enum suppress_action action)
{
    uint32_t line = line_of(reading, directive->start);
    if (action == SUPPRESS_DISABLE_NEXT) {
        return statement_range(reading, next_code_line(reading, line));
    }
    bool is_noqa = action == SUPPRESS_NOQA || action == SUPPRESS_NOQA_ALL;
    if (is_noqa || !(directive->flags & DIRECTIVE_IS_ALONE)) {
        return statement_range(reading, line);
    }
    return (struct range){block_start(reading, directive, line),
                          block_end(reading, directive, line)};
}

static bool speaks_for_statement(const struct directive *directive, enum suppress_action action)
{
    return !(directive->flags & DIRECTIVE_IS_ALONE)
           || (action != SUPPRESS_DISABLE && action != SUPPRESS_ENABLE);
}

static void add_part(struct reading *reading, uint32_t index, const struct suppress_part *part,
                     const char *reason)
{
    const struct directive *directive = &reading->facts->directives[index];
    if (part->action == SUPPRESS_SKIP_FILE) {
        reading->out->skip_reason = reason;
        return;
    }
    struct range range = reach(reading, directive, part->action);
    *array_push(reading->out) = (struct pragma){
        .action = part->action,
        .name = part->action == SUPPRESS_NOQA_ALL ? NULL : part->name,
        .length = part->length,
        .reason = reason,
        .first_line = range.first + 1,
        .last_line = range.last + 1,
        .directive = index,
        .is_near = speaks_for_statement(directive, part->action),
    };
}

static void add_comment(struct reading *reading, uint32_t index)
{
    const char *text = facts_name(reading->facts, reading->facts->directives[index].text);
    struct suppress_comment comment;
    suppress_parse(text, strlen(text), &comment);
    const char *reason = arena_string(reading->arena, comment.reason, comment.reason_length);
    for (size_t i = 0; i < comment.n; i++) {
        add_part(reading, index, &comment.items[i], reason);
    }
    array_free(&comment);
}

void suppressions_find(const struct facts *facts, const struct report_file *file,
                       struct arena *arena, struct suppressions *out)
{
    *out = (struct suppressions){0};
    if (facts->n_directives == 0 || file->lines.n == 0) {
        return;
    }
    struct arena scratch = {0};
    struct reading reading = {.facts = facts,
                              .file = file,
                              .lines = logical_find(&file->source, &file->lines, &scratch),
                              .arena = arena,
                              .out = out};
    for (uint32_t i = 0; i < facts->n_directives; i++) {
        add_comment(&reading, i);
    }
    arena_free(&scratch);
}

static bool names_a_rule(const struct suppress_comment *comment)
{
    for (size_t i = 0; i < comment->n; i++) {
        enum suppress_action action = comment->items[i].action;
        if (action != SUPPRESS_NOQA_ALL && action != SUPPRESS_SKIP_FILE) {
            return true;
        }
    }
    return false;
}

bool suppressions_name_rules(const struct facts *facts)
{
    bool found = false;
    for (uint32_t i = 0; i < facts->n_directives && !found; i++) {
        const char *text = facts_name(facts, facts->directives[i].text);
        struct suppress_comment comment;
        suppress_parse(text, strlen(text), &comment);
        found = names_a_rule(&comment);
        array_free(&comment);
    }
    return found;
}

static bool concerns(const struct pragma *pragma, const struct rule *rule, uint32_t line)
{
    return pragma->action != SUPPRESS_UNKNOWN && pragma->first_line <= line
           && line <= pragma->last_line
           && (pragma->name == NULL || rule_answers_to(rule, pragma->name, pragma->length));
}

/* Whether `b`, which comes later in the file, overrules `a`. */
static bool overrules(const struct pragma *b, const struct pragma *a)
{
    return b->is_near != a->is_near ? b->is_near : b->first_line >= a->first_line;
}

struct pragma *suppressions_decide(struct suppressions *suppressions, const struct rule *rule,
                                   uint32_t line)
{
    struct pragma *best = NULL;
    for (size_t i = 0; i < suppressions->n; i++) {
        struct pragma *pragma = &suppressions->items[i];
        if (concerns(pragma, rule, line) && (best == NULL || overrules(pragma, best))) {
            best = pragma;
        }
    }
    return best;
}
