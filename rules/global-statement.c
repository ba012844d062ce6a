/*
 * A function changes the module's state through `global`.
 *
 * As pylint's W0603: once a statement, and only when each of its names is really rebound there; the
 * other uses have rules of their own.  Silent in a module's __getattr__, which PEP 562 leaves no
 * other way, and in test code, whose setUpModule() has none either.  Off by default: most that it
 * finds are settings and things made when they are first needed, and growing-global tells of what
 * costs memory.
 */
#include "rule.h"

/* Whether every name of the statement is rebound in the scope and bound in the module. */
static bool only_rebinds(const struct program *program, uint32_t file, const struct mark *mark)
{
    const struct facts *facts = program->files[file];
    const struct scope *scope = &facts->scopes[mark->scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_GLOBAL && op->start >= mark->start && op->start < mark->end
            && globals_judge(program, file, i) != GLOBAL_REBOUND) {
            return false;
        }
    }
    return true;
}

static void check(struct check *check)
{
    const struct program *program = check->program;
    for (uint32_t file = 0; file < program->n_files; file++) {
        if (is_test_code(program, file)) {
            continue;
        }
        const struct mark *mark = NULL;
        while ((mark = rule_next_mark(check, file, mark)) != NULL) {
            if (mark->scope != 0 && only_rebinds(program, file, mark)) {
                rule_report(check, (struct place){file, mark->start, mark->end});
            }
        }
    }
}

const struct rule rule_global_statement = {
    .code = "W9401",
    .name = "global-statement",
    .message = "using the global statement",
    .why = "The function changes a name of its module, so what it does depends on who called what "
           "before, in every thread and every test of the process: there is one such state, it is "
           "never freed, and two users of the module cannot have one each. It is fine for what "
           "really exists once in a process and is set once, such as a lazily made connection.",
    .instead = "Keep the state in an object that is passed along, or made once in the module; a "
               "method changes an attribute without `global`.",
    .since = "",
    .is_off = true,
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
