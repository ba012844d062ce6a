/*
 * Something in `__del__` raises, and no handler takes it.
 *
 * Reported are `raise`, calls of a function or own method that on every path raises, sys.exit(),
 * and removals of files that may be gone (os.unlink, shutil.rmtree, …) unless something was tested
 * first.  A method that a subclass overrides, or that only says NotImplementedError, is not what
 * will run.  Test code raises there to see what happens.
 */
#include "rule.h"

/* ---- calls known to raise ---- */

static bool is_tested_first(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    for (; control != NONE; control = uses_control_around(facts, control)) {
        if (facts->ops[control].kind == OP_IF || facts->ops[control].kind == OP_EXCEPT) {
            return true;
        }
    }
    return false;
}

static bool is_told_to_ignore(const struct facts *facts, uint32_t call)
{
    return facts_argument(facts, call, 1, "ignore_errors") != NONE
           || facts_argument(facts, call, 2, "onerror") != NONE
           || facts_argument(facts, call, -1, "onexc") != NONE;
}

/* What a function of the standard library raises here, or NULL. */
static const char *library_raises(const struct facts *facts, uint32_t call)
{
    static const char *const exits[] = {"sys.exit", "exit", "quit"};
    static const char *const removals[] = {"os.unlink", "os.remove", "os.rmdir", "os.removedirs",
                                           "shutil.rmtree"};
    uint32_t callee = facts->ops[call].a;
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        if (facts_spells(facts, callee, exits[i])) {
            return "SystemExit";
        }
    }
    for (size_t i = 0; i < sizeof removals / sizeof *removals; i++) {
        if (facts_spells(facts, callee, removals[i])) {
            return is_tested_first(facts, call) || is_told_to_ignore(facts, call)
                       ? NULL
                       : "FileNotFoundError";
        }
    }
    return NULL;
}

/* Whether a class of the program below `class` has its own method of this name. */
static bool is_overridden(const struct program *program, uint32_t class, const char *name)
{
    const struct classes *classes = program->classes;
    for (uint32_t i = 0; i < classes->all.n; i++) {
        const struct class *c = &classes->all.items[i];
        struct method ignored;
        for (uint32_t a = 1; a < c->n_ancestors; a++) {
            if (classes->ancestors.items[c->first_ancestor + a] == class
                && classes_own_method(program, i, name, &ignored)) {
                return true;
            }
        }
    }
    return false;
}

/* The function that a call in a method of `class` runs, if that is known. */
static bool called_function(const struct program *program, uint32_t file, uint32_t class,
                            uint32_t call, struct method *function)
{
    const struct facts *facts = program->files[file];
    uint32_t callee = facts->ops[call].a;
    const struct op *op = &facts->ops[callee];
    if (op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a)) {
        const char *name = facts_name(facts, op->b);
        return classes_find_method(program, class, name, function)
               && facts_first_decorator(program->files[function->file], function->scope) == NONE
               && !is_overridden(program, class, name);
    }
    const struct op *origin = &facts->ops[uses_origin(facts, callee)];
    *function = (struct method){class, file, origin->kind == OP_FUNCTION ? origin->a : NONE};
    return op->kind == OP_LOAD && function->scope != NONE;
}

static bool call_raises(const struct program *program, uint32_t file, uint32_t class, uint32_t call,
                        struct raised *type, struct arena *arena)
{
    const char *name = library_raises(program->files[file], call);
    if (name != NULL) {
        *type = (struct raised){name, NONE};
        return true;
    }
    struct method function;
    return called_function(program, file, class, call, &function)
           && escapes_always(program, function.file, function.scope, type, arena)
           && strcmp(type->name, "NotImplementedError") != 0;
}

/* ---- the finalizer ---- */

/* Whether the op raises, and what. */
static bool raises(const struct program *program, uint32_t file, uint32_t class, uint32_t op,
                   struct raised *type, struct arena *arena)
{
    const struct op *o = &program->files[file]->ops[op];
    if (o->kind == OP_RAISE) {
        *type = escapes_type_of(program, file, o->a, arena);
        return true;
    }
    return o->kind == OP_CALL && call_raises(program, file, class, op, type, arena);
}

static void report(struct check *check, uint32_t file, uint32_t op, struct raised type)
{
    const struct facts *facts = check->program->files[file];
    bool is_raise = facts->ops[op].kind == OP_RAISE;
    const char *callee =
        is_raise ? NULL : facts_dotted_name(facts, facts->ops[op].a, &check->scratch);
    const char *subject =
        callee == NULL ? "'__del__'" : arena_format(&check->scratch, "'%s' in '__del__'", callee);
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[op]), subject,
                                          *type.name != '\0' ? type.name : "an exception");
    finding->confidence = is_raise ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

static void check_finalizer(struct check *check, uint32_t class, struct method method)
{
    const struct facts *facts = check->program->files[method.file];
    const struct flow *flow = flow_build(facts, method.scope, &check->scratch);
    for (uint32_t node = 0; node < flow->n_nodes && !flow->is_partial; node++) {
        const struct flow_node *n = &flow->nodes[node];
        struct raised type;
        if (n->kind == FLOW_OP && !(n->flags & FLOW_IS_COPY)
            && raises(check->program, method.file, class, n->op, &type, &check->scratch)
            && escapes_scope(check->program, method.file, flow, node, type, &check->scratch)) {
            report(check, method.file, n->op, type);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        struct method method;
        if (!classes_own_method(check->program, class, "__del__", &method)
            || is_test_code(check->program, method.file)) {
            continue;
        }
        const struct scope *scope = &check->program->files[method.file]->scopes[method.scope];
        if (!(scope->flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR))) {
            check_finalizer(check, class, method);
        }
    }
}

const struct rule rule_del_raises = {
    .code = "W9203",
    .name = "del-raises",
    .message = "%s raises %s, which nobody can catch: CPython prints it and goes on",
    .why =
        "`__del__` runs wherever the last reference happens to go, in the collector or at "
        "interpreter exit, so there is no caller to raise to. CPython prints \"Exception ignored "
        "in\" with a traceback to stderr (sys.unraisablehook, since 3.8) and drops the exception; "
        "what stands after it in `__del__` is skipped, so the rest is not released.",
    .instead = "Raise from close() or `__exit__`; in `__del__`, catch what release may raise, and "
               "say that something was left open with warnings.warn(…, ResourceWarning).",
    .since = "",
    .check = check,
};
