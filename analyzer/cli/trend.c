/*
 * trend.c - whether the project gets better.
 */
#include "cli/trend.h"

#include "text/path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

bool trend_check(const struct options *options, struct error *error)
{
    return !options->trend || !options->no_cache
           || error_at(error, "option '--trend' needs what '--no-cache' does not keep");
}

/* ---- what was asked ---- */

static void add_text(struct builder *out, const char *s)
{
    builder_add(out, s != NULL ? s : "");
    builder_add_char(out, '\0');
}

static void add_steps(struct builder *out, const struct selection_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++) {
        builder_add_char(out, steps->items[i].enables ? '+' : '-');
        add_text(out, steps->items[i].name);
    }
}

/* Options that decide what is found. */
static void add_options(struct builder *out, const struct options *options)
{
    size_t n;
    const struct option *table = options_table(&n);
    for (size_t i = 0; i < n; i++) {
        bool decides = table[i].group == GROUP_SELECTION || table[i].group == GROUP_FILES;
        if (decides && table[i].kind != OPTION_ENABLE && table[i].kind != OPTION_DISABLE) {
            config_write_value(options, &table[i], out);
            builder_add_char(out, '\0');
        }
    }
    add_steps(out, &options->selection);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_paths(struct builder *out, const struct options *options)
{
    struct arena arena = {0};
    struct strings paths = {0};
    char *current = getcwd(NULL, 0);
    for (size_t i = 0; i < options->paths.n; i++) {
        *array_push(&paths) =
            path_absolute(options->paths.items[i], current != NULL ? current : "/", &arena);
    }
    if (paths.n > 0) {
        qsort(paths.items, paths.n, sizeof *paths.items, compare_strings);
    }
    for (size_t i = 0; i < paths.n; i++) {
        add_text(out, paths.items[i]);
    }
    free(current);
    array_free(&paths);
    arena_free(&arena);
}

static uint64_t number_of(const struct settings *settings)
{
    const struct options *options = settings->options;
    struct builder all = {0};
    add_paths(&all, options);
    add_text(&all, options->baseline);
    add_text(&all, options->write_baseline);
    add_text(&all, options->diff);
    add_options(&all, options);
    for (size_t i = 0; i < settings->others.n; i++) {
        add_text(&all, settings->others.items[i]->config);
        add_options(&all, &settings->others.items[i]->options);
    }
    uint64_t number = XXH3_64bits(all.s, all.length);
    builder_free(&all);
    return number;
}

void trend_identify(struct cache *cache, const struct settings *settings)
{
    struct builder paths = {0};
    if (cache->store == NULL) {
        return;
    }
    for (size_t i = 0; i < settings->options->paths.n; i++) {
        builder_addf(&paths, "%s%s", i > 0 ? " " : "", settings->options->paths.items[i]);
    }
    cache->paths = arena_string(&cache->arena, builder_string(&paths), paths.length);
    cache->asked = number_of(settings);
    builder_free(&paths);
}

/* ---- what was found ---- */

static void take_rules(const struct store_history *history, struct report *report,
                       struct trend *trend)
{
    struct trend_rule *rules = arena_alloc(&report->arena, (history->rules.n + 1) * sizeof *rules);
    for (size_t i = 0; i < history->rules.n; i++) {
        const struct store_rule_count *count = &history->rules.items[i];
        rules[i] = (struct trend_rule){count->code, count->name, count->n_findings};
    }
    trend->rules = rules;
    trend->n_rules = history->rules.n;
}

void trend_find(const struct cache *cache, const struct files *files, struct report *report)
{
    struct trend *trend = arena_alloc(&report->arena, sizeof *trend);
    struct store_history history = {0};
    report->trend = trend;
    report->n_files_analysed = files->n;
    trend->has_previous =
        cache->store != NULL
        && store_load_history(cache->store, cache->asked, &report->arena, &history);
    if (trend->has_previous) {
        trend->n_files = history.n_files;
        trend->n_statements = history.n_statements;
        trend->n_findings = history.n_findings;
        take_rules(&history, report, trend);
        report->has_previous_score = history.has_score;
        report->previous_score = history.score;
    }
    array_free(&history.rules);
}
