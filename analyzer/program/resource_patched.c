/*
 * resource_patched.c - acquisitions that are not what they say: replaced by a test, or meant to
 * fail.
 */
#include "program/flow.h"
#include "program/resource_site.h"

#include <string.h>

static const struct op *op_at(const struct site *site, uint32_t op)
{
    return &site->facts->ops[op];
}

static bool is_named_patch(const struct site *site, uint32_t value)
{
    for (;;) {
        const struct op *op = op_at(site, value);
        if (op->kind == OP_LOAD) {
            return strstr(variable_name(site->facts, op->a), "patch") != NULL;
        }
        if (op->kind != OP_ATTRIBUTE) {
            return false;
        }
        if (strstr(facts_name(site->facts, op->b), "patch") != NULL) {
            return true;
        }
        value = op->a;
    }
}

/* Whether the last part of `text` ("app.subprocess.Popen") is a part of the maker's name. */
static bool names_maker(const struct maker *maker, const char *text)
{
    const char *dot = strrchr(text, '.');
    const char *last = dot == NULL ? text : dot + 1;
    size_t length = strlen(last);
    const char *at = maker->name;
    while (at != NULL) {
        if (strncmp(at, last, length) == 0 && (at[length] == '.' || at[length] == '\0')) {
            return true;
        }
        at = strchr(at, '.');
        at = at == NULL ? NULL : at + 1;
    }
    return false;
}

/* mock.patch("….open"): the maker's name does not mean what it says.  A name that is put together
 * may be any. */
static bool is_patch(const struct site *site, uint32_t value)
{
    if (op_at(site, value)->kind != OP_CALL || !is_named_patch(site, op_at(site, value)->a)) {
        return false;
    }
    bool has_plain_name = false;
    for (uint32_t i = 1; i <= op_at(site, value)->b; i++) {
        const struct op *argument = op_at(site, op_at(site, value + i)->a);
        if (argument->kind == OP_CONSTANT && argument->aux == CONSTANT_STRING) {
            has_plain_name = true;
            if (names_maker(site->maker, facts_name(site->facts, argument->a))) {
                return true;
            }
        }
    }
    return !has_plain_name;
}

static bool is_patched_scope(const struct site *site)
{
    uint32_t scope = site->scope;
    for (; scope != NONE && scope != 0; scope = site->facts->scopes[scope].parent) {
        uint32_t decorator = facts_first_decorator(site->facts, scope);
        for (; decorator != NONE; decorator = facts_next_decorator(site->facts, decorator)) {
            if (is_patch(site, op_at(site, decorator)->a)) {
                return true;
            }
        }
    }
    return false;
}

/* `try: open(path) … else: self.fail()`: the ELSE of the try raises. */
static bool is_else_an_error(const struct site *site, uint32_t try)
{
    for (uint32_t op = try + 1; op < op_at(site, try)->b; op++) {
        bool is_in_else =
            scope_view_block(site->view, op) != NONE
            && op_at(site, scope_view_block(site->view, op))->kind == OP_ELSE
            && site->view->construct[scope_view_block(site->view, op) - site->view->first_op]
                   == try;
        const struct op *here = op_at(site, op);
        if (is_in_else
            && (here->kind == OP_RAISE
                || (here->kind == OP_CALL && flow_call_raises(site->facts, here->a)))) {
            return true;
        }
    }
    return false;
}

bool site_is_unbelievable(const struct site *site)
{
    uint32_t block = scope_view_block(site->view, site->call);
    for (; block != NONE; block = scope_view_outer(site->view, block)) {
        const struct op *op = op_at(site, block);
        if (op->kind == OP_WITH && (flow_suppresses(site->facts, op->a) || is_patch(site, op->a))) {
            return true;
        }
        if (op->kind == OP_TRY && is_else_an_error(site, block)) {
            return true;
        }
    }
    return is_patched_scope(site);
}
