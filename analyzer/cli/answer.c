/*
 * answer.c - the report of an earlier run, when this one would come to the same.
 *
 * Files and configurations are looked for as in every run, so whatever comes, goes or is ignored
 * changes the list of files or the options, and with them the number.  Each file is known by its
 * size, times and inode, as git does it: one that was young when it was looked at (store.h) is
 * read, and known by the hash of its bytes.  Files that could not be read are tried again.
 *
 * A report is not kept when a file was given up while it was analysed, for that may depend on the
 * time; nor when a file was changed during the run, nor with the standard input.
 */
#include "cli/answer_parts.h"

#include "cli/rule_options.h"
#include "cli/select.h"
#include "report/builtin_rules.h"
#include "report/pack_report.h"
#include "store/producer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { MARK = 0x61737733 }; /* "asw3" */

/* Options that only matter for what is done with a report, or when it is made. */
static const char *const other_options[] = {
    "output-format",
    "format",
    "output",
    "msg-template",
    "reports",
    "score",
    "statistics",
    "color",
    "baseline",
    "sarif-max",
    "sarif-suppressed",
    "write-baseline",
    "fail-under",
    "fail-on",
    "jobs",
    "exit-zero",
    "rcfile",
    "config",
    "isolated",
    "verbose",
    "timings",
    "progress",
    "cache-dir",
    "no-cache",
    "clear-cache",
    "diff",
    "fix",
    "unsafe-fixes",
    "show-diff",
    "trend",
    "no-fix",
    "no-unsafe-fixes",
    NULL,
};

/* What a kept report begins with; then come the files, the messages about those that could not be
 * read, and the report. */
struct head {
    uint32_t mark;
    uint32_t n_files;
    uint64_t checksum;   /* of all that follows the head */
    uint64_t n_messages; /* bytes of them */
};

/* ---- the number ---- */

static void add_text(struct builder *out, const char *s)
{
    builder_add(out, s != NULL ? s : "");
    builder_add_char(out, '\0');
}

static bool is_other(const struct option *option)
{
    return words_have(other_options, option->name);
}

static void add_options(struct builder *out, const struct options *options)
{
    size_t n;
    const struct option *table = options_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (!is_other(&table[i])) {
            config_write_value(options, &table[i], out);
            builder_add_char(out, '\0');
        }
    }
    rule_options_write_set(options, out);
    add_text(out, options->rule_settings.n > 0 ? options->config_path : NULL);
}

static void add_selection(struct builder *out, const struct selection *selection)
{
    builder_addf(out, "%d ", (int)selection->min_confidence);
    for (size_t i = 0; i < selection->n_rules; i++) {
        builder_add_char(out, selection->is_on[i] ? '+' : '-');
    }
}

/* Those texts of a rule that the store's producer leaves out. */
static void add_rules(struct builder *out)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    for (size_t i = 0; i < n; i++) {
        add_text(out, rules[i]->code);
        add_text(out, rules[i]->name);
        add_text(out, rules[i]->message);
        add_text(out, rules[i]->instead);
        builder_addf(out, "%d", (int)rules[i]->confidence);
    }
}

static void add_settings(struct builder *out, const struct settings *settings)
{
    add_options(out, settings->options);
    add_selection(out, &settings->selection);
    for (size_t i = 0; i < settings->others.n; i++) {
        add_options(out, &settings->others.items[i]->options);
        add_selection(out, &settings->others.items[i]->selection);
    }
}

/* Which configuration a file has, as a number. */
static size_t setting_number(const struct settings *settings, const struct file *file)
{
    for (size_t i = 0; i < settings->others.n; i++) {
        if (file->selection == &settings->others.items[i]->selection) {
            return i + 1;
        }
    }
    return 0;
}

static void add_files(struct builder *out, const struct settings *settings,
                      const struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        const struct file *file = &files->items[i];
        add_text(out, file->path);
        add_text(out, file->module);
        if (settings->others.n > 0) {
            builder_addf(out, "%zu ", setting_number(settings, file));
        }
    }
    for (size_t i = 0; i < files->found.problems.n; i++) {
        add_text(out, files->found.problems.items[i].path);
        add_text(out, files->found.problems.items[i].message);
    }
}

