/*
 * initialization_paths.c - following `__init__` to where it ends or raises.
 *
 * A function's summary says which attributes are surely set when it returns and when it raises;
 * summaries are made callees first, on an explicit stack, and a call in a recursion counts as one
 * of an unknown function.
 */
#include "program/initialization_paths.h"

#include "facts/uses.h"
#include "program/escapes.h"
#include "program/flow.h"
#include "program/harmless.h"
#include "program/self_calls.h"

#include <string.h>

/* ---- calls ---- */

bool initialization_runs_plainly(const struct initialization *in, const struct method *method)
{
    const struct facts *facts = in->program->files[method->file];
    return facts_first_decorator(facts, method->scope) == NONE
           && !(facts->scopes[method->scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR))
           && classes_self_of(facts, method->scope) != NONE;
}

/* The method that a call runs on `self`, if it runs at once and as it is written. */
static bool called_method(const struct initialization *in, const struct summary *caller,
                          uint32_t call, struct method *method)
{
    return self_calls_method(in->program, in->class, &caller->method, call, method)
           && initialization_runs_plainly(in, method);
}

/* `self.x = value` where x is a property: its setter. */
static bool called_setter(const struct initialization *in, const struct summary *caller,
                          uint32_t store, struct method *method)
{
    const struct facts *facts = in->program->files[caller->method.file];
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (target->kind != OP_TARGET_ATTRIBUTE || !initialization_loads(facts, target->a, caller->self)
        || !classes_find_method(in->program, in->class, facts_name(facts, target->b), method)) {
        return false;
    }
    const struct facts *home = in->program->files[method->file];
    uint32_t decorator = facts_first_decorator(home, method->scope);
    if (decorator == NONE) {
        return false;
    }
    const struct op *op = &home->ops[home->ops[decorator].a];
    return op->kind == OP_ATTRIBUTE && strcmp(facts_name(home, op->b), "setter") == 0;
}
/* ---- one function ---- */

struct solving {
    const struct initialization *in;
    const struct summary *function;
};

static const struct summary *find_summary(const struct initialization *in,
                                          const struct method *method)
{
    uint32_t i = pair_table_get(&in->by_function, pair_key(method->file, method->scope));
    return i == TABLE_NONE || in->summaries.items[i].progress != PROGRESS_DONE
               ? NULL
               : &in->summaries.items[i];
}

static void add_bits(const struct initialization *in, uint64_t *state, const uint64_t *more)
{
    for (uint32_t i = 0; i < in->n_words; i++) {
        state[i] |= more[i];
    }
}

