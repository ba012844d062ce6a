/*
 * Objects that hold each other through attributes or containers.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_reference_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_INSTANCE || cycle->kind == CYCLE_CONTAINER;
}

static void check(struct check *check)
{
    cycles_report(check, is_reference_cycle);
}

const struct rule rule_reference_cycle = {
    .code = "W9101",
    .name = "reference-cycle",
    .message = "%s",
    .why = "Reference counting cannot free objects that hold each other: they, and all that they "
           "hold, stay until the cyclic collector happens to examine their generation. A service "
           "that makes such a cycle per request keeps thousands of dead requests in memory and "
           "pays for each of them again at every collection that reaches them. Up to Python 3.3 a "
           "cycle with a `__del__` in it was never freed at all; since then (PEP 442) it is, but "
           "late. Fine for objects that there are few of and that live as long as the program.",
    .instead =
        "Let the part refer to the whole weakly (weakref.ref, weakref.proxy), pass the whole "
        "to the methods that need it, or take the cycle apart in a close() or __exit__() "
        "that every caller reaches.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
