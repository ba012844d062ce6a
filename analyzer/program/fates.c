/*
 * fates.c - what becomes of a value that can change: the value is followed from name to name and
 * from function to function, each looked at once.
 */
#include "program/fates.h"

#include "base/table.h"
#include "base/words.h"
#include "facts/uses.h"
#include "program/classes.h"

#include <string.h>

/* ---- what can change ---- */

static const char *const constructors[] = {"list",
                                           "dict",
                                           "set",
                                           "bytearray",
                                           "collections.deque",
                                           "collections.defaultdict",
                                           "collections.OrderedDict",
                                           "collections.Counter",
                                           "collections.ChainMap",
                                           "collections.UserDict",
                                           "collections.UserList",
                                           "array.array",
                                           "weakref.WeakSet",
                                           "weakref.WeakKeyDictionary",
                                           "weakref.WeakValueDictionary"};

static const char *constructor_of(const struct facts *facts, uint32_t callee)
{
    for (size_t i = 0; i < sizeof constructors / sizeof *constructors; i++) {
        if (facts_spells(facts, callee, constructors[i])) {
            const char *dot = strrchr(constructors[i], '.');
            return dot == NULL ? constructors[i] : dot + 1;
        }
    }
    return NULL;
}

static const char *container_name(enum container container)
{
    static const char *const names[] = {
        [CONTAINER_LIST] = "list", [CONTAINER_SET] = "set",      [CONTAINER_DICT] = "dict",
        [CONTAINER_TUPLE] = NULL,  [CONTAINER_GENERATOR] = NULL,
    };
    return names[container];
}

const char *fates_mutable_kind(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_DISPLAY || op->kind == OP_COMPREHENSION) {
        return container_name(op->aux);
    }
    return op->kind == OP_CALL ? constructor_of(facts, op->a) : NULL;
}

static bool is_empty(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return (op->kind == OP_DISPLAY || op->kind == OP_CALL) && op->b == 0;
}

