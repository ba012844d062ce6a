/*
 * A default that can change is one object for all calls, instances, contexts or keys.
 *
 * Reported are list, dict and set displays, comprehensions, and calls of constructors known to make
 * something that can change: as defaults of parameters, of NamedTuple, dataclass and attrs fields,
 * of a ContextVar, and as the one value of dict.fromkeys().
 *
 * A parameter's default is followed through the function, as far as the name still means it:
 *
 *   changed      certain       options["a"] = 1, names.append(x)
 *   kept         likely        self.options = options, return names
 *   handed on    possible      f(options): most only read it
 *   only read    not reported  for name in names, options.get("a"), list(names), {**options}
 *
 * Of a function inside another one each is only possible: there it is a way to keep state.
 *
 * It is also followed into the functions of the file and the methods of the class that it is handed
 * to.
 *
 * Nor are the parameters of FastAPI's path operations, which copies them for each request, nor
 * parameters whose annotation promises not to change it (Sequence, Mapping, …: pylint and
 * ruff's users argued that), and those named as a cache: sharing is what they are for.
 */
#include "rule.h"

/* ---- what can change ---- */

static const char *const constructors[] = {
    "list",
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
    "weakref.WeakValueDictionary",
};

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

/* "list" for `[]`, "deque" for `deque()`; NULL for what cannot change or is not known. */
static const char *mutable_kind(const struct facts *facts, uint32_t value)
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
        if (mutable_kind(facts, facts->ops[i].a) != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- what becomes of it ---- */

enum fate { FATE_READ, FATE_HANDED_ON, FATE_KEPT, FATE_CHANGED };

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

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
    if (is_among(name, changing_methods)) {
        return FATE_CHANGED;
    }
    return is_among(name, reading_methods) ? FATE_READ : FATE_HANDED_ON;
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
    return is_among(name, methods_that_read_arguments)
           || strncmp(name, "assert", strlen("assert")) == 0;
}

/* A parameter that may mean the default. */
struct holder {
    uint32_t file, scope, variable;
};

struct default_value {
    const struct program *program;
    const char *kind;
    bool is_empty, holds_mutable;
    struct pair_table seen; /* file, variable: in `holders` */
    struct {
        ARRAY_OF(struct holder);
    } holders;
};

static void add_holder(struct default_value *d, uint32_t file, uint32_t scope, uint32_t variable)
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
static bool is_followed(struct default_value *d, uint32_t file, uint32_t call, uint32_t argument)
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

static enum fate fate_of_item(const struct default_value *d)
{
    if (strcmp(d->kind, "defaultdict") == 0) {
        return FATE_CHANGED; /* looking is enough */
    }
    return d->holds_mutable ? FATE_HANDED_ON : FATE_READ;
}

static enum fate fate_of_argument(struct default_value *d, uint32_t file, uint32_t argument)
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
static bool is_replaced(const struct op *either, uint32_t value, const struct default_value *d)
{
    return either->aux == OPERATOR_OR && either->a == value && d->is_empty;
}

/* Whether a store gives the value another name that means nothing else, which then is followed. */
static bool is_other_name(struct default_value *d, uint32_t file, uint32_t variable)
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
 * be the default. */
