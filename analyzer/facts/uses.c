/*
 * uses.c - walks over a file's ops that more than one rule needs.
 */
#include "facts/uses.h"

enum operands { OPERAND_NONE = 0, OPERAND_A = 1, OPERAND_B = 2, OPERAND_BOTH = 3 };

/* Which of an op's `a` and `b` are values it takes. */
static const uint8_t operands_of[N_OP_KINDS] = {
    [OP_ATTRIBUTE] = OPERAND_A,
    [OP_ITEM] = OPERAND_BOTH,
    [OP_CALL] = OPERAND_A,
    [OP_ARGUMENT] = OPERAND_A,
    [OP_ELEMENT] = OPERAND_BOTH,
    [OP_COLLECT] = OPERAND_B,
    [OP_UNARY] = OPERAND_A,
    [OP_BINARY] = OPERAND_BOTH,
    [OP_COMPARE] = OPERAND_BOTH,
    [OP_EITHER] = OPERAND_BOTH,
    [OP_AWAIT] = OPERAND_A,
    [OP_YIELD] = OPERAND_A,
    [OP_YIELD_FROM] = OPERAND_A,
    [OP_NEXT] = OPERAND_A,
    [OP_UNPACKED] = OPERAND_A,
    [OP_ENTERED] = OPERAND_A,
    [OP_CAUGHT] = OPERAND_A,
    [OP_MATCHED] = OPERAND_A,
    [OP_TARGET_ITEM] = OPERAND_BOTH,
    [OP_TARGET_ATTRIBUTE] = OPERAND_A,
    [OP_STORE] = OPERAND_B,
    [OP_ANNOTATE] = OPERAND_B,
    [OP_EXPRESSION] = OPERAND_A,
    [OP_RETURN] = OPERAND_A,
    [OP_RAISE] = OPERAND_BOTH,
    [OP_ASSERT] = OPERAND_A,
    [OP_IF] = OPERAND_A,
    [OP_LOOP] = OPERAND_A,
    [OP_TEST] = OPERAND_A,
    [OP_WITH] = OPERAND_A,
};

static bool takes(const struct op *op, uint32_t value)
{
    uint8_t operands = operands_of[op->kind];
    return ((operands & OPERAND_A) && op->a == value) || ((operands & OPERAND_B) && op->b == value);
}

uint32_t uses_next(const struct facts *facts, uint32_t value, uint32_t after)
{
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, value)];
    for (uint32_t i = after + 1; i < scope->first_op + scope->n_ops; i++) {
        if (takes(&facts->ops[i], value)) {
            return i;
        }
    }
    return NONE;
}

uint32_t uses_call_of_argument(const struct facts *facts, uint32_t argument)
{
    uint32_t call = argument;
    while (facts->ops[call].kind == OP_ARGUMENT) {
        call--;
    }
    return call;
}

uint32_t uses_only_value(const struct facts *facts, uint32_t variable)
{
    return facts->variables[variable].value;
}

uint32_t uses_origin(const struct facts *facts, uint32_t value)
{
    enum { MAX_STEPS = 8 }; /* a = b; b = c; …: nobody writes longer chains */
    for (int step = 0; step < MAX_STEPS && facts->ops[value].kind == OP_LOAD; step++) {
        uint32_t origin = uses_only_value(facts, facts->ops[value].a);
        if (origin == NONE || origin == value) {
            break;
        }
        value = origin;
    }
    return value;
}

static bool is_part_of_control(enum op_kind kind)
{
    return kind == OP_ELSE || kind == OP_EXCEPT || kind == OP_FINALLY;
}

static bool opens_control(enum op_kind kind)
{
    return kind == OP_IF || kind == OP_LOOP || kind == OP_TRY || kind == OP_WITH
           || kind == OP_COMPREHENSION;
}

uint32_t uses_control_around(const struct facts *facts, uint32_t op)
{
    const struct op *ops = facts->ops;
    uint32_t first = facts->scopes[facts_scope_of_op(facts, op)].first_op;
    bool is_part = is_part_of_control(ops[op].kind);
    for (uint32_t i = op; i-- > first;) {
        enum op_kind kind = ops[i].kind;
        if (kind == OP_END) {
            i = ops[i].b;
        } else if (opens_control(kind) || (is_part_of_control(kind) && !is_part)) {
            return i;
        }
    }
    return NONE;
}

bool uses_in_generator(const struct facts *facts, uint32_t op)
{
    while ((op = uses_control_around(facts, op)) != NONE) {
        if (facts->ops[op].kind == OP_COMPREHENSION && facts->ops[op].aux == CONTAINER_GENERATOR) {
            return true;
        }
    }
    return false;
}

bool uses_is_same_chain(const struct facts *facts, uint32_t value, uint32_t other)
{
    const struct op *a = &facts->ops[value];
    const struct op *b = &facts->ops[other];
    while (a->kind == OP_ATTRIBUTE && b->kind == OP_ATTRIBUTE && a->b == b->b) {
        a = &facts->ops[a->a];
        b = &facts->ops[b->a];
    }
    return a->kind == OP_LOAD && b->kind == OP_LOAD && a->a == b->a;
}

const char *uses_spell_chain(const struct facts *facts, uint32_t value, struct arena *arena)
{
    const char *rest = NULL;
    while (facts->ops[value].kind == OP_ATTRIBUTE) {
        const char *name = facts_name(facts, facts->ops[value].b);
        rest = rest == NULL ? name : arena_format(arena, "%s.%s", name, rest);
        value = facts->ops[value].a;
    }
    const struct op *root = &facts->ops[value];
    const char *first = root->kind == OP_LOAD ? variable_name(facts, root->a) : "";
    if (rest == NULL || *first == '\0') {
        return rest == NULL ? first : rest;
    }
    return arena_format(arena, "%s.%s", first, rest);
}

bool uses_is_part(const struct facts *facts, uint32_t outer, uint32_t inner)
{
    const struct op *whole = &facts->ops[outer];
    const struct op *part = &facts->ops[inner];
    return whole->start <= part->start && op_end(part) <= op_end(whole);
}
