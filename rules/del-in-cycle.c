/*
 * __del__ on a class that takes part in a reference cycle: it runs late, and in no defined order.
 *
 * The classes are those of the heap analysis' cycles; reported once, at the `def __del__`.
 */
#include "rule.h"

/* Whether the method was met before; many classes may inherit it. */
static bool is_met(struct pair_table *met, const struct method *method)
{
    bool is_old = pair_table_get(met, pair_key(method->file, method->scope)) != TABLE_NONE;
    pair_table_put(met, pair_key(method->file, method->scope), 1);
    return is_old;
}

static void report_class(struct check *check, const struct cycle *cycle, uint32_t class,
                         struct pair_table *met)
{
    struct method method;
    if (!classes_find_method(check->program, class, "__del__", &method) || is_met(met, &method)) {
        return;
    }
    const struct scope *scope = &check->program->files[method.file]->scopes[method.scope];
    const struct class *c = &check->program->classes->all.items[class];
    const struct facts *facts = check->program->files[c->file];
    struct place place = {.file = method.file, .start = scope->name_start, .end = scope->name_end};
    struct finding *finding =
        rule_report(check, place, facts_name(facts, facts->scopes[c->scope].name));
    finding->confidence = cycle->confidence;
    finding_relate(check, finding, cycle->place, "the cycle is closed here");
}

static void check(struct check *check)
{
    struct pair_table met = {0};
    for (size_t i = 0; i < check->heap->cycles.n; i++) {
        const struct cycle *cycle = &check->heap->cycles.items[i];
        if (cycle->killer != NULL || cycle->is_made_once
            || cycle->confidence == CONFIDENCE_POSSIBLE) {
            continue;
        }
        for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
            if (edge->class != NONE) {
                report_class(check, cycle, edge->class, &met);
            }
        }
    }
    pair_table_free(&met);
}

const struct rule rule_del_in_cycle = {
    .code = "W9201",
    .name = "del-in-cycle",
    .message = "'__del__' of '%s' runs late and in no defined order: the class takes part in a "
               "reference cycle",
    .why = "Since Python 3.4 (PEP 442) the collector can free cycles with finalizers, but it does "
           "so only when it examines their generation, calls the finalizers of all members of the "
           "cycle in no defined order, and may do it in any thread, between any two instructions "
           "(before Python 3.12 inside any allocation). What __del__ was to release is held until "
           "then; before Python 3.4 the objects were never freed at all.",
    .instead = "Release in a close() or __exit__() that callers reach, use weakref.finalize, and "
               "break the cycle.",
    .since = "",
    .needs_heap = true,
    .check = check,
};
