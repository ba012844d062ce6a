/*
 * gc_report_command.h - `cyclint gc report`: prices what files make, and writes it.
 */
#ifndef CYCLINT_CLI_GC_REPORT_COMMAND_H
#define CYCLINT_CLI_GC_REPORT_COMMAND_H

#include "cli/options.h"
#include "heap/heap.h"
#include "report/settle.h"

/* Under the circumstances that options->gc tells. */
bool gc_report_command(const struct options *options, const struct settle_input *settle,
                       struct program *program, const struct heap *heap, struct error *error);

#endif
