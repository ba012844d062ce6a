/*
 * `global x` in a function that never binds x: the statement does nothing.
 *
 * As pylint's W0602.  All that binds or unbinds counts (import, def, class, for, with, except,
 * `:=`, del, patterns), and so does an enclosing function's local of the same name, past which only
 * `global` can read.
 */
#include "rule.h"

static void check(struct check *check)
{
    const struct program *program = check->program;
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            const struct op *op = &facts->ops[i];
            if (op->kind == OP_GLOBAL && globals_judge(program, file, i) == GLOBAL_NOT_ASSIGNED) {
                struct place place = place_of_op(file, op);
                struct finding *finding = rule_report(check, place, variable_name(facts, op->a));
                finding_change(check, finding, CHANGE_REMOVE_NAME, place, "%s", "");
                finding->fix_is_safe = true;
            }
        }
    }
}

const struct rule rule_global_not_assigned = {
    .code = "W9403",
    .name = "global-not-assigned",
    .message = "global for '%s' but the function does not assign it",
    .why =
        "Reading a module's name, calling its methods and storing in its items need no `global`. "
        "The statement does nothing, but tells the reader to look for an assignment; and when "
        "one is written later by mistake, it changes the module where it would have made a "
        "local.",
    .instead = "Remove the name from the global statement.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
