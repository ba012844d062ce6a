/*
 * lr.c - the LR driver's steps and its main loop.
 *
 * Nodes are written in post-order, so that a reduction needs to touch nothing but what it adds: the
 * nodes of a stack entry are those from its `first` to the next entry's.  Two things are not at the
 * end of the array: an alias of a hidden child, and a parent whose trailing comments stay outside
 * of it.  Both are inserted, and what follows on the stack moves up by one.
 */
#include "syntax/lr.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { START_STATE = 1 };

struct lr *lr_new(void)
{
    struct lr *lr = alloc_zeroed(1, sizeof *lr);
    lr->scanner = lr_scanner_new();
    lr->forks = lr_forks_new();
    return lr;
}

void lr_free(struct lr *lr)
{
    lr_scanner_free(lr->scanner);
    lr_forks_free(lr->forks);
    array_free(&lr->stack);
    array_free(&lr->nodes);
    free(lr);
}

static struct node make_node(uint16_t symbol, bool is_extra, uint32_t start, uint32_t end,
                             uint32_t size)
{
    unsigned flags =
        (lr_symbols[symbol].is_named ? NODE_NAMED : 0u) | (is_extra ? (unsigned)NODE_EXTRA : 0u);
    return (struct node){.kind = lr_symbols[symbol].kind,
                         .flags = (uint8_t)flags,
                         .start = start,
                         .end = end,
                         .size = size};
}

/* The index behind the last node of stack entry i. */
static uint32_t nodes_end(const struct lr *lr, size_t i)
{
    return i + 1 < lr->stack.n ? lr->stack.items[i + 1].first : (uint32_t)lr->nodes.n;
}

/* Inserts a node at index `at`; the nodes of the stack's entries from `next` on move up. */
static void insert_node(struct lr *lr, uint32_t at, struct node node, size_t next)
{
    array_push(&lr->nodes);
    struct node *place = &lr->nodes.items[at];
    memmove(place + 1, place, (lr->nodes.n - 1 - at) * sizeof *place);
    *place = node;
    for (size_t i = next; i < lr->stack.n; i++) {
        lr->stack.items[i].first++;
    }
}

void lr_shift(struct lr *lr, const struct lr_token *token, uint16_t state, bool is_extra)
{
    bool is_visible = lr_symbols[token->symbol].is_visible;
    *array_push(&lr->stack) = (struct lr_entry){.first = (uint32_t)lr->nodes.n,
                                                .start = token->start,
                                                .end = token->end,
                                                .state = state,
                                                .is_visible = is_visible,
                                                .is_extra = is_extra};
    if (is_visible) {
        *array_push(&lr->nodes) = make_node(token->symbol, is_extra, token->start, token->end, 1);
    }
    lr->at = token->end;
}

/* Gives child `i` of the stack another name: its node gets another kind, or if it is hidden a node
 * of its own. */
static void alias_child(struct lr *lr, size_t i, uint16_t alias)
{
    struct lr_entry *child = &lr->stack.items[i];
    uint32_t end = nodes_end(lr, i);
    if (child->is_visible) {
        struct node *node = &lr->nodes.items[end - 1];
        struct node renamed = make_node(alias, false, node->start, node->end, node->size);
        renamed.field = node->field;
        *node = renamed;
        return;
    }
    child->is_visible = true;
    insert_node(lr, end, make_node(alias, false, child->start, child->end, end - child->first + 1),
                i + 1);
}

/* Gives a field to child `i`; to the visible children of a hidden one that have none. */
static void set_field(struct lr *lr, size_t i, uint8_t field)
{
    const struct lr_entry *child = &lr->stack.items[i];
    uint32_t end = nodes_end(lr, i);
    while (end > child->first) {
        struct node *node = &lr->nodes.items[end - 1];
        if (node->field == 0 && (node->flags & NODE_EXTRA) == 0) {
            node->field = field;
        }
        end = child->is_visible ? child->first : end - node->size;
    }
}

/* Names the children, which are the stack's entries from `first` to `end`. */
static void name_children(struct lr *lr, const struct lr_production *production, size_t first,
                          size_t end)
{
    size_t number = 0;
    for (size_t i = first; i < end; i++) {
        if (lr->stack.items[i].is_extra) {
            continue;
        }
        if (production->aliases[number] != 0) {
            alias_child(lr, i, production->aliases[number]);
        }
        if (production->fields[number] != 0) {
            set_field(lr, i, production->fields[number]);
        }
        number++;
    }
}

/* The stack index behind the reduction's last child: comments after it stay outside. */
static size_t children_end(const struct lr *lr, const struct lr_action *action)
{
    size_t end = lr->stack.n;
    while (action->count > 0 && lr->stack.items[end - 1].is_extra) {
        end--;
    }
    return end;
}

static size_t children_start(const struct lr *lr, const struct lr_action *action, size_t end)
{
    size_t first = end;
    for (unsigned n = action->count; n > 0;) {
        n -= !lr->stack.items[--first].is_extra;
    }
    return first;
}

