/*
 * A weak reference to what cannot have one: TypeError as soon as the line runs.
 *
 * Tests of weak references run such lines on purpose.
 */
#include "rule.h"

static void check_op(struct check *check, uint32_t file, uint32_t op)
{
    const struct facts *facts = check->program->files[file];
    struct weak_reference reference;
    if (!weakrefs_made_by(check->program, file, op, &reference)) {
        return;
    }
    bool is_certain;
    const char *what =
        weakrefs_refused(check->program, file, reference.referent, &check->scratch, &is_certain);
    if (what != NULL) {
        struct finding *finding = rule_report(
            check, place_of_op(file, &facts->ops[reference.referent]), reference.maker, what);
        finding->confidence = is_certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "weakref") == NONE || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            check_op(check, file, i);
        }
    }
}

const struct rule rule_not_weakly_referenceable = {
    .code = "E9502",
    .name = "not-weakly-referenceable",
    .message = "%s cannot refer weakly to %s",
    .why = "A weak reference needs room in the object for the list of its weak references. list, "
           "dict, str and the other small builtins have none; their subclasses do, except those of "
           "int, tuple and bytes; a class with __slots__ has none unless it or a base says "
           "__weakref__. The call raises a TypeError: \"cannot create weak reference\".",
    .instead = "Add \"__weakref__\" to __slots__ (weakref_slot=True for a dataclass, since 3.11), "
               "or refer to an object that holds the value.",
    .since = "",
    .check = check,
};
