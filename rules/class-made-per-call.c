/*
 * A class made inside a function, and used only there: one more class at every call.
 *
 * A class is always part of a cycle (it is in its own __mro__, its methods and descriptors point
 * back to it), so each call leaves some seven objects that only the cyclic collector frees.  Silent
 * where making the class is the function's purpose (it is returned, stored, handed on, decorated),
 * where the function's results are cached, and in tests.
 *
 * Whether the function runs often is told by who calls it: less sure of are those with a name for
 * what is done once, and those that one place calls, outside of any loop; and those that import the
 * class's base themselves, which would otherwise be imported with the module.
 */
#include "rule.h"

/* Whether a base is a name of the function: what it imports there only when it is needed, or was
 * given. */
static bool has_local_base(const struct facts *facts, const struct made_class *made)
{
    const struct op *class = &facts->ops[made->op];
    for (uint32_t i = made->op + 1; class->kind == OP_CLASS && i <= made->op + class->b; i++) {
        const struct op *base = &facts->ops[facts->ops[i].a];
        while (base->kind == OP_ATTRIBUTE || base->kind == OP_ITEM) {
            base = &facts->ops[base->a];
        }
        if (base->kind == OP_LOAD && !is_global_variable(facts, base->a)) {
            return true;
        }
    }
    return false;
}

static void check_made_class(struct check *check, struct made_class_memory *memory, uint32_t file,
                             const struct made_class *made)
{
    if (!made->is_used_here || !made->is_made_often || is_test_code(check->program, file)) {
        return;
    }
    const struct facts *facts = check->program->files[file];
    bool is_often = made_class_again_and_again(check->program, memory, file, made)
                    && !has_local_base(facts, made);
    struct finding *finding = rule_report(check, made->place, variable_name(facts, made->variable),
                                          facts_name(facts, facts->scopes[made->function].name));
    finding->confidence = is_often ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    cycle_of_made_class(check, finding, made);
}

static void check(struct check *check)
{
    rule_each_made_class(check, check_made_class);
}

const struct rule rule_class_made_per_call = {
    .code = "R9108",
    .name = "class-made-per-call",
    .message = "class '%s' is made anew at every call of '%s'",
    .why = "A class is always part of a reference cycle with itself: its __mro__, its __dict__ and "
           "its descriptors point back to it. Each call leaves such a class, some seven objects, "
           "until the cyclic collector runs, and making it costs far more than making an instance: "
           "ten to thirty microseconds. Objects of two such classes are not of one class, so "
           "isinstance() and pickle fail on them. Fine in a function that runs a few times, or "
           "where the class depends on what the call is given.",
    .instead = "Make the class once, at module level, and pass it what it needs.",
    .since = "",
    .check = check,
};
