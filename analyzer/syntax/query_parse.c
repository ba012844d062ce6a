/*
 * query_parse.c - the text of a pattern to its steps.
 *
 * One function a construct, each adding the steps of what it reads.  What follows a construct
 * (quantifiers, captures) is then put on its first step and on the alternatives of that.  The
 * recursion is as deep as the query's parentheses, and MAX_NESTING ends it.
 */
#include "syntax/grammar_children.h"
#include "syntax/query_set.h"

#include <assert.h>
#include <string.h>

enum result {
    PARSED,
    CLOSED, /* nothing here: a closing bracket, which is the caller's */
    FAILED
};

struct parse {
    struct query_set *set;
    struct query_text *text;
    struct pattern *pattern;
    const char *where; /* the construct that is read */
    struct {
        ARRAY_OF(const char *);
    } places; /* of the pattern's steps, for messages */
};

static enum result parse_item(struct parse *parse, uint16_t depth, bool is_immediate);

static enum result fail(struct parse *parse, const char *where, const char *message)
{
    text_error(parse->text, where, "%s", message);
    return FAILED;
}

static enum result fail_unexpected(struct parse *parse, const char *wanted)
{
    const struct query_text *text = parse->text;
    if (text->at == text->end) {
        text_error(text, text->at, "the query ends where %s is expected", wanted);
    } else {
        text_error(text, text->at, "%s is expected, not '%.*s'", wanted,
                   (int)text_character_length(text), text->at);
    }
    return FAILED;
}

static bool take(struct parse *parse, char c)
{
    if (text_next(parse->text) != c) {
        return false;
    }
    parse->text->at++;
    text_skip_blanks(parse->text);
    return true;
}

static struct step *step_at(struct parse *parse, uint32_t step)
{
    return &parse->set->steps.items[step];
}

static uint32_t n_steps(struct parse *parse)
{
    return (uint32_t)parse->set->steps.n;
}

static struct step *add_step(struct parse *parse, uint16_t kind, uint16_t depth, unsigned flags)
{
    struct step *step = array_push(&parse->set->steps);
    *array_push(&parse->places) = parse->where;
    *step = (struct step){
        .kind = kind,
        .depth = depth,
        .flags = (uint8_t)flags,
        .alternative = NO_STEP,
        .captures = NO_STEP,
        .tests = NO_STEP,
    };
    return step;
}

static unsigned immediate_flag(bool is_immediate)
{
    return is_immediate ? STEP_IMMEDIATE : 0;
}

/* The next step of the chain of alternatives that begins a construct; NO_STEP after the last. */
static uint32_t next_alternative(struct parse *parse, uint32_t step)
{
    uint32_t next = step_at(parse, step)->alternative;
    return next != NO_STEP && next > step && next < n_steps(parse) ? next : NO_STEP;
}

/* ---- nodes ---- */

static bool read_anonymous(struct parse *parse, uint16_t *kind)
{
    const char *where = parse->text->at;
    struct text name;
    if (!text_string(parse->text, &parse->set->arena, &name)) {
        return false;
    }
    uint32_t found = name_table_get(&parse->set->anonymous_kinds, name.s, name.length);
    if (found == TABLE_NONE) {
        struct text written = {where + 1, (size_t)(parse->text->at - where) - 2};
        query_names_kind(parse->set, parse->text, written, false);
        return false;
    }
    *kind = (uint16_t)found;
    return true;
}

static bool read_named(struct parse *parse, uint16_t *kind)
{
    struct text name = text_name(parse->text);
    *kind = query_names_kind(parse->set, parse->text, name, true);
    return *kind != 0;
}

/* What stands after `(MISSING`. */
static enum result read_missing(struct parse *parse, uint16_t *kind)
{
    text_skip_blanks(parse->text);
    *kind = KIND_INVALID;
    if (text_is_name(parse->text)) {
        return read_named(parse, kind) ? PARSED : FAILED;
    }
    if (text_next(parse->text) == '"') {
        return read_anonymous(parse, kind) ? PARSED : FAILED;
    }
    if (text_next(parse->text) == ')') {
        return PARSED;
    }
    return fail_unexpected(parse, "the name of the missing node");
}

