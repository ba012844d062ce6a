/*
 * cycle_fix.c - edits that open a cycle.
 *
 * A frame that one of its own locals leads back to is let go of by deleting the local when it is
 * used for the last time, come what may:
 *
 *     error = None                 error = None
 *     for item in items:           try:
 *         try:                         for item in items:
 *             return get(item)             …
 *         except OSError as e:         raise error
 *             error = e            finally:
 *     raise error                      del error
 *
 * Nothing but the local's end changes, so that is safe.  The parent that an object keeps in an
 * attribute becomes a proxy (proxy_fix.h), which is not.
 */
#include "report/cycle_fix.h"

#include "report/callback_fix.h"
#include "rule.h"

/* ---- a local of a frame ---- */

static uint32_t find_local(const struct facts *facts, uint32_t scope, const char *name)
{
    const struct scope *s = &facts->scopes[scope];
    uint32_t symbol = facts_symbol(facts, name);
    for (uint32_t i = 0; symbol != NONE && i < s->n_variables; i++) {
        uint32_t variable = s->first_variable + i;
        if (facts->variables[variable].name == symbol) {
            return variable;
        }
    }
    return NONE;
}

static bool names(const struct facts *facts, const struct op *op, uint32_t variable)
{
    if (op->kind == OP_LOAD) {
        return op->a == variable;
    }
    bool is_target = op->kind == OP_STORE || op->kind == OP_DELETE;
    return is_target && facts->ops[op->a].kind == OP_TARGET_NAME && facts->ops[op->a].a == variable;
}

/* The stretch of text from the statement that binds the variable first to its last use.  False when
 * it may be unbound there. */
static bool find_life(const struct facts *facts, const struct scope *scope, uint32_t variable,
                      uint32_t *start, uint32_t *end)
{
    bool is_bound = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (!names(facts, op, variable)) {
            continue;
        }
        if (!is_bound
            && (op->kind != OP_STORE || (op->flags & (OP_IS_AUGMENTED | OP_IS_IMPLICIT))
                || facts->ops[op->b].kind == OP_UNPACKED)) {
            return false; /* a loop comes round to it, or it is no plain assignment */
        }
        if (op->kind == OP_DELETE || uses_in_generator(facts, i)) {
            return false;
        }
        *start = is_bound ? *start : op->start;
        *end = is_bound && *end > op_end(op) ? *end : op_end(op);
        is_bound = true;
    }
    return is_bound;
}

static bool can_be_deleted(const struct facts *facts, uint32_t variable)
{
    uint32_t unfit = VARIABLE_IS_PARAMETER | VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED
                     | VARIABLE_IN_COMPREHENSION | VARIABLE_IS_DELETED | VARIABLE_IS_IMPORTED;
    return !(facts->variables[variable].flags & unfit);
}

/* Before 3.13 frame.f_locals is kept by its frame as it was, with the local still in it. */
static bool is_kept_by_snapshot(const struct program *program, const struct facts *facts,
                                const struct scope *scope)
{
    enum { LOCALS_ARE_A_VIEW = 0x030D };
    uint32_t symbol = facts_symbol(facts, "f_locals");
    if (symbol == NONE || program->python_version >= LOCALS_ARE_A_VIEW) {
        return false;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_ATTRIBUTE && facts->ops[i].b == symbol) {
            return true;
        }
    }
    return false;
}

/* The `try` in whose `finally` an op stands; NONE if it does not. */
static uint32_t try_of_finally(const struct facts *facts, uint32_t op)
{
    uint32_t part = uses_control_around(facts, op);
    return part != NONE && facts->ops[part].kind == OP_FINALLY ? uses_control_around(facts, part)
                                                               : NONE;
}

/* Whether some `try: … finally: del other` has a part of the stretch in it, or lies in it: one
 * around the other nobody wants to read. */
static bool meets_another(const struct facts *facts, const struct scope *scope, uint32_t start,
                          uint32_t end)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        bool is_delete = facts->ops[i].kind == OP_DELETE && !(facts->ops[i].flags & OP_IS_IMPLICIT);
        uint32_t try = is_delete ? try_of_finally(facts, i) : NONE;
        if (try != NONE && facts->ops[try].start < end && facts->ops[i].start > start) {
            return true;
        }
    }
    return false;
}

static bool offer_delete(struct check *check, struct finding *finding,
                         const struct cycle_edge *edge)
{
    const struct facts *facts = check->program->files[edge->place.file];
    uint32_t start = 0, end = 0, scope = facts_scope_at(facts, edge->place.start);
    const struct scope *s = &facts->scopes[scope];
    uint32_t variable = edge->class == NONE && strstr(edge->via, "list") == NULL
                                && s->kind == SCOPE_FUNCTION && !(s->flags & SCOPE_CALLS_LOCALS)
                            ? find_local(facts, scope, edge->attribute)
                            : NONE;
    if (variable == NONE || !can_be_deleted(facts, variable)
        || !find_life(facts, s, variable, &start, &end) || meets_another(facts, s, start, end)
        || is_kept_by_snapshot(check->program, facts, s)) {
        return false;
    }
    finding_change(check, finding, CHANGE_FINALLY, (struct place){edge->place.file, start, end},
                   "del %s", edge->attribute);
    finding->fix_is_safe = true;
    return true;
}

/* ---- both ---- */

void cycle_offer_fix(struct check *check, struct finding *finding, const struct cycle *cycle,
                     struct proxies *proxies)
{
    /* The longer the way, the less likely is the local the one to let go of. */
    enum { MAX_FRAME_EDGES = 2 };
    if (cycle->kind == CYCLE_FRAME || cycle->kind == CYCLE_EXCEPTION) {
        if (cycle->n_edges > MAX_FRAME_EDGES || finding->confidence < CONFIDENCE_LIKELY) {
            return;
        }
        for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
            if (offer_delete(check, finding, edge)) {
                return;
            }
        }
    } else if (cycle->kind == CYCLE_INSTANCE && cycle->weak_edge != NULL && cycle->n_edges > 1) {
        proxy_offer(check, finding, cycle, proxies);
    } else if (cycle->kind == CYCLE_CALLBACK) {
        callback_offer_static(check, finding, cycle);
    }
}
