/*
 * containers.c - telling additions from removals by the names of methods and the shape of targets.
 */
#include "program/containers.h"

#include "base/words.h"
#include "facts/uses.h"

#include <string.h>

bool containers_made_by(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {"list",
                                         "dict",
                                         "set",
                                         "collections.deque",
                                         "collections.defaultdict",
                                         "collections.OrderedDict",
                                         NULL};
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_DISPLAY) {
        return op->aux == CONTAINER_LIST || op->aux == CONTAINER_SET || op->aux == CONTAINER_DICT;
    }
    if (op->kind != OP_CALL || facts_argument(facts, value, 1, "maxlen") != NONE) {
        return false;
    }
    for (const char *const *maker = makers; *maker != NULL; maker++) {
        if (facts_spells(facts, op->a, *maker)) {
            return true;
        }
    }
    return false;
}

static enum container_use use_of_method(const char *name)
{
    static const char *const adders[] = {"append", "appendleft", "add",    "extend",
                                         "insert", "setdefault", "update", NULL};
    static const char *const removers[] = {"remove",
                                           "discard",
                                           "pop",
                                           "popitem",
                                           "popleft",
                                           "clear",
                                           "difference_update",
                                           "intersection_update",
                                           "symmetric_difference_update",
                                           "__delitem__",
                                           NULL};
    static const char *const readers[] = {
        "get",        "items",       "keys",    "values",  "copy",         "index",
        "count",      "issubset",    "union",   "sort",    "__contains__", "__getitem__",
        "__iter__",   "difference",  "__len__", "reverse", "isdisjoint",   "intersection",
        "issuperset", "move_to_end", NULL};
    return words_have(adders, name)     ? CONTAINER_ADDS
           : words_have(removers, name) ? CONTAINER_REMOVES
           : words_have(readers, name)  ? CONTAINER_READS
                                        : CONTAINER_ESCAPES;
}

/* Whether the call only reads what it is given. */
static bool only_reads(const struct facts *facts, uint32_t argument)
{
    static const char *const builtins[] = {
        "len", "iter", "sorted",     "list",     "tuple",     "set", "dict", "frozenset", "sum",
        "any", "all",  "min",        "max",      "enumerate", "str", "repr", "print",     "bool",
        "id",  "zip",  "isinstance", "reversed", "filter",    "map", "next", NULL};
    uint32_t call = uses_call_of_argument(facts, argument);
    if (facts->ops[argument].flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
        return true;
    }
    if (call == NONE || facts->ops[call].kind != OP_CALL) {
        return false;
    }
    const struct op *callee = &facts->ops[facts->ops[call].a];
    return (callee->kind == OP_LOAD && is_builtin_variable(facts, callee->a)
            && words_have(builtins, variable_name(facts, callee->a)))
           || (callee->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, callee->b), "join") == 0);
}

/* `name.method(…)`; `*call` is the call. */
static enum container_use use_by_attribute(const struct facts *facts, uint32_t attribute,
                                           uint32_t *call)
{
    *call = uses_next(facts, attribute, attribute);
    return *call != NONE && facts->ops[*call].kind == OP_CALL && facts->ops[*call].a == attribute
               ? use_of_method(facts_name(facts, facts->ops[attribute].b))
               : CONTAINER_ESCAPES;
}

/* The OP_STORE or OP_DELETE that goes to a target; NONE if there is none (an annotation alone). */
static uint32_t op_on_target(const struct facts *facts, uint32_t target)
{
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, target)];
    for (uint32_t i = target + 1; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind == OP_STORE || op->kind == OP_DELETE) && op->a == target) {
            return i;
        }
    }
    return NONE;
}

/* `name[key] = …`, `del name[key]`; `*op` is what happens. */
static enum container_use use_by_target(const struct facts *facts, uint32_t target, uint32_t *op)
{
    uint32_t key = facts->ops[target].b;
    *op = op_on_target(facts, target);
    return *op != NONE && facts->ops[*op].kind == OP_STORE && key != NONE
                   && facts->ops[key].kind != OP_SLICE
               ? CONTAINER_ADDS
               : CONTAINER_REMOVES;
}

enum container_use containers_use(const struct facts *facts, uint32_t use, uint32_t value,
                                  uint32_t *what)
{
    /* These give it a second name, or to somebody else. */
    static const bool gives_away[N_OP_KINDS] = {
        [OP_STORE] = true,   [OP_RETURN] = true,
        [OP_YIELD] = true,   [OP_EITHER] = true,
        [OP_COLLECT] = true, [OP_WITH] = true,
        [OP_AWAIT] = true,   [OP_CALL] = true,
        [OP_DELETE] = true,  [OP_TARGET_ATTRIBUTE] = true,
    };
    const struct op *op = &facts->ops[use];
    *what = use;
    if (op->kind == OP_ATTRIBUTE) {
        return use_by_attribute(facts, use, what);
    }
    if (op->kind == OP_TARGET_ITEM) {
        return op->a == value ? use_by_target(facts, use, what) : CONTAINER_READS;
    }
    if (op->kind == OP_ARGUMENT) {
        return only_reads(facts, use) ? CONTAINER_READS : CONTAINER_ESCAPES;
    }
    if (op->kind == OP_ELEMENT) {
        return op->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED) ? CONTAINER_READS
                                                                  : CONTAINER_ESCAPES;
    }
    return gives_away[op->kind] ? CONTAINER_ESCAPES : CONTAINER_READS;
}

uint32_t containers_added_by(const struct facts *facts, uint32_t call, uint32_t *container)
{
    static const char *const adders[] = {"append", "add",        "appendleft",
                                         "insert", "setdefault", NULL};
    const struct op *op = &facts->ops[call];
    const struct op *callee = op->kind == OP_CALL ? &facts->ops[op->a] : NULL;
    if (callee == NULL || op->b == 0 || callee->kind != OP_ATTRIBUTE
        || !words_have(adders, facts_name(facts, callee->b))) {
        return NONE;
    }
    *container = callee->a;
    return facts->ops[call + op->b].a;
}
