/*
 * parts.h - the work on single files, spread over processes or machines: `cyclint facts` and
 * `cyclint link`.
 *
 * A part is a file with the facts of some of the files: those whose path falls to its number.  It
 * depends on nothing but these files, the options and the build of cyclint, byte for byte.  All
 * parts together, with the files as they were, give the report that one run gives.
 */
#ifndef CYCLINT_CLI_PARTS_H
#define CYCLINT_CLI_PARTS_H

#include "cli/files.h"

struct parts;

/* ---- making one ---- */

/* Whether the options of `cyclint facts` make sense. */
bool parts_check_options(const struct options *options, struct error *error);

/* Keeps the files that fall to the options' shard. */
bool parts_choose(const struct options *options, struct files *files, struct error *error);

/* Writes the part, unless it is there already, and what it depends on. */
bool parts_write(const struct options *options, const struct files *files, struct error *error);

/* ---- using them ---- */

/* Reads parts that belong together.  NULL with an error when one is missing, there twice, broken or
 * of another run. */
struct parts *parts_read(const struct strings *names, struct error *error);
void parts_free(struct parts *parts);

/* The paths that `cyclint facts` was given. */
const struct strings *parts_paths(const struct parts *parts);

/* Whether this build, with these rules and options, would have made the same. */
bool parts_fit(const struct parts *parts, const struct options *options, struct error *error);

/* The facts of a file whose bytes have this hash; any thread may ask, for different files.  False
 * when there are none: then the file has failed as when the part was made, or the part is of no use
 * for it, which parts_are_used_up() tells. */
bool parts_load(struct parts *parts, struct file *file, uint64_t hash);

/* Whether the files were those that the parts are of.  The error names the first that is not. */
bool parts_are_used_up(struct parts *parts, const struct files *files, struct error *error);

#endif
