/*
 * `__del__` stores `self`, or what holds it, where it outlives the call.
 *
 *   a store            into a global, an attribute of something else, an item of a container
 *   an addition        self, a method of it or a closure over it as the argument of append(),
 * add(), put(), … of what is not its own work for later     a method of self, or a coroutine of
 * one, given to a thread, an executor, a loop, atexit
 *
 * Weak containers, and local names, hold nothing.  A list of the module from which remove() takes
 * the object again is only possible: there it waits until its work is done.
 */
#include "rule.h"

/* ---- what holds self ---- */

/* Whether a function or lambda within a method uses its self. */
static bool closes_over_self(const struct facts *facts, uint32_t function)
{
    const struct scope *scope = &facts->scopes[function];
    uint32_t self = classes_self_of(facts, scope->parent);
    for (uint32_t i = scope->first_op; self != NONE && i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == self) {
            return true;
        }
    }
    return false;
}

/* How `value`, in a function of a finalizer, holds its self; NULL when it does not. */
static const char *holds_self(const struct finalizer *f, uint32_t file, uint32_t value)
{
    const struct facts *facts = f->program->files[file];
    const struct op *op = &facts->ops[value];
    struct method method;
    if (classes_is_self(facts, value)) {
        return "self";
    }
    if (op->kind == OP_CALL) {
        const struct op *callee = &facts->ops[op->a];
        bool is_coroutine =
            callee->kind == OP_ATTRIBUTE && classes_is_self(facts, callee->a)
            && classes_find_method(f->program, f->class, facts_name(facts, callee->b), &method)
            && f->program->files[method.file]->scopes[method.scope].flags & SCOPE_IS_ASYNC;
        return is_coroutine ? "a coroutine of self" : NULL;
    }
    if (op->kind == OP_FUNCTION) {
        return closes_over_self(facts, op->a) ? "a closure over self" : NULL;
    }
    if (op->kind != OP_ATTRIBUTE || !classes_is_self(facts, op->a)
        || !classes_find_method(f->program, f->class, facts_name(facts, op->b), &method)) {
        return NULL;
    }
    const struct facts *home = f->program->files[method.file];
    return facts_first_decorator(home, method.scope) == NONE ? "a method of self" : NULL;
}

/* ---- where it goes ---- */

/* What an object is reached from: a name, or the attribute of self that comes first. */
static uint32_t root_of(const struct facts *facts, uint32_t object)
{
    for (;;) {
        const struct op *op = &facts->ops[object];
        bool is_step = op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM;
        if (!is_step || (op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a))) {
            return object;
        }
        object = op->a;
    }
}

/* Whether an attribute is a container of the class, which all of its objects share. */
static bool is_of_class(const struct finalizer *f, const char *name)
{
    struct class_value value;
    return classes_count_in_body(f->program, f->class, name, &value) == 1
           && classes_count_stores(f->program, f->class, name) == 0
           && containers_made_by(f->program->files[value.file], value.value);
}

/* Whether an object is known to live on: reached from a name of the module, from a container of
 * the class, or from an attribute that `__init__` was given. */
static bool lives_on(const struct finalizer *f, uint32_t file, uint32_t object)
{
    const struct facts *facts = f->program->files[file];
    const struct op *root = &facts->ops[root_of(facts, object)];
    if (root->kind == OP_LOAD) {
        return is_global_variable(facts, root->a);
    }
    struct class_value given;
    if (root->kind == OP_ATTRIBUTE && is_of_class(f, facts_name(facts, root->b))) {
        return true;
    }
    if (root->kind != OP_ATTRIBUTE
        || !members_only_object(f->program, f->class,
                                link_symbol_of(f->program->link, file, root->b), &given)) {
        return false;
    }
    const struct facts *home = f->program->files[given.file];
    const struct op *value = &home->ops[given.value];
    return value->kind == OP_LOAD && home->variables[value->a].flags & VARIABLE_IS_PARAMETER
           && !classes_is_self(home, given.value);
}

static bool is_weak(const struct finalizer *f, uint32_t file, uint32_t object, struct arena *arena)
{
    return strncmp(finalizer_maker_of(f, file, object, arena), "weakref.", strlen("weakref.")) == 0;
}

/* `registry[key] = self`, `owner.last = self`, `global last; last = self`. */
static const char *store_keeps(const struct finalizer *f, uint32_t file, uint32_t store,
                               struct arena *arena)
{
    const struct facts *facts = f->program->files[file];
    const struct op *op = &facts->ops[store];
    const struct op *target = &facts->ops[op->a];
    const char *what = op->b == NONE ? NULL : holds_self(f, file, op->b);
    if (what == NULL) {
        return NULL;
    }
    if (target->kind == OP_TARGET_NAME) {
        return is_global_variable(facts, target->a) ? what : NULL;
    }
    return lives_on(f, file, target->a) && !is_weak(f, file, target->a, arena) ? what : NULL;
}

/* `pool.append(self)`. */
static const char *addition_keeps(const struct finalizer *f, uint32_t file, uint32_t call,
                                  struct arena *arena)
{
    static const char *const adders[] = {"append",     "appendleft", "add",        "insert", "put",
                                         "put_nowait", "push",       "setdefault", NULL};
    const struct facts *facts = f->program->files[file];
    const struct op *op = &facts->ops[call];
    const struct op *callee = &facts->ops[op->a];
    if (op->b == 0 || callee->kind != OP_ATTRIBUTE
        || !words_have(adders, facts_name(facts, callee->b))) {
        return NULL;
    }
    const char *what = holds_self(f, file, facts->ops[call + op->b].a);
    return what != NULL && lives_on(f, file, callee->a) && !is_weak(f, file, callee->a, arena)
               ? what
               : NULL;
}

