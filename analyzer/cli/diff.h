/*
 * diff.h - which lines of the files of a run have changed since a revision: --diff.
 *
 * The revision is looked up in the repository of the first path that is in one.  What is compared
 * with it are the files on disk, staged or not; a file that git does not know, and is not told to
 * ignore, is new as a whole.  The files of a submodule are compared with the commit of it that the
 * revision has.  Files outside, and those that git ignores, have not changed.
 */
#ifndef CYCLINT_CLI_DIFF_H
#define CYCLINT_CLI_DIFF_H

#include "cli/files.h"
#include "text/changed_lines.h"

/* False with an error when git, the repository or the revision is missing. */
bool diff_find(const struct options *options, const struct files *files,
               struct changed_lines *changed, struct error *error);

#endif
