/*
 * check.c - whether facts that come from outside hold together.
 *
 * A checksum tells damage; this tells facts that somebody made up.  Whoever reads facts follows
 * their indices without looking, so each must lie inside its array, and what is followed in a loop
 * must lead towards one end: values to earlier ops, scopes to earlier parents and later children.
 */
#include "store/check.h"

#include "store/operands.h"

/* Whether `first` and the `n - 1` after it are less than `limit`. */
static bool is_run(uint32_t first, uint32_t n, uint32_t limit)
{
    return n == 0 || (n <= limit && first <= limit - n);
}

static bool is_or_none(uint32_t index, uint32_t limit)
{
    return index < limit || index == NONE;
}

static bool is_operand(const struct facts *facts, uint32_t op, enum operand operand, uint32_t x)
{
    switch (operand) {
    case ANYTHING:
        return true;
    case VALUE:
        return x < op;
    case VALUE_OR:
        return is_or_none(x, op);
    case PLACE:
        return x < facts->n_ops;
    case COUNT:
        return is_run(op + 1, x, facts->n_ops);
    case SYMBOL:
        return x < facts->n_symbols;
    case SYMBOL_OR:
        return is_or_none(x, facts->n_symbols);
    case VARIABLE:
        return x < facts->n_variables;
    case SCOPE:
        return x < facts->n_scopes;
    }
    return false;
}

static bool check_ops(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind >= N_OP_KINDS || !is_operand(facts, i, op_operands[op->kind][0], op->a)
            || !is_operand(facts, i, op_operands[op->kind][1], op->b)) {
            return false;
        }
    }
    return true;
}

static bool check_names(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_symbols; i++) {
        uint32_t start = facts->name_offsets[i], end = facts->name_offsets[i + 1];
        if (start >= end || end > facts->name_offsets[facts->n_symbols]
            || facts->names[end - 1] != '\0') {
            return false;
        }
    }
    return facts->name_offsets[0] == 0;
}

/* A look-up walks until it meets an empty slot, so there must be one. */
static bool check_symbol_slots(const struct facts *facts)
{
    uint32_t n = facts->n_symbol_slots, n_empty = 0;
    for (uint32_t i = 0; i < n; i++) {
        n_empty += facts->symbol_slots[i] == 0;
        if (facts->symbol_slots[i] > facts->n_symbols) {
            return false;
        }
    }
    return n == 0 || n_empty > 0;
}

static bool check_scope(const struct facts *facts, uint32_t index)
{
    const struct scope *scope = &facts->scopes[index];
    bool has_place = index == 0 ? scope->parent == NONE && scope->kind == SCOPE_MODULE
                                : scope->parent < index && scope->kind <= SCOPE_LAMBDA;
    return has_place && scope->name < facts->n_symbols
           && is_or_none(scope->defined_at, facts->n_ops)
           && is_or_none(scope->returns, facts->n_ops)
           && is_run(scope->first_op, scope->n_ops, facts->n_ops)
           && is_run(scope->first_parameter, scope->n_parameters, facts->n_parameters)
           && is_run(scope->first_variable, scope->n_variables, facts->n_variables)
           && is_run(scope->first_child, scope->n_children, facts->n_scopes)
           && (scope->n_children == 0 || scope->first_child > index);
}

static bool check_scopes(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_scopes; i++) {
        if (!check_scope(facts, i)) {
            return false;
        }
    }
    return facts->n_scopes > 0;
}

static bool check_variables(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_variables; i++) {
        if (facts->variables[i].name >= facts->n_symbols
            || facts->variables[i].scope >= facts->n_scopes
            || (facts->variables[i].value != NONE && facts->variables[i].value >= facts->n_ops)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < facts->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[i];
        if (parameter->variable >= facts->n_variables || parameter->kind > PARAMETER_DOUBLE_STAR
            || !is_or_none(parameter->default_value, facts->n_ops)
            || !is_or_none(parameter->annotation, facts->n_ops)) {
            return false;
        }
    }
    return true;
}

/* Whether `start` to `end` is a piece of the text. */
static bool is_text(const struct facts *facts, uint32_t start, uint32_t end)
{
    return start <= end && end <= facts->n_bytes;
}

/* Which rules there are is the store's business: its producer value stands for them. */
static bool check_marks(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_marks; i++) {
        const struct mark *mark = &facts->marks[i];
        if (mark->scope >= facts->n_scopes || !is_text(facts, mark->start, mark->end)
            || !is_run(mark->first_capture, mark->n_captures, facts->n_captures)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < facts->n_captures; i++) {
        const struct capture *capture = &facts->captures[i];
        if (capture->name >= facts->n_symbols || capture->text >= facts->n_symbols
            || !is_text(facts, capture->start, capture->end)) {
            return false;
        }
    }
    return true;
}

static bool check_directives(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_directives; i++) {
        const struct directive *directive = &facts->directives[i];
        if (directive->scope >= facts->n_scopes || directive->text >= facts->n_symbols
            || !is_text(facts, directive->start, directive->end)) {
            return false;
        }
    }
    return true;
}

bool facts_hold_together(const struct facts *facts)
{
    return check_names(facts) && check_symbol_slots(facts) && check_scopes(facts)
           && check_variables(facts) && (facts->ops == NULL || check_ops(facts))
           && check_marks(facts) && check_directives(facts);
}
