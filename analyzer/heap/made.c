/*
 * made.c - what kind of object an op of the facts makes.
 *
 * Only objects that the collector tracks or counts are of interest.  The kinds have the names of
 * the collector model, which knows what each costs on which version of Python.
 */
#include "heap/made.h"

#include "program/classes.h"
#include "program/link.h"
#include "program/members.h"

#include <string.h>

enum { MAX_TUPLE_NAME = 20, MAX_CELLS = 16 }; /* CPython keeps free lists up to that length */

static const struct made nothing = {.class = NONE, .callee_file = NONE, .callee = NONE};

static struct made one(const char *kind)
{
    struct made made = nothing;
    made.kind = kind;
    return made;
}

const char *made_tuple(uint32_t n_items, bool is_atomic)
{
    static const char *const plain[] = {
        NULL,      "tuple1",  "tuple2",  "tuple3",  "tuple4",  "tuple5",  "tuple6",
        "tuple7",  "tuple8",  "tuple9",  "tuple10", "tuple11", "tuple12", "tuple13",
        "tuple14", "tuple15", "tuple16", "tuple17", "tuple18", "tuple19", "tuple20"};
    static const char *const atomic[] = {NULL,
                                         "atomic-tuple1",
                                         "atomic-tuple2",
                                         "atomic-tuple3",
                                         "atomic-tuple4",
                                         "atomic-tuple5",
                                         "atomic-tuple6",
                                         "atomic-tuple7"};
    if (is_atomic && n_items < sizeof atomic / sizeof *atomic) {
        return atomic[n_items];
    }
    return n_items <= MAX_TUPLE_NAME ? plain[n_items] : "tuple99";
}

/* ---- displays */

static bool is_atomic_value(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {"len",  "int",  "str",   "float", "abs",   "ord", "chr",
                                         "hash", "repr", "round", "bool",  "bytes", "id"};
    while (value != NONE && facts->ops[value].kind == OP_BINARY) {
        value = facts->ops[value].a; /* a + b + c: the first tells */
    }
    if (value == NONE) {
        return false;
    }
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_CALL) {
        for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
            if (facts_spells(facts, op->a, makers[i])) {
                return true;
            }
        }
    }
    return op->kind == OP_CONSTANT || op->kind == OP_COMPARE || op->kind == OP_UNARY;
}

static struct made made_by_display(const struct facts *facts, uint32_t index)
{
    const struct op *op = &facts->ops[index];
    bool is_constant = true, is_atomic = true;
    for (uint32_t i = index + 1; i <= index + op->b; i++) {
        const struct op *element = &facts->ops[i];
        bool is_starred = element->flags & OP_IS_STARRED;
        is_constant = is_constant && !is_starred && facts->ops[element->a].kind == OP_CONSTANT;
        is_atomic = is_atomic && !is_starred && is_atomic_value(facts, element->a);
    }
    struct made made = nothing;
    made.adopts = true;
    switch ((enum container)op->aux) {
    case CONTAINER_LIST:
        made.kind = "list";
        break;
    case CONTAINER_TUPLE: /* a tuple of constants is a constant of the code */
        made.kind = is_constant ? NULL : made_tuple(op->b, is_atomic);
        break;
    case CONTAINER_SET:
        made.kind = "set";
        break;
    case CONTAINER_DICT:
        made.kind = is_atomic ? "atomic-dict" : "dict";
        break;
    case CONTAINER_GENERATOR:
        break;
    }
    return made;
}

static struct made made_by_comprehension(const struct op *op)
{
    static const char *const kinds[] = {"list", "tuple99", "set", "dict", "genexpr"};
    struct made made = one(kinds[op->aux]);
    made.adopts = true;
    return made;
}

/* ---- functions */

/* How many variables of functions around it a nested function uses. */
static uint32_t count_cells(const struct facts *facts, uint32_t scope)
{
    uint32_t seen[MAX_CELLS], n = 0;
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops && n < MAX_CELLS; i++) {
        const struct op *op = &facts->ops[i];
        bool names = op->kind == OP_LOAD || op->kind == OP_TARGET_NAME;
        uint32_t owner = names ? facts->variables[op->a].scope : scope;
        if (owner == scope || owner == 0 || facts->scopes[owner].kind == SCOPE_CLASS) {
            continue;
        }
        uint32_t k = 0;
        while (k < n && seen[k] != op->a) {
            k++;
        }
        if (k == n) {
            seen[n++] = op->a;
        }
    }
    return n;
}

static struct made made_by_function(const struct facts *facts, const struct op *op)
{
    struct made made = one("function");
    made.n_cells = count_cells(facts, op->a);
    made.adopts = true;
    return made;
}

static bool is_generator(const struct facts *facts, uint32_t scope)
{
    return facts->scopes[scope].flags & (SCOPE_IS_GENERATOR | SCOPE_IS_ASYNC);
}

