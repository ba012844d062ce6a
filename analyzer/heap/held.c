/*
 * held.c - follows a value through names, displays, calls and annotations to classes.
 *
 * A list of what is still to be looked at takes the place of recursion; the same thing is looked at
 * once, so names that lead in a circle end.
 */
#include "heap/held.h"

#include "heap/walk.h"
#include "program/classes.h"
#include "program/link.h"

#include <string.h>

enum { MAX_STEPS = 300 }; /* a display of 300 parts is data, not a web of objects */

enum how {
    OF_VALUE,
    OF_ELEMENT,   /* of what an index or a loop takes out of a container */
    OF_OPERAND,   /* of an operator, whose result is another object */
    OF_ANNOTATION /* of a type */
};

struct item {
    uint32_t file, op;
    uint8_t how;
    const char *via;
};

struct search {
    struct program *program;
    struct held_set *out;
    struct {
        ARRAY_OF(struct item);
    } items; /* all that were met; those from the one in hand on are to come */
};

static void be_unknown(struct search *search, const char *reason)
{
    if (search->out->unknown == NULL) {
        search->out->unknown = reason;
    }
}

static void look_at(struct search *search, struct item item)
{
    for (size_t i = 0; i < search->items.n; i++) {
        const struct item *old = &search->items.items[i];
        if (old->op == item.op && old->file == item.file && old->how == item.how) {
            return;
        }
    }
    if (search->items.n == MAX_STEPS) {
        be_unknown(search, "too many values");
        return;
    }
    *array_push(&search->items) = item;
}

static void look_on(struct search *search, const struct item *from, uint32_t op)
{
    if (op != NONE) {
        look_at(search, (struct item){from->file, op, from->how, from->via});
    }
}

static const struct facts *facts_of(const struct search *search, const struct item *item)
{
    return search->program->files[item->file];
}

/* ---- classes ---- */

static void add_class(struct search *search, const struct item *item, uint32_t class, bool is_exact)
{
    if (item->how == OF_ELEMENT || item->how == OF_OPERAND) {
        be_unknown(search, "what a method of an object gives");
        return;
    }
    struct held held = {.class = class, .is_exact = is_exact, .via = item->via};
    for (size_t i = 0; i < search->out->n; i++) {
        const struct held *old = &search->out->items[i];
        if (old->class == class && old->is_exact == is_exact && !old->is_behind
            && strcmp(old->via, held.via) == 0) {
            return;
        }
    }
    *array_push(search->out) = held;
}

static void add_behind(struct search *search, uint32_t class)
{
    *array_push(search->out) = (struct held){.class = class, .is_behind = true, .via = ""};
}

/* ---- the outside ---- */

enum foreign_kind {
    FOREIGN_UNKNOWN,
    FOREIGN_PLAIN, /* holds nothing of the program's */
    FOREIGN_HOLDER /* holds what it is given */
};

