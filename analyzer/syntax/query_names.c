/*
 * query_names.c - what kinds, fields and captures are called in a query, and what somebody meant
 * who misspelled one.
 */
#include "syntax/query_set.h"
#include "text/nearest.h"

#include <string.h>

void query_names_fill(struct query_set *set)
{
    for (uint16_t kind = 1; kind < N_KINDS; kind++) {
        const char *name = kind_name(kind);
        struct name_table *table = kind_is_named(kind) ? &set->named_kinds : &set->anonymous_kinds;
        if (*name) {
            name_table_put(table, name, strlen(name), kind);
        }
    }
    for (uint8_t field = 1; field < N_FIELDS; field++) {
        name_table_put(&set->fields, field_name(field), strlen(field_name(field)), field);
    }
}

static bool unknown(const struct query_text *text, struct text name, const char *what,
                    const char *meant)
{
    if (meant) {
        return text_error(text, name.s, "unknown %s '%.*s', did you mean '%s'?", what,
                          (int)name.length, name.s, meant);
    }
    return text_error(text, name.s, "unknown %s '%.*s'", what, (int)name.length, name.s);
}

uint16_t query_names_kind(const struct query_set *set, const struct query_text *text,
                          struct text name, bool is_named)
{
    const struct name_table *table = is_named ? &set->named_kinds : &set->anonymous_kinds;
    uint32_t kind = name_table_get(table, name.s, name.length);
    if (kind != TABLE_NONE) {
        return (uint16_t)kind;
    }
    struct nearest nearest = nearest_to(name.s, name.length);
    for (uint16_t i = 1; i < N_KINDS; i++) {
        if (kind_is_named(i) == is_named && *kind_name(i)) {
            nearest_offer(&nearest, kind_name(i));
        }
    }
    unknown(text, name, is_named ? "node kind" : "anonymous node", nearest.best);
    return 0;
}

uint8_t query_names_field(const struct query_set *set, const struct query_text *text,
                          struct text name)
{
    uint32_t field = name_table_get(&set->fields, name.s, name.length);
    if (field != TABLE_NONE) {
        return (uint8_t)field;
    }
    struct nearest nearest = nearest_to(name.s, name.length);
    for (uint8_t i = 1; i < N_FIELDS; i++) {
        nearest_offer(&nearest, field_name(i));
    }
    unknown(text, name, "field", nearest.best);
    return 0;
}

uint32_t query_names_capture(struct query_set *set, struct text name)
{
    uint32_t number = name_table_get(&set->name_numbers, name.s, name.length);
    if (number != TABLE_NONE) {
        return number;
    }
    const char *copy = arena_string(&set->arena, name.s, name.length);
    *array_push(&set->names) = copy;
    return name_table_put(&set->name_numbers, copy, name.length, (uint32_t)set->names.n - 1);
}
