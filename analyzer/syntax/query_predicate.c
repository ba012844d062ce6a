/*
 * query_predicate.c - predicates: reading them, and asking them of a match.
 *
 * A capture may stand for several nodes when it lies in a repetition, or for none when it is
 * optional.  A predicate then holds if it holds for all of them, or, called any-…, for one of them.
 * So a predicate on an absent capture holds, and its any-… form does not.  #eq? of two captures
 * compares their nodes in pairs; unequal numbers of nodes are not equal.
 *
 * A predicate about a single capture can be asked as soon as the node is captured, where that
 * changes nothing but the time: see query_set.c.
 */
#include "syntax/query_set.h"
#include "text/nearest.h"

#include <string.h>

enum { MAX_ARGUMENTS = 1000 }; /* of one predicate; #any-of? may list many words */

struct argument {
    struct text text; /* of a capture: its name */
    const char *where;
    bool is_capture;
};

struct arguments {
    ARRAY_OF(struct argument);
};

/* What a predicate is called without its "any-" and "not-". */
static const struct {
    const char *name;
    enum comparison comparison;
    bool is_negated, any;
} kinds[] = {
    {"eq?", COMPARE_EQUAL, false, false},       {"not-eq?", COMPARE_EQUAL, true, false},
    {"any-eq?", COMPARE_EQUAL, false, true},    {"any-not-eq?", COMPARE_EQUAL, true, true},
    {"any-of?", COMPARE_ANY_OF, false, false},  {"not-any-of?", COMPARE_ANY_OF, true, false},
    {"match?", COMPARE_REGEX, false, false},    {"not-match?", COMPARE_REGEX, true, false},
    {"any-match?", COMPARE_REGEX, false, true}, {"any-not-match?", COMPARE_REGEX, true, true},
};

enum { N_KINDS_OF_PREDICATE = sizeof kinds / sizeof *kinds };

static bool is_text(struct text text, const char *s)
{
    return strlen(s) == text.length && memcmp(text.s, s, text.length) == 0;
}

static bool unknown_predicate(struct query_text *text, struct text name)
{
    struct nearest nearest = nearest_to(name.s, name.length);
    for (size_t i = 0; i < N_KINDS_OF_PREDICATE; i++) {
        nearest_offer(&nearest, kinds[i].name);
    }
    nearest_offer(&nearest, "set!");
    if (nearest.best) {
        return text_error(text, name.s, "unknown predicate '#%.*s', did you mean '#%s'?",
                          (int)name.length, name.s, nearest.best);
    }
    return text_error(text, name.s, "unknown predicate '#%.*s'", (int)name.length, name.s);
}

static bool read_argument(struct query_set *set, struct query_text *text, struct argument *argument)
{
    argument->where = text->at;
    if (text_next(text) == '"') {
        return text_string(text, &set->arena, &argument->text);
    }
    if (text_next(text) == '@') {
        argument->is_capture = true;
        text->at++;
    }
    if (!text_is_name(text)) {
        return text_error(text, argument->where,
                          text->at == text->end ? "this predicate is not closed"
                                                : "a capture or a string is expected");
    }
    argument->text = text_name(text);
    return true;
}

static bool read_arguments(struct query_set *set, struct query_text *text,
                           struct arguments *arguments)
{
    for (text_skip_blanks(text); text_next(text) != ')'; text_skip_blanks(text)) {
        if (arguments->n == MAX_ARGUMENTS) {
            return text_error(text, text->at, "a predicate has at most %d arguments",
                              MAX_ARGUMENTS);
        }
        if (!read_argument(set, text, array_push(arguments))) {
            return false;
        }
    }
    text->at++;
    return true;
}

/* #set! key, #set! key value, #set! @capture key value. */
static bool set_property(struct query_set *set, struct query_text *text, struct text name,
                         uint32_t owner, const struct arguments *arguments)
{
    size_t first = arguments->n > 0 && arguments->items[0].is_capture;
    size_t n = arguments->n - first;
    if (n < 1 || n > 2 || arguments->items[first].is_capture
        || arguments->items[arguments->n - 1].is_capture) {
        return text_error(text, name.s, "#set! takes a key and a value");
    }
    const struct argument *key = &arguments->items[first];
    const struct text *value = n == 2 ? &arguments->items[first + 1].text : NULL;
    struct query_property *property = array_push(&set->properties);
    property->owner = owner;
    property->key = arena_string(&set->arena, key->text.s, key->text.length);
    property->value = value ? arena_string(&set->arena, value->s, value->length) : "";
    text_position(text, key->where, &property->line, &property->column);
    return true;
}

static bool add_regex(struct query_set *set, struct query_text *text,
                      const struct argument *argument, struct predicate *predicate)
{
    char why[256];
    predicate->regex = query_regex_new(argument->text.s, argument->text.length, why, sizeof why);
    if (!predicate->regex) {
        return text_error(text, argument->where, "this is no regular expression: %s", why);
    }
    *array_push(&set->regexes) = predicate->regex;
    return true;
}

static bool add_texts(struct query_set *set, struct query_text *text,
                      const struct arguments *arguments, struct predicate *predicate)
{
    predicate->first_text = (uint32_t)set->texts.n;
    for (size_t i = 1; i < arguments->n; i++) {
        const struct argument *argument = &arguments->items[i];
        if (argument->is_capture) {
            return text_error(text, argument->where, "a string is expected, not a capture");
        }
        const char *s = arena_string(&set->arena, argument->text.s, argument->text.length);
        *array_push(&set->texts) = (struct text){s, argument->text.length};
    }
    predicate->n_texts = (uint32_t)(arguments->n - 1);
    return true;
}

