/*
 * A file, connection, process or pool that a module opens while it is imported, and keeps.
 *
 * The statement binds a name of the module, or of a class of it, to what one of the makers
 * (makers.h) or a function of the program makes.  Silent: under `if __name__ == …` or another
 * condition of that kind, what the module itself closes or deletes again, a file without any
 * function or class (a script, which is run and not imported), __main__.py, setup.py and the like,
 * and tests.  Only possible for what opens nothing before its first use (a session, an executor),
 * under any other condition, which may be a wish of the user, and in a program: a file that asks
 * whether it is `__main__`.
 *
 * A large computation at import is not told of: how large it is nobody sees here.
 */
#include "rule.h"

/* ---- where it does no harm ---- */

static bool is_run_not_imported(const struct program *program, uint32_t file)
{
    static const char *const names[] = {"__main__.py", "setup.py",   "conf.py", "manage.py",
                                        "fabfile.py",  "noxfile.py", NULL};
    const char *path = program->files[file]->path;
    const char *slash = strrchr(path, '/');
    return program->files[file]->n_scopes == 1
           || words_have(names, slash == NULL ? path : slash + 1);
}

/* Whether the op stands under an `if` that asks how the module is run. */
static bool is_under_guard(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    for (; control != NONE; control = uses_control_around(facts, control)) {
        const struct op *around = &facts->ops[control];
        if (around->kind == OP_IF && around->a != NONE && purpose_is_condition(facts, around->a)) {
            return true;
        }
    }
    return false;
}

/* Whether the module's own statements close what the name holds, enter it or let it go. */
static bool is_closed_at_once(const struct facts *facts, uint32_t variable,
                              const struct maker *maker)
{
    const struct scope *body = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        const struct op *object =
            op->kind == OP_ATTRIBUTE || op->kind == OP_WITH ? &facts->ops[op->a] : op;
        if (object->kind != OP_LOAD || object->a != variable) {
            continue;
        }
        if (op->kind == OP_WITH
            || (op->kind == OP_ATTRIBUTE && maker_is_closer(maker, facts_name(facts, op->b)))) {
            return true;
        }
    }
    return (facts->variables[variable].flags & VARIABLE_IS_DELETED) != 0;
}

/* ---- what is opened ---- */

/* The maker that the OP_CALL calls, or NULL. */
static const struct maker *maker_of_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    const struct makers *makers = &check->program->resources->makers;
    uint32_t callee = facts->ops[call].a;
    uint8_t kind = facts->ops[callee].kind;
    if (kind != OP_LOAD && kind != OP_ATTRIBUTE) {
        return NULL;
    }
    struct program *program = (struct program *)check->program; /* link_entity() keeps nothing */
    struct entity entity = link_entity(program, file, callee);
    if (entity.kind == ENTITY_FUNCTION) {
        return makers_find_function(makers, entity.file, entity.index);
    }
    return entity.kind == ENTITY_FOREIGN ? makers_find(makers, link_text(program, entity.index))
                                         : NULL;
}

static bool opens_nothing_of_its_own(const struct maker *maker)
{
    return (maker->flags & (MAKER_TAKES_OBJECT | MAKER_WRAPS | MAKER_IS_ASYNC)) != 0;
}

/* Whether the making alone opens nothing, or so little that nobody minds. */
static bool is_lazy(const struct maker *maker)
{
    static const char *const lazy[] = {"event loop", "session", "client",  "context",
                                       "selector",   "channel", "archive", NULL};
    return (maker->flags & (MAKER_IS_QUIET | MAKER_LIVES_LONG)) != 0
           || words_have(lazy, maker->thing);
}

static void check_store(struct check *check, uint32_t file, uint32_t store)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[store];
    uint32_t variable = facts->ops[op->a].a;
    const struct maker *maker = maker_of_call(check, file, op->b);
    if (maker == NULL || opens_nothing_of_its_own(maker) || is_under_guard(facts, store)
        || is_closed_at_once(facts, variable, maker)) {
        return;
    }
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[op->b]),
                                          maker->thing, variable_name(facts, variable));
    bool is_program = facts_symbol(facts, "__main__") != NONE;
    bool is_sure = !is_lazy(maker) && !is_program && !purpose_is_asked_for(facts, store);
    finding->confidence = is_sure ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void check_scope(struct check *check, uint32_t file, const struct scope *scope)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->b].kind == OP_CALL
            && facts->ops[op->a].kind == OP_TARGET_NAME) {
            check_store(check, file, i);
        }
    }
}

/* The module, and the bodies of its classes. */
static bool runs_at_import(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    return s->kind == SCOPE_MODULE || (s->kind == SCOPE_CLASS && s->parent == 0);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (is_test_code(check->program, file) || is_run_not_imported(check->program, file)) {
            continue;
        }
        const struct facts *facts = check->program->files[file];
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            if (runs_at_import(facts, scope)) {
                check_scope(check, file, &facts->scopes[scope]);
            }
        }
    }
}

const struct rule rule_module_level_resource = {
    .code = "R9412",
    .name = "module-level-resource",
    .message = "importing this module opens the %s '%s', which stays open as long as the process",
    .why = "Whoever imports the module opens it: a test, a documentation tool, a child process "
           "that needs something else from there. If it cannot be opened, the import fails. "
           "After os.fork() parent and child share one socket or file position and disturb each "
           "other. Nobody closes it but the end of the process, when the module's globals go in "
           "an order nobody chose. Fine in a program that is its only user.",
    .instead = "open it in a function, with functools.cache if there is to be one; or in an "
               "object with close(), made where the program begins.",
    .since = "",
    .check = check,
};
