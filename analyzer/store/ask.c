/*
 * ask.c - questions in SQL, answered as a table, as CSV (RFC 4180) or as JSON.
 *
 * The store is opened so that nothing can be written.
 */
#include "base/array.h"
#include "base/builder.h"
#include "store/place.h"
#include "store/schema.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MILLISECONDS = 5000 }; /* somebody is waiting, but not for ever */

/* ---- one row a line ---- */

static void add_csv_field(struct builder *out, const char *text)
{
    if (text == NULL) {
        return;
    }
    if (strpbrk(text, ",\"\r\n") == NULL) {
        builder_add(out, text);
        return;
    }
    builder_add_char(out, '"');
    for (; *text != '\0'; text++) {
        builder_addf(out, *text == '"' ? "\"\"" : "%c", *text);
    }
    builder_add_char(out, '"');
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

static void add_csv_row(struct builder *out, sqlite3_stmt *statement, bool is_header)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        builder_add(out, i > 0 ? "," : "");
        add_csv_field(out, is_header ? sqlite3_column_name(statement, i) : text_of(statement, i));
    }
    builder_add(out, "\r\n");
}

static void add_json_string(struct builder *out, const char *text)
{
    builder_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ') {
            builder_addf(out, "\\u%04x", (unsigned)*text);
        } else if (*text == '"' || *text == '\\') {
            builder_addf(out, "\\%c", *text);
        } else {
            builder_add_char(out, *text);
        }
    }
    builder_add_char(out, '"');
}

static void add_json_value(struct builder *out, sqlite3_stmt *statement, int column)
{
    int type = sqlite3_column_type(statement, column);
    const char *text = text_of(statement, column);
    if (type == SQLITE_NULL || text == NULL) {
        builder_add(out, "null");
    } else if (type == SQLITE_INTEGER || (type == SQLITE_FLOAT && strpbrk(text, "IN") == NULL)) {
        builder_add(out, text);
    } else {
        add_json_string(out, text);
    }
}

static void add_json_row(struct builder *out, sqlite3_stmt *statement, bool is_first)
{
    builder_add(out, is_first ? "\n  {" : ",\n  {");
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        builder_add(out, i > 0 ? ", " : "");
        add_json_string(out, sqlite3_column_name(statement, i));
        builder_add(out, ": ");
        add_json_value(out, statement, i);
    }
    builder_add(out, "}");
}

/* ---- a table: all rows must be there before the first can be written ---- */

struct table {
    struct arena arena;
    struct strings cells; /* row by row; the first row is the header */
    size_t n_columns;
};

static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return n;
}

static void add_cell(struct table *table, const char *text)
{
    text = text != NULL ? text : "";
    char *cell = arena_string(&table->arena, text, strlen(text));
    for (char *c = cell; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    *array_push(&table->cells) = cell;
}

static void add_table_row(struct table *table, sqlite3_stmt *statement, bool is_header)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        add_cell(table,
                 is_header ? sqlite3_column_name(statement, (int)i) : text_of(statement, (int)i));
    }
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < table->cells.n; i += table->n_columns) {
        size_t n = width_of(table->cells.items[i]);
        width = n > width ? n : width;
    }
    return width;
}

static void pad(struct builder *out, char c, size_t n)
{
    while (n-- > 0) {
        builder_add_char(out, c);
    }
}

static void add_rule(struct builder *out, const size_t *widths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        builder_add(out, i > 0 ? "  " : "");
        pad(out, '-', widths[i]);
    }
    builder_add_char(out, '\n');
}

static void add_table(struct builder *out, struct table *table)
{
    size_t *widths = arena_alloc(&table->arena, table->n_columns * sizeof *widths);
    for (size_t i = 0; i < table->n_columns; i++) {
        widths[i] = column_width(table, i);
    }
    for (size_t i = 0; i < table->cells.n; i++) {
        size_t column = i % table->n_columns;
        bool is_last = column + 1 == table->n_columns;
        builder_add(out, table->cells.items[i]);
        pad(out, ' ', is_last ? 0 : widths[column] - width_of(table->cells.items[i]) + 2);
        builder_add(out, is_last ? "\n" : "");
        if (i + 1 == table->n_columns) {
            add_rule(out, widths, table->n_columns);
        }
    }
}

/* ---- the question ---- */

static void add_header(sqlite3_stmt *statement, enum store_format format, struct table *table,
                       struct builder *out)
{
    switch (format) {
    case STORE_TABLE:
        add_table_row(table, statement, true);
        break;
    case STORE_CSV:
        add_csv_row(out, statement, true);
        break;
    case STORE_JSON:
        builder_add(out, "[");
        break;
    }
}

static void add_row(sqlite3_stmt *statement, enum store_format format, bool is_first,
                    struct table *table, struct builder *out)
{
    switch (format) {
    case STORE_TABLE:
        add_table_row(table, statement, false);
        break;
    case STORE_CSV:
        add_csv_row(out, statement, false);
        break;
    case STORE_JSON:
        add_json_row(out, statement, is_first);
        break;
    }
}

