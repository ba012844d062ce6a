/*
 * resource_callees.c - functions of the program that are given a resource and only use it.
 *
 * The parameter is traced through the function as an acquisition would be.  When it is used and
 * neither closed, entered nor given away, the caller still has to close.  What the function calls
 * in turn is looked into likewise, a few calls deep.  A method is looked into when it is known
 * which one is called: of `self` or of a new instance, and no subclass has its own.  Decorated
 * functions may be anything.
 */
#include "program/link.h"
#include "program/makers.h"
#include "program/members.h"
#include "program/resource_site.h"

#include <string.h>

enum {
    MAX_CALLS = 3,        /* a helper's helper's helper: deeper it is no longer plain */
    MAX_NUMBER = 1 << 12, /* of makers for which answers are remembered … */
    MAX_FILES = 1 << 20   /* … and of files: both go into one key */
};

/* The parameter that takes the argument of a call; NONE when that is not plain. */
static uint32_t parameter_for(const struct site *site, uint32_t call, uint32_t argument,
                              const struct facts *facts, const struct scope *function,
                              bool is_method)
{
    const struct op *passed = &site->facts->ops[argument];
    uint32_t position = argument - call - 1 + is_method;
    for (uint32_t i = call + 1; i <= argument; i++) {
        if (site->facts->ops[i].flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            return NONE;
        }
    }
    for (uint32_t i = 0; i < function->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[function->first_parameter + i];
        bool is_plain =
            parameter->kind != PARAMETER_STAR && parameter->kind != PARAMETER_DOUBLE_STAR;
        bool is_it = passed->b == NONE ? i == position
                                       : strcmp(variable_name(facts, parameter->variable),
                                                facts_name(site->facts, passed->b))
                                             == 0;
        if (is_it || !is_plain) {
            return is_it && is_plain ? parameter->variable : NONE;
        }
    }
    return NONE;
}

/* The key under which the answer for a parameter is remembered; false if it cannot be. */
static bool answer_key(const struct site *caller, uint32_t file, uint32_t variable, uint64_t *key)
{
    uint32_t number = caller->maker->number;
    *key = pair_key(number * MAX_FILES + file, variable);
    return number < MAX_NUMBER && file < MAX_FILES;
}

static bool trace_parameter(struct site *caller, uint32_t file, uint32_t scope, uint32_t variable)
{
    const struct facts *facts = caller->program->files[file];
    struct scope_view view = scope_view_make(facts, scope, caller->scratch);
    struct site site = {
        .program = caller->program,
        .makers = caller->makers,
        .facts = facts,
        .view = &view,
        .scratch = caller->scratch,
        .file = file,
        .scope = scope,
        .maker = caller->maker,
        .n_calls = (uint8_t)(caller->n_calls + 1),
    };
    site_trace_parameter(&site, variable);
    caller->is_cut |= site.is_cut;
    return !site.is_hidden && site.n_plain > 0
           && site.n_closed + site.n_entered + site.n_given == 0;
}

/* An answer that was cut short is good only where it was asked for. */
static bool parameter_is_borrowed(struct site *caller, uint32_t file, uint32_t scope,
                                  uint32_t variable)
{
    uint64_t key;
    struct pair_table *answers = &caller->program->resources->makers.borrowing;
    bool can_keep = answer_key(caller, file, variable, &key);
    uint32_t known = can_keep ? pair_table_get(answers, key) : TABLE_NONE;
    if (known != TABLE_NONE) {
        return known;
    }
    bool was_cut = caller->is_cut;
    caller->is_cut = false;
    bool is_borrowed = trace_parameter(caller, file, scope, variable);
    if (can_keep && !caller->is_cut) {
        pair_table_put(answers, key, is_borrowed);
    }
    caller->is_cut |= was_cut;
    return is_borrowed;
}

/* Whether a class below the one that has the method has one of its own. */
static bool is_overridden(const struct program *program, const struct method *method,
                          uint32_t symbol)
{
    const struct members *members = program->members;
    uint32_t at = pair_table_get(&members->first_method, pair_key(0, symbol));
    for (; at != TABLE_NONE; at = members->methods.items[at].next) {
        uint32_t class = members->methods.items[at].class;
        if (class != method->class && classes_is_ancestor(program, method->class, class)) {
            return true;
        }
    }
    return false;
}

bool callee_find(struct program *program, uint32_t file, uint32_t callee, struct method *found)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[callee];
    struct entity entity = link_entity(program, file, callee);
    if (entity.kind == ENTITY_FUNCTION || entity.kind == ENTITY_CLASS) {
        *found = (struct method){.class = NONE, .file = entity.file, .scope = entity.index};
        return true;
    }
    uint32_t class = op->kind == OP_ATTRIBUTE ? classes_of_instance(program, file, op->a) : NONE;
    return class != NONE && classes_find_method(program, class, facts_name(facts, op->b), found)
           && !is_overridden(program, found, link_symbol_of(program->link, file, op->b));
}

bool callee_borrows(struct site *site, uint32_t call, uint32_t argument)
{
    struct method found;
    if (!callee_find(site->program, site->file, site->facts->ops[call].a, &found)) {
        return false;
    }
    const struct facts *facts = site->program->files[found.file];
    const struct scope *function = &facts->scopes[found.scope];
    bool is_in_class =
        function->parent != NONE && facts->scopes[function->parent].kind == SCOPE_CLASS;
    if (function->kind != SCOPE_FUNCTION || is_in_class != (found.class != NONE)
        || (function->flags & SCOPE_CALLS_LOCALS)
        || facts_first_decorator(facts, found.scope) != NONE) {
        return false;
    }
    if (site->n_calls == MAX_CALLS) {
        site->is_cut = true;
        return false;
    }
    uint32_t variable = parameter_for(site, call, argument, facts, function, is_in_class);
    return variable != NONE && parameter_is_borrowed(site, found.file, found.scope, variable);
}
