/*
 * lr_fork.c - ambiguities: following all continuations in lockstep until one is left.
 *
 * A version is a continuation: its stack, of which the lower part is the parser's own, its scanner,
 * and the steps it took.  It builds nothing.  In each round every version that is not ahead of
 * the others takes one token; one that meets an error dies; of two that come to the same stack the
 * better one stays.  When one is left its steps are taken by the parser itself.
 *
 * But for one reading that is never right, the order and the choice are the runtime's (parser.c:
 * ts_parser__advance, condense_stack, select_tree): a version with the higher dynamic precedence,
 * and of equal ones the one whose tree has, at the first difference in document order, the lower
 * symbol or fewer children.
 */
#include "syntax/lr.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_VERSIONS = 16, /* the runtime drops versions beyond 6 at the end of a round: see below */
    MAX_KEPT = 6,
    MAX_ROUNDS = 300 /* of one fork; all forks of a text may take this and one for each byte */
};

struct top {
    uint16_t state;
    bool is_extra;
};

struct step {
    struct lr_action action; /* a shift or a reduction */
    struct lr_token token;   /* of a shift */
};

struct version {
    size_t n_base; /* entries of the parser's stack below the version's own */
    struct {
        ARRAY_OF(struct top);
    } own;
    struct {
        ARRAY_OF(struct step);
    } steps;
    struct lr_scanner *scanner;
    uint32_t at;
    int dynamic;
    struct lr_token token; /* taken but not shifted yet, if `has_token` */
    bool has_token, is_dead, is_accepted;
};

/* A node as far as comparing needs it. */
struct shape {
    uint16_t symbol;
    bool is_extra;
    uint32_t n_children, first_child; /* in shapes.children */
};

struct shapes {
    ARRAY_OF(struct shape);
    struct {
        ARRAY_OF(uint32_t);
    } children, stack;
};

struct lr_forks {
    struct version *versions[MAX_VERSIONS];
    uint32_t n;
    bool is_given_up;
    struct shapes left, right;
    struct {
        ARRAY_OF(uint32_t);
    } pairs; /* of shapes to be compared */
};

static struct version *version_new(void)
{
    struct version *version = alloc_zeroed(1, sizeof *version);
    version->scanner = lr_scanner_new();
    return version;
}

static void version_free(struct version *version)
{
    array_free(&version->own);
    array_free(&version->steps);
    lr_scanner_free(version->scanner);
    free(version);
}

struct lr_forks *lr_forks_new(void)
{
    struct lr_forks *forks = alloc_zeroed(1, sizeof *forks);
    for (int i = 0; i < MAX_VERSIONS; i++) {
        forks->versions[i] = version_new();
    }
    return forks;
}

static void shapes_free(struct shapes *shapes)
{
    array_free(&shapes->children);
    array_free(&shapes->stack);
    array_free(shapes);
}

void lr_forks_free(struct lr_forks *forks)
{
    for (int i = 0; i < MAX_VERSIONS; i++) {
        version_free(forks->versions[i]);
    }
    shapes_free(&forks->left);
    shapes_free(&forks->right);
    array_free(&forks->pairs);
    free(forks);
}

/* ---- the steps of a version ---- */

static void copy_scanner(struct lr_scanner *from, struct lr_scanner *to)
{
    char buffer[LR_SCANNER_BUFFER];
    uint32_t n = lr_scanner_save(from, buffer);
    lr_scanner_restore(to, buffer, n);
}

static struct top top_at(const struct lr *lr, const struct version *version, size_t i)
{
    if (i >= version->n_base) {
        return version->own.items[i - version->n_base];
    }
    const struct lr_entry *entry = &lr->stack.items[i];
    return (struct top){entry->state, entry->is_extra};
}

static size_t height(const struct version *version)
{
    return version->n_base + version->own.n;
}

static struct top top_of(const struct lr *lr, const struct version *version)
{
    return top_at(lr, version, height(version) - 1);
}

static void cut(struct version *version, size_t new_height)
{
    if (new_height < version->n_base) {
        version->n_base = new_height;
    }
    version->own.n = new_height - version->n_base;
}

static void push(struct version *version, uint16_t state, bool is_extra)
{
    *array_push(&version->own) = (struct top){state, is_extra};
}

static void shift(struct lr *lr, struct version *version, const struct lr_action *action)
{
    bool is_extra = action->kind == LR_SHIFT_EXTRA;
    uint16_t state = is_extra ? top_of(lr, version).state : action->state;
    *array_push(&version->steps) = (struct step){*action, version->token};
    push(version, state, is_extra);
    version->at = version->token.end;
    version->has_token = false;
}

