/*
 * gc_profile_command.h - `cyclint gc profile`: runs a program and keeps what the probe counted.
 */
#ifndef CYCLINT_CLI_GC_PROFILE_COMMAND_H
#define CYCLINT_CLI_GC_PROFILE_COMMAND_H

#include "cli/gc_options.h"

/* Runs what stands behind `--` and writes the profile.  False with an error, and no file, when
 * there is no whole profile.  What the program prints goes where ours would. */
bool gc_profile_command(const struct gc_options *options, struct error *error);

#endif
