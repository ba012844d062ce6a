/*
 * gc_command.h - `cyclint gc simulate|tune|calibrate`: the collector model on the command line.
 */
#ifndef CYCLINT_CLI_GC_COMMAND_H
#define CYCLINT_CLI_GC_COMMAND_H

#include "base/builder.h"
#include "base/error.h"
#include "gcmodel/version.h"

#include <stdbool.h>

/* What stands behind `cyclint gc`.  Writes what is to be printed; false with an error that names
 * what is wrong with the options.  `*is_broken` tells an error of the world from one of usage. */
bool gc_command(int argc, char *const *argv, struct builder *out, bool *is_broken,
                struct error *error);

/* "generational", "incremental", "free-threaded". */
const char *gc_collector_name(const struct gc_version *version);

#endif