/* Whether the reduction takes `*f` as one thing in `*f(x)`, `*f.x` or `*f[x]`.  The grammar allows
 * that, and in some places the runtime chooses it; Python never means it. */
static bool is_misreading(const struct version *version, const struct lr_action *action)
{
    uint16_t next = version->token.symbol;
    return (action->symbol == LR_LIST_SPLAT || action->symbol == LR_LIST_SPLAT_PATTERN)
           && (next == LR_LPAREN || next == LR_DOT || next == LR_LBRACKET);
}

/* As lr_reduce, with states only. */
static void reduce(struct lr *lr, struct version *version, const struct lr_action *action)
{
    version->is_dead |= is_misreading(version, action);
    size_t n_extras = 0;
    size_t first = height(version);
    while (action->count > 0 && top_at(lr, version, first - 1).is_extra) {
        first--;
        n_extras++;
    }
    for (unsigned n = action->count; n > 0;) {
        n -= !top_at(lr, version, --first).is_extra;
    }
    uint16_t state = lr_table[top_at(lr, version, first - 1).state][action->symbol];
    cut(version, first);
    push(version, state, false);
    for (size_t i = 0; i < n_extras; i++) {
        push(version, state, true);
    }
    version->dynamic += action->dynamic;
    *array_push(&version->steps) = (struct step){.action = *action};
}

static void take_choice(struct lr *lr, struct version *version, const struct lr_action *choice)
{
    if (choice->kind == LR_REDUCE) {
        reduce(lr, version, choice);
    } else {
        shift(lr, version, choice);
    }
}

static void copy_version(const struct version *from, struct version *to)
{
    to->n_base = from->n_base;
    to->at = from->at;
    to->dynamic = from->dynamic;
    to->token = from->token;
    to->has_token = from->has_token;
    to->is_dead = to->is_accepted = false;
    to->own.n = to->steps.n = 0;
    for (size_t i = 0; i < from->own.n; i++) {
        *array_push(&to->own) = from->own.items[i];
    }
    for (size_t i = 0; i < from->steps.n; i++) {
        *array_push(&to->steps) = from->steps.items[i];
    }
    copy_scanner(from->scanner, to->scanner);
}

/* The last choice is taken by the version itself, each other by a new one behind all. */
static void fork_version(struct lr *lr, struct version *version, const struct lr_action *fork)
{
    struct lr_forks *forks = lr->forks;
    const struct lr_action *choices = &lr_choices[fork->state];
    for (unsigned i = 0; i + 1 < fork->count; i++) {
        if (forks->n == MAX_VERSIONS) {
            forks->is_given_up = true;
            return;
        }
        struct version *copy = forks->versions[forks->n++];
        copy_version(version, copy);
        take_choice(lr, copy, &choices[i]);
    }
    take_choice(lr, version, &choices[fork->count - 1]);
}

static void read_token(struct lr *lr, struct version *version)
{
    if (!version->has_token) {
        version->has_token = lr_next_token(lr, version->scanner, top_of(lr, version).state,
                                           version->at, &version->token);
        version->is_dead = !version->has_token || lr_scanner_is_too_deep(version->scanner);
    }
}

/* Takes one token, or dies. */
static void advance(struct lr *lr, struct version *version)
{
    read_token(lr, version);
    while (version->has_token && !version->is_dead && !version->is_accepted
           && !lr->forks->is_given_up) {
        uint16_t state = top_of(lr, version).state;
        const struct lr_action *action = &lr_actions[lr_table[state][version->token.symbol]];
        switch ((enum lr_action_kind)action->kind) {
        case LR_SHIFT:
        case LR_SHIFT_EXTRA:
            shift(lr, version, action);
            break;
        case LR_REDUCE:
            reduce(lr, version, action);
            break;
        case LR_ACCEPT:
            version->is_accepted = true;
            break;
        case LR_FORK:
            fork_version(lr, version, action);
            break;
        case LR_ERROR:
            version->is_dead = !lr_keyword_is_identifier(&version->token, state);
            version->token.symbol = LR_IDENTIFIER;
            break;
        }
    }
}

/* ---- the better of two ---- */

static void add_shape(struct shapes *shapes, uint16_t symbol, bool is_extra)
{
    *array_push(&shapes->stack) = (uint32_t)shapes->n;
    *array_push(shapes) = (struct shape){.symbol = symbol, .is_extra = is_extra};
}

