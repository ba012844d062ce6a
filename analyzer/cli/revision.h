/*
 * revision.h - what the user's words for a revision mean.
 */
#ifndef CYCLINT_CLI_REVISION_H
#define CYCLINT_CLI_REVISION_H

#include "cli/git.h"

/* The id of the commit that the files on disk are to be compared with:
 *
 *     REV      the commit REV
 *     A..      the commit A, and A..B the same if B is what is checked out
 *     A...     the last commit that A and HEAD have in common, and A...B likewise
 *
 * HEAD before the first commit is the empty tree.  False with an error when there is none. */
bool revision_find(const struct git_place *place, const char *words, struct builder *id,
                   struct error *error);

/* The id of the empty tree, with which everything is new. */
bool revision_of_nothing(const struct git_place *place, struct builder *id, struct error *error);

#endif
