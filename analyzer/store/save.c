/*
 * save.c - writing what a run has found out, in one transaction.
 *
 * When anything fails, the rest does nothing and the transaction is rolled back: the store then is
 * what it was before the run.
 */
#include "base/array.h"
#include "base/builder.h"
#include "base/version.h"
#include "store/connection.h"
#include "store/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MOST_ANSWERS =
        16,          /* a project is run in a few ways, with a hook's choice of files among them */
    LOOK_BACK = 1000 /* runs; older ones do not say what is still wanted */
};

static void act(struct store *store, sqlite3_stmt *statement)
{
    connection_step(store, statement);
    connection_done(statement);
}

void store_begin(struct store *store)
{
    connection_run(store, "COMMIT"); /* of what was read */
    connection_run(store, "BEGIN IMMEDIATE");
    store->is_writing = !store->is_broken;
}

/* ---- files ---- */

static int64_t count_scopes(const struct facts *facts, enum scope_kind kind)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < facts->n_scopes; i++) {
        n += facts->scopes[i].kind == kind;
    }
    return n;
}

void store_put_facts(struct store *store, const struct store_state *state,
                     const struct facts *facts)
{
    struct builder blob = {0};
    struct arena arena = {0};
    const char *key = connection_key(store, facts->path, &arena);
    pack_facts(facts, &blob);
    act(store, connection_prepare(store, PUT_FACTS, "tiiiiiiiiiib", key, (int64_t)store->producer,
                                  (int64_t)state->size, (int64_t)facts->hash, state->mtime_ns,
                                  state->ctime_ns, (int64_t)state->inode, (int64_t)facts->n_lines,
                                  (int64_t)facts->n_statements, count_scopes(facts, SCOPE_CLASS),
                                  count_scopes(facts, SCOPE_FUNCTION), blob.s, blob.length));
    builder_free(&blob);
    arena_free(&arena);
}

static void drop_outline(struct store *store, const char *key)
{
    static const enum statement drops[] = {DELETE_CLASSES, DELETE_ATTRIBUTES, DELETE_REFS};
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++) {
        act(store, connection_prepare(store, drops[i], "t", key));
    }
}

static void put_ref(struct store *store, const char *key, const struct store_outline *outline,
                    const struct store_ref *ref)
{
    const struct store_attribute *attribute = &outline->attributes[ref->attribute];
    act(store, connection_prepare(store, PUT_REF, "titttti", key, (int64_t)attribute->class + 1,
                                  outline->classes[attribute->class].name, attribute->name,
                                  ref->target, ref->how, (int64_t)ref->line));
}

void store_put_outline(struct store *store, const char *path, const struct store_outline *outline)
{
    struct arena arena = {0};
    const char *key = connection_key(store, path, &arena);
    drop_outline(store, key);
    for (size_t i = 0; i < outline->n_classes; i++) {
        const struct store_class *class = &outline->classes[i];
        act(store, connection_prepare(store, PUT_CLASS, "titit", key, (int64_t)i + 1, class->name,
                                      (int64_t) class->line, class->bases));
    }
    for (size_t i = 0; i < outline->n_attributes; i++) {
        const struct store_attribute *attribute = &outline->attributes[i];
        act(store,
            connection_prepare(store, PUT_ATTRIBUTE, "titttii", key, (int64_t)attribute->class + 1,
                               outline->classes[attribute->class].name, attribute->name,
                               attribute->is_of_class ? "class" : "instance",
                               (int64_t)attribute->line, (int64_t)attribute->n_stores));
    }
    for (size_t i = 0; i < outline->n_refs; i++) {
        put_ref(store, key, outline, &outline->refs[i]);
    }
    arena_free(&arena);
}

void store_put_state(struct store *store, const char *path, const struct store_state *state)
{
    struct arena arena = {0};
    act(store, connection_prepare(store, PUT_STATE, "tiiii", connection_key(store, path, &arena),
                                  (int64_t)state->size, state->mtime_ns, state->ctime_ns,
                                  (int64_t)state->inode));
    arena_free(&arena);
}