static const struct foreign_name {
    const char *name;
    const char *via; /* how a holder holds; NULL: plain */
} foreign_names[] = {
    {"int", NULL},
    {"float", NULL},
    {"complex", NULL},
    {"bool", NULL},
    {"str", NULL},
    {"bytes", NULL},
    {"bytearray", NULL},
    {"range", NULL},
    {"slice", NULL},
    {"len", NULL},
    {"abs", NULL},
    {"hash", NULL},
    {"id", NULL},
    {"ord", NULL},
    {"chr", NULL},
    {"repr", NULL},
    {"isinstance", NULL},
    {"issubclass", NULL},
    {"hasattr", NULL},
    {"callable", NULL},
    {"any", NULL},
    {"all", NULL},
    {"round", NULL},
    {"type", NULL},
    {"None", NULL},
    {"input", NULL},
    {"open", NULL},
    {"object", NULL},
    {"typing.Type", NULL},
    {"typing.Literal", NULL},
    {"typing.Text", NULL},
    {"weakref.ref", NULL},
    {"weakref.ReferenceType", NULL},
    {"weakref.proxy", NULL},
    {"weakref.WeakMethod", NULL},
    {"weakref.WeakSet", NULL},
    {"weakref.WeakKeyDictionary", NULL},
    {"weakref.WeakValueDictionary", NULL},
    {"threading.Lock", NULL},
    {"threading.RLock", NULL},
    {"threading.Event", NULL},
    {"threading.Condition", NULL},
    {"threading.Semaphore", NULL},
    {"threading.get_ident", NULL},
    {"time.time", NULL},
    {"time.monotonic", NULL},
    {"time.perf_counter", NULL},
    {"re.compile", NULL},
    {"logging.getLogger", NULL},
    {"os.getcwd", NULL},
    {"os.getpid", NULL},
    {"os.fspath", NULL},
    {"os.path.join", NULL},
    {"os.path.abspath", NULL},
    {"os.path.basename", NULL},
    {"os.path.dirname", NULL},
    {"pathlib.Path", NULL},
    {"decimal.Decimal", NULL},
    {"datetime.datetime", NULL},
    {"datetime.datetime.now", NULL},
    {"datetime.date", NULL},
    {"datetime.timedelta", NULL},
    {"random.Random", NULL},
    {"random.random", NULL},
    {"uuid.uuid4", NULL},
    {"uuid.UUID", NULL},
    {"io.StringIO", NULL},
    {"io.BytesIO", NULL},
    {"itertools.count", NULL},
    {"array.array", NULL},
    {"list", "list"},
    {"typing.List", "list"},
    {"typing.Sequence", "list"},
    {"typing.MutableSequence", "list"},
    {"typing.Iterable", "list"},
    {"collections.abc.Sequence", "list"},
    {"collections.abc.Iterable", "list"},
    {"collections.deque", "list"},
    {"typing.Deque", "list"},
    {"tuple", "tuple"},
    {"typing.Tuple", "tuple"},
    {"set", "set"},
    {"frozenset", "set"},
    {"typing.Set", "set"},
    {"typing.FrozenSet", "set"},
    {"dict", "dict"},
    {"typing.Dict", "dict"},
    {"typing.Mapping", "dict"},
    {"typing.MutableMapping", "dict"},
    {"collections.abc.Mapping", "dict"},
    {"collections.OrderedDict", "dict"},
    {"typing.OrderedDict", "dict"},
    {"typing.DefaultDict", "dict"},
    {"collections.Counter", "dict"},
    {"sorted", "list"},
    {"reversed", "list"},
    {"enumerate", "list"},
    {"zip", "list"},
    {"iter", "list"},
    {"max", ""},
    {"min", ""},
    {"sum", ""},
    {"functools.partial", "partial"},
    {"typing.Optional", ""},
    {"typing.Union", ""},
    {"typing.Annotated", ""},
    {"typing.ClassVar", ""},
    {"typing.Final", ""},
    {"dataclasses.InitVar", ""},
};

static enum foreign_kind foreign_kind(const char *name, const char **via)
{
    for (size_t i = 0; i < sizeof foreign_names / sizeof *foreign_names; i++) {
        if (strcmp(foreign_names[i].name, name) == 0) {
            *via = foreign_names[i].via;
            return *via == NULL ? FOREIGN_PLAIN : FOREIGN_HOLDER;
        }
    }
    return FOREIGN_UNKNOWN;
}

/* Only the outermost thing that lies between is told. */
static const char *outer_via(const char *old, const char *via)
{
    return *old != '\0' ? old : via;
}

/* ---- values ---- */

static void look_at_arguments(struct search *search, struct item item, uint32_t op)
{
    const struct facts *facts = facts_of(search, &item);
    for (uint32_t i = 1; i <= facts->ops[op].b; i++) {
        look_on(search, &item, facts->ops[op + i].a);
    }
}

static void look_at_elements(struct search *search, struct item item, uint32_t op)
{
    const struct facts *facts = facts_of(search, &item);
    for (uint32_t i = 1; i <= facts->ops[op].b; i++) {
        look_on(search, &item, facts->ops[op + i].a);
        look_on(search, &item, facts->ops[op + i].b);
    }
}

static const char *container_name(uint8_t container)
{
    static const char *const names[] = {"list", "tuple", "set", "dict", "generator"};
    return names[container];
}

static struct item inside(const struct item *item, const char *via)
{
    struct item inner = *item;
    inner.via = item->how == OF_VALUE ? outer_via(item->via, via) : item->via;
    inner.how = item->how == OF_ELEMENT ? OF_VALUE : item->how;
    return inner;
}

static void see_comprehension(struct search *search, const struct item *item)
{
    const struct facts *facts = facts_of(search, item);
    const struct op *op = &facts->ops[item->op];
    if (op->aux == CONTAINER_GENERATOR) {
        be_unknown(search, "a generator");
        return;
    }
    struct item inner = inside(item, container_name(op->aux));
    for (uint32_t i = item->op + 1; i < op->b; i++) {
        if (facts->ops[i].kind == OP_COLLECT && facts->ops[i].a == item->op) {
            look_on(search, &inner, facts->ops[i].b);
        }
    }
}

