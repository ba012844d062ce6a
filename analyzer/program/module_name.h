/*
 * module_name.h - the dotted name by which Python imports a file.
 */
#ifndef CYCLINT_PROGRAM_MODULE_NAME_H
#define CYCLINT_PROGRAM_MODULE_NAME_H

#include "base/arena.h"

/* The name of the file `path`, in `arena`: the folders above it as long as they have an
 * `__init__.py`, then its own name; `pkg/__init__.py` is `pkg`. */
const char *module_name(const char *path, struct arena *arena);

#endif
