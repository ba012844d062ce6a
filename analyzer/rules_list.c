/*
 * rules_list.c - all rules as one sorted list: those of the folder rules/ and the user's.
 */
#include "rules_built_in.h"

#include "base/error.h"

static const struct rule **list;
static size_t n_rules, capacity;

static void insert(const struct rule *rule)
{
    list = array_grow(list, n_rules, &capacity, sizeof(*list));
    size_t at = n_rules;
    for (; at > 0 && strcmp(list[at - 1]->code, rule->code) > 0; at--) {
        list[at] = list[at - 1];
    }
    list[at] = rule;
    n_rules++;
}

/* The rules of the folder are constants; each becomes a copy that has its query. */
static void add_built_in(void)
{
    for (size_t i = 0; rules_built_in[i].rule != NULL; i++) {
        struct rule *rule = alloc(sizeof *rule);
        *rule = *rules_built_in[i].rule;
        rule->query = rules_built_in[i].query;
        insert(rule);
    }
}

const struct rule *const *rules_list(size_t *n)
{
    if (list == NULL) {
        add_built_in();
    }
    *n = n_rules;
    return list;
}

void rules_add(const struct rule *rule)
{
    size_t n;
    rules_list(&n);
    insert(rule);
}
