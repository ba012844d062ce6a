/*
 * `n += 1` on a name of the module, on an entry of its dict or on an attribute of its class, in a
 * function that runs in threads.
 *
 * First the functions that threads run: the target of a Thread or Timer, what is submitted to a
 * pool of threads, the run() of a Thread's subclass; then what these call by name in the same file.
 * There each augmented assignment to one of these, or one written out (`n = n + 1`, `d[k] =
 * d.get(k, 0) + 1`), is reported: it reads, computes and stores in separate steps.  Single steps
 * (append(), a plain store) are not, for one of them cannot lose the other.
 *
 * It takes two to race: the function is started in a loop or by a pool, or another function changes
 * the same name.  Silent inside of any `with`, and in a function that calls acquire().
 */
#include "rule.h"

enum threads {
    THREADS_NONE,
    THREADS_ONE, /* as far as one sees */
    THREADS_MANY
};

struct search {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    uint8_t *threads; /* by scope: enum threads */
    struct {
        ARRAY_OF(uint32_t);
    } todo;                              /* scopes whose calls are still to be followed */
    struct pair_table changed_elsewhere; /* attribute or NONE, variable → an op */
};

/* ---- what threads run ---- */

static void add_scope(struct search *search, uint32_t scope, enum threads threads)
{
    if (search->threads[scope] < threads) {
        search->threads[scope] = (uint8_t)threads;
        *array_push(&search->todo) = scope;
    }
}

/* The function of this file that a value is: by its name, or as a method of self; else NONE. */
static uint32_t function_of(const struct search *search, uint32_t value)
{
    const struct facts *facts = search->facts;
    const struct program *program = search->check->program;
    const struct op *op = &facts->ops[uses_origin(facts, value)];
    if (op->kind == OP_FUNCTION) {
        return op->a;
    }
    struct method method;
    return op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a)
                   && classes_find_method(program,
                                          classes_of_instance(program, search->file, op->a),
                                          facts_name(facts, op->b), &method)
                   && method.file == search->file
               ? method.scope
               : NONE;
}

static bool is_in_loop(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    while (control != NONE && facts->ops[control].kind != OP_LOOP) {
        control = uses_control_around(facts, control);
    }
    return control != NONE;
}

/* Whether the value is a pool of threads: a call of one's class, by a name or `with … as`. */
static bool is_pool(const struct facts *facts, uint32_t value)
{
    static const char *const pools[] = {
        "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor",
        "multiprocessing.pool.ThreadPool", "multiprocessing.dummy.Pool", NULL};
    uint32_t origin = uses_origin(facts, value);
    if (facts->ops[origin].kind == OP_ENTERED) {
        origin = uses_origin(facts, facts->ops[origin].a);
    }
    for (const char *const *pool = pools; *pool != NULL; pool++) {
        if (facts_calls(facts, origin, *pool)) {
            return true;
        }
    }
    return false;
}

/* The value that the OP_CALL has run in threads, or NONE. */
static uint32_t run_by(const struct facts *facts, uint32_t call, enum threads *threads)
{
    static const char *const methods[] = {"submit",    "map",           "apply_async",
                                          "map_async", "imap",          "imap_unordered",
                                          "starmap",   "starmap_async", NULL};
    const struct op *callee = &facts->ops[facts->ops[call].a];
    *threads = is_in_loop(facts, call) ? THREADS_MANY : THREADS_ONE;
    if (facts_calls(facts, call, "threading.Thread")) {
        return facts_argument(facts, call, 1, "target");
    }
    if (facts_calls(facts, call, "threading.Timer")) {
        return facts_argument(facts, call, 1, "function");
    }
    if (facts_calls(facts, call, "_thread.start_new_thread")) {
        return facts_argument(facts, call, 0, NULL);
    }
    if (callee->kind == OP_ATTRIBUTE && words_have(methods, facts_name(facts, callee->b))
        && is_pool(facts, callee->a)) {
        *threads = THREADS_MANY;
        return facts_argument(facts, call, 0, NULL);
    }
    return NONE;
}

/* The run() of this file that a new object of a Thread's subclass will run, or NONE. */
static uint32_t run_of_new_thread(const struct search *search, uint32_t call)
{
    const struct program *program = search->check->program;
    uint32_t class = classes_named_by(program, search->file, search->facts->ops[call].a);
    struct method run;
    return class != NONE && classes_derive_from(program, class, "threading.Thread")
                   && classes_find_method(program, class, "run", &run) && run.file == search->file
               ? run.scope
               : NONE;
}

