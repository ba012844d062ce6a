/*
 * lower_containers.c - calls, displays and comprehensions: what has elements.
 */
#include "facts/lower.h"

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

static bool is_splat_target(uint16_t kind)
{
    return kind == KIND_LIST_SPLAT_PATTERN || kind == KIND_LIST_SPLAT;
}

static void lower_target_list(struct lower *l, struct frame *f)
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
