/*
 * select.c - which rules are reported.
 *
 * --enable and --disable take effect one after the other, those of the configuration before those
 * of the command line; at either place `all` comes first, as in pylint, so that `--enable=91
 * --disable=all` means what it says.  That a file could not be analysed is told unless its very
 * rule is disabled by code or name.
 */
#include "cli/select.h"

#include "cli/rule_options.h"
#include "report/builtin_rules.h"
#include "report/rule_names.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static int compare_codes(const void *a, const void *b)
{
    return strcmp((*(const struct rule *const *)a)->code, (*(const struct rule *const *)b)->code);
}

const struct rule *const *select_rules(size_t *n)
{
    static const struct rule **all;
    static size_t n_all;
    if (all == NULL) {
        size_t n_found, n_builtin;
        const struct rule *const *found = rules_list(&n_found);
        const struct rule *const *builtin = builtin_rules_list(&n_builtin);
        n_all = n_found + n_builtin;
        all = alloc(n_all * sizeof(const struct rule *));
        for (size_t i = 0; i < n_all; i++) {
            all[i] = i < n_found ? found[i] : builtin[i - n_found];
        }
        qsort(all, n_all, sizeof *all, compare_codes);
    }
    *n = n_all;
    return all;
}

static bool is_all(const struct selection_step *step)
{
    return strcmp(step->name, "all") == 0;
}

static bool is_exact(const struct rule *rule, const char *name)
{
    return strcmp(rule->name, name) == 0 || strcmp(rule->code, name) == 0;
}

static void take_step(const struct selection *selection, bool *is_on,
                      const struct selection_step *step)
{
    for (size_t i = 0; i < selection->n_rules; i++) {
        const struct rule *rule = selection->rules[i];
        bool is_fatal = rule_category(rule) == CATEGORY_FATAL;
        if (rule_answers_to(rule, step->name, strlen(step->name))
            && (!is_fatal || step->enables || is_exact(rule, step->name))) {
            is_on[i] = step->enables;
        }
    }
}

static void take_steps(const struct options *options, const struct selection *selection,
                       bool *is_on, enum option_level level, bool all)
{
    for (size_t i = 0; i < options->selection.n; i++) {
        const struct selection_step *step = &options->selection.items[i];
        if (step->level == level && is_all(step) == all) {
            take_step(selection, is_on, step);
        }
    }
}

static bool is_known(const char *name, const char *where, struct error *error)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    size_t length = strlen(name);
    if (rule_names_know(rules, n, name, length)) {
        return true;
    }
    const char *nearest = rule_names_nearest(rules, n, name, length);
    if (nearest == NULL) {
        return error_at(error, "%s: no rule is called '%.100s'; --list-msgs shows them all", where,
                        name);
    }
    return error_at(error, "%s: no rule is called '%.100s': did you mean '%s'?", where, name,
                    nearest);
}

bool select_names_are_known(const struct strings *names, const char *where, struct error *error)
{
    for (size_t i = 0; i < names->n; i++) {
        if (!is_known(names->items[i], where, error)) {
            return false;
        }
    }
    return true;
}

static void keep_errors(const struct selection *selection, bool *is_on)
{
    for (size_t i = 0; i < selection->n_rules; i++) {
        enum category category = rule_category(selection->rules[i]);
        is_on[i] &= category == CATEGORY_FATAL || category == CATEGORY_ERROR;
    }
}

bool select_make(const struct options *options, struct arena *arena, struct selection *selection,
                 struct error *error)
{
    *selection = (struct selection){.min_confidence = (enum confidence)options->min_confidence};
    selection->rules = select_rules(&selection->n_rules);
    bool *is_on = arena_alloc(arena, selection->n_rules * sizeof *is_on);
    for (size_t i = 0; i < selection->n_rules; i++) {
        is_on[i] = !selection->rules[i]->is_off;
    }
    for (size_t i = 0; i < options->selection.n; i++) {
        const struct selection_step *step = &options->selection.items[i];
        if (!is_known(step->name, step->where, error)) {
            return false;
        }
    }
    for (enum option_level level = LEVEL_CONFIG; level <= LEVEL_COMMAND_LINE; level++) {
        take_steps(options, selection, is_on, level, true);
        take_steps(options, selection, is_on, level, false);
    }
    if (options->errors_only) {
        keep_errors(selection, is_on);
    }
    selection->is_on = is_on;
    return rule_options_make(options, arena, selection, error);
}