static void set_bit(const struct initialization *in, const struct method *method, uint32_t symbol,
                    uint64_t *state)
{
    uint32_t bit = initialization_bit(in, initialization_mangled(in, method, symbol));
    if (bit != TABLE_NONE) {
        state[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
}

static void do_store(const struct solving *s, uint32_t store, uint64_t *state)
{
    const struct facts *facts = s->in->program->files[s->function->method.file];
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (target->kind != OP_TARGET_ATTRIBUTE
        || !initialization_loads(facts, target->a, s->function->self)) {
        return;
    }
    struct method setter;
    const struct summary *summary =
        called_setter(s->in, s->function, store, &setter) ? find_summary(s->in, &setter) : NULL;
    if (summary != NULL) {
        add_bits(s->in, state, summary->on_return);
    }
    set_bit(s->in, &s->function->method, target->b, state);
}

/* `setattr(self, "name", value)`. */
static void do_setattr(const struct solving *s, uint32_t call, uint64_t *state)
{
    const struct facts *facts = s->in->program->files[s->function->method.file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    uint32_t name = facts_argument(facts, call, 1, NULL);
    if (object != NONE && name != NONE && initialization_loads(facts, object, s->function->self)
        && facts->ops[name].kind == OP_CONSTANT && facts->ops[name].aux == CONSTANT_STRING) {
        set_bit(s->in, &s->function->method, facts->ops[name].a, state);
    }
}

static bool do_call(const struct solving *s, uint32_t call, enum flow_edge edge, uint64_t *state)
{
    uint32_t file = s->function->method.file;
    struct method method;
    const struct summary *summary =
        called_method(s->in, s->function, call, &method) ? find_summary(s->in, &method) : NULL;
    if (summary == NULL) {
        const struct facts *facts = s->in->program->files[file];
        if (facts_spells(facts, facts->ops[call].a, "setattr")) {
            do_setattr(s, call, state);
            return edge != FLOW_EXCEPTION;
        }
        return edge != FLOW_EXCEPTION || !harmless_call(s->in->program, s->in->class, file, call);
    }
    bool is_taken = edge == FLOW_EXCEPTION ? summary->raises : summary->returns;
    if (is_taken) {
        add_bits(s->in, state, edge == FLOW_EXCEPTION ? summary->on_raise : summary->on_return);
    }
    return is_taken;
}

static bool transfer(void *context, const struct flow *flow, uint32_t node, enum flow_edge edge,
                     uint64_t *state)
{
    const struct solving *s = context;
    if (flow->nodes[node].kind != FLOW_OP) {
        return true;
    }
    uint32_t op = flow->nodes[node].op;
    switch (flow->facts->ops[op].kind) {
    case OP_STORE:
        do_store(s, op, state);
        return true;
    case OP_CALL:
        return do_call(s, op, edge, state);
    case OP_IMPORT:
    case OP_IMPORT_FROM:
        return edge != FLOW_EXCEPTION || !harmless_import(flow->facts, &flow->facts->ops[op]);
    case OP_RAISE:
    case OP_ASSERT:
    case OP_AWAIT:
        return true;
    default:
        return edge != FLOW_EXCEPTION;
    }
}

static struct flow_states solve(struct initialization *in, const struct summary *function,
                                const struct flow *flow)
{
    struct solving solving = {in, function};
    struct flow_problem problem = {
        .n_words = in->n_words, .is_intersection = true, .context = &solving, .transfer = transfer};
    const uint64_t *nothing = arena_alloc(&in->solved, in->n_words * sizeof *nothing);
    return flow_solve(flow, &problem, flow->entry, nothing, &in->solved);
}

/* The bits set at both nodes, as far as they are reached; all bits when neither is. */
static bool meet(const struct initialization *in, const struct flow_states *states, uint32_t one,
                 uint32_t other, uint64_t *out)
{
    const uint64_t *a = flow_state(states, one), *b = flow_state(states, other);
    for (uint32_t i = 0; i < in->n_words; i++) {
        out[i] = (a == NULL ? UINT64_MAX : a[i]) & (b == NULL ? UINT64_MAX : b[i]);
    }
    return a != NULL || b != NULL;
}

/* Words that the states of one function may take: 20,000 attributes set in one `__init__` would
 * take gigabytes, and nothing is said of such a class. */
enum { MAX_STATE_WORDS = 1 << 22 };

static void summarise(struct initialization *in, struct summary *summary)
{
    const struct facts *facts = in->program->files[summary->method.file];
    const struct flow *flow = flow_build(facts, summary->method.scope, &in->solved);
    summary->on_return = arena_alloc(in->arena, in->n_words * sizeof(uint64_t));
    summary->on_raise = arena_alloc(in->arena, in->n_words * sizeof(uint64_t));
    summary->progress = PROGRESS_DONE;
    in->is_lost |= flow->is_partial || (uint64_t)flow->n_nodes * in->n_words > MAX_STATE_WORDS;
    if (!in->is_lost) {
        struct flow_states states = solve(in, summary, flow);
        summary->returns = meet(in, &states, flow->at_end, flow->at_return, summary->on_return);
        summary->raises = meet(in, &states, flow->at_raise, flow->at_raise, summary->on_raise);
    }
    arena_reset(&in->solved);
}

/* ---- all functions ---- */

/* Whether the function sets attributes of `self` by names nobody can see. */
static bool sets_by_computed_name(const struct initialization *in, const struct summary *summary)
{
    const struct facts *facts = in->program->files[summary->method.file];
    const struct scope *scope = &facts->scopes[summary->method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_dict = (op->kind == OP_ATTRIBUTE || op->kind == OP_TARGET_ATTRIBUTE)
                       && strcmp(facts_name(facts, op->b), "__dict__") == 0;
        if (is_dict || (op->kind == OP_CALL && facts_spells(facts, op->a, "vars"))) {
            return true;
        }
        uint32_t name = op->kind == OP_CALL && facts_spells(facts, op->a, "setattr")
                            ? facts_argument(facts, i, 1, NULL)
                            : NONE;
        if (name != NONE && facts->ops[name].kind != OP_CONSTANT) {
            return true;
        }
    }
    return false;
}

static uint32_t summary_of(struct initialization *in, const struct method *method)
{
    uint32_t next = (uint32_t)in->summaries.n;
    uint32_t i = pair_table_put(&in->by_function, pair_key(method->file, method->scope), next);
    if (i == next) {
        *array_push(&in->summaries) = (struct summary){
            .method = *method,
            .self = classes_self_of(in->program->files[method->file], method->scope)};
    }
    return i;
}

/* Puts the first function that this one calls on `self`, and that is new, to work; false if there
 * is none. */
static bool wait_for_callee(struct initialization *in, uint32_t function)
{
    struct summary caller = in->summaries.items[function];
    const struct facts *facts = in->program->files[caller.method.file];
    const struct scope *scope = &facts->scopes[caller.method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct method method;
        bool is_called =
            (facts->ops[i].kind == OP_CALL && called_method(in, &caller, i, &method))
            || (facts->ops[i].kind == OP_STORE && called_setter(in, &caller, i, &method));
        uint32_t callee = is_called ? summary_of(in, &method) : NONE;
        if (callee != NONE && in->summaries.items[callee].progress == PROGRESS_NEW) {
            in->summaries.items[callee].progress = PROGRESS_WAITING;
            *array_push(&in->waiting) = callee;
            return true;
        }
    }
    return false;
}

void initialization_follow(struct initialization *in, const struct method *init)
{
    in->init = summary_of(in, init);
    *array_push(&in->waiting) = in->init;
    in->summaries.items[in->init].progress = PROGRESS_WAITING;
    while (in->waiting.n > 0) {
        uint32_t function = *array_last(&in->waiting);
        if (in->summaries.items[function].progress == PROGRESS_DONE) {
            in->waiting.n--;
        } else if (!wait_for_callee(in, function)) {
            in->is_lost |= sets_by_computed_name(in, &in->summaries.items[function]);
            summarise(in, &in->summaries.items[function]);
            in->waiting.n--;
        }
    }
}

/* ---- the risks ---- */

enum { UNKNOWN, ESCAPES, STAYS };

/* Whether what is raised at the node leaves `__init__`.  Nodes of one `try` go the same way, which
 * is looked for once: `ways` is by where they go. */
static bool escapes(const struct initialization *in, const struct flow *flow, uint32_t node,
                    uint8_t *ways, struct arena *scratch)
{
    uint8_t *way = &ways[flow->nodes[node].raise];
    if (*way == UNKNOWN) {
        uint32_t file = in->summaries.items[in->init].method.file;
        bool leaves =
            escapes_scope(in->program, file, flow, node, (struct raised){"", NONE}, scratch);
        *way = leaves ? ESCAPES : STAYS;
        arena_reset(scratch);
    }
    return *way == ESCAPES;
}

void initialization_find_risks(struct initialization *in)
{
    const struct summary *init = &in->summaries.items[in->init];
    const struct facts *facts = in->program->files[init->method.file];
    const struct flow *flow = flow_build(facts, init->method.scope, &in->solved);
    struct flow_states states = solve(in, init, flow);
    struct solving solving = {in, init};
    struct arena scratch = {0};
    uint8_t *ways = arena_alloc(&in->solved, flow->n_nodes);
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        const struct flow_node *n = &flow->nodes[node];
        uint64_t *state = states.words + (size_t)node * in->n_words;
        if (states.reached[node] && n->kind == FLOW_OP && n->raise != NONE
            && transfer(&solving, flow, node, FLOW_EXCEPTION, state)
            && escapes(in, flow, node, ways, &scratch)) {
            *array_push(&in->risks) = (struct risk){n->op, state};
        }
    }
    arena_free(&scratch);
    in->has_risks = true;
}
