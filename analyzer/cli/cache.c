/*
 * cache.c - the store as a run uses it.
 *
 * Files are looked up in the threads; everything is stored at once when the report is out.  The
 * standard input is never stored.
 */
#include "cli/cache.h"

#include "cli/outline.h"
#include "cli/output.h"
#include "cli/status.h"
#include "rule.h"
#include "store/place.h"
#include "store/producer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

/* ---- opening and closing ---- */

static const char *folder_of(const struct options *options, const char *path, struct arena *arena)
{
    return options->cache_dir != NULL ? options->cache_dir : place_of_project(path, arena);
}

/* The first path says which project it is. */
static const char *first_path(const struct options *options)
{
    bool has_path = options->paths.n > 0 && strcmp(options->paths.items[0], "-") != 0;
    return has_path ? options->paths.items[0] : ".";
}

static void warn(const struct cache *cache, const struct error *error)
{
    fprintf(stderr, "cyclint: cannot use the cache '%s': %s; working without it\n", cache->folder,
            error->message);
}

static bool has_files(const struct files *files)
{
    return files->n > (files->stdin_name != NULL ? 1u : 0u);
}

void cache_open(struct cache *cache, const struct options *options, const struct files *files)
{
    struct error error;
    if (options->no_cache || !has_files(files)) {
        return;
    }
    cache->folder = folder_of(options, first_path(options), &cache->arena);
    if (options->clear_cache && !place_clear(cache->folder, &error)) {
        warn(cache, &error);
        return;
    }
    cache->store = store_open(cache->folder, producer_of_facts(), &error);
    if (cache->store == NULL) {
        warn(cache, &error);
    }
}

void cache_close(struct cache *cache)
{
    struct error error;
    if (cache->store != NULL && !store_close(cache->store, &error)) {
        warn(cache, &error);
    }
    cache->store = NULL;
    arena_free(&cache->arena);
}

int cache_clear(const struct options *options)
{
    struct arena arena = {0};
    struct error error;
    const char *folder = folder_of(options, first_path(options), &arena);
    bool ok = place_clear(folder, &error);
    if (!ok) {
        fprintf(stderr, "cyclint: cannot clear the cache '%s': %s\n", folder, error.message);
    }
    arena_free(&arena);
    return ok ? 0 : STATUS_BROKEN;
}

/* ---- loading ---- */

bool cache_load_unchanged(const struct cache *cache, const struct files *files, struct file *file,
                          struct arena *scratch)
{
    if (cache->store == NULL || files_is_stdin(files, file->path) || file->fixed != NULL
        || !store_load_unchanged(cache->store, file->path, &file->state, scratch, &file->arena,
                                 &file->facts)) {
        return false;
    }
    file->origin = ORIGIN_UNCHANGED;
    return true;
}

bool cache_load_but_ops(const struct cache *cache, struct file *file, struct arena *scratch)
{
    bool ok = store_load_but_ops(cache->store, file->path, &file->state, scratch, &file->arena,
                                 &file->facts);
    file->origin = ok ? ORIGIN_UNCHANGED : ORIGIN_TEXT;
    return ok;
}

bool cache_load_same(const struct cache *cache, uint64_t hash, struct file *file,
                     struct arena *scratch)
{
    if (cache->store == NULL || file->fixed != NULL
        || !store_load_same(cache->store, file->path, hash, scratch, &file->arena, &file->facts)) {
        return false;
    }
    file->origin = ORIGIN_SAME;
    return true;
}

/* ---- saving ---- */

static void save_file(struct store *store, const struct files *files, const struct file *file)
{
    if (file->origin == ORIGIN_TEXT) {
        store_put_facts(store, &file->state, &file->facts);
        outline_save(store, files, file);
    } else if (file->origin == ORIGIN_SAME && file->state.inode != 0) {
        store_put_state(store, file->path, &file->state);
    }
}

/* How many files there are in the store from this run. */
static size_t save_files(struct store *store, const struct files *files)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        const struct file *file = &files->items[i];
        bool is_fixed = file->fixed != NULL; /* what is on the disk has another state by now */
        if (file->failed_rule == NULL && !is_fixed && !files_is_stdin(files, file->path)) {
            save_file(store, files, file);
            n++;
        }
    }
    return n;
}

static void save_finding(struct store *store, const struct message *message)
{
    store_put_finding(
        store, &(struct store_finding){
                   .path = message->span.file->path,
                   .line = message->span.start.line,
                   .column = message->span.start.column,
                   .code = message->rule->code,
                   .name = message->rule->name,
                   .confidence = confidence_name(message->confidence),
                   .object = message->object,
                   .message = message->text,
                   .remedy = message->remedy,
                   .fingerprint = message->fingerprint,
                   .kind = message->n_edges > 0 ? cycle_kind_name(message->cycle_kind) : NULL,
               });
    for (size_t i = 0; i < message->n_edges; i++) {
        const struct report_edge *edge = &message->edges[i];
        store_put_edge(store, &(struct store_edge){
                                  .holder = edge->holder,
                                  .attribute = edge->attribute,
                                  .target = edge->target,
                                  .path = edge->span.file->path,
                                  .line = edge->span.start.line,
                              });
    }
}

