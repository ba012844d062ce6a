/*
 * pack_report.c - a settled report as one piece of bytes, and back.
 *
 * Numbers are 8 bytes each, strings a length and the bytes with their NUL.  The files that messages
 * name come first, messages name them by their number: those of the report before those that could
 * not be read.
 */
#include "report/pack_report.h"

#include "base/table.h"

#include <stdint.h>
#include <string.h>

/* ---- writing ---- */

struct packing {
    struct builder *out;
    struct pair_table numbers; /* of files, by their address */
    struct {
        ARRAY_OF(const struct report_file *);
    } files;
};

static void add_number(struct builder *out, uint64_t number)
{
    builder_add_bytes(out, (const char *)&number, sizeof number);
}

static void add_decimal(struct builder *out, double number)
{
    builder_add_bytes(out, (const char *)&number, sizeof number);
}

/* A length of 0 is NULL: the NUL at the end counts. */
static void add_text(struct builder *out, const char *s)
{
    size_t n = s != NULL ? strlen(s) + 1 : 0;
    add_number(out, n);
    builder_add_bytes(out, s != NULL ? s : "", n);
}

static uint64_t number_of_file(struct packing *packing, const struct report_file *file)
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
    add_number(packing->out, number_of_file(packing, span->file));
    add_number(packing->out, span->start.line);
    add_number(packing->out, span->start.column);
    add_number(packing->out, span->end.line);
    add_number(packing->out, span->end.column);
}

static void add_related(struct packing *packing, const struct message *message)
{
    add_number(packing->out, message->n_related);
    for (size_t i = 0; i < message->n_related; i++) {
        add_span(packing, &message->related[i].span);
        add_text(packing->out, message->related[i].message);
    }
}

static void add_edges(struct packing *packing, const struct message *message)
{
    add_number(packing->out, message->n_edges);
    for (size_t i = 0; i < message->n_edges; i++) {
        const struct report_edge *edge = &message->edges[i];
        add_span(packing, &edge->span);
        add_text(packing->out, edge->holder);
        add_text(packing->out, edge->attribute);
        add_text(packing->out, edge->target);
        add_number(packing->out, edge->n_via);
        for (size_t k = 0; k < edge->n_via; k++) {
            add_text(packing->out, edge->via[k]);
        }
    }
}

static void add_edits(struct packing *packing, const struct message *message)
{
    add_number(packing->out, message->n_edits);
    for (size_t i = 0; i < message->n_edits; i++) {
        add_span(packing, &message->edits[i].span);
        add_text(packing->out, message->edits[i].text);
    }
}

static void add_cost(struct builder *out, const struct finding_cost *cost)
{
    add_number(out, cost != NULL);
    if (cost != NULL) {
        add_text(out, cost->python);
        add_number(out, cost->heap);
        add_decimal(out, cost->objects);
        add_decimal(out, cost->waiting);
        add_decimal(out, cost->seconds.low);
        add_decimal(out, cost->seconds.high);
    }
}

static void add_message(struct packing *packing, const struct message *message)
{
    struct builder *out = packing->out;
    add_text(out, message->rule->code);
    add_number(out, (uint64_t)message->confidence);
    add_span(packing, &message->span);
    add_text(out, message->object);
    add_text(out, message->text);
    add_text(out, message->remedy);
    add_text(out, message->fingerprint);
    add_related(packing, message);
    add_edges(packing, message);
    add_number(out, (uint64_t)message->cycle_kind);
    add_cost(out, message->cost);
    add_edits(packing, message);
    add_number(out, message->fix_is_safe);
    add_number(out, (uint64_t)message->suppression);
    add_text(out, message->justification);
}

static void add_messages(struct packing *packing, const struct messages *messages)
{
    add_number(packing->out, messages->n);
    for (size_t i = 0; i < messages->n; i++) {
        add_message(packing, &messages->items[i]);
    }
}

