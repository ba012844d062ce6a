/*
 * raises.c - the names of calls that are trusted not to raise.
 */
#include "program/raises.h"

#include <string.h>

static const char *const harmless_calls[] = {
    "addCleanup",  "append",      "debug",      "dict",           "endswith",
    "fileno",      "get",         "getattr",    "hasattr",        "id",
    "info",        "items",       "isinstance", "issubclass",     "join",
    "keys",        "len",         "list",       "lower",          "lstrip",
    "print",       "range",       "repr",       "replace",        "rstrip",
    "set",         "setblocking", "settimeout", "split",          "splitlines",
    "startswith",  "str",         "strip",      "super",          "tuple",
    "type",        "upper",       "values",     "warning",        "enumerate",
    "zip",         "close",       "time",       "exists",         "isfile",
    "isdir",       "dirname",     "basename",   "splitext",       "monotonic",
    "max",         "min",         "abs",        "perf_counter",   "getpid",
    "format",      "bool",        "object",     "getLogger",      "gettext",
    "_",           "StringIO",    "BytesIO",    "deque",          "defaultdict",
    "OrderedDict", "Lock",        "RLock",      "Event",          "frozenset",
    "callable",    "sorted",      "add",        "discard",        "clear",
    "copy",        "tell",        "cast",       "quit",           "error",
    "exception",   "locals",      "globals",    "vars",           "iter",
    "title",       "isatty",      "is_set",     "qsize",          "empty",
    "is_alive",    "get_ident",   "sleep",      "current_thread", "realpath",
    "abspath",     "normpath",    "expanduser", "fstat",          "chmod",
    "fchmod",      "chown",       "fchown",     "umask",          "detach",
    "getsockname", "getpeername", "pop",        "remove",         "encode",
    "decode",      "getsize",     "getmtime",   "samefile",       "lexists",
};

static const char *callee_name(const struct facts *facts, uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    if (op->kind == OP_LOAD) {
        return variable_name(facts, op->a);
    }
    return op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
}

/* `Reader(f)`: making an object seldom fails; what is then done with it may. */
static bool is_named_as_class(const char *name)
{
    name += strspn(name, "_");
    return name[0] >= 'A' && name[0] <= 'Z'
           && name[strcspn(name, "abcdefghijklmnopqrstuvwxyz")] != '\0';
}

bool raises_never(const struct facts *facts, uint32_t call)
{
    const char *name = callee_name(facts, facts->ops[call].a);
    if (is_named_as_class(name)) {
        return true;
    }
    static const char *const beginnings[] = {"assert", /* fails when the test does */
                                             "set_", "is_", "has_"};
    const char *plain = name + strspn(name, "_");
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncmp(plain, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof harmless_calls / sizeof *harmless_calls; i++) {
        if (strcmp(name, harmless_calls[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool raises_really(const struct facts *facts, uint32_t op)
{
    switch (facts->ops[op].kind) {
    case OP_RAISE:
    case OP_AWAIT:
    case OP_YIELD:
    case OP_YIELD_FROM:
        return true;
    case OP_CALL:
        return !raises_never(facts, op);
    default:
        return false;
    }
}
