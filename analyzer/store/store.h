/*
 * store.h - facts, findings and runs in one SQLite file.
 *
 * The store is never trusted and never fatal: whatever is wrong with it, it is a store without the
 * file that was asked for.  What was wrong is told once, by store_close().
 */
#ifndef CYCLINT_STORE_STORE_H
#define CYCLINT_STORE_STORE_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "facts/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct builder;
struct store;

/* What tells without reading it that a file is what it was. */
struct store_state {
    uint64_t size;
    int64_t mtime_ns, ctime_ns;
    uint64_t inode; /* 0: it was written so lately that it may change unnoticed */
};

/* The current time; to be asked for before files are looked at. */
int64_t store_now(void);

/* The inode that `state` is to have of a file looked at after `now`: 0 if it may change unnoticed,
 * `inode` else. */
uint64_t store_trusted_inode(const struct store_state *state, uint64_t inode, int64_t now);

/* The store in this folder, which is made if need be, for facts of this producer.  NULL with an
 * error when it cannot be used. */
struct store *store_open(const char *folder, uint64_t producer, struct error *error);

/* Any thread may ask.  Both give the facts in `arena`, or false when there are none and `*facts` is
 * untouched: of a file in this state, and of a file with these bytes.  What was read is left in
 * `scratch`. */
bool store_load_unchanged(struct store *store, const char *path, const struct store_state *state,
                          struct arena *scratch, struct arena *arena, struct facts *facts);
bool store_load_same(struct store *store, const char *path, uint64_t hash, struct arena *scratch,
                     struct arena *arena, struct facts *facts);

/* As store_load_unchanged(), but without the ops (pack.h). */
bool store_load_but_ops(struct store *store, const char *path, const struct store_state *state,
                        struct arena *scratch, struct arena *arena, struct facts *facts);

/* The report that is kept under this number, and the findings it was made of, `*n` bytes in
 * `arena`; NULL when there are none. */
char *store_load_answer(struct store *store, uint64_t answer, struct arena *arena, size_t *n);
char *store_load_findings(struct store *store, uint64_t answer, struct arena *arena, size_t *n);

/* What the last run found that was asked the same. */
struct store_rule_count {
    const char *code, *name;
    size_t n_findings;
};

struct store_history {
    size_t n_files, n_statements, n_findings;
    bool has_score;
    double score;
    struct {
        ARRAY_OF(struct store_rule_count);
    } rules; /* sorted by code */
};

/* False when there was no such run.  The strings are in `arena`, the rules to be freed. */
bool store_load_history(struct store *store, uint64_t asked, struct arena *arena,
                        struct store_history *history);

/* ---- writing: one transaction a run ---- */

void store_begin(struct store *store);
void store_put_facts(struct store *store, const struct store_state *state,
                     const struct facts *facts);

/* What people may ask about a file that was put, in rows of the tables of the same names.  A line
 * of 0 is not known. */
struct store_class {
    const char *name, *bases;
    uint32_t line;
};

struct store_attribute {
    uint32_t class; /* index */
    const char *name;
    bool is_of_class;
    uint32_t line, n_stores;
};

struct store_ref {
    uint32_t attribute; /* index */
    const char *target, *how;
    uint32_t line;
};

struct store_outline {
    const struct store_class *classes;
    const struct store_attribute *attributes;
    const struct store_ref *refs;
    size_t n_classes, n_attributes, n_refs;
};

void store_put_outline(struct store *store, const char *path, const struct store_outline *outline);

/* The file has been read and is what is stored; next time a look is enough. */
void store_put_state(struct store *store, const char *path, const struct store_state *state);

/* Forgets the files that are no more, unless there are only `n_present` at all. */
void store_forget_vanished(struct store *store, size_t n_present);

struct store_finding {
    const char *path;
    uint32_t line, column;
    const char *code, *name, *confidence, *object, *message, *remedy, *fingerprint;
    const char *kind; /* of its cycle, or NULL */
};

struct store_edge {
    const char *holder, *attribute, *target, *path;
    uint32_t line;
};

struct store_run {
    const char *paths; /* as the user named them */
    uint64_t asked;    /* the same number: the same paths and options */
    size_t n_files, n_statements, n_findings;
    const double *score; /* NULL: there was nothing to rate */
    uint64_t digest;     /* of all that is put of the findings */
    uint64_t answer;     /* under which its report is kept; 0: nowhere */
};

/* The findings of this run take the place of the last one's.  False when these are the same and
 * none need be put.  Edges belong to the last finding. */
bool store_put_run(struct store *store, const struct store_run *run);
void store_put_finding(struct store *store, const struct store_finding *finding);
void store_put_edge(struct store *store, const struct store_edge *edge);

/* Keeps the report of the run that was put last, and forgets those that were long not wanted.
 * Without findings (an empty string) those that are there stay. */
void store_put_answer(struct store *store, uint64_t answer, const struct builder *report,
                      const struct builder *findings);
void store_commit(struct store *store);

/* Closes the store.  False with an error when something was wrong with it.  A damaged one is
 * removed, so that the next run makes a new one. */
bool store_close(struct store *store, struct error *error);

/* ---- asking ---- */

/* The tables and views that there are to ask, as SQL with comments. */
const char *store_schema(void);

enum store_format { STORE_TABLE, STORE_CSV, STORE_JSON };

/* Adds what a SELECT finds in the store of this folder to `out`.  False with an error that says
 * what is wrong with the store or the question. */
bool store_ask(const char *folder, const char *sql, enum store_format format, struct builder *out,
               struct error *error);

#endif
