/*
 * A cycle that some method takes apart: its callers must call it.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.  Off by default: who
 * wrote the method knows of the cycle.
 */
#include "rule.h"

static void check(struct check *check)
{
    cycles_report_managed(check);
}

const struct rule rule_managed_cycle = {
    .code = "I9110",
    .name = "managed-cycle",
    .message = "%s",
    .why = "The objects hold each other until the named method is called. As long as every path "
           "calls it, nothing waits for the collector; where one does not (an exception before it, "
           "a caller who forgot), the objects wait. It needs a `with` or a `finally` in every "
           "caller, which a weak reference would not. Fine where there is one caller that has it.",
    .instead = "See that every user calls the method: a context manager, a finally, or "
               "weakref.finalize.",
    .since = "",
    .is_off = true,
    .needs_heap = true,
    .check = check,
};
