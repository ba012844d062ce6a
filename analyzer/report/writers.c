/*
 * writers.c - the table of output formats.
 */
#include "report/writers.h"

#include "base/version.h"

#include <string.h>

static const struct writer *const writers[] = {
    &writer_text,  &writer_colorized, &writer_parseable, &writer_msvs,  &writer_json, &writer_json2,
    &writer_sarif, &writer_github,    &writer_gitlab,    &writer_junit, &writer_html};

const struct writer *const *writers_list(size_t *n)
{
    *n = sizeof writers / sizeof *writers;
    return writers;
}

const struct writer *writer_find(const char *name)
{
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(writers[i]->name, name) == 0) {
            return writers[i];
        }
    }
    return NULL;
}

const char *rule_url(const struct rule *rule, struct arena *arena)
{
    return rule->url ? rule->url : arena_format(arena, "%s/rules/%s", CYCLINT_URL, rule->name);
}
