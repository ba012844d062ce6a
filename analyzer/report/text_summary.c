/*
 * text_summary.c - after the messages: pylint's tables and the score.
 */
#include "report/writers.h"

#include "base/table.h"
#include "report/number.h"

#include <stdlib.h>
#include <string.h>

/* Something counted under a name. */
struct count {
    const char *name;
    size_t n;
    size_t by_category[N_CATEGORIES];
};

struct counts {
    ARRAY_OF(struct count);
};

static struct count *count_at(struct counts *counts, struct name_table *table, const char *key)
{
    uint32_t index = name_table_put(table, key, strlen(key), (uint32_t)counts->n);
    if (index == counts->n) {
        array_push(counts)->name = key;
    }
    return &counts->items[index];
}

/* The most frequent first, then by name. */
static int compare_counts(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    int order = (x->n < y->n) - (x->n > y->n);
    return order ? order : strcmp(x->name, y->name);
}

static struct counts count_rules(const struct report *report)
{
    struct counts counts = {0};
    struct name_table table = {0};
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct rule *rule = report->shown.items[i].rule;
        count_at(&counts, &table, rule->name)->n++;
    }
    name_table_free(&table);
    if (counts.n > 0) {
        qsort(counts.items, counts.n, sizeof *counts.items, compare_counts);
    }
    return counts;
}

static struct counts count_modules(const struct report *report)
{
    struct counts counts = {0};
    struct name_table table = {0};
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *message = &report->shown.items[i];
        struct count *count = count_at(&counts, &table, message->span.file->module);
        count->n++;
        count->by_category[rule_category(message->rule)]++;
    }
    name_table_free(&table);
    if (counts.n > 0) {
        qsort(counts.items, counts.n, sizeof *counts.items, compare_counts);
    }
    return counts;
}

static void add_title(struct builder *out, const char *title, char line)
{
    builder_addf(out, "%s\n", title);
    for (size_t i = 0; i < strlen(title); i++) {
        builder_add_char(out, line);
    }
    builder_add(out, "\n\n");
}

/* Cells of one row after another, `n_columns` in each. */
struct grid {
    size_t n_columns;
    ARRAY_OF(char *);
};

static void add_cell(struct grid *grid, const char *text)
{
    *array_push(grid) = strcpy(alloc(strlen(text) + 1), text);
}

static void add_number_cell(struct grid *grid, size_t n)
{
    struct builder text = {0};
    builder_addf(&text, "%zu", n);
    add_cell(grid, builder_string(&text));
    builder_free(&text);
}

static void add_percent_cell(struct grid *grid, size_t part, size_t whole)
{
    struct builder text = {0};
    number_add(&text, whole ? (double)part * 100 / (double)whole : 0, 2);
    add_cell(grid, builder_string(&text));
    builder_free(&text);
}

static size_t column_width(const struct grid *grid, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < grid->n; i += grid->n_columns) {
        size_t n = strlen(grid->items[i]);
        width = n > width ? n : width;
    }
    return width;
}

static void add_rule_line(struct builder *out, const struct grid *grid, char line)
{
    for (size_t c = 0; c < grid->n_columns; c++) {
        builder_add_char(out, '+');
        for (size_t i = 0; i <= column_width(grid, c); i++) {
            builder_add_char(out, line);
        }
    }
    builder_add(out, "+\n");
}

/* Draws a grid, whose first row is the head, as pylint draws its tables; and frees it. */
static void add_grid(struct builder *out, struct grid *grid)
{
    add_rule_line(out, grid, '-');
    for (size_t row = 0; row < grid->n; row += grid->n_columns) {
        for (size_t c = 0; c < grid->n_columns; c++) {
            builder_addf(out, "|%-*s ", (int)column_width(grid, c), grid->items[row + c]);
        }
        builder_add(out, "|\n");
        add_rule_line(out, grid, row == 0 ? '=' : '-');
    }
    builder_add(out, "\n\n\n");
    for (size_t i = 0; i < grid->n; i++) {
        free(grid->items[i]);
    }
    array_free(grid);
}

