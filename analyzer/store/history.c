/*
 * history.c - what an earlier run found.
 */
#include "store/connection.h"

#include <string.h>

static const char *text_at(sqlite3_stmt *row, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text != NULL ? arena_string(arena, text, strlen(text)) : "";
}

static int64_t load_run(struct store *store, uint64_t asked, struct store_history *history)
{
    int64_t run = -1;
    sqlite3_stmt *row = connection_prepare(store, LOAD_RUN, "i", (int64_t)asked);
    if (connection_step(store, row)) {
        run = sqlite3_column_int64(row, 0);
        history->n_files = (size_t)sqlite3_column_int64(row, 1);
        history->n_statements = (size_t)sqlite3_column_int64(row, 2);
        history->n_findings = (size_t)sqlite3_column_int64(row, 3);
        history->has_score = sqlite3_column_type(row, 4) != SQLITE_NULL;
        history->score = sqlite3_column_double(row, 4);
    }
    connection_done(row);
    return run;
}

bool store_load_history(struct store *store, uint64_t asked, struct arena *arena,
                        struct store_history *history)
{
    int64_t run = load_run(store, asked, history);
    sqlite3_stmt *row = run >= 0 ? connection_prepare(store, LOAD_RULES, "i", run) : NULL;
    while (connection_step(store, row)) {
        *array_push(&history->rules) = (struct store_rule_count){
            text_at(row, 0, arena), text_at(row, 1, arena), (size_t)sqlite3_column_int64(row, 2)};
    }
    connection_done(row);
    return run >= 0 && !store->is_broken;
}
