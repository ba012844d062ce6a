/*
 * resource_owners.c - resources kept in attributes: who could close them.
 *
 * An attribute is followed by its name through the whole program: each `x.name` is traced in its
 * scope as an acquisition would be, unless x is the `self` of a class that has nothing to do with
 * the owner.  If any of them is closed, entered, returned or handed on, or if the class or one of
 * its kin has the name in a string (getattr), the attribute counts as released.  So a finding means
 * that nobody who knows the name does anything but use it.
 */
#include "program/classes.h"
#include "program/link.h"
#include "program/resource_site.h"

#include <string.h>

/* An attribute looked for in one place after the other. */
struct quest {
    struct site pattern; /* its facts and file are those of the file in hand */
    uint32_t class;      /* the owner */
    const bool *is_kin;  /* by class: whether it has to do with the owner */
};

/* ---- kin ---- */

/* Whether a base that was not found is called as `base` is: an import may have been too clever. */
static bool is_base_named(const struct program *program, uint32_t class, uint32_t base)
{
    const struct class *b = &program->classes->all.items[base];
    const struct facts *facts = program->files[b->file];
    const char *name = facts_name(facts, facts->scopes[b->scope].name);
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_bases; i++) {
        const struct class_base *written = &program->classes->bases.items[c->first_base + i];
        const char *dot = strrchr(written->name, '.');
        if (written->class == NONE && strcmp(dot == NULL ? written->name : dot + 1, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Marks every class that some instance may be of together with `class`: all ancestors of its
 * descendants. */
static bool *find_kin(const struct program *program, uint32_t class, struct arena *arena)
{
    const struct classes *classes = program->classes;
    bool *is_kin = arena_alloc(arena, classes->all.n * sizeof *is_kin);
    for (uint32_t i = 0; i < classes->all.n; i++) {
        const struct class *c = &classes->all.items[i];
        for (uint32_t k = 0; k < c->n_ancestors && classes_is_ancestor(program, class, i); k++) {
            is_kin[classes->ancestors.items[c->first_ancestor + k]] = true;
        }
    }
    return is_kin;
}

static bool is_of_kin(const struct quest *quest, uint32_t class_scope)
{
    const struct program *program = quest->pattern.program;
    uint32_t class = classes_of_scope(program, quest->pattern.file, class_scope);
    return class == NONE || quest->is_kin[class] || is_base_named(program, class, quest->class);
}

/* Whether the object is the `self` of a class that has nothing to do with the owner. */
static bool is_stranger(const struct quest *quest, uint32_t object)
{
    const struct facts *facts = quest->pattern.facts;
    if (!classes_is_self(facts, object)) {
        return false;
    }
    uint32_t method = facts->variables[facts->ops[object].a].scope;
    return !is_of_kin(quest, facts->scopes[method].parent);
}

/* ---- uses of the attribute ---- */

static bool is_released_at(const struct quest *quest, uint32_t scope, uint32_t attribute,
                           const struct scope_view *view)
{
    struct site site = quest->pattern;
    site.view = view;
    site.scope = scope;
    site.call = site.value = attribute;
    site_trace(&site);
    return site.n_closed + site.n_given + site.n_entered > 0 || site.is_hidden;
}

static bool is_in_kin(const struct quest *quest, uint32_t scope)
{
    uint32_t class_scope = classes_around(quest->pattern.facts, scope);
    return class_scope != NONE && is_of_kin(quest, class_scope);
}

/* Whether the use of the name lets go of the attribute.  `view` is that of the scope in hand. */
static bool is_release(struct quest *quest, const struct attribute_use *use,
                       struct scope_view *view)
{
    const struct facts *facts = quest->pattern.facts;
    const struct op *op = &facts->ops[use->op];
    uint32_t scope = facts_scope_of_op(facts, use->op);
    if (op->kind == OP_CONSTANT) {
        return is_in_kin(quest, scope);
    }
    if (is_stranger(quest, op->a)) {
        return false;
    }
    if (view->first_use == NULL || view->facts != facts || view->scope != scope) {
        *view = scope_view_make(facts, scope, quest->pattern.scratch);
    }
    return is_released_at(quest, scope, use->op, view);
}

bool owner_releases(const struct site *owned, uint32_t class, uint32_t name)
{
    struct program *program = owned->program;
    const struct attribute_uses *uses = attribute_uses_of(program);
    struct quest quest = {
        .pattern = {.program = program,
                    .makers = owned->makers,
                    .maker = owned->maker,
                    .scratch = owned->scratch},
        .class = class,
        .is_kin = find_kin(program, class, owned->scratch),
    };
    struct scope_view view = {.first_use = NULL};
    uint32_t at = uses->first[link_symbol_of(program->link, owned->file, name)];
    for (; at != NONE; at = uses->items[at].next) {
        quest.pattern.file = uses->items[at].file;
        quest.pattern.facts = program->files[quest.pattern.file];
        if (is_release(&quest, &uses->items[at], &view)) {
            return true;
        }
    }
    return false;
}

/* ---- the class ---- */

/* Bases from elsewhere that neither close nor are closed by anything of their own. */
static const char *const plain_bases[] = {
    "threading.Thread",
    "unittest.TestCase",
    "Exception",
    "dict",
    "list",
    "multiprocessing.Process",
    "argparse.Action",
    "cmd.Cmd",
    "collections.abc.Iterator",
    "unittest.IsolatedAsyncioTestCase",
    "collections.UserDict",
    "typing.NamedTuple",
};

static bool is_plain_base(const char *name)
{
    for (size_t i = 0; i < sizeof plain_bases / sizeof *plain_bases; i++) {
        if (strcmp(name, plain_bases[i]) == 0) {
            return true;
        }
    }
    return classes_is_empty_base(name);
}

/* Whether all bases of a class, near and far, are known to be of no concern. */
static bool has_plain_bases(const struct program *program, uint32_t class)
{
    const struct classes *classes = program->classes;
    const struct class *c = &classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
        const struct class *a = &classes->all.items[ancestor];
        for (uint32_t k = 0; k < a->n_bases; k++) {
            const struct class_base *base = &classes->bases.items[a->first_base + k];
            if (base->class == NONE && !is_plain_base(base->name)) {
                return false;
            }
        }
    }
    return true;
}

uint32_t owner_class(const struct site *site)
{
    const struct facts *facts = site->facts;
    const struct op *target = &facts->ops[facts->ops[site->owner_store].a];
    if (target->kind != OP_TARGET_ATTRIBUTE || !classes_is_self(facts, target->a)) {
        return NONE;
    }
    uint32_t method = facts->variables[facts->ops[target->a].a].scope;
    uint32_t class = classes_of_scope(site->program, site->file, facts->scopes[method].parent);
    return class != NONE && has_plain_bases(site->program, class) ? class : NONE;
}
