/*
 * cache.h - the store as a run uses it.
 */
#ifndef CYCLINT_CLI_CACHE_H
#define CYCLINT_CLI_CACHE_H

#include "cli/files.h"
#include "report/report.h"

struct cache {
    struct arena arena;
    const char *folder;
    struct store *store; /* NULL: there is none, or it cannot be used */
    uint64_t asked;      /* what the run is asked, as a number; see trend.h */
    const char *paths;   /* that it is given, in one line */
};

/* Opens the store that the options ask for.  Tells the user when it cannot be used. */
void cache_open(struct cache *cache, const struct options *options, const struct files *files);

/* The facts of a file as it is on disk, without reading it.  Any thread may ask. */
bool cache_load_unchanged(const struct cache *cache, const struct files *files, struct file *file,
                          struct arena *scratch);

/* The same without the ops, of a file that is known to be unchanged. */
bool cache_load_but_ops(const struct cache *cache, struct file *file, struct arena *scratch);

/* The facts of a file whose bytes have this hash. */
bool cache_load_same(const struct cache *cache, uint64_t hash, struct file *file,
                     struct arena *scratch);

/* What is to be kept of the report for a run that would come to the same (answer.h). */
struct cache_answer {
    uint64_t number;                /* 0: nothing */
    const struct builder *bytes;    /* empty: what is kept is good */
    const struct builder *findings; /* likewise */
};

/* Stores what the run has found out. */
void cache_save(struct cache *cache, const struct options *options, const struct files *files,
                const struct report *report, const struct cache_answer *answer);

/* Closes the store, and tells the user if something was wrong with it. */
void cache_close(struct cache *cache);

/* Removes the store that the options mean.  The exit status. */
int cache_clear(const struct options *options);

/* Adds what `cyclint sql --help` shows. */
void cache_help(struct builder *out);

/* `cyclint sql "SELECT …"`.  The exit status. */
int cache_ask(const struct options *options);

#endif