static void add_text(XXH3_state_t *state, const char *s)
{
    XXH3_64bits_update(state, s, strlen(s) + 1);
}

static void add_edge(XXH3_state_t *state, const struct report_edge *edge)
{
    add_text(state, edge->holder);
    add_text(state, edge->attribute);
    add_text(state, edge->target);
    add_text(state, edge->span.file->path);
    XXH3_64bits_update(state, &edge->span.start.line, sizeof edge->span.start.line);
}

/* All that save_finding() puts. */
static void add_finding(XXH3_state_t *state, const struct message *message)
{
    uint32_t numbers[] = {message->span.start.line, message->span.start.column,
                          (uint32_t)message->confidence};
    XXH3_64bits_update(state, numbers, sizeof numbers);
    add_text(state, message->span.file->path);
    add_text(state, message->rule->code);
    add_text(state, message->object);
    add_text(state, message->text);
    add_text(state, message->remedy);
    add_text(state, message->fingerprint);
    for (size_t i = 0; i < message->n_edges; i++) {
        add_edge(state, &message->edges[i]);
    }
}

static uint64_t digest_of(const struct report *report)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL) {
        die("out of memory");
    }
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < report->shown.n; i++) {
        add_finding(state, &report->shown.items[i]);
    }
    uint64_t digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return digest;
}

static void save_report(const struct cache *cache, const struct files *files,
                        const struct report *report, uint64_t answer)
{
    struct store *store = cache->store;
    double score;
    bool is_rated = report_score(report, &score);
    bool is_new = store_put_run(store, &(struct store_run){
                                           .paths = cache->paths,
                                           .asked = cache->asked,
                                           .n_files = files->n,
                                           .n_statements = report->n_statements,
                                           .n_findings = report->shown.n,
                                           .score = is_rated ? &score : NULL,
                                           .digest = digest_of(report),
                                           .answer = answer,
                                       });
    for (size_t i = 0; is_new && i < report->shown.n; i++) {
        save_finding(store, &report->shown.items[i]);
    }
}

static bool names_folder(const struct options *options)
{
    for (size_t i = 0; i < options->paths.n; i++) {
        struct stat status;
        if (stat(options->paths.items[i], &status) == 0 && S_ISDIR(status.st_mode)) {
            return true;
        }
    }
    return false;
}

void cache_save(struct cache *cache, const struct options *options, const struct files *files,
                const struct report *report, const struct cache_answer *answer)
{
    if (cache->store == NULL) {
        return;
    }
    store_begin(cache->store);
    size_t n_present = save_files(cache->store, files);
    if (names_folder(options)) {
        store_forget_vanished(cache->store, n_present);
    }
    save_report(cache, files, report, answer->number);
    if (answer->bytes->length > 0) {
        store_put_answer(cache->store, answer->number, answer->bytes, answer->findings);
    }
    store_commit(cache->store);
}

/* ---- asking ---- */

/* What the configuration says of formats is meant for findings. */
static bool format_of(const struct options *options, enum store_format *format)
{
    static const char *const names[] = {"text", "csv", "json"};
    bool is_asked = options_level(options, "output-format") == LEVEL_COMMAND_LINE
                    || options_level(options, "format") == LEVEL_COMMAND_LINE;
    size_t n = is_asked ? options->formats.n : 0;
    const char *name = n > 0 ? options->formats.items[0] : names[STORE_TABLE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (n <= 1 && strcmp(name, names[i]) == 0) {
            *format = (enum store_format)i;
            return true;
        }
    }
    fprintf(stderr, "cyclint: option '--format': '%s' is none of text, csv, json\n", name);
    return false;
}

void cache_help(struct builder *out)
{
    builder_add(
        out, "usage: cyclint sql \"SELECT ...\" [OPTIONS]\n"
             "       cyclint sql --schema\n"
             "\n"
             "Asks the store about earlier runs: files, classes, attributes, references, cycles,\n"
             "findings and runs.  Nothing is changed.\n"
             "\n"
             "  -f, --format text|csv|json  how the answer is written; default text\n"
             "  --schema                    show the tables and views that there are to ask\n"
             "  --cache-dir DIR             the store's folder; default .cyclint_cache\n"
             "\n"
             "Example:\n"
             "  cyclint sql \"SELECT code, count(*) FROM findings GROUP BY code\"\n");
}

int cache_ask(const struct options *options)
{
    enum store_format format;
    if (options->paths.n != 2) {
        fprintf(stderr, "usage: cyclint sql \"SELECT ...\" [--format text|csv|json]\n"
                        "cyclint: one question is wanted; --schema shows what there is to ask\n");
        return STATUS_USAGE;
    }
    if (!format_of(options, &format)) {
        return STATUS_USAGE;
    }
    struct arena arena = {0};
    struct builder out = {0};
    struct error error;
    const char *folder = folder_of(options, ".", &arena);
    bool ok = store_ask(folder, options->paths.items[1], format, &out, &error)
              && output_bytes(builder_string(&out), out.length, &error);
    if (!ok) {
        fprintf(stderr, "cyclint: %s\n", error.message);
    }
    builder_free(&out);
    arena_free(&arena);
    return ok ? 0 : STATUS_USAGE;
}
