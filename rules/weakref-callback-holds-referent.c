/*
 * The callback of a weak reference holds the object whose death it waits for.
 *
 * weakref.ref(obj, callback) and weakref.proxy(obj, callback) hold the callback strongly.  A method
 * of obj, a closure over it or a partial with it keeps obj for as long as the weak reference lives,
 * so the reference is a strong one, and the callback is never called.
 */
#include "rule.h"

/* `weakref.ref(obj, obj.close)`: what is called of obj is a method of it, whatever its class. */
static bool is_method_of(const struct facts *facts, uint32_t callback, uint32_t referent)
{
    const struct op *op = &facts->ops[callback];
    return op->kind == OP_ATTRIBUTE && uses_is_same_chain(facts, op->a, referent);
}

static void check_reference(struct check *check, const struct weak_reference_site *site)
{
    const struct facts *facts = check->program->files[site->file];
    const char *maker = site->reference.maker;
    if (strcmp(maker, "weakref.ref()") != 0 && strcmp(maker, "weakref.proxy()") != 0) {
        return;
    }
    uint32_t callback = facts_argument(facts, site->op, 1, NULL);
    const char *how = callback == NONE
                          ? NULL
                          : holders_describe(check->program, site->file, callback,
                                             site->reference.referent, &check->scratch);
    if (how == NULL && callback != NONE
        && is_method_of(facts, callback, site->reference.referent)) {
        how = arena_format(&check->scratch, "'%s'",
                           uses_spell_chain(facts, callback, &check->scratch));
    }
    if (how != NULL) {
        rule_report(check, place_of_op(site->file, &facts->ops[callback]), maker, how);
    }
}

static void check(struct check *check)
{
    struct weak_reference_site site = WEAKREFS_FIRST;
    while (weakrefs_next(check->program, &site)) {
        check_reference(check, &site);
    }
}

const struct rule rule_weakref_callback_holds_referent = {
    .code = "W9504",
    .name = "weakref-callback-holds-referent",
    .message = "the callback of %s is %s: it keeps alive what it waits for",
    .why = "A weak reference holds its callback strongly. When the callback holds the object "
           "itself, as a bound method or closure does, the object lives as long as the weak "
           "reference, which is then as good as a strong one: the callback is never called, and "
           "the table it should clean up only grows.",
    .instead = "a function that knows the key but not the object: "
               "weakref.ref(obj, functools.partial(table.pop, key)); or a weak reference to what "
               "the callback needs.",
    .since = "",
    .check = check,
};
