/*
 * lower_expressions.c - handlers of expressions and of targets.
 */
#include "facts/lower.h"

#include <string.h>

enum { LONGEST_CONSTANT = 200 }; /* a longer string is no attribute's, mode's or module's name */

/* ---- names, attributes, items */

static uint32_t load_name(struct lower *l, uint32_t node)
{
    uint32_t name = symbol_of_node(l, node);
    const struct node *n = &l->tree->nodes[node];
    const char *text = l->tree->bytes + n->start;
    size_t length = n->end - n->start;
    struct scope *scope = &l->scopes.items[l->scope];
    if ((length == 5 && memcmp(text, "super", 5) == 0)
        || (length == 9 && memcmp(text, "__class__", 9) == 0)) {
        scope->flags |= SCOPE_USES_SUPER;
    } else if ((length == 6 && memcmp(text, "locals", 6) == 0)
               || (length == 4
                   && (memcmp(text, "vars", 4) == 0 || memcmp(text, "eval", 4) == 0
                       || memcmp(text, "exec", 4) == 0))) {
        scope->flags |= SCOPE_CALLS_LOCALS;
    }
    return emit(l, OP_LOAD, node, use_of_name(l, name), NONE);
}

/* The OP_STORE of a frame in MODE_STORE. */
static void emit_store(struct lower *l, const struct frame *f, uint32_t target)
{
    uint8_t flags = (uint8_t)(f->flags & ~STORE_IN_COMPREHENSION);
    emit_with(l, OP_STORE, f->statement, target, f->value, 0, flags);
}

static void store_name(struct lower *l, const struct frame *f)
{
    uint32_t name = symbol_of_node(l, f->node);
    uint32_t use = f->flags & STORE_IN_COMPREHENSION ? bind_comprehension_name(l, name)
                                                     : bind_name(l, name, 0);
    emit_store(l, f, emit(l, OP_TARGET_NAME, f->node, use, NONE));
}

static void delete_name(struct lower *l, uint32_t node)
{
    uint32_t use = bind_name(l, symbol_of_node(l, node), VARIABLE_IS_DELETED);
    emit(l, OP_DELETE, node, emit(l, OP_TARGET_NAME, node, use, NONE), NONE);
}

void lower_identifier(struct lower *l, struct frame *f)
{
    uint32_t value = NONE;
    if (f->mode == MODE_LOAD) {
        value = load_name(l, f->node);
    } else if (f->mode == MODE_STORE) {
        store_name(l, f);
    } else {
        delete_name(l, f->node);
    }
    finish(l, value);
}

/* The last step of an attribute or item: read it, store to it or delete it. */
static void finish_place(struct lower *l, struct frame *f, enum op_kind load, enum op_kind target,
                         uint32_t object, uint32_t key)
{
    if (f->mode == MODE_LOAD) {
        finish(l, emit(l, load, f->node, object, key));
        return;
    }
    uint32_t op = emit(l, target, f->node, object, key);
    if (f->mode == MODE_STORE) {
        emit_store(l, f, op);
    } else {
        emit(l, OP_DELETE, f->node, op, NONE);
    }
    finish(l, NONE);
}

void lower_attribute(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        visit(l, first_named(l, f->node));
        return;
    }
    uint32_t name = child_of(l, f->node, FIELD_ATTRIBUTE);
    if (name == 0) { /* member_type of an annotation has no fields */
        name = tree_next_named(l->tree, first_named(l, f->node), tree_end(l->tree, f->node));
    }
    uint32_t symbol = name ? symbol_of_node(l, name) : symbol_of_text(l, "", 0);
    finish_place(l, f, OP_ATTRIBUTE, OP_TARGET_ATTRIBUTE, l->result, symbol);
}

static uint32_t index_of_operands(struct lower *l, const struct frame *f)
{
    uint32_t n = (uint32_t)l->operands.n - f->operands;
    if (n == 0) {
        return NONE;
    }
    if (n == 1) {
        return l->operands.items[f->operands].value;
    }
    uint32_t tuple = emit_with(l, OP_DISPLAY, f->node, NONE, n, CONTAINER_TUPLE, 0);
    emit_operands(l, OP_ELEMENT, f->operands);
    return tuple;
}

void lower_subscript(struct lower *l, struct frame *f)
{
    if (f->step == 0) {
        f->step = 1;
        visit_next(l, f);
        return;
    }
    if (f->step == 1) {
        f->x = l->result;
        f->step = 2;
    } else {
        push_operand(l, f->cursor, l->result, NONE, 0);
    }
    if (!visit_next(l, f)) {
        finish_place(l, f, OP_ITEM, OP_TARGET_ITEM, f->x, index_of_operands(l, f));
    }
}

