/*
 * resource_classes.c - classes that open a resource in their __init__() and have a method that
 * closes it: whoever makes an instance has to call that method.
 *
 * The methods that close are found by what they do, not by their names: one that closes, enters or
 * hands on the attribute, and one that calls such a method of its own `self`.  A class whose
 * __del__() closes looks after itself.
 */
#include "base/builder.h"
#include "base/words.h"
#include "program/classes.h"
#include "program/members.h"
#include "program/resource_search.h"

#include <string.h>

enum { MAX_METHODS = 64 }; /* of one class; one with more is no mere holder of a resource */

struct owner {
    const struct site *site;
    const struct facts *facts;
    uint32_t attribute; /* symbol in the file */
    uint32_t methods[MAX_METHODS];
    bool closes[MAX_METHODS];
    uint32_t n_methods;
};

static const char *method_name(const struct owner *owner, uint32_t i)
{
    return facts_name(owner->facts, owner->facts->scopes[owner->methods[i]].name);
}

static bool find_methods(struct owner *owner, uint32_t class_scope)
{
    const struct scope *class = &owner->facts->scopes[class_scope];
    for (uint32_t i = 0; i < class->n_children; i++) {
        uint32_t child = class->first_child + i;
        if (owner->facts->scopes[child].kind != SCOPE_FUNCTION) {
            continue;
        }
        if (owner->n_methods == MAX_METHODS) {
            return false;
        }
        owner->methods[owner->n_methods++] = child;
    }
    return true;
}

/* Whether the op takes `self.attribute` in a way that may close it or give it away. */
static bool lets_go(const struct owner *owner, const struct scope_view *view, uint32_t attribute)
{
    const struct facts *facts = owner->facts;
    uint32_t use = scope_view_use(view, attribute, NONE);
    for (; use != NONE; use = scope_view_use(view, attribute, use)) {
        const struct op *op = &facts->ops[use_op(view, use)];
        if (op->kind == OP_ATTRIBUTE) {
            if (maker_is_closer(owner->site->maker, facts_name(facts, op->b))) {
                return true;
            }
        } else if (op->kind != OP_IF && op->kind != OP_COMPARE && op->kind != OP_UNARY) {
            return true;
        }
    }
    return false;
}

static bool is_closing_method(const struct owner *owner, uint32_t symbol)
{
    for (uint32_t i = 0; i < owner->n_methods; i++) {
        if (owner->closes[i] && owner->facts->scopes[owner->methods[i]].name == symbol) {
            return true;
        }
    }
    return false;
}

static bool method_closes(const struct owner *owner, uint32_t method)
{
    const struct facts *facts = owner->facts;
    const struct scope *scope = &facts->scopes[method];
    struct scope_view view = {.first_use = NULL};
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_ATTRIBUTE || !classes_is_self(facts, op->a)) {
            continue;
        }
        if (is_closing_method(owner, op->b)) {
            return true;
        }
        if (op->b != owner->attribute) {
            continue;
        }
        if (view.first_use == NULL) {
            view = scope_view_make(facts, method, owner->site->scratch);
        }
        if (lets_go(owner, &view, i)) {
            return true;
        }
    }
    return false;
}

/* Marks the methods that close, directly or by way of others. */
static void mark_closing(struct owner *owner)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < owner->n_methods; i++) {
            if (!owner->closes[i] && owner->methods[i] != owner->site->scope
                && method_closes(owner, owner->methods[i])) {
                owner->closes[i] = changed = true;
            }
        }
    }
}

static bool closes_by(const struct owner *owner, const char *name)
{
    for (uint32_t i = 0; i < owner->n_methods; i++) {
        if (owner->closes[i] && strcmp(method_name(owner, i), name) == 0) {
            return true;
        }
    }
    return false;
}

/* Names under which people look for the end of a thing. */
static bool is_plain_closer(const char *name)
{
    static const char *const names[] = {"close",   "aclose",  "stop", "shutdown",  "disconnect",
                                        "cleanup", "release", "quit", "terminate", "dispose",
                                        "finish",  "end",     NULL};
    return words_have(names, name);
}

/* The names of the closing methods, a blank between: those that users look for first. */
static const char *spell_closers(const struct owner *owner)
{
    struct builder first = {0}, rest = {0};
    for (uint32_t i = 0; i < owner->n_methods; i++) {
        const char *name = method_name(owner, i);
        if (owner->closes[i]) {
            struct builder *out = is_plain_closer(name) ? &first : &rest;
            builder_addf(out, out->length > 0 ? " %s" : "%s", name);
        }
    }
    const char *closers = first.length == 0
                              ? NULL
                              : arena_format(owner->site->scratch, "%s %s", builder_string(&first),
                                             rest.length > 0 ? builder_string(&rest) : "");
    builder_free(&first);
    builder_free(&rest);
    return closers;
}

void search_derive_class(struct search *search, const struct site *site, uint32_t class)
{
    const struct class *c = &search->program->classes->all.items[class];
    const struct facts *facts = search->facts;
    const struct op *target = &facts->ops[facts->ops[site->owner_store].a];
    struct owner owner = {.site = site, .facts = facts, .attribute = target->b};
    bool is_made_at_first =
        strcmp(facts_name(facts, facts->scopes[site->scope].name), "__init__") == 0;
    if (c->file != search->file || !is_made_at_first || site->is_conditional || c->n_ancestors > 1
        || !find_methods(&owner, c->scope)) {
        return;
    }
    mark_closing(&owner);
    const char *closers = spell_closers(&owner);
    struct method exit;
    if (closers == NULL || closes_by(&owner, "__del__")) {
        return;
    }
    bool has_with = classes_find_method(search->program, class, "__exit__", &exit);
    uint32_t flags =
        (site->maker->flags & (MAKER_IS_QUIET | MAKER_LIVES_LONG | MAKER_SURVIVES_ERRORS))
        | (closes_by(&owner, "__exit__") ? 0
           : has_with                    ? MAKER_WITH_KEEPS_OPEN
                                         : MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH);
    const struct maker of = {
        .thing = facts_name(facts, facts->scopes[c->scope].name),
        .closers = closers,
        .flags = flags,
    };
    makers_derive(&search->resources->makers, c->file, c->scope, of.thing, &of);
}
