/*
 * gc.freeze() where it freezes too little or too much.
 *
 *   in the child       after os.fork(): the pages are shared already, and copied when touched
 *   before imports     at module level, with import statements after it: those modules are not
 *                      frozen
 *   in a loop          each time, whatever is under way becomes permanent
 *   uncollected        without gc.collect() or gc.disable() anywhere in the program: garbage that
 *                      waits for the collector is frozen too, and never freed
 *
 * A program that also calls gc.unfreeze() has a policy of its own.
 */
#include "rule.h"

/* ---- what else the program says ---- */

static bool file_calls(const struct facts *facts, const char *attribute, const char *dotted)
{
    for (uint32_t i = 0; facts_symbol(facts, attribute) != NONE && i < facts->n_ops; i++) {
        if (facts_calls(facts, i, dotted)) {
            return true;
        }
    }
    return false;
}

static bool program_calls(const struct program *program, const char *attribute, const char *dotted)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        if (file_calls(program->files[file], attribute, dotted)) {
            return true;
        }
    }
    return false;
}

/* ---- where the call stands ---- */

/* Whether a condition is what os.fork() gave, its negation, or a comparison of it. */
static bool asks_fork(const struct facts *facts, uint32_t condition)
{
    const struct op *op = &facts->ops[condition];
    bool is_composed = op->kind == OP_COMPARE || op->kind == OP_UNARY;
    return facts_calls(facts, uses_origin(facts, is_composed ? op->a : condition), "os.fork")
           || (op->kind == OP_COMPARE && facts_calls(facts, uses_origin(facts, op->b), "os.fork"));
}

/* Whether the call stands on the side of an `if` that a child takes: `== 0`, `not pid`. */
static bool is_in_child(const struct facts *facts, uint32_t call)
{
    for (uint32_t i = uses_control_around(facts, call); i != NONE;
         i = uses_control_around(facts, i)) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_IF && op->a != NONE && asks_fork(facts, op->a)) {
            const struct op *condition = &facts->ops[op->a];
            return !(op->flags & OP_IS_NEGATED)
                   && (condition->kind == OP_UNARY
                       || (condition->kind == OP_COMPARE && condition->aux == OPERATOR_EQUAL));
        }
    }
    return false;
}

static bool is_in_loop(const struct facts *facts, uint32_t call)
{
    for (uint32_t i = uses_control_around(facts, call); i != NONE;
         i = uses_control_around(facts, i)) {
        if (facts->ops[i].kind == OP_LOOP) {
            return true;
        }
    }
    return false;
}

/* The first import statement of the module's own body after the call; NONE if there is none. */
static uint32_t import_after(const struct facts *facts, uint32_t call)
{
    const struct scope *module = &facts->scopes[0];
    if (call >= module->first_op + module->n_ops) {
        return NONE;
    }
    for (uint32_t i = call + 1; i < module->first_op + module->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if ((kind == OP_IMPORT || kind == OP_IMPORT_FROM || kind == OP_IMPORT_STAR)
            && uses_control_around(facts, i) == NONE) {
            return i;
        }
    }
    return NONE;
}

/* ---- the finding ---- */

static void check_call(struct check *check, uint32_t file, uint32_t call, bool is_collected)
{
    const struct facts *facts = check->program->files[file];
    struct place place = place_of_op(file, &facts->ops[call]);
    uint32_t import = import_after(facts, call);
    if (is_in_child(facts, call)) {
        rule_report(check, place, "in the child comes too late to keep its pages shared");
    } else if (import != NONE) {
        struct finding *finding =
            rule_report(check, place, "comes too early: what is imported after it is not frozen");
        finding_relate(check, finding, place_of_op(file, &facts->ops[import]), "imported here");
    } else if (is_in_loop(facts, call)) {
        rule_report(check, place, "in a loop makes permanent whatever is under way each time");
    } else if (!is_collected) {
        rule_report(check, place,
                    "without a gc.collect() or gc.disable() before it freezes garbage, too, which "
                    "is then never freed");
    }
}

static void check(struct check *check)
{
    const struct program *program = check->program;
    if (!program_calls(program, "freeze", "gc.freeze")
        || program_calls(program, "unfreeze", "gc.unfreeze")) {
        return;
    }
    bool is_collected = program_calls(program, "collect", "gc.collect")
                        || program_calls(program, "disable", "gc.disable");
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        if (facts_symbol(facts, "freeze") == NONE || is_test_code(program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts_calls(facts, i, "gc.freeze")) {
                check_call(check, file, i, is_collected);
            }
        }
    }
}

const struct rule rule_gc_freeze_misplaced = {
    .code = "W9705",
    .name = "gc-freeze-misplaced",
    .message = "gc.freeze() %s",
    .why = "gc.freeze() moves every object that the collector knows into a permanent generation, "
           "which no later collection examines. That keeps a forked child from writing into the "
           "pages it shares with its parent, and makes each full collection shorter by all that "
           "was loaded. But only what exists at that moment is frozen; unreachable cycles that "
           "were not collected yet are frozen with the rest and stay until the process ends; and "
           "in a child the copying has begun already.",
    .instead = "in the parent: gc.disable() early, load everything, gc.freeze() right before "
               "os.fork(), gc.enable() in the child; without a fork: gc.collect(), then "
               "gc.freeze(), once, when all is loaded.",
    .since = "3.7",
    .check = check,
};