/* Whether what it holds can change, too: `[[]]`, `{"a": {}}`. */
static bool holds_mutable(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_DISPLAY) {
        return op->kind == OP_COMPREHENSION;
    }
    for (uint32_t i = value + 1; i <= value + op->b; i++) {
        if (fates_mutable_kind(facts, facts->ops[i].a) != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- what methods and functions do with it ---- */

/* Methods of containers that change them. */
static const char *const changing_methods[] = {"append",
                                               "extend",
                                               "insert",
                                               "remove",
                                               "pop",
                                               "clear",
                                               "sort",
                                               "reverse",
                                               "update",
                                               "setdefault",
                                               "popitem",
                                               "add",
                                               "discard",
                                               "appendleft",
                                               "extendleft",
                                               "popleft",
                                               "rotate",
                                               "move_to_end",
                                               "subtract",
                                               "difference_update",
                                               "intersection_update",
                                               "symmetric_difference_update",
                                               "__setitem__",
                                               "__delitem__",
                                               "new_child",
                                               NULL};

/* Those that do not. */
static const char *const reading_methods[] = {"get",
                                              "items",
                                              "keys",
                                              "values",
                                              "copy",
                                              "index",
                                              "count",
                                              "union",
                                              "intersection",
                                              "difference",
                                              "symmetric_difference",
                                              "issubset",
                                              "issuperset",
                                              "isdisjoint",
                                              "most_common",
                                              "elements",
                                              "decode",
                                              "hex",
                                              "find",
                                              "startswith",
                                              "endswith",
                                              "split",
                                              "join",
                                              "has_key",
                                              "iteritems",
                                              "__contains__",
                                              "__len__",
                                              "__getitem__",
                                              "__iter__",
                                              NULL};

/* `name.append(…)`. */
static enum fate fate_of_method(const char *name)
{
    if (words_have(changing_methods, name)) {
        return FATE_CHANGED;
    }
    return words_have(reading_methods, name) ? FATE_READ : FATE_HANDED_ON;
}

/* Functions that read or copy what they are given. */
static const char *const reading_functions[] = {"len",
                                                "list",
                                                "dict",
                                                "set",
                                                "tuple",
                                                "frozenset",
                                                "sorted",
                                                "sum",
                                                "min",
                                                "max",
                                                "any",
                                                "all",
                                                "str",
                                                "repr",
                                                "bool",
                                                "bytes",
                                                "bytearray",
                                                "isinstance",
                                                "type",
                                                "id",
                                                "print",
                                                "format",
                                                "enumerate",
                                                "zip",
                                                "map",
                                                "filter",
                                                "iter",
                                                "reversed",
                                                "range",
                                                "hash",
                                                "copy.copy",
                                                "copy.deepcopy",
                                                "json.dumps",
                                                "pprint.pprint",
                                                "itertools.chain",
                                                "collections.Counter",
                                                "collections.OrderedDict",
                                                "collections.deque",
                                                "callable",
                                                "itertools.product",
                                                "functools.reduce",
                                                "pickle.dumps",
                                                "urllib.parse.urlencode",
                                                "json.dump",
                                                "pickle.dump",
                                                "bisect.bisect",
                                                "bisect.bisect_left",
                                                "bisect.bisect_right",
                                                "random.choice",
                                                "random.sample",
                                                "random.choices",
                                                "subprocess.run",
                                                "subprocess.Popen",
                                                "subprocess.call",
                                                "subprocess.check_call",
                                                "subprocess.check_output",
                                                "os.path.join",
                                                "numpy.array",
                                                "numpy.asarray",
                                                NULL};

/* Methods that do, whatever they are called on: strings, containers, loggers, csv writers. */
static const char *const methods_that_read_arguments[] = {"join",
                                                          "extend",
                                                          "update",
                                                          "union",
                                                          "intersection",
                                                          "difference",
                                                          "issubset",
                                                          "issuperset",
                                                          "isdisjoint",
                                                          "intersection_update",
                                                          "difference_update",
                                                          "format",
                                                          "startswith",
                                                          "endswith",
                                                          "fromkeys",
                                                          "debug",
                                                          "info",
                                                          "warning",
                                                          "error",
                                                          "exception",
                                                          "writelines",
                                                          "writerow",
                                                          "from_iterable",
                                                          "format_map",
                                                          "substitute",
                                                          "chain",
                                                          NULL};

/* Whether what is called only reads its arguments, or copies them. */
static bool only_reads(const struct facts *facts, uint32_t callee)
{
    for (const char *const *function = reading_functions; *function != NULL; function++) {
        if (facts_spells(facts, callee, *function)) {
            return true;
        }
    }
    const struct op *op = &facts->ops[callee];
    const char *name = op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
    return words_have(methods_that_read_arguments, name)
           || strncmp(name, "assert", strlen("assert")) == 0;
}

/* ---- following it ---- */

/* A variable that may mean the value. */
struct holder {
    uint32_t file, scope, variable;
};

struct followed {
    const struct program *program;
    const char *kind;
    bool is_empty, holds_mutable;
    struct pair_table seen; /* file, variable: in `holders` */
    struct {
        ARRAY_OF(struct holder);
    } holders;
};

static void add_holder(struct followed *d, uint32_t file, uint32_t scope, uint32_t variable)
{
    uint64_t key = pair_key(file, variable);
    if (pair_table_get(&d->seen, key) == TABLE_NONE) {
        pair_table_put(&d->seen, key, 1);
        *array_push(&d->holders) = (struct holder){file, scope, variable};
    }
}

/* The function of the program that a call runs, and how many of its parameters the call does not
 * write (`self`). */
static bool called_function(const struct program *program, uint32_t file, uint32_t callee,
                            struct method *function, uint32_t *n_bound)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[callee];
    *n_bound = 0;
    if (op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a)) {
        uint32_t class = classes_of_instance(program, file, op->a);
        *n_bound = 1;
        return classes_find_method(program, class, facts_name(facts, op->b), function)
               && classes_self_of(program->files[function->file], function->scope) != NONE;
    }
    const struct op *origin = &facts->ops[uses_origin(facts, callee)];
    *function = (struct method){NONE, file, origin->kind == OP_FUNCTION ? origin->a : NONE};
    return op->kind == OP_LOAD && function->scope != NONE;
}

/* The parameter of `scope` that an OP_ARGUMENT of `call` goes to, or NULL. */
static const struct parameter *parameter_for(const struct facts *facts, uint32_t call,
                                             uint32_t argument, const struct facts *home,
                                             const struct scope *scope, uint32_t n_bound)
{
    uint32_t keyword = facts->ops[argument].b;
    uint32_t position = argument - call - 1 + n_bound;
    for (uint32_t i = call + 1; i < argument; i++) {
        if (facts->ops[i].flags & OP_IS_STARRED) {
            return NULL;
        }
    }
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        const struct parameter *parameter = &home->parameters[scope->first_parameter + i];
        if (parameter->kind == PARAMETER_STAR || parameter->kind == PARAMETER_DOUBLE_STAR) {
            continue;
        }
        bool is_it =
            keyword == NONE
                ? i == position && parameter->kind != PARAMETER_KEYWORD_ONLY
                : strcmp(variable_name(home, parameter->variable), facts_name(facts, keyword)) == 0;
        if (is_it) {
            return parameter;
        }
    }
    return NULL;
}

