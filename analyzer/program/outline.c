/*
 * outline.c - what one file says of its classes.
 *
 * One pass over the ops: each store to `self.name` in a method, and to a name in a class body, is
 * one of an attribute; what is stored there, or declared, may be spelled by a dotted name.
 */
#include "program/outline.h"

#include "base/error.h"
#include "base/table.h"
#include "program/classes.h"

#include <stdlib.h>
#include <string.h>

struct finding_outline {
    const struct facts *facts;
    struct arena *arena;
    struct outline *outline;
    uint32_t *class_of;              /* by scope: the index of the class, NONE for others */
    uint32_t *self_of;               /* by scope: the variable, NONE when it has none */
    struct pair_table attributes[2]; /* class, symbol → attribute: of instances, of the class */
    struct name_table refs;
};

/* ---- classes ---- */

static const char *bases_of(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    const char *bases = "";
    uint32_t class = facts->scopes[scope].defined_at;
    for (uint32_t i = 0; i < facts->ops[class].b; i++) {
        const struct op *argument = &facts->ops[class + 1 + i];
        bool is_base = argument->kind == OP_ARGUMENT && argument->b == NONE;
        uint32_t value = is_base ? argument->a : NONE;
        if (value != NONE && facts->ops[value].kind == OP_ITEM) {
            value = facts->ops[value].a; /* Generic[T] */
        }
        const char *name = value != NONE ? facts_dotted_name(facts, value, arena) : NULL;
        if (name != NULL) {
            bases = arena_format(arena, "%s%s%s", bases, *bases != '\0' ? ", " : "", name);
        }
    }
    return bases;
}

static void find_classes(struct finding_outline *finding)
{
    const struct facts *facts = finding->facts;
    for (uint32_t i = 0; i < facts->n_scopes; i++) {
        const struct scope *scope = &facts->scopes[i];
        finding->class_of[i] = NONE;
        finding->self_of[i] = i > 0 ? classes_self_of(facts, i) : NONE;
        if (scope->kind == SCOPE_CLASS) {
            finding->class_of[i] = (uint32_t)finding->outline->classes.n;
            *array_push(&finding->outline->classes) = (struct outline_class){
                .name = facts_qualified_name(facts, i, finding->arena),
                .bases = bases_of(facts, i, finding->arena),
                .start = scope->name_start,
            };
        }
    }
}

/* ---- attributes ---- */

static uint32_t attribute_at(struct finding_outline *finding, uint32_t class, uint32_t symbol,
                             bool is_of_class, uint32_t start)
{
    uint32_t next = (uint32_t)finding->outline->attributes.n;
    uint32_t index =
        pair_table_put(&finding->attributes[is_of_class], pair_key(class, symbol), next);
    if (index == next) {
        *array_push(&finding->outline->attributes) = (struct outline_attribute){
            .class = class,
            .name = facts_name(finding->facts, symbol),
            .is_of_class = is_of_class,
            .start = start,
        };
    }
    return index;
}

/* The attribute that the target of a store or annotation is, or NONE. */
static uint32_t attribute_of(struct finding_outline *finding, uint32_t target)
{
    const struct facts *facts = finding->facts;
    const struct op *op = &facts->ops[target];
    if (op->kind == OP_TARGET_NAME) {
        const struct variable *variable = &facts->variables[op->a];
        uint32_t class = finding->class_of[variable->scope];
        return class == NONE ? NONE : attribute_at(finding, class, variable->name, true, op->start);
    }
    if (op->kind != OP_TARGET_ATTRIBUTE || facts->ops[op->a].kind != OP_LOAD) {
        return NONE;
    }
    uint32_t self = facts->ops[op->a].a, method = facts->variables[self].scope;
    if (finding->self_of[method] != self) {
        return NONE;
    }
    uint32_t class = finding->class_of[facts->scopes[method].parent];
    return attribute_at(finding, class, op->b, false, op->start);
}