static void see_return_values(struct search *search, const struct item *item, struct entity entity)
{
    const struct facts *facts = search->program->files[entity.file];
    const struct scope *scope = &facts->scopes[entity.index];
    if (scope->flags & (SCOPE_IS_GENERATOR | SCOPE_IS_ASYNC)) {
        be_unknown(search, "a generator or coroutine");
        return;
    }
    if (facts_first_decorator(facts, entity.index) != NONE) {
        be_unknown(search, "the result of a decorated function");
        return;
    }
    struct item next = {.file = entity.file, .how = item->how, .via = item->via};
    if (scope->returns != NONE) {
        next.how = OF_ANNOTATION;
        look_on(search, &next, scope->returns);
        return;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind == OP_RETURN) {
            look_on(search, &next, facts->ops[i].a);
        }
    }
}

static void see_foreign_call(struct search *search, const struct item *item, uint32_t symbol)
{
    const char *via, *name = link_text(search->program, symbol);
    switch (foreign_kind(name, &via)) {
    case FOREIGN_PLAIN:
        return;
    case FOREIGN_HOLDER:
        look_at_arguments(search, inside(item, via), item->op);
        return;
    case FOREIGN_UNKNOWN:
        if (strcmp(name, "collections.defaultdict") != 0) {
            be_unknown(search, arena_format(search->out->arena, "what %s() gives", name));
        }
        return;
    }
}

static void see_call(struct search *search, const struct item *item)
{
    const struct op *op = &facts_of(search, item)->ops[item->op];
    struct entity entity = link_entity(search->program, item->file, op->a);
    if (entity.kind == ENTITY_CLASS) {
        add_class(search, item, classes_of_scope(search->program, entity.file, entity.index), true);
    } else if (entity.kind == ENTITY_FUNCTION) {
        see_return_values(search, item, entity);
    } else if (entity.kind == ENTITY_FOREIGN) {
        see_foreign_call(search, item, entity.index);
    } else {
        be_unknown(search, "the result of a call");
    }
}

/* A function holds what it captures. */
static void see_function(struct search *search, const struct item *item)
{
    const struct facts *facts = facts_of(search, item);
    uint32_t number = facts->ops[item->op].a;
    const struct scope *scope = &facts->scopes[number];
    if (scope->n_children > 0) {
        be_unknown(search, "functions in functions");
    }
    struct item inner = inside(item, "cell");
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && !is_global_variable(facts, op->a)
            && facts->variables[op->a].scope != number) {
            look_on(search, &inner, i);
        }
    }
}

static const struct parameter *parameter_of(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        if (facts->parameters[scope->first_parameter + i].variable == variable) {
            return &facts->parameters[scope->first_parameter + i];
        }
    }
    return NULL;
}

static void see_parameter(struct search *search, const struct item *item,
                          const struct parameter *parameter)
{
    const struct facts *facts = facts_of(search, item);
    struct item next = *item;
    if (parameter->annotation == NONE || parameter->kind == PARAMETER_STAR
        || parameter->kind == PARAMETER_DOUBLE_STAR) {
        be_unknown(search, arena_format(search->out->arena, "argument '%s'",
                                        variable_name(facts, parameter->variable)));
        return;
    }
    next.how = OF_ANNOTATION;
    look_on(search, &next, parameter->annotation);
    look_on(search, item, parameter->default_value);
}

/* Whether a container may be filled after it was made. */
static bool is_fillable(const struct op *op)
{
    return (op->kind == OP_DISPLAY && op->aux != CONTAINER_TUPLE) || op->kind == OP_COMPREHENSION
           || op->kind == OP_CALL;
}

