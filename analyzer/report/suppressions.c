/*
 * suppressions.c - the reach of suppression comments.
 */
#include "report/suppressions.h"

#include "report/rule_names.h"
#include "text/logical.h"

#include <string.h>

/* Lines, both included. */
struct range {
    uint32_t first, last;
};

/* A file whose comments are in hand.  Lines are 0-based in here. */
struct reading {
    const struct facts *facts;
    const struct report_file *file;
    const struct logical_line *lines;
    struct arena *arena;
    struct suppressions *out;
    struct range reach; /* of the comment `reached` with that action, when has_reach */
    uint32_t reached;
    enum suppress_action reached_by;
    bool has_reach;
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

/* The same for one more name of the same comment. */
static struct range reach_again(struct reading *reading, uint32_t index,
                                enum suppress_action action)
{
    if (!reading->has_reach || reading->reached != index || reading->reached_by != action) {
        reading->reach = reach(reading, &reading->facts->directives[index], action);
        reading->reached = index;
        reading->reached_by = action;
        reading->has_reach = true;
    }
    return reading->reach;
}

static void add_part(struct reading *reading, uint32_t index, const struct suppress_part *part,
                     const char *reason)
{
    const struct directive *directive = &reading->facts->directives[index];
    if (part->action == SUPPRESS_SKIP_FILE) {
        reading->out->skip_reason = reason;
        return;
    }
    struct range range = reach_again(reading, index, part->action);
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

/* ---- who decides ----
 *
 * A file may have as many comments as findings, and a comment as many names.  So the lines are the
 * leaves of a binary tree, a pragma is noted at the few nodes that together are its lines, and each
 * node knows the strongest for each name.  Who asks for a line looks at the nodes above it. */

/* Of pragmas that come one after the other in the file, the nearer one is stronger; among equals
 * the one that begins later, or comes later. */
static bool overrules(const struct suppressions *suppressions, uint32_t b, uint32_t a)
{
    const struct pragma *x = &suppressions->items[a], *y = &suppressions->items[b];
    if (x->is_near != y->is_near) {
        return y->is_near;
    }
    return y->first_line != x->first_line ? y->first_line > x->first_line : b > a;
}

static void note_at(struct suppressions *suppressions, uint32_t node, uint32_t name,
                    uint32_t pragma)
{
    uint64_t key = pair_key(node, name);
    uint32_t old = pair_table_put(&suppressions->strongest, key, pragma);
    if (overrules(suppressions, pragma, old)) {
        pair_table_set(&suppressions->strongest, key, pragma);
    }
}

static void note_lines(struct suppressions *suppressions, uint32_t name, uint32_t pragma)
{
    const struct pragma *p = &suppressions->items[pragma];
    uint32_t first = p->first_line + suppressions->n_leaves;
    uint32_t end = p->last_line + 1 + suppressions->n_leaves;
    for (; first < end; first /= 2, end /= 2) {
        if (first % 2 == 1) {
            note_at(suppressions, first++, name, pragma);
        }
        if (end % 2 == 1) {
            note_at(suppressions, --end, name, pragma);
        }
    }
}

static char *small_letters(const struct pragma *pragma, struct arena *arena)
{
    size_t n = pragma->name == NULL ? 0 : pragma->length;
    char *name = arena_string(arena, n == 0 ? "" : pragma->name, n);
    for (size_t i = 0; i < n; i++) {
        name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    }
    return name;
}

/* The number of a pragma's name; NONE when it means no rule. */
static uint32_t name_of_pragma(struct suppressions *suppressions, const struct pragma *pragma,
                               const struct rule *const *rules, size_t n_rules, struct arena *arena)
{
    const char *name = small_letters(pragma, arena);
    size_t length = strlen(name);
    size_t n_before = suppressions->name_ids.n;
    uint32_t next = (uint32_t)suppressions->names.n;
    bool is_known = pragma->name == NULL || rule_names_know(rules, n_rules, name, length);
    uint32_t number = name_table_put(&suppressions->name_ids, name, length, is_known ? next : NONE);
    if (is_known && suppressions->name_ids.n > n_before) {
        *array_push(&suppressions->names) = name;
    }
    return number;
}

static void note_pragmas(struct suppressions *suppressions, uint32_t n_lines,
                         const struct rule *const *rules, size_t n_rules, struct arena *arena)
{
    suppressions->n_leaves = n_lines + 2; /* lines are 1-based, and an end is one more */
    for (uint32_t i = 0; i < suppressions->n; i++) {
        const struct pragma *pragma = &suppressions->items[i];
        uint32_t name = pragma->action == SUPPRESS_UNKNOWN
                            ? NONE
                            : name_of_pragma(suppressions, pragma, rules, n_rules, arena);
        if (name != NONE) {
            note_lines(suppressions, name, i);
        }
    }
}

static uint32_t strongest_at(const struct suppressions *suppressions, uint32_t line, uint32_t name,
                             uint32_t best)
{
    for (uint32_t node = line + suppressions->n_leaves; node > 0; node /= 2) {
        uint32_t found = pair_table_get(&suppressions->strongest, pair_key(node, name));
        if (found != TABLE_NONE && (best == NONE || overrules(suppressions, found, best))) {
            best = found;
        }
    }
    return best;
}

struct pragma *suppressions_decide(struct suppressions *suppressions, const struct rule *rule,
                                   uint32_t line)
{
    uint32_t best = NONE;
    for (uint32_t i = 0; i < suppressions->names.n && line < suppressions->n_leaves; i++) {
        const char *name = suppressions->names.items[i];
        if (*name == '\0' || rule_answers_to(rule, name, strlen(name))) {
            best = strongest_at(suppressions, line, i, best);
        }
    }
    return best == NONE ? NULL : &suppressions->items[best];
}

/* ---- the comments of a file ---- */

void suppressions_find(const struct facts *facts, const struct report_file *file,
                       const struct rule *const *rules, size_t n_rules, struct arena *arena,
                       struct suppressions *out)
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
    note_pragmas(out, file->lines.n, rules, n_rules, arena);
    arena_free(&scratch);
}

void suppressions_free(struct suppressions *suppressions)
{
    array_free(suppressions);
    array_free(&suppressions->names);
    name_table_free(&suppressions->name_ids);
    pair_table_free(&suppressions->strongest);
}