static struct made call_of(const struct program *program, uint32_t file, uint32_t scope)
{
    struct made made = nothing;
    made.callee_file = file;
    made.callee = scope;
    made.kind = is_generator(program->files[file], scope) ? "generator" : NULL;
    return made;
}

/* ---- classes of the program */

static bool is_exception(const struct program *program, uint32_t class)
{
    static const char *const bases[] = {
        "Exception",  "BaseException", "ValueError",  "TypeError",          "RuntimeError",
        "KeyError",   "OSError",       "LookupError", "ArithmeticError",    "AttributeError",
        "IndexError", "ImportError",   "Warning",     "NotImplementedError"};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        if (classes_derive_from(program, class, bases[i])) {
            return true;
        }
    }
    return false;
}

static bool is_named_tuple(const struct program *program, uint32_t class)
{
    return classes_derive_from(program, class, "typing.NamedTuple")
           || classes_derive_from(program, class, "tuple")
           || classes_derive_from(program, class, "collections.namedtuple");
}

/* Whether the methods store anything in an attribute that may hold other objects. */
static bool holds_objects(const struct program *program, uint32_t class)
{
    const struct attribute_store *s = members_stores_of_class(program, class);
    for (; s != NULL; s = members_store_at(program, s->next_of_class)) {
        const struct facts *facts = program->files[s->file];
        const struct op *op = &facts->ops[s->op];
        if (op->kind == OP_STORE && !is_atomic_value(facts, op->b)) {
            return true;
        }
    }
    return false;
}

static bool is_annotated(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_ANNOTATE) {
            return true;
        }
    }
    return false;
}

/* Whether nobody is seen to give its instances an attribute: they then have no dict. */
static bool is_bare(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    bool is_bare = c->is_complete;
    for (uint32_t i = 0; is_bare && i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        const struct class *a = &program->classes->all.items[ancestor];
        is_bare = members_stores_of_class(program, ancestor) == NULL
                  && !is_annotated(program->files[a->file], a->scope);
    }
    return is_bare;
}

/* Whether the body binds __slots__. */
static bool has_slots(const struct program *program, const struct class *c)
{
    const struct facts *facts = program->files[c->file];
    const struct scope *s = &facts->scopes[c->scope];
    uint32_t name = facts_symbol(facts, "__slots__");
    for (uint32_t i = 0; name != NONE && i < s->n_variables; i++) {
        if (facts->variables[s->first_variable + i].name == name) {
            return true;
        }
    }
    return false;
}

struct made made_instance(const struct program *program, uint32_t class)
{
    struct method init;
    const struct class *c = &program->classes->all.items[class];
    bool has_init = classes_find_method(program, class, "__init__", &init);
    if (classes_is_enum(program, class)) {
        return nothing;
    }
    struct made made = one(is_exception(program, class)     ? "exception"
                           : is_named_tuple(program, class) ? "namedtuple"
                           : has_slots(program, c)          ? (has_init ? "slots" : "bare-slots")
                           : is_bare(program, class)        ? "object"
                           : holds_objects(program, class)  ? "instance-of-container"
                                                            : "instance");
    made.class = class;
    made.adopts = true;
    if (has_init) {
        made.callee_file = init.file;
        made.callee = init.scope;
    }
    return made;
}

/* ---- the outside */

static const struct foreign {
    const char *name, *kind;
    bool adopts;
} foreigners[] = {
    {"list", "list", true},
    {"sorted", "list", true},
    {"dict", "dict", true},
    {"set", "set", true},
    {"frozenset", "frozenset", true},
    {"tuple", "tuple99", true},
    {"enumerate", "enumerate", true},
    {"zip", "zip", true},
    {"map", "map", true},
    {"filter", "map", true},
    {"reversed", "reversed", true},
    {"iter", "iterator", true},
    {"super", "super", false},
    {"slice", "slice", false},
    {"memoryview", "memoryview", true},
    {"functools.partial", "partial", true},
    {"functools.partialmethod", "partial", true},
    {"collections.deque", "object", true},
    {"collections.OrderedDict", "object", true},
    {"collections.defaultdict", "object", true},
    {"collections.Counter", "object", true},
    {"collections.namedtuple", "class", false},
    {"types.SimpleNamespace", "instance", true},
    {"types.new_class", "class", false},
    {"dataclasses.make_dataclass", "class", false},
    {"weakref.ref", "weakref", false},
    {"weakref.proxy", "weakref", false},
    {"weakref.WeakMethod", "weakref", false},
    {"fractions.Fraction", "bare-slots", false},
    {"itertools.chain", "object", true},
    {"itertools.islice", "object", true},
    {"itertools.count", "object", false},
    {"itertools.cycle", "object", true},
    {"itertools.repeat", "object", true},
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static struct made made_by_foreign(const char *name, uint32_t n_arguments)
{
    for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
        if (strcmp(foreigners[i].name, name) == 0) {
            bool is_empty_dict = n_arguments == 0 && strcmp(name, "dict") == 0;
            struct made made = one(is_empty_dict ? "atomic-dict" : foreigners[i].kind);
            made.adopts = foreigners[i].adopts;
            return made;
        }
    }
    bool is_raised =
        strchr(name, '.') == NULL && (ends_with(name, "Error") || ends_with(name, "Exception"));
    return is_raised ? one("exception") : nothing;
}

