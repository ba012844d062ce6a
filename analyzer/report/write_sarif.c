/*
 * write_sarif.c - SARIF 2.1.0: one run, its results and what went wrong.
 *
 * What GitHub reads of a result: the first location, whose region must have all four numbers; the
 * line hash by which it knows an alert again; the related places that the message links to as
 * `[text](id)`; the code flow.  It takes no notice of `suppressions` and would open an alert for a
 * suppressed finding, so those are written only on demand.  No rule has a `security-severity`: none
 * is about security, and with it GitHub would sort the alerts among the vulnerabilities.
 */
#include "report/writers.h"

#include "report/cycle_cost.h"
#include "report/sarif.h"
#include "text/line_hash.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 1 }; /* can be read, and is a third of the size of pylint's 4 */

/* The hashes of the lines of the file in hand: results come file by file. */
struct hashes {
    const struct report_file *file;
    const struct line_hash *lines;
    uint32_t n;
    struct arena arena;
};

/* A document in the making. */
struct sarif {
    struct json json;
    const struct report *report;
    const struct writer_options *options;
    struct hashes hashes;
    bool tells_suppressions; /* some result is suppressed, so each says whether it is */
};

static void write_text(struct json *json, const char *key, const char *text)
{
    json_key_open(json, key, '{');
    json_key_string(json, "text", text);
    json_close(json, '}');
}

/* Plain text with links: backslashes before brackets that are none. */
static void add_plain(struct builder *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr("[]\\", text[i])) {
            builder_add_char(out, '\\');
        }
        builder_add_char(out, text[i]);
    }
}

static void end_sentence(struct builder *out)
{
    if (out->length > 0 && !strchr(".!?", out->s[out->length - 1])) {
        builder_add_char(out, '.');
    }
}

/* "Tree.root -> Node" */
static void add_edge(struct builder *out, const struct report_edge *edge)
{
    report_add_edge(out, edge->holder, edge->attribute, edge->target);
}

/* A place that a result is linked with. */
struct linked {
    const struct span *span;
    const struct report_edge *edge;       /* NULL for a related place */
    const struct report_related *related; /* NULL for an edge */
};

struct links {
    ARRAY_OF(struct linked);
};

/* The edges of a cycle, then the related places that are not such an edge again. */
static struct links links_of(const struct message *message)
{
    struct links links = {0};
    for (size_t i = 0; i < message->n_edges; i++) {
        const struct report_edge *edge = &message->edges[i];
        *array_push(&links) = (struct linked){.span = &edge->span, .edge = edge};
    }
    for (size_t i = 0; i < message->n_related; i++) {
        const struct report_related *related = &message->related[i];
        if (!message_repeats_edge(message, related)) {
            *array_push(&links) = (struct linked){.span = &related->span, .related = related};
        }
    }
    return links;
}

static void add_linked_text(struct builder *out, const struct linked *linked)
{
    if (linked->edge) {
        add_edge(out, linked->edge);
    } else {
        builder_add(out, linked->related->message);
    }
}

/* What leads to link `i` from the one before, or from the message, which ends with a full stop. */
static const char *lead(const struct links *links, size_t i, size_t first)
{
    bool is_edge = links->items[i].edge != NULL;
    if (i == first) {
        return is_edge ? " Path: [" : " See [";
    }
    return is_edge == (links->items[i - 1].edge != NULL) ? ", [" : ". See [";
}

static const char *last_component(const char *dotted)
{
    const char *dot = strrchr(dotted, '.');
    return dot && dot[1] ? dot + 1 : dotted;
}

/* Where a text tells of an edge, behind `from`: "Tree.root -> Node"; `*n` bytes of it.  NULL if it
 * does not. */
static const char *find_edge(const char *from, const struct report_edge *edge, size_t *n)
{
    struct builder name = {0};
    report_add_edge(&name, last_component(edge->holder), edge->attribute,
                    last_component(edge->target));
    const char *found = strstr(from, builder_string(&name));
    *n = name.length;
    builder_free(&name);
    return found;
}

