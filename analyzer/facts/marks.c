/*
 * marks.c - what the rules' queries find in a tree, as records that outlive it.
 *
 * All queries of all rules are one set and run in one pass.  What a match means is its rule's
 * business: its `match` may look at the captures and mark the match, or not.
 */
#include "facts/marks.h"

#include "rule.h"

#include <pthread.h>

/* Work for one file: about a second.  The rules' own queries need less than a step for each byte;
 * a user's may pair everything with everything. */
static const uint64_t max_steps = UINT64_C(200000000);

struct match {
    const struct query_match *found;
    const struct tree *tree;
    struct marks *marks;
};

/* ---- the set of all queries ---- */

static struct query_set *all_queries;

static void compile_all(void)
{
    size_t n;
    struct error error;
    const struct rule *const *rules = rules_list(&n);
    all_queries = query_set_new();
    for (size_t i = 0; i < n; i++) {
        if (rules[i]->query
            && !query_set_add(all_queries, rules[i]->name, rules[i]->query, (uint32_t)i, &error)) {
            die("%s", error.message);
        }
    }
}

const struct query_set *marks_queries(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, compile_all);
    return all_queries;
}

/* ---- one match ---- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The length of a node's text, cut between characters. */
static uint32_t shown_length(const struct tree *tree, const struct node *node)
{
    uint32_t length = node->end - node->start;
    if (length <= MAX_CAPTURE_TEXT) {
        return length;
    }
    length = MAX_CAPTURE_TEXT;
    while (length > 0 && is_continuation(tree->bytes[node->start + length])) {
        length--;
    }
    return length;
}

const char *match_capture(const struct match *match, const char *name)
{
    for (uint32_t i = 0; i < match->found->n_captures; i++) {
        const struct query_capture *capture = &match->found->captures[i];
        if (strcmp(capture->name, name) == 0) {
            const struct node *node = &match->tree->nodes[capture->node];
            return arena_string(&match->marks->texts, match->tree->bytes + node->start,
                                shown_length(match->tree, node));
        }
    }
    return NULL;
}

/* From the first to the last node captured as `@report`, or else the node that matched the
 * pattern's root. */
static void find_place(const struct match *match, struct mark *mark)
{
    const struct node *root = &match->tree->nodes[match->found->root];
    bool is_first = true;
    mark->start = root->start;
    mark->end = root->end;
    for (uint32_t i = 0; i < match->found->n_captures; i++) {
        const struct query_capture *capture = &match->found->captures[i];
        const struct node *node = &match->tree->nodes[capture->node];
        if (strcmp(capture->name, "report") != 0) {
            continue;
        }
        mark->start = is_first ? node->start : mark->start;
        mark->end = is_first || node->end > mark->end ? node->end : mark->end;
        is_first = false;
    }
}

static void add_capture(const struct match *match, const struct query_capture *capture)
{
    struct marks *marks = match->marks;
    const struct node *node = &match->tree->nodes[capture->node];
    *array_push(&marks->captures) = (struct capture){
        .name = marks->symbol(marks->context, capture->name, strlen(capture->name)),
        .text = marks->symbol(marks->context, match->tree->bytes + node->start,
                              shown_length(match->tree, node)),
        .start = node->start,
        .end = node->end,
    };
}

void match_mark(struct match *match)
{
    struct mark *mark = array_push(&match->marks->marks);
    *mark = (struct mark){
        .rule = match->found->owner,
        .scope = NONE,
        .first_capture = (uint32_t)match->marks->captures.n,
        .n_captures = match->found->n_captures,
    };
    find_place(match, mark);
    for (uint32_t i = 0; i < match->found->n_captures; i++) {
        add_capture(match, &match->found->captures[i]);
    }
}

void rule_match_default(struct match *match)
{
    match_mark(match);
}

/* ---- all matches ---- */

static void show_to_rule(void *context, const struct query_match *found)
{
    struct match *match = context;
    size_t n;
    const struct rule *rule = rules_list(&n)[found->owner];
    match->found = found;
    (rule->match ? rule->match : rule_match_default)(match);
    arena_reset(&match->marks->texts);
}

bool marks_collect(struct marks *marks, struct query_run *run, const struct tree *tree,
                   struct error *error)
{
    struct match match = {.tree = tree, .marks = marks};
    return query_run_tree(run, tree, max_steps, show_to_rule, &match, error);
}

void marks_clear(struct marks *marks)
{
    marks->marks.n = marks->captures.n = 0;
}

void marks_free(struct marks *marks)
{
    array_free(&marks->marks);
    array_free(&marks->captures);
    arena_free(&marks->texts);
}
