/*
 * query_set.c - a set of compiled queries: adding one, and what is derived from its steps.
 *
 * A query that fails to compile leaves the set as it was.
 */
#include "syntax/query_set.h"
#include "text/nearest.h"

#include <stdlib.h>
#include <string.h>

/* How long the arrays were, to cut them back to. */
struct lengths {
    size_t steps, captured, tests, entries, patterns, predicates, texts, properties, regexes;
};

struct query_set *query_set_new(void)
{
    struct query_set *set = alloc_zeroed(1, sizeof *set);
    query_names_fill(set);
    return set;
}

static void free_regexes(struct query_set *set, size_t from)
{
    for (size_t i = from; i < set->regexes.n; i++) {
        query_regex_free(set->regexes.items[i]);
    }
    set->regexes.n = from;
}

void query_set_free(struct query_set *set)
{
    if (!set) {
        return;
    }
    free_regexes(set, 0);
    array_free(&set->names);
    array_free(&set->steps);
    array_free(&set->captured);
    array_free(&set->tests);
    array_free(&set->entries);
    array_free(&set->patterns);
    array_free(&set->predicates);
    array_free(&set->texts);
    array_free(&set->properties);
    array_free(&set->regexes);
    name_table_free(&set->named_kinds);
    name_table_free(&set->anonymous_kinds);
    name_table_free(&set->fields);
    name_table_free(&set->name_numbers);
    arena_free(&set->arena);
    free(set);
}

static struct lengths lengths_of(const struct query_set *set)
{
    return (struct lengths){set->steps.n,   set->captured.n,   set->tests.n,
                            set->entries.n, set->patterns.n,   set->predicates.n,
                            set->texts.n,   set->properties.n, set->regexes.n};
}

static void cut_back(struct query_set *set, const struct lengths *lengths)
{
    free_regexes(set, lengths->regexes);
    set->steps.n = lengths->steps;
    set->captured.n = lengths->captured;
    set->tests.n = lengths->tests;
    set->entries.n = lengths->entries;
    set->patterns.n = lengths->patterns;
    set->predicates.n = lengths->predicates;
    set->texts.n = lengths->texts;
    set->properties.n = lengths->properties;
}

/* ---- where a pattern begins ---- */

static bool is_rooted(const struct query_set *set, uint32_t step)
{
    uint16_t depth = set->steps.items[step].depth;
    if (depth > 0) {
        return false; /* its root is the parent */
    }
    for (uint32_t i = step + 1; set->steps.items[i].depth != DEPTH_DONE; i++) {
        if (set->steps.items[i].flags & STEP_DEAD_END) {
            return true;
        }
        if (set->steps.items[i].depth == depth) {
            return false;
        }
    }
    return true;
}

/* Whether the step is `(_)` or `_` with nothing to check on it, and its first child can be looked
 * for instead. */
static bool is_plain_parent(const struct step *step)
{
    const struct step *child = step + 1;
    return step->depth == 0 && step->kind == KIND_INVALID && step->supertype == KIND_INVALID
           && step->field == FIELD_NONE && step->no_fields == 0
           && !(step->flags & (STEP_MISSING | STEP_PASS_THROUGH | STEP_DEAD_END))
           && child->depth == 1 && child->kind != KIND_INVALID && !(child->flags & STEP_IMMEDIATE)
           && child->alternative == NO_STEP;
}

static bool has_entry(const struct query_set *set, const struct pattern *pattern, uint32_t step)
{
    for (uint32_t i = pattern->first_entry; i < set->entries.n; i++) {
        if (set->entries.items[i].step == step) {
            return true;
        }
    }
    return false;
}

static void add_entry(struct query_set *set, const struct pattern *pattern, uint32_t step)
{
    uint32_t first = step + is_plain_parent(&set->steps.items[step]);
    if (!has_entry(set, pattern, first)) {
        *array_push(&set->entries) = (struct entry){first, is_rooted(set, first)};
    }
}

/* Follows the jumps from the first step; false when one leads past the last. */
static bool add_entries(struct query_set *set, struct pattern *pattern)
{
    struct {
        ARRAY_OF(uint32_t);
    } waiting = {0};
    bool *seen = alloc_zeroed(pattern->end_step - pattern->first_step, sizeof *seen);
    bool is_empty = false;
    *array_push(&waiting) = pattern->first_step;
    while (waiting.n > 0) {
        uint32_t i = waiting.items[--waiting.n];
        const struct step *step = &set->steps.items[i];
        if (seen[i - pattern->first_step]) {
            continue;
        }
        seen[i - pattern->first_step] = true;
        if (step->depth == DEPTH_DONE) {
            is_empty = true;
        } else if (step->flags & STEP_PASS_THROUGH) {
            *array_push(&waiting) = i + 1;
        } else if (!(step->flags & STEP_DEAD_END)) {
            add_entry(set, pattern, i);
        }
        if (step->alternative != NO_STEP) {
            *array_push(&waiting) = step->alternative;
        }
    }
    array_free(&waiting);
    free(seen);
    pattern->n_entries = (uint32_t)set->entries.n - pattern->first_entry;
    return !is_empty;
}

/* ---- what is asked early ---- */

static bool is_plain(const struct query_set *set, const struct pattern *pattern)
{
    for (uint32_t i = pattern->first_step; i < pattern->end_step; i++) {
        if (set->steps.items[i].alternative != NO_STEP) {
            return false;
        }
    }
    return true;
}

static bool has_capture(const struct query_set *set, uint32_t step, uint32_t name)
{
    for (uint32_t i = set->steps.items[step].captures; i != NO_STEP;
         i = set->captured.items[i].next) {
        if (set->captured.items[i].name == name) {
            return true;
        }
    }
    return false;
}