static enum fate fate_of_use(struct default_value *d, uint32_t file, uint32_t use, uint32_t value,
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
static enum fate fate_of_value(struct default_value *d, uint32_t file, uint32_t value)
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

/* Where the function, on every path, gives the parameter another value: the default is gone then.
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

static enum fate worst_in(struct default_value *d, const struct holder *holder, uint32_t first,
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

static enum fate fate_in_function(struct default_value *d, struct holder holder)
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

static enum fate fate_of_default(struct default_value *d)
{
    enum fate fate = FATE_READ;
    for (size_t i = 0; i < d->holders.n && fate != FATE_CHANGED; i++) {
        enum fate here = fate_in_function(d, d->holders.items[i]);
        fate = here > fate ? here : fate;
    }
    return fate;
}

/* ---- parameters ---- */

/* The last name of an annotation: "Sequence" for `typing.Sequence[str]`; "" for others. */
static const char *annotation_name(const struct facts *facts, uint32_t annotation)
{
    const struct op *op = &facts->ops[annotation];
    if (op->kind == OP_ITEM) {
        op = &facts->ops[op->a];
    }
    if (op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING) {
        return facts_name(facts, op->a);
    }
    return op->kind == OP_LOAD        ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                      : "";
}

static bool promises_not_to_change(const struct facts *facts, uint32_t annotation)
{
    static const char *const types[] = {"Sequence",  "Mapping",    "Collection",
                                        "Container", "Iterable",   "AbstractSet",
                                        "Sized",     "Reversible", NULL};
    if (annotation == NONE) {
        return false;
    }
    const char *name = annotation_name(facts, annotation);
    for (const char *const *type = types; *type != NULL; type++) {
        size_t length = strlen(*type);
        if (strncmp(name, *type, length) == 0 && (name[length] == '\0' || name[length] == '[')) {
            return true;
        }
    }
    return false;
}

/* `_cache={}`, `memo={}`: shared on purpose. */
static bool is_shared_on_purpose(const char *name)
{
    return *name == '_' || strstr(name, "cache") != NULL || strstr(name, "memo") != NULL;
}

/* `def seen(name, names={})` in a function: new at each call of the outer one, and most often kept
 * on purpose, as a variable between the calls of the inner one. */
static bool is_state_of_nested(const struct facts *facts, const struct scope *scope)
{
    return scope->parent != NONE && facts->scopes[scope->parent].kind == SCOPE_FUNCTION;
}

static const char *const fate_is[] = {
    [FATE_READ] = "read",
    [FATE_HANDED_ON] = "handed on",
    [FATE_KEPT] = "kept",
    [FATE_CHANGED] = "changed",
};

/* ---- the fix ---- */

static bool is_local_name(const struct facts *facts, const struct scope *scope, uint32_t name)
{
    for (uint32_t i = 0; i < scope->n_variables; i++) {
        if (facts->variables[scope->first_variable + i].name == name) {
            return true;
        }
    }
    return false;
}

/* Whether an op of a default means the same in the function as outside. */
static bool means_the_same(const struct facts *facts, const struct op *op,
                           const struct scope *scope)
{
    if (op->kind == OP_FUNCTION || op->kind == OP_AWAIT || op->kind == OP_YIELD
        || op->kind == OP_YIELD_FROM) {
        return false;
    }
    if (op->kind != OP_LOAD && op->kind != OP_TARGET_NAME) {
        return true;
    }
    const struct variable *variable = &facts->variables[op->a];
    if (variable->flags & VARIABLE_IN_COMPREHENSION) {
        return true;
    }
    return op->kind == OP_LOAD && variable->scope == 0
           && !is_local_name(facts, scope, variable->name);
}

/* The ops of an expression stand together: what it is made of before it, what it holds behind. */
static bool can_move_inside(const struct facts *facts, uint32_t value, const struct scope *scope)
{
    uint32_t start = facts->ops[value].start, end = op_end(&facts->ops[value]);
    uint32_t first = value, last = value;
    while (first > 0 && facts->ops[first - 1].start >= start && facts->ops[first - 1].start < end) {
        first--;
    }
    while (last + 1 < facts->n_ops && facts->ops[last + 1].start >= start
           && facts->ops[last + 1].start < end) {
        last++;
    }
    for (uint32_t i = first; i <= last; i++) {
        if (!means_the_same(facts, &facts->ops[i], scope)) {
            return false;
        }
    }
    return true;
}

static bool is_none(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_CONSTANT && facts->ops[value].aux == CONSTANT_NONE;
}

static bool loads(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable;
}

/* Whether None means something to the function already. */
static bool knows_none(const struct facts *facts, const struct scope *scope, uint32_t variable)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_COMPARE
            && ((loads(facts, op->a, variable) && is_none(facts, op->b))
                || (loads(facts, op->b, variable) && is_none(facts, op->a)))) {
            return true;
        }
    }
    return false;
}

/* `count=[0]` is how a function keeps a number from call to call. */
static bool is_cell(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_DISPLAY && op->aux == CONTAINER_LIST && op->b == 1;
}

