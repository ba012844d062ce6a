/*
 * gc.get_objects() or gc.get_referrers() in ordinary code.
 *
 * Both walk all that the collector knows of.  Tests, and functions, classes and modules whose name
 * says that they look at memory, may; so may what somebody asks for under a condition about
 * debugging, and a module's own `if __name__ == "__main__"`.
 *
 * Off by default: nearly all that call them are tools for looking at memory, or reload code.
 */
#include "rule.h"

static const char *introspection(const struct facts *facts, uint32_t op)
{
    static const char *const functions[] = {"gc.get_objects", "gc.get_referrers", NULL};
    for (const char *const *name = functions; *name != NULL; name++) {
        if (facts_calls(facts, op, *name)) {
            return *name;
        }
    }
    return NULL;
}

/* Whether some condition around it is about debugging. */
static bool is_excused(const struct facts *facts, uint32_t call)
{
    for (uint32_t i = uses_control_around(facts, call); i != NONE;
         i = uses_control_around(facts, i)) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_IF && op->a != NONE && purpose_is_condition(facts, op->a)) {
            return true;
        }
    }
    return false;
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const char *name = introspection(facts, i);
        if (name != NULL && !is_excused(facts, i)
            && !purpose_is_inspection(check->program, file, facts_scope_of_op(facts, i))) {
            rule_report(check, place_of_op(file, &facts->ops[i]), name,
                        strcmp(name, "gc.get_objects") == 0 ? "makes a list of" : "searches");
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if ((facts_symbol(facts, "get_objects") != NONE
             || facts_symbol(facts, "get_referrers") != NONE)
            && !is_test_code(check->program, file)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_gc_introspection_in_production = {
    .code = "W9706",
    .name = "gc-introspection-in-production",
    .message = "%s() %s all containers of the process, half-made ones too",
    .why = "gc.get_objects() makes a list of every object that the collector tracks, and holds "
           "them all while the list lives; gc.get_referrers(x) visits every one of them to see "
           "whether it refers to x: a second for some million objects. What they return may be "
           "half-made or about to be freed: an extension's object that is not initialised yet can "
           "crash the interpreter when it is touched. The documentation allows them for debugging "
           "only. Untracked objects (str, int, instances without references, many dicts before "
           "3.14) are not among them.",
    .instead = "keep a weakref.WeakSet of the instances you want to find again; for debugging, put "
               "the call into a function whose name says so.",
    .since = "",
    .is_off = true,
    .check = check,
};
