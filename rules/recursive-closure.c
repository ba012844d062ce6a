/*
 * A nested function that names itself, or two that name each other.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_recursive_closure(const struct cycle *cycle)
{
    return cycle->is_recursive_closure;
}

static void check(struct check *check)
{
    cycles_report(check, is_recursive_closure);
}

const struct rule rule_recursive_closure = {
    .code = "W9104",
    .name = "recursive-closure",
    .message = "%s",
    .why = "A nested function that calls itself holds the cell that holds the function: each call "
           "of the outer function leaves one such cycle, with everything else the function "
           "captured, to the cyclic collector. The function is small, but what it captured may not "
           "be. Fine where the outer function runs seldom, or the inner one captures little and "
           "only the collector's work counts.",
    .instead = "Move the function to module level and pass what it needs, or break the cycle "
               "before the outer function returns (`del inner`, or `inner = None` in a finally).",
    .since = "",
    .needs_heap = true,
    .check = check,
};