/* `Optional[Node]` in an annotation: the grammar has a node of its own for it. */
void lower_generic_type(struct lower *l, struct frame *f)
{
    if (f->step == 0) {
        f->step = 1;
        visit_next(l, f);
        return;
    }
    if (f->step == 1) {
        f->x = l->result;
        f->step = 2;
        uint32_t arguments = next_named(l, f);
        f->y = arguments;
        f->cursor = arguments ? first_named(l, arguments) : 0;
    } else {
        push_operand(l, f->cursor, l->result, NONE, 0);
        f->cursor = tree_next_named(l->tree, f->cursor, tree_end(l->tree, f->y));
    }
    if (f->cursor != 0) {
        visit(l, f->cursor);
        return;
    }
    finish(l, emit(l, OP_ITEM, f->node, f->x, index_of_operands(l, f)));
}

void lower_slice(struct lower *l, struct frame *f)
{
    if (!visit_next(l, f)) {
        finish(l, emit(l, OP_SLICE, f->node, NONE, NONE));
    }
}

/* ---- constants */

static enum constant constant_of_kind(uint16_t kind)
{
    return kind == KIND_TRUE      ? CONSTANT_TRUE
           : kind == KIND_FALSE   ? CONSTANT_FALSE
           : kind == KIND_NONE    ? CONSTANT_NONE
           : kind == KIND_INTEGER ? CONSTANT_INTEGER
           : kind == KIND_FLOAT   ? CONSTANT_FLOAT
                                  : CONSTANT_ELLIPSIS;
}

void lower_constant(struct lower *l, struct frame *f)
{
    const struct node *n = &l->tree->nodes[f->node];
    bool is_number = n->kind == KIND_INTEGER || n->kind == KIND_FLOAT;
    uint32_t symbol =
        is_number && n->end - n->start <= LONGEST_CONSTANT ? symbol_of_node(l, f->node) : NONE;
    finish(l, f->mode == MODE_LOAD ? emit_with(l, OP_CONSTANT, f->node, symbol, NONE,
                                               (uint8_t)constant_of_kind(n->kind), 0)
                                   : NONE);
}

/* The prefix of the string's first literal decides. */
static enum constant constant_of_string(const struct lower *l, uint32_t node, bool is_formatted)
{
    const struct node *n = &l->tree->nodes[node];
    for (const char *s = l->tree->bytes + n->start; *s != '"' && *s != '\'' && *s != '\0'; s++) {
        if (*s == 'b' || *s == 'B') {
            return CONSTANT_BYTES;
        }
    }
    return is_formatted ? CONSTANT_FORMATTED : CONSTANT_STRING;
}

static uint32_t symbol_of_string(struct lower *l, uint32_t node)
{
    if (kind_of(l, node) != KIND_STRING) {
        return NONE;
    }
    uint32_t first = first_named(l, node);
    uint32_t content = first ? tree_next_named(l->tree, first, tree_end(l->tree, node)) : 0;
    if (content == 0 || kind_of(l, content) == KIND_STRING_END) {
        return symbol_of_text(l, "", 0);
    }
    const struct node *n = &l->tree->nodes[content];
    return n->end - n->start <= LONGEST_CONSTANT ? symbol_of_node(l, content) : NONE;
}

/* Only what an f-string's braces hold is evaluated; that may lie anywhere below a concatenation. */
void lower_string(struct lower *l, struct frame *f)
{
    uint32_t end = tree_end(l->tree, f->node);
    uint32_t i = f->cursor == 0 ? f->node + 1 : tree_end(l->tree, f->cursor);
    while (i < end && kind_of(l, i) != KIND_INTERPOLATION) {
        i++;
    }
    if (i < end) {
        f->cursor = i;
        f->x = 1;
        visit(l, i);
        return;
    }
    enum constant constant = constant_of_string(l, f->node, f->x != 0);
    uint32_t symbol = constant == CONSTANT_STRING ? symbol_of_string(l, f->node) : NONE;
    finish(l, emit_with(l, OP_CONSTANT, f->node, symbol, NONE, (uint8_t)constant, 0));
}

/* ---- operators */

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

static uint8_t operator_of_node(const struct lower *l, uint32_t node)
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

/* ---- calls and containers */

