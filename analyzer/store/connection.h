/*
 * connection.h - the open database, as the files of the store share it.
 */
#ifndef CYCLINT_STORE_CONNECTION_H
#define CYCLINT_STORE_CONNECTION_H

#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>

enum statement {
    LOAD_UNCHANGED,
    LOAD_SAME,
    PUT_FACTS,
    PUT_STATE,
    DELETE_FACTS,
    DELETE_CLASSES,
    DELETE_ATTRIBUTES,
    DELETE_REFS,
    PUT_CLASS,
    PUT_ATTRIBUTE,
    PUT_REF,
    LOAD_ANSWER,
    LOAD_FINDINGS,
    PUT_ANSWER,
    RENEW_ANSWER,
    DROP_ANSWERS,
    COUNT_FILES,
    LIST_FILES,
    LAST_DIGEST,
    LOAD_RUN,
    LOAD_RULES,
    PUT_RUN,
    COUNT_RULES,
    PUT_FINDING,
    PUT_EDGE,
    N_STATEMENTS
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS]; /* prepared when first wanted */
    pthread_mutex_t lock;                   /* held while one of them is in use */
    char *folder;
    char *base;    /* what paths are relative to: the folder around it, with a '/' at its end */
    char *current; /* the current folder */
    uint64_t producer;
    bool is_writing;
    bool is_broken; /* nothing more is asked of it */
    bool is_damaged;
    struct error trouble;
};

/* What the store calls a file, in `arena`. */
const char *connection_key(const struct store *store, const char *path, struct arena *arena);

/* A statement with its values: 't' a string, 'i' an int64_t, 'd' a const double * or NULL, 'b'
 * bytes and a size_t.  They must live until connection_done().  NULL when the store is broken. */
sqlite3_stmt *connection_prepare(struct store *store, enum statement which, const char *types, ...);

/* Takes a step: true when there is a row. */
bool connection_step(struct store *store, sqlite3_stmt *statement);
void connection_done(sqlite3_stmt *statement);

/* Prepares, takes one step, is done. */
void connection_run(struct store *store, const char *sql);

/* Remembers what SQLite says is wrong. */
void connection_fail(struct store *store);

#endif