/* The text with its edges made links, if it tells of every edge in order; else nothing is added. */
static bool add_with_links(struct builder *out, const struct message *message)
{
    struct builder text = {0};
    const char *at = message->text;
    bool has_all = message->n_edges > 0;
    for (size_t i = 0; i < message->n_edges && has_all; i++) {
        size_t n;
        const char *edge = find_edge(at, &message->edges[i], &n);
        has_all = edge != NULL;
        if (has_all) {
            add_plain(&text, at, (size_t)(edge - at));
            builder_add_char(&text, '[');
            add_plain(&text, edge, n);
            builder_addf(&text, "](%zu)", i + 1);
            at = edge + n;
        }
    }
    if (has_all) {
        add_plain(&text, at, strlen(at));
        builder_add(out, builder_string(&text));
    }
    builder_free(&text);
    return has_all;
}

/* The message; what it does not link to itself follows in a sentence. */
static void write_message_text(struct json *json, const struct message *message)
{
    struct builder text = {0};
    struct links links = links_of(message);
    size_t n_linked = add_with_links(&text, message) ? message->n_edges : 0;
    if (n_linked == 0) {
        add_plain(&text, message->text, strlen(message->text));
    }
    end_sentence(&text);
    for (size_t i = n_linked; i < links.n; i++) {
        struct builder place = {0};
        add_linked_text(&place, &links.items[i]);
        builder_add(&text, lead(&links, i, n_linked));
        add_plain(&text, builder_string(&place), place.length);
        builder_addf(&text, "](%zu)", i + 1);
        builder_free(&place);
    }
    if (links.n > n_linked) {
        builder_add_char(&text, '.');
    }
    write_text(json, "message", builder_string(&text));
    builder_free(&text);
    array_free(&links);
}

static void write_linked_message(struct json *json, const struct linked *linked)
{
    struct builder text = {0};
    add_linked_text(&text, linked);
    end_sentence(&text);
    write_text(json, "message", builder_string(&text));
    builder_free(&text);
}

static void write_locations(struct json *json, const struct message *message)
{
    json_key_open(json, "locations", '[');
    json_open(json, '{');
    sarif_write_location(json, &message->span);
    if (*message->object) {
        struct builder name = {0};
        builder_addf(&name, "%s.%s", message->span.file->module, message->object);
        json_key_open(json, "logicalLocations", '[');
        json_open(json, '{');
        json_key_string(json, "fullyQualifiedName", builder_string(&name));
        json_close(json, '}');
        json_close(json, ']');
        builder_free(&name);
    }
    json_close(json, '}');
    json_close(json, ']');
}

static void write_related(struct json *json, const struct message *message)
{
    struct links links = links_of(message);
    if (links.n > 0) {
        json_key_open(json, "relatedLocations", '[');
        for (size_t i = 0; i < links.n; i++) {
            json_open(json, '{');
            json_key_number(json, "id", i + 1);
            sarif_write_location(json, links.items[i].span);
            write_linked_message(json, &links.items[i]);
            json_close(json, '}');
        }
        json_close(json, ']');
    }
    array_free(&links);
}