static void see_variable(struct search *search, const struct item *item, uint32_t file,
                         uint32_t variable)
{
    const struct facts *facts = search->program->files[file];
    uint32_t binding = search->program->link->bindings[file][variable];
    const struct parameter *parameter = parameter_of(facts, variable);
    struct item next = {.file = file, .how = item->how, .via = item->via};
    if (parameter != NULL && !(facts->variables[variable].flags & VARIABLE_IS_REBOUND)) {
        see_parameter(search, &next, parameter);
        return;
    }
    if (binding == NONE) {
        be_unknown(search, arena_format(search->out->arena, "variable '%s'",
                                        variable_name(facts, variable)));
        return;
    }
    const struct op *op = &facts->ops[binding];
    if (is_fillable(op)
        && (op->kind != OP_CALL
            || link_entity(search->program, file, op->a).kind == ENTITY_FOREIGN)) {
        be_unknown(search, arena_format(search->out->arena, "what variable '%s' is filled with",
                                        variable_name(facts, variable)));
    }
    look_on(search, &next, binding);
}

/* The class whose `self` the value is, or NONE. */
static uint32_t class_of_self(const struct search *search, const struct item *item, uint32_t value)
{
    const struct facts *facts = facts_of(search, item);
    if (facts->ops[value].kind != OP_LOAD || !classes_is_self(facts, value)) {
        return NONE;
    }
    uint32_t method = facts->variables[facts->ops[value].a].scope;
    return classes_of_scope(search->program, item->file, facts->scopes[method].parent);
}

/* What modules, classes and plain functions hold lives as long as the program. */
static bool is_lasting(struct entity entity)
{
    return entity.kind == ENTITY_CLASS || entity.kind == ENTITY_FUNCTION
           || entity.kind == ENTITY_MODULE || entity.kind == ENTITY_FOREIGN;
}

static bool is_nested_function(const struct search *search, struct entity entity)
{
    return entity.kind == ENTITY_FUNCTION
           && search->program->files[entity.file]->scopes[entity.index].depth > 1;
}

static void see_load(struct search *search, const struct item *item)
{
    const struct op *op = &facts_of(search, item)->ops[item->op];
    uint32_t class = class_of_self(search, item, item->op);
    if (class != NONE) {
        add_class(search, item, class, false);
        return;
    }
    struct entity entity = link_entity(search->program, item->file, item->op);
    if (is_lasting(entity) && !is_nested_function(search, entity)) {
        return;
    }
    if (entity.kind == ENTITY_VALUE) {
        see_variable(search, item, entity.file, entity.index);
        return;
    }
    see_variable(search, item, item->file, op->a);
}

static bool is_method_name(const struct program *program, uint32_t class, const char *name)
{
    struct method method;
    return classes_find_method(program, class, name, &method);
}

static void see_attribute(struct search *search, const struct item *item)
{
    const struct facts *facts = facts_of(search, item);
    const struct op *op = &facts->ops[item->op];
    uint32_t class = class_of_self(search, item, op->a);
    const char *name = facts_name(facts, op->b);
    if (class != NONE && is_method_name(search->program, class, name)) {
        struct item inner = inside(item, "method");
        add_class(search, &inner, class, false);
        return;
    }
    if (class != NONE || is_lasting(link_entity(search->program, item->file, item->op))) {
        return;
    }
    class = classes_of_instance(search->program, item->file, op->a);
    if (class == NONE) {
        be_unknown(search, arena_format(search->out->arena, "attribute '%s' of an object", name));
        return;
    }
    add_behind(search, class);
}

static void see_value(struct search *search, const struct item *item)
{
    const struct op *op = &facts_of(search, item)->ops[item->op];
    struct item next = *item;
    switch (op->kind) {
    case OP_CONSTANT:
    case OP_COMPARE:
    case OP_SLICE:
    case OP_IMPORT:
    case OP_IMPORT_FROM:
    case OP_CLASS:
        return;
    case OP_UNARY:
    case OP_BINARY:
        next.how = OF_OPERAND;
        look_on(search, &next, op->aux == OPERATOR_NOT ? NONE : op->a);
        look_on(search, &next, op->kind == OP_BINARY ? op->b : NONE);
        return;
    case OP_EITHER:
        look_on(search, item, op->a);
        look_on(search, item, op->b);
        return;
    case OP_DISPLAY:
        look_at_elements(search, inside(item, container_name(op->aux)), item->op);
        return;
    case OP_COMPREHENSION:
        see_comprehension(search, item);
        return;
    case OP_CALL:
        see_call(search, item);
        return;
    case OP_FUNCTION:
        see_function(search, item);
        return;
    case OP_LOAD:
        see_load(search, item);
        return;
    case OP_ATTRIBUTE:
        see_attribute(search, item);
        return;
    case OP_ITEM:
    case OP_NEXT:
    case OP_UNPACKED:
        next.how = OF_ELEMENT;
        look_on(search, &next, op->a);
        return;
    default:
        be_unknown(search, "a value that nothing names");
        return;
    }
}

