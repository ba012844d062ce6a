/*
 * pack_report.c - a settled report as one piece of bytes, and back.
 *
 * Texts come first, each once with its NUL, and are named by where they begin; then all else, one
 * record after the other.  The files that messages name stand before the messages, which know them
 * by their number: those of the report, then those that could not be read.  Numbers are as in
 * base/numbers.h, those of 64 bits as they lie in memory.
 */
#include "report/pack_report.h"

#include "base/numbers.h"
#include "base/table.h"

#include <stdint.h>
#include <string.h>

/* ---- writing ---- */

struct packing {
    struct builder texts, records;
    struct name_table known_texts; /* text → where it begins */
    struct pair_table numbers;     /* of files, by their address */
    struct {
        ARRAY_OF(const struct report_file *);
    } files;
};

static void add_number(struct packing *packing, uint32_t number)
{
    unsigned char bytes[NUMBER_MAX_BYTES];
    size_t n = (size_t)(number_put(bytes, number) - bytes);
    builder_add_bytes(&packing->records, (const char *)bytes, n);
}

static void add_wide(struct packing *packing, uint64_t number)
{
    builder_add_bytes(&packing->records, (const char *)&number, sizeof number);
}

static void add_decimal(struct packing *packing, double number)
{
    builder_add_bytes(&packing->records, (const char *)&number, sizeof number);
}

/* NULL is NONE. */
static void add_text(struct packing *packing, const char *s)
{
    if (s == NULL) {
        add_number(packing, NONE);
        return;
    }
    size_t n = strlen(s);
    uint32_t next = (uint32_t)packing->texts.length;
    uint32_t at = name_table_put(&packing->known_texts, s, n, next);
    if (at == next) {
        builder_add_bytes(&packing->texts, s, n + 1);
    }
    add_number(packing, at);
}

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
    add_number(packing, number_of_file(packing, span->file));
    add_number(packing, span->start.line);
    add_number(packing, span->start.column);
    add_number(packing, span->end.line);
    add_number(packing, span->end.column);
}

static void add_related(struct packing *packing, const struct message *message)
{
    add_number(packing, (uint32_t)message->n_related);
    for (size_t i = 0; i < message->n_related; i++) {
        add_span(packing, &message->related[i].span);
        add_text(packing, message->related[i].message);
    }
}

static void add_edges(struct packing *packing, const struct message *message)
{
    add_number(packing, (uint32_t)message->n_edges);
    for (size_t i = 0; i < message->n_edges; i++) {
        const struct report_edge *edge = &message->edges[i];
        add_span(packing, &edge->span);
        add_text(packing, edge->holder);
        add_text(packing, edge->attribute);
        add_text(packing, edge->target);
        add_number(packing, (uint32_t)edge->n_via);
        for (size_t k = 0; k < edge->n_via; k++) {
            add_text(packing, edge->via[k]);
        }
    }
}

static void add_edits(struct packing *packing, const struct message *message)
{
    add_number(packing, (uint32_t)message->n_edits);
    for (size_t i = 0; i < message->n_edits; i++) {
        add_span(packing, &message->edits[i].span);
        add_number(packing, message->edits[i].start);
        add_number(packing, message->edits[i].end);
        add_number(packing, message->edits[i].is_import);
        add_number(packing, message->edits[i].lock);
        add_text(packing, message->edits[i].text);
    }
}

static void add_cost(struct packing *packing, const struct finding_cost *cost)
{
    add_number(packing, cost != NULL);
    if (cost != NULL) {
        add_text(packing, cost->python);
        add_wide(packing, cost->heap);
        add_decimal(packing, cost->objects);
        add_decimal(packing, cost->waiting);
        add_decimal(packing, cost->seconds.low);
        add_decimal(packing, cost->seconds.high);
    }
}

static void add_message(struct packing *packing, const struct message *message)
{
    add_text(packing, message->rule->code);
    add_number(packing, (uint32_t)message->confidence);
    add_span(packing, &message->span);
    add_text(packing, message->object);
    add_text(packing, message->text);
    add_text(packing, message->remedy);
    add_text(packing, message->fingerprint);
    add_related(packing, message);
    add_edges(packing, message);
    add_number(packing, (uint32_t)message->cycle_kind);
    add_cost(packing, message->cost);
    add_edits(packing, message);
    add_number(packing, message->fix_is_safe);
    add_number(packing, (uint32_t)message->suppression);
    add_text(packing, message->justification);
}

static void add_messages(struct packing *packing, const struct messages *messages)
{
    add_number(packing, (uint32_t)messages->n);
    for (size_t i = 0; i < messages->n; i++) {
        add_message(packing, &messages->items[i]);
    }
}

static void add_file(struct packing *packing, const struct report_file *file)
{
    add_text(packing, file->path);
    add_text(packing, file->absolute_path);
    add_text(packing, file->relative_path);
    add_text(packing, file->module);
    add_number(packing, file->has_source);
    add_wide(packing, file->has_source ? file->source.hash : 0);
}

