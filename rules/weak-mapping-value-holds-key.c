/*
 * A value of a WeakKeyDictionary holds its key, or a key of a WeakValueDictionary its value: the
 * entry can never go away.
 */
#include "rule.h"

/* The key and the value of the entry that the site makes; false if it makes none. */
static bool entry_of(const struct facts *facts, const struct weak_reference_site *site,
                     uint32_t *key, uint32_t *value)
{
    const struct op *op = &facts->ops[site->op];
    if (op->kind == OP_STORE) {
        *key = facts->ops[op->a].b;
        *value = op->b;
    } else {
        *key = facts_argument(facts, site->op, 0, NULL);
        *value = facts_argument(facts, site->op, 1, NULL);
    }
    return *key != NONE && *value != NONE;
}

static void check_entry(struct check *check, const struct weak_reference_site *site)
{
    const struct facts *facts = check->program->files[site->file];
    bool is_key_weak = strcmp(site->reference.maker, "WeakKeyDictionary") == 0;
    uint32_t key, value;
    if ((!is_key_weak && strcmp(site->reference.maker, "WeakValueDictionary") != 0)
        || !entry_of(facts, site, &key, &value)) {
        return;
    }
    uint32_t strong = is_key_weak ? value : key;
    const char *how = holders_describe(check->program, site->file, strong,
                                       is_key_weak ? key : value, &check->scratch);
    if (how != NULL) {
        rule_report(check, place_of_op(site->file, &facts->ops[strong]), site->reference.maker,
                    is_key_weak ? "value" : "key", how, is_key_weak ? "key" : "value");
    }
}

static void check(struct check *check)
{
    struct weak_reference_site site = WEAKREFS_FIRST;
    while (weakrefs_next(check->program, &site)) {
        check_entry(check, &site);
    }
}

const struct rule rule_weak_mapping_value_holds_key = {
    .code = "W9503",
    .name = "weak-mapping-value-holds-key",
    .message = "the %s's %s is %s: its %s never dies, and the entry never goes",
    .why = "A WeakKeyDictionary holds its values strongly, and an entry goes when its key dies. A "
           "value that holds the key, directly or as its bound method, a closure over it or an "
           "object that keeps it, keeps the key alive as long as the dictionary lives: the weak "
           "dictionary is an ordinary one, and grows with every key. CPython has no ephemerons; "
           "its collector cannot see that the value is only wanted as long as the key.",
    .instead = "keep the value on the key itself (an attribute), or let the value hold the key by "
               "weakref.ref or weakref.WeakMethod.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
