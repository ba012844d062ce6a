/*
 * parts.c - using parts: `cyclint link`.
 *
 * The heads are read first, to tell what does not belong together; then the files.
 */
#include "cli/parts.h"

#include "base/table.h"
#include "base/version.h"
#include "cli/part_format.h"
#include "report/builtin_rules.h"
#include "store/pack.h"
#include "store/producer.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char has_changed[] = "has changed since";

/* ---- reading ---- */

/* What is left of a part that is being read. */
struct reading {
    const char *start, *at, *end;
};

struct part {
    const char *name; /* of the file */
    struct reading reading;
    struct part_head head;
    const char *version;
    struct strings paths;
    struct builder bytes;
};

struct part_file {
    const struct part *part;
    const char *path, *failure;
    const char *facts;
    struct part_record record;
    bool is_used;
    const char *trouble; /* why it is of no use, or NULL */
};

struct parts {
    struct part *items;
    size_t n;
    struct {
        ARRAY_OF(struct part_file);
    } files;
    struct name_table by_path;
};

static const char *take(struct reading *reading, uint64_t n)
{
    if (reading->at == NULL || n > (uint64_t)(reading->end - reading->at)) {
        reading->at = NULL;
        return NULL;
    }
    const char *bytes = reading->at;
    reading->at += n;
    return bytes;
}

static void take_padding(struct reading *reading)
{
    size_t over = reading->at != NULL ? (size_t)(reading->at - reading->start) % PART_ALIGNMENT : 0;
    take(reading, over > 0 ? PART_ALIGNMENT - over : 0);
}

/* A text of `n` bytes with its NUL. */
static const char *take_text(struct reading *reading, uint64_t n)
{
    const char *text = n > 0 ? take(reading, n) : NULL;
    if (text == NULL || strnlen(text, (size_t)n) != n - 1) {
        reading->at = NULL;
        return NULL;
    }
    return text;
}

static const char *take_any_text(struct reading *reading)
{
    size_t left = reading->at != NULL ? (size_t)(reading->end - reading->at) : 0;
    return take_text(reading, left > 0 ? strnlen(reading->at, left) + 1 : 0);
}

static bool is_broken(const char *name, struct error *error)
{
    return error_at(error, "'%s' is no part, or a broken one: make it anew with cyclint facts",
                    name);
}

static bool take_file(struct parts *parts, const struct part *part, struct reading *reading)
{
    struct part_file file = {.part = part};
    const char *record = take(reading, sizeof file.record);
    if (record == NULL) {
        return false;
    }
    memcpy(&file.record, record, sizeof file.record);
    file.path = take_text(reading, file.record.n_path);
    file.failure = take_text(reading, file.record.n_failure);
    take_padding(reading);
    file.facts = take(reading, file.record.n_facts);
    take_padding(reading);
    if (reading->at == NULL || file.record.failure > FAILURE_LIMIT) {
        return false;
    }
    uint32_t next = (uint32_t)parts->files.n;
    *array_push(&parts->files) = file;
    return name_table_put(&parts->by_path, file.path, strlen(file.path), next) == next;
}

/* Reads what stands before the files. */
static bool take_head(struct part *part, struct reading *reading)
{
    const char *head = take(reading, sizeof part->head);
    if (head == NULL || memcmp(head, part_mark, sizeof part_mark) != 0) {
        return false;
    }
    memcpy(&part->head, head, sizeof part->head);
    if (part->head.checksum != XXH3_64bits(reading->at, (size_t)(reading->end - reading->at))) {
        return false;
    }
    part->version = take_any_text(reading);
    for (uint32_t i = 0; reading->at != NULL && i < part->head.n_paths; i++) {
        *array_push(&part->paths) = take_any_text(reading);
    }
    take_padding(reading);
    return reading->at != NULL && part->head.shard >= 1 && part->head.shard <= part->head.n_shards
           && part->head.n_shards <= MOST_PARTS;
}

static bool has_same_paths(const struct part *a, const struct part *b)
{
    bool is_same = a->paths.n == b->paths.n;
    for (size_t i = 0; is_same && i < a->paths.n; i++) {
        is_same = strcmp(a->paths.items[i], b->paths.items[i]) == 0;
    }
    return is_same;
}

/* Whether the part belongs to the first. */
static bool belongs(const struct part *part, const struct part *first, struct error *error)
{
    const char *what = part->head.n_shards != first->head.n_shards ? "another number of parts"
                       : part->head.producer != first->head.producer
                           ? "another build of cyclint or with other rules"
                       : part->head.asked != first->head.asked ? "other options"
                       : !has_same_paths(part, first)          ? "other paths"
                                                               : NULL;
    return what == NULL
           || error_at(error, "'%s' and '%s' do not belong together: one was made for %s",
                       first->name, part->name, what);
}

static bool read_part(struct parts *parts, struct part *part, struct error *error)
{
    if (!part_read(part->name, &part->bytes, error)) {
        return false;
    }
    const char *start = builder_string(&part->bytes);
    part->reading = (struct reading){start, start, start + part->bytes.length};
    return take_head(part, &part->reading) ? belongs(part, &parts->items[0], error)
                                           : is_broken(part->name, error);
}

