/*
 * alike.c - whether an edit has changed anything but where things stand.
 *
 * The facts are compared record by record.  Symbols are numbered in the order in which they come,
 * those of comments among them, so they are compared by their texts, and must come in the same
 * order.  Files that did not parse are never alike: what was not understood is not in their facts.
 *
 * What ended at one offset may end at several now, or the other way round: the text of a block goes
 * on to the end of its last line, so a comment there is part of it, and not of the statement
 * before.  Nobody asks more of ends than whether one thing lies within another, and of two that end
 * together a block begins first.  What began at one offset must still begin at one, and what began
 * later must begin later.
 */
#include "store/alike.h"

#include "base/error.h"
#include "store/operands.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
    const struct facts *before, *after;
    uint32_t *symbols; /* by symbol of `before`: that of `after`, or NONE */
    struct moves *moves;
};

/* Notes what corresponds; false when that cannot be. */
static bool same_symbol(struct comparison *c, uint32_t before, uint32_t after)
{
    if (before == NONE || after == NONE) {
        return before == after;
    }
    if (c->symbols[before] == NONE) {
        c->symbols[before] = after;
        return strcmp(facts_name(c->before, before), facts_name(c->after, after)) == 0;
    }
    return c->symbols[before] == after;
}

static bool note_move(struct comparison *c, uint32_t start, uint32_t end, uint32_t new_start,
                      uint32_t new_end)
{
    *array_push(&c->moves->stretches) = (struct moved){start, end, new_start, new_end};
    return true;
}

static bool is_symbol(uint8_t operand)
{
    return operand == SYMBOL || operand == SYMBOL_OR;
}

/* Each of these makes a copy of the record of now with the offsets and symbols of before: then the
 * two must be the same to the last byte, so that a field that is new here counts, too. */

static bool same_op(struct comparison *c, const struct op *x, const struct op *y)
{
    struct op now = *y;
    const uint8_t *operands = op_operands[x->kind];
    now.start = x->start;
    now.length_low = x->length_low;
    now.length_high = x->length_high;
    now.a = is_symbol(operands[0]) ? x->a : y->a;
    now.b = is_symbol(operands[1]) ? x->b : y->b;
    return memcmp(&now, x, sizeof now) == 0
           && (!is_symbol(operands[0]) || same_symbol(c, x->a, y->a))
           && (!is_symbol(operands[1]) || same_symbol(c, x->b, y->b))
           && note_move(c, x->start, op_end(x), y->start, op_end(y));
}

static bool same_scope(struct comparison *c, const struct scope *x, const struct scope *y)
{
    struct scope now = *y;
    now.name = x->name;
    now.start = x->start;
    now.end = x->end;
    now.name_start = x->name_start;
    now.name_end = x->name_end;
    if (memcmp(&now, x, sizeof now) != 0 || !same_symbol(c, x->name, y->name)) {
        return false;
    }
    /* Everything is in the module, wherever it begins. */
    return x->kind == SCOPE_MODULE
           || (note_move(c, x->start, x->end, y->start, y->end)
               && note_move(c, x->name_start, x->name_end, y->name_start, y->name_end));
}

static bool same_parameter(struct comparison *c, const struct parameter *x,
                           const struct parameter *y)
{
    struct parameter now = *y;
    now.start = x->start;
    now.end = x->end;
    return memcmp(&now, x, sizeof now) == 0 && note_move(c, x->start, x->end, y->start, y->end);
}

static bool same_variable(struct comparison *c, const struct variable *x, const struct variable *y)
{
    struct variable now = *y;
    now.name = x->name;
    return memcmp(&now, x, sizeof now) == 0 && same_symbol(c, x->name, y->name);
}

static bool same_mark(struct comparison *c, const struct mark *x, const struct mark *y)
{
    struct mark now = *y;
    now.start = x->start;
    now.end = x->end;
    return memcmp(&now, x, sizeof now) == 0 && note_move(c, x->start, x->end, y->start, y->end);
}

static bool same_capture(struct comparison *c, const struct capture *x, const struct capture *y)
{
    struct capture now = *y;
    now.name = x->name;
    now.text = x->text;
    now.start = x->start;
    now.end = x->end;
    return memcmp(&now, x, sizeof now) == 0 && same_symbol(c, x->name, y->name)
           && same_symbol(c, x->text, y->text) && note_move(c, x->start, x->end, y->start, y->end);
}

static_assert(sizeof(void *) != 8 || sizeof(struct facts) == 192,
              "facts that are new must be compared");

static bool have_same_counts(const struct facts *x, const struct facts *y)
{
    return x->flags == y->flags && !(x->flags & FACTS_HAVE_ERRORS)
           && x->n_statements == y->n_statements && x->n_ops == y->n_ops
           && x->n_scopes == y->n_scopes && x->n_parameters == y->n_parameters
           && x->n_variables == y->n_variables && x->n_marks == y->n_marks
           && x->n_captures == y->n_captures;
}

/* Goes through one of the arrays. */
#define SAME(same, array, n)                                                                       \
    for (uint32_t i = 0; ok && i < c->before->n; i++) {                                            \
        ok = same(c, &c->before->array[i], &c->after->array[i]);                                   \
    }

