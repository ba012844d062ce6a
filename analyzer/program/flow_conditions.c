/*
 * flow_conditions.c - what branches decide on.
 */
#include "program/flow_build.h"

#include <string.h>

/* -1: unknown, else what the constant is. */
static int truth_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (value == NONE || op->kind != OP_CONSTANT) {
        return -1;
    }
    if (op->aux == CONSTANT_TRUE || op->aux == CONSTANT_ELLIPSIS) {
        return 1;
    }
    if (op->aux == CONSTANT_FALSE || op->aux == CONSTANT_NONE) {
        return 0;
    }
    if (op->aux == CONSTANT_INTEGER && op->a != NONE) {
        return strcmp(facts_name(facts, op->a), "0") != 0;
    }
    return -1;
}

/* Whether nothing happens from the OP_EITHER to the branch that tests it. */
static bool is_tested_at_once(const struct facts *facts, uint32_t either, uint32_t branch_op)
{
    for (uint32_t i = either + 1; i < branch_op; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind != OP_UNARY && kind != OP_EITHER && kind != OP_END) {
            return false;
        }
    }
    return true;
}

/* The branch between the operands of `value`, if it is an `and` or `or` that `branch_op` tests. */
static uint32_t branch_within(const struct flow_builder *build, uint32_t value, uint32_t branch_op)
{
    const struct op *op = &build->facts->ops[value];
    if (op->kind != OP_EITHER || value < build->scope->first_op
        || (op->aux != OPERATOR_AND && op->aux != OPERATOR_OR)
        || !is_tested_at_once(build->facts, value, branch_op)) {
        return NONE;
    }
    return build->branch_of[value - build->scope->first_op];
}

void flow_set_condition(struct flow_builder *build, uint32_t node, uint32_t value)
{
    bool is_swapped = false;
    for (;;) {
        const struct op *op = &build->facts->ops[value];
        uint32_t inner = branch_within(build, value, build->nodes.items[node].op);
        if (op->kind == OP_UNARY && op->aux == OPERATOR_NOT) {
            is_swapped = !is_swapped;
            value = op->a;
        } else if (inner != NONE) {
            bool decisive = op->aux == OPERATOR_OR;
            *array_push(&build->threads) =
                (struct thread){inner, node, decisive, decisive != is_swapped};
            value = op->b;
        } else {
            break;
        }
    }
    build->nodes.items[node].condition = value;
    build->nodes.items[node].flags |= is_swapped ? FLOW_IS_SWAPPED : 0;
}

/* The slot that a branch takes when what its op tests, as written, is `truth`. */
static uint8_t slot_for(const struct flow_builder *build, uint32_t node, bool truth)
{
    bool is_swapped = build->nodes.items[node].flags & FLOW_IS_SWAPPED;
    return truth != is_swapped ? 0 : 1;
}

struct loose flow_when(const struct flow_builder *build, uint32_t node, bool truth)
{
    uint32_t condition = build->nodes.items[node].condition;
    uint8_t slot = slot_for(build, node, truth);
    int constant = condition == NONE ? -1 : truth_of(build->facts, condition);
    return constant == slot ? FLOW_NOWHERE : (struct loose){node, slot};
}

/* Last first: an outer branch is settled before what is threaded to it. */
void flow_thread_branches(struct flow_builder *build)
{
    for (size_t i = build->threads.n; i-- > 0;) {
        const struct thread *thread = &build->threads.items[i];
        const struct flow_node *outer = &build->nodes.items[thread->outer];
        uint32_t target = outer->next[slot_for(build, thread->outer, thread->outer_truth)];
        uint8_t slot = slot_for(build, thread->inner, thread->inner_truth);
        build->nodes.items[thread->inner].next[slot] = target;
    }
}
