/*
 * config.h - options from files: `[tool.cyclint]` of pyproject.toml, or .cyclintrc.toml.
 *
 * The nearest one up from a file says what is reported of it: enable, disable, errors-only,
 * min-confidence, and the ignore options.  All else concerns the whole run and comes from the one
 * nearest to the first path.
 */
#ifndef CYCLINT_CLI_CONFIG_H
#define CYCLINT_CLI_CONFIG_H

#include "base/builder.h"
#include "cli/options.h"

/* The configuration that holds for what lies in `folder`: in `folder` itself or the nearest one up.
 * `*path` is in `arena`, or NULL when there is none. */
bool config_find(const char *folder, struct arena *arena, const char **path, struct error *error);

/* Sets the options that the file `path` has.  False with an error "path:line:column: …". */
bool config_read(const char *path, struct options *options, struct error *error);

/* The folder part of `path`, in `arena`; "." when there is none. */
const char *config_folder(const char *path, struct arena *arena);

/* A configuration with all keys and their values. */
void config_write(const struct options *options, struct builder *out);

#endif
