/*
 * place.h - where the store of a project lies, and what it calls the project's files.
 */
#ifndef CYCLINT_STORE_PLACE_H
#define CYCLINT_STORE_PLACE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

#define STORE_FOLDER ".cyclint_cache"
#define STORE_FILE "cyclint.db"

/* The cache folder of the project that `path` lies in, in `arena`: below the nearest folder up from
 * it that has a pyproject.toml or a .git, else below the current folder. */
const char *place_of_project(const char *path, struct arena *arena);

/* Makes the folder, and in it what tells backup programs and git to leave it alone.  False with an
 * error when that cannot be. */
bool place_make(const char *folder, struct error *error);

/* Removes the store in this folder, and the folder when nothing else is in it.  It need not be
 * there.  False with an error when it stays. */
bool place_clear(const char *folder, struct error *error);

/* Removes the database alone, its log with it. */
void place_remove_database(const char *folder);

#endif
