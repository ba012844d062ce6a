/*
 * A function that gives a name of its module a new value each time it is called: a counter, the
 * current this or that.
 *
 * Of the names that `global` declares and the module binds, too, each assignment is looked at.  It
 * is no finding where state is set once or on purpose: the function asks in an `if` about a name
 * that functions rebind (made when first needed), it is a context manager or has that name itself,
 * the value is a constant (a flag), a function, class or import, the function is called set_,
 * init_, configure_, reset_ and the like, it does nothing but store its parameter, it holds a lock
 * by `with`, or it is a module's __getattr__.  Nor in tests, and not in a file that is run as a
 * script.
 *
 * Off by default: the sentence is true of what it finds, but whether a counter in a module does
 * harm depends on threads and on who else uses the module, which nobody sees here.
 */
#include "rule.h"

/* ---- what is set once, or on purpose ---- */

static bool is_for_setting(const char *name)
{
    static const char *const prefixes[] = {
        "set",        "init",    "setup",    "configure", "config",     "register",  "install",
        "reset",      "enable",  "disable",  "load",      "main",       "use",       "start",
        "stop",       "clear",   "restore",  "close",     "unregister", "uninstall", "change",
        "update",     "reload",  "switch",   "define",    "override",   "patch",     "activate",
        "deactivate", "restart", "shutdown", NULL};
    static const char *const words[] = {"fork", "bootstrap", "initial", "optimi", NULL};
    name += strspn(name, "_");
    for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
            return true;
        }
    }
    return strcmp(name, "getattr__") == 0 || words_occur_in(words, name);
}

/* Whether an `if` or `while` of the scope asks about a name that functions rebind. */
static bool asks_about_state(const struct facts *facts, const struct scope *scope)
{
    uint32_t load = NONE; /* the last one: a condition stands right before its IF */
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && is_global_variable(facts, op->a)
            && facts->variables[op->a].flags & VARIABLE_IS_DECLARED) {
            load = i;
        }
        if ((op->kind == OP_IF || op->kind == OP_TEST) && op->a != NONE && load != NONE
            && uses_is_part(facts, op->a, load)) {
            return true;
        }
    }
    return false;
}

/* Whether the op stands in a `with`: of a lock, or of something that puts the old value back. */
static bool is_in_with(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    while (control != NONE && facts->ops[control].kind != OP_WITH) {
        control = uses_control_around(facts, control);
    }
    return control != NONE;
}

/* One that puts the old value back when it is left. */
static bool is_context_manager(const struct facts *facts, const struct scope *scope)
{
    uint32_t number = (uint32_t)(scope - facts->scopes);
    return facts_find_decorator(facts, number, "contextlib.contextmanager") != NONE
           || facts_find_decorator(facts, number, "contextlib.asynccontextmanager") != NONE;
}

static bool calls_nothing(const struct facts *facts, const struct scope *scope)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL) {
            return false;
        }
    }
    return true;
}

/* Whether the value may be another at each call. */
static bool varies(const struct facts *facts, const struct scope *scope, uint32_t store)
{
    const struct op *op = &facts->ops[store];
    if (op->flags & OP_IS_AUGMENTED) {
        return true;
    }
    uint8_t kind = facts->ops[op->b].kind;
    bool is_set_once = kind == OP_CONSTANT || kind == OP_FUNCTION || kind == OP_CLASS
                       || kind == OP_IMPORT || kind == OP_IMPORT_FROM;
    return !is_set_once && (kind != OP_LOAD || !calls_nothing(facts, scope));
}

/* ---- the finding ---- */

/* The first assignment of the scope that gives the variable another value each time, or NONE. */
static uint32_t rebinding(const struct facts *facts, const struct scope *scope, uint32_t variable)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || op->b == NONE || facts->ops[op->a].kind != OP_TARGET_NAME
            || facts->ops[op->a].a != variable) {
            continue;
        }
        if (varies(facts, scope, i) && !is_in_with(facts, i)) {
            return i;
        }
    }
    return NONE;
}

static void relate_binding(struct check *check, struct finding *finding, uint32_t file,
                           uint32_t variable)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_TARGET_NAME && op->a == variable) {
            finding_relate(check, finding, place_of_op(file, op), "the module binds it here");
            return;
        }
    }
}

static void check_global(struct check *check, uint32_t file, uint32_t global)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, global)];
    uint32_t variable = facts->ops[global].a;
    const char *name = facts_name(facts, scope->name);
    if (globals_judge(check->program, file, global) != GLOBAL_REBOUND || is_for_setting(name)
        || scope->name == facts->variables[variable].name || is_context_manager(facts, scope)
        || asks_about_state(facts, scope)) {
        return;
    }
    uint32_t store = rebinding(facts, scope, variable);
    if (store != NONE) {
        struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[store]), name,
                                              variable_name(facts, variable));
        relate_binding(check, finding, file, variable);
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (is_test_code(check->program, file) || facts_symbol(facts, "__main__") != NONE) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_GLOBAL) {
                check_global(check, file, i);
            }
        }
    }
}

const struct rule rule_global_rebound = {
    .code = "W9411",
    .name = "global-rebound",
    .message = "'%s' gives the module's '%s' a new value at each call",
    .why = "The module remembers something between calls, once for the whole process: two threads "
           "that call the function at a time can lose one of the two values (`n += 1` reads, adds "
           "and stores in three steps, also with the interpreter lock), two users of the module "
           "disturb each other, a test sees what the one before left behind, and what was stored "
           "last stays alive for ever. Who said `from module import name` keeps the old value. "
           "Fine in a program with one thread where the state really exists once.",
    .instead = "keep the state in an object that the callers pass along; itertools.count() for a "
               "counter; contextvars.ContextVar for the current request or user.",
    .since = "",
    .is_off = true,
    .check = check,
};
