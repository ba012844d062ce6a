/*
 * path.h - paths as text.
 */
#ifndef CYCLINT_TEXT_PATH_H
#define CYCLINT_TEXT_PATH_H

#include "base/arena.h"

/* `path` from the root, without "." and "..", in `arena`: links are not followed, nothing need
 * exist.  `current` is the current folder. */
const char *path_absolute(const char *path, const char *current, struct arena *arena);

#endif