static void find_started(struct search *search)
{
    for (uint32_t i = 0; i < search->facts->n_ops; i++) {
        if (search->facts->ops[i].kind != OP_CALL) {
            continue;
        }
        enum threads threads;
        uint32_t value = run_by(search->facts, i, &threads);
        uint32_t scope = value == NONE ? run_of_new_thread(search, i) : function_of(search, value);
        if (scope != NONE) {
            bool is_again = search->threads[scope] != THREADS_NONE;
            add_scope(search, scope, is_again ? THREADS_MANY : threads);
        }
    }
}

static void find_run_methods(struct search *search)
{
    const struct program *program = search->check->program;
    for (uint32_t s = 0; s < search->facts->n_scopes; s++) {
        uint32_t class = search->facts->scopes[s].kind == SCOPE_CLASS
                             ? classes_of_scope(program, search->file, s)
                             : NONE;
        struct method run;
        if (class != NONE && classes_derive_from(program, class, "threading.Thread")
            && classes_own_method(program, class, "run", &run)) {
            add_scope(search, run.scope, THREADS_ONE);
        }
    }
}

/* Whether a `with` is around the op: of a lock, for all one knows. */
static bool is_in_with(const struct facts *facts, uint32_t op)
{
    uint32_t control = uses_control_around(facts, op);
    while (control != NONE && facts->ops[control].kind != OP_WITH) {
        control = uses_control_around(facts, control);
    }
    return control != NONE;
}

/* What these functions call in turn, without a lock. */
static void follow_calls(struct search *search)
{
    const struct facts *facts = search->facts;
    while (search->todo.n > 0) {
        uint32_t scope = search->todo.items[--search->todo.n];
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            uint32_t called = facts->ops[i].kind == OP_CALL && !is_in_with(facts, i)
                                  ? function_of(search, facts->ops[i].a)
                                  : NONE;
            if (called != NONE) {
                add_scope(search, called, search->threads[scope]);
            }
        }
    }
}

/* ---- what they change ---- */

/* What of the module is changed: a name of it, or of a class or module that it names an attribute.
 */
struct changed {
    uint32_t variable;  /* NONE: nothing of the module */
    uint32_t attribute; /* symbol, or NONE */
};

static uint64_t key_of(const struct changed *changed)
{
    return pair_key(changed->attribute, changed->variable);
}

/* What a target is, or the container whose item it is. */
static struct changed what_target_is(const struct search *search, uint32_t target)
{
    const struct facts *facts = search->facts;
    const struct op *op = &facts->ops[target];
    struct changed changed = {NONE, NONE};
    if (op->kind == OP_TARGET_ITEM) {
        target = op->a;
        op = &facts->ops[target];
    }
    if (op->kind == OP_TARGET_ATTRIBUTE || op->kind == OP_ATTRIBUTE) {
        changed.attribute = op->b;
        if (facts->ops[op->a].kind != OP_LOAD
            || classes_named_by(search->check->program, search->file, op->a) == NONE) {
            return changed;
        }
        op = &facts->ops[op->a];
    } else if (op->kind != OP_TARGET_NAME && op->kind != OP_LOAD) {
        return changed;
    }
    const struct variable *variable = &facts->variables[op->a];
    if (variable->scope == 0 && !(variable->flags & VARIABLE_IS_IMPORTED)) {
        changed.variable = op->a;
    }
    return changed;
}

/* Whether a value reads what the target names: `n`, `counts[key]`, `counts.get(key, 0)`. */
static bool reads_target(const struct facts *facts, uint32_t value, uint32_t target)
{
    const struct op *op = &facts->ops[value], *to = &facts->ops[target];
    if (to->kind == OP_TARGET_NAME) {
        return op->kind == OP_LOAD && op->a == to->a;
    }
    if (to->kind == OP_TARGET_ATTRIBUTE) {
        return op->kind == OP_ATTRIBUTE && op->b == to->b
               && uses_is_same_chain(facts, op->a, to->a);
    }
    if (op->kind == OP_ITEM) {
        return uses_is_same_chain(facts, op->a, to->a) && uses_is_same_chain(facts, op->b, to->b);
    }
    const struct op *callee = op->kind == OP_CALL ? &facts->ops[op->a] : NULL;
    uint32_t key = callee == NULL ? NONE : facts_argument(facts, value, 0, NULL);
    return key != NONE && callee->kind == OP_ATTRIBUTE
           && strcmp(facts_name(facts, callee->b), "get") == 0
           && uses_is_same_chain(facts, callee->a, to->a) && uses_is_same_chain(facts, key, to->b);
}