/* Everything the report depends on but the texts of the files; never 0. */
static uint64_t number_of(const struct settings *settings, const struct files *files)
{
    struct builder all = {0};
    uint64_t producer = producer_of_facts();
    char *current = getcwd(NULL, 0);
    builder_add_bytes(&all, (const char *)&producer, sizeof producer);
    add_text(&all, current);
    add_rules(&all);
    add_settings(&all, settings);
    add_files(&all, settings, files);
    uint64_t number = XXH3_64bits(all.s, all.length);
    free(current);
    builder_free(&all);
    return number != 0 ? number : 1;
}

/* ---- looking it up ---- */

static uint64_t checksum_of(const char *bytes, size_t n)
{
    return XXH3_64bits(bytes + sizeof(struct head), n - sizeof(struct head));
}

static bool is_sound(const char *bytes, size_t n, const struct files *files)
{
    struct head head;
    if (n < sizeof head) {
        return false;
    }
    memcpy(&head, bytes, sizeof head);
    size_t left = n - sizeof head;
    return head.mark == MARK && head.checksum == checksum_of(bytes, n) && head.n_files == files->n
           && head.n_files <= left / sizeof(struct known_file)
           && head.n_messages <= left - head.n_files * sizeof(struct known_file);
}

/* A file that could not be read must fail in the same way. */
static bool fails_again(struct files *files, struct file *file, const char *message,
                        struct arena *scratch)
{
    struct source source;
    struct error error;
    bool is_small = files_is_small_enough(files, file, &error);
    if (is_small && files_read(files, file->path, scratch, &source, &error)) {
        return false;
    }
    file->failed_rule = is_small ? &builtin_file_unreadable : &builtin_limit_exceeded;
    return strcmp(error.message, message) == 0;
}

/* Whether the file is what it was; if so, its origin is set and the new state known. */
static bool is_same_file(struct files *files, struct file *file, struct known_file *known,
                         struct arena *scratch)
{
    struct source source;
    if (answer_is_unchanged(file, known)) {
        file->origin = ORIGIN_UNCHANGED;
        return true;
    }
    if (file->state.size != known->state.size
        || !files_read(files, file->path, scratch, &source, NULL) || source.hash != known->hash) {
        return false;
    }
    file->origin = ORIGIN_SAME;
    known->state = file->state;
    return true;
}

/* Goes through the files until one is not what it was. */
static bool are_same_files(struct files *files, struct known_file *known, const char *messages,
                           const char *end, bool *is_touched)
{
    struct arena scratch = {0};
    bool are_same = true;
    for (size_t i = 0; are_same && i < files->n; i++) {
        struct file *file = &files->items[i];
        if (!known[i].is_bad) {
            are_same = is_same_file(files, file, &known[i], &scratch);
            *is_touched |= file->origin == ORIGIN_SAME;
        } else {
            are_same = messages < end && fails_again(files, file, messages, &scratch);
            messages += messages < end ? strlen(messages) + 1 : 0;
        }
        arena_reset(&scratch);
    }
    arena_free(&scratch);
    return are_same;
}

/* As if nothing had been found. */
static void forget(struct answer *answer, struct files *files, struct report *report)
{
    answer->is_known = false;
    builder_clear(&answer->bytes);
    report_free(report);
    *report = (struct report){0};
    for (size_t i = 0; i < files->n; i++) {
        files->items[i].origin = ORIGIN_TEXT;
        files->items[i].failed_rule = NULL;
    }
}

/* The bytes are kept again when the states of files in them are new. */
static bool read_answer(struct answer *answer, char *bytes, size_t n, struct files *files,
                        struct report *report)
{
    struct head head;
    bool is_touched = false;
    memcpy(&head, bytes, sizeof head);
    struct known_file *known = (struct known_file *)(bytes + sizeof head);
    const char *messages = (const char *)(known + head.n_files);
    const char *packed = messages + head.n_messages;
    if (!are_same_files(files, known, messages, packed, &is_touched)
        || !unpack_report(packed, (size_t)(bytes + n - packed), report)) {
        return false;
    }
    if (is_touched) {
        head.checksum = checksum_of(bytes, n);
        memcpy(bytes, &head, sizeof head);
        builder_add_bytes(&answer->bytes, bytes, n);
    }
    return true;
}

