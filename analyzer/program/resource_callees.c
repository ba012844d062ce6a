/*
 * resource_callees.c - functions of the program that are given a resource and only use it.
 *
 * The parameter is traced through the function as an acquisition would be.  When it is used and
 * neither closed, entered nor given away, the caller still has to close.  Methods and decorated
 * functions may be anything, and are not looked into.
 */
#include "program/link.h"
#include "program/resource_site.h"

#include <string.h>

/* The parameter that takes the argument of a call; NONE when that is not plain. */
static uint32_t parameter_for(const struct site *site, uint32_t call, uint32_t argument,
                              const struct facts *facts, const struct scope *function)
{
    const struct op *passed = &site->facts->ops[argument];
    uint32_t position = argument - call - 1;
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

static bool parameter_is_borrowed(const struct site *caller, const struct entity *callee,
                                  uint32_t variable)
{
    const struct facts *facts = caller->program->files[callee->file];
    struct scope_view view = scope_view_make(facts, callee->index, caller->scratch);
    struct site site = {
        .program = caller->program,
        .makers = caller->makers,
        .facts = facts,
        .view = &view,
        .scratch = caller->scratch,
        .file = callee->file,
        .scope = callee->index,
        .maker = caller->maker,
        .is_in_callee = true,
    };
    site_trace_parameter(&site, variable);
    return !site.is_hidden && site.n_plain > 0
           && site.n_closed + site.n_entered + site.n_given == 0;
}

bool callee_borrows(const struct site *site, uint32_t call, uint32_t argument)
{
    if (site->is_in_callee || site->program->link == NULL) {
        return false;
    }
    struct entity callee = link_entity(site->program, site->file, site->facts->ops[call].a);
    if (callee.kind != ENTITY_FUNCTION) {
        return false;
    }
    const struct facts *facts = site->program->files[callee.file];
    const struct scope *function = &facts->scopes[callee.index];
    if (function->kind != SCOPE_FUNCTION || facts->scopes[function->parent].kind == SCOPE_CLASS
        || (function->flags & SCOPE_CALLS_LOCALS)
        || facts_first_decorator(facts, callee.index) != NONE) {
        return false;
    }
    uint32_t variable = parameter_for(site, call, argument, facts, function);
    return variable != NONE && parameter_is_borrowed(site, &callee, variable);
}