/* Visits an argument's or element's value; the operand is pushed when it is done. */
static void visit_element(struct lower *l, struct frame *f, uint32_t element)
{
    uint32_t value = child_of(l, element, FIELD_VALUE);
    uint16_t kind = kind_of(l, element);
    bool is_wrapper = kind == KIND_KEYWORD_ARGUMENT || kind == KIND_PAIR;
    bool is_splat = kind == KIND_LIST_SPLAT || kind == KIND_DICTIONARY_SPLAT
                    || kind == KIND_PARENTHESIZED_LIST_SPLAT;
    f->cursor = element;
    visit(l, is_wrapper && value                   ? value
             : is_splat && first_named(l, element) ? first_named(l, element)
                                                   : element);
}

static void push_element(struct lower *l, uint32_t element, uint32_t value, uint32_t key)
{
    uint16_t kind = kind_of(l, element);
    uint8_t flags = kind == KIND_LIST_SPLAT || kind == KIND_PARENTHESIZED_LIST_SPLAT ? OP_IS_STARRED
                    : kind == KIND_DICTIONARY_SPLAT ? OP_IS_DOUBLE_STARRED
                                                    : 0;
    push_operand(l, element, value, key, flags);
}

bool step_arguments(struct lower *l, struct frame *f, uint32_t list)
{
    if (f->cursor != 0) {
        uint32_t name =
            kind_of(l, f->cursor) == KIND_KEYWORD_ARGUMENT ? child_of(l, f->cursor, FIELD_NAME) : 0;
        uint32_t value = l->result;
        push_element(l, f->cursor, value, name ? symbol_of_node(l, name) : NONE);
    }
    uint32_t next = list == 0        ? 0
                    : f->cursor == 0 ? first_named(l, list)
                                     : tree_next_named(l->tree, f->cursor, tree_end(l->tree, list));
    if (next != 0) {
        visit_element(l, f, next);
    }
    return next != 0;
}

void lower_call(struct lower *l, struct frame *f)
{
    uint32_t arguments = child_of(l, f->node, FIELD_ARGUMENTS);
    bool is_generator = arguments && kind_of(l, arguments) == KIND_GENERATOR_EXPRESSION;
    switch (f->step) {
    case 0:
        f->step = 1;
        visit(l, child_of(l, f->node, FIELD_FUNCTION));
        return;
    case 1:
        f->step = 2;
        f->x = l->result;
        f->cursor = 0;
        if (is_generator) { /* f(x for x in y) */
            f->cursor = arguments;
            visit(l, arguments);
            return;
        }
        break;
    default:
        break;
    }
    if (step_arguments(l, f, is_generator ? 0 : arguments)) {
        return;
    }
    uint32_t n = (uint32_t)l->operands.n - f->operands;
    uint32_t call = emit(l, OP_CALL, f->node, f->x, n);
    emit_operands(l, OP_ARGUMENT, f->operands);
    finish(l, call);
}

static enum container container_of_kind(uint16_t kind)
{
    return kind == KIND_LIST || kind == KIND_LIST_COMPREHENSION               ? CONTAINER_LIST
           : kind == KIND_SET || kind == KIND_SET_COMPREHENSION               ? CONTAINER_SET
           : kind == KIND_DICTIONARY || kind == KIND_DICTIONARY_COMPREHENSION ? CONTAINER_DICT
           : kind == KIND_GENERATOR_EXPRESSION                                ? CONTAINER_GENERATOR
                                                                              : CONTAINER_TUPLE;
}

/* A display; as a target, a list of targets. */
void lower_display(struct lower *l, struct frame *f)
{
    if (f->mode != MODE_LOAD) {
        lower_target_list(l, f);
        return;
    }
    if (f->step == 1) { /* a pair's key is done, now its value */
        f->x = l->result;
        f->step = 2;
        visit_element(l, f, f->cursor);
        return;
    }
    if (f->step == 2) {
        push_element(l, f->cursor, l->result, f->x);
    }
    uint32_t next = next_named(l, f);
    if (next != 0) {
        f->x = NONE;
        uint32_t key = kind_of(l, next) == KIND_PAIR ? child_of(l, next, FIELD_KEY) : 0;
        if (key != 0) {
            f->step = 1;
            visit(l, key);
            return;
        }
        f->step = 2;
        visit_element(l, f, next);
        return;
    }
    uint32_t n = (uint32_t)l->operands.n - f->operands;
    uint8_t container = (uint8_t)container_of_kind(kind_of(l, f->node));
    uint32_t display = emit_with(l, OP_DISPLAY, f->node, NONE, n, container, 0);
    emit_operands(l, OP_ELEMENT, f->operands);
    finish(l, display);
}

