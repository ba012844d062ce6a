/*
 * initialization.c - following `__init__` to where it ends or raises.
 *
 * Each attribute that some method sets on `self` has a bit.  A function's summary says which bits
 * are surely set when it returns and when it raises; summaries are made callees first, on an
 * explicit stack, and a call in a recursion counts as one of an unknown function.
 */
#include "program/initialization.h"

#include "facts/uses.h"
#include "program/escapes.h"
#include "program/flow.h"
#include "program/self_calls.h"

#include <string.h>

enum progress { PROGRESS_NEW, PROGRESS_WAITING, PROGRESS_DONE };

/* A method, and what calling it on `self` does. */
struct summary {
    struct method method;
    uint32_t self; /* its variable */
    enum progress progress;
    bool returns, raises;
    uint64_t *on_return, *on_raise;
};

/* An op of `__init__` by which an exception may leave it, and what is set then. */
struct risk {
    uint32_t op;
    uint64_t *set;
};

struct initialization {
    const struct program *program;
    struct arena *arena;
    struct arena solved; /* flow graphs and states, which take more than all that is kept */
    uint32_t class;
    struct name_table bits; /* mangled name → bit */
    struct {
        ARRAY_OF(struct class_value);
    } stores;                      /* by bit: the first store */
    struct pair_table by_function; /* file, scope → summary */
    struct {
        ARRAY_OF(struct summary);
    } summaries;
    struct {
        ARRAY_OF(uint32_t);
    } waiting; /* summaries under way, the innermost last */
    struct {
        ARRAY_OF(struct risk);
    } risks; /* of `__init__`, once somebody asked */
    bool has_risks;
    uint32_t n_words;
    uint32_t init; /* the summary of `__init__`, NONE without one */
    bool is_lost;  /* something sets attributes by computed names */
};

static const struct class *class_at(const struct initialization *in, uint32_t class)
{
    return &in->program->classes->all.items[class];
}

static uint32_t ancestor(const struct initialization *in, uint32_t i)
{
    return in->program->classes->ancestors.items[class_at(in, in->class)->first_ancestor + i];
}

/* ---- the attributes ---- */

static bool is_load_of(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable;
}

static const char *mangled(const struct initialization *in, const struct method *method,
                           uint32_t symbol)
{
    const struct facts *facts = in->program->files[method->file];
    return classes_mangle(facts, classes_around(facts, method->scope), facts_name(facts, symbol),
                          in->arena);
}

static void add_stores_of(struct initialization *in, const struct method *method)
{
    const struct facts *facts = in->program->files[method->file];
    const struct scope *scope = &facts->scopes[method->scope];
    uint32_t self = classes_self_of(facts, method->scope);
    for (uint32_t i = scope->first_op; self != NONE && i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        const struct op *target = op->kind == OP_STORE ? &facts->ops[op->a] : NULL;
        if (target == NULL || target->kind != OP_TARGET_ATTRIBUTE
            || !is_load_of(facts, target->a, self)) {
            continue;
        }
        const char *name = mangled(in, method, target->b);
        uint32_t next = (uint32_t)in->stores.n;
        if (name_table_put(&in->bits, name, strlen(name), next) == next) {
            *array_push(&in->stores) = (struct class_value){method->file, i};
        }
    }
}

static void find_attributes(struct initialization *in)
{
    for (uint32_t a = 0; a < class_at(in, in->class)->n_ancestors; a++) {
        const struct class *class = class_at(in, ancestor(in, a));
        const struct scope *body = &in->program->files[class->file]->scopes[class->scope];
        for (uint32_t m = body->first_child; m < body->first_child + body->n_children; m++) {
            add_stores_of(in, &(struct method){ancestor(in, a), class->file, m});
        }
    }
    in->n_words = (uint32_t)in->stores.n / 64 + 1;
}

static uint32_t bit_of(const struct initialization *in, const char *name)
{
    return name_table_get(&in->bits, name, strlen(name));
}

static bool has_bit(const uint64_t *words, uint32_t bit)
{
    return words[bit / 64] >> (bit % 64) & 1;
}

