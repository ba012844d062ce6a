/*
 * pack_report.c - a settled report as one piece of bytes, and back.
 *
 * The files that messages name stand before the messages, which know them by their number: those
 * of the report, then those that could not be read.
 */
#include "report/pack_report.h"

#include "base/table.h"
#include "report/pack_shared.h"

#include <assert.h>

static_assert(sizeof(void *) != 8
                  || (sizeof(struct message) == 152 && sizeof(struct report_related) == 32
                      && sizeof(struct report_edge) == 64 && sizeof(struct report_edit) == 48),
              "a new field of a message must be packed");

/* ---- writing ---- */

struct packing {
    struct packer to;
    struct pair_table numbers; /* of files, by their address */
    struct {
        ARRAY_OF(const struct report_file *);
    } files;
};

static uint32_t number_of_file(struct packing *packing, const struct report_file *file)
{
    uint32_t new_number = (uint32_t)packing->files.n;
    uint32_t number = pair_table_put(&packing->numbers, (uint64_t)(uintptr_t)file, new_number);
    if (number == new_number) {
        *array_push(&packing->files) = file;
    }
    return number;
}

static void add_span(struct packing *packing, const struct span *span)
{
    packer_number(&packing->to, number_of_file(packing, span->file));
    packer_number(&packing->to, span->start.line);
    packer_number(&packing->to, span->start.column);
    packer_number(&packing->to, span->end.line);
    packer_number(&packing->to, span->end.column);
}

static void add_related(struct packing *packing, const struct message *message)
{
    packer_number(&packing->to, (uint32_t)message->n_related);
    for (size_t i = 0; i < message->n_related; i++) {
        add_span(packing, &message->related[i].span);
        packer_text(&packing->to, message->related[i].message);
    }
}

static void add_edges(struct packing *packing, const struct message *message)
{
    packer_number(&packing->to, (uint32_t)message->n_edges);
    for (size_t i = 0; i < message->n_edges; i++) {
        const struct report_edge *edge = &message->edges[i];
        add_span(packing, &edge->span);
        packer_text(&packing->to, edge->holder);
        packer_text(&packing->to, edge->attribute);
        packer_text(&packing->to, edge->target);
        packer_number(&packing->to, (uint32_t)edge->n_via);
        for (size_t k = 0; k < edge->n_via; k++) {
            packer_text(&packing->to, edge->via[k]);
        }
    }
}

static void add_edits(struct packing *packing, const struct message *message)
{
    packer_number(&packing->to, (uint32_t)message->n_edits);
    for (size_t i = 0; i < message->n_edits; i++) {
        add_span(packing, &message->edits[i].span);
        packer_number(&packing->to, message->edits[i].start);
        packer_number(&packing->to, message->edits[i].end);
        packer_number(&packing->to, message->edits[i].is_import);
        packer_number(&packing->to, message->edits[i].lock);
        packer_text(&packing->to, message->edits[i].text);
    }
}

static void add_message(struct packing *packing, const struct message *message)
{
    packer_text(&packing->to, message->rule->code);
    packer_number(&packing->to, (uint32_t)message->confidence);
    add_span(packing, &message->span);
    packer_text(&packing->to, message->object);
    packer_text(&packing->to, message->text);
    packer_text(&packing->to, message->remedy);
    packer_text(&packing->to, message->fingerprint);
    add_related(packing, message);
    add_edges(packing, message);
    packer_number(&packing->to, (uint32_t)message->cycle_kind);
    pack_cost(&packing->to, message->cost);
    add_edits(packing, message);
    packer_number(&packing->to, message->fix_is_safe);
    packer_number(&packing->to, (uint32_t)message->suppression);
    packer_text(&packing->to, message->justification);
}

static void add_messages(struct packing *packing, const struct messages *messages)
{
    packer_number(&packing->to, (uint32_t)messages->n);
    for (size_t i = 0; i < messages->n; i++) {
        add_message(packing, &messages->items[i]);
    }
}

static void add_file(struct packing *packing, const struct report_file *file)
{
    packer_text(&packing->to, file->path);
    packer_text(&packing->to, file->absolute_path);
    packer_text(&packing->to, file->relative_path);
    packer_text(&packing->to, file->module);
    packer_number(&packing->to, file->has_source);
    packer_wide(&packing->to, file->has_source ? file->source.hash : 0);
}

/* Which files there are is known when the messages are packed, and is read before them. */
static void add_all(struct packing *packing, const struct report *report)
{
    for (size_t i = 0; i < report->n_files; i++) {
        number_of_file(packing, report->files[i]);
    }
    add_messages(packing, &report->shown);
    add_messages(packing, &report->suppressed);
    struct builder messages = packing->to.records;
    packing->to.records = (struct builder){0};
    packer_text(&packing->to, report->directory);
    packer_wide(&packing->to, report->n_modules);
    packer_wide(&packing->to, report->n_statements);
    packer_number(&packing->to, (uint32_t)report->n_files);
    packer_number(&packing->to, (uint32_t)packing->files.n);
    for (size_t i = 0; i < packing->files.n; i++) {
        add_file(packing, packing->files.items[i]);
    }
    builder_add_bytes(&packing->to.records, builder_string(&messages), messages.length);
    builder_free(&messages);
}