/* `(supertype/kind …)`: the name after the slash. */
static enum result read_subtype(struct parse *parse, uint16_t supertype, uint16_t *kind)
{
    if (!take(parse, '/')) {
        return PARSED;
    }
    const char *where = parse->text->at;
    if (supertype == KIND_INVALID) {
        return fail(parse, where, "only a supertype can be narrowed with '/'");
    }
    if (!text_is_name(parse->text)) {
        return fail_unexpected(parse, "the name of a node");
    }
    if (!read_named(parse, kind)) {
        return FAILED;
    }
    if (!kind_is(*kind, supertype)) {
        text_error(parse->text, where, "'%s' is no kind of '%s'", kind_name(*kind),
                   kind_name(supertype));
        return FAILED;
    }
    text_skip_blanks(parse->text);
    return PARSED;
}

static bool is_text(struct text text, const char *s)
{
    return strlen(s) == text.length && memcmp(text.s, s, text.length) == 0;
}

/* The head of `(kind …)`: adds its step. */
static enum result parse_head(struct parse *parse, uint16_t depth, bool is_immediate)
{
    struct text name = text_name(parse->text);
    uint16_t kind = KIND_INVALID, supertype = KIND_INVALID;
    unsigned flags = immediate_flag(is_immediate);
    if (is_text(name, "_")) {
        flags |= STEP_NAMED;
    } else if (is_text(name, "MISSING")) {
        flags |= STEP_MISSING;
        if (read_missing(parse, &kind) == FAILED) {
            return FAILED;
        }
    } else {
        kind = query_names_kind(parse->set, parse->text, name, true);
        if (kind == KIND_INVALID) {
            return FAILED;
        }
    }
    text_skip_blanks(parse->text);
    if (kind_is_supertype(kind)) {
        supertype = kind;
        kind = KIND_INVALID;
    }
    if (read_subtype(parse, supertype, &kind) == FAILED) {
        return FAILED;
    }
    add_step(parse, kind, depth, flags)->supertype = supertype;
    return PARSED;
}

static enum result parse_negated_field(struct parse *parse, uint32_t node)
{
    text_skip_blanks(parse->text);
    if (!text_is_name(parse->text)) {
        return fail_unexpected(parse, "the name of a field");
    }
    uint8_t field = query_names_field(parse->set, parse->text, text_name(parse->text));
    text_skip_blanks(parse->text);
    if (field == FIELD_NONE) {
        return FAILED;
    }
    static_assert(N_FIELDS <= 64, "a set of fields is a 64-bit number");
    step_at(parse, node)->no_fields |= UINT64_C(1) << field;
    return PARSED;
}

static enum result close_node(struct parse *parse, const char *anchor, uint32_t last_child)
{
    if (!take(parse, ')')) {
        return fail_unexpected(parse, "')'");
    }
    if (!anchor) {
        return PARSED;
    }
    if (last_child == NO_STEP) {
        return fail(parse, anchor, "an anchor before ')' needs a child before it");
    }
    for (uint32_t step = last_child; step != NO_STEP; step = next_alternative(parse, step)) {
        step_at(parse, step)->flags |= STEP_LAST_CHILD;
    }
    return PARSED;
}

/* The children of the node at step `node`, up to and with its `)`. */
static enum result parse_children(struct parse *parse, uint32_t node, uint16_t depth)
{
    uint32_t last_child = NO_STEP;
    for (;;) {
        if (take(parse, '!')) {
            if (parse_negated_field(parse, node) == FAILED) {
                return FAILED;
            }
            continue;
        }
        const char *anchor = text_next(parse->text) == '.' ? parse->text->at : NULL;
        if (anchor) {
            take(parse, '.');
        }
        uint32_t first = n_steps(parse);
        enum result result = parse_item(parse, (uint16_t)(depth + 1), anchor != NULL);
        if (result == FAILED) {
            return FAILED;
        }
        if (result == CLOSED) {
            return close_node(parse, anchor, last_child);
        }
        if (n_steps(parse) > first) {
            last_child = first;
        }
    }
}

