/*
 * `global x` where the module itself never binds x: it exists only after the function ran.
 *
 * As pylint's W0601, without its false alarms: names from `import *`, under `if`, `try`, `for` or
 * `with`, only annotated, set through globals(), or set by a function the module calls while it is
 * imported.  An import inside the function is not reported: who uses the name has just bound it.
 * Nor is a name that no other function of the module uses: there is nobody to come too early; nor
 * one of a function that asks globals() what is there.  A decorator may have called the function
 * while the module is loaded: then it is only possible.
 */
#include "rule.h"

/* Whether a function other than the one that declares it loads the name. */
static bool is_used_elsewhere(const struct facts *facts, uint32_t declaration)
{
    uint32_t name = facts->variables[facts->ops[declaration].a].name;
    uint32_t home = facts_scope_of_op(facts, declaration);
    const struct scope *s = &facts->scopes[home];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_at_home = i >= s->first_op && i < s->first_op + s->n_ops;
        if (op->kind == OP_LOAD && !is_at_home && facts->variables[op->a].name == name
            && is_global_variable(facts, op->a)) {
            return true;
        }
    }
    return false;
}

/* `if "name" in globals()`: the function knows that the module begins without it. */
static bool asks_globals(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL && facts_spells(facts, facts->ops[i].a, "globals")) {
            return true;
        }
    }
    return false;
}

/* Whether a decorator may call the function while the module is loaded: any that is not known. */
static bool may_be_called_by_decorator(const struct facts *facts, uint32_t scope)
{
    static const char *const known[] = {"staticmethod",
                                        "classmethod",
                                        "property",
                                        "functools.cache",
                                        "functools.lru_cache",
                                        "functools.wraps",
                                        "contextlib.contextmanager",
                                        "contextlib.asynccontextmanager"};
    if (facts_first_decorator(facts, scope) == NONE) {
        return false;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (facts_find_decorator(facts, scope, known[i]) != NONE) {
            return false;
        }
    }
    return true;
}

static void report(struct check *check, uint32_t file, const struct op *op, bool is_doubtful)
{
    const struct facts *facts = check->program->files[file];
    struct finding *finding =
        rule_report(check, place_of_op(file, op), variable_name(facts, op->a));
    finding->confidence = is_doubtful ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_GLOBAL && globals_judge(check->program, file, i) == GLOBAL_UNDEFINED
            && is_used_elsewhere(facts, i)) {
            uint32_t home = facts_scope_of_op(facts, i);
            if (!asks_globals(facts, home)) {
                report(check, file, op, may_be_called_by_decorator(facts, home));
            }
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (!is_test_code(check->program, file)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_global_variable_undefined = {
    .code = "W9402",
    .name = "global-variable-undefined",
    .message = "global variable '%s' is not defined at module level",
    .why = "The name comes into being when the function first runs. Whoever reads it before, or "
           "imports it from the module, gets a NameError or an ImportError; which of them runs "
           "first is decided elsewhere, and readers of the module find no place that says the name "
           "exists. Fine where the function that binds it is called while the module is loaded.",
    .instead = "Bind the name in the module, to None if there is nothing better yet.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