/* Whether the argument goes to a function whose parameter can be followed; it then will be. */
static bool is_followed(struct followed *d, uint32_t file, uint32_t call, uint32_t argument)
{
    const struct facts *facts = d->program->files[file];
    struct method function;
    uint32_t n_bound;
    if (!called_function(d->program, file, facts->ops[call].a, &function, &n_bound)) {
        return false;
    }
    const struct facts *home = d->program->files[function.file];
    if (facts_first_decorator(home, function.scope) != NONE) {
        return false;
    }
    const struct parameter *parameter =
        parameter_for(facts, call, argument, home, &home->scopes[function.scope], n_bound);
    if (parameter != NULL) {
        add_holder(d, function.file, function.scope, parameter->variable);
    }
    return parameter != NULL;
}

/* What a use of the value as an attribute's object does: a method call, or something unknown. */
static enum fate fate_of_attribute(const struct facts *facts, uint32_t attribute)
{
    const char *name = facts_name(facts, facts->ops[attribute].b);
    if (strcmp(name, "__class__") == 0 || strcmp(name, "__doc__") == 0) {
        return FATE_READ;
    }
    uint32_t use = uses_next(facts, attribute, attribute);
    if (use == NONE || facts->ops[use].kind != OP_CALL || facts->ops[use].a != attribute) {
        return FATE_HANDED_ON;
    }
    return fate_of_method(name);
}

static enum fate fate_of_item(const struct followed *d)
{
    if (strcmp(d->kind, "defaultdict") == 0) {
        return FATE_CHANGED; /* looking is enough */
    }
    return d->holds_mutable ? FATE_HANDED_ON : FATE_READ;
}

static enum fate fate_of_argument(struct followed *d, uint32_t file, uint32_t argument)
{
    const struct facts *facts = d->program->files[file];
    if (facts->ops[argument].flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
        return FATE_READ;
    }
    uint32_t call = uses_call_of_argument(facts, argument);
    if (facts->ops[call].kind != OP_CALL) {
        return FATE_HANDED_ON;
    }
    return only_reads(facts, facts->ops[call].a) || is_followed(d, file, call, argument)
               ? FATE_READ
               : FATE_HANDED_ON;
}

/* `names = names or []` puts an empty default away. */
static bool is_replaced(const struct op *either, uint32_t value, const struct followed *d)
{
    return either->aux == OPERATOR_OR && either->a == value && d->is_empty;
}

/* Whether a store gives the value another name that means nothing else, which then is followed. */
static bool is_other_name(struct followed *d, uint32_t file, uint32_t variable)
{
    const struct facts *facts = d->program->files[file];
    const struct variable *v = &facts->variables[variable];
    if (v->flags & (VARIABLE_IS_PARAMETER | VARIABLE_IS_DECLARED | VARIABLE_IS_REBOUND)
        || facts->scopes[v->scope].kind != SCOPE_FUNCTION) {
        return false;
    }
    add_holder(d, file, v->scope, variable);
    return true;
}

/* What an op that has the value as an operand does with it.  `*flows_on`: the op's own value may
 * be the value. */
