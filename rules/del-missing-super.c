/*
 * `__del__` replaces that of a base without calling it, calls it twice, or calls one that no base
 * has.
 *
 * A call counts in `__del__` or in a method that it calls: super().__del__() or Base.__del__(self).
 * Missed is a base's finalizer that calls a method of an attribute, or gives one to a
 * function that releases, which the finalizer at hand never mentions: a subclass may well do all
 * its own way.  Of classes outside the program only a few are known to have a `__del__` that
 * matters; those of io call close().
 */
#include "rule.h"

struct super_calls {
    uint32_t n;      /* of any base's `__del__` */
    uint32_t super;  /* the first super().__del__(), or NONE */
    uint32_t second; /* the second call that runs the same method, or NONE */
};

/* ---- what `__del__` calls ---- */

/* Whether the call is one of a `__del__`, of super() or of a class. */
static bool is_del_call(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    return callee->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, callee->b), "__del__") == 0;
}

static void count_call(const struct finalizer *f, const struct finalizer_step *step, uint32_t call,
                       struct pair_table *met, struct super_calls *calls)
{
    const struct facts *facts = f->program->files[step->method.file];
    struct method method;
    bool is_super = self_calls_super(facts, facts->ops[facts->ops[call].a].a);
    calls->n++;
    if (is_super && calls->super == NONE) {
        calls->super = call;
    }
    if (!self_calls_method(f->program, f->class, &step->method, call, &method)) {
        return;
    }
    uint64_t key = pair_key(method.file, method.scope);
    if (pair_table_get(met, key) != TABLE_NONE && calls->second == NONE) {
        calls->second = call;
    }
    pair_table_put(met, key, 1);
}

/* The calls in `__del__` itself tell of doubles; those in what it calls only that there are some.
 */
static struct super_calls count_calls(const struct finalizer *f)
{
    struct super_calls calls = {0, NONE, NONE};
    struct pair_table met = {0};
    for (size_t i = 0; i < f->n; i++) {
        const struct finalizer_step *step = &f->items[i];
        const struct facts *facts = f->program->files[step->method.file];
        const struct scope *scope = &facts->scopes[step->method.scope];
        if (i > 0 && (step->method.class != f->class || calls.n > 0)) {
            break;
        }
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
            if (facts->ops[op].kind == OP_CALL && is_del_call(facts, op)) {
                count_call(f, step, op, &met, &calls);
            }
        }
    }
    pair_table_free(&met);
    return calls;
}

/* ---- what the bases have ---- */

/* The nearest `__del__` among the bases; false if there is none in the program. */
static bool base_finalizer(const struct program *program, uint32_t class, struct method *method)
{
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 1; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_own_method(program, ancestor, "__del__", method)) {
            return true;
        }
    }
    return false;
}

struct foreign_base {
    const char *name;
    bool is_file; /* its `__del__` calls close() */
};

/* A base outside of the program that is known to have a `__del__` that does something; or NULL. */
static const struct foreign_base *foreign_finalizer(const struct program *program, uint32_t class)
{
    static const struct foreign_base bases[] = {
        {"subprocess.Popen", false}, {"multiprocessing.pool.Pool", false},
        {"zipfile.ZipFile", true},   {"io.IOBase", true},
        {"io.RawIOBase", true},      {"io.BufferedIOBase", true},
        {"io.TextIOBase", true},     {"io.FileIO", true},
        {"io.TextIOWrapper", true},  {"io.BufferedReader", true},
        {"io.BufferedWriter", true}, {"asyncio.Task", false},
        {"asyncio.Future", false},
    };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        if (classes_derive_from(program, class, bases[i].name)) {
            return &bases[i];
        }
    }
    return NULL;
}

/* ---- what is missed ---- */

/* Whether an op in a finalizer names the attribute, of whatever object. */
static bool mentions(const struct finalizer *f, const char *attribute)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct facts *facts = f->program->files[f->items[i].method.file];
        const struct scope *scope = &facts->scopes[f->items[i].method.scope];
        uint32_t symbol = facts_symbol(facts, attribute);
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
            uint8_t kind = facts->ops[op].kind;
            if ((kind == OP_ATTRIBUTE || kind == OP_TARGET_ATTRIBUTE)
                && facts->ops[op].b == symbol) {
                return true;
            }
        }
    }
    return false;
}

/* The attribute of self whose method a call runs; NULL if it is no such call. */
static const char *attribute_called(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    const struct op *object = callee->kind == OP_ATTRIBUTE ? &facts->ops[callee->a] : NULL;
    return object != NULL && object->kind == OP_ATTRIBUTE && classes_is_self(facts, object->a)
               ? facts_name(facts, object->b)
               : NULL;
}

/* The attribute of self that a call gives back, by the name of what is called: `os.close(self.fd)`;
 * NULL if there is none. */
static const char *attribute_given_back(const struct facts *facts, uint32_t call)
{
    static const char *const releases[] = {"close",   "free",   "release", "destroy", "delete",
                                           "dispose", "unlink", "rmtree",  "kill",    "shutdown",
                                           "=del",    "unload", "unmap",   NULL};
    const struct op *op = &facts->ops[call];
    const struct op *callee = &facts->ops[op->a];
    const char *name = callee->kind == OP_ATTRIBUTE ? facts_name(facts, callee->b)
                       : callee->kind == OP_LOAD    ? variable_name(facts, callee->a)
                                                    : "";
    const struct op *given = op->b == 1 ? &facts->ops[facts->ops[call + 1].a] : NULL;
    return given != NULL && given->kind == OP_ATTRIBUTE && classes_is_self(facts, given->a)
                   && words_occur_in(releases, name)
               ? facts_name(facts, given->b)
               : NULL;
}

