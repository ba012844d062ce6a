/*
 * discover.h - from the paths a user names to the files to be read.
 */
#ifndef CYCLINT_TEXT_DISCOVER_H
#define CYCLINT_TEXT_DISCOVER_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What is to be left out.  `ignore*` hold for files that are named, too, as in pylint; the rest
 * only for what is found in folders. */
struct discover_options {
    const struct strings *ignore;          /* base names */
    const struct strings *ignore_patterns; /* regular expressions on base names */
    const struct strings *ignore_paths;    /* regular expressions on paths as they are shown */
    const struct strings *extend_exclude;  /* patterns as in .gitignore */
    const char *exclude_folder; /* what `extend_exclude` is relative to; NULL: the current folder */
    bool no_gitignore;
};

struct discovered_file {
    const char *path; /* as it is shown: below the path the user named, no "./" before it */
    const char *real; /* absolute, without links: what the file is known by */
    uint64_t size;    /* bytes on disk */
    int64_t mtime_ns, ctime_ns;
    uint64_t inode;
    bool is_named; /* by the user, not found in a folder */
};

/* Something the user named, or that was met on the way, that cannot be analysed. */
struct discover_problem {
    const char *path;
    const char *message;
};

struct discovery {
    struct arena arena; /* owns all strings */
    struct {
        ARRAY_OF(struct discovered_file);
    } files; /* sorted by the bytes of the path; no file twice */
    struct {
        ARRAY_OF(struct discover_problem);
    } problems;             /* sorted likewise */
    struct strings folders; /* that were looked into, as they are shown; sorted */
};

/* Finds all Python files in `paths`.  A folder stands for the `*.py` files below it; a file that is
 * named is taken whatever its name.  False with an error when an option is wrong; then nothing was
 * searched.  Everything else that goes wrong is a problem in `found`. */
bool discover(const struct strings *paths, const struct discover_options *options,
              struct discovery *found, struct error *error);
/* Whether options would leave out a file that other options found: it, or a folder it is in. */
bool discover_leaves_out(const char *path, bool is_named, const struct discover_options *options,
                         bool *is_left_out, struct error *error);

void discovery_free(struct discovery *found);

#endif