/* ---- calls ---- */

static bool is_plain_method(const struct initialization *in, const struct method *method)
{
    const struct facts *facts = in->program->files[method->file];
    return facts_first_decorator(facts, method->scope) == NONE
           && !(facts->scopes[method->scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR))
           && classes_self_of(facts, method->scope) != NONE;
}

/* The method that a call runs on `self`, if it runs at once and as it is written. */
static bool called_method(const struct initialization *in, const struct summary *caller,
                          uint32_t call, struct method *method)
{
    return self_calls_method(in->program, in->class, &caller->method, call, method)
           && is_plain_method(in, method);
}

/* `self.x = value` where x is a property: its setter. */
static bool called_setter(const struct initialization *in, const struct summary *caller,
                          uint32_t store, struct method *method)
{
    const struct facts *facts = in->program->files[caller->method.file];
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (target->kind != OP_TARGET_ATTRIBUTE || !is_load_of(facts, target->a, caller->self)
        || !classes_find_method(in->program, in->class, facts_name(facts, target->b), method)) {
        return false;
    }
    const struct facts *home = in->program->files[method->file];
    uint32_t decorator = facts_first_decorator(home, method->scope);
    if (decorator == NONE) {
        return false;
    }
    const struct op *op = &home->ops[home->ops[decorator].a];
    return op->kind == OP_ATTRIBUTE && strcmp(facts_name(home, op->b), "setter") == 0;
}

static const char *const harmless_functions[] = {
    "list",
    "dict",
    "set",
    "tuple",
    "frozenset",
    "object",
    "super",
    "isinstance",
    "issubclass",
    "len",
    "id",
    "type",
    "bool",
    "str",
    "repr",
    "hasattr",
    "callable",
    "iter",
    "print",
    "vars",
    "collections.deque",
    "collections.defaultdict",
    "collections.OrderedDict",
    "collections.Counter",
    "threading.Lock",
    "threading.RLock",
    "threading.Event",
    "threading.Condition",
    "threading.Semaphore",
    "threading.local",
    "threading.get_ident",
    "threading.current_thread",
    "weakref.WeakSet",
    "weakref.WeakKeyDictionary",
    "weakref.WeakValueDictionary",
    "weakref.ref",
    "weakref.WeakMethod",
    "itertools.count",
    "itertools.cycle",
    "logging.getLogger",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "os.getpid",
    "os.getcwd",
    "os.path.join",
    "os.fspath",
    "queue.Queue",
    "queue.LifoQueue",
    "queue.SimpleQueue",
    "asyncio.Lock",
    "asyncio.Event",
    "asyncio.Queue",
    "asyncio.Future",
    "functools.partial",
    "warnings.warn",
    "io.BytesIO",
    "io.StringIO",
    "uuid.uuid4",
    "random.Random",
    "random.random",
    "datetime.datetime.now",
    "contextlib.ExitStack",
    "sys.exc_info",
};

/* Methods of strings and containers, and of loggers. */
static const char *const harmless_methods[] = {
    "append", "add",        "get",      "items",      "keys",    "values",  "strip",      "lower",
    "upper",  "startswith", "endswith", "format",     "join",    "copy",    "setdefault", "extend",
    "update", "discard",    "clear",    "debug",      "info",    "warning", "error",      "split",
    "rstrip", "lstrip",     "replace",  "splitlines", "release", "set",
};

/* Whether a call is not worth a thought; `is_complete`: every base of the class is known, so
 * `super().__init__()` that leads to no method is object's. */
