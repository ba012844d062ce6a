/*
 * scope_view.c - the chains of uses and loads, and the blocks.
 */
#include "program/scope_view.h"

#include "base/array.h"

#include <string.h>

enum { USES_A = 1, USES_B = 2 };

/* Which operands of an op are values it takes.  A COLLECT's `a` and a STORE's target are none. */
static const uint8_t operands[N_OP_KINDS] = {
    [OP_ATTRIBUTE] = USES_A,
    [OP_ITEM] = USES_A | USES_B,
    [OP_CALL] = USES_A,
    [OP_ARGUMENT] = USES_A,
    [OP_ELEMENT] = USES_A | USES_B,
    [OP_COLLECT] = USES_B,
    [OP_UNARY] = USES_A,
    [OP_BINARY] = USES_A | USES_B,
    [OP_COMPARE] = USES_A | USES_B,
    [OP_EITHER] = USES_A | USES_B,
    [OP_AWAIT] = USES_A,
    [OP_YIELD] = USES_A,
    [OP_YIELD_FROM] = USES_A,
    [OP_NEXT] = USES_A,
    [OP_UNPACKED] = USES_A,
    [OP_ENTERED] = USES_A,
    [OP_CAUGHT] = USES_A,
    [OP_MATCHED] = USES_A,
    [OP_TARGET_ATTRIBUTE] = USES_A,
    [OP_TARGET_ITEM] = USES_A | USES_B,
    [OP_STORE] = USES_B,
    [OP_ANNOTATE] = USES_B,
    [OP_EXPRESSION] = USES_A,
    [OP_RETURN] = USES_A,
    [OP_RAISE] = USES_A | USES_B,
    [OP_ASSERT] = USES_A,
    [OP_IF] = USES_A,
    [OP_LOOP] = USES_A,
    [OP_TEST] = USES_A,
    [OP_WITH] = USES_A,
};

static uint32_t *none_array(struct arena *arena, uint32_t n)
{
    return memset(arena_alloc(arena, n * sizeof(uint32_t)), 0xff, n * sizeof(uint32_t));
}

static void chain_use(struct scope_view *view, uint32_t value, uint32_t use)
{
    if (value < view->first_op || value - view->first_op >= view->n_ops) {
        return; /* NONE */
    }
    uint32_t *first = &view->first_use[value - view->first_op];
    view->next_use[use] = *first;
    *first = use;
}

static void chain_load(struct scope_view *view, uint32_t variable, uint32_t load)
{
    if (variable < view->first_variable || variable - view->first_variable >= view->n_variables) {
        return;
    }
    uint32_t *first = &view->first_load[variable - view->first_variable];
    view->next_load[load - view->first_op] = *first;
    *first = load;
}

/* Last op first, so that the chains are in order. */
static void make_chains(struct scope_view *view)
{
    for (uint32_t i = view->n_ops; i-- > 0;) {
        const struct op *op = &view->facts->ops[view->first_op + i];
        if (operands[op->kind] & USES_B) {
            chain_use(view, op->b, i * 2 + 1);
        }
        if (operands[op->kind] & USES_A) {
            chain_use(view, op->a, i * 2);
        }
        if (op->kind == OP_LOAD) {
            chain_load(view, op->a, view->first_op + i);
        }
    }
}

static bool is_opener(uint8_t kind)
{
    return kind == OP_IF || kind == OP_LOOP || kind == OP_TRY || kind == OP_WITH
           || kind == OP_COMPREHENSION;
}

static bool is_part(uint8_t kind)
{
    return kind == OP_ELSE || kind == OP_EXCEPT || kind == OP_FINALLY;
}

/* `around` is the stack of open parts: an opener, until one of its parts takes its place. */
static void make_blocks(struct scope_view *view)
{
    struct {
        ARRAY_OF(uint32_t);
    } around = {0};
    for (uint32_t i = 0; i < view->n_ops; i++) {
        uint32_t op = view->first_op + i;
        uint8_t kind = view->facts->ops[op].kind;
        if (is_part(kind) && around.n > 0) {
            uint32_t opener = view->construct[*array_last(&around) - view->first_op];
            *array_last(&around) = op;
            view->construct[i] = opener;
            view->block[i] = view->block[opener - view->first_op];
            if (kind == OP_ELSE) {
                view->else_of[opener - view->first_op] = op;
            }
            continue;
        }
        if (kind == OP_END && around.n > 0) {
            around.n--;
        }
        view->block[i] = around.n > 0 ? *array_last(&around) : NONE;
        if (is_opener(kind)) {
            view->construct[i] = op;
            *array_push(&around) = op;
        }
    }
    array_free(&around);
}

struct scope_view scope_view_make(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    const struct scope *s = &facts->scopes[scope];
    struct scope_view view = {
        .facts = facts,
        .scope = scope,
        .first_op = s->first_op,
        .n_ops = s->n_ops,
        .first_variable = s->first_variable,
        .n_variables = s->n_variables,
        .first_use = none_array(arena, s->n_ops),
        .next_use = none_array(arena, s->n_ops * 2),
        .first_load = none_array(arena, s->n_variables),
        .next_load = none_array(arena, s->n_ops),
        .block = none_array(arena, s->n_ops),
        .construct = none_array(arena, s->n_ops),
        .else_of = none_array(arena, s->n_ops),
    };
    make_chains(&view);
    make_blocks(&view);
    return view;
}

uint32_t scope_view_owner(const struct scope_view *view, uint32_t argument)
{
    const struct op *ops = view->facts->ops;
    uint8_t kind = ops[argument].kind;
    while (ops[argument].kind == kind) {
        argument--;
    }
    return argument;
}
