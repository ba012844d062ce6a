/*
 * options.h - what a user can ask for: one table, from which the command line, the configuration,
 * --help, the manual page and the completions are made.
 */
#ifndef CYCLINT_CLI_OPTIONS_H
#define CYCLINT_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a value comes from; a higher level replaces what a lower one said. */
enum option_level { LEVEL_DEFAULT, LEVEL_CONFIG, LEVEL_COMMAND_LINE };

/* One name of --enable or --disable, in the order in which they take effect. */
struct selection_step {
    const char *name;
    const char *where; /* "--disable", or file:line:column of the configuration */
    bool enables;
    enum option_level level;
    bool is_setting; /* it stands in the rule's own table */
};

struct selection_steps {
    ARRAY_OF(struct selection_step);
};

/* What the configuration says of one rule: rule_options.h. */
struct rule_setting {
    const char *rule;  /* its name or code, as it is written */
    const char *where; /* file:line:column */
    bool has_enabled, is_enabled;
    int min_confidence; /* -1: not told */
    int limit;          /* -1: not told */
    struct strings ignore_names, ignore_bases, exclude;
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

enum { MAX_OPTIONS = 96 }; /* rows of the table; checked when it is compiled */

struct options {
    struct arena arena;                    /* owns the strings that are not of the command line */
    enum option_level set_at[MAX_OPTIONS]; /* by row: who set it */

    /* What to report. */
    struct selection_steps selection;
    struct {
        ARRAY_OF(struct rule_setting);
    } rule_settings;
    bool errors_only;
    int min_confidence;                        /* enum confidence */
    int python_version;                        /* 0x030D is 3.13 */
    const char *rules;                         /* folder of the user's own rules, or NULL */
    const char *new_rule;                      /* the name of one to begin, or NULL */
    const char *test_rules;                    /* such a folder, only to test them, or NULL */
    struct strings makers, closers, borrowers; /* of resources: maker_words.h */
    struct strings holders;                    /* what functions hold, in words: foreign_words.h */

    /* Which files. */
    struct strings ignore, ignore_patterns, ignore_paths, extend_exclude;
    bool no_gitignore;
    bool from_stdin;
    const char *stdin_filename;
    int max_file_size;       /* bytes */
    double max_file_seconds; /* 0: no limit */

    /* How to write. */
    struct strings formats; /* "text", "sarif:out.sarif" */
    const char *output;
    const char *msg_template;
    bool reports, score, statistics, trend;
    int color; /* enum when */
    int sarif_max;
    bool sarif_suppressed;
    const char *baseline, *write_baseline; /* files, or NULL */
    const char *diff;                      /* a revision, or NULL */

    /* Fixing. */
    bool fix, unsafe_fixes, show_diff;

    /* Exit status. */
    double fail_under;
    struct strings fail_on;
    bool exit_zero;

    /* Running. */
    int jobs; /* 0: as many as there are cores */
    const char *rcfile;
    bool isolated, verbose, timings;
    int progress;          /* enum when */
    const char *cache_dir; /* NULL: in the project */
    bool no_cache, clear_cache;

    /* `cyclint graph`. */
    bool is_graph; /* the command was given */
    bool only_cycles;
    int max_classes; /* in a drawing; 0: no limit */

    const struct gc_options *gc; /* `cyclint gc report`, or NULL */

    /* `cyclint facts` and `cyclint link`. */
    bool is_facts;
    const char *link; /* the word on the command line, or NULL */
    const char *shard, *depfile;
    struct parts *parts; /* what is linked, or NULL */

    /* What to do instead of checking. */
    bool schema; /* of the store */
    bool help, version, list_msgs, list_msgs_enabled, list_makers, generate_toml_config,
        generate_man, dump_facts;
    const char *help_msg, *show_tree, *generate_completion;

    struct strings paths;

    int argc; /* what options_parse() was given */
    char *const *argv;
    const char *config_path; /* the configuration that was read, or NULL */
};

enum option_kind {
    OPTION_FLAG,
    OPTION_FLAG_OFF, /* takes a flag of the configuration back */
    OPTION_YES_NO,
    OPTION_COUNT,
    OPTION_SIZE, /* a count that may end in k, M or G */
    OPTION_DECIMAL,
    OPTION_TEXT,
    OPTION_LIST,      /* separated by commas; may be given several times */
    OPTION_MAKERS,    /* such a list, of maker_words.h */
    OPTION_FUNCTIONS, /* such a list, of dotted names */
    OPTION_HOLDERS,   /* such a list, of foreign_words.h */
    OPTION_CHOICE,    /* of the words in `argument`, kept as their number */
    OPTION_VERSION,
    OPTION_CONFIDENCE, /* pylint's words, a list: the lowest becomes min_confidence */
    OPTION_ENABLE,
    OPTION_DISABLE
};

enum option_group {
    GROUP_SELECTION,
    GROUP_FILES,
    GROUP_OUTPUT,
    GROUP_FIXING,
    GROUP_STATUS,
    GROUP_RUNNING,
    GROUP_GRAPH,
    GROUP_QUESTIONS, /* no keys of the configuration */
    GROUP_HIDDEN,    /* for the build; neither in --help nor in the configuration */
    N_GROUPS
};

struct option {
    const char *name; /* without dashes; also the key in the configuration */
    char letter;      /* 0: none */
    enum option_kind kind;
    enum option_group group;
    const char *argument; /* how --help names its value; NULL for a flag */
    size_t field;         /* offset in struct options */
    const char *help;     /* one or more sentences without the last full stop */
    bool only_command_line;
};

const struct option *options_table(size_t *n);
const char *option_group_title(enum option_group group);

/* The option with this name, or NULL. */
const struct option *option_find(const char *name, size_t length);

/* The option's name that resembles `name` most, or NULL.  `only_keys`: of those that the
 * configuration may have. */
const char *option_nearest(const char *name, size_t length, bool only_keys);

/* Whether the configuration may have it. */
bool option_is_key(const struct option *option);

void options_init(struct options *options);
void options_free(struct options *options);

/* Gives one option a value, written as on the command line.  `where` is kept for messages about it
 * later on.  False with an error that names the value but not the option. */
bool options_set(struct options *options, const struct option *option, const char *value,
                 enum option_level level, const char *where, struct error *error);

/* Who set the option with this name last. */
enum option_level options_level(const struct options *options, const char *name);

/* Reads the command line.  False with an error that names what is wrong. */
bool options_parse(struct options *options, int argc, char *const *argv, struct error *error);

#endif
