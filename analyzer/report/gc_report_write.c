/*
 * gc_report_write.c - `cyclint gc report` as text and as JSON.
 */
#include "report/gc_report.h"

#include "report/json.h"
#include "text/cells.h"

#include <string.h>

enum { NAME_WIDTH = 44 };

/* ---- text */

/* Of 1,000 calls or trips. */
static struct gc_range of_thousand(struct gc_range million)
{
    double share = 1000.0 / PRICED_TRIPS;
    return (struct gc_range){million.low * share, million.high * share};
}

static void add_count(struct builder *out, double n)
{
    builder_addf(out, n < 1e7 ? " %8.0f" : " %8.2g", n);
}

static void add_label(struct builder *out, const struct gc_row *row)
{
    struct builder label = {0};
    builder_addf(&label, "%s:%u %s", row->span.file->path, row->span.start.line, row->name);
    if (row->loop != NONE) {
        builder_addf(&label, " (%s, %.4g trips%s)", row->word, row->trips,
                     row->is_measured  ? " measured"
                     : row->trips_told ? ""
                                       : "?");
    }
    unsigned cells = cells_add(out, builder_string(&label), label.length, 0);
    if (cells < NAME_WIDTH) {
        builder_addf(out, "%*s", (int)(NAME_WIDTH - cells), "");
    } else {
        builder_addf(out, "\n%*s", NAME_WIDTH, "");
    }
    builder_free(&label);
}

static void add_row(struct builder *out, const struct gc_row *row, bool has_profile)
{
    const struct gc_trip *trip = &row->price.trip;
    add_label(out, row);
    add_count(out, trip->counted);
    add_count(out, trip->tracked);
    add_count(out, trip->dropped + trip->returned);
    add_count(out, trip->kept);
    add_count(out, trip->cyclic);
    add_count(out, row->price.garbage);
    if (has_profile && row->is_measured) {
        add_count(out, row->times);
    } else if (has_profile) {
        builder_addf(out, " %8s", "-");
    }
    builder_add(out, "  ");
    gc_add_range(out, of_thousand(row->price.seconds));
    builder_add_char(out, '\n');
}

static void add_table(struct builder *out, const char *title, const char *what,
                      const struct gc_row *rows, size_t n, size_t most, bool has_profile)
{
    if (n == 0) {
        return;
    }
    builder_addf(out, "\n%-*s %8s %8s %8s %8s %8s %8s", NAME_WIDTH, title, "counted", "tracked",
                 "dropped", "kept", "cyclic", "waiting");
    builder_addf(out, has_profile ? " %8s  1,000 %s\n" : "%.0s  1,000 %s\n", "measured", what);
    for (size_t i = 0; i < n && i < most; i++) {
        add_row(out, &rows[i], has_profile);
    }
    if (n > most) {
        builder_addf(out, "and %zu that cost less\n", n - most);
    }
}

static void add_side_by_side(struct builder *out, const struct gc_report *report,
                             const struct gc_profile *profile)
{
    const struct gc_price *whole = &report->whole;
    builder_addf(out, "\nthe whole run, by generation\n");
    builder_addf(out, "  measured    %llu / %llu / %llu collections, %llu objects freed, ",
                 (unsigned long long)profile->collections[0],
                 (unsigned long long)profile->collections[1],
                 (unsigned long long)profile->collections[2],
                 (unsigned long long)(profile->collected[0] + profile->collected[1]
                                      + profile->collected[2]));
    gc_add_time(out, profile->seconds);
    builder_addf(out, "\n  predicted   %.0f / %.0f / %.0f collections, %.0f objects freed, ",
                 whole->collections[0], whole->collections[1], whole->collections[2],
                 whole->collected);
    gc_add_range(out, whole->seconds);
    builder_add_char(out, '\n');
}

void gc_report_write_text(const struct gc_report *report, const struct gc_report_heading *heading,
                          const struct gc_profile *profile, struct builder *out)
{
    const uint64_t *t = heading->start->threshold;
    builder_addf(out, "Python %s, %s, thresholds %llu,%llu,%llu; a heap of %llu objects\n",
                 heading->python, heading->collector, (unsigned long long)t[0],
                 (unsigned long long)t[1], (unsigned long long)t[2],
                 (unsigned long long)heading->start->heap);
    builder_addf(out, "a loop goes round %.4g times where neither the text%s tells\n",
                 heading->trips, profile != NULL ? " nor the profile" : "");
    add_table(out, "objects a call", "calls", report->functions.items, report->functions.n,
              heading->most, report->has_profile);
    add_table(out, "objects a trip", "trips", report->loops.items, report->loops.n, heading->most,
              report->has_profile);
    if (report->functions.n == 0) {
        builder_addf(out, "\nnone of %zu functions is seen to make an object that is counted\n",
                     report->n_functions);
    }
    if (profile != NULL) {
        add_side_by_side(out, report, profile);
    }
}