static bool is_harmless_by_name(const struct facts *facts, uint32_t callee)
{
    for (size_t i = 0; i < sizeof harmless_functions / sizeof *harmless_functions; i++) {
        if (facts_spells(facts, callee, harmless_functions[i])) {
            return true;
        }
    }
    const struct op *op = &facts->ops[callee];
    for (size_t i = 0;
         op->kind == OP_ATTRIBUTE && i < sizeof harmless_methods / sizeof *harmless_methods; i++) {
        if (strcmp(facts_name(facts, op->b), harmless_methods[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* `bytes()`, `QTimer()`, `c_int()`: a constructor without arguments.  It may raise, but what it
 * makes then is rarely what a reader would expect to be missing. */
static bool is_bare_constructor(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (facts->ops[call].b > 0) {
        return false;
    }
    if (callee->kind == OP_ATTRIBUTE) {
        return is_capital(*facts_name(facts, callee->b))
               || strncmp(facts_name(facts, callee->b), "c_", 2) == 0;
    }
    return callee->kind == OP_LOAD
           && (is_builtin_variable(facts, callee->a) || is_capital(*variable_name(facts, callee->a))
               || strncmp(variable_name(facts, callee->a), "c_", 2) == 0);
}

/* Modules that are always there. */
static bool is_harmless_import(const struct facts *facts, const struct op *op)
{
    static const char *const modules[] = {
        "builtins",  "sys",      "os",          "io",        "time",      "threading",
        "warnings",  "weakref",  "socket",      "logging",   "re",        "json",
        "atexit",    "gc",       "collections", "functools", "itertools", "contextlib",
        "traceback", "errno",    "signal",      "struct",    "types",     "copy",
        "random",    "datetime", "math",        "tempfile",  "shutil",    "subprocess",
        "pickle",    "inspect",  "queue"};
    const char *name = facts_name(facts, op->a);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (strcmp(modules[i], name) == 0) {
            return op->kind == OP_IMPORT || op->aux == 0;
        }
    }
    return false;
}

/* Whether a function of the program does nothing that may raise; its own calls are told by name. */
static bool is_harmless_body(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_import = op->kind == OP_IMPORT || op->kind == OP_IMPORT_FROM;
        if (op->kind == OP_RAISE || op->kind == OP_ASSERT
            || (is_import && !is_harmless_import(facts, op))
            || (op->kind == OP_CALL && !is_harmless_by_name(facts, op->a)
                && !is_bare_constructor(facts, i))) {
            return false;
        }
    }
    return true;
}

/* `Class()`, where making one cannot raise. */
static bool is_harmless_class(const struct initialization *in, uint32_t class)
{
    const struct class *c = class_at(in, class);
    struct method method;
    if (!c->is_complete || facts_first_decorator(in->program->files[c->file], c->scope) != NONE
        || *c->metaclass != '\0' || classes_find_method(in->program, class, "__new__", &method)) {
        return false;
    }
    return !classes_find_method(in->program, class, "__init__", &method)
           || is_harmless_body(in->program->files[method.file], method.scope);
}

/* `super().__init__()` or `object.__init__(self)` that leads to object. */
static bool is_init_of_object(const struct initialization *in, const struct facts *facts,
                              uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && class_at(in, in->class)->is_complete
           && strcmp(facts_name(facts, op->b), "__init__") == 0
           && (self_calls_super(facts, op->a) || facts_spells(facts, op->a, "object"));
}

static bool is_harmless_call(const struct initialization *in, uint32_t file, uint32_t call)
{
    const struct facts *facts = in->program->files[file];
    uint32_t callee = facts->ops[call].a;
    if (is_harmless_by_name(facts, callee) || is_init_of_object(in, facts, callee)
        || (facts_spells(facts, callee, "getattr")
            && facts_argument(facts, call, 2, NULL) != NONE)) {
        return true;
    }
    uint32_t class = classes_named_by(in->program, file, callee);
    if (class != NONE) {
        return is_harmless_class(in, class);
    }
    const struct op *origin = &facts->ops[uses_origin(facts, callee)];
    if (facts->ops[callee].kind == OP_LOAD && origin->kind == OP_FUNCTION) {
        return is_harmless_body(facts, origin->a);
    }
    return is_bare_constructor(facts, call);
}

/* ---- one function ---- */

struct solving {
    const struct initialization *in;
    const struct summary *function;
};

static const struct summary *find_summary(const struct initialization *in,
                                          const struct method *method)
{
    uint32_t i = pair_table_get(&in->by_function, pair_key(method->file, method->scope));
    return i == TABLE_NONE || in->summaries.items[i].progress != PROGRESS_DONE
               ? NULL
               : &in->summaries.items[i];
}

static void add_bits(const struct initialization *in, uint64_t *state, const uint64_t *more)
{
    for (uint32_t i = 0; i < in->n_words; i++) {
        state[i] |= more[i];
    }
}

static void set_bit(const struct initialization *in, const struct method *method, uint32_t symbol,
                    uint64_t *state)
{
    uint32_t bit = bit_of(in, mangled(in, method, symbol));
    if (bit != TABLE_NONE) {
        state[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
}

static void do_store(const struct solving *s, uint32_t store, uint64_t *state)
{
    const struct facts *facts = s->in->program->files[s->function->method.file];
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (target->kind != OP_TARGET_ATTRIBUTE || !is_load_of(facts, target->a, s->function->self)) {
        return;
    }
    struct method setter;
    const struct summary *summary =
        called_setter(s->in, s->function, store, &setter) ? find_summary(s->in, &setter) : NULL;
    if (summary != NULL) {
        add_bits(s->in, state, summary->on_return);
    }
    set_bit(s->in, &s->function->method, target->b, state);
}

/* `setattr(self, "name", value)`. */
static void do_setattr(const struct solving *s, uint32_t call, uint64_t *state)
{
    const struct facts *facts = s->in->program->files[s->function->method.file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    uint32_t name = facts_argument(facts, call, 1, NULL);
    if (object != NONE && name != NONE && is_load_of(facts, object, s->function->self)
        && facts->ops[name].kind == OP_CONSTANT && facts->ops[name].aux == CONSTANT_STRING) {
        set_bit(s->in, &s->function->method, facts->ops[name].a, state);
    }
}

static bool do_call(const struct solving *s, uint32_t call, enum flow_edge edge, uint64_t *state)
{
    uint32_t file = s->function->method.file;
    struct method method;
    const struct summary *summary =
        called_method(s->in, s->function, call, &method) ? find_summary(s->in, &method) : NULL;
    if (summary == NULL) {
        const struct facts *facts = s->in->program->files[file];
        if (facts_spells(facts, facts->ops[call].a, "setattr")) {
            do_setattr(s, call, state);
            return edge != FLOW_EXCEPTION;
        }
        return edge != FLOW_EXCEPTION || !is_harmless_call(s->in, file, call);
    }
    bool is_taken = edge == FLOW_EXCEPTION ? summary->raises : summary->returns;
    if (is_taken) {
        add_bits(s->in, state, edge == FLOW_EXCEPTION ? summary->on_raise : summary->on_return);
    }
    return is_taken;
}

static bool transfer(void *context, const struct flow *flow, uint32_t node, enum flow_edge edge,
                     uint64_t *state)
{
    const struct solving *s = context;
    if (flow->nodes[node].kind != FLOW_OP) {
        return true;
    }
    uint32_t op = flow->nodes[node].op;
    switch (flow->facts->ops[op].kind) {
    case OP_STORE:
        do_store(s, op, state);
        return true;
    case OP_CALL:
        return do_call(s, op, edge, state);
    case OP_IMPORT:
    case OP_IMPORT_FROM:
        return edge != FLOW_EXCEPTION || !is_harmless_import(flow->facts, &flow->facts->ops[op]);
    case OP_RAISE:
    case OP_ASSERT:
    case OP_AWAIT:
        return true;
    default:
        return edge != FLOW_EXCEPTION;
    }
}

static struct flow_states solve(struct initialization *in, const struct summary *function,
                                const struct flow *flow)
{
    struct solving solving = {in, function};
    struct flow_problem problem = {
        .n_words = in->n_words, .is_intersection = true, .context = &solving, .transfer = transfer};
    const uint64_t *nothing = arena_alloc(&in->solved, in->n_words * sizeof *nothing);
    return flow_solve(flow, &problem, flow->entry, nothing, &in->solved);
}

/* The bits set at both nodes, as far as they are reached; all bits when neither is. */
static bool meet(const struct initialization *in, const struct flow_states *states, uint32_t one,
                 uint32_t other, uint64_t *out)
{
    const uint64_t *a = flow_state(states, one), *b = flow_state(states, other);
    for (uint32_t i = 0; i < in->n_words; i++) {
        out[i] = (a == NULL ? UINT64_MAX : a[i]) & (b == NULL ? UINT64_MAX : b[i]);
    }
    return a != NULL || b != NULL;
}

/* Words that the states of one function may take: 20,000 attributes set in one `__init__` would
 * take gigabytes, and nothing is said of such a class. */
enum { MAX_STATE_WORDS = 1 << 22 };

static void summarise(struct initialization *in, struct summary *summary)
{
    const struct facts *facts = in->program->files[summary->method.file];
    const struct flow *flow = flow_build(facts, summary->method.scope, &in->solved);
    summary->on_return = arena_alloc(in->arena, in->n_words * sizeof(uint64_t));
    summary->on_raise = arena_alloc(in->arena, in->n_words * sizeof(uint64_t));
    summary->progress = PROGRESS_DONE;
    in->is_lost |= flow->is_partial || (uint64_t)flow->n_nodes * in->n_words > MAX_STATE_WORDS;
    if (!in->is_lost) {
        struct flow_states states = solve(in, summary, flow);
        summary->returns = meet(in, &states, flow->at_end, flow->at_return, summary->on_return);
        summary->raises = meet(in, &states, flow->at_raise, flow->at_raise, summary->on_raise);
    }
    arena_reset(&in->solved);
}

/* ---- all functions ---- */

/* Whether the function sets attributes of `self` by names nobody can see. */
static bool sets_by_computed_name(const struct initialization *in, const struct summary *summary)
{
    const struct facts *facts = in->program->files[summary->method.file];
    const struct scope *scope = &facts->scopes[summary->method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_dict = (op->kind == OP_ATTRIBUTE || op->kind == OP_TARGET_ATTRIBUTE)
                       && strcmp(facts_name(facts, op->b), "__dict__") == 0;
        if (is_dict || (op->kind == OP_CALL && facts_spells(facts, op->a, "vars"))) {
            return true;
        }
        uint32_t name = op->kind == OP_CALL && facts_spells(facts, op->a, "setattr")
                            ? facts_argument(facts, i, 1, NULL)
                            : NONE;
        if (name != NONE && facts->ops[name].kind != OP_CONSTANT) {
            return true;
        }
    }
    return false;
}

static uint32_t summary_of(struct initialization *in, const struct method *method)
{
    uint32_t next = (uint32_t)in->summaries.n;
    uint32_t i = pair_table_put(&in->by_function, pair_key(method->file, method->scope), next);
    if (i == next) {
        *array_push(&in->summaries) = (struct summary){
            .method = *method,
            .self = classes_self_of(in->program->files[method->file], method->scope)};
    }
    return i;
}

/* Puts the first function that this one calls on `self`, and that is new, to work; false if there
 * is none. */
static bool wait_for_callee(struct initialization *in, uint32_t function)
{
    struct summary caller = in->summaries.items[function];
    const struct facts *facts = in->program->files[caller.method.file];
    const struct scope *scope = &facts->scopes[caller.method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct method method;
        bool is_called =
            (facts->ops[i].kind == OP_CALL && called_method(in, &caller, i, &method))
            || (facts->ops[i].kind == OP_STORE && called_setter(in, &caller, i, &method));
        uint32_t callee = is_called ? summary_of(in, &method) : NONE;
        if (callee != NONE && in->summaries.items[callee].progress == PROGRESS_NEW) {
            in->summaries.items[callee].progress = PROGRESS_WAITING;
            *array_push(&in->waiting) = callee;
            return true;
        }
    }
    return false;
}

static void follow(struct initialization *in, const struct method *init)
{
    in->init = summary_of(in, init);
    *array_push(&in->waiting) = in->init;
    in->summaries.items[in->init].progress = PROGRESS_WAITING;
    while (in->waiting.n > 0) {
        uint32_t function = *array_last(&in->waiting);
        if (in->summaries.items[function].progress == PROGRESS_DONE) {
            in->waiting.n--;
        } else if (!wait_for_callee(in, function)) {
            in->is_lost |= sets_by_computed_name(in, &in->summaries.items[function]);
            summarise(in, &in->summaries.items[function]);
            in->waiting.n--;
        }
    }
}

/* ---- the class ---- */

/* Foreign bases that set no attributes a subclass would set itself. */
static bool is_modest_base(const char *name)
{
    static const char *const modest[] = {"threading.Thread",
                                         "dict",
                                         "list",
                                         "set",
                                         "Exception",
                                         "contextlib.ContextDecorator",
                                         "contextlib.AbstractContextManager",
                                         "collections.abc.Iterator",
                                         "collections.abc.Iterable",
                                         "collections.abc.Mapping",
                                         "collections.abc.MutableMapping",
                                         "collections.abc.Sequence",
                                         "multiprocessing.Process"};
    for (size_t i = 0; i < sizeof modest / sizeof *modest; i++) {
        if (strcmp(modest[i], name) == 0) {
            return true;
        }
    }
    return classes_is_empty_base(name);
}

static bool is_plain_class(const struct initialization *in, const struct class *class)
{
    const struct facts *facts = in->program->files[class->file];
    for (uint32_t b = 0; b < class->n_bases; b++) {
        const struct class_base *base = &in->program->classes->bases.items[class->first_base + b];
        if (base->class == NONE && !is_modest_base(base->name)) {
            return false;
        }
    }
    return facts_first_decorator(facts, class->scope) == NONE
           && (*class->metaclass == '\0' || strcmp(class->metaclass, "abc.ABCMeta") == 0);
}

static bool can_be_known(const struct initialization *in)
{
    static const char *const hooks[] = {"__getattr__", "__getattribute__", "__setattr__",
                                        "__new__"};
    struct method ignored;
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        if (classes_find_method(in->program, in->class, hooks[i], &ignored)) {
            return false;
        }
    }
    for (uint32_t a = 0; a < class_at(in, in->class)->n_ancestors; a++) {
        if (!is_plain_class(in, class_at(in, ancestor(in, a)))) {
            return false;
        }
    }
    return true;
}

struct initialization *initialization_of(const struct program *program, uint32_t class,
                                         struct arena *arena)
{
    struct initialization *in = arena_alloc(arena, sizeof *in);
    *in = (struct initialization){.program = program, .arena = arena, .class = class, .init = NONE};
    struct method init;
    if (can_be_known(in)) {
        find_attributes(in);
        bool has_init = classes_find_method(program, class, "__init__", &init);
        if (has_init && is_plain_method(in, &init)) {
            follow(in, &init);
        }
        in->is_lost |= has_init && in->init == NONE;
        in->is_lost |= !has_init && !class_at(in, class)->is_complete;
        if (!in->is_lost) {
            return in;
        }
    }
    initialization_free(in);
    return NULL;
}

void initialization_free(struct initialization *in)
{
    name_table_free(&in->bits);
    pair_table_free(&in->by_function);
    array_free(&in->stores);
    array_free(&in->summaries);
    array_free(&in->waiting);
    array_free(&in->risks);
    arena_free(&in->solved);
}

/* ---- questions ---- */

static bool is_explicit(const struct facts *facts, uint32_t op)
{
    return facts->ops[op].kind == OP_RAISE || facts->ops[op].kind == OP_ASSERT;
}

/* Whether `op` says more about why `__init__` may not finish: a `raise` before a call, the first of
 * either. */
static bool is_better_risk(const struct facts *facts, uint32_t op, uint32_t risk)
{
    if (risk == NONE || is_explicit(facts, op) != is_explicit(facts, risk)) {
        return risk == NONE || is_explicit(facts, op);
    }
    return op < risk;
}

enum { UNKNOWN, ESCAPES, STAYS };

/* Whether what is raised at the node leaves `__init__`.  Nodes of one `try` go the same way, which
 * is looked for once: `ways` is by where they go. */
static bool escapes(const struct initialization *in, const struct flow *flow, uint32_t node,
                    uint8_t *ways, struct arena *scratch)
{
    uint8_t *way = &ways[flow->nodes[node].raise];
    if (*way == UNKNOWN) {
        uint32_t file = in->summaries.items[in->init].method.file;
        bool leaves =
            escapes_scope(in->program, file, flow, node, (struct raised){"", NONE}, scratch);
        *way = leaves ? ESCAPES : STAYS;
        arena_reset(scratch);
    }
    return *way == ESCAPES;
}

static void find_risks(struct initialization *in)
{
    const struct summary *init = &in->summaries.items[in->init];
    const struct facts *facts = in->program->files[init->method.file];
    const struct flow *flow = flow_build(facts, init->method.scope, &in->solved);
    struct flow_states states = solve(in, init, flow);
    struct solving solving = {in, init};
    struct arena scratch = {0};
    uint8_t *ways = arena_alloc(&in->solved, flow->n_nodes);
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        const struct flow_node *n = &flow->nodes[node];
        uint64_t *state = states.words + (size_t)node * in->n_words;
        if (states.reached[node] && n->kind == FLOW_OP && n->raise != NONE
            && transfer(&solving, flow, node, FLOW_EXCEPTION, state)
            && escapes(in, flow, node, ways, &scratch)) {
            *array_push(&in->risks) = (struct risk){n->op, state};
        }
    }
    arena_free(&scratch);
    in->has_risks = true;
}

/* The op of `__init__` that best shows how it may raise while the bit is not set. */
static uint32_t find_risk(struct initialization *in, const struct summary *init, uint32_t bit)
{
    const struct facts *facts = in->program->files[init->method.file];
    uint32_t best = NONE;
    if (!in->has_risks) {
        find_risks(in);
    }
    for (size_t i = 0; i < in->risks.n; i++) {
        const struct risk *risk = &in->risks.items[i];
        if (is_better_risk(facts, risk->op, best) && !has_bit(risk->set, bit)) {
            best = risk->op;
        }
    }
    return best;
}

/* Whether a base sets `_Base__x` where `_Class__x` was asked for. */
static bool is_set_by_another(const struct initialization *in, const char *name)
{
    const char *own = *name == '_' ? strstr(name + 1, "__") : NULL;
    for (uint32_t a = 1; own != NULL && a < class_at(in, in->class)->n_ancestors; a++) {
        const struct class *class = class_at(in, ancestor(in, a));
        const struct facts *facts = in->program->files[class->file];
        const char *there = classes_mangle(facts, class->scope, own, in->arena);
        if (strcmp(there, name) != 0 && bit_of(in, there) != TABLE_NONE) {
            return true;
        }
    }
    return false;
}

enum attribute_state initialization_state(struct initialization *in, const char *name,
                                          struct class_value *risk)
{
    uint32_t bit = bit_of(in, name);
    if (classes_bind(in->program, in->class, name)) {
        return ATTRIBUTE_UNKNOWN;
    }
    if (bit == TABLE_NONE) {
        return is_set_by_another(in, name) ? ATTRIBUTE_OF_ANOTHER_CLASS : ATTRIBUTE_UNKNOWN;
    }
    if (in->init == NONE) {
        return ATTRIBUTE_NOT_SET;
    }
    const struct summary *init = &in->summaries.items[in->init];
    if (init->raises && !has_bit(init->on_raise, bit)) {
        *risk = (struct class_value){init->method.file, find_risk(in, init, bit)};
        return risk->value == NONE ? ATTRIBUTE_UNKNOWN : ATTRIBUTE_LOST_BY_RAISE;
    }
    return init->returns && !has_bit(init->on_return, bit) ? ATTRIBUTE_NOT_SET : ATTRIBUTE_SAFE;
}

bool initialization_store_of(const struct initialization *in, const char *name,
                             struct class_value *store)
{
    uint32_t bit = bit_of(in, name);
    if (bit == TABLE_NONE) {
        return false;
    }
    *store = in->stores.items[bit];
    return true;
}
