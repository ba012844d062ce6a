/*
 * pack_shared.c - what packed findings and packed reports both have.
 */
#include "report/pack_shared.h"

#include "report/rule_names.h"

void pack_cost(struct packer *to, const struct finding_cost *cost)
{
    packer_number(to, cost != NULL);
    if (cost != NULL) {
        packer_text(to, cost->python);
        packer_wide(to, cost->heap);
        packer_decimal(to, cost->objects);
        packer_decimal(to, cost->waiting);
        packer_decimal(to, cost->seconds.low);
        packer_decimal(to, cost->seconds.high);
    }
}

const struct finding_cost *unpack_cost(struct unpacker *from)
{
    if (unpacker_below(from, 2) == 0) {
        return NULL;
    }
    struct finding_cost *cost = arena_alloc(from->arena, sizeof *cost);
    cost->python = unpacker_text(from);
    cost->heap = unpacker_wide(from);
    cost->objects = unpacker_decimal(from);
    cost->waiting = unpacker_decimal(from);
    cost->seconds.low = unpacker_decimal(from);
    cost->seconds.high = unpacker_decimal(from);
    return cost;
}

const struct rule *unpack_rule(struct unpacker *from, const struct rule *const *rules,
                               size_t n_rules)
{
    const char *code = unpacker_text(from);
    const struct rule *rule = code != NULL ? rule_with_code(rules, n_rules, code) : NULL;
    from->is_broken |= rule == NULL;
    return rule;
}
