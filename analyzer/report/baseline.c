/*
 * baseline.c - reading, writing and applying a baseline.
 */
#include "report/baseline.h"

#include "report/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, INDENT = 1, CHUNK = 1 << 16 };

static bool is_kept(const struct message *message)
{
    return rule_category(message->rule) != CATEGORY_FATAL;
}

static void write_finding(struct json *json, const struct message *message)
{
    const struct report_file *file = message->span.file;
    json_open(json, '{');
    json_key_string(json, "fingerprint", message->fingerprint);
    json_key_string(json, "rule", message->rule->code);
    json_key_string(json, "symbol", message->rule->name);
    json_key_string(json, "path", file->relative_path ? file->relative_path : file->path);
    json_key_string(json, "obj", message->object);
    json_key_string(json, "message", message->text);
    json_close(json, '}');
}

void baseline_write(const struct report *report, struct builder *out)
{
    struct json json = json_begin(out, INDENT);
    json_open(&json, '{');
    json_key_string(&json, "tool", "cyclint");
    json_key_number(&json, "format", FORMAT);
    json_key_open(&json, "findings", '[');
    for (size_t i = 0; i < report->shown.n; i++) {
        if (is_kept(&report->shown.items[i])) {
            write_finding(&json, &report->shown.items[i]);
        }
    }
    json_close(&json, ']');
    json_close(&json, '}');
    builder_add_char(out, '\n');
}

static bool read_file(const char *path, struct builder *text, struct error *error)
{
    FILE *file = fopen(path, "rbe");
    char *chunk = alloc(CHUNK);
    size_t n;
    while (file && (n = fread(chunk, 1, CHUNK, file)) > 0) {
        builder_add_bytes(text, chunk, n);
    }
    bool ok = file && !ferror(file);
    if (!ok) {
        error_at(error, "cannot read the baseline '%s': %s", path, strerror(errno));
    }
    if (file) {
        fclose(file);
    }
    free(chunk);
    return ok;
}

static bool add_fingerprint(struct baseline *baseline, const cJSON *finding)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(finding, "fingerprint"));
    if (text == NULL) {
        return false;
    }
    size_t n = strlen(text);
    const char *kept = arena_string(&baseline->arena, text, n);
    baseline->n += name_table_put(&baseline->fingerprints, kept, n, baseline->n) == baseline->n;
    return true;
}

static bool read_findings(struct baseline *baseline, const cJSON *root)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
    const cJSON *findings = cJSON_GetObjectItemCaseSensitive(root, "findings");
    if (!cJSON_IsNumber(format) || format->valueint != FORMAT || !cJSON_IsArray(findings)) {
        return false;
    }
    for (const cJSON *finding = findings->child; finding; finding = finding->next) {
        if (!add_fingerprint(baseline, finding)) {
            return false;
        }
    }
    return true;
}

bool baseline_read(const char *path, struct baseline *baseline, struct error *error)
{
    struct builder text = {0};
    *baseline = (struct baseline){0};
    if (!read_file(path, &text, error)) {
        builder_free(&text);
        return false;
    }
    cJSON *root = cJSON_ParseWithLength(builder_string(&text), text.length);
    bool ok = root && read_findings(baseline, root);
    cJSON_Delete(root);
    builder_free(&text);
    if (!ok) {
        baseline_free(baseline);
        return error_at(error, "'%s' is no baseline: write it anew with --write-baseline", path);
    }
    return true;
}

void baseline_free(struct baseline *baseline)
{
    name_table_free(&baseline->fingerprints);
    arena_free(&baseline->arena);
    *baseline = (struct baseline){0};
}

static uint32_t number_of(const struct baseline *baseline, const struct message *message)
{
    return is_kept(message) ? name_table_get(&baseline->fingerprints, message->fingerprint,
                                             strlen(message->fingerprint))
                            : TABLE_NONE;
}

static void add_suppressed(struct report *report, struct message message)
{
    message.suppression = SUPPRESSION_BASELINE;
    message.justification = "it is in the baseline";
    *array_push(&report->suppressed) = message;
}

static uint32_t count_gone(const struct baseline *baseline, const bool *is_found)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < baseline->n; i++) {
        n += !is_found[i];
    }
    return n;
}

uint32_t baseline_apply(const struct baseline *baseline, struct report *report)
{
    bool *is_found = alloc_zeroed(baseline->n, sizeof *is_found);
    struct messages *shown = &report->shown;
    size_t n_kept = 0;
    for (size_t i = 0; i < shown->n; i++) {
        uint32_t number = number_of(baseline, &shown->items[i]);
        if (number == TABLE_NONE) {
            shown->items[n_kept++] = shown->items[i];
        } else {
            is_found[number] = true;
            add_suppressed(report, shown->items[i]);
        }
    }
    shown->n = n_kept;
    messages_sort(&report->suppressed);
    report->has_baseline = true;
    report_count(report);
    uint32_t n_gone = count_gone(baseline, is_found);
    free(is_found);
    return n_gone;
}
