/*
 * report.c - pylint's words and pylint's score.
 */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

static const char category_letters[] = "FEWRCI";

enum category rule_category(const struct rule *rule)
{
    const char *at = rule->code[0] ? strchr(category_letters, rule->code[0]) : NULL;
    return at ? (enum category)(at - category_letters) : CATEGORY_WARNING;
}

const char *category_name(enum category category)
{
    static const char *const names[N_CATEGORIES] = {"fatal",    "error",      "warning",
                                                    "refactor", "convention", "info"};
    return names[category];
}

const char *confidence_name(enum confidence confidence)
{
    static const char *const names[] = {[CONFIDENCE_POSSIBLE] = "possible",
                                        [CONFIDENCE_LIKELY] = "likely",
                                        [CONFIDENCE_CERTAIN] = "certain"};
    return names[confidence];
}

const char *cycle_kind_name(enum cycle_kind kind)
{
    static const char *const names[] = {
        [CYCLE_INSTANCE] = "instance", [CYCLE_CALLBACK] = "callback",
        [CYCLE_CLOSURE] = "closure",   [CYCLE_EXCEPTION] = "exception",
        [CYCLE_FRAME] = "frame",       [CYCLE_GENERATOR] = "generator",
        [CYCLE_CLASS] = "class",       [CYCLE_CONTAINER] = "container"};
    return names[kind];
}

bool report_score(const struct report *report, double *score)
{
    *score = 0;
    if (report->n_statements == 0) {
        return false;
    }
    if (report->counts[CATEGORY_FATAL] > 0) {
        return true;
    }
    size_t faults = 5 * report->counts[CATEGORY_ERROR] + report->counts[CATEGORY_WARNING]
                    + report->counts[CATEGORY_REFACTOR] + report->counts[CATEGORY_CONVENTION];
    double note = 10.0 - (double)faults / (double)report->n_statements * 10;
    *score = note > 0 ? note : 0;
    return true;
}

void report_count(struct report *report)
{
    memset(report->counts, 0, sizeof report->counts);
    for (size_t i = 0; i < report->shown.n; i++) {
        report->counts[rule_category(report->shown.items[i].rule)]++;
    }
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int message_compare(const struct message *a, const struct message *b)
{
    int order = strcmp(a->span.file->path, b->span.file->path);
    if (order == 0) {
        order = compare_numbers(a->span.start.line, b->span.start.line);
    }
    if (order == 0) {
        order = compare_numbers(a->span.start.column, b->span.start.column);
    }
    if (order == 0) {
        order = strcmp(a->rule->code, b->rule->code);
    }
    return order ? order : strcmp(a->text, b->text);
}

static int compare_messages(const void *a, const void *b)
{
    return message_compare(a, b);
}

void messages_sort(struct messages *messages)
{
    if (messages->n > 0) {
        qsort(messages->items, messages->n, sizeof *messages->items, compare_messages);
    }
}

static bool is_same_start(const struct span *a, const struct span *b)
{
    return a->file == b->file && a->start.line == b->start.line
           && a->start.column == b->start.column;
}

bool message_repeats_edge(const struct message *message, const struct report_related *related)
{
    for (size_t i = 0; i < message->n_edges; i++) {
        if (is_same_start(&message->edges[i].span, &related->span)) {
            return true;
        }
    }
    return false;
}

void report_add_edge(struct builder *out, const char *holder, const char *attribute,
                     const char *target)
{
    const char *dot = *attribute && *attribute != '[' ? "." : "";
    builder_addf(out, "%s%s%s -> %s", holder, dot, attribute, target);
}

void report_free(struct report *report)
{
    array_free(&report->shown);
    array_free(&report->suppressed);
    arena_free(&report->arena);
    *report = (struct report){0};
}
