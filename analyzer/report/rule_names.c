/*
 * rule_names.c - which rules a name means.
 */
#include "report/rule_names.h"

#include "report/report.h"
#include "text/nearest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *word, const char *name, size_t length)
{
    return strlen(word) == length && strncasecmp(word, name, length) == 0;
}

static bool is_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
    }
    return n > 0;
}

/* "W9", "W91", "W910" or "91": the beginning of a code, with its letter or without. */
static bool is_family(const struct rule *rule, const char *name, size_t length)
{
    if (is_digits(name, length)) {
        return length == 2 && strncmp(rule->code + 1, name, length) == 0;
    }
    return length > 1 && length < strlen(rule->code) && is_digits(name + 1, length - 1)
           && strncasecmp(rule->code, name, length) == 0;
}

static bool is_category(const struct rule *rule, const char *name, size_t length)
{
    return (length == 1 && strncasecmp(rule->code, name, 1) == 0)
           || is_word(category_name(rule_category(rule)), name, length);
}

bool rule_answers_to(const struct rule *rule, const char *name, size_t length)
{
    return is_word(rule->code, name, length) || is_word(rule->name, name, length)
           || is_family(rule, name, length) || is_category(rule, name, length)
           || is_word("all", name, length);
}

static int compare_codes(const void *code, const void *rule)
{
    return strcmp(code, (*(const struct rule *const *)rule)->code);
}

const struct rule *rule_with_code(const struct rule *const *rules, size_t n_rules, const char *code)
{
    const struct rule *const *found =
        n_rules > 0 ? bsearch(code, rules, n_rules, sizeof *rules, compare_codes) : NULL;
    return found != NULL ? *found : NULL;
}

bool rule_names_know(const struct rule *const *rules, size_t n_rules, const char *name,
                     size_t length)
{
    for (size_t i = 0; i < n_rules; i++) {
        if (rule_answers_to(rules[i], name, length)) {
            return true;
        }
    }
    return false;
}

const char *rule_names_nearest(const struct rule *const *rules, size_t n_rules, const char *name,
                               size_t length)
{
    struct nearest nearest = nearest_to(name, length);
    for (size_t i = 0; i < n_rules; i++) {
        nearest_offer(&nearest, rules[i]->name);
        nearest_offer(&nearest, rules[i]->code);
    }
    return nearest.best;
}
