/*
 * A frame or traceback object lies in a local variable of that very frame.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_frame_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_FRAME;
}

static void check(struct check *check)
{
    cycles_report(check, is_frame_cycle);
}

const struct rule rule_frame_cycle = {
    .code = "W9106",
    .name = "frame-cycle",
    .message = "%s",
    .why =
        "A frame holds its local variables. A local that holds the frame, or a traceback that "
        "leads to it, closes a cycle: all locals of the function live until the cyclic collector "
        "runs; and a frame holds its caller's (f_back), with all of their locals. It is so in all "
        "versions; from 3.11 on a frame object is only made when somebody asks for it, and asking "
        "is what this code does. Fine where it runs seldom and the callers hold little.",
    .instead = "Delete the variable in a `finally` (`del frame`, `del tb`).",
    .since = "",
    .needs_heap = true,
    .check = check,
};