static void add_category_table(struct builder *out, const struct report *report)
{
    struct grid grid = {.n_columns = 2};
    add_title(out, "Messages by category", '-');
    add_cell(&grid, "type");
    add_cell(&grid, "number");
    for (enum category c = CATEGORY_FATAL; c < N_CATEGORIES; c++) {
        add_cell(&grid, category_name(c));
        add_number_cell(&grid, report->counts[c]);
    }
    add_grid(out, &grid);
}

static void add_module_table(struct builder *out, const struct report *report)
{
    struct grid grid = {.n_columns = 5};
    struct counts modules = count_modules(report);
    add_title(out, "% errors / warnings by module", '-');
    add_cell(&grid, "module");
    for (enum category c = CATEGORY_ERROR; c <= CATEGORY_CONVENTION; c++) {
        add_cell(&grid, category_name(c));
    }
    for (size_t i = 0; i < modules.n; i++) {
        add_cell(&grid, modules.items[i].name);
        for (enum category c = CATEGORY_ERROR; c <= CATEGORY_CONVENTION; c++) {
            add_percent_cell(&grid, modules.items[i].by_category[c], report->counts[c]);
        }
    }
    add_grid(out, &grid);
    array_free(&modules);
}

static void add_rule_table(struct builder *out, const struct report *report)
{
    struct grid grid = {.n_columns = 2};
    struct counts rules = count_rules(report);
    add_title(out, "Messages", '-');
    add_cell(&grid, "message id");
    add_cell(&grid, "occurrences");
    for (size_t i = 0; i < rules.n; i++) {
        add_cell(&grid, rules.items[i].name);
        add_number_cell(&grid, rules.items[i].n);
    }
    add_grid(out, &grid);
    array_free(&rules);
}

static void add_reports(struct builder *out, const struct report *report)
{
    builder_add(out, "\n\n");
    add_title(out, "Report", '=');
    builder_addf(out, "%zu statements analysed.\n\n", report->n_statements);
    add_category_table(out, report);
    if (report->shown.n > 0) {
        add_module_table(out, report);
        add_rule_table(out, report);
    }
}

static void add_signed(struct builder *out, double value)
{
    struct builder number = {0};
    number_add(&number, value, 2);
    builder_addf(out, "%s%s", *builder_string(&number) == '-' ? "" : "+", builder_string(&number));
    builder_free(&number);
}

static void add_score(struct builder *out, const struct report *report)
{
    double score;
    if (!report_score(report, &score)) {
        return;
    }
    struct builder line = {0};
    builder_add(&line, "Your code has been rated at ");
    number_add(&line, score, 2);
    builder_add(&line, "/10");
    if (report->has_previous_score) {
        builder_add(&line, " (previous run: ");
        number_add(&line, report->previous_score, 2);
        builder_add(&line, "/10, ");
        add_signed(&line, score - report->previous_score);
        builder_add_char(&line, ')');
    }
    builder_add_char(out, '\n');
    for (size_t i = 0; i < line.length; i++) {
        builder_add_char(out, '-');
    }
    builder_addf(out, "\n%s\n\n", builder_string(&line));
    builder_free(&line);
}

/* "3 findings can be fixed with --fix, 2 more with --fix --unsafe-fixes" */
static void add_fixes(struct builder *out, const struct report *report)
{
    size_t n_safe = 0, n_unsafe = 0;
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *message = &report->shown.items[i];
        n_safe += message->n_edits > 0 && message->fix_is_safe;
        n_unsafe += message->n_edits > 0 && !message->fix_is_safe;
    }
    size_t n_first = n_safe > 0 ? n_safe : n_unsafe;
    if (n_first == 0) {
        return;
    }
    builder_addf(out, "\n%zu finding%s can be fixed with --fix%s", n_first, n_first == 1 ? "" : "s",
                 n_safe > 0 ? "" : " --unsafe-fixes");
    if (n_safe > 0 && n_unsafe > 0) {
        builder_addf(out, ", %zu more with --fix --unsafe-fixes", n_unsafe);
    }
    builder_add_char(out, '\n');
}

