/*
 * lower_names.c - names, attributes, items and constants, as values and as targets.
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
