/*
 * `__del__` does more than release what it holds.
 *
 * Counted are the calls that `__del__` makes itself, but for questions (hasattr, isinstance, …) and
 * warnings, and its loops, conditions, handlers and nested functions.
 */
#include "rule.h"

static bool counts(const struct facts *facts, uint32_t i)
{
    static const char *const questions[] = {"hasattr", "getattr", "isinstance", "callable",
                                            "super",   "type",    "len",        NULL};
    const struct op *op = &facts->ops[i];
    switch (op->kind) {
    case OP_IF:
    case OP_LOOP:
    case OP_TRY:
    case OP_WITH:
    case OP_FUNCTION:
    case OP_CLASS:
        return true;
    case OP_CALL:
        return !facts_calls(facts, i, "warnings.warn")
               && (facts->ops[op->a].kind != OP_LOAD
                   || !is_builtin_variable(facts, facts->ops[op->a].a)
                   || !words_have(questions, variable_name(facts, facts->ops[op->a].a)));
    default:
        return false;
    }
}

static void check_class(struct check *check, uint32_t class)
{
    struct method method;
    if (!classes_own_method(check->program, class, "__del__", &method)
        || is_test_code(check->program, method.file)) {
        return;
    }
    const struct facts *facts = check->program->files[method.file];
    const struct scope *scope = &facts->scopes[method.scope];
    unsigned n = 0;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        n += counts(facts, i);
    }
    if (n > (unsigned)check->limit) {
        rule_report(check, (struct place){method.file, scope->name_start, scope->name_end}, n);
    }
}

static void check(struct check *check)
{
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        check_class(check, class);
    }
}

const struct rule rule_del_too_complex = {
    .code = "R9213",
    .name = "del-too-complex",
    .message = "'__del__' has %u calls and branches: more than releasing what the object holds",
    .why = "`__del__` runs at a moment that nobody chose, between any two instructions of any "
           "thread, perhaps with half of the object set, perhaps while the interpreter goes down. "
           "Exceptions in it are printed and dropped, a debugger and a profiler show it under "
           "whatever line happened to let go, and tests that keep a reference never reach it. "
           "Each step more is one more that fails there unseen.",
    .instead = "Do the work in close(), which can be called, tested and awaited; let `__del__` "
               "release one handle, or warn that nobody called close().",
    .since = "",
    .limit_name = "max-parts",
    .limit_help =
        "How many calls and branches a finalizer may have; of 241 in the standard library "
        "and forty packages nine in ten have at most six",
    .limit = 9,
    .check = check,
};
