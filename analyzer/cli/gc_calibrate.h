/*
 * gc_calibrate.h - measuring how fast an interpreter's collector is on this machine.
 */
#ifndef CYCLINT_CLI_GC_CALIBRATE_H
#define CYCLINT_CLI_GC_CALIBRATE_H

#include "base/builder.h"
#include "gcmodel/cost.h"

/* Runs a small program under `python` and adds its figures, as JSON.  False with an error when it
 * does not start, does not finish or says something else. */
bool gc_calibrate(const char *python, struct builder *out, struct error *error);

/* Reads such figures from a file. */
bool gc_calibration_load(const char *path, enum gc_layout layout, struct gc_speed *speed,
                         struct error *error);

#endif
