/*
 * lower_operators.c - operators, conditional expressions, await and yield.
 */
#include "facts/lower.h"

struct operator_token {
    uint16_t kind;
    uint8_t operator_kind; /* enum operator_kind */
};

static const struct operator_token operator_tokens[] = {
    {KIND_TOKEN_PLUS, OPERATOR_ADD},
    {KIND_TOKEN_MINUS, OPERATOR_SUBTRACT},
    {KIND_TOKEN_STAR, OPERATOR_MULTIPLY},
    {KIND_TOKEN_SLASH, OPERATOR_DIVIDE},
    {KIND_TOKEN_SLASH_SLASH, OPERATOR_FLOOR_DIVIDE},
    {KIND_TOKEN_PERCENT, OPERATOR_MODULO},
    {KIND_TOKEN_STAR_STAR, OPERATOR_POWER},
    {KIND_TOKEN_AT, OPERATOR_MATRIX_MULTIPLY},
    {KIND_TOKEN_PIPE, OPERATOR_BIT_OR},
    {KIND_TOKEN_AMPERSAND, OPERATOR_BIT_AND},
    {KIND_TOKEN_CARET, OPERATOR_BIT_XOR},
    {KIND_TOKEN_LESS_LESS, OPERATOR_SHIFT_LEFT},
    {KIND_TOKEN_GREATER_GREATER, OPERATOR_SHIFT_RIGHT},
    {KIND_TOKEN_PLUS_EQUAL, OPERATOR_ADD},
    {KIND_TOKEN_MINUS_EQUAL, OPERATOR_SUBTRACT},
    {KIND_TOKEN_STAR_EQUAL, OPERATOR_MULTIPLY},
    {KIND_TOKEN_SLASH_EQUAL, OPERATOR_DIVIDE},
    {KIND_TOKEN_SLASH_SLASH_EQUAL, OPERATOR_FLOOR_DIVIDE},
    {KIND_TOKEN_PERCENT_EQUAL, OPERATOR_MODULO},
    {KIND_TOKEN_STAR_STAR_EQUAL, OPERATOR_POWER},
    {KIND_TOKEN_AT_EQUAL, OPERATOR_MATRIX_MULTIPLY},
    {KIND_TOKEN_PIPE_EQUAL, OPERATOR_BIT_OR},
    {KIND_TOKEN_AMPERSAND_EQUAL, OPERATOR_BIT_AND},
    {KIND_TOKEN_CARET_EQUAL, OPERATOR_BIT_XOR},
    {KIND_TOKEN_LESS_LESS_EQUAL, OPERATOR_SHIFT_LEFT},
    {KIND_TOKEN_GREATER_GREATER_EQUAL, OPERATOR_SHIFT_RIGHT},
    {KIND_TOKEN_IS, OPERATOR_IS},
    {KIND_TOKEN_IS_NOT, OPERATOR_IS_NOT},
    {KIND_TOKEN_IN, OPERATOR_IN},
    {KIND_TOKEN_NOT_IN, OPERATOR_NOT_IN},
    {KIND_TOKEN_EQUAL_EQUAL, OPERATOR_EQUAL},
    {KIND_TOKEN_BANG_EQUAL, OPERATOR_NOT_EQUAL},
    {KIND_TOKEN_LESS_GREATER, OPERATOR_NOT_EQUAL},
    {KIND_TOKEN_LESS, OPERATOR_LESS},
    {KIND_TOKEN_LESS_EQUAL, OPERATOR_LESS_EQUAL},
    {KIND_TOKEN_GREATER, OPERATOR_GREATER},
    {KIND_TOKEN_GREATER_EQUAL, OPERATOR_GREATER_EQUAL},
};

static uint8_t operator_of_token(uint16_t kind)
{
    for (size_t i = 0; i < sizeof operator_tokens / sizeof *operator_tokens; i++) {
        if (operator_tokens[i].kind == kind) {
            return operator_tokens[i].operator_kind;
        }
    }
    return OPERATOR_OTHER;
}

uint8_t operator_of_node(const struct lower *l, uint32_t node)
{
    uint32_t token = child_of(l, node, FIELD_OPERATOR);
    return token ? operator_of_token(kind_of(l, token)) : OPERATOR_OTHER;
}

/* `not x`, `-x`. */
void lower_unary(struct lower *l, struct frame *f)
{
    if (f->step++ == 0 && visit_next(l, f)) {
        return;
    }
    bool is_not = kind_of(l, f->node) == KIND_NOT_OPERATOR;
    uint8_t operator= is_not ? OPERATOR_NOT : operator_of_node(l, f->node);
    finish(l, emit_with(l, OP_UNARY, f->node, l->result, NONE, operator, 0));
}