static enum result parse_node(struct parse *parse, uint16_t depth, bool is_immediate)
{
    if (!text_is_name(parse->text)) {
        return fail_unexpected(parse, "the name of a node");
    }
    uint32_t node = n_steps(parse);
    if (parse_head(parse, depth, is_immediate) == FAILED) {
        return FAILED;
    }
    return parse_children(parse, node, depth);
}

/* ---- the other constructs ---- */

static enum result parse_group(struct parse *parse, uint16_t depth, bool is_immediate)
{
    for (;;) {
        if (take(parse, '.')) {
            is_immediate = true;
        }
        enum result result = parse_item(parse, depth, is_immediate);
        if (result == FAILED) {
            return FAILED;
        }
        if (result == CLOSED) {
            return take(parse, ')') ? PARSED : fail_unexpected(parse, "')'");
        }
        is_immediate = false;
    }
}

static enum result parse_parenthesis(struct parse *parse, uint16_t depth, bool is_immediate)
{
    struct query_text *text = parse->text;
    const char *where = text->at;
    take(parse, '(');
    char next = text_next(text);
    if (next == '(' || next == '"' || next == '[') {
        return parse_group(parse, depth, is_immediate);
    }
    if (next == '#') {
        text->at++;
        return predicate_parse(parse->set, text, parse->pattern) ? PARSED : FAILED;
    }
    if (next == '\0') {
        return fail(parse, where, "this '(' is not closed");
    }
    return parse_node(parse, depth, is_immediate);
}

/* Links the branches of an alternation: each begins with the next as its alternative, and ends in a
 * dead end that leads past the last.  `starts` has the first step of each branch; the step before a
 * start is the dead end. */
static enum result link_branches(struct parse *parse, const uint32_t *starts, size_t n,
                                 const char *where)
{
    for (size_t i = 0; i + 1 < n; i++) {
        uint32_t dead_end = starts[i + 1] - 1, step = starts[i];
        while (step_at(parse, step)->alternative != NO_STEP) {
            step = step_at(parse, step)->alternative;
            if (step >= dead_end || (step_at(parse, step)->flags & STEP_PASS_THROUGH)) {
                return fail(parse, where,
                            "only the last branch of an alternation can begin with '?' or '*'");
            }
        }
        step_at(parse, step)->alternative = starts[i + 1];
        step_at(parse, dead_end)->alternative = n_steps(parse);
        step_at(parse, dead_end)->flags |= STEP_DEAD_END;
    }
    return PARSED;
}

static enum result parse_alternation(struct parse *parse, uint16_t depth, bool is_immediate)
{
    const char *where = parse->text->at;
    struct {
        ARRAY_OF(uint32_t);
    } starts = {0};
    take(parse, '[');
    enum result result;
    for (;;) {
        uint32_t start = n_steps(parse);
        result = parse_item(parse, depth, is_immediate);
        if (result != PARSED) {
            break;
        }
        if (n_steps(parse) == start) {
            result = fail(parse, where, "a predicate cannot be a branch of an alternation");
            break;
        }
        *array_push(&starts) = start;
        add_step(parse, KIND_INVALID, depth, 0);
    }
    if (result == CLOSED) {
        if (!take(parse, ']')) {
            result = fail_unexpected(parse, "']'");
        } else if (starts.n == 0) {
            result = fail(parse, where, "an alternation needs a branch");
        } else {
            parse->set->steps.n--;
            parse->places.n--;
            result = link_branches(parse, starts.items, starts.n, where);
        }
    }
    array_free(&starts);
    return result;
}

static enum result parse_string_node(struct parse *parse, uint16_t depth, bool is_immediate)
{
    uint16_t kind;
    if (!read_anonymous(parse, &kind)) {
        return FAILED;
    }
    add_step(parse, kind, depth, immediate_flag(is_immediate));
    return PARSED;
}