static void add_files(const struct packing *packing, struct builder *out)
{
    add_number(out, packing->files.n);
    for (size_t i = 0; i < packing->files.n; i++) {
        const struct report_file *file = packing->files.items[i];
        add_text(out, file->path);
        add_text(out, file->absolute_path);
        add_text(out, file->relative_path);
        add_text(out, file->module);
        add_number(out, file->has_source);
        add_number(out, file->has_source ? file->source.hash : 0);
    }
}

void pack_report(const struct report *report, struct builder *out)
{
    struct builder messages = {0};
    struct packing packing = {.out = &messages};
    for (size_t i = 0; i < report->n_files; i++) {
        number_of_file(&packing, report->files[i]);
    }
    add_messages(&packing, &report->shown);
    add_messages(&packing, &report->suppressed);
    add_text(out, report->directory);
    add_number(out, report->n_modules);
    add_number(out, report->n_statements);
    add_number(out, report->n_files);
    add_files(&packing, out);
    builder_add_bytes(out, builder_string(&messages), messages.length);
    builder_free(&messages);
    pair_table_free(&packing.numbers);
    array_free(&packing.files);
}

/* ---- reading ---- */

struct reading {
    const char *next;
    size_t left;
    bool is_broken; /* something reached beyond the end, or named what is not there */
    struct report *report;
    struct report_file *files;
    size_t n_files;
};

static const char *take(struct reading *reading, uint64_t n)
{
    static const char zeros[sizeof(uint64_t)];
    if (reading->is_broken || n > reading->left) {
        reading->is_broken = true;
        return zeros;
    }
    const char *bytes = reading->next;
    reading->next += n;
    reading->left -= (size_t)n;
    return bytes;
}

static uint64_t take_number(struct reading *reading)
{
    uint64_t number;
    memcpy(&number, take(reading, sizeof number), sizeof number);
    return number;
}

static double take_decimal(struct reading *reading)
{
    double number;
    memcpy(&number, take(reading, sizeof number), sizeof number);
    return number;
}

/* May be NULL. */
static const char *take_text(struct reading *reading)
{
    uint64_t n = take_number(reading);
    const char *text = n > 0 ? take(reading, n) : NULL;
    if (n > 0 && !reading->is_broken && text[n - 1] != '\0') {
        reading->is_broken = true;
    }
    return reading->is_broken ? NULL : text;
}

/* How many records follow, of at least `size` bytes each; memory for them in `*records`. */
static size_t take_count(struct reading *reading, size_t size, size_t record_size, void *records)
{
    uint64_t n = take_number(reading);
    if (n > reading->left / size) {
        reading->is_broken = true;
    }
    n = reading->is_broken ? 0 : n;
    void *memory = arena_alloc(&reading->report->arena, (size_t)n * record_size + 1);
    memcpy(records, &memory, sizeof memory);
    return (size_t)n;
}

/* A number below `limit`. */
static uint64_t take_below(struct reading *reading, uint64_t limit)
{
    uint64_t number = take_number(reading);
    reading->is_broken |= number >= limit;
    return reading->is_broken ? 0 : number;
}

static struct position take_position(struct reading *reading)
{
    uint32_t line = (uint32_t)take_number(reading);
    return (struct position){line, (uint32_t)take_number(reading)};
}

enum { NUMBER_SIZE = sizeof(uint64_t), SPAN_SIZE = 5 * NUMBER_SIZE };

static struct span take_span(struct reading *reading)
{
    struct span span = {.file = &reading->files[take_below(reading, reading->n_files)]};
    span.start = take_position(reading);
    span.end = take_position(reading);
    return span;
}

static void take_related(struct reading *reading, struct message *message)
{
    struct report_related *related;
    message->n_related = take_count(reading, SPAN_SIZE + NUMBER_SIZE, sizeof *related, &related);
    message->related = related;
    for (size_t i = 0; i < message->n_related; i++) {
        related[i].span = take_span(reading);
        related[i].message = take_text(reading);
    }
}