/* What the base's finalizer works on and that of the class never mentions; NULL if there is none.
 */
static const char *attribute_missed(const struct finalizer *f, const struct finalizer *base)
{
    for (size_t i = 0; i < base->n; i++) {
        const struct facts *facts = f->program->files[base->items[i].method.file];
        const struct scope *scope = &facts->scopes[base->items[i].method.scope];
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
            bool is_call = facts->ops[op].kind == OP_CALL;
            const char *name = is_call ? attribute_called(facts, op) : NULL;
            name = is_call && name == NULL ? attribute_given_back(facts, op) : name;
            if (name != NULL && !mentions(f, name)) {
                return name;
            }
        }
    }
    return NULL;
}

/* Whether the class has an `__init__` of its own that does not call one: it shares no more than the
 * name with its base. */
static bool is_built_apart(const struct program *program, uint32_t class)
{
    struct method init;
    if (!classes_own_method(program, class, "__init__", &init)) {
        return false;
    }
    const struct facts *facts = program->files[init.file];
    const struct scope *scope = &facts->scopes[init.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *callee =
            facts->ops[i].kind == OP_CALL ? &facts->ops[facts->ops[i].a] : NULL;
        if (callee != NULL && callee->kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, callee->b), "__init__") == 0) {
            return false;
        }
    }
    return true;
}

/* Whether the finalizer calls, deletes or stores anything; one that does not switches the base's
 * off. */
static bool does_anything(const struct finalizer *f)
{
    const struct facts *facts = f->program->files[f->items[0].method.file];
    const struct scope *s = &facts->scopes[f->items[0].method.scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_CALL || kind == OP_STORE || kind == OP_DELETE || kind == OP_RAISE) {
            return true;
        }
    }
    return false;
}

/* ---- the finding ---- */

static struct place place_of_name(const struct program *program, const struct method *method)
{
    const struct scope *scope = &program->files[method->file]->scopes[method->scope];
    return (struct place){method->file, scope->name_start, scope->name_end};
}

static void check_base(struct check *check, const struct finalizer *f, const struct method *method)
{
    const struct class *c = &f->program->classes->all.items[method->class];
    const struct facts *facts = f->program->files[c->file];
    struct finalizer base;
    const char *missed =
        finalizer_of(f->program, method->class, &base) ? attribute_missed(f, &base) : NULL;
    if (missed != NULL) {
        struct finding *finding =
            rule_report_as(check, place_of_name(f->program, &f->items[0].method),
                           "'__del__' does not call that of its base '%s', which takes care of "
                           "'%s'",
                           facts_name(facts, facts->scopes[c->scope].name), missed);
        finding_relate(check, finding, place_of_name(f->program, method), "which is this one");
    }
    finalizer_free(&base);
}

static void check_missing(struct check *check, const struct finalizer *f)
{
    struct method method;
    const struct foreign_base *foreign = foreign_finalizer(f->program, f->class);
    if (!does_anything(f) || is_built_apart(f->program, f->class)) {
        return;
    }
    if (base_finalizer(f->program, f->class, &method)) {
        check_base(check, f, &method);
    } else if (foreign != NULL
               && !(foreign->is_file && (mentions(f, "close") || mentions(f, "detach")))) {
        rule_report_as(check, place_of_name(f->program, &f->items[0].method),
                       "'__del__' does not call that of its base '%s'", foreign->name);
    }
}

/* super().__del__() where no class after this one has a `__del__`. */
static bool leads_nowhere(const struct finalizer *f)
{
    const struct class *c = &f->program->classes->all.items[f->class];
    struct method ignored;
    return c->is_complete && !c->has_subclass && !base_finalizer(f->program, f->class, &ignored)
           && foreign_finalizer(f->program, f->class) == NULL;
}

static bool is_guarded(struct check *check, const struct method *method, uint32_t call)
{
    const struct facts *facts = check->program->files[method->file];
    for (uint32_t i = uses_control_around(facts, call); i != NONE;
         i = uses_control_around(facts, i)) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_TRY || kind == OP_IF || kind == OP_WITH) {
            return true;
        }
    }
    return false;
}

static void check_finalizer(struct check *check, const struct finalizer *f)
{
    struct super_calls calls = count_calls(f);
    const struct method *own = &f->items[0].method;
    const struct facts *facts = f->program->files[own->file];
    if (calls.n == 0) {
        check_missing(check, f);
    } else if (calls.second != NONE && !is_guarded(check, own, calls.second)) {
        rule_report_as(check, place_of_op(own->file, &facts->ops[calls.second]),
                       "a base's '__del__' is called a second time here");
    } else if (calls.super != NONE && leads_nowhere(f) && !is_guarded(check, own, calls.super)) {
        struct finding *finding =
            rule_report_as(check, place_of_op(own->file, &facts->ops[calls.super]),
                           "no base has a '__del__': this is an AttributeError");
        finding_remedy(check, finding, "remove the call: object has no __del__");
    }
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        check_finalizer(check, &finalizer);
    }
}

const struct rule rule_del_missing_super = {
    .code = "W9208",
    .name = "del-missing-super",
    .message = "'__del__' and that of its base",
    .why = "`__del__` is a method like any other: that of a subclass replaces that of the base, "
           "and what the base was to release is not released, or its warning about something left "
           "open never shows. Nothing calls the base's by itself. The other way round, object has "
           "no `__del__`: super().__del__() with no other base is an AttributeError, which "
           "CPython prints and drops; and a base's finalizer that is called twice releases twice.",
    .instead = "super().__del__() as the last thing in `__del__`, in a `finally` if what comes "
               "before may raise; once, and only if some base has one.",
    .since = "",
    .check = check,
};