static bool is_splat_target(uint16_t kind)
{
    return kind == KIND_LIST_SPLAT_PATTERN || kind == KIND_LIST_SPLAT;
}

void lower_target_list(struct lower *l, struct frame *f)
{
    uint32_t next = next_named(l, f);
    if (next == 0) {
        finish(l, NONE);
        return;
    }
    if (f->mode == MODE_DELETE) {
        visit_delete(l, next);
        return;
    }
    bool is_splat = is_splat_target(kind_of(l, next));
    uint32_t target = is_splat && first_named(l, next) ? first_named(l, next) : next;
    uint32_t part =
        emit_with(l, OP_UNPACKED, next, f->value, f->x++, 0, is_splat ? OP_IS_STARRED : 0);
    visit_store(l, target, part, f->statement, f->flags);
}

/* ---- comprehensions */

static bool is_clause(uint16_t kind)
{
    return kind == KIND_FOR_IN_CLAUSE || kind == KIND_IF_CLAUSE;
}

static uint32_t next_clause(struct lower *l, struct frame *f)
{
    uint32_t next = next_named(l, f);
    while (next != 0 && !is_clause(kind_of(l, next))) {
        next = next_named(l, f);
    }
    return next;
}

enum comprehension_step {
    COMPREHENSION_CLAUSE,
    COMPREHENSION_CONDITION,
    COMPREHENSION_ITERABLE,
    COMPREHENSION_KEY,
    COMPREHENSION_BODY
};

static void begin_clause(struct lower *l, struct frame *f, uint32_t clause)
{
    if (kind_of(l, clause) == KIND_IF_CLAUSE) {
        f->step = COMPREHENSION_CONDITION;
        visit(l, first_named(l, clause));
        return;
    }
    f->step = COMPREHENSION_ITERABLE;
    visit(l, child_of(l, clause, FIELD_RIGHT));
}

static void begin_comprehension_loop(struct lower *l, struct frame *f)
{
    uint32_t clause = f->cursor;
    uint32_t iterable = l->result;
    uint8_t async = has_token(l, clause, KIND_TOKEN_ASYNC) ? OP_IS_ASYNC : 0;
    open_control(l, OP_LOOP, clause, iterable, LOOP_COMPREHENSION, async);
    f->y++;
    f->step = COMPREHENSION_CLAUSE;
    uint32_t left = child_of(l, clause, FIELD_LEFT);
    uint32_t next = emit_with(l, OP_NEXT, left, iterable, NONE, 0, async);
    visit_store(l, left, next, left, OP_IS_IMPLICIT | STORE_IN_COMPREHENSION);
}

static void end_comprehension(struct lower *l, struct frame *f)
{
    uint32_t body = child_of(l, f->node, FIELD_BODY);
    emit(l, OP_COLLECT, body, f->x, l->result);
    for (uint32_t i = 0; i <= f->y; i++) { /* the loops and conditions, and the comprehension */
        close_control(l, f->node);
    }
    l->comprehension_names.n = f->value;
    finish(l, f->x);
}

/* The body stands first in the text and is evaluated last. */
void lower_comprehension(struct lower *l, struct frame *f)
{
    uint32_t body = child_of(l, f->node, FIELD_BODY);
    if (body == 0) {
        finish(l, emit(l, OP_NOTHING, f->node, NONE, NONE));
        return;
    }
    switch ((enum comprehension_step)f->step) {
    case COMPREHENSION_CLAUSE:
        if (f->cursor == 0) {
            f->value = (uint32_t)l->comprehension_names.n;
            uint8_t container = (uint8_t)container_of_kind(kind_of(l, f->node));
            f->x = open_control(l, OP_COMPREHENSION, f->node, NONE, container, 0);
        }
        break;
    case COMPREHENSION_CONDITION:
        open_control(l, OP_IF, f->cursor, l->result, 0, 0);
        f->y++;
        break;
    case COMPREHENSION_ITERABLE:
        begin_comprehension_loop(l, f);
        return;
    case COMPREHENSION_KEY:
        f->step = COMPREHENSION_BODY;
        visit(l, child_of(l, body, FIELD_VALUE));
        return;
    case COMPREHENSION_BODY:
        end_comprehension(l, f);
        return;
    }
    uint32_t clause = next_clause(l, f);
    if (clause != 0) {
        begin_clause(l, f, clause);
        return;
    }
    bool is_pair = kind_of(l, body) == KIND_PAIR;
    f->step = is_pair ? COMPREHENSION_KEY : COMPREHENSION_BODY;
    visit(l, is_pair ? child_of(l, body, FIELD_KEY) : body);
}

