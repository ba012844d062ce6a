/*
 * What an object holds is released by `__del__` and in no other way.
 *
 * A release is a call of os.close() and its kin, or of close(), stop(), terminate(), … on an
 * attribute of self, in `__del__` or in a private method that it calls.  There is another way when
 * the class, or a base, has a public method with the name of one that closes, one that makes the
 * same call, or one that calls what `__del__` calls; and when something outside of the class makes
 * that call on an attribute of that name.  Files and sockets, which release themselves, are left to
 * del-closes-what-closes-itself.
 */
#include "rule.h"

struct release {
    const char *what;   /* "self.process.kill" */
    const char *method; /* "kill"; for a function its dotted name */
    const char *holder; /* the attribute whose method it is; NULL for a function */
};

/* ---- what releases ---- */

static const char *const closers[] = {
    "close",    "aclose",    "stop",     "shutdown", "quit",       "exit",    "disconnect",
    "release",  "terminate", "kill",     "dispose",  "destroy",    "cleanup", "clean",
    "join",     "finish",    "finalize", "end",      "free",       "delete",  "teardown",
    "unlink",   "remove",    "detach",   "__exit__", "__aexit__",  "abort",   "deinit",
    "clean_up", "tear_down", "reset",    "logout",   "unregister", NULL};

static bool releases(const struct facts *facts, uint32_t call, struct release *release,
                     struct arena *arena)
{
    static const char *const functions[] = {"os.close",      "os.unlink", "os.remove", "os.rmdir",
                                            "shutil.rmtree", "os.kill",   "os.killpg", NULL};
    static const char *const methods[] = {"close",   "disconnect", "shutdown",  "stop",
                                          "quit",    "kill",       "terminate", "cleanup",
                                          "dispose", "logout",     "destroy",   NULL};
    for (const char *const *name = functions; *name != NULL; name++) {
        if (facts_calls(facts, call, *name)) {
            *release = (struct release){*name, *name, NULL};
            return true;
        }
    }
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind != OP_ATTRIBUTE || !words_have(methods, facts_name(facts, callee->b))) {
        return false;
    }
    const struct op *object = &facts->ops[callee->a];
    if (object->kind != OP_ATTRIBUTE || !classes_is_self(facts, object->a)) {
        return false;
    }
    *release = (struct release){facts_dotted_name(facts, facts->ops[call].a, arena),
                                facts_name(facts, callee->b), facts_name(facts, object->b)};
    return true;
}

/* The first release of a finalizer; false if there is none that counts. */
static bool find_release(const struct finalizer *f, struct release *release,
                         struct class_value *call, struct arena *arena)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct method *method = &f->items[i].method;
        const struct facts *facts = f->program->files[method->file];
        const struct scope *scope = &facts->scopes[method->scope];
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
            if (facts->ops[op].kind == OP_CALL && releases(facts, op, release, arena)
                && (release->holder == NULL
                    || finalizer_self_closing(f, method->file, facts->ops[facts->ops[op].a].a,
                                              arena)
                           == NULL)) {
                *call = (struct class_value){f->items[0].method.file,
                                             finalizer_shown_op(&f->items[i], op)};
                return true;
            }
        }
    }
    return false;
}

/* ---- other ways ---- */

static bool is_step(const struct finalizer *f, const struct method *method)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->items[i].method.file == method->file && f->items[i].method.scope == method->scope) {
            return true;
        }
    }
    return false;
}

/* Whether a method makes the same call, or runs what `__del__` runs. */
static bool does_the_same(const struct finalizer *f, const struct method *method,
                          const struct release *release, struct arena *arena)
{
    const struct facts *facts = f->program->files[method->file];
    const struct scope *scope = &facts->scopes[method->scope];
    for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
        struct release other;
        struct method called;
        if (facts->ops[op].kind == OP_CALL
            && ((releases(facts, op, &other, arena) && strcmp(other.method, release->method) == 0)
                || (self_calls_method(f->program, f->class, method, op, &called)
                    && is_step(f, &called)))) {
            return true;
        }
    }
    return false;
}

static bool is_other_way(const struct finalizer *f, const struct method *method,
                         const struct release *release, struct arena *arena)
{
    const struct facts *facts = f->program->files[method->file];
    const char *name = facts_name(facts, facts->scopes[method->scope].name);
    if (facts->scopes[method->scope].kind != SCOPE_FUNCTION || strcmp(name, "__del__") == 0
        || strcmp(name, "__init__") == 0) {
        return false;
    }
    return words_have(closers, name)
           || (is_step(f, method) ? *name != '_' : does_the_same(f, method, release, arena));
}

static bool has_other_way(const struct finalizer *f, const struct release *release,
                          struct arena *arena)
{
    const struct class *c = &f->program->classes->all.items[f->class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = f->program->classes->ancestors.items[c->first_ancestor + i];
        const struct class *owner = &f->program->classes->all.items[ancestor];
        const struct scope *body = &f->program->files[owner->file]->scopes[owner->scope];
        for (uint32_t m = body->first_child; m < body->first_child + body->n_children; m++) {
            const struct method method = {ancestor, owner->file, m};
            if (is_other_way(f, &method, release, arena)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether some function of the file calls the method of an attribute of that name of another
 * object than its self. */
static bool is_released_outside(const struct facts *facts, const struct release *release)
{
    for (uint32_t i = 0; release->holder != NULL && i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), release->method) == 0
            && facts->ops[op->a].kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, facts->ops[op->a].b), release->holder) == 0
            && !classes_is_self(facts, facts->ops[op->a].a)) {
            return true;
        }
    }
    return false;
}

/* ---- */

static void check_finalizer(struct check *check, const struct finalizer *f)
{
    const struct class *c = &f->program->classes->all.items[f->class];
    const struct facts *facts = f->program->files[f->items[0].method.file];
    struct release release;
    struct class_value call;
    if (!c->is_complete || !find_release(f, &release, &call, &check->scratch)
        || has_other_way(f, &release, &check->scratch) || is_released_outside(facts, &release)) {
        return;
    }
    rule_report(check, place_of_op(call.file, &facts->ops[call.value]), release.what,
                facts_name(facts, facts->scopes[c->scope].name));
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        check_finalizer(check, &finalizer);
    }
}

const struct rule rule_del_without_close = {
    .code = "R9212",
    .name = "del-without-close",
    .message = "nothing but '__del__' calls '%s': callers of '%s' cannot say when",
    .why = "`__del__` runs when the last reference goes, and nobody who reads the code can tell "
           "when that is: an exception's traceback, a cycle, a cache or another interpreter than "
           "CPython delay it, and for what is alive at exit CPython does not promise it at all. "
           "Until then the process runs, the file lies there, the connection counts against its "
           "limit.",
    .instead = "a close() and `__enter__`/`__exit__`, so that callers can write `with`; and "
               "weakref.finalize(self, release, handle) instead of `__del__` for those who do "
               "not: it runs once, when the object dies or at exit, and can be called by hand.",
    .since = "",
    .check = check,
};
