/*
 * families.c - what a variable must be, by the attributes that are asked of it (program/families);
 * a parameter that a loop goes through is a list of such.  Only for what is still empty when calls
 * and annotations have spoken.
 */
#include "points/solver.h"

#include "program/families.h"

/* Who speaks: the file, and what its loops go through. */
struct witness {
    const struct families *families;
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
    uint32_t owner = families_owner(w->families, w->file, symbol);
    if (owner == NONE && op->kind == OP_TARGET_ATTRIBUTE) {
        owner = families_owner(w->families, NONE, symbol);
    }
    if (owner != NONE) {
        uint32_t set = set_of(p, object_of_class(p, POINTS_KIN, owner));
        fill_container(p, w, object->a, set);
        variable_join(p, w->file, object->a, set);
    }
}

static void look_at_file(struct points *p, const struct families *families, uint32_t file)
{
    const struct facts *facts = p->program->files[file];
    struct witness w = {.families = families, .file = file};
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
    struct families families;
    families_find(p->program, &families);
    p->function = NONE; /* nobody evaluates */
    for (uint32_t file = 0; file < p->program->n_files; file++) {
        look_at_file(p, &families, file);
    }
    families_free(&families);
}