/* Methods of strings, bytes, patterns and dicts, whatever the object's name. */
static struct made made_by_method(const char *name)
{
    static const struct foreign methods[] = {
        {"split", "list", false},
        {"rsplit", "list", false},
        {"splitlines", "list", false},
        {"readlines", "list", false},
        {"findall", "list", false},
        {"items", "view", false},
        {"keys", "view", false},
        {"values", "view", false},
        {"partition", "atomic-tuple3", false},
        {"rpartition", "atomic-tuple3", false},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return one(methods[i].kind);
        }
    }
    return nothing;
}

/* ---- calls */

/* super().name(): the method of the nearest ancestor behind the class the scope stands in. */
static bool find_super(const struct program *program, uint32_t file, uint32_t scope,
                       const char *name, struct method *method)
{
    const struct facts *facts = program->files[file];
    uint32_t body = classes_around(facts, scope);
    uint32_t class = body == NONE ? NONE : classes_of_scope(program, file, body);
    if (class == NONE) {
        return false;
    }
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 1; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_own_method(program, ancestor, name, method)) {
            return true;
        }
    }
    return false;
}

static bool is_super(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CALL && facts_spells(facts, op->a, "super");
}

/* A method by the class of what it is asked of. */
static bool find_method(const struct program *program, uint32_t file, uint32_t scope,
                        const struct op *attribute, struct method *method)
{
    const struct facts *facts = program->files[file];
    const char *name = facts_name(facts, attribute->b);
    if (is_super(facts, attribute->a)) {
        return find_super(program, file, scope, name, method);
    }
    uint32_t class = classes_of_instance(program, file, attribute->a);
    return class != NONE && classes_find_method(program, class, name, method);
}

static struct made made_by_call(struct program *program, uint32_t file, uint32_t scope,
                                const struct op *op)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[op->a];
    struct method method;
    if (op->flags & OP_IS_DECORATOR) {
        return nothing;
    }
    if (callee->kind == OP_ATTRIBUTE && find_method(program, file, scope, callee, &method)) {
        return call_of(program, method.file, method.scope);
    }
    struct entity entity = link_entity(program, file, op->a);
    if (entity.kind == ENTITY_FUNCTION) {
        return call_of(program, entity.file, entity.index);
    }
    if (entity.kind == ENTITY_CLASS) {
        uint32_t class = classes_of_scope(program, entity.file, entity.index);
        return class != NONE ? made_instance(program, class) : nothing;
    }
    if (entity.kind == ENTITY_FOREIGN) {
        const char *name = link_text(program, entity.index);
        bool is_type = op->b == 3 && strcmp(name, "type") == 0;
        return is_type ? one("class") : made_by_foreign(name, op->b);
    }
    return callee->kind == OP_ATTRIBUTE ? made_by_method(facts_name(facts, callee->b)) : nothing;
}

/* `self.m` where m is a method. */
static struct made made_by_attribute(const struct program *program, uint32_t file, uint32_t scope,
                                     uint32_t index)
{
    const struct facts *facts = program->files[file];
    struct method method;
    const struct op *op = &facts->ops[index];
    if (!find_method(program, file, scope, op, &method)) {
        return nothing;
    }
    const struct facts *where = program->files[method.file];
    bool is_plain = facts_first_decorator(where, method.scope) == NONE;
    struct made made = one(is_plain ? "method" : NULL);
    made.adopts = is_plain;
    return made;
}

/* A `for` loop asks its iterable for an iterator; a range's is not counted. */
static struct made made_by_loop(const struct facts *facts, const struct op *op)
{
    if (op->aux == LOOP_WHILE || op->a == NONE) {
        return nothing;
    }
    const struct op *iterable = &facts->ops[op->a];
    bool is_own_iterator = iterable->kind == OP_CALL;
    return is_own_iterator ? nothing : one("iterator");
}

struct made made_by_op(struct program *program, uint32_t file, uint32_t scope, uint32_t index)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[index];
    switch ((int)op->kind) {
    case OP_DISPLAY:
        return made_by_display(facts, index);
    case OP_COMPREHENSION:
        return made_by_comprehension(op);
    case OP_FUNCTION:
        return made_by_function(facts, op);
    case OP_CLASS:
        return one("class");
    case OP_CALL:
        return made_by_call(program, file, scope, op);
    case OP_ATTRIBUTE:
        return made_by_attribute(program, file, scope, index);
    case OP_LOOP:
        return made_by_loop(facts, op);
    default:
        return nothing;
    }
}
