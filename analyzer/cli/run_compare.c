/*
 * run_compare.c - the short cut: findings of an earlier run that stand, but elsewhere in the text.
 *
 * Few files were edited since the report that is kept, and often no edit has changed the program: a
 * comment, a blank line, a longer docstring.  So at first only those files become facts that are
 * not what they were.  If each of them is still the same program, no facts of another file are
 * asked for but what the report is made of, and nothing is linked.
 */
#include "cli/run_stages.h"

bool run_compare(struct run *run, struct error *error)
{
    if (!answer_put_off(&run->answer, &run->files)) {
        return true;
    }
    if (!run_collect(run, error) || !run_gather(run, error)) {
        return false;
    }
    if (!answer_recall_findings(&run->answer, &run->cache, &run->settings, &run->files,
                                &run->wanted, &run->findings)) {
        run_forget_program(run);
        answer_take_up(&run->files);
    }
    return true;
}