static void reduce_shapes(struct shapes *shapes, const struct lr_action *action)
{
    size_t end = shapes->stack.n;
    while (action->count > 0 && shapes->items[shapes->stack.items[end - 1]].is_extra) {
        end--;
    }
    size_t first = end;
    for (unsigned n = action->count; n > 0;) {
        n -= !shapes->items[shapes->stack.items[--first]].is_extra;
    }
    struct shape parent = {.symbol = action->symbol,
                           .n_children = (uint32_t)(end - first),
                           .first_child = (uint32_t)shapes->children.n};
    for (size_t i = first; i < end; i++) {
        *array_push(&shapes->children) = shapes->stack.items[i];
    }
    if (first == end) {
        array_push(&shapes->stack);
        end++;
    }
    shapes->stack.items[first] = (uint32_t)shapes->n;
    *array_push(shapes) = parent;
    size_t n_after = shapes->stack.n - end;
    memmove(&shapes->stack.items[first + 1], &shapes->stack.items[end],
            n_after * sizeof *shapes->stack.items);
    shapes->stack.n = first + 1 + n_after;
}

/* The trees that a version's steps build; what was on the parser's stack is leaves, all alike. */
static void build_shapes(const struct lr *lr, const struct version *version, size_t from,
                         struct shapes *shapes)
{
    shapes->n = shapes->children.n = shapes->stack.n = 0;
    for (size_t i = from; i < lr->stack.n; i++) {
        add_shape(shapes, UINT16_MAX, lr->stack.items[i].is_extra);
    }
    for (size_t i = 0; i < version->steps.n; i++) {
        const struct step *step = &version->steps.items[i];
        if (step->action.kind == LR_REDUCE) {
            reduce_shapes(shapes, &step->action);
        } else {
            add_shape(shapes, step->token.symbol, step->action.kind == LR_SHIFT_EXTRA);
        }
    }
}

static void push_pair(struct lr_forks *forks, uint32_t left, uint32_t right)
{
    *array_push(&forks->pairs) = left;
    *array_push(&forks->pairs) = right;
}

/* Negative if the left tree comes first. */
static int compare_shapes(struct lr_forks *forks, uint32_t left, uint32_t right)
{
    forks->pairs.n = 0;
    push_pair(forks, left, right);
    while (forks->pairs.n > 0) {
        forks->pairs.n -= 2;
        const struct shape *a = &forks->left.items[forks->pairs.items[forks->pairs.n]];
        const struct shape *b = &forks->right.items[forks->pairs.items[forks->pairs.n + 1]];
        if (a->symbol != b->symbol) {
            return a->symbol < b->symbol ? -1 : 1;
        }
        if (a->n_children != b->n_children) {
            return a->n_children < b->n_children ? -1 : 1;
        }
        for (uint32_t i = a->n_children; i-- > 0;) {
            push_pair(forks, forks->left.children.items[a->first_child + i],
                      forks->right.children.items[b->first_child + i]);
        }
    }
    return 0;
}

static int compare_trees(const struct lr *lr, const struct version *a, const struct version *b)
{
    struct lr_forks *forks = lr->forks;
    size_t from = a->n_base < b->n_base ? a->n_base : b->n_base;
    build_shapes(lr, a, from, &forks->left);
    build_shapes(lr, b, from, &forks->right);
    size_t n = forks->left.stack.n;
    assert(n == forks->right.stack.n);
    int order = 0;
    for (size_t i = 0; i < n && order == 0; i++) {
        order = compare_shapes(forks, forks->left.stack.items[i], forks->right.stack.items[i]);
    }
    return order;
}

static bool is_same_scanner(struct lr_scanner *a, struct lr_scanner *b)
{
    char left[LR_SCANNER_BUFFER], right[LR_SCANNER_BUFFER];
    uint32_t n = lr_scanner_save(a, left);
    return n == lr_scanner_save(b, right) && memcmp(left, right, n) == 0;
}

static bool is_same_stack(const struct lr *lr, const struct version *a, const struct version *b)
{
    size_t n = height(a);
    if (a->at != b->at || n != height(b) || a->is_accepted != b->is_accepted) {
        return false;
    }
    for (size_t i = n; i-- > 0 && (i >= a->n_base || i >= b->n_base);) {
        struct top left = top_at(lr, a, i);
        struct top right = top_at(lr, b, i);
        if (left.state != right.state || left.is_extra != right.is_extra) {
            return false;
        }
    }
    return is_same_scanner(a->scanner, b->scanner);
}

