/*
 * `global` in the module itself, where every name is global already.
 */
#include "rule.h"

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct mark *mark = NULL;
        while ((mark = rule_next_mark(check, file, mark)) != NULL) {
            if (mark->scope == 0) {
                struct place place = {file, mark->start, mark->end};
                struct finding *finding = rule_report(check, place);
                finding_change(check, finding, CHANGE_REMOVE, place, "%s", "");
                finding->fix_is_safe = true;
            }
        }
    }
}

const struct rule rule_global_at_module_level = {
    .code = "W9404",
    .name = "global-at-module-level",
    .message = "using the global statement at the module level",
    .why =
        "What the module binds is global anyway, so the statement says nothing. It is often left "
        "over from code that was moved out of a function, or written in the belief that it "
        "makes a name visible in other modules, which it does not.",
    .instead = "Remove the statement.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
