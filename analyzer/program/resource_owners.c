/*
 * resource_owners.c - resources kept in attributes: who could close them.
 *
 * An attribute is followed by its name through the whole program: each `x.name`, whatever x is, is
 * traced in its scope as an acquisition would be.  If any of them is closed, entered, returned or
 * handed on, or if the name occurs as a string (getattr), the attribute counts as released.  So a
 * finding means that nobody who knows the name does anything but use it.
 */
#include "program/resource_site.h"

#include <string.h>

static bool is_released_at(const struct site *pattern, uint32_t scope, uint32_t attribute,
                           const struct scope_view *view)
{
    struct site site = *pattern;
    site.view = view;
    site.scope = scope;
    site.call = site.value = attribute;
    site_trace(&site);
    return site.n_closed + site.n_given + site.n_entered > 0 || site.is_hidden;
}

static bool is_string(const struct op *op, uint32_t symbol)
{
    return op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING && op->a == symbol;
}

static bool is_released_in_scope(const struct site *pattern, uint32_t scope, uint32_t symbol)
{
    const struct facts *facts = pattern->facts;
    const struct scope *s = &facts->scopes[scope];
    struct scope_view view = {.first_use = NULL};
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (is_string(op, symbol)) {
            return true;
        }
        if (op->kind != OP_ATTRIBUTE || op->b != symbol) {
            continue;
        }
        if (view.first_use == NULL) {
            view = scope_view_make(facts, scope, pattern->scratch);
        }
        if (is_released_at(pattern, scope, i, &view)) {
            return true;
        }
    }
    return false;
}

bool owner_attribute_is_released(const struct program *program, const struct makers *makers,
                                 const struct maker *maker, const char *name, struct arena *scratch)
{
    struct site pattern = {
        .program = program, .makers = makers, .maker = maker, .scratch = scratch};
    for (uint32_t file = 0; file < program->n_files; file++) {
        pattern.facts = program->files[file];
        uint32_t symbol = facts_symbol(pattern.facts, name);
        for (uint32_t scope = 0; symbol != NONE && scope < pattern.facts->n_scopes; scope++) {
            if (is_released_in_scope(&pattern, scope, symbol)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- the class ---- */

/* Bases that neither close nor are closed by anything of their own. */
static const char *const plain_bases[] = {
    "object",
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "threading.Thread",
    "unittest.TestCase",
    "Exception",
    "dict",
    "list",
    "collections.abc.Iterator",
    "multiprocessing.Process",
    "typing.NamedTuple",
    "enum.Enum",
    "argparse.Action",
    "cmd.Cmd",
};

static bool is_plain_base(const struct facts *facts, uint32_t value)
{
    if (facts->ops[value].kind == OP_ITEM) {
        value = facts->ops[value].a; /* Generic[T] */
    }
    for (size_t i = 0; i < sizeof plain_bases / sizeof *plain_bases; i++) {
        if (facts_spells(facts, value, plain_bases[i])) {
            return true;
        }
    }
    return false;
}

/* The class of this module that the value names; NONE for any other. */
static uint32_t class_of_module(const struct facts *facts, uint32_t value)
{
    const struct op *load = &facts->ops[value];
    if (load->kind != OP_LOAD || !is_global_variable(facts, load->a)) {
        return NONE;
    }
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = 0; i < module->n_children; i++) {
        const struct scope *child = &facts->scopes[module->first_child + i];
        if (child->kind == SCOPE_CLASS && child->name == facts->variables[load->a].name) {
            return module->first_child + i;
        }
    }
    return NONE;
}

/* Whether all bases of a class, near and far, are known to be of no concern. */
static bool has_plain_bases(const struct facts *facts, uint32_t class)
{
    enum { MAX_CLASSES = 16 }; /* no sensible hierarchy of one file is deeper */
    uint32_t todo[MAX_CLASSES] = {class};
    uint32_t n = 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t definition = facts->scopes[todo[i]].defined_at;
        for (uint32_t k = 1; k <= facts->ops[definition].b; k++) {
            const struct op *base = &facts->ops[definition + k];
            if (base->kind != OP_ARGUMENT || base->b != NONE || is_plain_base(facts, base->a)) {
                continue;
            }
            uint32_t known = class_of_module(facts, base->a);
            if (known == NONE || n == MAX_CLASSES) {
                return false;
            }
            todo[n++] = known;
        }
    }
    return true;
}

uint32_t owner_class(const struct site *site)
{
    const struct facts *facts = site->facts;
    const struct scope *method = &facts->scopes[site->scope];
    const struct op *target = &facts->ops[facts->ops[site->owner_store].a];
    const struct op *object = &facts->ops[target->a];
    if (method->kind != SCOPE_FUNCTION || method->n_parameters == 0
        || facts->scopes[method->parent].kind != SCOPE_CLASS || object->kind != OP_LOAD
        || object->a != facts->parameters[method->first_parameter].variable) {
        return NONE;
    }
    return has_plain_bases(facts, method->parent) ? method->parent : NONE;
}