/* ---- annotations ---- */

static void see_named_type(struct search *search, const struct item *item, struct entity entity)
{
    const char *via, *name;
    if (entity.kind == ENTITY_CLASS) {
        uint32_t class = classes_of_scope(search->program, entity.file, entity.index);
        if (classes_derive_from(search->program, class, "typing.Protocol")) {
            be_unknown(search, "any class that fits a protocol");
        }
        struct item value = *item;
        value.how = OF_VALUE;
        add_class(search, &value, class, false);
        return;
    }
    name = entity.kind == ENTITY_FOREIGN ? link_text(search->program, entity.index) : "a name";
    if (foreign_kind(name, &via) != FOREIGN_PLAIN || strcmp(name, "object") == 0) {
        be_unknown(search, arena_format(search->out->arena, "type '%s'", name));
    }
}

/* `list[Node]` and the like. */
static void see_generic_type(struct search *search, const struct item *item)
{
    const struct op *op = &facts_of(search, item)->ops[item->op];
    struct entity entity = link_entity(search->program, item->file, op->a);
    const char *via;
    if (entity.kind != ENTITY_FOREIGN) {
        see_named_type(search, item, entity);
        look_on(search, item, op->b);
        return;
    }
    switch (foreign_kind(link_text(search->program, entity.index), &via)) {
    case FOREIGN_PLAIN:
        return;
    case FOREIGN_HOLDER: {
        struct item inner = *item;
        inner.via = outer_via(item->via, via);
        look_on(search, &inner, op->b);
        return;
    }
    case FOREIGN_UNKNOWN:
        be_unknown(search, arena_format(search->out->arena, "type '%s'",
                                        link_text(search->program, entity.index)));
        return;
    }
}

static void see_quoted_type(struct search *search, const struct item *item)
{
    const struct facts *facts = facts_of(search, item);
    const char *via, *text = facts_name(facts, facts->ops[item->op].a);
    struct analysis analysis = {.program = search->program};
    uint32_t class = class_of_annotation(&analysis, item->file, item->op);
    if (class != NONE && text[strcspn(text, "[|")] == '\0') {
        struct item value = *item;
        value.how = OF_VALUE;
        add_class(search, &value, class, false);
    } else if (foreign_kind(text, &via) != FOREIGN_PLAIN) {
        be_unknown(search, arena_format(search->out->arena, "type '%s'", text));
    }
}

static void see_annotation(struct search *search, const struct item *item)
{
    const struct op *op = &facts_of(search, item)->ops[item->op];
    switch (op->kind) {
    case OP_CONSTANT:
        if (op->aux == CONSTANT_STRING && op->a != NONE) {
            see_quoted_type(search, item);
        }
        return;
    case OP_LOAD:
    case OP_ATTRIBUTE:
        see_named_type(search, item, link_entity(search->program, item->file, item->op));
        return;
    case OP_BINARY:
        look_on(search, item, op->a);
        look_on(search, item, op->b);
        return;
    case OP_DISPLAY:
        look_at_elements(search, *item, item->op);
        return;
    case OP_ITEM:
        see_generic_type(search, item);
        return;
    default:
        be_unknown(search, "an annotation that is no type");
        return;
    }
}

/* ---- */

static void follow(struct program *program, struct item first, struct held_set *out)
{
    struct search search = {.program = program, .out = out};
    look_at(&search, first);
    for (size_t i = 0; i < search.items.n; i++) {
        struct item item = search.items.items[i];
        if (item.how == OF_ANNOTATION) {
            see_annotation(&search, &item);
        } else {
            see_value(&search, &item);
        }
    }
    array_free(&search.items);
}

void held_by_value(struct program *program, uint32_t file, uint32_t value, struct held_set *out)
{
    follow(program, (struct item){file, value, OF_VALUE, ""}, out);
}

void held_by_annotation(struct program *program, uint32_t file, uint32_t value,
                        struct held_set *out)
{
    follow(program, (struct item){file, value, OF_ANNOTATION, ""}, out);
}

bool held_is_adder(const char *method)
{
    static const char *const names[] = {"append", "add",        "insert", "setdefault",
                                        "update", "appendleft", "extend", "push",
                                        "put",    "__setitem__"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], method) == 0) {
            return true;
        }
    }
    return false;
}
