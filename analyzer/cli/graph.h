/*
 * graph.h - the command `cyclint graph`.
 */
#ifndef CYCLINT_CLI_GRAPH_H
#define CYCLINT_CLI_GRAPH_H

#include "cli/options.h"
#include "heap/heap.h"
#include "report/settle.h"

/* Whether the formats asked for are the graph's.  Checked before the work is done. */
bool graph_check(const struct options *options, struct error *error);

/* Writes the graph of the program in the formats asked for.  What had to be left out is told on the
 * standard error. */
bool graph_draw(const struct options *options, const struct settle_input *input,
                const struct heap *heap, struct error *error);

#endif
