/*
 * ignore.h - what .gitignore files leave out.
 *
 * The files of a folder and of those around it form a chain of levels.  The innermost level that
 * has something to say about a path decides, and in a level the last pattern that matches.
 */
#ifndef CYCLINT_TEXT_IGNORE_H
#define CYCLINT_TEXT_IGNORE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct ignore_level; /* NULL is a chain that ignores nothing */

/* A level with the lines of `text`, which speak of what lies below `folder` (absolute; the level
 * keeps the pointer).  Returns `outer` when no line says anything. */
const struct ignore_level *ignore_from_text(struct arena *arena, const char *folder,
                                            const char *text, const struct ignore_level *outer);

/* The chain for the inside of `folder` (absolute), given the chain of what is around it: its
 * .gitignore, and when it is the top of a repository, .git/info/exclude and nothing from outside.
 */
const struct ignore_level *ignore_enter(struct arena *arena, const char *folder,
                                        const struct ignore_level *outer);

/* The chain around `folder` (absolute): all folders from the top of its repository down to its
 * parent.  NULL outside of any repository. */
const struct ignore_level *ignore_around(struct arena *arena, const char *folder);

/* Whether the chain leaves out `path` (absolute). */
bool ignore_covers(const struct ignore_level *level, const char *path, bool is_folder);

#endif
