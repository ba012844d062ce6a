/*
 * print.c - facts as text, for tests and for whoever wonders what a rule sees.
 */
#include "base/builder.h"
#include "facts/facts.h"

static const char *const op_names[N_OP_KINDS] = {
    [OP_NOTHING] = "NOTHING",
    [OP_CONSTANT] = "CONSTANT",
    [OP_LOAD] = "LOAD",
    [OP_ATTRIBUTE] = "ATTRIBUTE",
    [OP_ITEM] = "ITEM",
    [OP_SLICE] = "SLICE",
    [OP_CALL] = "CALL",
    [OP_ARGUMENT] = "ARGUMENT",
    [OP_DISPLAY] = "DISPLAY",
    [OP_ELEMENT] = "ELEMENT",
    [OP_COMPREHENSION] = "COMPREHENSION",
    [OP_COLLECT] = "COLLECT",
    [OP_FUNCTION] = "FUNCTION",
    [OP_CLASS] = "CLASS",
    [OP_UNARY] = "UNARY",
    [OP_BINARY] = "BINARY",
    [OP_COMPARE] = "COMPARE",
    [OP_EITHER] = "EITHER",
    [OP_AWAIT] = "AWAIT",
    [OP_YIELD] = "YIELD",
    [OP_YIELD_FROM] = "YIELD_FROM",
    [OP_NEXT] = "NEXT",
    [OP_UNPACKED] = "UNPACKED",
    [OP_ENTERED] = "ENTERED",
    [OP_CAUGHT] = "CAUGHT",
    [OP_MATCHED] = "MATCHED",
    [OP_IMPORT] = "IMPORT",
    [OP_IMPORT_FROM] = "IMPORT_FROM",
    [OP_IMPORT_STAR] = "IMPORT_STAR",
    [OP_TARGET_NAME] = "TARGET_NAME",
    [OP_TARGET_ATTRIBUTE] = "TARGET_ATTRIBUTE",
    [OP_TARGET_ITEM] = "TARGET_ITEM",
    [OP_STORE] = "STORE",
    [OP_DELETE] = "DELETE",
    [OP_ANNOTATE] = "ANNOTATE",
    [OP_EXPRESSION] = "EXPRESSION",
    [OP_RETURN] = "RETURN",
    [OP_RAISE] = "RAISE",
    [OP_ASSERT] = "ASSERT",
    [OP_GLOBAL] = "GLOBAL",
    [OP_NONLOCAL] = "NONLOCAL",
    [OP_IF] = "IF",
    [OP_ELSE] = "ELSE",
    [OP_LOOP] = "LOOP",
    [OP_TEST] = "TEST",
    [OP_BREAK] = "BREAK",
    [OP_CONTINUE] = "CONTINUE",
    [OP_TRY] = "TRY",
    [OP_EXCEPT] = "EXCEPT",
    [OP_FINALLY] = "FINALLY",
    [OP_WITH] = "WITH",
    [OP_END] = "END",
};

/* What an op's `a` and `b` mean. */
enum meaning { NOTHING, VALUE, SYMBOL, VARIABLE, SCOPE, COUNT };

struct shape {
    uint8_t a, b; /* enum meaning */
};

