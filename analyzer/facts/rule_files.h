/*
 * rule_files.h - which files of a folder are rules: *.scm, in its folders, too.
 */
#ifndef CYCLINT_FACTS_RULE_FILES_H
#define CYCLINT_FACTS_RULE_FILES_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

#include <stdbool.h>

/* Adds the path of each file below `folder` that ends in ".scm", sorted, in `arena`.  What begins
 * with a dot is left out.  False with an error when a folder cannot be read or there is no such
 * file. */
bool rule_files_find(const char *folder, struct arena *arena, struct strings *paths,
                     struct error *error);

#endif
