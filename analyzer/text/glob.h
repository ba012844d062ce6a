/*
 * glob.h - the patterns of .gitignore, matched against paths.
 *
 * `*` and `?` stop at a slash, `[a-z]`, `[!a]` and `[[:alpha:]]` are classes, a backslash takes the
 * next character as it is, and `**` as a whole part of a path stands for any number of folders.
 */
#ifndef CYCLINT_TEXT_GLOB_H
#define CYCLINT_TEXT_GLOB_H

#include <stdbool.h>

bool glob_matches(const char *pattern, const char *path);

#endif
