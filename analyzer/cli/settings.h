/*
 * settings.h - what the configuration nearest to each file says about it.
 */
#ifndef CYCLINT_CLI_SETTINGS_H
#define CYCLINT_CLI_SETTINGS_H

#include "cli/config.h"
#include "cli/files.h"

/* A configuration other than the main one. */
struct setting {
    const char *config; /* its path; NULL: there is none */
    struct options options;
    struct selection selection;
};

struct settings {
    const struct options *options; /* of the run: the main configuration, and the command line */
    struct arena arena;
    struct selection selection; /* that they make */
    struct config_map configs;
    struct {
        ARRAY_OF(struct setting *);
    } others;
    const char *last_folder; /* whose setting was asked for last, and what it was */
    const struct setting *last_setting;
};

/* Decides which rules are wanted.  False with an error when a rule is unknown. */
bool settings_begin(struct settings *settings, const struct options *options, struct error *error);

/* Gives each file its selection, and removes those that the configuration near them leaves out.
 * False with an error when one of the configurations is wrong. */
bool settings_apply(struct settings *settings, struct files *files, struct error *error);
void settings_free(struct settings *settings);

#endif
