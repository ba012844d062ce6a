/*
 * prompt_uses.c - uses of a resource that are done with it when they return.
 *
 * file.read() and json.load(file) are; csv.reader(file) is not, unless a loop goes over it at once.
 */
#include "report/prompt_uses.h"

#include "rule.h"

/* Methods that are done with the resource when they return. */
static const char *const prompt_methods[] = {
    "read",         "readline",     "readlines",    "readinto",     "read1",        "readall",
    "peek",         "write",        "writelines",   "seek",         "tell",         "flush",
    "truncate",     "readable",     "writable",     "seekable",     "isatty",       "namelist",
    "infolist",     "getinfo",      "extract",      "extractall",   "testzip",      "writestr",
    "printdir",     "getnames",     "getmember",    "getmembers",   "add",          "addfile",
    "setpassword",  "send",         "sendall",      "sendto",       "recv",         "recv_into",
    "recvfrom",     "connect",      "connect_ex",   "bind",         "listen",       "settimeout",
    "gettimeout",   "setsockopt",   "getsockopt",   "getsockname",  "getpeername",  "shutdown",
    "setblocking",  "getcode",      "geturl",       "getheader",    "getheaders",   "info",
    "getnframes",   "getparams",    "readframes",   "writeframes",  "setnchannels", "setsampwidth",
    "setframerate", "getnchannels", "getsampwidth", "getframerate", "find",         "rfind",
    NULL,
};

/* Functions that are. */
static const char *const prompt_functions[] = {
    "json.load",
    "json.dump",
    "pickle.load",
    "pickle.dump",
    "marshal.load",
    "marshal.dump",
    "plistlib.load",
    "plistlib.dump",
    "tomllib.load",
    "tomli.load",
    "toml.load",
    "yaml.safe_load",
    "yaml.load",
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "dict",
    "sum",
    "max",
    "min",
    "len",
    "any",
    "all",
    "print",
    "shutil.copyfileobj",
    "hashlib.file_digest",
    "collections.Counter",
    "collections.deque",
    NULL,
};

/* Those whose result reads on while a `for` goes over it. */
static const char *const lazy_functions[] = {
    "enumerate",  "zip",
    "map",        "filter",
    "iter",       "itertools.islice",
    "reversed",   "itertools.chain",
    "csv.reader", "csv.DictReader",
    NULL,
};

static bool spells_one(const struct facts *facts, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(facts, value, *names)) {
            return true;
        }
    }
    return false;
}

static bool is_iterated(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    return use != NONE && facts->ops[use].kind == OP_LOOP && facts->ops[use].aux == LOOP_FOR;
}

/* A list, set or dict comprehension goes over the value: it is done when the next line runs. */
static bool is_comprehended(const struct facts *facts, uint32_t loop)
{
    uint32_t around = uses_control_around(facts, loop);
    return facts->ops[loop].aux == LOOP_COMPREHENSION && around != NONE
           && facts->ops[around].kind == OP_COMPREHENSION
           && facts->ops[around].aux != CONTAINER_GENERATOR;
}

uint32_t prompt_value_after(const struct facts *facts, uint32_t value, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ATTRIBUTE) {
        uint32_t call = uses_next(facts, use, use);
        bool is_method = call != NONE && facts->ops[call].kind == OP_CALL
                         && facts->ops[call].a == use
                         && words_have(prompt_methods, facts_name(facts, op->b));
        return is_method ? call : NONE;
    }
    if (op->kind == OP_ARGUMENT && !(op->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED))) {
        uint32_t call = uses_call_of_argument(facts, use);
        bool is_call = facts->ops[call].kind == OP_CALL;
        if (is_call && spells_one(facts, facts->ops[call].a, prompt_functions)) {
            return call;
        }
        return is_call && spells_one(facts, facts->ops[call].a, lazy_functions)
                       && is_iterated(facts, call)
                   ? uses_next(facts, call, call)
                   : NONE;
    }
    bool is_loop = op->kind == OP_LOOP && op->a == value;
    return is_loop && (op->aux == LOOP_FOR || is_comprehended(facts, use)) ? use : NONE;
}