static bool answer(sqlite3 *db, sqlite3_stmt *statement, enum store_format format,
                   struct builder *out, struct error *error)
{
    struct table table = {.n_columns = (size_t)sqlite3_column_count(statement)};
    int result;
    add_header(statement, format, &table, out);
    for (bool is_first = true; (result = sqlite3_step(statement)) == SQLITE_ROW; is_first = false) {
        add_row(statement, format, is_first, &table, out);
    }
    if (format == STORE_TABLE) {
        add_table(out, &table);
    }
    builder_add(out, format == STORE_JSON ? "\n]\n" : "");
    array_free(&table.cells);
    arena_free(&table.arena);
    return result == SQLITE_DONE || error_at(error, "%s", sqlite3_errmsg(db));
}

static bool ask(sqlite3 *db, const char *sql, enum store_format format, struct builder *out,
                struct error *error)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = "";
    bool ok;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, &rest) != SQLITE_OK) {
        ok = error_at(error, "%s", sqlite3_errmsg(db));
    } else if (statement == NULL) {
        ok = error_at(error, "the question is empty");
    } else if (rest[strspn(rest, "; \t\r\n")] != '\0') {
        ok = error_at(error, "more than one question: '%.200s'", rest);
    } else if (!sqlite3_stmt_readonly(statement) || sqlite3_column_count(statement) == 0) {
        ok = error_at(error, "only questions are answered, as SELECT asks them");
    } else {
        ok = answer(db, statement, format, out, error);
    }
    sqlite3_finalize(statement);
    return ok;
}

const char *store_schema(void)
{
    return schema_of_people;
}

/* ---- the store ---- */

/* Whether somebody has written what is not in the database itself yet. */
static bool has_log(const char *path)
{
    struct builder log = {0};
    struct stat status;
    builder_addf(&log, "%s-wal", path);
    bool has = stat(log.s, &status) == 0 && status.st_size > 0;
    builder_free(&log);
    return has;
}

/* A folder that nobody may write to has no room for what SQLite keeps beside a database in use.
 * Then nobody else can be writing either. */
static bool open_unchanging(const char *path, sqlite3 **db)
{
    struct builder uri = {0};
    builder_add(&uri, "file:");
    for (const char *c = path; *c != '\0'; c++) {
        builder_addf(&uri, strchr("?#%", *c) != NULL ? "%%%02x" : "%c", (unsigned char)*c);
    }
    builder_add(&uri, "?immutable=1");
    sqlite3_close(*db);
    bool ok = sqlite3_open_v2(uri.s, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
    builder_free(&uri);
    return ok;
}

/* -1 when it cannot be read. */
static int64_t number_of(sqlite3 *db, const char *pragma)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) == SQLITE_OK
              && sqlite3_step(statement) == SQLITE_ROW;
    int64_t number = ok ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return number;
}

static bool is_readable(const char *path, sqlite3 **db)
{
    return sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
           && sqlite3_busy_timeout(*db, BUSY_MILLISECONDS) == SQLITE_OK
           && number_of(*db, "SELECT count(*) FROM sqlite_master") >= 0;
}

/* Whether it failed for what SQLite would keep beside the database. */
static bool needs_room(sqlite3 *db)
{
    int code = sqlite3_errcode(db) & 0xff; /* without the extension */
    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

static bool open_store(const char *path, sqlite3 **db, struct error *error)
{
    if (access(path, F_OK) != 0) {
        return error_at(error, "there is no cache '%s': run cyclint on the project first", path);
    }
    if (!is_readable(path, db)
        && !(needs_room(*db) && !has_log(path) && open_unchanging(path, db))) {
        int code = sqlite3_errcode(*db);
        return code == SQLITE_BUSY
                   ? error_at(error, "the cache '%s' is being written: ask again later", path)
               : code == SQLITE_NOTADB || code == SQLITE_CORRUPT
                   ? error_at(error,
                              "'%s' is no cache of cyclint, or a broken one: the next run makes it "
                              "anew",
                              path)
                   : error_at(error, "cannot open the cache '%s': %s", path, sqlite3_errmsg(*db));
    }
    if (number_of(*db, "PRAGMA application_id") != SCHEMA_APPLICATION) {
        return error_at(error, "'%s' is no cache of cyclint", path);
    }
    return number_of(*db, "PRAGMA user_version") == SCHEMA_VERSION
           || error_at(error, "the cache '%s' is of another version of cyclint: run this one first",
                       path);
}

bool store_ask(const char *folder, const char *sql, enum store_format format, struct builder *out,
               struct error *error)
{
    struct builder path = {0};
    sqlite3 *db = NULL;
    builder_addf(&path, "%s/" STORE_FILE, folder);
    bool ok = open_store(path.s, &db, error)
              && (ask(db, sql, format, out, error) || error_within(error, "sql"));
    sqlite3_close(db);
    builder_free(&path);
    return ok;
}