/* ---- JSON */

static void key_range(struct json *json, const char *key, struct gc_range seconds)
{
    json_key_open(json, key, '[');
    json_decimal(json, seconds.low * 1e6);
    json_decimal(json, seconds.high * 1e6);
    json_close(json, ']');
}

static void key_decimal(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_decimal(json, value < 1e11 ? value : 1e11);
}

static void write_collections(struct json *json, const double collections[N_GENERATIONS])
{
    json_key_open(json, "collections", '[');
    for (int g = 0; g < N_GENERATIONS; g++) {
        json_decimal(json, collections[g]);
    }
    json_close(json, ']');
}

static void write_price(struct json *json, const struct gc_price *price)
{
    key_decimal(json, "counted", price->trip.counted);
    key_decimal(json, "tracked", price->trip.tracked);
    key_decimal(json, "dropped", price->trip.dropped);
    key_decimal(json, "returned", price->trip.returned);
    key_decimal(json, "kept", price->trip.kept);
    key_decimal(json, "cyclic", price->trip.cyclic);
    key_decimal(json, "garbage_waiting", price->garbage);
    json_key_open(json, "per_million", '{');
    write_collections(json, price->collections);
    key_range(json, "microseconds", price->seconds);
    json_close(json, '}');
}

static void write_list(struct json *json, const struct allocation_list *list)
{
    static const char *const ends[] = {"dropped", "returned", "on-self", "in-argument", "kept"};
    json_key_open(json, "allocations", '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct allocated *one = &list->items[i];
        json_open(json, '{');
        json_key_string(json, "kind", one->kind);
        json_key_string(json, "end", ends[one->end]);
        json_key_bool(json, "cyclic", one->is_cyclic);
        json_key_bool(json, "gathered", one->is_gathered);
        key_decimal(json, "times", one->times);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_row(struct json *json, const struct gc_row *row)
{
    json_open(json, '{');
    json_key_string(json, "path", row->span.file->path);
    json_key_number(json, "line", row->span.start.line);
    json_key_string(json, "function", row->name);
    if (row->loop != NONE) {
        json_key_string(json, "loop", row->word);
        key_decimal(json, "trips", row->trips);
        json_key_string(json, "trips_from",
                        row->is_measured  ? "profile"
                        : row->trips_told ? "text"
                                          : "default");
    }
    if (row->is_measured) {
        key_decimal(json, row->loop == NONE ? "calls_measured" : "trips_measured", row->times);
    }
    write_price(json, &row->price);
    write_list(json, &row->list);
    json_close(json, '}');
}

static void write_rows(struct json *json, const char *key, const struct gc_row *rows, size_t n)
{
    json_key_open(json, key, '[');
    for (size_t i = 0; i < n; i++) {
        write_row(json, &rows[i]);
    }
    json_close(json, ']');
}

static void write_whole(struct json *json, const struct gc_report *report,
                        const struct gc_profile *profile)
{
    json_key_open(json, "measured", '{');
    json_key_string(json, "python", profile->python);
    json_key_open(json, "collections", '[');
    for (int g = 0; g < N_GENERATIONS; g++) {
        json_number(json, profile->collections[g]);
    }
    json_close(json, ']');
    json_key_number(json, "collected",
                    profile->collected[0] + profile->collected[1] + profile->collected[2]);
    key_decimal(json, "microseconds", profile->seconds * 1e6);
    json_close(json, '}');
    json_key_open(json, "predicted", '{');
    write_collections(json, report->whole.collections);
    key_decimal(json, "collected", report->whole.collected);
    key_range(json, "microseconds", report->whole.seconds);
    json_close(json, '}');
}

void gc_report_write_json(const struct gc_report *report, const struct gc_report_heading *heading,
                          const struct gc_profile *profile, struct builder *out)
{
    struct json json = json_begin(out, 2);
    json_open(&json, '{');
    json_key_string(&json, "python", heading->python);
    json_key_string(&json, "collector", heading->collector);
    json_key_open(&json, "assumed", '{');
    json_key_open(&json, "threshold", '[');
    for (int g = 0; g < N_GENERATIONS; g++) {
        json_number(&json, heading->start->threshold[g]);
    }
    json_close(&json, ']');
    json_key_number(&json, "heap", heading->start->heap);
    key_decimal(&json, "trips", heading->trips);
    json_close(&json, '}');
    write_rows(&json, "functions", report->functions.items, report->functions.n);
    write_rows(&json, "loops", report->loops.items, report->loops.n);
    if (profile != NULL) {
        write_whole(&json, report, profile);
    }
    json_close(&json, '}');
    builder_add_char(out, '\n');
}
