/*
 * A class that a function makes because making it is what it is for: a factory, a lazy import.
 *
 * What class-made-per-call leaves out.  It is no mistake, but when the class is no longer needed,
 * only the cyclic collector frees it, as every class.
 */
#include "rule.h"

/* What class-made-per-call is sure of. */
static bool is_told(struct check *check, struct made_class_memory *memory, uint32_t file,
                    const struct made_class *made)
{
    return made->is_used_here && made->is_made_often
           && made_class_again_and_again(check->program, memory, file, made);
}

static void check_made_class(struct check *check, struct made_class_memory *memory, uint32_t file,
                             const struct made_class *made)
{
    if (is_test_code(check->program, file) || is_told(check, memory, file, made)) {
        return;
    }
    const struct facts *facts = check->program->files[file];
    struct finding *finding = rule_report(check, made->place, made->name,
                                          facts_name(facts, facts->scopes[made->function].name));
    cycle_of_made_class(check, finding, made);
}

static void check(struct check *check)
{
    rule_each_made_class(check, check_made_class);
}

const struct rule rule_class_made_at_run_time = {
    .code = "I9113",
    .name = "class-made-at-run-time",
    .message = "class '%s' is made by '%s', and holds itself",
    .why = "A class is always part of reference cycles with itself: its __mro__, its descriptors, "
           "the __class__ cell of methods that say super(). One that a function made is garbage "
           "when nobody uses it any more, and stays until the cyclic collector examines its "
           "generation; every instance, and what the class body captured, waits with it.",
    .instead = "Nothing, where the function runs a few times. Where it runs often, keep what it "
               "made: functools.lru_cache on the factory, or a dict by its arguments.",
    .since = "",
    .is_off = true,
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