static bool fill_predicate(struct query_set *set, struct query_text *text, struct text name,
                           const struct arguments *arguments, struct predicate *predicate)
{
    if (arguments->n == 0 || !arguments->items[0].is_capture) {
        return text_error(text, name.s, "#%.*s takes a capture first", (int)name.length, name.s);
    }
    predicate->capture = query_names_capture(set, arguments->items[0].text);
    predicate->where = arguments->items[0].where;
    predicate->other = NO_STEP;
    if (arguments->n < 2 || (predicate->comparison != COMPARE_ANY_OF && arguments->n > 2)) {
        return text_error(text, name.s, "#%.*s takes a capture and %s", (int)name.length, name.s,
                          predicate->comparison == COMPARE_ANY_OF ? "strings" : "one string");
    }
    const struct argument *second = &arguments->items[1];
    if (predicate->comparison == COMPARE_EQUAL && second->is_capture) {
        predicate->other = query_names_capture(set, second->text);
        predicate->other_where = second->where;
        return true;
    }
    if (predicate->comparison == COMPARE_REGEX && !second->is_capture) {
        return add_regex(set, text, second, predicate);
    }
    return add_texts(set, text, arguments, predicate);
}

static bool add_predicate(struct query_set *set, struct query_text *text, struct text name,
                          const struct arguments *arguments)
{
    for (size_t i = 0; i < N_KINDS_OF_PREDICATE; i++) {
        if (!is_text(name, kinds[i].name)) {
            continue;
        }
        struct predicate predicate = {
            .comparison = kinds[i].comparison,
            .is_negated = kinds[i].is_negated,
            .any = kinds[i].any,
        };
        if (!fill_predicate(set, text, name, arguments, &predicate)) {
            return false;
        }
        *array_push(&set->predicates) = predicate;
        return true;
    }
    return unknown_predicate(text, name);
}

bool predicate_parse(struct query_set *set, struct query_text *text, const struct pattern *pattern)
{
    if (!text_is_name(text)) {
        return text_error(text, text->at, "the name of a predicate is expected");
    }
    struct text name = text_name(text);
    struct arguments arguments = {0};
    bool ok = read_arguments(set, text, &arguments)
              && (is_text(name, "set!") ? set_property(set, text, name, pattern->owner, &arguments)
                                        : add_predicate(set, text, name, &arguments));
    array_free(&arguments);
    return ok;
}

/* ---- asking ---- */

static bool is_same_text(struct text a, struct text b)
{
    return a.length == b.length && memcmp(a.s, b.s, a.length) == 0;
}

static bool is_one_of(const struct query_set *set, const struct predicate *predicate,
                      struct text text)
{
    for (uint32_t i = 0; i < predicate->n_texts; i++) {
        if (is_same_text(set->texts.items[predicate->first_text + i], text)) {
            return true;
        }
    }
    return false;
}

bool predicate_holds_for(const struct query_set *set, const struct predicate *predicate,
                         struct text text, struct query_regex_memory *memory, bool *failed)
{
    bool is_so = predicate->comparison == COMPARE_REGEX
                     ? query_regex_matches(predicate->regex, memory, text.s, text.length, failed)
                     : is_one_of(set, predicate, text);
    return is_so != predicate->is_negated;
}

static struct text text_of(const struct tree *tree, uint32_t node)
{
    const struct node *n = &tree->nodes[node];
    return (struct text){tree->bytes + n->start, n->end - n->start};
}

/* The next capture called `name` from `*at` on; false after the last. */
static bool next_of(const struct query_capture *captures, uint32_t n, const char *name,
                    uint32_t *at)
{
    while (*at < n && captures[*at].name != name) {
        ++*at;
    }
    return *at < n;
}

static bool pairs_hold(const struct predicate *predicate, const char *a, const char *b,
                       const struct tree *tree, const struct query_capture *captures, uint32_t n)
{
    uint32_t i = 0, j = 0;
    for (;; i++, j++) {
        bool has_a = next_of(captures, n, a, &i), has_b = next_of(captures, n, b, &j);
        if (!has_a || !has_b) {
            return !predicate->any && has_a == has_b;
        }
        bool is_same =
            is_same_text(text_of(tree, captures[i].node), text_of(tree, captures[j].node));
        if ((is_same != predicate->is_negated) == predicate->any) {
            return predicate->any;
        }
    }
}

bool predicate_holds(const struct query_set *set, const struct predicate *predicate,
                     const struct tree *tree, const struct query_capture *captures,
                     uint32_t n_captures, struct query_regex_memory *memory, bool *failed)
{
    const char *name = set->names.items[predicate->capture];
    if (predicate->other != NO_STEP) {
        return pairs_hold(predicate, name, set->names.items[predicate->other], tree, captures,
                          n_captures);
    }
    for (uint32_t i = 0; next_of(captures, n_captures, name, &i); i++) {
        if (predicate_holds_for(set, predicate, text_of(tree, captures[i].node), memory, failed)
            == predicate->any) {
            return predicate->any;
        }
    }
    return !predicate->any;
}
