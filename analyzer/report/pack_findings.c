/*
 * pack_findings.c - findings as one piece of bytes, and back.
 *
 * All of a finding is packed but the class numbers of a cycle's edges, which nobody asks for once
 * the findings are complete.
 */
#include "report/pack_findings.h"

#include "report/pack_shared.h"
#include "rule.h"

#include <assert.h>

static_assert(sizeof(void *) != 8
                  || (sizeof(struct finding) == 88 && sizeof(struct related) == 32
                      && sizeof(struct cycle_edge) == 64 && sizeof(struct change) == 56
                      && sizeof(struct finding_cost) == 48),
              "a new field of a finding must be packed");

/* ---- writing ---- */

static void add_place(struct packer *to, const struct place *place)
{
    packer_number(to, place->file);
    packer_number(to, place->start);
    packer_number(to, place->end);
}

static void add_related(struct packer *to, const struct related *related)
{
    for (; related != NULL; related = related->next) {
        packer_number(to, 1);
        add_place(to, &related->place);
        packer_text(to, related->message);
    }
    packer_number(to, 0);
}

static void add_cycle(struct packer *to, const struct cycle_edge *edge)
{
    for (; edge != NULL; edge = edge->next) {
        packer_number(to, 1);
        packer_text(to, edge->holder);
        packer_text(to, edge->attribute);
        packer_text(to, edge->target);
        packer_text(to, edge->via);
        add_place(to, &edge->place);
        packer_number(to, edge->is_handed_in);
    }
    packer_number(to, 0);
}

static void add_changes(struct packer *to, const struct change *change)
{
    for (; change != NULL; change = change->next) {
        packer_number(to, 1);
        packer_number(to, (uint32_t)change->kind);
        add_place(to, &change->place);
        packer_text(to, change->text);
        add_place(to, &change->quoted[0]);
        add_place(to, &change->quoted[1]);
    }
    packer_number(to, 0);
}

static void add_finding(struct packer *to, const struct finding *finding)
{
    packer_text(to, finding->rule->code);
    add_place(to, &finding->place);
    packer_number(to, (uint32_t)finding->confidence);
    packer_text(to, finding->message);
    packer_text(to, finding->remedy);
    add_related(to, finding->related);
    add_cycle(to, finding->cycle);
    packer_number(to, (uint32_t)finding->cycle_kind);
    packer_number(to, finding->is_garbage);
    pack_cost(to, finding->cost);
    add_changes(to, finding->changes);
    packer_number(to, finding->fix_is_safe);
    packer_number(to, finding->scope);
}

void pack_findings(const struct findings *findings, struct builder *out)
{
    struct packer to = {0};
    packer_number(&to, (uint32_t)findings->n);
    for (size_t i = 0; i < findings->n; i++) {
        add_finding(&to, &findings->items[i]);
    }
    packer_finish(&to, out);
}

/* ---- reading ---- */

struct reading {
    struct unpacker from;
    const struct rule *const *rules;
    size_t n_rules;
    const struct place_mover *mover;
};

static struct place take_place(struct reading *reading)
{
    struct place place = {.file = unpacker_number(&reading->from)};
    place.start = unpacker_number(&reading->from);
    place.end = unpacker_number(&reading->from);
    if (!reading->from.is_broken && !reading->mover->move(reading->mover->context, &place)) {
        reading->from.is_broken = true;
    }
    return place;
}

/* Whether another record follows in a list. */
static bool is_more(struct reading *reading)
{
    return unpacker_below(&reading->from, 2) == 1;
}

static struct related *take_related(struct reading *reading)
{
    struct related *first = NULL, **end = &first;
    while (is_more(reading)) {
        struct related *related = *end = arena_alloc(reading->from.arena, sizeof *related);
        related->place = take_place(reading);
        related->message = unpacker_text(&reading->from);
        end = &related->next;
    }
    return first;
}

static struct cycle_edge *take_cycle(struct reading *reading)
{
    struct cycle_edge *first = NULL, **end = &first;
    while (is_more(reading)) {
        struct cycle_edge *edge = *end = arena_alloc(reading->from.arena, sizeof *edge);
        edge->class = NONE;
        edge->holder = unpacker_text(&reading->from);
        edge->attribute = unpacker_text(&reading->from);
        edge->target = unpacker_text(&reading->from);
        edge->via = unpacker_text(&reading->from);
        edge->place = take_place(reading);
        edge->is_handed_in = unpacker_below(&reading->from, 2);
        end = &edge->next;
    }
    return first;
}

static struct change *take_changes(struct reading *reading)
{
    struct change *first = NULL, **end = &first;
    while (is_more(reading)) {
        struct change *change = *end = arena_alloc(reading->from.arena, sizeof *change);
        change->kind = (enum change_kind)unpacker_below(&reading->from, CHANGE_IMPORT + 1);
        change->place = take_place(reading);
        change->text = unpacker_text(&reading->from);
        change->quoted[0] = take_place(reading);
        change->quoted[1] = take_place(reading);
        end = &change->next;
    }
    return first;
}

static void take_finding(struct reading *reading, struct finding *finding)
{
    finding->rule = unpack_rule(&reading->from, reading->rules, reading->n_rules);
    finding->place = take_place(reading);
    finding->confidence = (enum confidence)unpacker_below(&reading->from, CONFIDENCE_CERTAIN + 1);
    finding->message = unpacker_text(&reading->from);
    finding->remedy = unpacker_text(&reading->from);
    finding->related = take_related(reading);
    finding->cycle = take_cycle(reading);
    finding->cycle_kind = (enum cycle_kind)unpacker_below(&reading->from, CYCLE_CONTAINER + 1);
    finding->is_garbage = unpacker_below(&reading->from, 2);
    finding->cost = unpack_cost(&reading->from);
    finding->changes = take_changes(reading);
    finding->fix_is_safe = unpacker_below(&reading->from, 2);
    finding->scope = unpacker_number(&reading->from);
}

bool unpack_findings(const char *bytes, size_t n, const struct rule *const *rules, size_t n_rules,
                     const struct place_mover *mover, struct findings *findings)
{
    struct reading reading = {.from = unpacker_of(bytes, n, &findings->arena),
                              .rules = rules,
                              .n_rules = n_rules,
                              .mover = mover};
    uint32_t n_findings = unpacker_number(&reading.from);
    for (uint32_t i = 0; i < n_findings && !reading.from.is_broken; i++) {
        take_finding(&reading, array_push(findings));
    }
    return unpacker_is_done(&reading.from);
}