/* The path of a cycle as one thread of steps. */
static void write_flow(struct json *json, const struct message *message)
{
    if (message->n_edges == 0) {
        return;
    }
    json_key_open(json, "codeFlows", '[');
    json_open(json, '{');
    json_key_open(json, "threadFlows", '[');
    json_open(json, '{');
    json_key_open(json, "locations", '[');
    for (size_t i = 0; i < message->n_edges; i++) {
        json_open(json, '{');
        json_key_open(json, "location", '{');
        sarif_write_location(json, &message->edges[i].span);
        write_linked_message(json, &(struct linked){.edge = &message->edges[i]});
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
}

/* One change a file, its edits in order. */
static void write_changes(struct json *json, const struct message *message)
{
    for (size_t i = 0; i < message->n_edits; i++) {
        const struct report_edit *edit = &message->edits[i];
        bool is_first = i == 0 || edit[-1].span.file != edit->span.file;
        bool is_last = i + 1 == message->n_edits || edit[1].span.file != edit->span.file;
        if (is_first) {
            json_open(json, '{');
            sarif_write_artifact(json, edit->span.file);
            json_key_open(json, "replacements", '[');
        }
        json_open(json, '{');
        sarif_write_region(json, "deletedRegion", &edit->span);
        write_text(json, "insertedContent", edit->text);
        json_close(json, '}');
        if (is_last) {
            json_close(json, ']');
            json_close(json, '}');
        }
    }
}

static void write_fixes(struct json *json, const struct message *message)
{
    if (message->n_edits == 0) {
        return;
    }
    struct builder text = {0};
    builder_add(&text, message->remedy);
    end_sentence(&text);
    json_key_open(json, "fixes", '[');
    json_open(json, '{');
    write_text(json, "description", builder_string(&text));
    json_key_open(json, "artifactChanges", '[');
    write_changes(json, message);
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    builder_free(&text);
}

static const struct line_hash *hash_of_line(struct hashes *hashes, const struct span *span)
{
    if (!span->file->has_source) {
        return NULL;
    }
    if (hashes->file != span->file) {
        arena_reset(&hashes->arena);
        hashes->file = span->file;
        hashes->lines = line_hash_find(&span->file->source, &hashes->arena, &hashes->n);
    }
    return span->start.line <= hashes->n ? &hashes->lines[span->start.line - 1] : NULL;
}

static void write_fingerprints(struct sarif *sarif, const struct message *message)
{
    struct json *json = &sarif->json;
    const struct line_hash *hash = hash_of_line(&sarif->hashes, &message->span);
    if (hash) {
        struct builder text = {0};
        builder_addf(&text, "%llx:%u", (unsigned long long)hash->hash, hash->ordinal);
        json_key_open(json, "partialFingerprints", '{');
        json_key_string(json, "primaryLocationLineHash", builder_string(&text));
        json_close(json, '}');
        builder_free(&text);
    }
    json_key_open(json, "fingerprints", '{');
    json_key_string(json, "cyclint/v1", message->fingerprint);
    json_close(json, '}');
}

static void write_suppressions(struct json *json, const struct message *message)
{
    json_key_open(json, "suppressions", '[');
    if (message->suppression != SUPPRESSION_NONE) {
        bool is_comment = message->suppression == SUPPRESSION_COMMENT;
        json_open(json, '{');
        json_key_string(json, "kind", is_comment ? "inSource" : "external");
        json_key_string(json, "status", "accepted");
        if (*message->justification) {
            json_key_string(json, "justification", message->justification);
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_properties(struct json *json, const struct message *message)
{
    json_key_open(json, "properties", '{');
    json_key_string(json, "confidence", confidence_name(message->confidence));
    if (*message->remedy) {
        json_key_string(json, "remedy", message->remedy);
    }
    if (message->cost != NULL) {
        cycle_cost_write(message->cost, json);
    }
    json_close(json, '}');
}

static void write_result(struct sarif *sarif, const struct message *message)
{
    struct json *json = &sarif->json;
    json_open(json, '{');
    json_key_string(json, "ruleId", message->rule->code);
    json_key_number(json, "ruleIndex", sarif_rule_index(sarif->report, message->rule));
    json_key_string(json, "level", sarif_level(message->rule));
    write_message_text(json, message);
    write_locations(json, message);
    write_fingerprints(sarif, message);
    write_related(json, message);
    write_flow(json, message);
    write_fixes(json, message);
    if (sarif->report->has_baseline) {
        bool is_new = message->suppression != SUPPRESSION_BASELINE;
        json_key_string(json, "baselineState", is_new ? "new" : "unchanged");
    }
    if (sarif->tells_suppressions) {
        write_suppressions(json, message);
    }
    write_properties(json, message);
    json_close(json, '}');
}

/* ---- which results ---- */

enum { N_GRAVITIES = N_CATEGORIES * 3 };

/* 0 is the gravest: by category, then by confidence. */
static size_t gravity(const struct message *message)
{
    return rule_category(message->rule) * 3 + (size_t)(CONFIDENCE_CERTAIN - message->confidence);
}

/* How many results of each gravity may be written: the gravest first, until all are spent. */
static void ration(const struct messages *messages, size_t max, size_t quota[N_GRAVITIES])
{
    memset(quota, 0, N_GRAVITIES * sizeof *quota);
    for (size_t i = 0; i < messages->n; i++) {
        quota[gravity(&messages->items[i])]++;
    }
    for (size_t g = 0; g < N_GRAVITIES; g++) {
        quota[g] = quota[g] < max ? quota[g] : max;
        max -= quota[g];
    }
}

static bool is_result(const struct message *message)
{
    return rule_category(message->rule) != CATEGORY_FATAL;
}

static size_t n_results(const struct messages *messages)
{
    size_t n = 0;
    for (size_t i = 0; i < messages->n; i++) {
        n += is_result(&messages->items[i]);
    }
    return n;
}

static size_t n_kept(const struct sarif *sarif)
{
    size_t n = n_results(&sarif->report->shown);
    size_t max = sarif->options->sarif_max;
    return max > 0 && n > max ? max : n;
}

static void write_results(struct sarif *sarif)
{
    const struct report *report = sarif->report;
    size_t n_fatal = report->shown.n - n_results(&report->shown);
    size_t quota[N_GRAVITIES];
    ration(&report->shown, n_kept(sarif) + n_fatal, quota);
    json_key_open(&sarif->json, "results", '[');
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *message = &report->shown.items[i];
        if (is_result(message) && quota[gravity(message)] > 0) {
            quota[gravity(message)]--;
            write_result(sarif, message);
        }
    }
    if (sarif->options->shows_suppressed) {
        for (size_t i = 0; i < report->suppressed.n; i++) {
            write_result(sarif, &report->suppressed.items[i]);
        }
    }
    json_close(&sarif->json, ']');
}

/* ---- what went wrong ---- */

static void write_descriptor(struct json *json, const char *id, size_t index)
{
    json_key_open(json, "descriptor", '{');
    json_key_string(json, "id", id);
    json_key_number(json, "index", index);
    json_close(json, '}');
}

static void write_failure(struct sarif *sarif, const struct message *message)
{
    struct json *json = &sarif->json;
    struct builder text = {0};
    builder_add(&text, message->text);
    end_sentence(&text);
    json_open(json, '{');
    write_descriptor(json, message->rule->code, sarif_rule_index(sarif->report, message->rule));
    json_key_string(json, "level", "error");
    write_text(json, "message", builder_string(&text));
    json_key_open(json, "locations", '[');
    json_open(json, '{');
    json_key_open(json, "physicalLocation", '{');
    sarif_write_artifact(json, message->span.file);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    builder_free(&text);
}

static void write_cut(struct sarif *sarif, size_t kept, size_t all)
{
    struct json *json = &sarif->json;
    struct builder text = {0};
    builder_addf(&text, "Only the gravest %zu of %zu findings are in this file (--sarif-max).",
                 kept, all);
    json_open(json, '{');
    write_descriptor(json, SARIF_CUT_ID, SARIF_CUT_INDEX);
    json_key_string(json, "level", "warning");
    write_text(json, "message", builder_string(&text));
    json_close(json, '}');
    builder_free(&text);
}

static void write_invocation(struct sarif *sarif)
{
    struct json *json = &sarif->json;
    const struct messages *shown = &sarif->report->shown;
    size_t kept = n_kept(sarif), all = n_results(shown);
    json_key_open(json, "invocations", '[');
    json_open(json, '{');
    json_key_bool(json, "executionSuccessful", sarif->report->counts[CATEGORY_FATAL] == 0);
    json_key_open(json, "toolExecutionNotifications", '[');
    if (kept < all) {
        write_cut(sarif, kept, all);
    }
    for (size_t i = 0; i < shown->n; i++) {
        if (!is_result(&shown->items[i])) {
            write_failure(sarif, &shown->items[i]);
        }
    }
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
}

static void write_run(struct sarif *sarif)
{
    struct json *json = &sarif->json;
    json_open(json, '{');
    sarif_write_tool(json, sarif->report);
    write_invocation(sarif);
    sarif_write_base(json, sarif->report);
    json_key_string(json, "columnKind", "unicodeCodePoints");
    write_results(sarif);
    json_close(json, '}');
}

static void write_sarif(const struct report *report, const struct writer_options *options,
                        struct builder *out)
{
    struct sarif sarif = {.json = json_begin(out, INDENT),
                          .report = report,
                          .options = options,
                          .tells_suppressions =
                              options->shows_suppressed && report->suppressed.n > 0};
    struct json *json = &sarif.json;
    json_open(json, '{');
    json_key_string(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_key_string(json, "version", "2.1.0");
    json_key_open(json, "runs", '[');
    write_run(&sarif);
    json_close(json, ']');
    json_close(json, '}');
    builder_add_char(out, '\n');
    arena_free(&sarif.hashes.arena);
}

const struct writer writer_sarif = {"sarif", write_sarif, false};
