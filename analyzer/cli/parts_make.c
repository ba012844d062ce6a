/*
 * parts_make.c - making a part: `cyclint facts`.
 */
#include "cli/part_format.h"
#include "cli/parts.h"

#include "base/version.h"
#include "cli/output.h"
#include "report/builtin_rules.h"
#include "store/pack.h"
#include "store/producer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/* ---- which shard ---- */

/* "2/7". */
static bool read_shard(const char *text, uint32_t *shard, uint32_t *n_shards, struct error *error)
{
    char *end, *after = NULL;
    unsigned long i = strtoul(text, &end, 10);
    unsigned long n = *end == '/' ? strtoul(end + 1, &after, 10) : 0;
    bool has_digits = strspn(text, "0123456789/") == strlen(text) && after != NULL
                      && after != end + 1 && *after == '\0';
    if (!has_digits || i < 1 || i > n || n > MOST_PARTS) {
        return error_at(error,
                        "option '--shard': '%.100s' is no part of a whole, such as 2/7 for the "
                        "second of seven",
                        text);
    }
    *shard = (uint32_t)i;
    *n_shards = (uint32_t)n;
    return true;
}

static const char *shard_of(const struct options *options)
{
    return options->shard != NULL ? options->shard : "1/1";
}

bool parts_check_options(const struct options *options, struct error *error)
{
    uint32_t shard, n_shards;
    if (options_level(options, "output") != LEVEL_COMMAND_LINE) {
        return error_at(error, "facts: where to? -o FILE names the part");
    }
    if (options->from_stdin) {
        return error_at(error, "facts: the standard input cannot be part of a part");
    }
    for (size_t i = 0; i < options->paths.n; i++) {
        if (strcmp(options->paths.items[i], "-") == 0) {
            return error_at(error, "facts: the standard input cannot be part of a part");
        }
    }
    return read_shard(shard_of(options), &shard, &n_shards, error);
}

/* The path alone decides, so that a file stays where it is when it changes and when others come. */
bool parts_choose(const struct options *options, struct files *files, struct error *error)
{
    uint32_t shard, n_shards;
    size_t n_kept = 0;
    if (!read_shard(shard_of(options), &shard, &n_shards, error)) {
        return false;
    }
    for (size_t i = 0; i < files->n; i++) {
        const char *path = files->items[i].path;
        if (XXH3_64bits(path, strlen(path)) % n_shards == shard - 1) {
            files->items[n_kept++] = files->items[i];
        }
    }
    files->n = n_kept;
    return true;
}

/* ---- writing ---- */

static void align(struct builder *out)
{
    while (out->length % PART_ALIGNMENT != 0) {
        builder_add_char(out, '\0');
    }
}

static void add_text(struct builder *out, const char *text)
{
    builder_add_bytes(out, text, strlen(text) + 1);
}

static void add_file(struct builder *out, const struct file *file)
{
    struct builder facts = {0};
    bool is_good = file->failed_rule == NULL;
    const char *failure = is_good ? "" : file->failure;
    if (is_good) {
        pack_facts(&file->facts, &facts);
    }
    struct part_record record = {
        .hash = file->facts.hash,
        .n_facts = facts.length,
        .n_path = (uint32_t)strlen(file->path) + 1,
        .n_failure = (uint32_t)strlen(failure) + 1,
        .failure = is_good                                        ? FAILURE_NONE
                   : file->failed_rule == &builtin_limit_exceeded ? FAILURE_LIMIT
                                                                  : FAILURE_UNREADABLE,
    };
    builder_add_bytes(out, (const char *)&record, sizeof record);
    add_text(out, file->path);
    add_text(out, failure);
    align(out);
    builder_add_bytes(out, builder_string(&facts), facts.length);
    align(out);
    builder_free(&facts);
}