/* None as the default, and the object made at each call. */
static void offer_none(struct check *check, struct finding *finding, const struct scope *scope,
                       const struct parameter *parameter)
{
    uint32_t file = finding->place.file, value = parameter->default_value;
    const struct facts *facts = check->program->files[file];
    const char *name = variable_name(facts, parameter->variable);
    if (scope->kind != SCOPE_FUNCTION || is_state_of_nested(facts, scope) || is_cell(facts, value)
        || !can_move_inside(facts, value, scope) || knows_none(facts, scope, parameter->variable)) {
        return;
    }
    struct place place = place_of_op(file, &facts->ops[value]);
    struct place function = {file, scope->start, scope->end};
    finding_change(check, finding, CHANGE_REPLACE, place, "None");
    finding_change(check, finding, CHANGE_BEGIN_BODY, function, "if %s is None:\n\t%s = \1", name,
                   name)
        ->quoted[0] = place;
}

static void report_parameter(struct check *check, uint32_t file, const struct scope *scope,
                             const struct parameter *parameter, enum fate fate)
{
    const struct facts *facts = check->program->files[file];
    const char *name = variable_name(facts, parameter->variable);
    const char *kind = mutable_kind(facts, parameter->default_value);
    struct finding *finding = rule_report(
        check, place_of_op(file, &facts->ops[parameter->default_value]), kind,
        arena_format(&check->scratch, "all calls of '%s'", facts_name(facts, scope->name)),
        arena_format(&check->scratch, ", and '%s' is %s", name, fate_is[fate]));
    finding->confidence = fate == FATE_CHANGED ? CONFIDENCE_CERTAIN
                          : fate == FATE_KEPT  ? CONFIDENCE_LIKELY
                                               : CONFIDENCE_POSSIBLE;
    if (is_state_of_nested(facts, scope)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_remedy(check, finding, "write '%s=None' and make the %s in the function", name, kind);
    offer_none(check, finding, scope, parameter);
}

static enum fate fate_of_parameter(struct check *check, uint32_t file, uint32_t scope,
                                   const struct parameter *parameter)
{
    const struct facts *facts = check->program->files[file];
    uint32_t value = parameter->default_value;
    struct default_value d = {.program = check->program,
                              .kind = mutable_kind(facts, value),
                              .is_empty = is_empty(facts, value),
                              .holds_mutable = holds_mutable(facts, value)};
    add_holder(&d, file, scope, parameter->variable);
    enum fate fate = fate_of_default(&d);
    array_free(&d.holders);
    pair_table_free(&d.seen);
    return fate;
}

static void check_parameter(struct check *check, uint32_t file, uint32_t scope,
                            const struct parameter *parameter)
{
    const struct facts *facts = check->program->files[file];
    if (parameter->default_value == NONE || mutable_kind(facts, parameter->default_value) == NULL
        || is_shared_on_purpose(variable_name(facts, parameter->variable))) {
        return;
    }
    enum fate fate = fate_of_parameter(check, file, scope, parameter);
    bool is_reported =
        fate == FATE_CHANGED
        || (fate != FATE_READ && !promises_not_to_change(facts, parameter->annotation));
    if (is_reported) {
        report_parameter(check, file, &facts->scopes[scope], parameter, fate);
    }
}

/* ---- fields ---- */

enum field_kind { FIELD_NONE, FIELD_DATACLASS, FIELD_SHARED };

static enum field_kind kind_of_fields(const struct program *program, uint32_t class)
{
    static const char *const attrs[] = {"attr.s",       "attr.attrs",   "attr.dataclass",
                                        "attr.define",  "attr.frozen",  "attr.mutable",
                                        "attrs.define", "attrs.frozen", "attrs.mutable"};
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    if (facts_find_decorator(facts, c->scope, "dataclasses.dataclass") != NONE) {
        return FIELD_DATACLASS;
    }
    for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++) {
        if (facts_find_decorator(facts, c->scope, attrs[i]) != NONE) {
            return FIELD_SHARED;
        }
    }
    return classes_derive_from(program, class, "typing.NamedTuple") ? FIELD_SHARED : FIELD_NONE;
}

/* `field(default=[])`: the default in it; else the value itself. */
static uint32_t default_in(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {"dataclasses.field", "attr.ib", "attr.attrib",
                                         "attr.field", "attrs.field"};
    if (facts->ops[value].kind != OP_CALL) {
        return value;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (facts_spells(facts, facts->ops[value].a, makers[i])) {
            return facts_argument(facts, value, -1, "default");
        }
    }
    return value;
}

