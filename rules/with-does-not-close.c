/*
 * A `with` whose end leaves open what was opened in its first line.
 *
 * Two kinds.  The connections of many database modules are context managers of a transaction: the
 * block commits or rolls back, and the connection stays open.  And what is made around an open file
 * (an archive, a nullcontext) closes itself, but not the file.  It is told here only if the new
 * resource has no other holder, or only the name after `as`, by which nobody closes it.
 *
 * Of a kin: `with Lock():`, or a lock that only a local name holds.  A lock that every call makes
 * anew is never held by anybody else.
 */
#include "rule.h"

static bool is_wrapped(const struct resource *resource)
{
    return !(resource->maker->flags & MAKER_WITH_KEEPS_OPEN);
}

static void report_open(struct check *check, const struct resource *resource)
{
    struct finding *finding =
        rule_report(check, resource->place, resource->maker->thing, resource->callee);
    if (is_wrapped(resource)) {
        finding_remedy(check, finding, "give it a `with` of its own: %s",
                       resource_with_line(resource, &check->scratch));
    } else {
        finding_remedy(check, finding, "%s", resource_with_line(resource, &check->scratch));
    }
    if (resource->is_quiet) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

/* ---- locks ---- */

/* Whether a value, what a local name always is, is used for nothing but locking. */
static bool is_only_locked(const struct facts *facts, uint32_t load)
{
    uint32_t use = uses_next(facts, load, load);
    for (; use != NONE; use = uses_next(facts, load, use)) {
        const struct op *op = &facts->ops[use];
        bool is_call = op->kind == OP_ATTRIBUTE && uses_next(facts, use, use) != NONE
                       && facts->ops[uses_next(facts, use, use)].kind == OP_CALL;
        if (op->kind != OP_WITH && op->kind != OP_ENTERED && !is_call) {
            return false;
        }
    }
    return true;
}

static bool is_only_in_this_function(const struct facts *facts, uint32_t variable)
{
    const struct variable *v = &facts->variables[variable];
    const struct scope *scope = &facts->scopes[v->scope];
    if (scope->kind != SCOPE_FUNCTION || scope->flags & SCOPE_CALLS_LOCALS
        || v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return false;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == variable
            && !is_only_locked(facts, i)) {
            return false;
        }
    }
    return true;
}

/* Whether a name is all that ever holds what a call makes, and locking all that is done with it. */
static bool is_sole_holder(const struct facts *facts, uint32_t variable, uint32_t call)
{
    uint32_t store = uses_next(facts, call, call);
    return store != NONE && uses_next(facts, call, store) == NONE
           && is_only_in_this_function(facts, variable);
}

/* Whether nobody else can ever hold the lock that is entered here. */
static bool is_own_lock(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    uint32_t call = op->kind == OP_LOAD ? uses_only_value(facts, op->a) : value;
    if (call == NONE || facts->ops[call].kind != OP_CALL
        || locks_made_by(facts, call) == LOCK_NONE) {
        return false;
    }
    return call == value || is_sole_holder(facts, op->a, call);
}

static void check_locks(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind != OP_WITH || !is_own_lock(facts, facts->ops[i].a)) {
            continue;
        }
        struct finding *finding = rule_report_as(
            check, place_of_op(file, &facts->ops[facts->ops[i].a]),
            "this lock is made anew each time and nobody else has it: it locks nothing");
        finding_remedy(check, finding,
                       "make the lock once, in the module or the object whose state it guards");
        if (is_test_code(check->program, file)) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
    }
}

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_ONLY_ENTERED, resource)) != NULL) {
        report_open(check, resource);
    }
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        check_locks(check, file);
    }
}

const struct rule rule_with_does_not_close = {
    .code = "W9306",
    .name = "with-does-not-close",
    .message = "this 'with' does not close the %s that %s() makes",
    .why = "It looks closed, and is not. The connections of sqlite3, psycopg2 and pyodbc are "
           "context managers of a transaction: the block ends it, and the connection stays open "
           "until it dies; a pool or server runs out of them. An archive closes only a file that "
           "it opened itself. Since Python 3.13 a sqlite3 connection that dies open gives a "
           "ResourceWarning.",
    .instead = "`with contextlib.closing(sqlite3.connect(path)) as connection, connection:` closes "
               "and ends the transaction; a file around which something is made gets a `with` of "
               "its own.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
