/*
 * A list or dict that a loop makes for one call, which could do without it.
 *
 *   found.extend([x])      found.append(x)
 *   table.update({k: v})   table[k] = v
 *   min([a, b])            min(a, b)
 *
 * Only what is written out in the call, without a star, where the call stands in a loop or a
 * comprehension of a function.  For extend() and update() one element.  A Counter adds in update()
 * where a dict stores, so that is likely only of a name bound once to a new dict, and else
 * possible. Silent in tests.
 */
#include "rule.h"

/* The display that is the only argument of a call; NONE when it is something else. */
static uint32_t only_display(const struct facts *facts, uint32_t call)
{
    uint32_t value = facts->ops[call].b == 1 ? facts_argument(facts, call, 0, NULL) : NONE;
    return value != NONE && facts->ops[value].kind == OP_DISPLAY ? value : NONE;
}

static bool has_star(const struct facts *facts, uint32_t display)
{
    for (uint32_t i = 1; i <= facts->ops[display].b; i++) {
        if (facts->ops[display + i].flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            return true;
        }
    }
    return false;
}

static bool is_method(const struct facts *facts, uint32_t callee, const char *name)
{
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), name) == 0;
}

/* What to write in place of a call with this display; NULL when it is fine. */
static const char *remedy_for(const struct facts *facts, uint32_t call, uint32_t display)
{
    uint32_t callee = facts->ops[call].a;
    const struct op *op = &facts->ops[display];
    if (op->aux == CONTAINER_LIST && op->b == 1 && is_method(facts, callee, "extend")) {
        return "append() the element itself";
    }
    if (op->aux == CONTAINER_DICT && op->b == 1 && is_method(facts, callee, "update")) {
        return "store the item itself: table[key] = value";
    }
    bool is_compared = facts_spells(facts, callee, "min") || facts_spells(facts, callee, "max");
    return op->aux == CONTAINER_LIST && op->b > 1 && is_compared
               ? "hand over the elements themselves: min(a, b)"
               : NULL;
}

/* Whether the object of a method call is surely a dict of Python's own. */
static bool is_plain_dict(const struct facts *facts, uint32_t call)
{
    uint32_t origin = uses_origin(facts, facts->ops[facts->ops[call].a].a);
    const struct op *op = &facts->ops[origin];
    return (op->kind == OP_DISPLAY && op->aux == CONTAINER_DICT)
           || facts_calls(facts, origin, "dict");
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t display = only_display(facts, call);
    if (display == NONE || has_star(facts, display)) {
        return;
    }
    const char *remedy = remedy_for(facts, call, display);
    if (remedy == NULL) {
        return;
    }
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[display]),
                    facts->ops[display].aux == CONTAINER_LIST ? "list" : "dict");
    if (facts->ops[display].aux == CONTAINER_DICT && !is_plain_dict(facts, call)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_remedy(check, finding, "%s", remedy);
}

static void check_scope(struct check *check, uint32_t file, const struct scope *scope)
{
    const struct facts *facts = check->program->files[file];
    uint32_t end = 0; /* of the outermost loop */
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOOP && i >= end) {
            end = op->b;
        } else if (op->kind == OP_CALL && i < end) {
            check_call(check, file, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool is_test = is_test_code(check->program, file);
        for (uint32_t s = 0; s < facts->n_scopes && !is_test; s++) {
            if (facts->scopes[s].kind == SCOPE_FUNCTION) {
                check_scope(check, file, &facts->scopes[s]);
            }
        }
    }
}

const struct rule rule_tracked_container_in_hot_loop = {
    .code = "R9806",
    .name = "tracked-container-in-hot-loop",
    .message = "each turn of the loop makes a %s for one call, which could do without it",
    .why = "A list or dict with something in it is two blocks of memory, its head and its table. "
           "Both are made, the object counts towards the collector's threshold, is filled, gone "
           "through and freed, all for the sake of one call. The elements themselves can be handed "
           "over. CPython keeps some freed heads at hand, so it costs less than it looks: it "
           "matters in loops that turn often. update() of something that may be no plain dict is "
           "told of as possible, for a Counter adds where a dict stores. Fine to ignore elsewhere.",
    .instead = "Hand over the elements themselves.",
    .is_off = true, /* true nearly always, and worth a change only where the loop is hot */
    .since = "",
    .check = check,
};