/* Which files there are is known when the messages are packed, and is read before them. */
static void add_all(struct packing *packing, const struct report *report)
{
    for (size_t i = 0; i < report->n_files; i++) {
        number_of_file(packing, report->files[i]);
    }
    add_messages(packing, &report->shown);
    add_messages(packing, &report->suppressed);
    struct builder messages = packing->records;
    packing->records = (struct builder){0};
    add_text(packing, report->directory);
    add_wide(packing, report->n_modules);
    add_wide(packing, report->n_statements);
    add_number(packing, (uint32_t)report->n_files);
    add_number(packing, (uint32_t)packing->files.n);
    for (size_t i = 0; i < packing->files.n; i++) {
        add_file(packing, packing->files.items[i]);
    }
    builder_add_bytes(&packing->records, builder_string(&messages), messages.length);
    builder_free(&messages);
}

void pack_report(const struct report *report, struct builder *out)
{
    struct packing packing = {0};
    add_all(&packing, report);
    uint64_t n_texts = packing.texts.length;
    builder_add_bytes(out, (const char *)&n_texts, sizeof n_texts);
    builder_add_bytes(out, builder_string(&packing.texts), packing.texts.length);
    builder_add_bytes(out, builder_string(&packing.records), packing.records.length);
    builder_free(&packing.texts);
    builder_free(&packing.records);
    name_table_free(&packing.known_texts);
    pair_table_free(&packing.numbers);
    array_free(&packing.files);
}

/* ---- reading ---- */

struct reading {
    const char *texts; /* the last byte is a NUL */
    size_t n_texts;
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

static uint32_t take_number(struct reading *reading)
{
    const unsigned char *from = (const unsigned char *)reading->next;
    size_t most = reading->left < NUMBER_MAX_BYTES ? reading->left : NUMBER_MAX_BYTES, n = 0;
    while (n < most && from[n] & 0x80) {
        n++;
    }
    if (reading->is_broken || n == most) {
        reading->is_broken = true;
        return 0;
    }
    reading->next += n + 1;
    reading->left -= n + 1;
    return number_get(&from);
}

static uint64_t take_wide(struct reading *reading)
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
    uint32_t at = take_number(reading);
    reading->is_broken |= at != NONE && at >= reading->n_texts;
    return at == NONE || reading->is_broken ? NULL : reading->texts + at;
}

/* How many records follow, each of which takes some bytes; memory for them in `*records`. */
static size_t take_count(struct reading *reading, size_t record_size, void *records)
{
    uint32_t n = take_number(reading);
    reading->is_broken |= n > reading->left;
    n = reading->is_broken ? 0 : n;
    void *memory = arena_alloc(&reading->report->arena, n * record_size + 1);
    memcpy(records, &memory, sizeof memory);
    return n;
}

/* A number below `limit`. */
static uint32_t take_below(struct reading *reading, size_t limit)
{
    uint32_t number = take_number(reading);
    reading->is_broken |= number >= limit;
    return reading->is_broken ? 0 : number;
}

static struct position take_position(struct reading *reading)
{
    uint32_t line = take_number(reading);
    return (struct position){line, take_number(reading)};
}

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
    message->n_related = take_count(reading, sizeof *related, &related);
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
    edge->n_via = take_count(reading, sizeof *via, &via);
    edge->via = via;
    for (size_t i = 0; i < edge->n_via; i++) {
        via[i] = take_text(reading);
    }
}

static void take_edges(struct reading *reading, struct message *message)
{
    struct report_edge *edges;
    message->n_edges = take_count(reading, sizeof *edges, &edges);
    message->edges = edges;
    for (size_t i = 0; i < message->n_edges; i++) {
        take_edge(reading, &edges[i]);
    }
}

static void take_edits(struct reading *reading, struct message *message)
{
    struct report_edit *edits;
    message->n_edits = take_count(reading, sizeof *edits, &edits);
    message->edits = edits;
    for (size_t i = 0; i < message->n_edits; i++) {
        edits[i].span = take_span(reading);
        edits[i].start = (uint32_t)take_number(reading);
        edits[i].end = (uint32_t)take_number(reading);
        edits[i].is_import = take_below(reading, 2) == 1;
        edits[i].lock = take_number(reading);
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
    cost->heap = take_wide(reading);
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
    uint32_t n = take_number(reading);
    for (uint32_t i = 0; i < n && !reading->is_broken; i++) {
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
    file->source.hash = take_wide(reading);
}

static void take_files(struct reading *reading)
{
    struct report *report = reading->report;
    uint32_t n_listed = take_number(reading);
    reading->n_files = take_count(reading, sizeof *reading->files, &reading->files);
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
    reading.n_texts = (size_t)take_wide(&reading);
    reading.texts = take(&reading, reading.n_texts);
    reading.is_broken |= reading.n_texts == 0 || reading.texts[reading.n_texts - 1] != '\0';
    report->directory = take_text(&reading);
    report->n_modules = (size_t)take_wide(&reading);
    report->n_statements = (size_t)take_wide(&reading);
    take_files(&reading);
    take_messages(&reading, &report->shown);
    take_messages(&reading, &report->suppressed);
    if (reading.is_broken || reading.left > 0) {
        return false;
    }
    report_count(report);
    return true;
}