void lr_reduce(struct lr *lr, const struct lr_action *action)
{
    size_t end = children_end(lr, action);
    size_t first = children_start(lr, action, end);
    if (action->production != 0) {
        name_children(lr, &lr_productions[action->production], first, end);
    }
    bool is_empty = first == end;
    const struct lr_entry *items = lr->stack.items;
    struct lr_entry parent = {
        .first = is_empty ? (uint32_t)lr->nodes.n : items[first].first,
        .start = is_empty ? lr->at : items[first].start,
        .end = is_empty ? lr->at : items[end - 1].end,
        .state = lr_table[items[first - 1].state][action->symbol],
        .is_visible = lr_symbols[action->symbol].is_visible,
    };
    if (parent.is_visible) {
        uint32_t at = end < lr->stack.n ? items[end].first : (uint32_t)lr->nodes.n;
        insert_node(
            lr, at,
            make_node(action->symbol, false, parent.start, parent.end, at - parent.first + 1), end);
    }
    if (is_empty) {
        array_push(&lr->stack);
        end++;
    }
    lr->stack.items[first] = parent;
    size_t n_after = lr->stack.n - end;
    for (size_t i = 0; i < n_after; i++) {
        lr->stack.items[first + 1 + i] = lr->stack.items[end + i];
        lr->stack.items[first + 1 + i].state = parent.state;
    }
    lr->stack.n = first + 1 + n_after;
}

/* What stands before and after the module on the stack becomes part of it: its node goes last. */
static void accept(struct lr *lr, uint32_t end)
{
    size_t module = 1;
    while (lr->stack.items[module].is_extra) {
        module++;
    }
    uint32_t at = nodes_end(lr, module) - 1;
    struct node root = lr->nodes.items[at];
    struct node *place = &lr->nodes.items[at];
    memmove(place, place + 1, (lr->nodes.n - 1 - at) * sizeof *place);
    root.start = lr->stack.items[1].start;
    root.end = end;
    root.size = (uint32_t)lr->nodes.n;
    *array_last(&lr->nodes) = root;
}

static void begin(struct lr *lr, const char *text, uint32_t n)
{
    lr->text = (const uint8_t *)text;
    lr->text_end = lr->text + n;
    lr->at = 0;
    lr->nodes.n = 0;
    lr->stack.n = 0;
    lr->n_rounds = 0;
    lr_scanner_reset(lr->scanner);
    *array_push(&lr->stack) = (struct lr_entry){.state = START_STATE};
}

enum outcome { SHIFTED, ACCEPTED, GAVE_UP };

/* Takes all steps that the token causes. */
static enum outcome take_token(struct lr *lr, struct lr_token *token)
{
    for (;;) {
        uint16_t state = array_last(&lr->stack)->state;
        const struct lr_action *action = &lr_actions[lr_table[state][token->symbol]];
        switch ((enum lr_action_kind)action->kind) {
        case LR_SHIFT:
            lr_shift(lr, token, action->state, false);
            return SHIFTED;
        case LR_SHIFT_EXTRA:
            lr_shift(lr, token, state, true);
            return SHIFTED;
        case LR_REDUCE:
            lr_reduce(lr, action);
            break;
        case LR_ACCEPT:
            accept(lr, token->end);
            return ACCEPTED;
        case LR_FORK:
            return lr_resolve(lr, token) ? SHIFTED : GAVE_UP;
        case LR_ERROR:
            if (!lr_keyword_is_identifier(token, state)) {
                return GAVE_UP;
            }
            token->symbol = LR_IDENTIFIER;
            break;
        }
    }
}

bool lr_parse(struct lr *lr, const char *text, uint32_t n, uint32_t max_nodes)
{
    begin(lr, text, n);
    enum outcome outcome = SHIFTED;
    while (outcome == SHIFTED) {
        struct lr_token token;
        if (!lr_next_token(lr, lr->scanner, array_last(&lr->stack)->state, lr->at, &token)
            || lr_scanner_is_too_deep(lr->scanner) || lr->nodes.n > max_nodes) {
            return false;
        }
        outcome = take_token(lr, &token);
    }
    return outcome == ACCEPTED;
}

/* A node's place in the flat tree is its place in post-order, less its descendants, plus its
 * ancestors.  Going backwards, the stack has for each ancestor where its nodes begin; the stack of
 * entries is free for that now. */
void lr_flatten(struct lr *lr, struct node *nodes)
{
    lr->stack.n = 0;
    for (uint32_t i = (uint32_t)lr->nodes.n; i-- > 0;) {
        while (lr->stack.n > 0 && i < array_last(&lr->stack)->first) {
            lr->stack.n--;
        }
        const struct node *node = &lr->nodes.items[i];
        uint32_t first = i - (node->size - 1);
        nodes[first + (uint32_t)lr->stack.n] = *node;
        array_push(&lr->stack)->first = first;
    }
}
