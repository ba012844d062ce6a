/*
 * leave_out.h - takes out the findings of which the configuration says that they are fine.
 */
#ifndef CYCLINT_CLI_LEAVE_OUT_H
#define CYCLINT_CLI_LEAVE_OUT_H

#include "cli/files.h"
#include "program/program.h"

/* What `[tool.cyclint.rule.NAME]` says of single rules, in the configuration that holds for the
 * file of each finding; `selections` are by program index.  The program must still be linked. */
void leave_out(const struct program *program, const struct files *files,
               const struct selection *const *selections, struct findings *findings);

#endif