/* Also `X | Y` in an annotation, whose operator has no field. */
void lower_binary(struct lower *l, struct frame *f)
{
    if (f->step == 1) {
        f->x = l->result;
    }
    if (f->step++ < 2 && visit_next(l, f)) {
        return;
    }
    bool is_type = kind_of(l, f->node) == KIND_UNION_TYPE;
    uint8_t operator= is_type ? OPERATOR_BIT_OR : operator_of_node(l, f->node);
    finish(l, emit_with(l, OP_BINARY, f->node, f->x, l->result, operator, 0));
}

/* The operator between an operand and the next one. */
static uint8_t operator_between(const struct lower *l, uint32_t operand, uint32_t next)
{
    uint8_t last = OPERATOR_OTHER;
    for (uint32_t i = tree_end(l->tree, operand); i < next; i = tree_end(l->tree, i)) {
        if (l->tree->nodes[i].field == FIELD_OPERATORS) {
            last = operator_of_token(kind_of(l, i));
        }
    }
    return last;
}

/* `a < b < c` compares a with b and b with c; where it stops early is not worth telling. */
void lower_comparison(struct lower *l, struct frame *f)
{
    if (f->step > 1) {
        uint8_t operator= operator_between(l, f->y, f->cursor);
        uint32_t right = l->result;
        f->value = emit_with(l, OP_COMPARE, f->node, f->x, right, operator, 0);
        f->x = right;
    } else if (f->step == 1) {
        f->x = l->result;
    }
    f->step++;
    f->y = f->cursor;
    if (!visit_next(l, f)) {
        finish(l, f->value != NONE ? f->value : f->x);
    }
}

void lower_boolean(struct lower *l, struct frame *f)
{
    switch (f->step++) {
    case 0:
        visit(l, child_of(l, f->node, FIELD_LEFT));
        return;
    case 1: {
        uint32_t token = child_of(l, f->node, FIELD_OPERATOR);
        f->x = l->result;
        f->y = token && kind_of(l, token) == KIND_TOKEN_OR ? OPERATOR_OR : OPERATOR_AND;
        open_control(l, OP_IF, f->node, f->x, 0, f->y == OPERATOR_OR ? OP_IS_NEGATED : 0);
        visit(l, child_of(l, f->node, FIELD_RIGHT));
        return;
    }
    default: {
        uint32_t right = l->result;
        close_control(l, f->node);
        finish(l, emit_with(l, OP_EITHER, f->node, f->x, right, (uint8_t)f->y, 0));
    }
    }
}

/* `x if c else y` has no fields: the parts come in the order x, c, y. */
void lower_conditional(struct lower *l, struct frame *f)
{
    uint32_t end = tree_end(l->tree, f->node);
    uint32_t yes = first_named(l, f->node);
    uint32_t condition = yes ? tree_next_named(l->tree, yes, end) : 0;
    uint32_t no = condition ? tree_next_named(l->tree, condition, end) : 0;
    if (no == 0) {
        finish(l, emit(l, OP_NOTHING, f->node, NONE, NONE));
        return;
    }
    switch (f->step++) {
    case 0:
        visit(l, condition);
        return;
    case 1:
        open_control(l, OP_IF, f->node, l->result, 0, 0);
        visit(l, yes);
        return;
    case 2:
        f->x = l->result;
        part_of_control(l, OP_ELSE, no, 0);
        visit(l, no);
        return;
    default: {
        uint32_t other = l->result;
        close_control(l, f->node);
        finish(l, emit_with(l, OP_EITHER, f->node, f->x, other, OPERATOR_IF, 0));
    }
    }
}

void lower_await(struct lower *l, struct frame *f)
{
    if (f->step++ == 0 && visit_next(l, f)) {
        return;
    }
    finish(l, emit(l, OP_AWAIT, f->node, l->result, NONE));
}

void lower_yield(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        l->scopes.items[l->scope].flags |= SCOPE_IS_GENERATOR;
        if (visit_next(l, f)) {
            return;
        }
        finish(l, emit(l, OP_YIELD, f->node, NONE, NONE));
        return;
    }
    bool is_from = has_token(l, f->node, KIND_TOKEN_FROM);
    finish(l, emit(l, is_from ? OP_YIELD_FROM : OP_YIELD, f->node, l->result, NONE));
}

/* Parentheses, `type`, `interpolation` and the like: worth what the first thing in them is worth.
 */
void lower_wrapped(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        uint32_t child = next_named(l, f);
        if (child != 0 && f->mode == MODE_STORE) {
            visit_store(l, child, f->value, f->statement, f->flags);
            return;
        }
        if (child != 0 && f->mode == MODE_DELETE) {
            visit_delete(l, child);
            return;
        }
        if (child != 0) {
            visit(l, child);
            return;
        }
    }
    if (f->step == 2) {
        f->x = l->result;
    }
    f->step++;
    if (f->mode != MODE_LOAD || !visit_next(l, f)) {
        finish(l, f->step == 2 ? NONE : f->x);
    }
}