static bool make_part(const struct options *options, const struct files *files, struct builder *out,
                      struct error *error)
{
    struct part_head head = {
        .producer = producer_of_facts(),
        .asked = part_number(options),
        .n_paths = (uint32_t)options->paths.n,
        .n_files = (uint32_t)files->n,
    };
    if (!read_shard(shard_of(options), &head.shard, &head.n_shards, error)) {
        return false;
    }
    memcpy(head.mark, part_mark, sizeof head.mark);
    builder_add_bytes(out, (const char *)&head, sizeof head);
    add_text(out, CYCLINT_VERSION);
    for (size_t i = 0; i < options->paths.n; i++) {
        add_text(out, options->paths.items[i]);
    }
    align(out);
    for (size_t i = 0; i < files->n; i++) {
        add_file(out, &files->items[i]);
    }
    head.checksum = XXH3_64bits(out->s + sizeof head, out->length - sizeof head);
    memcpy(out->s, &head, sizeof head);
    return true;
}

/* A part that has not changed keeps its time, so that whoever goes by it need not link again. */
static bool write_part(const char *path, const struct builder *bytes, struct error *error)
{
    struct builder old = {0};
    bool is_same = part_is_file(path) && part_read(path, &old, NULL) && old.length == bytes->length
                   && memcmp(old.s, bytes->s, old.length) == 0;
    builder_free(&old);
    return is_same || output_file(path, bytes->s, bytes->length, error);
}

/* ---- --depfile ---- */

static bool ends_in_backslash(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && name[n - 1] == '\\';
}

/* As make and ninja read names: a blank or # has a backslash before it, and backslashes stand for
 * themselves but before a blank. */
static bool add_name(struct builder *out, const char *name, struct error *error)
{
    size_t n_backslashes = 0;
    if (strchr(name, '\n') != NULL || ends_in_backslash(name)) {
        return error_at(error, "option '--depfile': no such file can name '%s'", name);
    }
    for (; *name != '\0'; name++) {
        bool is_special = *name == ' ' || *name == '#';
        for (size_t i = 0; *name == ' ' && i < n_backslashes; i++) {
            builder_add_char(out, '\\');
        }
        n_backslashes = *name == '\\' ? n_backslashes + 1 : 0;
        builder_add(out, is_special ? "\\" : *name == '$' ? "$" : "");
        builder_add_char(out, *name);
    }
    return true;
}

static bool add_dependency(struct builder *out, const char *path, struct error *error)
{
    builder_add(out, " \\\n  ");
    return add_name(out, path, error);
}

static bool add_folder(struct builder *out, const char *folder, struct error *error)
{
    struct arena arena = {0};
    const char *ignore = arena_format(&arena, "%s/.gitignore", folder);
    const char *name = ends_in_backslash(folder) ? arena_format(&arena, "%s/", folder) : folder;
    bool ok = add_dependency(out, name, error)
              && (access(ignore, F_OK) != 0 || add_dependency(out, ignore, error));
    arena_free(&arena);
    return ok;
}

/* The files of the part; and the folders, where one may come or go. */
static bool write_depfile(const struct options *options, const struct files *files,
                          struct error *error)
{
    struct builder out = {0};
    bool ok = add_name(&out, options->output, error);
    builder_add_char(&out, ':');
    for (size_t i = 0; ok && i < files->n; i++) {
        ok = add_dependency(&out, files->items[i].path, error);
    }
    for (size_t i = 0; ok && i < files->found.folders.n; i++) {
        ok = add_folder(&out, files->found.folders.items[i], error);
    }
    if (ok && options->config_path != NULL) {
        ok = add_dependency(&out, options->config_path, error);
    }
    builder_add_char(&out, '\n');
    ok = ok && output_file(options->depfile, out.s, out.length, error);
    builder_free(&out);
    return ok;
}

bool parts_write(const struct options *options, const struct files *files, struct error *error)
{
    struct builder bytes = {0};
    bool ok = make_part(options, files, &bytes, error) && write_part(options->output, &bytes, error)
              && (options->depfile == NULL || write_depfile(options, files, error));
    builder_free(&bytes);
    return ok;
}
