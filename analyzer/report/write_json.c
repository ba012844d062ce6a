/*
 * write_json.c - pylint's two JSON formats: the plain list, and the object with more in it.
 */
#include "report/writers.h"

#include "report/cycle_cost.h"
#include "report/json.h"

/* Pylint indents by 4. */
enum { INDENT = 4 };

static void key_end(struct json *json, const char *key, const struct span *span, uint32_t number)
{
    json_key(json, key);
    if (span->end.line > 0) {
        json_number(json, number);
    } else {
        json_null(json);
    }
}

static void write_span(struct json *json, const struct span *span)
{
    json_key_number(json, "line", span->start.line);
    json_key_number(json, "column", span->start.column);
    key_end(json, "endLine", span, span->end.line);
    key_end(json, "endColumn", span, span->end.column);
}

static void write_plain_message(struct json *json, const struct message *message)
{
    json_open(json, '{');
    json_key_string(json, "type", category_name(rule_category(message->rule)));
    json_key_string(json, "module", message->span.file->module);
    json_key_string(json, "obj", message->object);
    write_span(json, &message->span);
    json_key_string(json, "path", message->span.file->path);
    json_key_string(json, "symbol", message->rule->name);
    json_key_string(json, "message", message->text);
    json_key_string(json, "message-id", message->rule->code);
    json_close(json, '}');
}

static void write_json(const struct report *report, const struct writer_options *options,
                       struct builder *out)
{
    (void)options;
    struct json json = json_begin(out, INDENT);
    json_open(&json, '[');
    for (size_t i = 0; i < report->shown.n; i++) {
        write_plain_message(&json, &report->shown.items[i]);
    }
    json_close(&json, ']');
    builder_add_char(out, '\n');
}

static void write_related(struct json *json, const struct message *message)
{
    json_key_open(json, "related", '[');
    for (size_t i = 0; i < message->n_related; i++) {
        const struct report_related *related = &message->related[i];
        json_open(json, '{');
        json_key_string(json, "path", related->span.file->path);
        json_key_number(json, "line", related->span.start.line);
        json_key_number(json, "column", related->span.start.column);
        json_key_string(json, "message", related->message);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_edge(struct json *json, const struct report_edge *edge)
{
    json_open(json, '{');
    json_key_string(json, "class", edge->holder);
    json_key_string(json, "attr", edge->attribute);
    json_key_string(json, "target", edge->target);
    json_key_open(json, "via", '[');
    for (size_t i = 0; i < edge->n_via; i++) {
        json_string(json, edge->via[i]);
    }
    json_close(json, ']');
    json_key_string(json, "path", edge->span.file->path);
    json_key_number(json, "line", edge->span.start.line);
    json_close(json, '}');
}

static void write_cycle(struct json *json, const struct message *message)
{
    json_key_open(json, "cycle", '{');
    json_key_string(json, "kind", cycle_kind_name(message->cycle_kind));
    json_key_open(json, "edges", '[');
    for (size_t i = 0; i < message->n_edges; i++) {
        write_edge(json, &message->edges[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void write_fix(struct json *json, const struct message *message)
{
    json_key_open(json, "fix", '{');
    json_key_string(json, "applicability", message->fix_is_safe ? "safe" : "unsafe");
    json_key_open(json, "edits", '[');
    for (size_t i = 0; i < message->n_edits; i++) {
        const struct report_edit *edit = &message->edits[i];
        json_open(json, '{');
        json_key_string(json, "path", edit->span.file->path);
        write_span(json, &edit->span);
        json_key_string(json, "text", edit->text);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void write_message(struct json *json, const struct message *message, struct arena *scratch)
{
    json_open(json, '{');
    json_key_string(json, "type", category_name(rule_category(message->rule)));
    json_key_string(json, "symbol", message->rule->name);
    json_key_string(json, "message", message->text);
    json_key_string(json, "messageId", message->rule->code);
    json_key_string(json, "confidence", confidence_name(message->confidence));
    json_key_string(json, "module", message->span.file->module);
    json_key_string(json, "obj", message->object);
    write_span(json, &message->span);
    json_key_string(json, "path", message->span.file->path);
    json_key_string(json, "absolutePath", message->span.file->absolute_path);
    json_key_string(json, "fingerprint", message->fingerprint);
    json_key_string(json, "remedy", message->remedy);
    json_key_string(json, "url", rule_url(message->rule, scratch));
    write_related(json, message);
    if (message->n_edges > 0) {
        write_cycle(json, message);
    }
    if (message->cost != NULL) {
        cycle_cost_write(message->cost, json);
    }
    if (message->n_edits > 0) {
        write_fix(json, message);
    }
    json_close(json, '}');
}

static void write_statistics(struct json *json, const struct report *report)
{
    double score;
    bool has_score = report_score(report, &score);
    json_key_open(json, "statistics", '{');
    json_key_open(json, "messageTypeCount", '{');
    for (enum category c = CATEGORY_FATAL; c < N_CATEGORIES; c++) {
        json_key_number(json, category_name(c), report->counts[c]);
    }
    json_close(json, '}');
    json_key_number(json, "modulesLinted", report->n_modules);
    json_key(json, "score");
    if (has_score) {
        json_decimal(json, score);
    } else {
        json_null(json); /* there was no statement to rate */
    }
    json_close(json, '}');
}

static void write_json2(const struct report *report, const struct writer_options *options,
                        struct builder *out)
{
    (void)options;
    struct arena scratch = {0};
    struct json json = json_begin(out, INDENT);
    json_open(&json, '{');
    json_key_open(&json, "messages", '[');
    for (size_t i = 0; i < report->shown.n; i++) {
        write_message(&json, &report->shown.items[i], &scratch);
    }
    json_close(&json, ']');
    write_statistics(&json, report);
    json_close(&json, '}');
    builder_add_char(out, '\n');
    arena_free(&scratch);
}

const struct writer writer_json = {"json", write_json, true};
const struct writer writer_json2 = {"json2", write_json2, true};