static bool same_records(struct comparison *c)
{
    bool ok = true;
    SAME(same_op, ops, n_ops)
    SAME(same_scope, scopes, n_scopes)
    SAME(same_parameter, parameters, n_parameters)
    SAME(same_variable, variables, n_variables)
    SAME(same_mark, marks, n_marks)
    SAME(same_capture, captures, n_captures)
    return ok;
}

static bool keeps_order_of_symbols(const struct comparison *c)
{
    uint32_t last = NONE;
    for (uint32_t i = 0; i < c->before->n_symbols; i++) {
        uint32_t after = c->symbols[i];
        if (after != NONE && last != NONE && after <= last) {
            return false;
        }
        last = after != NONE ? after : last;
    }
    return true;
}

static int compare_moves(const void *a, const void *b)
{
    const struct moved *x = a, *y = b;
    uint64_t left = (uint64_t)x->start << 32 | x->end, right = (uint64_t)y->start << 32 | y->end;
    return (left > right) - (left < right);
}

/* Sorts the stretches, each once; false when one became two, or what began together no longer
 * does. */
static bool sort_stretches(struct moves *moves)
{
    struct moved *items = moves->stretches.items;
    size_t n = 0;
    if (moves->stretches.n > 0) {
        qsort(items, moves->stretches.n, sizeof *items, compare_moves);
    }
    for (size_t i = 0; i < moves->stretches.n; i++) {
        struct moved move = items[i];
        if (n > 0 && move.start > items[n - 1].start && move.new_start <= items[n - 1].new_start) {
            return false;
        }
        if (n > 0 && move.start == items[n - 1].start) {
            bool is_same = move.end == items[n - 1].end;
            if (move.new_start != items[n - 1].new_start
                || (is_same && move.new_end != items[n - 1].new_end)) {
                return false;
            }
            n -= is_same;
        }
        items[n++] = move;
    }
    moves->stretches.n = n;
    return true;
}

static int compare_points(const void *a, const void *b)
{
    const struct moved_point *x = a, *y = b;
    uint64_t left = (uint64_t)x->before << 32 | x->first;
    uint64_t right = (uint64_t)y->before << 32 | y->first;
    return (left > right) - (left < right);
}

/* Puts those of the same offset together; false when one is now behind a later one. */
static bool join_points(struct moves *moves)
{
    struct moved_point *items = moves->points.items;
    size_t n = 0;
    for (size_t i = 0; i < moves->points.n; i++) {
        struct moved_point point = items[i];
        if (n > 0 && point.before == items[n - 1].before) {
            items[n - 1].last = point.last;
        } else if (n > 0 && point.first < items[n - 1].last) {
            return false;
        } else {
            items[n++] = point;
        }
    }
    moves->points.n = n;
    return true;
}

static bool keeps_order_of_offsets(struct moves *moves)
{
    if (!sort_stretches(moves)) {
        return false;
    }
    for (size_t i = 0; i < moves->stretches.n; i++) {
        const struct moved *move = &moves->stretches.items[i];
        *array_push(&moves->points) =
            (struct moved_point){move->start, move->new_start, move->new_start};
        *array_push(&moves->points) = (struct moved_point){move->end, move->new_end, move->new_end};
    }
    if (moves->points.n > 0) {
        qsort(moves->points.items, moves->points.n, sizeof *moves->points.items, compare_points);
    }
    return join_points(moves);
}

bool facts_are_alike(const struct facts *before, const struct facts *after, struct moves *moves)
{
    struct comparison c = {.before = before, .after = after, .moves = moves};
    if (!have_same_counts(before, after)) {
        return false;
    }
    c.symbols = alloc(before->n_symbols * sizeof *c.symbols);
    memset(c.symbols, 0xFF, before->n_symbols * sizeof *c.symbols);
    bool ok = same_records(&c) && keeps_order_of_symbols(&c) && keeps_order_of_offsets(moves);
    free(c.symbols);
    return ok;
}

void moves_free(struct moves *moves)
{
    array_free(&moves->stretches);
    array_free(&moves->points);
}

/* An offset that is one offset now. */
static bool find_point(const struct moves *moves, uint32_t *offset)
{
    size_t low = 0, high = moves->points.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool is_less = moves->points.items[middle].before < *offset;
        low = is_less ? middle + 1 : low;
        high = is_less ? high : middle;
    }
    const struct moved_point *found = &moves->points.items[low];
    if (low == moves->points.n || found->before != *offset || found->first != found->last) {
        return false;
    }
    *offset = found->first;
    return true;
}

bool moves_find(const struct moves *moves, uint32_t *start, uint32_t *end)
{
    struct moved key = {.start = *start, .end = *end};
    const struct moved *found =
        moves->stretches.n == 0
            ? NULL
            : bsearch(&key, moves->stretches.items, moves->stretches.n, sizeof key, compare_moves);
    if (found != NULL) {
        *start = found->new_start;
        *end = found->new_end;
        return true;
    }
    return find_point(moves, start) && find_point(moves, end);
}
