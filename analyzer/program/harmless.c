/*
 * harmless.c - telling harmless calls by name, or by what the program's own functions do.
 */
#include "program/harmless.h"

#include "base/words.h"
#include "facts/uses.h"
#include "program/classes.h"
#include "program/self_calls.h"

#include <string.h>

static const char *const functions[] = {
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
    NULL,
};

/* Methods of strings and containers, and of loggers. */
static const char *const methods[] = {
    "append", "add",        "get",      "items",      "keys",    "values",  "strip",      "lower",
    "upper",  "startswith", "endswith", "format",     "join",    "copy",    "setdefault", "extend",
    "update", "discard",    "clear",    "debug",      "info",    "warning", "error",      "split",
    "rstrip", "lstrip",     "replace",  "splitlines", "release", "set",     NULL,
};

static bool is_harmless_by_name(const struct facts *facts, uint32_t callee)
{
    for (const char *const *name = functions; *name != NULL; name++) {
        if (facts_spells(facts, callee, *name)) {
            return true;
        }
    }
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && words_have(methods, facts_name(facts, op->b));
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
static const char *const modules[] = {
    "builtins",    "sys",        "os",        "io",         "time",      "threading", "warnings",
    "weakref",     "socket",     "logging",   "re",         "json",      "atexit",    "gc",
    "collections", "functools",  "itertools", "contextlib", "traceback", "errno",     "signal",
    "struct",      "types",      "copy",      "random",     "datetime",  "math",      "tempfile",
    "shutil",      "subprocess", "pickle",    "inspect",    "queue",     NULL};

bool harmless_import(const struct facts *facts, const struct op *op)
{
    return words_have(modules, facts_name(facts, op->a)) && (op->kind == OP_IMPORT || op->aux == 0);
}

/* Whether a function of the program does nothing that may raise; its own calls are told by name. */
static bool is_harmless_body(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_import = op->kind == OP_IMPORT || op->kind == OP_IMPORT_FROM;
        if (op->kind == OP_RAISE || op->kind == OP_ASSERT
            || (is_import && !harmless_import(facts, op))
            || (op->kind == OP_CALL && !is_harmless_by_name(facts, op->a)
                && !is_bare_constructor(facts, i))) {
            return false;
        }
    }
    return true;
}

/* `Class()`, where making one cannot raise. */
static bool is_harmless_class(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    struct method method;
    if (!c->is_complete || facts_first_decorator(program->files[c->file], c->scope) != NONE
        || *c->metaclass != '\0' || classes_find_method(program, class, "__new__", &method)) {
        return false;
    }
    return !classes_find_method(program, class, "__init__", &method)
           || is_harmless_body(program->files[method.file], method.scope);
}

/* `super().__init__()` or `object.__init__(self)` that leads to object. */
static bool is_init_of_object(const struct program *program, uint32_t class,
                              const struct facts *facts, uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE && program->classes->all.items[class].is_complete
           && strcmp(facts_name(facts, op->b), "__init__") == 0
           && (self_calls_super(facts, op->a) || facts_spells(facts, op->a, "object"));
}

bool harmless_call(const struct program *program, uint32_t class, uint32_t file, uint32_t call)
{
    const struct facts *facts = program->files[file];
    uint32_t callee = facts->ops[call].a;
    if (is_harmless_by_name(facts, callee) || is_init_of_object(program, class, facts, callee)
        || (facts_spells(facts, callee, "getattr")
            && facts_argument(facts, call, 2, NULL) != NONE)) {
        return true;
    }
    uint32_t made = classes_named_by(program, file, callee);
    if (made != NONE) {
        return is_harmless_class(program, made);
    }
    const struct op *origin = &facts->ops[uses_origin(facts, callee)];
    if (facts->ops[callee].kind == OP_LOAD && origin->kind == OP_FUNCTION) {
        return is_harmless_body(facts, origin->a);
    }
    return is_bare_constructor(facts, call);
}