static enum result parse_field(struct parse *parse, uint16_t depth, bool is_immediate)
{
    struct query_text *text = parse->text;
    struct text name = text_name(text);
    text_skip_blanks(text);
    if (!take(parse, ':')) {
        text_error(text, name.s, "a node is written in parentheses, a field before ':': '%.*s'",
                   (int)name.length, name.s);
        return FAILED;
    }
    uint8_t field = query_names_field(parse->set, text, name);
    if (field == FIELD_NONE) {
        return FAILED;
    }
    uint32_t step = n_steps(parse);
    enum result result = parse_item(parse, depth, is_immediate);
    if (result == CLOSED || (result == PARSED && step == n_steps(parse))) {
        return fail(parse, name.s, "a field needs a node after it");
    }
    for (; result == PARSED && step != NO_STEP; step = next_alternative(parse, step)) {
        step_at(parse, step)->field = field;
    }
    return result;
}

/* ---- what may follow any construct ---- */

static void add_repetition(struct parse *parse, uint32_t start)
{
    uint16_t depth = step_at(parse, start)->depth;
    add_step(parse, KIND_INVALID, depth, STEP_PASS_THROUGH | STEP_ALTERNATIVE_IMMEDIATE)
        ->alternative = start;
}

/* Lets the construct be left out: the last of its beginnings gets what follows as its alternative.
 * `end` is the first step after the construct proper. */
static void add_skip(struct parse *parse, uint32_t start, uint32_t end)
{
    uint32_t step = start;
    while (next_alternative(parse, step) < end) {
        step = next_alternative(parse, step);
    }
    if (!(step_at(parse, step)->flags & STEP_PASS_THROUGH)) { /* that can be skipped already */
        step_at(parse, step)->alternative = n_steps(parse);
    }
}

static void add_capture(struct parse *parse, uint32_t step, uint32_t name)
{
    uint32_t link = (uint32_t)parse->set->captured.n;
    *array_push(&parse->set->captured) = (struct captured){name, NO_STEP};
    uint32_t *end = &step_at(parse, step)->captures;
    while (*end != NO_STEP) {
        end = &parse->set->captured.items[*end].next;
    }
    *end = link;
}

static enum result parse_capture(struct parse *parse, uint32_t start)
{
    parse->text->at++;
    if (!text_is_name(parse->text)) {
        return fail_unexpected(parse, "the name of a capture");
    }
    uint32_t name = query_names_capture(parse->set, text_name(parse->text));
    text_skip_blanks(parse->text);
    for (uint32_t step = start; step != NO_STEP; step = next_alternative(parse, step)) {
        add_capture(parse, step, name);
    }
    return PARSED;
}

static enum result parse_suffixes(struct parse *parse, uint32_t start)
{
    for (;;) {
        if (take(parse, '+')) {
            add_repetition(parse, start);
        } else if (take(parse, '*')) {
            add_repetition(parse, start);
            add_skip(parse, start, n_steps(parse) - 1);
        } else if (take(parse, '?')) {
            add_skip(parse, start, n_steps(parse));
        } else if (text_next(parse->text) == '@') {
            if (parse_capture(parse, start) == FAILED) {
                return FAILED;
            }
        } else {
            return PARSED;
        }
    }
}

static enum result parse_construct(struct parse *parse, uint16_t depth, bool is_immediate)
{
    switch (text_next(parse->text)) {
    case '[':
        return parse_alternation(parse, depth, is_immediate);
    case '(':
        return parse_parenthesis(parse, depth, is_immediate);
    case '"':
        return parse_string_node(parse, depth, is_immediate);
    case '_':
        parse->text->at++;
        add_step(parse, KIND_INVALID, depth, immediate_flag(is_immediate));
        return PARSED;
    default:
        break;
    }
    if (text_is_name(parse->text)) {
        return parse_field(parse, depth, is_immediate);
    }
    return fail_unexpected(parse, "a node");
}

static enum result parse_item(struct parse *parse, uint16_t depth, bool is_immediate)
{
    struct query_text *text = parse->text;
    if (text_next(text) == ')' || text_next(text) == ']') {
        return CLOSED;
    }
    if (text->depth >= MAX_NESTING) {
        return fail(parse, text->at, "the pattern nests too deeply");
    }
    uint32_t start = n_steps(parse);
    parse->where = text->at;
    text->depth++;
    enum result result = parse_construct(parse, depth, is_immediate);
    text->depth--;
    text_skip_blanks(text);
    if (result != PARSED || n_steps(parse) == start) {
        return result;
    }
    return parse_suffixes(parse, start);
}