/* ---- what they refer to ---- */

static void add_ref(struct finding_outline *finding, uint32_t attribute, const char *target,
                    const char *how, uint32_t start)
{
    const char *key = arena_format(finding->arena, "%u %s %s", attribute, how, target);
    uint32_t next = (uint32_t)finding->outline->refs.n;
    if (name_table_put(&finding->refs, key, strlen(key), next) == next) {
        *array_push(&finding->outline->refs) = (struct outline_ref){attribute, target, how, start};
    }
}

/* Names of parameters and local variables say nothing to others. */
static bool is_local(const struct facts *facts, uint32_t value)
{
    while (facts->ops[value].kind == OP_ATTRIBUTE) {
        value = facts->ops[value].a;
    }
    if (facts->ops[value].kind != OP_LOAD) {
        return true;
    }
    const struct variable *variable = &facts->variables[facts->ops[value].a];
    return facts->scopes[variable->scope].kind > SCOPE_CLASS
           && !(variable->flags & VARIABLE_IS_IMPORTED);
}

static void add_named(struct finding_outline *finding, uint32_t attribute, uint32_t value,
                      const char *how, uint32_t start)
{
    const char *name = value != NONE && !is_local(finding->facts, value)
                           ? facts_dotted_name(finding->facts, value, finding->arena)
                           : NULL;
    if (name != NULL) {
        add_ref(finding, attribute, name, how, start);
    }
}

/* What a parameter is declared as. */
static uint32_t annotation_of(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[scope->first_parameter + i];
        if (parameter->variable == variable && parameter->kind != PARAMETER_STAR
            && parameter->kind != PARAMETER_DOUBLE_STAR) {
            return parameter->annotation;
        }
    }
    return NONE;
}

static void add_value(struct finding_outline *finding, uint32_t attribute, uint32_t value,
                      uint32_t start)
{
    const struct facts *facts = finding->facts;
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_CALL) {
        add_named(finding, attribute, op->a, "call", start);
    } else if (op->kind == OP_LOAD && (facts->variables[op->a].flags & VARIABLE_IS_PARAMETER)) {
        add_named(finding, attribute, annotation_of(facts, op->a), "annotation", start);
    } else if (op->kind == OP_LOAD || op->kind == OP_ATTRIBUTE) {
        add_named(finding, attribute, value, "name", start);
    }
}

static void look_at_op(struct finding_outline *finding, const struct op *op)
{
    bool is_store = op->kind == OP_STORE && !(op->flags & OP_IS_IMPLICIT);
    if (!is_store && op->kind != OP_ANNOTATE) {
        return;
    }
    uint32_t attribute = attribute_of(finding, op->a);
    if (attribute == NONE) {
        return;
    }
    uint32_t start = finding->facts->ops[op->a].start;
    if (is_store) {
        finding->outline->attributes.items[attribute].n_stores++;
        add_value(finding, attribute, op->b, start);
    } else {
        add_named(finding, attribute, op->b, "annotation", start);
    }
}

void outline_find(const struct facts *facts, struct arena *arena, struct outline *outline)
{
    struct finding_outline finding = {
        .facts = facts,
        .arena = arena,
        .outline = outline,
        .class_of = alloc(facts->n_scopes * sizeof *finding.class_of),
        .self_of = alloc(facts->n_scopes * sizeof *finding.self_of),
    };
    *outline = (struct outline){0};
    find_classes(&finding);
    for (uint32_t i = 0; outline->classes.n > 0 && i < facts->n_ops; i++) {
        look_at_op(&finding, &facts->ops[i]);
    }
    free(finding.class_of);
    free(finding.self_of);
    pair_table_free(&finding.attributes[0]);
    pair_table_free(&finding.attributes[1]);
    name_table_free(&finding.refs);
}

void outline_free(struct outline *outline)
{
    array_free(&outline->classes);
    array_free(&outline->attributes);
    array_free(&outline->refs);
}
