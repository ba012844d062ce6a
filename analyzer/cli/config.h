/*
 * config.h - options from files: `[tool.cyclint]` of pyproject.toml, or .cyclintrc.toml.
 *
 * The nearest one up from a file says what is reported of it: enable, disable, errors-only,
 * min-confidence, the ignore options, and of single rules what is fine.  All else, also the numbers
 * that single rules go by, concerns the whole run and comes from the one
 * nearest to the first path.
 */
#ifndef CYCLINT_CLI_CONFIG_H
#define CYCLINT_CLI_CONFIG_H

#include "base/builder.h"
#include "base/table.h"
#include "cli/options.h"

/* Which configuration holds in which folder. */
struct config_map {
    struct arena arena;
    struct name_table folders; /* absolute paths to indices */
    struct strings paths;      /* of configurations; NULL: there is none */
    const char *current;       /* the current folder, once it was asked for */
};

/* The configuration that holds for what lies in `folder` (absolute, without links; NULL has none):
 * in `folder` itself or the nearest one up.  `*path` belongs to the map; NULL when there is none.
 */
bool config_find(struct config_map *map, const char *folder, const char **path,
                 struct error *error);
void config_map_free(struct config_map *map);

/* Reads all options: defaults, then the configuration `path` unless it is NULL, then the command
 * line again, which `options` has from options_parse(). */
bool config_load(const char *path, const struct options *command_line, struct options *options,
                 struct error *error);

/* The folder part of `path`, in `arena`; "." when there is none. */
const char *config_folder(const char *path, struct arena *arena);

/* Adds the value of one option as it is written in a configuration; nothing when it has none. */
void config_write_value(const struct options *options, const struct option *option,
                        struct builder *out);

/* A string, and an array of strings, as TOML. */
void config_write_string(const char *s, struct builder *out);
void config_write_strings(const struct strings *list, struct builder *out);

/* A configuration with all keys and their values. */
void config_write(const struct options *options, struct builder *out);

#endif