void pack_report(const struct report *report, struct builder *out)
{
    struct packing packing = {0};
    add_all(&packing, report);
    packer_finish(&packing.to, out);
    pair_table_free(&packing.numbers);
    array_free(&packing.files);
}

/* ---- reading ---- */

struct reading {
    struct unpacker from;
    struct report *report;
    struct report_file *files;
    size_t n_files;
};

static struct position take_position(struct reading *reading)
{
    uint32_t line = unpacker_number(&reading->from);
    return (struct position){line, unpacker_number(&reading->from)};
}

static struct span take_span(struct reading *reading)
{
    struct span span = {.file = &reading->files[unpacker_below(&reading->from, reading->n_files)]};
    span.start = take_position(reading);
    span.end = take_position(reading);
    return span;
}

static void take_related(struct reading *reading, struct message *message)
{
    struct report_related *related;
    message->n_related = unpacker_count(&reading->from, sizeof *related, &related);
    message->related = related;
    for (size_t i = 0; i < message->n_related; i++) {
        related[i].span = take_span(reading);
        related[i].message = unpacker_text(&reading->from);
    }
}

static void take_edge(struct reading *reading, struct report_edge *edge)
{
    const char **via;
    edge->span = take_span(reading);
    edge->holder = unpacker_text(&reading->from);
    edge->attribute = unpacker_text(&reading->from);
    edge->target = unpacker_text(&reading->from);
    edge->n_via = unpacker_count(&reading->from, sizeof *via, &via);
    edge->via = via;
    for (size_t i = 0; i < edge->n_via; i++) {
        via[i] = unpacker_text(&reading->from);
    }
}

static void take_edges(struct reading *reading, struct message *message)
{
    struct report_edge *edges;
    message->n_edges = unpacker_count(&reading->from, sizeof *edges, &edges);
    message->edges = edges;
    for (size_t i = 0; i < message->n_edges; i++) {
        take_edge(reading, &edges[i]);
    }
}

static void take_edits(struct reading *reading, struct message *message)
{
    struct report_edit *edits;
    message->n_edits = unpacker_count(&reading->from, sizeof *edits, &edits);
    message->edits = edits;
    for (size_t i = 0; i < message->n_edits; i++) {
        edits[i].span = take_span(reading);
        edits[i].start = (uint32_t)unpacker_number(&reading->from);
        edits[i].end = (uint32_t)unpacker_number(&reading->from);
        edits[i].is_import = unpacker_below(&reading->from, 2) == 1;
        edits[i].lock = unpacker_number(&reading->from);
        edits[i].text = unpacker_text(&reading->from);
    }
}

static void take_message(struct reading *reading, struct message *message)
{
    message->rule = unpack_rule(&reading->from, reading->report->rules, reading->report->n_rules);
    message->confidence = (enum confidence)unpacker_number(&reading->from);
    message->span = take_span(reading);
    message->object = unpacker_text(&reading->from);
    message->text = unpacker_text(&reading->from);
    message->remedy = unpacker_text(&reading->from);
    message->fingerprint = unpacker_text(&reading->from);
    take_related(reading, message);
    take_edges(reading, message);
    message->cycle_kind = (enum cycle_kind)unpacker_number(&reading->from);
    message->cost = unpack_cost(&reading->from);
    take_edits(reading, message);
    message->fix_is_safe = unpacker_below(&reading->from, 2);
    message->suppression = (enum suppression)unpacker_number(&reading->from);
    message->justification = unpacker_text(&reading->from);
}

static void take_messages(struct reading *reading, struct messages *messages)
{
    uint32_t n = unpacker_number(&reading->from);
    for (uint32_t i = 0; i < n && !reading->from.is_broken; i++) {
        take_message(reading, array_push(messages));
    }
}

static void take_file(struct reading *reading, struct report_file *file)
{
    file->path = unpacker_text(&reading->from);
    file->absolute_path = unpacker_text(&reading->from);
    file->relative_path = unpacker_text(&reading->from);
    file->module = unpacker_text(&reading->from);
    file->has_source = unpacker_below(&reading->from, 2);
    file->source.hash = unpacker_wide(&reading->from);
}

static void take_files(struct reading *reading)
{
    struct report *report = reading->report;
    uint32_t n_listed = unpacker_number(&reading->from);
    reading->n_files = unpacker_count(&reading->from, sizeof *reading->files, &reading->files);
    if (n_listed > reading->n_files) {
        reading->from.is_broken = true;
        return;
    }
    const struct report_file **listed =
        arena_alloc(&report->arena, ((size_t)n_listed + 1) * sizeof *listed);
    for (size_t i = 0; i < reading->n_files; i++) {
        take_file(reading, &reading->files[i]);
    }
    for (size_t i = 0; i < n_listed; i++) {
        listed[i] = &reading->files[i];
    }
    report->files = listed;
    report->n_files = (size_t)n_listed;
}

bool unpack_report(const char *bytes, size_t n, struct report *report)
{
    struct reading reading = {.from = unpacker_of(bytes, n, &report->arena), .report = report};
    report->directory = unpacker_text(&reading.from);
    report->n_modules = (size_t)unpacker_wide(&reading.from);
    report->n_statements = (size_t)unpacker_wide(&reading.from);
    take_files(&reading);
    take_messages(&reading, &report->shown);
    take_messages(&reading, &report->suppressed);
    if (!unpacker_is_done(&reading.from)) {
        return false;
    }
    report_count(report);
    return true;
}
