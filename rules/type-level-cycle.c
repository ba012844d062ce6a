/*
 * A cycle that the classes allow: whether one object's part holds that very object nobody knows.
 * One in three of a sample was really made, so it is only possible, unless methods of the whole tie
 * the part to it or a frame keeps what it raised (analyzer/heap/type_judge.c).
 *
 * The heap analysis finds them (analyzer/heap/type_graph.h); here they only get words.
 */
#include "rule.h"

static void check(struct check *check)
{
    cycles_report_by_type(check);
}

const struct rule rule_type_level_cycle = {
    .code = "I9111",
    .name = "type-level-cycle",
    .message = "%s",
    .why = "Objects of these classes can hold each other; the stores are in different functions, "
           "so whether the same two objects do depends on who calls them. Where they do, only the "
           "cyclic collector frees them. It is a place to look, not a finding: whoever knows that "
           "the objects of the two stores are never the same may leave it.",
    .instead = "If the one is a part of the other, let the part hold the whole by weakref.ref.",
    .since = "",
    .is_off = true,
    .needs_heap = true,
    .needs_types = true,
    .check = check,
};