/* ---- assignments, which are expressions of the grammar */

static uint32_t innermost_assignment(const struct lower *l, uint32_t node)
{
    for (;;) {
        uint32_t right = child_of(l, node, FIELD_RIGHT);
        if (right == 0 || kind_of(l, right) != KIND_ASSIGNMENT) {
            return node;
        }
        node = right;
    }
}

enum assignment_step {
    ASSIGNMENT_VALUE,
    ASSIGNMENT_TARGETS,
    ASSIGNMENT_ANNOTATED,
    ASSIGNMENT_ANNOTATION,
    ASSIGNMENT_DONE
};

/* `name: type`, and what is annotated may be any target. */
static void annotate(struct lower *l, struct frame *f)
{
    uint32_t load = f->x;
    struct op read = l->ops.items[load];
    uint32_t left = child_of(l, f->node, FIELD_LEFT);
    uint32_t annotation = l->result;
    enum op_kind kind = read.kind == OP_LOAD        ? OP_TARGET_NAME
                        : read.kind == OP_ATTRIBUTE ? OP_TARGET_ATTRIBUTE
                                                    : OP_TARGET_ITEM;
    uint32_t target = emit(l, kind, left, read.a, read.b);
    emit(l, OP_ANNOTATE, f->node, target, annotation);
}

/* a = b = value: the value first, then the targets from left to right. */
void lower_assignment(struct lower *l, struct frame *f)
{
    uint32_t type = child_of(l, f->node, FIELD_TYPE);
    switch ((enum assignment_step)f->step) {
    case ASSIGNMENT_VALUE: {
        uint32_t right = child_of(l, innermost_assignment(l, f->node), FIELD_RIGHT);
        f->step = ASSIGNMENT_TARGETS;
        f->cursor = f->node;
        if (right != 0) {
            visit(l, right);
            return;
        }
        l->result = NONE;
    }
        /* fall through */
    case ASSIGNMENT_TARGETS: {
        if (f->cursor == f->node) {
            f->value = l->result;
        }
        uint32_t assignment = f->cursor;
        uint32_t right = child_of(l, assignment, FIELD_RIGHT);
        bool is_last = right == 0 || kind_of(l, right) != KIND_ASSIGNMENT;
        f->cursor = is_last ? 0 : right;
        f->step = is_last ? ASSIGNMENT_ANNOTATED : ASSIGNMENT_TARGETS;
        if (f->value != NONE) {
            visit_store(l, child_of(l, assignment, FIELD_LEFT), f->value, f->node, 0);
            return;
        }
    }
        /* fall through */
    case ASSIGNMENT_ANNOTATED:
        if (type == 0) {
            finish(l, f->value);
            return;
        }
        f->step = ASSIGNMENT_ANNOTATION;
        visit(l, child_of(l, f->node, FIELD_LEFT));
        return;
    case ASSIGNMENT_ANNOTATION:
        f->x = l->result;
        f->step = ASSIGNMENT_DONE;
        if (l->ops.items[f->x].kind == OP_LOAD && f->value == NONE) {
            uint32_t use = l->ops.items[f->x].a;
            l->uses.items[use].flags |= VARIABLE_IS_BOUND; /* local, though it has no value */
        }
        visit(l, type);
        return;
    case ASSIGNMENT_DONE:
        annotate(l, f);
        finish(l, f->value);
        return;
    }
}

void lower_augmented_assignment(struct lower *l, struct frame *f)
{
    switch (f->step++) {
    case 0:
        visit(l, child_of(l, f->node, FIELD_LEFT));
        return;
    case 1:
        f->x = l->result;
        visit(l, child_of(l, f->node, FIELD_RIGHT));
        return;
    default: {
        uint32_t value = emit_with(l, OP_BINARY, f->node, f->x, l->result,
                                   operator_of_node(l, f->node), OP_IS_AUGMENTED);
        emit_store_again(l, f->x, value, f->node, OP_IS_AUGMENTED);
        finish(l, value);
    }
    }
}

/* (name := value): binds in the function even inside a comprehension. */
void lower_named_expression(struct lower *l, struct frame *f)
{
    uint32_t name = child_of(l, f->node, FIELD_NAME);
    if (f->step++ == 0) {
        visit(l, child_of(l, f->node, FIELD_VALUE));
        return;
    }
    uint32_t value = l->result;
    emit_store_name(l, name, symbol_of_node(l, name), value, f->node, 0);
    finish(l, value);
}
