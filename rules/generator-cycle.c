/*
 * A generator or coroutine is kept by an object that its frame holds.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_generator_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_GENERATOR;
}

static void check(struct check *check)
{
    cycles_report(check, is_generator_cycle);
}

const struct rule rule_generator_cycle = {
    .code = "W9107",
    .name = "generator-cycle",
    .message = "%s",
    .why =
        "A generator holds its frame, and the frame its local variables. Kept in an attribute of "
        "an object that is one of them, usually self, it keeps that object alive until it is "
        "exhausted or closed, or the cyclic collector runs. An exhausted generator lets its frame "
        "go, and that ends the cycle; one that waits for input for ever, or whose consumer stops "
        "half-way, is never exhausted. The collector closes it then: GeneratorExit is raised at "
        "its `yield`, and its `finally` blocks run, late. Fine where it is always run to its end.",
    .instead = "Close the generator when it is done (`self._gen.close()` or `self._gen = None`), "
               "or do not keep it on the object it works for.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
