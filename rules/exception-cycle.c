/*
 * A caught exception is kept beyond its handler where its own traceback's frames reach it.
 *
 * The heap analysis finds them (analyzer/heap); here they only get words.
 */
#include "rule.h"

static bool is_exception_cycle(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_EXCEPTION;
}

static void check(struct check *check)
{
    cycles_report(check, is_exception_cycle);
}

const struct rule rule_exception_cycle = {
    .code = "W9105",
    .name = "exception-cycle",
    .message = "%s",
    .why =
        "An exception holds its traceback, the traceback its frames, a frame its local variables. "
        "Once one of those locals leads to the exception, the frame, all of its locals and the "
        "frames below live until the cyclic collector runs. `raise err` is enough, because it adds "
        "this frame to the traceback of `err`. Python deletes the name of `except ... as e` at the "
        "end of the handler for just this reason, and only that name: not what it was stored in, "
        "not what sys.exc_info() gave. Fine where it happens seldom and the frames hold little.",
    .instead = "Delete the variable in a finally (`del err`, or `err = None`), keep only what is "
               "needed (str(e), or e.with_traceback(None)), or raise inside the handler.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