bool answer_recall(struct answer *answer, const struct cache *cache,
                   const struct settings *settings, struct files *files, struct report *report)
{
    size_t n = 0;
    if (cache->store == NULL || files->stdin_name != NULL) {
        return false;
    }
    answer->number = number_of(settings, files);
    char *bytes = store_load_answer(cache->store, answer->number, &answer->arena, &n);
    *report =
        (struct report){.rules = settings->selection.rules, .n_rules = settings->selection.n_rules};
    bool is_kept = bytes != NULL && is_sound(bytes, n, files);
    answer->known = is_kept ? (struct known_file *)(bytes + sizeof(struct head)) : NULL;
    answer->is_known = is_kept && read_answer(answer, bytes, n, files, report);
    if (!answer->is_known) {
        forget(answer, files, report);
    }
    return answer->is_known;
}

static bool read_source(struct files *files, struct report_file *file, struct arena *arena)
{
    uint64_t hash = file->source.hash;
    if (!files_read(files, file->path, arena, &file->source, NULL) || file->source.hash != hash) {
        return false;
    }
    lines_find(&file->source, arena, &file->lines);
    return true;
}

void answer_need_sources(struct answer *answer, struct files *files, struct report *report)
{
    for (size_t i = 0; i < report->n_files; i++) {
        /* Nobody but this run has seen it. */
        struct report_file *file = (struct report_file *)report->files[i];
        if (file->has_source && !read_source(files, file, &report->arena)) {
            forget(answer, files, report);
            return;
        }
    }
}

/* ---- keeping it ---- */

static bool was_given_up(const struct files *files, const struct file *file)
{
    return file->failed_rule == &builtin_limit_exceeded && files_is_small_enough(files, file, NULL);
}

/* Whether the report was made from the texts that the facts are of.  Both lists are in the order of
 * the paths. */
static bool is_of_one_state(const struct files *files, const struct report *report)
{
    size_t next = 0;
    for (size_t i = 0; i < report->n_files; i++) {
        const struct report_file *file = report->files[i];
        while (next < files->n && files->items[next].path != file->path) {
            next++;
        }
        if (next == files->n || !file->has_source
            || file->source.hash != files->items[next].facts.hash) {
            return false;
        }
    }
    return true;
}

static bool can_be_kept(const struct files *files, const struct report *report)
{
    for (size_t i = 0; i < files->n; i++) {
        if (was_given_up(files, &files->items[i])) {
            return false;
        }
    }
    return is_of_one_state(files, report);
}

static void pack_files(const struct files *files, const bool *is_told, struct builder *out,
                       struct builder *messages)
{
    for (size_t i = 0; i < files->n; i++) {
        const struct file *file = &files->items[i];
        struct known_file known = {.is_bad = file->failed_rule != NULL};
        if (known.is_bad) {
            add_text(messages, file->failure);
        } else {
            known.state = file->state;
            known.hash = file->facts.hash;
            known.n_statements = file->facts.n_statements;
            known.is_told = *is_told++;
        }
        builder_add_bytes(out, (const char *)&known, sizeof known);
    }
}

void answer_keep(struct answer *answer, const struct files *files, const struct report *report,
                 const struct findings *findings, const struct builder *wanted)
{
    if (answer->number == 0 || !can_be_kept(files, report)) {
        answer->number = 0;
        return;
    }
    struct head head = {.mark = MARK, .n_files = (uint32_t)files->n};
    struct builder *out = &answer->bytes, messages = {0};
    bool *is_told = alloc_zeroed(files->n + 1, sizeof *is_told);
    builder_add_bytes(out, (const char *)&head, sizeof head);
    answer_find_told(files, findings, is_told);
    pack_files(files, is_told, out, &messages);
    builder_add_bytes(out, builder_string(&messages), messages.length);
    pack_report(report, out);
    head.n_messages = messages.length;
    head.checksum = checksum_of(out->s, out->length);
    memcpy(out->s, &head, sizeof head);
    builder_free(&messages);
    free(is_told);
    answer_keep_findings(answer, findings, wanted);
}

void answer_free(struct answer *answer)
{
    builder_free(&answer->bytes);
    builder_free(&answer->findings);
    known_fixes_free(&answer->fixes);
    arena_free(&answer->arena);
}
