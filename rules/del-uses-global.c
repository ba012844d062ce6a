/*
 * `__del__` needs something of the interpreter that is gone when the program ends.
 *
 * Of all that `__del__` could not rely on before Python 3.4 two things are left: `import`, also of
 * a module that is loaded already, fails once sys.meta_path is None, and open() is no builtin any
 * more.  Reported where no handler takes the error, in `__del__` or around its call of the function
 * that fails, and no condition asks whether the interpreter is going down.
 */
#include "rule.h"

struct lack {
    const char *what; /* "imports" */
    const char *name;
    const char *raises;
};

static bool is_lacking(const struct facts *facts, uint32_t op, struct lack *lack)
{
    const struct op *o = &facts->ops[op];
    if (o->kind == OP_IMPORT || o->kind == OP_IMPORT_FROM || o->kind == OP_IMPORT_STAR) {
        *lack = (struct lack){"imports", facts_name(facts, o->a), "ImportError"};
        return *lack->name != '\0';
    }
    *lack = (struct lack){"calls", "open", "NameError"};
    return facts_calls(facts, op, "open");
}

/* Whether some condition before the op asks for the state of the interpreter. */
static bool asks_for_end(const struct facts *facts, uint32_t scope, uint32_t op)
{
    static const char *const words[] = {"finalizing", "meta_path", "modules", "shutdown",
                                        "shutting",   "=sys",      NULL};
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < op; i++) {
        const struct op *o = &facts->ops[i];
        const char *name = o->kind == OP_LOAD        ? variable_name(facts, o->a)
                           : o->kind == OP_ATTRIBUTE ? facts_name(facts, o->b)
                                                     : "";
        if (words_occur_in(words, name)) {
            return true;
        }
    }
    return false;
}

/* Whether the error of a step's op gets out of `__del__`, and nobody asked for the state of the
 * interpreter before. */
static bool gets_out(struct check *check, const struct finalizer *f,
                     const struct finalizer_step *step, uint32_t op, const char *error)
{
    const struct method *del = &f->items[0].method, *method = &step->method;
    const struct facts *facts = f->program->files[method->file];
    if (asks_for_end(facts, method->scope, op)
        || !escapes_from_op(f->program, method->file, op, error, &check->scratch)) {
        return false;
    }
    return step->op == NONE
           || (!asks_for_end(f->program->files[del->file], del->scope, step->op)
               && escapes_from_op(f->program, del->file, step->op, error, &check->scratch));
}

/* The first op of the step that lacks something and is not guarded; NONE if there is none. */
static uint32_t find_lack(struct check *check, const struct finalizer *f,
                          const struct finalizer_step *step, struct lack *lack)
{
    const struct facts *facts = f->program->files[step->method.file];
    const struct scope *scope = &facts->scopes[step->method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (is_lacking(facts, i, lack) && !finalizer_is_asked(f, step, i)
            && gets_out(check, f, step, i, lack->raises)) {
            return i;
        }
    }
    return NONE;
}

static void report(struct check *check, const struct finalizer *f,
                   const struct finalizer_step *step, uint32_t op, const struct lack *lack)
{
    uint32_t file = f->items[0].method.file;
    const struct facts *facts = f->program->files[file];
    const struct op *shown = &facts->ops[finalizer_shown_op(step, op)];
    struct finding *finding =
        rule_report(check, place_of_op(file, shown), lack->what, lack->name, lack->raises);
    if (step->op != NONE) {
        finding_relate(
            check, finding,
            place_of_op(step->method.file, &f->program->files[step->method.file]->ops[op]), "here");
    }
    if (strcmp(lack->raises, "ImportError") == 0) {
        finding_remedy(check, finding,
                       "import '%s' at the top of the module: since Python 3.4 its names are still "
                       "there when '__del__' runs at exit",
                       lack->name);
    }
}

static void check_finalizer(struct check *check, const struct finalizer *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct lack lack;
        uint32_t op = find_lack(check, f, &f->items[i], &lack);
        if (op != NONE) {
            report(check, f, &f->items[i], op, &lack);
            return;
        }
    }
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        check_finalizer(check, &finalizer);
    }
}

const struct rule rule_del_uses_global = {
    .code = "W9204",
    .name = "del-uses-global",
    .message = "'__del__' %s '%s', which fails at interpreter exit: %s",
    .why = "An object that a module still holds when the program ends is finalized while the "
           "interpreter is taken apart. Before Python 3.4 the globals of its module were None by "
           "then; since PEP 442 and 3.4 they are there, with the modules they name, and need no "
           "`global=global` defaults any more. But the import system is gone: every `import`, also "
           "of a module that is loaded, is an ImportError (\"sys.meta_path is None, Python is "
           "likely shutting down\"), and the builtin open() was taken away, a NameError. The rest "
           "of `__del__` does not run. Objects that a C extension, sys or builtins hold may still "
           "see None for globals.",
    .instead = "import at the top of the module; keep the file open rather than open it in "
               "`__del__`; atexit or weakref.finalize, which runs before anything is taken apart; "
               "or `if sys.is_finalizing(): return`.",
    .since = "",
    .check = check,
};
