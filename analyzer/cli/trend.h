/*
 * trend.h - whether the project gets better: --trend.
 *
 * A run is compared with the last one in the store that was asked the same: the same paths, and the
 * same options and configurations as far as they decide what is found.  How findings are written
 * does not matter, nor the folder that cyclint is called in.
 */
#ifndef CYCLINT_CLI_TREND_H
#define CYCLINT_CLI_TREND_H

#include "cli/cache.h"
#include "cli/settings.h"
#include "report/trend.h"

/* Whether there can be one. */
bool trend_check(const struct options *options, struct error *error);

/* Tells the store what this run is asked. */
void trend_identify(struct cache *cache, const struct settings *settings);

/* Gives the report what the run before found.  All of it lives with the report. */
void trend_find(const struct cache *cache, const struct files *files, struct report *report);

#endif