static bool is_for_later(const struct facts *facts, uint32_t callee)
{
    static const char *const functions[] = {"threading.Thread",
                                            "threading.Timer",
                                            "atexit.register",
                                            "_thread.start_new_thread",
                                            "asyncio.create_task",
                                            "asyncio.ensure_future",
                                            "asyncio.run_coroutine_threadsafe",
                                            NULL};
    static const char *const methods[] = {"submit",     "call_soon",   "call_soon_threadsafe",
                                          "call_later", "create_task", "run_in_executor",
                                          "start_soon", NULL};
    const struct op *op = &facts->ops[callee];
    for (const char *const *name = functions; *name != NULL; name++) {
        if (facts_spells(facts, callee, *name)) {
            return true;
        }
    }
    return op->kind == OP_ATTRIBUTE && words_have(methods, facts_name(facts, op->b));
}

/* `Thread(target=self.close)`. */
static const char *work_keeps(const struct finalizer *f, uint32_t file, uint32_t call)
{
    const struct facts *facts = f->program->files[file];
    const struct op *op = &facts->ops[call];
    for (uint32_t i = call + 1; is_for_later(facts, op->a) && i <= call + op->b; i++) {
        const char *what = holds_self(f, file, facts->ops[i].a);
        if (what != NULL) {
            return what;
        }
    }
    return NULL;
}

static const char *keeps(const struct finalizer *f, uint32_t file, uint32_t op, struct arena *arena)
{
    const struct facts *facts = f->program->files[file];
    if (facts->ops[op].kind == OP_STORE) {
        return store_keeps(f, file, op, arena);
    }
    if (facts->ops[op].kind != OP_CALL) {
        return NULL;
    }
    const char *what = addition_keeps(f, file, op, arena);
    return what != NULL ? what : work_keeps(f, file, op);
}

/* ---- lists to wait in ---- */

/* Whether an op is `name.remove(…)` or `name.discard(…)` of the module's variable. */
static bool takes_one_out(const struct facts *facts, uint32_t i, uint32_t symbol)
{
    static const char *const removers[] = {"remove", "discard", NULL};
    const struct op *callee = facts->ops[i].kind == OP_CALL ? &facts->ops[facts->ops[i].a] : NULL;
    if (callee == NULL || callee->kind != OP_ATTRIBUTE) {
        return false;
    }
    const struct op *object = &facts->ops[callee->a];
    return object->kind == OP_LOAD && is_global_variable(facts, object->a)
           && facts->variables[object->a].name == symbol
           && words_have(removers, facts_name(facts, callee->b));
}

/* `_waiting.append(self)` where the module takes that very object out again when its work is done:
 * it is put there to be finished, and not to be used again. */
static bool waits_in_list(const struct facts *facts, uint32_t call)
{
    const struct op *callee =
        facts->ops[call].kind == OP_CALL ? &facts->ops[facts->ops[call].a] : NULL;
    if (callee == NULL || callee->kind != OP_ATTRIBUTE || facts->ops[callee->a].kind != OP_LOAD
        || !is_global_variable(facts, facts->ops[callee->a].a)) {
        return false;
    }
    uint32_t symbol = facts->variables[facts->ops[callee->a].a].name;
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (takes_one_out(facts, i, symbol)) {
            return true;
        }
    }
    return false;
}

/* ---- the finding ---- */

static void report(struct check *check, const struct finalizer *f,
                   const struct finalizer_step *step, uint32_t op, const char *what)
{
    uint32_t file = f->items[0].method.file;
    const struct facts *facts = f->program->files[file];
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[finalizer_shown_op(step, op)]), what);
    if (waits_in_list(f->program->files[step->method.file], op)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    if (step->op != NONE) {
        finding_relate(
            check, finding,
            place_of_op(step->method.file, &f->program->files[step->method.file]->ops[op]),
            "stored here");
    }
}

static bool check_step(struct check *check, const struct finalizer *f,
                       const struct finalizer_step *step)
{
    const struct facts *facts = f->program->files[step->method.file];
    const struct scope *scope = &facts->scopes[step->method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const char *what = keeps(f, step->method.file, i, &check->scratch);
        if (what != NULL && !finalizer_is_asked(f, step, i)) {
            report(check, f, step, i, what);
            return true;
        }
    }
    return false;
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        bool is_done = false;
        for (size_t i = 0; !is_done && i < finalizer.n; i++) {
            is_done = check_step(check, &finalizer, &finalizer.items[i]);
        }
    }
}

const struct rule rule_del_resurrects = {
    .code = "W9205",
    .name = "del-resurrects",
    .message = "'__del__' stores %s where it outlives the call: the object comes back to life, and "
               "'__del__' will not run again",
    .why = "When `__del__` stores a reference to the object, it lives on. Since Python 3.4 (PEP "
           "442) CPython calls `__del__` once in an object's life, so the second time it goes "
           "without: what a pool or a thread was to release is then released by nobody. Its weak "
           "references were cleared before, and objects that only it held may have been finalized "
           "already when the collector found them together. A bound method, a closure or a "
           "coroutine of self that is given to a thread, an executor or a loop does the same "
           "until it has run.",
    .instead = "hand on what the object holds (the connection, the handle) instead of the object; "
               "weakref.finalize(self, pool.append, self.connection) says just that.",
    .since = "",
    .check = check,
};
