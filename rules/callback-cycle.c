/*
 * An object's own bound method is held, directly or through what it owns, by the object.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_callback_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_CALLBACK;
}

static void check(struct check *check)
{
    cycles_report(check, is_callback_cycle);
}

const struct rule rule_callback_cycle = {
    .code = "W9102",
    .name = "callback-cycle",
    .message = "%s",
    .why = "A bound method holds its object. An object that keeps one of its own methods, in an "
           "attribute, a timer, a partial or a registry that it owns, therefore keeps itself: it "
           "is freed only when the cyclic collector examines its generation, and everything it "
           "holds waits with it. Reading `self.method` makes a new bound method each time, so the "
           "class needs none stored to find it. Fine where there are few such objects and they "
           "live as long as the program, as a main window does.",
    .instead = "Look the method up when it is needed instead of storing it, store its name or "
               "the plain function (type(self).method), or use weakref.WeakMethod.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