static bool take_files(struct parts *parts, struct part *part, struct error *error)
{
    for (uint32_t i = 0; i < part->head.n_files; i++) {
        if (!take_file(parts, part, &part->reading)) {
            return is_broken(part->name, error);
        }
    }
    return part->reading.at == part->reading.end || is_broken(part->name, error);
}

/* Whether each part is there once. */
static bool are_complete(const struct parts *parts, struct error *error)
{
    uint32_t n = parts->items[0].head.n_shards, n_missing = 0, missing = 0;
    const char **names = alloc_zeroed(n + 1, sizeof *names);
    bool ok = true;
    for (size_t i = 0; ok && i < parts->n; i++) {
        const char **name = &names[parts->items[i].head.shard];
        ok = *name == NULL
             || error_at(error, "'%s' and '%s' are the same part, %u/%u", *name,
                         parts->items[i].name, parts->items[i].head.shard, n);
        *name = parts->items[i].name;
    }
    for (uint32_t i = n; i > 0; i--) {
        n_missing += names[i] == NULL;
        missing = names[i] == NULL ? i : missing;
    }
    free(names);
    if (ok && n_missing > 0) {
        ok = error_at(error, "part %u/%u is missing%s", missing, n,
                      n_missing > 1 ? ", and others" : "");
    }
    return ok;
}

struct parts *parts_read(const struct strings *names, struct error *error)
{
    struct parts *parts = alloc_zeroed(1, sizeof *parts);
    parts->items = alloc_zeroed(names->n + 1, sizeof *parts->items);
    bool ok = names->n > 0 || error_at(error, "link: which parts? as in: cyclint link part*.db");
    for (size_t i = 0; ok && i < names->n; i++) {
        parts->items[i].name = names->items[i];
        parts->n = i + 1;
        ok = read_part(parts, &parts->items[i], error);
    }
    ok = ok && are_complete(parts, error);
    for (size_t i = 0; ok && i < parts->n; i++) {
        ok = take_files(parts, &parts->items[i], error);
    }
    if (!ok) {
        parts_free(parts);
        return NULL;
    }
    return parts;
}

void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < parts->n; i++) {
        array_free(&parts->items[i].paths);
        builder_free(&parts->items[i].bytes);
    }
    free(parts->items);
    array_free(&parts->files);
    name_table_free(&parts->by_path);
    free(parts);
}

const struct strings *parts_paths(const struct parts *parts)
{
    return &parts->items[0].paths;
}

bool parts_fit(const struct parts *parts, const struct options *options, struct error *error)
{
    const struct part *part = &parts->items[0];
    if (part->head.producer != producer_of_facts()) {
        return error_at(error,
                        "'%s' was made by another build of cyclint (%s; this is " CYCLINT_VERSION
                        ") or with other rules",
                        part->name, part->version);
    }
    return part->head.asked == part_number(options)
           || error_at(error, "'%s' was made with other options about which files to take",
                       part->name);
}

/* ---- one file ---- */

static struct part_file *find(struct parts *parts, const struct file *file)
{
    uint32_t index = name_table_get(&parts->by_path, file->path, strlen(file->path));
    return index != TABLE_NONE ? &parts->files.items[index] : NULL;
}

/* The run ends before anybody sees the failure. */
static bool has_trouble(struct part_file *known, struct file *file, const char *trouble)
{
    if (known != NULL) {
        known->trouble = trouble;
    }
    file->failed_rule = &builtin_file_unreadable;
    file->failure = trouble;
    return false;
}

bool parts_load(struct parts *parts, struct file *file, uint64_t hash)
{
    struct part_file *known = find(parts, file);
    if (known == NULL || known->record.hash != hash) {
        return has_trouble(known, file, has_changed);
    }
    if (known->record.failure == FAILURE_LIMIT) {
        file->failed_rule = &builtin_limit_exceeded;
        file->failure = known->failure;
        return false;
    }
    if (!unpack_facts(known->facts, (size_t)known->record.n_facts, &file->arena, &file->facts)) {
        return has_trouble(known, file, "cannot be used");
    }
    file->facts.path = file->path;
    file->origin = ORIGIN_SAME;
    return true;
}

/* ---- all of them ---- */

static bool fails_otherwise(const struct part_file *known, const struct file *file)
{
    return file->failed_rule != NULL && strcmp(file->failure, known->failure) != 0;
}

static bool tell(const struct part_file *file, const char *trouble, struct error *error)
{
    return error_at(error, "'%s' of '%s' %s: make the part anew with cyclint facts", file->path,
                    file->part->name, trouble);
}

bool parts_are_used_up(struct parts *parts, const struct files *files, struct error *error)
{
    for (size_t i = 0; i < files->n; i++) {
        struct part_file *known = find(parts, &files->items[i]);
        if (known == NULL) {
            return error_at(error, "no part has '%s': make the parts anew with cyclint facts",
                            files->items[i].path);
        }
        known->is_used = true;
        if (known->trouble != NULL || fails_otherwise(known, &files->items[i])) {
            return tell(known, known->trouble != NULL ? known->trouble : has_changed, error);
        }
    }
    for (size_t i = 0; i < parts->files.n; i++) {
        if (!parts->files.items[i].is_used) {
            return tell(&parts->files.items[i], "is not among the files now", error);
        }
    }
    return true;
}
