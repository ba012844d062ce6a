/*
 * A lambda or nested function that captures an object is stored on that object or on what it owns.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_closure_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_CLOSURE && !cycle->is_recursive_closure;
}

static void check(struct check *check)
{
    cycles_report(check, is_closure_cycle);
}

const struct rule rule_closure_cycle = {
    .code = "W9103",
    .name = "closure-cycle",
    .message = "%s",
    .why = "A nested function holds the variables it captures. Stored on the object it captures, "
           "it makes a cycle that nobody sees in the code: the object is freed only when the "
           "cyclic collector examines its generation. Which variables are captured is settled when "
           "the code is compiled: all those that the function, or one nested in it, names, whether "
           "it runs that line or not; they are in function.__closure__. Fine where the object "
           "lives as long as the program.",
    .instead = "Capture only what the function needs (a default argument of a plain value, not "
               "self), or a weakref.ref of the object.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