static void swap(struct lr_forks *forks, uint32_t i, uint32_t j)
{
    struct version *other = forks->versions[i];
    forks->versions[i] = forks->versions[j];
    forks->versions[j] = other;
}

/* Takes version i out; those behind it keep their order. */
static void drop(struct lr_forks *forks, uint32_t i)
{
    for (; i + 1 < forks->n; i++) {
        swap(forks, i, i + 1);
    }
    forks->n--;
}

static void drop_dead(struct lr_forks *forks)
{
    for (uint32_t i = forks->n; i-- > 0;) {
        if (forks->versions[i]->is_dead) {
            drop(forks, i);
        }
    }
}

/* Of two versions with one stack, the better one stays, in the place of the first. */
static void merge(struct lr *lr)
{
    struct lr_forks *forks = lr->forks;
    for (uint32_t i = 0; i < forks->n; i++) {
        for (uint32_t j = forks->n; --j > i;) {
            const struct version *a = forks->versions[i];
            const struct version *b = forks->versions[j];
            if (!is_same_stack(lr, a, b)) {
                continue;
            }
            if (b->dynamic > a->dynamic
                || (b->dynamic == a->dynamic && compare_trees(lr, a, b) > 0)) {
                swap(forks, i, j);
            }
            drop(forks, j);
        }
    }
}

static void sort_by_precedence(struct lr_forks *forks)
{
    for (uint32_t i = 1; i < forks->n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (forks->versions[i]->dynamic > forks->versions[j]->dynamic) {
                swap(forks, i, j);
            }
        }
    }
}

/* ---- the rounds ---- */

static void begin(struct lr *lr, const struct lr_token *token)
{
    struct version *version = lr->forks->versions[0];
    lr->forks->n = 1;
    lr->forks->is_given_up = false;
    version->n_base = lr->stack.n;
    version->own.n = version->steps.n = 0;
    version->at = lr->at;
    version->dynamic = 0;
    version->token = *token;
    version->has_token = true;
    version->is_dead = version->is_accepted = false;
    copy_scanner(lr->scanner, version->scanner);
}

static uint32_t lowest_offset(const struct lr_forks *forks)
{
    uint32_t lowest = UINT32_MAX;
    for (uint32_t i = 0; i < forks->n; i++) {
        if (!forks->versions[i]->is_accepted && forks->versions[i]->at < lowest) {
            lowest = forks->versions[i]->at;
        }
    }
    return lowest;
}

/* New versions come behind the others and have a token that they still must take. */
static void advance_all(struct lr *lr)
{
    struct lr_forks *forks = lr->forks;
    uint32_t lowest = lowest_offset(forks);
    for (uint32_t i = 0; i < forks->n; i++) {
        struct version *version = forks->versions[i];
        if (!version->is_accepted && (version->has_token || version->at <= lowest)) {
            advance(lr, version);
        }
    }
}

/* Takes the steps of the version that is left. */
static void commit(struct lr *lr, const struct version *version)
{
    for (size_t i = 0; i < version->steps.n; i++) {
        const struct step *step = &version->steps.items[i];
        if (step->action.kind == LR_REDUCE) {
            lr_reduce(lr, &step->action);
        } else {
            bool is_extra = step->action.kind == LR_SHIFT_EXTRA;
            uint16_t state = is_extra ? array_last(&lr->stack)->state : step->action.state;
            lr_shift(lr, &step->token, state, is_extra);
        }
    }
    lr->at = version->at;
    copy_scanner(version->scanner, lr->scanner);
}

bool lr_resolve(struct lr *lr, const struct lr_token *token)
{
    struct lr_forks *forks = lr->forks;
    begin(lr, token);
    uint32_t max_rounds = (uint32_t)(lr->text_end - lr->text) + MAX_ROUNDS;
    for (int round = 0; round < MAX_ROUNDS && lr->n_rounds < max_rounds; round++) {
        lr->n_rounds++;
        advance_all(lr);
        drop_dead(forks);
        merge(lr);
        sort_by_precedence(forks);
        /* What the runtime drops here may be what it needs later; its tree is then its own. */
        if (forks->is_given_up || forks->n == 0 || forks->n > MAX_KEPT) {
            return false;
        }
        if (forks->n == 1) {
            commit(lr, forks->versions[0]);
            return true;
        }
    }
    return false;
}
