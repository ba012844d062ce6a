/*
 * types.c - what the text promises about a value's class: annotations, and what a class stores in
 * an attribute.
 */
#include "heap/walk.h"
#include "program/foreign.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

uint32_t class_of_entity(const struct analysis *a, struct entity entity)
{
    return entity.kind == ENTITY_CLASS ? classes_of_scope(a->program, entity.file, entity.index)
                                       : NONE;
}

/* "pkg.Node" written in quotes: looked up as the file would. */
static uint32_t class_of_text(struct analysis *a, uint32_t file, const char *text)
{
    size_t length = strcspn(text, "[ |");
    char *name = strndup(text, length);
    if (name == NULL) {
        die("out of memory");
    }
    uint32_t known = link_find_symbol(a->program, name, length);
    free(name);
    return known == TABLE_NONE || strchr(link_text(a->program, known), '.') != NULL
               ? NONE
               : class_of_entity(a, link_member(a->program, file, known));
}

static bool is_none(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_CONSTANT && facts->ops[value].aux == CONSTANT_NONE;
}

/* `Optional[Node]`: it says no more than that it may be None, or what to do with it. */
static bool is_wrapper(const struct analysis *a, struct entity entity)
{
    static const char *const wrappers[] = {"typing.Optional", "typing.Annotated", "typing.ClassVar",
                                           "typing.Final"};
    for (size_t i = 0; entity.kind == ENTITY_FOREIGN && i < sizeof wrappers / sizeof *wrappers;
         i++) {
        if (strcmp(link_text(a->program, entity.index), wrappers[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* `Node`, `"Node"`, `Optional[Node]`, `Node | None`, `Node[int]`: the op of `Node`, or NONE; not
 * `list[Node]`, which is a list. */
static uint32_t named_by_annotation(const struct analysis *a, uint32_t file, uint32_t value)
{
    const struct facts *facts = a->program->files[file];
    for (int steps = 0; value != NONE && steps < 8; steps++) {
        const struct op *op = &facts->ops[value];
        switch (op->kind) {
        case OP_CONSTANT:
        case OP_LOAD:
        case OP_ATTRIBUTE:
            return value;
        case OP_BINARY:
            value = is_none(facts, op->a) ? op->b : op->a;
            break;
        case OP_ITEM:
            if (!is_wrapper(a, link_entity(a->program, file, op->a))) {
                return op->a; /* a generic class */
            }
            value = op->b;
            break;
        default:
            return NONE;
        }
    }
    return NONE;
}

uint32_t class_of_annotation(struct analysis *a, uint32_t file, uint32_t value)
{
    uint32_t named = named_by_annotation(a, file, value);
    if (named == NONE) {
        return NONE;
    }
    const struct facts *facts = a->program->files[file];
    const struct op *op = &facts->ops[named];
    if (op->kind != OP_CONSTANT) {
        return class_of_entity(a, link_entity(a->program, file, named));
    }
    return op->aux == CONSTANT_STRING && op->a != NONE
               ? class_of_text(a, file, facts_name(facts, op->a))
               : NONE;
}

/* The symbol that the methods of what a class of another package makes are found by, or NONE. */
static uint32_t instance_of_foreign(const struct analysis *a, uint32_t symbol)
{
    const struct foreign *foreign = foreign_find(a->program, symbol);
    return foreign == NULL || foreign->result != RESULT_INSTANCE ? NONE
           : foreign->gives == NULL                              ? symbol
                                    : link_symbol(a->program, foreign->gives);
}

uint32_t foreign_of_annotation(struct analysis *a, uint32_t file, uint32_t value)
{
    uint32_t named = named_by_annotation(a, file, value);
    if (named == NONE || a->program->files[file]->ops[named].kind == OP_CONSTANT) {
        return NONE;
    }
    struct entity entity = link_entity(a->program, file, named);
    return entity.kind == ENTITY_FOREIGN ? instance_of_foreign(a, entity.index) : NONE;
}

/* The annotation of the parameter that a LOAD names, or NONE. */
static uint32_t annotation_of_variable(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[scope->first_parameter + i];
        if (parameter->variable == variable) {
            return parameter->kind == PARAMETER_PLAIN || parameter->kind == PARAMETER_KEYWORD_ONLY
                           || parameter->kind == PARAMETER_POSITIONAL_ONLY
                       ? parameter->annotation
                       : NONE;
        }
    }
    return NONE;
}

/* The class that a call makes an instance of: named, or kept in the class of `self`
 * (`self.Part(…)`). */
static uint32_t class_of_callee(struct analysis *a, uint32_t file, uint32_t callee)
{
    const struct facts *facts = a->program->files[file];
    const struct op *op = &facts->ops[callee];
    if (op->kind != OP_ATTRIBUTE || !classes_is_self(facts, op->a)) {
        return class_of_entity(a, link_entity(a->program, file, callee));
    }
    uint32_t method = facts->variables[facts->ops[op->a].a].scope;
    uint32_t class = classes_of_scope(a->program, file, facts->scopes[method].parent);
    uint32_t owner, value;
    if (class == NONE
        || !members_find(a->program, class, link_symbol_of(a->program->link, file, op->b), &owner,
                         &value)
        || value == NONE) {
        return NONE;
    }
    uint32_t owner_file = a->program->classes->all.items[owner].file;
    return class_of_entity(a, link_entity(a->program, owner_file, value));
}

/* The class of what a parameter is given, or of what a variable is bound to once. */
static uint32_t class_of_given(struct analysis *a, uint32_t file, uint32_t variable)
{
    const struct facts *facts = a->program->files[file];
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        if (facts->parameters[scope->first_parameter + i].variable == variable) {
            return class_of_parameter(a, file, facts->variables[variable].scope, i);
        }
    }
    uint32_t binding = a->program->link->bindings[file][variable];
    return binding != NONE && facts->ops[binding].kind == OP_CALL
               ? class_of_callee(a, file, facts->ops[binding].a)
               : NONE;
}

static uint8_t container_of_result(enum foreign_result result)
{
    switch ((int)result) {
    case RESULT_LIST:
        return CONTAINER_LIST + 1;
    case RESULT_TUPLE:
        return CONTAINER_TUPLE + 1;
    case RESULT_SET:
        return CONTAINER_SET + 1;
    case RESULT_DICT:
    case RESULT_DEFAULT_DICT:
    case RESULT_WEAK_CONTAINER:
        return CONTAINER_DICT + 1;
    default:
        return 0;
    }
}

static struct attribute_type type_of_foreign_call(const struct analysis *a, uint32_t symbol)
{
    const struct foreign *foreign = foreign_find(a->program, symbol);
    enum foreign_result result = foreign == NULL ? RESULT_UNKNOWN : foreign->result;
    return (struct attribute_type){.class = NONE,
                                   .foreign = instance_of_foreign(a, symbol) + 1,
                                   .is_weak = result == RESULT_WEAK,
                                   .holds_weakly = result == RESULT_WEAK_CONTAINER,
                                   .container = container_of_result(result)};
}

/* `x or X()`: the part that makes something. */
static uint32_t through_either(const struct facts *facts, uint32_t value)
{
    while (facts->ops[value].kind == OP_EITHER) {
        const struct op *op = &facts->ops[value];
        value = facts->ops[op->b].kind == OP_CALL ? op->b : op->a;
    }
    return value;
}

struct attribute_type type_of_value(struct analysis *a, uint32_t file, uint32_t value)
{
    const struct facts *facts = a->program->files[file];
    const struct op *op = &facts->ops[through_either(facts, value)];
    struct attribute_type type = {.class = NONE};
    if (op->kind == OP_CALL) {
        struct entity entity = link_entity(a->program, file, op->a);
        if (entity.kind == ENTITY_FOREIGN) {
            return type_of_foreign_call(a, entity.index);
        }
        type.class = class_of_callee(a, file, op->a);
    } else if (op->kind == OP_LOAD) {
        type.class = class_of_annotation(a, file, annotation_of_variable(facts, op->a));
        type.foreign = foreign_of_annotation(a, file, annotation_of_variable(facts, op->a)) + 1;
        if (type.class == NONE) {
            type.class = class_of_given(a, file, op->a);
        }
    } else if (op->kind == OP_DISPLAY || op->kind == OP_COMPREHENSION) {
        type.container = (uint8_t)(op->aux + 1);
    }
    return type;
}

/* Of classes of other packages. */
static uint32_t join_foreign(uint32_t x, uint32_t y)
{
    return x == y || y == 0 ? x : x == 0 ? y : 0;
}

/* Two stores that disagree leave nothing sure; None agrees with everything. */
static struct attribute_type join_types(struct attribute_type x, struct attribute_type y)
{
    return (struct attribute_type){
        .class = x.class == y.class || y.class == NONE ? x.class
                 : x.class == NONE                     ? y.class
                                                       : NONE,
        .foreign = x.class != NONE || y.class != NONE ? 0 : join_foreign(x.foreign, y.foreign),
        .is_weak = x.is_weak && y.is_weak,
        .holds_weakly = x.holds_weakly && y.holds_weakly,
        .container = x.container == y.container ? x.container : 0,
    };
}

/* By its highest bits: a class, a class of another package, or none of them. */
static const uint32_t packed_foreign = 0x40000000u;

static uint32_t pack_type(struct attribute_type type)
{
    if (type.class == NONE && type.foreign != 0) {
        return packed_foreign | type.foreign;
    }
    return type.class == NONE ? 0x80000000u | type.is_weak | (uint32_t)type.holds_weakly << 1
                                    | (uint32_t)type.container << 2
                              : type.class;
}

static struct attribute_type unpack_type(uint32_t packed)
{
    if (!(packed & 0x80000000u)) {
        if (packed & packed_foreign) {
            return (struct attribute_type){.class = NONE, .foreign = packed & ~packed_foreign};
        }
        return (struct attribute_type){.class = packed};
    }
    return (struct attribute_type){.class = NONE,
                                   .is_weak = packed & 1,
                                   .holds_weakly = packed >> 1 & 1,
                                   .container = (uint8_t)(packed >> 2 & 0xff)};
}

struct attribute_type type_of_attribute(struct analysis *a, uint32_t class, uint32_t symbol)
{
    if (class == NONE) {
        return (struct attribute_type){.class = NONE};
    }
    uint32_t packed = pair_table_get(&a->attribute_types, pair_key(class, symbol));
    if (packed != TABLE_NONE) {
        return unpack_type(packed);
    }
    struct attribute_type type = {.class = NONE};
    bool is_first = true;
    const struct attribute_store *store = members_stores(a->program, class, symbol);
    while (store != NULL) {
        const struct facts *facts = a->program->files[store->file];
        if (!store->is_kill) {
            struct attribute_type next = type_of_value(a, store->file, facts->ops[store->op].b);
            type = is_first ? next : join_types(type, next);
            is_first = false;
        }
        store = store->next == NONE ? NULL : &a->program->members->stores.items[store->next];
    }
    pair_table_set(&a->attribute_types, pair_key(class, symbol), pack_type(type));
    return type;
}
