/*
 * The callback of a weak reference holds the object whose death it waits for.
 *
 * weakref.ref(obj, callback) and weakref.proxy(obj, callback) hold the callback strongly.  A method
 * of obj, a closure over it or a partial with it keeps obj for as long as the weak reference lives,
 * so the reference is a strong one, and the callback is never called.
 */
#include "rule.h"

static const char *name_of_maker(const struct facts *facts, uint32_t callee)
{
    return facts_spells(facts, callee, "weakref.ref")             ? "weakref.ref()"
           : facts_spells(facts, callee, "weakref.ReferenceType") ? "weakref.ref()"
           : facts_spells(facts, callee, "weakref.proxy")         ? "weakref.proxy()"
                                                                  : NULL;
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    uint32_t callback = facts_argument(facts, call, 1, NULL);
    const char *maker = name_of_maker(facts, facts->ops[call].a);
    if (maker == NULL || object == NONE || callback == NONE) {
        return;
    }
    const char *how = holders_describe(check->program, file, callback, object, &check->scratch);
    if (how != NULL) {
        rule_report(check, place_of_op(file, &facts->ops[callback]), maker, how);
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
            if (facts->ops[i].kind == OP_CALL) {
                check_call(check, file, i);
            }
        }
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