/* The annotation of the field that a class body's store makes, or NONE: no field. */
static uint32_t annotation_of(const struct facts *facts, const struct scope *body,
                              uint32_t variable)
{
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ANNOTATE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == variable) {
            return op->b;
        }
    }
    return NONE;
}

static bool is_field(const struct facts *facts, const struct scope *body, uint32_t store)
{
    const struct op *op = &facts->ops[store];
    if (default_in(facts, op->b) != op->b) {
        return true; /* attr.ib() needs no annotation */
    }
    uint32_t annotation = annotation_of(facts, body, facts->ops[op->a].a);
    if (annotation == NONE) {
        return false;
    }
    const char *type = annotation_name(facts, annotation);
    return strcmp(type, "ClassVar") != 0 && strncmp(type, "ClassVar[", 9) != 0
           && strstr(type, ".ClassVar") == NULL;
}

static void check_field(struct check *check, uint32_t file, uint32_t value, enum field_kind kind,
                        const char *name)
{
    const struct facts *facts = check->program->files[file];
    const char *type = mutable_kind(facts, value);
    if (type == NULL) {
        return;
    }
    struct place place = place_of_op(file, &facts->ops[value]);
    struct finding *finding =
        kind == FIELD_DATACLASS
            ? rule_report_as(check, place,
                             "field '%s' has one %s as its default: dataclass refuses it, or all "
                             "instances share it",
                             name, type)
            : rule_report(check, place, type, "all instances",
                          arena_format(&check->scratch, " in field '%s'", name));
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_remedy(check, finding,
                   "use a default_factory (attrs: factory), or None or a tuple as the default");
}

static void check_fields(struct check *check, uint32_t class)
{
    const struct class *c = &check->program->classes->all.items[class];
    const struct facts *facts = check->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    enum field_kind kind = kind_of_fields(check->program, class);
    if (kind == FIELD_NONE) {
        return;
    }
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_NAME || op->b == NONE
            || !is_field(facts, body, i)) {
            continue;
        }
        uint32_t value = default_in(facts, op->b);
        if (value != NONE) {
            check_field(check, c->file, value, kind, variable_name(facts, facts->ops[op->a].a));
        }
    }
}

/* ---- calls ---- */

static bool is_fromkeys(const struct facts *facts, uint32_t callee)
{
    return facts_spells(facts, callee, "dict.fromkeys")
           || facts_spells(facts, callee, "collections.OrderedDict.fromkeys");
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t callee = facts->ops[call].a;
    bool fills_keys = is_fromkeys(facts, callee);
    if (!fills_keys && !facts_spells(facts, callee, "contextvars.ContextVar")) {
        return;
    }
    uint32_t value = fills_keys ? facts_argument(facts, call, 1, "value")
                                : facts_argument(facts, call, -1, "default");
    const char *kind = value == NONE ? NULL : mutable_kind(facts, value);
    if (kind != NULL) {
        struct finding *finding =
            rule_report(check, place_of_op(file, &facts->ops[value]), kind,
                        fills_keys ? "all keys of the dict" : "all contexts of the ContextVar", "");
        finding_remedy(check, finding, "%s",
                       fills_keys ? "write a comprehension, which makes one for each key"
                                  : "use None as the default and set one in each context");
    }
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        bool is_copied = scope->n_parameters > 0 && frameworks_copies_defaults(facts, s);
        for (uint32_t i = 0; i < scope->n_parameters && !is_copied; i++) {
            check_parameter(check, file, s, &facts->parameters[scope->first_parameter + i]);
        }
    }
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL) {
            check_call(check, file, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        check_file(check, file);
    }
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        check_fields(check, class);
    }
}

const struct rule rule_mutable_default = {
    .code = "W9408",
    .name = "mutable-default",
    .message = "one %s is shared by %s%s",
    .why =
        "A default is evaluated once, when the `def` or the class body runs, and lives as long as "
        "the function. What one call stores in it the next one finds there: results that depend "
        "on earlier calls, and a container that only grows. Dataclasses refuse list, dict and "
        "set with a ValueError (whatever is unhashable since 3.11) and share the rest; "
        "NamedTuple, attrs, ContextVar and dict.fromkeys share them all. Fine where nothing "
        "ever changes the object: a tuple or frozenset says so.",
    .instead = "None as the default and a new object in the function; default_factory for a field; "
               "a comprehension in place of dict.fromkeys.",
    .since = "",
    .check = check,
};
