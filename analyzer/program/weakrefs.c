/*
 * weakrefs.c - recognising weak references and what CPython refuses to refer to weakly.
 *
 * An object can be weakly referenced when its type has room for the list of its weak references:
 * classes have, unless every class of the ancestry has __slots__ and none names __weakref__; list,
 * dict, str and most other builtins have not, but their subclasses do; int, tuple and bytes, whose
 * objects vary in size, have not even subclassed.
 */
#include "program/weakrefs.h"

#include "facts/uses.h"
#include "program/classes.h"
#include "program/testcode.h"

#include <string.h>

/* ---- makers ---- */

static const char *const container_names[] = {
    [WEAK_NOTHING] = NULL,
    [WEAK_SET] = "weakref.WeakSet",
    [WEAK_KEYS] = "weakref.WeakKeyDictionary",
    [WEAK_VALUES] = "weakref.WeakValueDictionary",
};

static enum weak_container kind_of_call(const struct facts *facts, uint32_t value)
{
    if (value == NONE || facts->ops[value].kind != OP_CALL) {
        return WEAK_NOTHING;
    }
    for (enum weak_container kind = WEAK_SET; kind <= WEAK_VALUES; kind++) {
        if (facts_spells(facts, facts->ops[value].a, container_names[kind])) {
            return kind;
        }
    }
    return WEAK_NOTHING;
}

enum weak_container weakrefs_container(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_ATTRIBUTE) {
        return kind_of_call(facts, uses_origin(facts, value));
    }
    uint32_t class = classes_of_instance(program, file, op->a);
    struct class_value stored;
    return class != NONE && classes_only_value(program, class, facts_name(facts, op->b), &stored)
               ? kind_of_call(program->files[stored.file], stored.value)
               : WEAK_NOTHING;
}

static bool refer(const struct facts *facts, uint32_t call, uint32_t position, const char *maker,
                  struct weak_reference *reference)
{
    uint32_t value = facts_argument(facts, call, (int)position, NULL);
    if (value == NONE) {
        return false;
    }
    *reference =
        (struct weak_reference){.referent = value, .use = call + 1 + position, .maker = maker};
    return true;
}

static bool function_refers(const struct facts *facts, uint32_t call,
                            struct weak_reference *reference)
{
    static const char *const functions[][2] = {
        {"weakref.ref", "weakref.ref()"},
        {"weakref.ReferenceType", "weakref.ref()"},
        {"weakref.proxy", "weakref.proxy()"},
        {"weakref.finalize", "weakref.finalize()"},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (facts_spells(facts, facts->ops[call].a, functions[i][0])) {
            return refer(facts, call, 0, functions[i][1], reference);
        }
    }
    return false;
}

/* `names.add(x)`, `by_name.setdefault(key, x)`. */
static bool method_refers(const struct program *program, uint32_t file, uint32_t call,
                          struct weak_reference *reference)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind != OP_ATTRIBUTE) {
        return false;
    }
    const char *name = facts_name(facts, callee->b);
    bool is_add = strcmp(name, "add") == 0;
    if (!is_add && strcmp(name, "setdefault") != 0) {
        return false;
    }
    enum weak_container kind = weakrefs_container(program, file, callee->a);
    if (kind == WEAK_SET && is_add) {
        return refer(facts, call, 0, "WeakSet.add()", reference);
    }
    if (kind == WEAK_KEYS && !is_add) {
        return refer(facts, call, 0, "WeakKeyDictionary", reference);
    }
    if (kind == WEAK_VALUES && !is_add && refer(facts, call, 1, "WeakValueDictionary", reference)) {
        reference->is_given_back = true;
        return true;
    }
    return false;
}

/* `by_name[key] = x`. */
static bool store_refers(const struct program *program, uint32_t file, uint32_t store,
                         struct weak_reference *reference)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[store];
    const struct op *target = &facts->ops[op->a];
    if (target->kind != OP_TARGET_ITEM || op->flags & OP_IS_AUGMENTED || op->b == NONE) {
        return false;
    }
    enum weak_container kind = weakrefs_container(program, file, target->a);
    if (kind != WEAK_KEYS && kind != WEAK_VALUES) {
        return false;
    }
    *reference = kind == WEAK_KEYS
                     ? (struct weak_reference){target->b, op->a, "WeakKeyDictionary", false}
                     : (struct weak_reference){op->b, store, "WeakValueDictionary", false};
    return reference->referent != NONE;
}

