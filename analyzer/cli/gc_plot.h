/*
 * gc_plot.h - a tuning as a picture.
 */
#ifndef CYCLINT_CLI_GC_PLOT_H
#define CYCLINT_CLI_GC_PLOT_H

#include "base/builder.h"
#include "gcmodel/tune.h"

/* Cost, longest pause and garbage over the first threshold, as SVG. */
void gc_plot(const struct gc_tuning *tuning, const struct gc_bounds *bounds, const char *python,
             struct builder *out);

#endif
