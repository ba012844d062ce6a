/*
 * store.c - opening the store and loading facts from it.
 *
 * One connection serves all threads, one at a time: a look-up takes some microseconds, and checking
 * what it found is done outside the lock.  All reading of a run is one read transaction, so nobody
 * who writes meanwhile is seen.
 *
 * Durability is not wanted: after a power cut the store may be damaged and is then made anew.
 */
#include "store/store.h"

#include "base/builder.h"
#include "store/connection.h"
#include "store/pack.h"
#include "store/place.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BUSY_MILLISECONDS = 2000, /* a large run writes for some tenths of a second */
    NS_PER_SECOND = 1000000000
};

/* A file written less than this before it is looked at may be written again without its times
 * changing: file systems count in steps of up to two seconds. */
static const int64_t young_ns = 2 * (int64_t)NS_PER_SECOND;

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * NS_PER_SECOND + time.tv_nsec;
}

int64_t store_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

uint64_t store_trusted_inode(const struct store_state *state, uint64_t inode, int64_t now)
{
    bool is_young = state->mtime_ns > now - young_ns || state->ctime_ns > now - young_ns;
    return is_young ? 0 : inode;
}

/* ---- opening ---- */

static int64_t ask_number(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = 0;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        connection_fail(store);
    } else if (connection_step(store, statement)) {
        number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

/* Drops all tables or all views. */
static void drop_all(struct store *store, const char *type)
{
    sqlite3_stmt *statement = NULL;
    struct builder drops = {0};
    sqlite3_prepare_v2(store->db,
                       "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite%'",
                       -1, &statement, NULL);
    sqlite3_bind_text(statement, 1, type, -1, SQLITE_STATIC);
    while (connection_step(store, statement)) {
        char *drop = sqlite3_mprintf("DROP %s \"%w\";", type, sqlite3_column_text(statement, 0));
        builder_add(&drops, drop);
        sqlite3_free(drop);
    }
    sqlite3_finalize(statement);
    connection_run(store, builder_string(&drops));
    builder_free(&drops);
}

static bool is_current(struct store *store)
{
    return ask_number(store, "PRAGMA user_version") == SCHEMA_VERSION
           && ask_number(store, "PRAGMA application_id") == SCHEMA_APPLICATION;
}

/* Makes the tables, unless another process was faster.  What an older or newer version left behind
 * is dropped. */
static void make_tables(struct store *store)
{
    if (is_current(store)) {
        return;
    }
    /* Who is not the first to ask for the log is refused; then it is there. */
    sqlite3_exec(store->db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    connection_run(store, "BEGIN IMMEDIATE");
    if (!store->is_broken && !is_current(store)) {
        drop_all(store, "view");
        drop_all(store, "table");
        connection_run(store, schema_of_program);
        connection_run(store, schema_of_people);
        char sql[100];
        snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 SCHEMA_APPLICATION, SCHEMA_VERSION);
        connection_run(store, sql);
    }
    connection_run(store, "COMMIT");
}

static void connect(struct store *store)
{
    struct builder path = {0};
    builder_addf(&path, "%s/" STORE_FILE, store->folder);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int result = sqlite3_open_v2(path.s, &store->db, flags, NULL);
    builder_free(&path);
    if (result != SQLITE_OK) {
        connection_fail(store);
        return;
    }
    sqlite3_busy_timeout(store->db, BUSY_MILLISECONDS);
    connection_run(store, "PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF");
    make_tables(store);
    connection_run(store, "BEGIN");
}

static char *copy(const char *s)
{
    return strcpy(alloc(strlen(s) + 1), s);
}

/* The folder around the cache folder, without links, with a '/' at its end. */
static char *base_of(const char *folder)
{
    char *real = realpath(folder, NULL);
    char *base = copy(real != NULL ? real : "/");
    char *slash = strrchr(base, '/');
    slash[1] = '\0';
    free(real);
    return base;
}

struct store *store_open(const char *folder, uint64_t producer, struct error *error)
{
    if (!place_make(folder, error)) {
        return NULL;
    }
    struct store *store = alloc_zeroed(1, sizeof *store);
    pthread_mutex_init(&store->lock, NULL);
    char *current = getcwd(NULL, 0);
    store->folder = copy(folder);
    store->base = base_of(folder);
    store->current = copy(current != NULL ? current : "/");
    store->producer = producer;
    free(current);
    connect(store);
    if (store->is_broken) {
        store_close(store, error);
        return NULL;
    }
    return store;
}

bool store_close(struct store *store, struct error *error)
{
    for (size_t i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->db);
    if (store->is_damaged) {
        place_remove_database(store->folder);
    }
    bool ok = !store->is_broken || error_at(error, "%s", store->trouble.message);
    pthread_mutex_destroy(&store->lock);
    free(store->folder);
    free(store->base);
    free(store->current);
    free(store);
    return ok;
}

/* ---- loading ---- */

/* Copies the blob of a row; NULL when there is no row. */
static void *take_blob(struct store *store, sqlite3_stmt *statement, struct arena *arena, size_t *n)
{
    void *bytes = NULL;
    if (statement != NULL && connection_step(store, statement)) {
        const void *blob = sqlite3_column_blob(statement, 0);
        *n = (size_t)sqlite3_column_bytes(statement, 0);
        bytes = blob != NULL ? arena_copy(arena, blob, *n) : NULL;
    }
    connection_done(statement);
    return bytes;
}

char *store_load_answer(struct store *store, uint64_t answer, struct arena *arena, size_t *n)
{
    return take_blob(store, connection_prepare(store, LOAD_ANSWER, "i", (int64_t)answer), arena, n);
}

char *store_load_findings(struct store *store, uint64_t answer, struct arena *arena, size_t *n)
{
    return take_blob(store, connection_prepare(store, LOAD_FINDINGS, "i", (int64_t)answer), arena,
                     n);
}

/* Facts know their path, which is not packed with them. */
static bool give_path(bool is_unpacked, const char *path, struct facts *facts)
{
    if (is_unpacked) {
        facts->path = path;
    }
    return is_unpacked;
}

/* The packed facts of a file in this state, in `scratch`; NULL when there are none. */
static const void *load_unchanged(struct store *store, const char *path,
                                  const struct store_state *state, struct arena *scratch, size_t *n)
{
    if (state->inode == 0) {
        return NULL;
    }
    const char *key = connection_key(store, path, scratch);
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement = connection_prepare(
        store, LOAD_UNCHANGED, "tiiiii", key, (int64_t)store->producer, (int64_t)state->size,
        state->mtime_ns, state->ctime_ns, (int64_t)state->inode);
    const void *bytes = take_blob(store, statement, scratch, n);
    pthread_mutex_unlock(&store->lock);
    return bytes;
}

bool store_load_unchanged(struct store *store, const char *path, const struct store_state *state,
                          struct arena *scratch, struct arena *arena, struct facts *facts)
{
    size_t n = 0;
    const void *bytes = load_unchanged(store, path, state, scratch, &n);
    return bytes != NULL && give_path(unpack_facts(bytes, n, arena, facts), path, facts);
}

bool store_load_but_ops(struct store *store, const char *path, const struct store_state *state,
                        struct arena *scratch, struct arena *arena, struct facts *facts)
{
    size_t n = 0;
    const void *bytes = load_unchanged(store, path, state, scratch, &n);
    return bytes != NULL && give_path(unpack_facts_but_ops(bytes, n, arena, facts), path, facts);
}

bool store_load_same(struct store *store, const char *path, uint64_t hash, struct arena *scratch,
                     struct arena *arena, struct facts *facts)
{
    size_t n = 0;
    const char *key = connection_key(store, path, scratch);
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement =
        connection_prepare(store, LOAD_SAME, "tii", key, (int64_t)store->producer, (int64_t)hash);
    const void *bytes = take_blob(store, statement, scratch, &n);
    pthread_mutex_unlock(&store->lock);
    return bytes != NULL && give_path(unpack_facts(bytes, n, arena, facts), path, facts)
           && facts->hash == hash;
}