static bool has_vanished(const struct store *store, const char *key)
{
    struct builder path = {0};
    struct stat status;
    builder_addf(&path, "%s%s", *key == '/' ? "" : store->base, key);
    bool is_gone = stat(path.s, &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
    builder_free(&path);
    return is_gone;
}

void store_forget_vanished(struct store *store, size_t n_present)
{
    struct arena arena = {0};
    struct strings gone = {0};
    sqlite3_stmt *count = connection_prepare(store, COUNT_FILES, "");
    bool is_needed =
        connection_step(store, count) && (size_t)sqlite3_column_int64(count, 0) > n_present;
    connection_done(count);
    sqlite3_stmt *list = is_needed ? connection_prepare(store, LIST_FILES, "") : NULL;
    while (connection_step(store, list)) {
        const char *key = (const char *)sqlite3_column_text(list, 0);
        if (key != NULL && has_vanished(store, key)) {
            *array_push(&gone) = arena_string(&arena, key, strlen(key));
        }
    }
    connection_done(list);
    for (size_t i = 0; i < gone.n; i++) {
        act(store, connection_prepare(store, DELETE_FACTS, "t", gone.items[i]));
        drop_outline(store, gone.items[i]);
    }
    array_free(&gone);
    arena_free(&arena);
}

/* ---- the run ---- */

static bool is_last_digest(struct store *store, uint64_t digest)
{
    sqlite3_stmt *last = connection_prepare(store, LAST_DIGEST, "");
    bool is_last = connection_step(store, last) && sqlite3_column_int64(last, 0) == (int64_t)digest;
    connection_done(last);
    return is_last;
}

bool store_put_run(struct store *store, const struct store_run *run)
{
    bool is_new = !is_last_digest(store, run->digest);
    if (is_new) {
        connection_run(store, "DELETE FROM findings; DELETE FROM cycle_edges");
    }
    connection_run(store, "DELETE FROM runs WHERE run <= (SELECT max(run) FROM runs) - 10000;"
                          "DELETE FROM run_rules WHERE run <= (SELECT max(run) FROM runs) - 10000");
    act(store, connection_prepare(store, PUT_RUN, "ttiiiidii", CYCLINT_VERSION, run->paths,
                                  (int64_t)run->asked, (int64_t)run->n_files,
                                  (int64_t)run->n_statements, (int64_t)run->n_findings, run->score,
                                  (int64_t)run->digest, (int64_t)run->answer));
    return is_new;
}

void store_put_finding(struct store *store, const struct store_finding *finding)
{
    struct arena arena = {0};
    act(store, connection_prepare(
                   store, PUT_FINDING, "tiitttttttt", connection_key(store, finding->path, &arena),
                   (int64_t)finding->line, (int64_t)finding->column, finding->code, finding->name,
                   finding->confidence, finding->object, finding->message, finding->remedy,
                   finding->fingerprint, finding->kind));
    arena_free(&arena);
}

void store_put_edge(struct store *store, const struct store_edge *edge)
{
    struct arena arena = {0};
    act(store,
        connection_prepare(store, PUT_EDGE, "tttti", edge->holder, edge->attribute, edge->target,
                           connection_key(store, edge->path, &arena), (int64_t)edge->line));
    arena_free(&arena);
}

void store_put_answer(struct store *store, uint64_t answer, const struct builder *report,
                      const struct builder *findings)
{
    int64_t number = (int64_t)answer;
    if (findings->length == 0) {
        act(store,
            connection_prepare(store, RENEW_ANSWER, "ib", number, report->s, report->length));
        return;
    }
    act(store, connection_prepare(store, PUT_ANSWER, "ibb", number, report->s, report->length,
                                  findings->s, findings->length));
    act(store,
        connection_prepare(store, DROP_ANSWERS, "ii", (int64_t)MOST_ANSWERS, (int64_t)LOOK_BACK));
}

void store_commit(struct store *store)
{
    act(store, connection_prepare(store, COUNT_RULES, ""));
    connection_run(store, "COMMIT");
    if (store->is_broken && store->is_writing) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    store->is_writing = false;
}