/* ---- --trend ---- */

static void add_difference_cell(struct grid *grid, size_t now, size_t before)
{
    struct builder text = {0};
    if (now > before) {
        builder_addf(&text, "+%zu", now - before);
    } else if (now < before) {
        builder_addf(&text, "-%zu", before - now);
    } else {
        builder_add_char(&text, '=');
    }
    add_cell(grid, builder_string(&text));
    builder_free(&text);
}

static void add_trend_row(struct grid *grid, const char *name, size_t now, size_t before)
{
    add_cell(grid, name);
    add_number_cell(grid, now);
    add_number_cell(grid, before);
    add_difference_cell(grid, now, before);
}

static size_t count_shown(const struct report *report, const char *code)
{
    size_t n = 0;
    for (size_t i = 0; i < report->shown.n; i++) {
        n += strcmp(report->shown.items[i].rule->code, code) == 0;
    }
    return n;
}

static const struct trend_rule *find_before(const struct trend *trend, const char *code)
{
    for (size_t i = 0; i < trend->n_rules; i++) {
        if (strcmp(trend->rules[i].code, code) == 0) {
            return &trend->rules[i];
        }
    }
    return NULL;
}

static bool is_known_rule(const struct report *report, const char *code)
{
    for (size_t i = 0; i < report->n_rules; i++) {
        if (strcmp(report->rules[i]->code, code) == 0) {
            return true;
        }
    }
    return false;
}

/* The rules that there are, by code; then those that are no more. */
static void add_trend_rules(struct grid *grid, const struct report *report)
{
    const struct trend *trend = report->trend;
    for (size_t i = 0; i < report->n_rules; i++) {
        const struct rule *rule = report->rules[i];
        const struct trend_rule *before = find_before(trend, rule->code);
        size_t n = count_shown(report, rule->code);
        if (n > 0 || before != NULL) {
            add_trend_row(grid, rule->name, n, before != NULL ? before->n_findings : 0);
        }
    }
    for (size_t i = 0; i < trend->n_rules; i++) {
        if (!is_known_rule(report, trend->rules[i].code)) {
            add_trend_row(grid, trend->rules[i].name, 0, trend->rules[i].n_findings);
        }
    }
}

static void add_trend(struct builder *out, const struct report *report)
{
    struct grid grid = {.n_columns = 4};
    const struct trend *trend = report->trend;
    builder_add(out, "\n\n");
    add_title(out, "Trend", '-');
    if (!trend->has_previous) {
        builder_add(out, "There is no earlier run with these paths and options to compare with.\n"
                         "\n\n\n");
        return;
    }
    add_cell(&grid, "type");
    add_cell(&grid, "number");
    add_cell(&grid, "previous");
    add_cell(&grid, "difference");
    add_trend_row(&grid, "files", report->n_files_analysed, trend->n_files);
    add_trend_row(&grid, "statements", report->n_statements, trend->n_statements);
    add_trend_row(&grid, "messages", report->shown.n, trend->n_findings);
    add_trend_rules(&grid, report);
    add_grid(out, &grid);
}

void summary_write(const struct report *report, const struct writer_options *options,
                   struct builder *out)
{
    if (options->shows_reports) {
        add_reports(out, report);
    }
    bool is_lines_only = options->msg_template || !(options->shows_score || options->explains);
    if (options->tells_fixes && !is_lines_only) {
        add_fixes(out, report);
    }
    if (report->trend != NULL) {
        add_trend(out, report);
    }
    if (options->shows_score) {
        add_score(out, report);
    }
}
