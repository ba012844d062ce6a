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
 * attribute becomes a proxy, which is not: what nobody else holds will be gone, and a proxy has no
 * hash and is not what it stands for.
 */
#include "report/cycle_fix.h"

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

static bool offer_delete(struct check *check, struct finding *finding,
                         const struct cycle_edge *edge)
{
    const struct facts *facts = check->program->files[edge->place.file];
    uint32_t start, end, scope = facts_scope_at(facts, edge->place.start);
    const struct scope *s = &facts->scopes[scope];
    uint32_t variable = edge->class == NONE && strstr(edge->via, "list") == NULL
                                && s->kind == SCOPE_FUNCTION && !(s->flags & SCOPE_CALLS_LOCALS)
                            ? find_local(facts, scope, edge->attribute)
                            : NONE;
    if (variable == NONE || !can_be_deleted(facts, variable)
        || !find_life(facts, s, variable, &start, &end)) {
        return false;
    }
    finding_change(check, finding, CHANGE_FINALLY, (struct place){edge->place.file, start, end},
                   "del %s", edge->attribute);
    finding->fix_is_safe = true;
    return true;
}

/* ---- a weak attribute ---- */

static uint32_t find_store(const struct facts *facts, const struct cycle_edge *edge)
{
    const struct scope *s = &facts->scopes[facts_scope_at(facts, edge->place.start)];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && !(op->flags & (OP_IS_AUGMENTED | OP_IS_IMPLICIT))
            && op->start == edge->place.start && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE
            && strcmp(facts_name(facts, facts->ops[op->a].b), edge->attribute) == 0) {
            return i;
        }
    }
    return NONE;
}

static const struct parameter *parameter_of(const struct facts *facts, uint32_t variable)
{
    const struct scope *s = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        if (facts->parameters[s->first_parameter + i].variable == variable) {
            return &facts->parameters[s->first_parameter + i];
        }
    }
    return NULL;
}

/* Whether the function surely takes an attribute of it. */
static bool cannot_be_none(const struct facts *facts, uint32_t variable)
{
    const struct scope *s = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ATTRIBUTE && facts->ops[op->a].kind == OP_LOAD
            && facts->ops[op->a].a == variable && uses_control_around(facts, i) == NONE) {
            return true;
        }
    }
    return false;
}

/* Only a parameter, which somebody else made: what is made here nobody else may hold. */
static bool offer_proxy(struct check *check, struct finding *finding, const struct cycle_edge *edge)
{
    uint32_t file = edge->place.file;
    const struct facts *facts = check->program->files[file];
    uint32_t store = *edge->via == '\0' ? find_store(facts, edge) : NONE;
    uint32_t value = store != NONE ? facts->ops[store].b : NONE;
    if (value == NONE || facts->ops[value].kind != OP_LOAD || edge->class == NONE) {
        return false;
    }
    const struct parameter *parameter = parameter_of(facts, facts->ops[value].a);
    if (parameter == NULL || parameter->kind == PARAMETER_STAR
        || parameter->kind == PARAMETER_DOUBLE_STAR) {
        return false;
    }
    const char *module = finding_import(check, finding, file, "weakref");
    const char *name = variable_name(facts, parameter->variable);
    if (module == NULL) {
        return false;
    }
    /* There is no weak reference to None, which many a caller gives for a parent. */
    bool is_there = classes_is_self(facts, value) || cannot_be_none(facts, parameter->variable);
    const char *otherwise =
        is_there ? "" : arena_format(&check->scratch, "None if %s is None else ", name);
    finding_change(check, finding, CHANGE_REPLACE, place_of_op(file, &facts->ops[value]),
                   "%s%s.proxy(%s)", otherwise, module, name);
    return true;
}

void cycle_offer_fix(struct check *check, struct finding *finding, const struct cycle *cycle)
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
        offer_proxy(check, finding, cycle->weak_edge);
    }
}
