/*
 * lower_assignments.c - assignments, which are expressions of the grammar.
 */
#include "facts/lower.h"

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