/* ---- the whole pattern ---- */

/* See STEP_SPLITS. */
static void mark_splits(struct parse *parse, uint32_t step)
{
    const struct step *child = step_at(parse, step + 1);
    bool has_children = child->depth != DEPTH_DONE && child->depth > step_at(parse, step)->depth;
    if (has_children || step_at(parse, step)->captures != NO_STEP) {
        step_at(parse, step)->flags |= STEP_SPLITS;
    }
}

static bool stands_anywhere(const struct step *step)
{
    return step->kind == KIND_COMMENT || step->kind == KIND_LINE_CONTINUATION
           || step->kind == KIND_ERROR || (step->flags & STEP_MISSING);
}

static bool fail_impossible(const struct parse *parse, const struct step *parent,
                            const struct step *child, const char *where)
{
    const char *kind = kind_name(parent->kind);
    if (!kind_may_hold(parent->kind, FIELD_NONE, KIND_INVALID)) {
        return text_error(parse->text, where, "a '%s' has nothing in it", kind);
    }
    if (child->field != FIELD_NONE && !kind_may_hold(parent->kind, child->field, KIND_INVALID)) {
        return text_error(parse->text, where, "a '%s' has no field '%s'", kind,
                          field_name(child->field));
    }
    return text_error(parse->text, where, "a '%s' is never a child of '%s'%s%s",
                      kind_name(child->kind), kind, child->field ? " as its " : "",
                      field_name(child->field));
}

/* Whether the grammar can put the child into the parent; both kinds and the field may be open. */
static bool is_possible(const struct step *parent, const struct step *child)
{
    if (parent->kind == KIND_INVALID || parent->kind == KIND_ERROR || stands_anywhere(child)) {
        return true;
    }
    if (child->kind == KIND_INVALID || kind_is_named(child->kind)) {
        bool is_any = child->field == FIELD_NONE && child->kind == KIND_INVALID;
        return is_any || kind_may_hold(parent->kind, child->field, child->kind);
    }
    return child->field == FIELD_NONE || kind_may_hold(parent->kind, child->field, child->kind);
}

/* The parent of a step is the last step before it that is one less deep. */
static bool check_possible(const struct parse *parse)
{
    const struct step *steps = parse->set->steps.items + parse->pattern->first_step;
    const struct step *parents[MAX_NESTING + 1];
    for (size_t i = 0; steps[i].depth != DEPTH_DONE; i++) {
        if (steps[i].flags & (STEP_PASS_THROUGH | STEP_DEAD_END)) {
            continue;
        }
        parents[steps[i].depth] = &steps[i];
        const struct step *parent = steps[i].depth > 0 ? parents[steps[i].depth - 1] : NULL;
        if (parent && !is_possible(parent, &steps[i])) {
            return fail_impossible(parse, parent, &steps[i], parse->places.items[i]);
        }
    }
    return true;
}

static bool parse_pattern(struct parse *parse)
{
    struct query_set *set = parse->set;
    const char *where = parse->text->at;
    enum result result = parse_item(parse, 0, false);
    if (result == CLOSED) {
        return text_error(parse->text, where, "this '%c' closes nothing", *where);
    }
    if (result == FAILED) {
        return false;
    }
    if (set->steps.n == parse->pattern->first_step) {
        return text_error(parse->text, where,
                          "a predicate belongs inside its pattern's parentheses");
    }
    add_step(parse, KIND_INVALID, DEPTH_DONE, 0);
    return check_possible(parse);
}

bool query_parse_pattern(struct query_set *set, struct query_text *text, struct pattern *pattern)
{
    struct parse parse = {.set = set, .text = text, .pattern = pattern};
    pattern->first_step = (uint32_t)set->steps.n;
    pattern->first_predicate = (uint32_t)set->predicates.n;
    bool ok = parse_pattern(&parse);
    array_free(&parse.places);
    pattern->end_step = (uint32_t)set->steps.n;
    pattern->n_predicates = (uint32_t)set->predicates.n - pattern->first_predicate;
    for (uint32_t step = pattern->first_step; ok && step + 1 < pattern->end_step; step++) {
        mark_splits(&parse, step);
    }
    return ok;
}
