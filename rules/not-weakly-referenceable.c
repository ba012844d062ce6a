/*
 * A weak reference to what cannot have one: TypeError as soon as the line runs.
 *
 * Tests of weak references run such lines on purpose.
 */
#include "rule.h"

static void check(struct check *check)
{
    struct weak_reference_site site = WEAKREFS_FIRST;
    while (weakrefs_next(check->program, &site)) {
        uint32_t referent = site.reference.referent;
        bool is_certain;
        const char *what =
            weakrefs_refused(check->program, site.file, referent, &check->scratch, &is_certain);
        if (what != NULL) {
            const struct op *op = &check->program->files[site.file]->ops[referent];
            struct finding *finding =
                rule_report(check, place_of_op(site.file, op), site.reference.maker, what);
            finding->confidence = is_certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
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
