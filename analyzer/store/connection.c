/*
 * connection.c - statements and their values, and what goes wrong with them.
 */
#include "store/connection.h"

#include "text/path.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[N_STATEMENTS] = {
    [LOAD_UNCHANGED] = "SELECT facts FROM facts WHERE path = ? AND producer = ? AND size = ?"
                       " AND mtime_ns = ? AND ctime_ns = ? AND inode = ?",
    [LOAD_SAME] = "SELECT facts FROM facts WHERE path = ? AND producer = ? AND hash = ?",
    [PUT_FACTS] = "REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [PUT_STATE] = "UPDATE facts SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, inode = ?5"
                  " WHERE path = ?1",
    [DELETE_FACTS] = "DELETE FROM facts WHERE path = ?",
    [DELETE_CLASSES] = "DELETE FROM classes WHERE path = ?",
    [DELETE_ATTRIBUTES] = "DELETE FROM attributes WHERE path = ?",
    [DELETE_REFS] = "DELETE FROM refs WHERE path = ?",
    [PUT_CLASS] = "INSERT INTO classes VALUES (?, ?, ?, nullif(?, 0), ?)",
    [PUT_ATTRIBUTE] = "INSERT INTO attributes VALUES (?, ?, ?, ?, ?, nullif(?, 0), ?)",
    [PUT_REF] = "INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0))",
    [LOAD_ANSWER] = "SELECT bytes FROM answers WHERE answer = ?",
    [LOAD_FINDINGS] = "SELECT findings FROM answers WHERE answer = ?",
    [PUT_ANSWER] = "REPLACE INTO answers VALUES (?, ?, ?)",
    [RENEW_ANSWER] = "UPDATE answers SET bytes = ?2 WHERE answer = ?1",
    [DROP_ANSWERS] = "DELETE FROM answers WHERE answer NOT IN"
                     " (SELECT answer FROM (SELECT answer, max(run) AS last FROM runs"
                     "   WHERE run > (SELECT max(run) FROM runs) - ?2 AND answer IS NOT NULL"
                     "   GROUP BY answer ORDER BY last DESC LIMIT ?1))",
    [COUNT_FILES] = "SELECT count(*) FROM facts",
    [LIST_FILES] = "SELECT path FROM facts",
    [LAST_DIGEST] = "SELECT digest FROM runs WHERE run = (SELECT max(run) FROM runs)",
    [LOAD_RUN] = "SELECT run, files, statements, findings, score FROM runs WHERE asked = ?"
                 " ORDER BY run DESC LIMIT 1",
    [LOAD_RULES] = "SELECT code, name, findings FROM run_rules WHERE run = ? ORDER BY code",
    [PUT_RUN] =
        "INSERT INTO runs VALUES (NULL, datetime('now'), ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
    [COUNT_RULES] = "INSERT INTO run_rules SELECT (SELECT max(run) FROM runs), code, name, count(*)"
                    " FROM findings GROUP BY code",
    [PUT_FINDING] = "INSERT INTO findings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [PUT_EDGE] = "INSERT INTO cycle_edges SELECT max(finding),"
                 " (SELECT count(*) + 1 FROM cycle_edges"
                 "  WHERE finding = (SELECT max(finding) FROM findings)),"
                 " ?, ?, ?, ?, ? FROM findings",
};

const char *connection_key(const struct store *store, const char *path, struct arena *arena)
{
    const char *absolute = path_absolute(path, store->current, arena);
    size_t n = strlen(store->base);
    return strncmp(absolute, store->base, n) == 0 ? absolute + n : absolute;
}

/* The first trouble is the one to be told. */
void connection_fail(struct store *store)
{
    if (store->is_broken) {
        return;
    }
    int code = store->db != NULL ? sqlite3_errcode(store->db) : SQLITE_NOMEM;
    store->is_broken = true;
    store->is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR
                        || code == SQLITE_FORMAT;
    error_at(&store->trouble, "%s", store->db != NULL ? sqlite3_errmsg(store->db) : "no memory");
}

static void bind(sqlite3_stmt *statement, const char *types, va_list values)
{
    for (int i = 1; *types != '\0'; i++, types++) {
        if (*types == 't') {
            sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        } else if (*types == 'i') {
            sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        } else if (*types == 'd') {
            const double *number = va_arg(values, const double *);
            if (number != NULL) {
                sqlite3_bind_double(statement, i, *number);
            }
        } else {
            const void *bytes = va_arg(values, const void *);
            sqlite3_bind_blob64(statement, i, bytes, va_arg(values, size_t), SQLITE_STATIC);
        }
    }
}

sqlite3_stmt *connection_prepare(struct store *store, enum statement which, const char *types, ...)
{
    sqlite3_stmt **statement = &store->statements[which];
    if (store->is_broken) {
        return NULL;
    }
    if (*statement == NULL
        && sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement,
                              NULL)
               != SQLITE_OK) {
        connection_fail(store);
        return NULL;
    }
    va_list values;
    va_start(values, types);
    bind(*statement, types, values);
    va_end(values);
    return *statement;
}

bool connection_step(struct store *store, sqlite3_stmt *statement)
{
    if (statement == NULL || store->is_broken) {
        return false;
    }
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        connection_fail(store);
    }
    return result == SQLITE_ROW;
}

void connection_done(sqlite3_stmt *statement)
{
    if (statement != NULL) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
}

void connection_run(struct store *store, const char *sql)
{
    if (!store->is_broken && sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        connection_fail(store);
    }
}