/* How many steps capture `name`; `*last` becomes the last of them. */
static uint32_t count_captures(const struct query_set *set, const struct pattern *pattern,
                               uint32_t name, uint32_t *last)
{
    uint32_t n = 0;
    for (uint32_t i = pattern->first_step; i < pattern->end_step; i++) {
        if (has_capture(set, i, name)) {
            *last = i;
            n++;
        }
    }
    return n;
}

/* In a plain pattern all attempts that stand at a step have the same number of captures, so none is
 * dropped for having less than another, and a doomed one can as well be dropped at once. */
static void ask_early(struct query_set *set, const struct pattern *pattern)
{
    uint32_t begin = set->entries.items[pattern->first_entry].step, step = NO_STEP;
    for (uint32_t i = 0; i < pattern->n_predicates && pattern->is_plain; i++) {
        struct predicate *predicate = &set->predicates.items[pattern->first_predicate + i];
        if (predicate->other != NO_STEP
            || count_captures(set, pattern, predicate->capture, &step) != 1 || step < begin) {
            continue;
        }
        predicate->is_asked_early = true;
        *array_push(&set->tests) =
            (struct step_test){pattern->first_predicate + i, set->steps.items[step].tests};
        set->steps.items[step].tests = (uint32_t)set->tests.n - 1;
    }
}

/* A step for a child of the root with a field, best one with a predicate.  In a plain pattern every
 * step must be matched. */
static uint32_t choose_guard(const struct query_set *set, const struct pattern *pattern)
{
    uint32_t guard = NO_STEP;
    if (!pattern->is_plain
        || set->entries.items[pattern->first_entry].step != pattern->first_step) {
        return NO_STEP;
    }
    for (uint32_t i = pattern->first_step + 1; i < pattern->end_step; i++) {
        const struct step *step = &set->steps.items[i];
        bool is_better = guard == NO_STEP || step->tests != NO_STEP;
        if (step->depth == 1 && step->field != FIELD_NONE && is_better) {
            guard = i;
        }
    }
    return guard;
}

/* ---- adding ---- */

static bool unknown_capture(const struct query_set *set, const struct query_text *text,
                            const struct pattern *pattern, uint32_t name, const char *where)
{
    const char *s = set->names.items[name];
    struct nearest nearest = nearest_to(s, strlen(s));
    uint32_t unused;
    for (uint32_t i = 0; i < set->names.n; i++) {
        if (count_captures(set, pattern, i, &unused) > 0) {
            nearest_offer(&nearest, set->names.items[i]);
        }
    }
    if (nearest.best) {
        return text_error(text, where, "unknown capture '@%s', did you mean '@%s'?", s,
                          nearest.best);
    }
    return text_error(text, where, "the pattern has no capture '@%s'", s);
}

static bool check_captures(const struct query_set *set, const struct query_text *text,
                           const struct pattern *pattern)
{
    uint32_t unused;
    for (uint32_t i = 0; i < pattern->n_predicates; i++) {
        const struct predicate *predicate = &set->predicates.items[pattern->first_predicate + i];
        if (count_captures(set, pattern, predicate->capture, &unused) == 0) {
            return unknown_capture(set, text, pattern, predicate->capture, predicate->where);
        }
        if (predicate->other != NO_STEP
            && count_captures(set, pattern, predicate->other, &unused) == 0) {
            return unknown_capture(set, text, pattern, predicate->other, predicate->other_where);
        }
    }
    return true;
}

static bool add_pattern(struct query_set *set, struct query_text *text, struct pattern pattern)
{
    const char *where = text->at;
    pattern.first_entry = (uint32_t)set->entries.n;
    if (!query_parse_pattern(set, text, &pattern) || !check_captures(set, text, &pattern)) {
        return false;
    }
    if (!add_entries(set, &pattern)) {
        return text_error(text, where, "this pattern would match where there is nothing");
    }
    pattern.is_plain = is_plain(set, &pattern);
    ask_early(set, &pattern);
    pattern.guard = choose_guard(set, &pattern);
    *array_push(&set->patterns) = pattern;
    return true;
}

bool query_set_add(struct query_set *set, const char *name, const char *source, uint32_t owner,
                   struct error *error)
{
    struct query_text text = {.name = name,
                              .start = source,
                              .at = source,
                              .end = source + strlen(source),
                              .error = error};
    struct lengths lengths = lengths_of(set);
    text_skip_blanks(&text);
    for (uint32_t number = 0; text.at < text.end; number++) {
        if (!add_pattern(set, &text, (struct pattern){.owner = owner, .number = number})) {
            cut_back(set, &lengths);
            return false;
        }
    }
    return true;
}

const char *query_set_property(const struct query_set *set, uint32_t owner, const char *key)
{
    for (size_t i = 0; i < set->properties.n; i++) {
        const struct query_property *property = &set->properties.items[i];
        if (property->owner == owner && strcmp(property->key, key) == 0) {
            return property->value;
        }
    }
    return NULL;
}

const struct query_property *query_set_properties(const struct query_set *set, size_t *n)
{
    *n = set->properties.n;
    return set->properties.items;
}

bool query_set_captures(const struct query_set *set, uint32_t owner, const char *name)
{
    uint32_t unused, number = name_table_get(&set->name_numbers, name, strlen(name));
    for (size_t i = 0; i < set->patterns.n && number != TABLE_NONE; i++) {
        const struct pattern *pattern = &set->patterns.items[i];
        if (pattern->owner == owner && count_captures(set, pattern, number, &unused) > 0) {
            return true;
        }
    }
    return false;
}