static const struct shape shapes[N_OP_KINDS] = {
    [OP_CONSTANT] = {SYMBOL, NOTHING},
    [OP_LOAD] = {VARIABLE, NOTHING},
    [OP_ATTRIBUTE] = {VALUE, SYMBOL},
    [OP_ITEM] = {VALUE, VALUE},
    [OP_CALL] = {VALUE, COUNT},
    [OP_ARGUMENT] = {VALUE, SYMBOL},
    [OP_DISPLAY] = {NOTHING, COUNT},
    [OP_ELEMENT] = {VALUE, VALUE},
    [OP_COMPREHENSION] = {NOTHING, VALUE},
    [OP_COLLECT] = {VALUE, VALUE},
    [OP_FUNCTION] = {SCOPE, NOTHING},
    [OP_CLASS] = {SCOPE, COUNT},
    [OP_UNARY] = {VALUE, NOTHING},
    [OP_BINARY] = {VALUE, VALUE},
    [OP_COMPARE] = {VALUE, VALUE},
    [OP_EITHER] = {VALUE, VALUE},
    [OP_AWAIT] = {VALUE, NOTHING},
    [OP_YIELD] = {VALUE, NOTHING},
    [OP_YIELD_FROM] = {VALUE, NOTHING},
    [OP_NEXT] = {VALUE, NOTHING},
    [OP_UNPACKED] = {VALUE, COUNT},
    [OP_ENTERED] = {VALUE, NOTHING},
    [OP_CAUGHT] = {VALUE, NOTHING},
    [OP_MATCHED] = {VALUE, NOTHING},
    [OP_IMPORT] = {SYMBOL, NOTHING},
    [OP_IMPORT_FROM] = {SYMBOL, SYMBOL},
    [OP_IMPORT_STAR] = {SYMBOL, NOTHING},
    [OP_TARGET_NAME] = {VARIABLE, NOTHING},
    [OP_TARGET_ATTRIBUTE] = {VALUE, SYMBOL},
    [OP_TARGET_ITEM] = {VALUE, VALUE},
    [OP_STORE] = {VALUE, VALUE},
    [OP_DELETE] = {VALUE, NOTHING},
    [OP_ANNOTATE] = {VALUE, VALUE},
    [OP_EXPRESSION] = {VALUE, NOTHING},
    [OP_RETURN] = {VALUE, NOTHING},
    [OP_RAISE] = {VALUE, VALUE},
    [OP_ASSERT] = {VALUE, NOTHING},
    [OP_GLOBAL] = {VARIABLE, NOTHING},
    [OP_NONLOCAL] = {VARIABLE, NOTHING},
    [OP_IF] = {VALUE, VALUE},
    [OP_ELSE] = {NOTHING, VALUE},
    [OP_LOOP] = {VALUE, VALUE},
    [OP_TEST] = {VALUE, NOTHING},
    [OP_BREAK] = {NOTHING, VALUE},
    [OP_CONTINUE] = {NOTHING, VALUE},
    [OP_TRY] = {NOTHING, VALUE},
    [OP_EXCEPT] = {NOTHING, VALUE},
    [OP_FINALLY] = {NOTHING, VALUE},
    [OP_WITH] = {VALUE, VALUE},
    [OP_END] = {NOTHING, VALUE},
};

static void print_field(const struct facts *facts, struct builder *out, uint8_t meaning, uint32_t x)
{
    if (meaning == NOTHING) {
        return;
    }
    if (x == NONE) {
        builder_add(out, " -");
    } else if (meaning == VALUE) {
        builder_addf(out, " %%%u", x);
    } else if (meaning == SYMBOL) {
        builder_addf(out, " '%s'", facts_name(facts, x));
    } else if (meaning == VARIABLE) {
        builder_addf(out, " %s", variable_name(facts, x));
    } else {
        builder_addf(out, meaning == SCOPE ? " scope %u" : " %u", x);
    }
}

static void print_op(const struct facts *facts, struct builder *out, uint32_t i)
{
    const struct op *op = &facts->ops[i];
    builder_addf(out, "  %4u  %s", i, op_names[op->kind]);
    print_field(facts, out, shapes[op->kind].a, op->a);
    print_field(facts, out, shapes[op->kind].b, op->b);
    if (op->aux != 0) {
        builder_addf(out, " aux %u", op->aux);
    }
    if (op->flags != 0) {
        builder_addf(out, " flags %u", op->flags);
    }
    builder_add_char(out, '\n');
}

static void print_variables(const struct facts *facts, struct builder *out,
                            const struct scope *scope)
{
    for (uint32_t i = scope->first_variable; i < scope->first_variable + scope->n_variables; i++) {
        builder_addf(out, "  variable %s flags %u\n", variable_name(facts, i),
                     facts->variables[i].flags);
    }
}

void facts_print(const struct facts *facts, struct builder *out)
{
    struct arena arena = {0};
    for (uint32_t i = 0; i < facts->n_scopes; i++) {
        const struct scope *scope = &facts->scopes[i];
        builder_addf(out, "scope %u %s kind %u flags %u bytes %u-%u\n", i,
                     facts_qualified_name(facts, i, &arena), scope->kind, scope->flags,
                     scope->start, scope->end);
        print_variables(facts, out, scope);
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
            print_op(facts, out, op);
        }
    }
    arena_free(&arena);
}