static enum fate fate_of_use(struct followed *d, uint32_t file, uint32_t use, uint32_t value,
                             bool *flows_on)
{
    const struct facts *facts = d->program->files[file];
    const struct op *op = &facts->ops[use];
    switch (op->kind) {
    case OP_ATTRIBUTE:
        return fate_of_attribute(facts, use);
    case OP_ITEM:
        return op->a == value ? fate_of_item(d) : FATE_READ;
    case OP_TARGET_ITEM:
        return op->a == value ? FATE_CHANGED : FATE_READ;
    case OP_ARGUMENT:
        return fate_of_argument(d, file, use);
    case OP_ELEMENT:
        return op->a == value && !(op->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED))
                   ? FATE_HANDED_ON
                   : FATE_READ;
    case OP_BINARY:
        return op->flags & OP_IS_AUGMENTED && op->a == value ? FATE_CHANGED : FATE_READ;
    case OP_EITHER:
        *flows_on = !is_replaced(op, value, d);
        return FATE_READ;
    case OP_UNARY:
    case OP_COMPARE:
    case OP_NEXT:
    case OP_LOOP:
    case OP_UNPACKED:
    case OP_YIELD_FROM:
    case OP_MATCHED:
    case OP_IF:
    case OP_TEST:
    case OP_ASSERT:
    case OP_EXPRESSION:
        return FATE_READ;
    case OP_STORE:
        return facts->ops[op->a].kind != OP_TARGET_NAME      ? FATE_KEPT
               : is_other_name(d, file, facts->ops[op->a].a) ? FATE_READ
                                                             : FATE_HANDED_ON;
    case OP_RETURN:
    case OP_YIELD:
        return FATE_KEPT;
    default: /* raised, entered, called, … */
        return FATE_HANDED_ON;
    }
}

/* The worst that happens to a value, followed through `or`, `and` and `if else`. */
static enum fate fate_of_value(struct followed *d, uint32_t file, uint32_t value)
{
    const struct facts *facts = d->program->files[file];
    enum fate fate = FATE_READ;
    while (value != NONE) {
        uint32_t next = NONE;
        uint32_t use = uses_next(facts, value, value);
        for (; use != NONE; use = uses_next(facts, value, use)) {
            bool flows_on = false;
            enum fate here = fate_of_use(d, file, use, value, &flows_on);
            fate = here > fate ? here : fate;
            next = flows_on ? use : next;
        }
        value = next;
    }
    return fate;
}

/* Where the function, on every path, gives the parameter another value: the old one is gone then.
 * The end of its ops if it never does. */
static uint32_t end_of_meaning(const struct facts *facts, const struct scope *scope,
                               uint32_t variable)
{
    uint32_t end = scope->first_op + scope->n_ops;
    for (uint32_t i = scope->first_op; i < end; i++) {
        const struct op *op = &facts->ops[i];
        const struct op *target = op->kind == OP_STORE ? &facts->ops[op->a] : NULL;
        if (target != NULL && target->kind == OP_TARGET_NAME && target->a == variable
            && !(op->flags & OP_IS_AUGMENTED) && uses_control_around(facts, i) == NONE) {
            return i;
        }
    }
    return end;
}

static enum fate worst_in(struct followed *d, const struct holder *holder, uint32_t first,
                          uint32_t end)
{
    const struct facts *facts = d->program->files[holder->file];
    enum fate fate = FATE_READ;
    for (uint32_t i = first; i < end && fate != FATE_CHANGED; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && op->a == holder->variable) {
            enum fate here = fate_of_value(d, holder->file, i);
            fate = here > fate ? here : fate;
        }
    }
    return fate;
}

static enum fate fate_in_function(struct followed *d, struct holder holder)
{
    const struct facts *facts = d->program->files[holder.file];
    const struct scope *scope = &facts->scopes[holder.scope];
    if (facts->variables[holder.variable].flags & VARIABLE_IS_CAPTURED) {
        return worst_in(d, &holder, scope->first_op, facts->n_ops);
    }
    bool is_parameter = facts->variables[holder.variable].flags & VARIABLE_IS_PARAMETER;
    uint32_t end = is_parameter ? end_of_meaning(facts, scope, holder.variable)
                                : scope->first_op + scope->n_ops;
    enum fate fate = worst_in(d, &holder, scope->first_op, end);
    return fate == FATE_READ && scope->flags & SCOPE_CALLS_LOCALS ? FATE_HANDED_ON : fate;
}

enum fate fates_of_parameter(const struct program *program, uint32_t file, uint32_t scope,
                             uint32_t variable, uint32_t value)
{
    const struct facts *facts = program->files[file];
    struct followed d = {
        .program = program,
        .kind = fates_mutable_kind(facts, value),
        .is_empty = is_empty(facts, value),
        .holds_mutable = holds_mutable(facts, value),
    };
    enum fate fate = FATE_READ;
    add_holder(&d, file, scope, variable);
    for (size_t i = 0; i < d.holders.n && fate != FATE_CHANGED; i++) {
        enum fate here = fate_in_function(&d, d.holders.items[i]);
        fate = here > fate ? here : fate;
    }
    array_free(&d.holders);
    pair_table_free(&d.seen);
    return fate;
}
