/*
 * gc.disable() in a function that enables the collector again, but not on every path.
 *
 * From gc.disable() on, all ways through the control-flow graph are followed to the function's
 * ends.  A way is fine when it passes gc.enable(), or an `if` with a gc.enable() in it: that asks
 * whether the collector was on before.  Calls, `raise`, `yield` and `await` may raise; what else
 * could is not looked at.  A function that never enables it has its policy elsewhere (a method
 * that begins, another that ends); so has one that forks or freezes.
 */
#include "rule.h"

static bool has_call_of(const struct facts *facts, uint32_t first, uint32_t end, const char *dotted)
{
    for (uint32_t i = first; i < end; i++) {
        if (facts_calls(facts, i, dotted)) {
            return true;
        }
    }
    return false;
}

/* Whether this node turns the collector on, or decides whether it is to be. */
static bool enables(const struct flow *flow, const struct flow_node *node)
{
    const struct facts *facts = flow->facts;
    if (node->op == NONE || node->kind != FLOW_OP) {
        return false;
    }
    const struct op *op = &facts->ops[node->op];
    return facts_calls(facts, node->op, "gc.enable")
           || (op->kind == OP_IF && has_call_of(facts, node->op, op->b, "gc.enable"));
}

static bool may_raise(const struct flow *flow, const struct flow_node *node)
{
    if (node->op == NONE || node->kind != FLOW_OP) {
        return node->kind != FLOW_OP;
    }
    uint8_t kind = flow->facts->ops[node->op].kind;
    return kind == OP_RAISE || kind == OP_YIELD || kind == OP_YIELD_FROM || kind == OP_AWAIT
           || (kind == OP_CALL && !facts_calls(flow->facts, node->op, "gc.isenabled")
               && !facts_calls(flow->facts, node->op, "gc.collect"));
}

/* One bit: the collector is off, and it was gc.disable() here that did it. */
static bool transfer(void *context, const struct flow *flow, uint32_t node, enum flow_edge edge,
                     uint64_t *state)
{
    const uint32_t *disable = context;
    const struct flow_node *n = &flow->nodes[node];
    if (n->kind == FLOW_OP && n->op == *disable) {
        *state = 1;
        return edge != FLOW_EXCEPTION;
    }
    return *state != 0 && !enables(flow, n) && (edge != FLOW_EXCEPTION || may_raise(flow, n));
}

static uint32_t node_of(const struct flow *flow, uint32_t op)
{
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        if (flow->nodes[i].kind == FLOW_OP && flow->nodes[i].op == op
            && !(flow->nodes[i].flags & FLOW_IS_COPY)) {
            return i;
        }
    }
    return NONE;
}

static const char *way_out(const struct facts *facts, uint32_t scope, uint32_t disable,
                           struct arena *arena)
{
    const struct flow *flow = flow_build(facts, scope, arena);
    uint32_t start = node_of(flow, disable);
    if (start == NONE || flow->is_partial) {
        return NULL;
    }
    struct flow_problem problem = {.n_words = 1, .context = &disable, .transfer = transfer};
    uint64_t initial = 1;
    struct flow_states states = flow_solve(flow, &problem, start, &initial, arena);
    return flow_state(&states, flow->at_return) != NULL  ? "a return passes it by"
           : flow_state(&states, flow->at_end) != NULL   ? "the end can be reached without it"
           : flow_state(&states, flow->at_raise) != NULL ? "not when something between raises"
                                                         : NULL;
}

static void check_scope(struct check *check, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    uint32_t end = s->first_op + s->n_ops;
    if (!has_call_of(facts, s->first_op, end, "gc.enable")
        || has_call_of(facts, s->first_op, end, "os.fork")
        || has_call_of(facts, s->first_op, end, "gc.freeze")) {
        return;
    }
    for (uint32_t i = s->first_op; i < end; i++) {
        const char *way =
            facts_calls(facts, i, "gc.disable") ? way_out(facts, scope, i, &check->scratch) : NULL;
        if (way != NULL) {
            rule_report(check, place_of_op(file, &facts->ops[i]), way);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "disable") == NONE || facts_symbol(facts, "gc") == NONE
            || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
            if (facts->scopes[scope].kind == SCOPE_FUNCTION) {
                check_scope(check, file, scope);
            }
        }
    }
}

const struct rule rule_gc_left_disabled = {
    .code = "W9701",
    .name = "gc-left-disabled",
    .message = "gc.disable() is not always followed by gc.enable(): %s",
    .why = "The collector stays off for the whole process when the function is left without "
           "gc.enable(), for instance by an exception that somebody above handles. From then on "
           "no reference cycle is freed any more, and memory grows with each request, long after "
           "and far from the cause.",
    .instead = "gc.enable() in a `finally`; and only if gc.isenabled() was true before.",
    .since = "",
    .check = check,
};
