/*
 * `x.__del__()`: the finalizer is run by hand, and once more when the object really goes.
 *
 * Passing on to a base class inside `__del__` (`super().__del__()`, `Base.__del__(self)`) is the
 * way Python wants it.  A test may call what it tests.
 */
#include "rule.h"

static bool is_super_call(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CALL && facts_spells(facts, op->a, "super");
}

static bool is_in_finalizer(const struct facts *facts, uint32_t op)
{
    uint32_t scope = facts_scope_of_op(facts, op);
    return strcmp(facts_name(facts, facts->scopes[scope].name), "__del__") == 0;
}

/* `Base.__del__(self)`, whatever Base is. */
static bool passes_self(const struct facts *facts, uint32_t call)
{
    uint32_t argument = facts_argument(facts, call, 0, NULL);
    return argument != NONE && is_in_finalizer(facts, call) && classes_is_self(facts, argument);
}

static bool is_explicit_call(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    return callee->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, callee->b), "__del__") == 0
           && !is_super_call(facts, callee->a) && !passes_self(facts, call);
}

static void check(struct check *check)
{
    const struct program *program = check->program;
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        if (facts_symbol(facts, "__del__") == NONE || is_test_code(program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL && is_explicit_call(facts, i)) {
                rule_report(check, place_of_op(file, &facts->ops[i]));
            }
        }
    }
}

const struct rule rule_explicit_del_call = {
    .code = "W9211",
    .name = "explicit-del-call",
    .message = "'__del__' is called by hand; it runs again when the object is freed",
    .why =
        "`__del__` is what CPython calls when the last reference has gone. Called by hand it is "
        "an ordinary method: the object lives on, and CPython calls the finalizer once more "
        "later, so whatever it releases is released twice; a file descriptor closed twice may by "
        "then be somebody else's.",
    .instead = "Give the class a close() that may be called twice, and let both `__del__` and the "
               "caller call that.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
