/*
 * emit.c - writing ops, and keeping track of the control constructs that are open.
 */
#include "facts/lower.h"

static struct op *new_op(struct lower *l, enum op_kind kind, uint32_t start, uint32_t end)
{
    struct op *op = array_push(&l->ops);
    uint32_t length = end - start < 0xffffff ? end - start : 0xffffff;
    op->kind = (uint8_t)kind;
    op->start = start;
    op->length_high = (uint8_t)(length >> 16);
    op->length_low = (uint16_t)(length & 0xffff);
    return op;
}

uint32_t emit_with(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint32_t b,
                   uint8_t aux, uint8_t flags)
{
    const struct node *n = &l->tree->nodes[node];
    struct op *op = new_op(l, kind, n->start, n->end);
    op->a = a;
    op->b = b;
    op->aux = aux;
    op->flags = flags;
    return (uint32_t)(l->ops.n - 1);
}

uint32_t emit(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint32_t b)
{
    return emit_with(l, kind, node, a, b, 0, 0);
}

void emit_store_name(struct lower *l, uint32_t name_node, uint32_t name, uint32_t value,
                     uint32_t statement, uint8_t flags)
{
    uint32_t use = bind_name(l, name, 0);
    uint32_t target = emit(l, OP_TARGET_NAME, name_node, use, NONE);
    emit_with(l, OP_STORE, statement, target, value, 0, flags);
}

static enum op_kind target_kind(uint8_t load_kind)
{
    return load_kind == OP_LOAD        ? OP_TARGET_NAME
           : load_kind == OP_ATTRIBUTE ? OP_TARGET_ATTRIBUTE
           : load_kind == OP_ITEM      ? OP_TARGET_ITEM
                                       : OP_NOTHING;
}

void emit_store_again(struct lower *l, uint32_t load, uint32_t value, uint32_t statement,
                      uint8_t flags)
{
    struct op read = l->ops.items[load];
    enum op_kind kind = target_kind(read.kind);
    if (kind == OP_NOTHING) {
        return;
    }
    if (kind == OP_TARGET_NAME) {
        read.a = bind_name(l, l->uses.items[read.a].name, 0);
    }
    struct op *target = new_op(l, kind, read.start, op_end(&read));
    target->a = read.a;
    target->b = read.b;
    emit_with(l, OP_STORE, statement, (uint32_t)(l->ops.n - 1), value, 0, flags);
}

uint32_t open_control(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint8_t aux,
                      uint8_t flags)
{
    uint32_t op = emit_with(l, kind, node, a, NONE, aux, flags);
    *array_push(&l->controls) = (struct control){.op = op};
    return op;
}

static struct control *innermost_construct(struct lower *l)
{
    size_t i = l->controls.n;
    while (i > 0 && l->controls.items[i - 1].is_part) {
        i--;
    }
    return i > 0 ? &l->controls.items[i - 1] : NULL;
}

uint32_t part_of_control(struct lower *l, enum op_kind kind, uint32_t node, uint8_t flags)
{
    struct control *construct = innermost_construct(l);
    if (construct != NULL && l->ops.items[construct->op].kind == OP_LOOP) {
        construct->is_left_by_else = true;
    }
    uint32_t op = emit_with(l, kind, node, NONE, NONE, 0, flags);
    *array_push(&l->controls) = (struct control){.op = op, .is_part = true};
    return op;
}

/* The END stands for the last byte of the construct: a place where something "falls off the end".
 */
void close_control(struct lower *l, uint32_t node)
{
    const struct node *n = &l->tree->nodes[node];
    new_op(l, OP_END, n->end > n->start ? n->end - 1 : n->end, n->end);
    uint32_t end = (uint32_t)(l->ops.n - 1);
    l->ops.items[end].a = NONE;
    for (;;) {
        struct control control = *array_last(&l->controls);
        l->controls.n--;
        l->ops.items[control.op].b = end;
        if (!control.is_part) {
            l->ops.items[end].b = control.op;
            return;
        }
    }
}

/* Its b is the loop's opener for now; start_scope()'s counterpart turns that into the END. */
void emit_jump(struct lower *l, enum op_kind kind, uint32_t node)
{
    for (size_t i = l->controls.n; i-- > 0;) {
        const struct control *control = &l->controls.items[i];
        const struct op *op = &l->ops.items[control->op];
        if (!control->is_part && op->kind == OP_LOOP && op->aux != LOOP_COMPREHENSION
            && !control->is_left_by_else) {
            emit(l, kind, node, NONE, control->op);
            return;
        }
    }
}

void push_operand(struct lower *l, uint32_t node, uint32_t value, uint32_t key, uint8_t flags)
{
    const struct node *n = &l->tree->nodes[node];
    *array_push(&l->operands) = (struct operand){
        .value = value, .key = key, .start = n->start, .end = n->end, .flags = flags};
}

void emit_operands(struct lower *l, enum op_kind kind, uint32_t base)
{
    for (size_t i = base; i < l->operands.n; i++) {
        struct operand operand = l->operands.items[i];
        struct op *op = new_op(l, kind, operand.start, operand.end);
        op->a = operand.value;
        op->b = operand.key;
        op->flags = operand.flags;
    }
    l->operands.n = base;
}