static void take_edge(struct reading *reading, struct report_edge *edge)
{
    const char **via;
    edge->span = take_span(reading);
    edge->holder = take_text(reading);
    edge->attribute = take_text(reading);
    edge->target = take_text(reading);
    edge->n_via = take_count(reading, NUMBER_SIZE, sizeof *via, &via);
    edge->via = via;
    for (size_t i = 0; i < edge->n_via; i++) {
        via[i] = take_text(reading);
    }
}

static void take_edges(struct reading *reading, struct message *message)
{
    struct report_edge *edges;
    message->n_edges = take_count(reading, SPAN_SIZE + 4 * NUMBER_SIZE, sizeof *edges, &edges);
    message->edges = edges;
    for (size_t i = 0; i < message->n_edges; i++) {
        take_edge(reading, &edges[i]);
    }
}

static void take_edits(struct reading *reading, struct message *message)
{
    struct report_edit *edits;
    message->n_edits = take_count(reading, SPAN_SIZE + NUMBER_SIZE, sizeof *edits, &edits);
    message->edits = edits;
    for (size_t i = 0; i < message->n_edits; i++) {
        edits[i].span = take_span(reading);
        edits[i].text = take_text(reading);
    }
}

static const struct finding_cost *take_cost(struct reading *reading)
{
    if (take_below(reading, 2) == 0) {
        return NULL;
    }
    struct finding_cost *cost = arena_alloc(&reading->report->arena, sizeof *cost);
    cost->python = take_text(reading);
    cost->heap = take_number(reading);
    cost->objects = take_decimal(reading);
    cost->waiting = take_decimal(reading);
    cost->seconds.low = take_decimal(reading);
    cost->seconds.high = take_decimal(reading);
    return cost;
}

static const struct rule *take_rule(struct reading *reading)
{
    const char *code = take_text(reading);
    size_t low = 0, high = reading->report->n_rules;
    while (code != NULL && low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(code, reading->report->rules[middle]->code);
        if (order == 0) {
            return reading->report->rules[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    reading->is_broken = true;
    return NULL;
}

static void take_message(struct reading *reading, struct message *message)
{
    message->rule = take_rule(reading);
    message->confidence = (enum confidence)take_number(reading);
    message->span = take_span(reading);
    message->object = take_text(reading);
    message->text = take_text(reading);
    message->remedy = take_text(reading);
    message->fingerprint = take_text(reading);
    take_related(reading, message);
    take_edges(reading, message);
    message->cycle_kind = (enum cycle_kind)take_number(reading);
    message->cost = take_cost(reading);
    take_edits(reading, message);
    message->fix_is_safe = take_below(reading, 2);
    message->suppression = (enum suppression)take_number(reading);
    message->justification = take_text(reading);
}

static void take_messages(struct reading *reading, struct messages *messages)
{
    uint64_t n = take_number(reading);
    for (uint64_t i = 0; i < n && !reading->is_broken; i++) {
        take_message(reading, array_push(messages));
    }
}

static void take_file(struct reading *reading, struct report_file *file)
{
    file->path = take_text(reading);
    file->absolute_path = take_text(reading);
    file->relative_path = take_text(reading);
    file->module = take_text(reading);
    file->has_source = take_below(reading, 2);
    file->source.hash = take_number(reading);
}

static void take_files(struct reading *reading)
{
    struct report *report = reading->report;
    uint64_t n_listed = take_number(reading);
    reading->n_files =
        take_count(reading, 6 * NUMBER_SIZE, sizeof *reading->files, &reading->files);
    if (n_listed > reading->n_files) {
        reading->is_broken = true;
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
    struct reading reading = {.next = bytes, .left = n, .report = report};
    report->directory = take_text(&reading);
    report->n_modules = (size_t)take_number(&reading);
    report->n_statements = (size_t)take_number(&reading);
    take_files(&reading);
    take_messages(&reading, &report->shown);
    take_messages(&reading, &report->suppressed);
    if (reading.is_broken || reading.left > 0) {
        return false;
    }
    report_count(report);
    return true;
}
