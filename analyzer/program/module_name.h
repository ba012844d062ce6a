/*
 * module_name.h - the dotted name by which Python imports a file.
 */
#ifndef CYCLINT_PROGRAM_MODULE_NAME_H
#define CYCLINT_PROGRAM_MODULE_NAME_H

#include "base/arena.h"

/* The package of the folder asked for last: files come sorted, so most are its neighbours.  All
 * zero at first. */
struct module_names {
    const char *folder;
    const char *package; /* "" for none */
};

/* The name of the file `path` in `folder` (absolute, without links; NULL: no package), in `arena`,
 * which `names` uses too: the folders above it as long as they have an `__init__.py`, then its own
 * name; `pkg/__init__.py` is `pkg`.  `names` keeps `folder`. */
const char *module_name(struct module_names *names, const char *path, const char *folder,
                        struct arena *arena);

#endif
