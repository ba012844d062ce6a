/*
 * files.h - the files of a run, from the paths on the command line to what is known of each.
 */
#ifndef CYCLINT_CLI_FILES_H
#define CYCLINT_CLI_FILES_H

#include "base/builder.h"
#include "cli/fixed.h"
#include "cli/options.h"
#include "facts/facts.h"
#include "report/settle.h"
#include "store/store.h"
#include "text/discover.h"
#include "text/source.h"

/* Where the facts of a file come from. */
enum origin {
    ORIGIN_TEXT,     /* it was parsed */
    ORIGIN_SAME,     /* it was read, and its bytes are those in the store */
    ORIGIN_UNCHANGED /* it was not even read */
};

/* How much of a file's facts somebody asks for. */
enum need {
    NEED_ALL,
    NEED_BUT_OPS, /* what its part of the report is made of */
    NEED_NOTHING  /* but the hash and the number of statements */
};

/* One file on its way to facts; touched by one thread only. */
struct file {
    const char *path;
    const char *folder; /* it is in: absolute, without links; NULL: there is none */
    const char *module; /* the dotted name it is imported by */
    uint64_t size;
    bool is_named;                     /* by the user, not found in a folder */
    const struct selection *selection; /* what the user wants of it */
    struct store_state state;          /* before it was read */
    enum origin origin;
    enum need need;
    bool is_collected;  /* what is needed of the facts is there, or `failed_rule` */
    struct arena arena; /* of the facts */
    struct facts facts;
    const struct rule *failed_rule; /* NULL: `facts` are good */
    const char *failure;
    struct fixed *fixed; /* fixed.h; NULL: nobody has fixed it */
    bool is_stale;       /* it has another text than the one that `facts` are of */
    bool is_left_alone;  /* it cannot be fixed */
};

struct files {
    struct file *items; /* sorted by path */
    size_t n;
    int64_t begun;          /* before any file was looked at: store_now() */
    struct discovery found; /* owns the paths, and has what could not be analysed */
    const char *stdin_name; /* what the standard input is called; NULL: it is not read */
    struct builder stdin_text;
    uint32_t max_bytes; /* of a file */
};

/* False with an error when the options are wrong or the standard input cannot be read. */
bool files_find(const struct options *options, struct files *files, struct error *error);
void files_free(struct files *files);

/* The text of one of the files; `context` is the `struct files`. */
bool files_read(void *context, const char *path, struct arena *arena, struct source *source,
                struct error *error);

/* Whether the file may be analysed; the error says why not. */
bool files_is_small_enough(const struct files *files, const struct file *file, struct error *error);

/* Gives each file its module, once it is known which there are. */
void files_name_modules(struct files *files);

/* The file with this path, or NULL. */
struct file *files_find_path(const struct files *files, const char *path);

/* The line, from 1, that a line of a file was before it was fixed; of one that a fix added, the one
 * before it.  `context` is the `struct files`. */
uint32_t files_original_line(void *context, const char *path, uint32_t line);

/* Whether this file is the standard input. */
bool files_is_stdin(const struct files *files, const char *path);

/* What these options leave out. */
struct discover_options files_discover_options(const struct options *options, struct arena *arena);

#endif
