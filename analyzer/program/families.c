/*
 * families.c - one look at every class, in order.
 */
#include "program/families.h"

#include "program/classes.h"
#include "program/link.h"
#include "program/members.h"

/* Classes that are no kin have the attribute: it tells nothing. */
#define UNRELATED (UINT32_MAX - 1)

/* The nearest ancestor of `x` that is one of `y` as well, or UNRELATED. */
static uint32_t shared_ancestor(const struct program *program, uint32_t x, uint32_t y)
{
    const struct class *c = &program->classes->all.items[x];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_is_ancestor(program, ancestor, y)) {
            return ancestor;
        }
    }
    return UNRELATED;
}

static void note_owner(const struct program *program, struct families *families, uint64_t key,
                       uint32_t class)
{
    uint32_t old = pair_table_put(&families->owners, key, class);
    if (old != class && old != UNRELATED) {
        pair_table_set(&families->owners, key, shared_ancestor(program, old, class));
    }
}

static void note_attribute(const struct program *program, struct families *families, uint32_t class,
                           uint32_t symbol)
{
    uint32_t file = program->classes->all.items[class].file;
    note_owner(program, families, pair_key(file, symbol), class);
    note_owner(program, families, pair_key(NONE, symbol), class);
}

/* What methods store on `self`. */
static void note_stores(const struct program *program, struct families *families, uint32_t class)
{
    const struct attribute_store *store = members_stores_of_class(program, class);
    while (store != NULL) {
        const struct facts *facts = program->files[store->file];
        const struct op *op = &facts->ops[store->op];
        if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE) {
            note_attribute(program, families, class,
                           link_symbol_of(program->link, store->file, facts->ops[op->a].b));
        }
        store = members_store_at(program, store->next_of_class);
    }
}

/* What the body gives a value to begin with; its functions are no attributes that one sets. */
static void note_body(const struct program *program, struct families *families, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_named = (op->kind == OP_STORE || op->kind == OP_ANNOTATE)
                        && facts->ops[op->a].kind == OP_TARGET_NAME;
        if (is_named && facts->ops[op->b].kind != OP_FUNCTION) {
            uint32_t name = facts->variables[facts->ops[op->a].a].name;
            note_attribute(program, families, class, link_symbol_of(program->link, c->file, name));
        }
    }
}

void families_find(const struct program *program, struct families *families)
{
    *families = (struct families){.owners = {0}};
    for (uint32_t class = 0; class < program->classes->all.n; class ++) {
        note_stores(program, families, class);
        note_body(program, families, class);
    }
}

void families_free(struct families *families)
{
    pair_table_free(&families->owners);
}

uint32_t families_owner(const struct families *families, uint32_t file, uint32_t symbol)
{
    uint32_t owner = pair_table_get(&families->owners, pair_key(file, symbol));
    return owner == UNRELATED || owner == TABLE_NONE ? NONE : owner;
}