/* Whether a store is an update: `n += 1`, `n = n + 1`. */
static bool is_update(const struct facts *facts, const struct op *store)
{
    const struct op *value = store->b == NONE ? NULL : &facts->ops[store->b];
    if (store->flags & OP_IS_AUGMENTED || value == NULL || value->kind != OP_BINARY) {
        return (store->flags & OP_IS_AUGMENTED) != 0;
    }
    return reads_target(facts, value->a, store->a) || reads_target(facts, value->b, store->a);
}

/* What of the module an op updates. */
static struct changed what_op_updates(const struct search *search, uint32_t i)
{
    const struct op *op = &search->facts->ops[i];
    return op->kind == OP_STORE && is_update(search->facts, op) ? what_target_is(search, op->a)
                                                                : (struct changed){NONE, NONE};
}

/* Notes what functions change that these threads do not run. */
static void find_changed_elsewhere(struct search *search)
{
    const struct facts *facts = search->facts;
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        bool is_other = scope->kind == SCOPE_FUNCTION && search->threads[s] == THREADS_NONE;
        for (uint32_t i = scope->first_op; is_other && i < scope->first_op + scope->n_ops; i++) {
            struct changed changed = what_op_updates(search, i);
            if (changed.variable != NONE) {
                pair_table_put(&search->changed_elsewhere, key_of(&changed), i);
            }
        }
    }
}

static bool is_changed_elsewhere(const struct search *search, const struct changed *changed)
{
    return pair_table_get(&search->changed_elsewhere, key_of(changed)) != TABLE_NONE;
}

static const char *spell_changed(const struct search *search, const struct changed *changed)
{
    const char *name = variable_name(search->facts, changed->variable);
    return changed->attribute == NONE ? name
                                      : arena_format(&search->check->scratch, "%s.%s", name,
                                                     facts_name(search->facts, changed->attribute));
}

static bool acquires(const struct facts *facts, const struct scope *scope)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, facts->ops[i].b), "acquire") == 0) {
            return true;
        }
    }
    return false;
}

static void check_scope(struct search *search, uint32_t number)
{
    const struct facts *facts = search->facts;
    const struct scope *scope = &facts->scopes[number];
    if (search->threads[number] == THREADS_NONE || acquires(facts, scope)) {
        return;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct changed changed = what_op_updates(search, i);
        if (changed.variable == NONE || is_in_with(facts, i)
            || (search->threads[number] == THREADS_ONE
                && !is_changed_elsewhere(search, &changed))) {
            continue;
        }
        rule_report(search->check, place_of_op(search->file, &facts->ops[i]),
                    facts_qualified_name(facts, number, &search->check->scratch),
                    spell_changed(search, &changed));
    }
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    struct search search = {
        .check = check,
        .file = file,
        .facts = facts,
        .threads = arena_alloc(&check->scratch, facts->n_scopes),
    };
    memset(search.threads, THREADS_NONE, facts->n_scopes);
    find_started(&search);
    find_run_methods(&search);
    follow_calls(&search);
    find_changed_elsewhere(&search);
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        check_scope(&search, scope);
    }
    array_free(&search.todo);
    pair_table_free(&search.changed_elsewhere);
}

static void check(struct check *check)
{
    static const char *const modules[] = {"threading",
                                          "_thread",
                                          "concurrent.futures",
                                          "multiprocessing.pool",
                                          "multiprocessing.dummy",
                                          "ThreadPoolExecutor",
                                          NULL};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool has_threads = false;
        for (const char *const *module = modules; *module != NULL && !has_threads; module++) {
            has_threads = facts_symbol(facts, *module) != NONE;
        }
        if (has_threads && !is_test_code(check->program, file)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_global_mutated_without_lock = {
    .code = "W9410",
    .name = "global-mutated-without-lock",
    .message = "'%s' runs in threads and changes '%s' of the module without a lock: an update of "
               "another thread can be lost",
    .why = "`n += f()` reads n, calls f, adds and stores. Another thread may run in between, and "
           "what it stored is then overwritten. The interpreter lock does not help: it is given "
           "up between instructions, surely where f waits for something, and before Python 3.10 "
           "also in a plain `n += 1`; without the lock (free-threaded builds, 3.13 and later) "
           "both run at once. Sums come out too small, now and then, under load. A single "
           "append() or store is safe.",
    .instead = "with lock: around the update; or let each thread return its part, and add them "
               "up in one place; or itertools.count(), or a queue.",
    .since = "",
    .check = check,
};
