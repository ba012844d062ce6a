/*
 * gc.set_debug() with DEBUG_SAVEALL or DEBUG_LEAK: nothing that a collection finds is freed.
 *
 * Reported unless the file sets it back (another gc.set_debug() without these flags), asks for it
 * under a condition, or is a test or a tool that looks at gc.garbage.
 */
#include "rule.h"

/* The flag that keeps everything, as far as the argument's text names one; NULL if none. */
static const char *keeping_flag(const struct facts *facts, uint32_t call)
{
    static const char *const flags[] = {"gc.DEBUG_SAVEALL", "gc.DEBUG_LEAK", NULL};
    uint32_t argument = facts_argument(facts, call, 0, "flags");
    for (uint32_t i = facts->scopes[facts_scope_of_op(facts, call)].first_op;
         argument != NONE && i <= call; i++) {
        for (const char *const *flag = flags; *flag != NULL; flag++) {
            if (uses_is_part(facts, argument, i) && facts_spells(facts, i, *flag)) {
                return *flag;
            }
        }
    }
    return NULL;
}

static bool is_set_back(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts_calls(facts, i, "gc.set_debug") && keeping_flag(facts, i) == NULL) {
            return true;
        }
    }
    return false;
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const char *flag = facts_calls(facts, i, "gc.set_debug") ? keeping_flag(facts, i) : NULL;
        if (flag != NULL && !purpose_is_asked_for(facts, i)) {
            struct place place = place_of_op(file, &facts->ops[i]);
            struct finding *finding = rule_report(check, place, flag);
            finding_remove_call(check, finding, file, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "set_debug") != NONE && facts_symbol(facts, "garbage") == NONE
            && !is_test_code(check->program, file) && !is_set_back(facts)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_gc_debug_left_on = {
    .code = "W9703",
    .name = "gc-debug-left-on",
    .message = "with %s the collector frees nothing: all it finds stays in gc.garbage",
    .why = "DEBUG_SAVEALL, which DEBUG_LEAK includes, makes the collector append every unreachable "
           "object to gc.garbage instead of freeing it. Left on, each reference cycle of the "
           "program stays in memory until the process ends; DEBUG_LEAK also writes a line to "
           "stderr for each.",
    .instead = "gc.set_debug(0) when the hunt is over; gc.DEBUG_STATS and DEBUG_UNCOLLECTABLE keep "
               "nothing.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