/* Whether the OP_CALL or OP_STORE `op` makes a weak reference: weakref.ref, proxy and finalize, and
 * what the containers of the module weakref hold weakly, as far as it is known that they are such.
 */
static bool find_weak_reference(const struct program *program, uint32_t file, uint32_t op,
                                struct weak_reference *reference)
{
    const struct facts *facts = program->files[file];
    if (facts->ops[op].kind == OP_STORE) {
        return store_refers(program, file, op, reference);
    }
    return facts->ops[op].kind == OP_CALL
           && (function_refers(facts, op, reference)
               || method_refers(program, file, op, reference));
}

static bool makes_none(const struct program *program, uint32_t file)
{
    return facts_symbol(program->files[file], "weakref") == NONE || is_test_code(program, file);
}

bool weakrefs_next(const struct program *program, struct weak_reference_site *site)
{
    site->op++; /* NONE + 1 is 0 */
    for (; site->file < program->n_files; site->file++, site->op = 0) {
        uint32_t n = makes_none(program, site->file) ? 0 : program->files[site->file]->n_ops;
        for (; site->op < n; site->op++) {
            if (find_weak_reference(program, site->file, site->op, &site->reference)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- what is refused ---- */

static const char *name_of_constant(enum constant constant)
{
    switch (constant) {
    case CONSTANT_NONE:
        return "None";
    case CONSTANT_TRUE:
    case CONSTANT_FALSE:
        return "a bool";
    case CONSTANT_ELLIPSIS:
        return "Ellipsis";
    case CONSTANT_INTEGER:
        return "an int";
    case CONSTANT_FLOAT:
        return "a float";
    case CONSTANT_STRING:
    case CONSTANT_FORMATTED:
        return "a str";
    case CONSTANT_BYTES:
        return "a bytes";
    }
    return NULL;
}

static const char *name_of_container(enum container container)
{
    switch (container) {
    case CONTAINER_LIST:
        return "a list";
    case CONTAINER_DICT:
        return "a dict";
    case CONTAINER_TUPLE:
        return "a tuple";
    case CONTAINER_SET:
    case CONTAINER_GENERATOR:
        break;
    }
    return NULL;
}

static const char *name_of_builtin(const struct facts *facts, uint32_t callee)
{
    static const char *const builtins[][2] = {
        {"list", "a list"},
        {"dict", "a dict"},
        {"tuple", "a tuple"},
        {"int", "an int"},
        {"str", "a str"},
        {"float", "a float"},
        {"bytes", "a bytes"},
        {"bool", "a bool"},
        {"range", "a range"},
        {"object", "a plain object()"},
        {"bytearray", "a bytearray"},
        {"complex", "a complex"},
    };
    const struct op *op = &facts->ops[callee];
    if (op->kind != OP_LOAD || !is_builtin_variable(facts, op->a)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (strcmp(variable_name(facts, op->a), builtins[i][0]) == 0) {
            return builtins[i][1];
        }
    }
    return NULL;
}

/* A call of what `Size = collections.namedtuple(…)` made. */
static bool is_named_tuple(const struct facts *facts, uint32_t callee)
{
    const struct op *maker = &facts->ops[uses_origin(facts, callee)];
    return maker->kind == OP_CALL
           && (facts_spells(facts, maker->a, "collections.namedtuple")
               || facts_spells(facts, maker->a, "typing.NamedTuple"));
}

enum room { ROOM, NO_ROOM, ROOM_UNKNOWN };

static bool is_name_string(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING;
}

/* What `__slots__ = value` says about __weakref__. */
static enum room room_in_slots(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (is_name_string(facts, value)) {
        return strcmp(facts_name(facts, op->a), "__weakref__") == 0 ? ROOM : NO_ROOM;
    }
    if (op->kind != OP_DISPLAY) {
        return ROOM_UNKNOWN;
    }
    for (uint32_t i = value + 1; i <= value + op->b; i++) {
        const struct op *element = &facts->ops[i];
        uint32_t name = op->aux == CONTAINER_DICT ? element->b : element->a;
        if (name == NONE || !is_name_string(facts, name)) {
            return ROOM_UNKNOWN;
        }
        if (strcmp(facts_name(facts, facts->ops[name].a), "__weakref__") == 0) {
            return ROOM;
        }
    }
    return NO_ROOM;
}

static bool is_true(const struct facts *facts, uint32_t value)
{
    return value != NONE && facts->ops[value].kind == OP_CONSTANT
           && facts->ops[value].aux == CONSTANT_TRUE;
}

/* A decorator makes a new class with slots, or does not touch them, or nobody knows. */
static enum room room_by_decorators(const struct facts *facts, uint32_t scope)
{
    enum room room = ROOM;
    uint32_t call = facts_first_decorator(facts, scope);
    for (; call != NONE; call = facts_next_decorator(facts, call)) {
        uint32_t decorator = facts->ops[call].a;
        const struct op *op = &facts->ops[decorator];
        bool is_called = op->kind == OP_CALL;
        if (!facts_spells(facts, is_called ? op->a : decorator, "dataclasses.dataclass")) {
            return ROOM_UNKNOWN;
        }
        if (is_called && is_true(facts, facts_argument(facts, decorator, -1, "slots"))
            && facts_argument(facts, decorator, -1, "weakref_slot") == NONE) {
            room = NO_ROOM;
        }
    }
    return room;
}

/* What one class of an ancestry adds. */
static enum room room_of_class(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    struct class_value slots;
    enum room by_decorators = room_by_decorators(facts, c->scope);
    if (by_decorators != ROOM) {
        return by_decorators;
    }
    uint32_t n_slots = classes_count_in_body(program, class, "__slots__", &slots);
    if (n_slots == 0) {
        return ROOM;
    }
    return n_slots == 1 && slots.value != NONE ? room_in_slots(facts, slots.value) : ROOM_UNKNOWN;
}

static bool has_known_metaclass(const struct class *class)
{
    return *class->metaclass == '\0' || strcmp(class->metaclass, "abc.ABCMeta") == 0;
}

static enum room room_by_slots(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    if (!c->is_complete) {
        return ROOM_UNKNOWN;
    }
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (!has_known_metaclass(&program->classes->all.items[ancestor])) {
            return ROOM_UNKNOWN;
        }
        enum room room = room_of_class(program, ancestor);
        if (room != NO_ROOM) {
            return room;
        }
    }
    return NO_ROOM;
}

static const char *base_of_varying_size(const struct program *program, uint32_t class)
{
    static const char *const bases[] = {"tuple", "int", "bytes", "typing.NamedTuple"};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        if (classes_derive_from(program, class, bases[i])) {
            return i == 3 ? "tuple" : bases[i];
        }
    }
    return NULL;
}

const char *weakrefs_refused_class(const struct program *program, uint32_t class,
                                   struct arena *arena)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const char *name = facts_name(facts, facts->scopes[c->scope].name);
    const char *base = base_of_varying_size(program, class);
    if (base != NULL) {
        return classes_is_enum(program, class)
                   ? NULL
                   : arena_format(arena, "an instance of '%s', which is a %s", name, base);
    }
    return room_by_slots(program, class) == NO_ROOM ? arena_format(
               arena, "an instance of '%s', which has __slots__ without __weakref__", name)
                                                    : NULL;
}

/* Whether a class below it may have room: in a method `self` may be one of its instances. */
static bool may_have_room_below(const struct program *program, uint32_t class)
{
    for (uint32_t i = 0; i < program->classes->all.n; i++) {
        if (i != class && classes_is_ancestor(program, class, i)
            && room_by_slots(program, i) != NO_ROOM) {
            return true;
        }
    }
    return false;
}

const char *weakrefs_refused(const struct program *program, uint32_t file, uint32_t value,
                             struct arena *arena, bool *is_certain)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[uses_origin(facts, value)];
    *is_certain = true;
    if (op->kind == OP_CONSTANT) {
        return name_of_constant(op->aux);
    }
    if (op->kind == OP_DISPLAY || op->kind == OP_COMPREHENSION) {
        return name_of_container(op->aux);
    }
    if (op->kind == OP_CALL && name_of_builtin(facts, op->a) != NULL) {
        return name_of_builtin(facts, op->a);
    }
    if (op->kind == OP_CALL && is_named_tuple(facts, op->a)) {
        return "a named tuple";
    }
    uint32_t class = classes_of_instance(program, file, value);
    if (class == NONE) {
        return NULL;
    }
    *is_certain = op->kind == OP_CALL;
    bool is_exact = *is_certain || !program->classes->all.items[class].has_subclass;
    return is_exact || !may_have_room_below(program, class)
               ? weakrefs_refused_class(program, class, arena)
               : NULL;
}
