/*
 * families.c - what a variable must be, by the attributes that are asked of it.
 *
 * `child.parent = self` says of a `child` nobody told about that it is of the class that has a
 * `parent`, if only one class of the file has, or else of the program; classes of one family count
 * as the ancestor they share; a parameter that a loop goes through is a list of such.  Only for
 * what is still empty when calls and annotations have spoken.
 */
#include "points/solver.h"

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

static void note_owner(struct points *p, struct pair_table *owners, uint64_t key, uint32_t class)
{
    uint32_t old = pair_table_put(owners, key, class);
    if (old != class && old != UNRELATED) {
        pair_table_set(owners, key, shared_ancestor(p->program, old, class));
    }
}

static void note_attribute(struct points *p, struct pair_table *owners, uint32_t file,
                           uint32_t symbol, uint32_t class)
{
    note_owner(p, owners, pair_key(file, symbol), class);
    note_owner(p, owners, pair_key(UINT32_MAX, symbol), class);
}

/* What the body gives a value to begin with; its functions are no attributes that one sets. */
static void note_body(struct points *p, struct pair_table *owners, uint32_t class)
{
    const struct class *c = &p->program->classes->all.items[class];
    const struct facts *facts = p->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_named = (op->kind == OP_STORE || op->kind == OP_ANNOTATE)
                        && facts->ops[op->a].kind == OP_TARGET_NAME;
        if (is_named && facts->ops[op->b].kind != OP_FUNCTION) {
            uint32_t name = facts->variables[facts->ops[op->a].a].name;
            note_attribute(p, owners, c->file, link_symbol_of(p->program->link, c->file, name),
                           class);
        }
    }
}

/* What methods store on `self` belongs to the class. */
static void note_stores(struct points *p, struct pair_table *owners)
{
    for (size_t i = 0; i < p->program->members->stores.n; i++) {
        const struct attribute_store *store = &p->program->members->stores.items[i];
        const struct facts *facts = p->program->files[store->file];
        const struct op *op = &facts->ops[store->op];
        uint32_t body = classes_around(facts, store->scope);
        uint32_t class = body == NONE ? NONE : classes_of_scope(p->program, store->file, body);
        if (class == NONE || op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_ATTRIBUTE
            || !classes_is_self(facts, facts->ops[op->a].a)) {
            continue;
        }
        uint32_t symbol = link_symbol_of(p->program->link, store->file, facts->ops[op->a].b);
        note_attribute(p, owners, store->file, symbol, class);
    }
}

static uint32_t owner_of(const struct pair_table *owners, uint32_t file, uint32_t symbol)
{
    uint32_t owner = pair_table_get(owners, pair_key(file, symbol));
    return owner == UNRELATED || owner == TABLE_NONE ? NONE : owner;
}

/* Who speaks: the file, and what its loops go through. */
struct witness {
    const struct pair_table *owners;
    uint32_t file;
    struct pair_table loops; /* variable → the OP_NEXT that it is given, NONE: something else too */
};

static bool is_empty(const struct points *p, uint32_t file, uint32_t variable)
{
    return p->cells.items[cell_of_variable(p, file, variable)].set == SET_EMPTY;
}

/* `for child in children`: what a variable of a loop is given. */
static void note_loop(const struct points *p, struct witness *w, const struct op *store)
{
    const struct facts *facts = p->program->files[w->file];
    if (facts->ops[store->a].kind == OP_TARGET_NAME) {
        uint32_t variable = facts->ops[store->a].a;
        uint32_t old = pair_table_put(&w->loops, variable, store->b);
        bool is_loop = facts->ops[store->b].kind == OP_NEXT && old == store->b;
        pair_table_set(&w->loops, variable, is_loop ? store->b : NONE);
    }
}

/* A parameter that a loop goes through is a container of what the loop's variable is. */
static void fill_container(struct points *p, const struct witness *w, uint32_t variable,
                           uint32_t set)
{
    const struct facts *facts = p->program->files[w->file];
    uint32_t next = pair_table_get(&w->loops, variable);
    const struct op *iterable =
        next == TABLE_NONE || next == NONE ? NULL : &facts->ops[facts->ops[next].a];
    if (iterable == NULL || iterable->kind != OP_LOAD
        || !(facts->variables[iterable->a].flags & VARIABLE_IS_PARAMETER)
        || !is_empty(p, w->file, iterable->a)) {
        return;
    }
    uint32_t list = set_of(p, object_number(p, (struct points_object){.kind = POINTS_CONTAINER,
                                                                      .aux = CONTAINER_LIST,
                                                                      .a = w->file,
                                                                      .b = next}));
    elements_add(p, list, NONE, set, NONE);
    variable_join(p, w->file, iterable->a, list);
}

/* `x.name = …` speaks for all of the program, `x.name` only for the file. */
static void look_at(struct points *p, const struct witness *w, const struct op *op)
{
    const struct facts *facts = p->program->files[w->file];
    const struct op *object = &facts->ops[op->a];
    if (object->kind != OP_LOAD || is_global_variable(facts, object->a)
        || !is_empty(p, w->file, object->a)) {
        return;
    }
    uint32_t symbol = link_symbol_of(p->program->link, w->file, op->b);
    uint32_t owner = owner_of(w->owners, w->file, symbol);
    if (owner == NONE && op->kind == OP_TARGET_ATTRIBUTE) {
        owner = owner_of(w->owners, UINT32_MAX, symbol);
    }
    if (owner != NONE) {
        uint32_t set = set_of(p, object_of_class(p, POINTS_KIN, owner));
        fill_container(p, w, object->a, set);
        variable_join(p, w->file, object->a, set);
    }
}

static void look_at_file(struct points *p, const struct pair_table *owners, uint32_t file)
{
    const struct facts *facts = p->program->files[file];
    struct witness w = {.owners = owners, .file = file};
    p->file = file;
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_STORE) {
            note_loop(p, &w, &facts->ops[i]);
        }
    }
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_TARGET_ATTRIBUTE || facts->ops[i].kind == OP_ATTRIBUTE) {
            look_at(p, &w, &facts->ops[i]);
        }
    }
    pair_table_free(&w.loops);
}

void families_use(struct points *p)
{
    struct pair_table owners = {0};
    note_stores(p, &owners);
    for (uint32_t class = 0; class < p->program->classes->all.n; class ++) {
        note_body(p, &owners, class);
    }
    p->function = NONE; /* nobody evaluates */
    for (uint32_t file = 0; file < p->program->n_files; file++) {
        look_at_file(p, &owners, file);
    }
    pair_table_free(&owners);
}
