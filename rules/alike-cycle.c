/*
 * A cycle that shares its place or an edge with one that is reported: another way round.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static void check(struct check *check)
{
    cycles_report_alike(check);
}

const struct rule rule_alike_cycle = {
    .code = "I9112",
    .name = "alike-cycle",
    .message = "%s",
    .why = "One report stands for the cycles that share a store or an attribute. After that one is "
           "broken, this one may still be there. In one function at most twelve are told besides "
           "those that its own stores close one by one.",
    .instead = "Break the edge they have in common.",
    .since = "",
    .is_off = true,
    .needs_heap = true,
    .needs_types = true,
    .check = check,
};
