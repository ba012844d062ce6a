/*
 * allocation_sites.c - the sites of a function: what is made, which functions are called, with the
 * end of each (ends.c) and whether a cycle runs through it (what the heap analysis has told).
 */
#include "heap/allocation_sites.h"

#include "heap/ends.h"
#include "program/classes.h"
#include "program/link.h"

#include <string.h>

struct allocating_function *allocations_function(const struct allocations *a, uint32_t file,
                                                 uint32_t scope)
{
    return &a->functions[a->program->link->first_function[file] + scope];
}

/* ---- what the heap analysis knows of cycles */

static bool is_related(const struct program *program, uint32_t a, uint32_t b)
{
    return classes_is_ancestor(program, a, b) || classes_is_ancestor(program, b, a);
}

/* A method of one of its own classes closes the cycle: so it does for each instance made. */
static void mark_cyclic_classes(struct allocations *a, const struct cycle *cycle)
{
    const struct program *program = a->program;
    const struct facts *facts = program->files[cycle->place.file];
    uint32_t body = facts->scopes[cycle->scope].parent;
    uint32_t class = body == NONE ? NONE : classes_of_scope(program, cycle->place.file, body);
    if (class == NONE) {
        return;
    }
    for (const struct cycle_edge *e = cycle->edges; e != NULL; e = e->next) {
        if (e->class != NONE && is_related(program, e->class, class)) {
            a->is_cyclic_class[e->class] = true;
            a->is_cyclic_class[class] = true;
        }
    }
}

/* One that nobody takes apart, and that is made again and again. */
static bool is_garbage(const struct cycle *cycle)
{
    return cycle->killer == NULL && !cycle->is_made_once && cycle->scope != NONE;
}

void allocations_see_cycles(struct allocations *a)
{
    for (size_t i = a->heap->cycles.n; i-- > 0;) {
        const struct cycle *cycle = &a->heap->cycles.items[i];
        if (is_garbage(cycle)) {
            uint32_t number = a->program->link->first_function[cycle->place.file] + cycle->scope;
            a->next_cycle[i] = a->first_cycle[number];
            a->first_cycle[number] = (uint32_t)i;
            mark_cyclic_classes(a, cycle);
        }
    }
}

static bool makes_cyclic_instances(const struct allocations *a, uint32_t class)
{
    const struct class *c = &a->program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        if (a->is_cyclic_class[a->program->classes->ancestors.items[c->first_ancestor + i]]) {
            return true;
        }
    }
    return false;
}

static bool ends_with_name(const char *dotted, const char *name)
{
    size_t n = strlen(dotted), m = strlen(name);
    return n >= m && strcmp(dotted + n - m, name) == 0 && (n == m || dotted[n - m - 1] == '.');
}

/* Whether a cycle told in this function runs through what is made at the site. */
static bool is_in_cycle(const struct facts *facts, const struct cycle *cycle,
                        const struct allocation_site *site)
{
    const struct op *op = &facts->ops[site->op];
    if (op->start >= cycle->place.start && op_end(op) <= cycle->place.end) {
        return true;
    }
    for (const struct cycle_edge *e = cycle->edges; e != NULL; e = e->next) {
        if (site->class != NONE && e->class == site->class) {
            return true;
        }
        if (op->kind == OP_FUNCTION
            && ends_with_name(e->holder, facts_name(facts, facts->scopes[op->a].name))) {
            return true;
        }
    }
    return false;
}

static bool is_cyclic_site(const struct allocations *a, uint32_t file, uint32_t scope,
                           const struct allocation_site *site)
{
    const struct facts *facts = a->program->files[file];
    if (site->kind == NULL) {
        return false;
    }
    uint32_t body = facts->scopes[scope].parent;
    if (site->end == END_ON_SELF && body != NONE && facts->scopes[body].kind == SCOPE_CLASS
        && makes_cyclic_instances(a, classes_of_scope(a->program, file, body))) {
        return true; /* it shares the fate of the instance */
    }
    if (strcmp(site->kind, "class") == 0
        || (site->class != NONE && makes_cyclic_instances(a, site->class))) {
        return true;
    }
    uint32_t i = a->first_cycle[a->program->link->first_function[file] + scope];
    for (; i != NONE; i = a->next_cycle[i]) {
        if (is_in_cycle(facts, &a->heap->cycles.items[i], site)) {
            return true;
        }
    }
    return false;
}

/* ---- the sites of a function */

struct making {
    struct allocations *a;
    uint32_t file, scope;
    const struct facts *facts;
    struct scope_view view;
    struct made *made; /* by op */
    struct ends ends;
    struct {
        ARRAY_OF(struct allocation_site);
    } sites;
};

/* What a call calls, and what is raised, are no values of their own. */
static bool is_passing(const struct making *m, uint32_t op)
{
    for (uint32_t use = scope_view_use(&m->view, op, NONE); use != NONE;
         use = scope_view_use(&m->view, op, use)) {
        const struct op *user = &m->facts->ops[use_op(&m->view, use)];
        if (user->kind == OP_RAISE || (user->kind == OP_CALL && user->a == op)) {
            return true;
        }
    }
    return false;
}

/* What lies between an op and the innermost loop around it. */
struct surroundings {
    bool is_handler, is_conditional;
};

static uint32_t loop_around(const struct making *m, uint32_t op, struct surroundings *around)
{
    *around = (struct surroundings){false, false};
    for (uint32_t block = scope_view_block(&m->view, op); block != NONE;
         block = scope_view_outer(&m->view, block)) {
        uint8_t kind = m->facts->ops[block].kind;
        around->is_handler = around->is_handler || kind == OP_EXCEPT;
        around->is_conditional = around->is_conditional || kind == OP_IF || kind == OP_ELSE;
        if (kind == OP_LOOP) {
            return block;
        }
    }
    return NONE;
}

static struct allocation_site *add_site(struct making *m, uint32_t op, const char *kind, uint32_t n)
{
    struct surroundings around;
    uint8_t end = m->ends.of_value[op - m->view.first_op];
    *array_push(&m->sites) = (struct allocation_site){.op = op,
                                                      .loop = loop_around(m, op, &around),
                                                      .kind = kind,
                                                      .n = n,
                                                      .class = NONE,
                                                      .callee_file = NONE,
                                                      .callee = NONE,
                                                      .end = end & END_MASK};
    array_last(&m->sites)->is_gathered = end & END_IS_GATHERED;
    array_last(&m->sites)->is_conditional = around.is_conditional;
    if (around.is_handler) {
        m->sites.n--;
        return NULL;
    }
    return array_last(&m->sites);
}

/* Whether it ends in a cycle. */
static bool add_made(struct making *m, uint32_t op, const struct made *made)
{
    struct allocation_site *site = add_site(m, op, made->kind, 1);
    if (site == NULL) {
        return false;
    }
    site->class = made->class;
    site->is_cyclic = is_cyclic_site(m->a, m->file, m->scope, site);
    bool is_cyclic = site->is_cyclic;
    if (made->n_cells > 0) {
        add_site(m, op, made_tuple(made->n_cells, false), 1)->is_cyclic = is_cyclic;
        add_site(m, op, "cell", made->n_cells)->is_cyclic = is_cyclic;
    }
    return is_cyclic;
}

static void add_call(struct making *m, uint32_t op, const struct made *made, bool is_cyclic)
{
    struct allocation_site *site = add_site(m, op, NULL, 0);
    if (site != NULL) {
        site->class = made->class;
        site->callee_file = made->callee_file;
        site->callee = made->callee;
        site->is_cyclic = is_cyclic;
        uint8_t end = m->ends.of_arguments[op - m->view.first_op];
        site->argument_end = end & END_MASK;
        site->arguments_are_gathered = end & END_IS_GATHERED;
    }
}

/* An exception that its own traceback's frame keeps, a frame that its own local keeps. */
static void add_frames(struct making *m)
{
    uint32_t i = m->a->first_cycle[m->a->program->link->first_function[m->file] + m->scope];
    for (; i != NONE; i = m->a->next_cycle[i]) {
        const struct cycle *cycle = &m->a->heap->cycles.items[i];
        if (cycle->kind != CYCLE_EXCEPTION && cycle->kind != CYCLE_FRAME) {
            continue;
        }
        const char *kind = cycle->kind == CYCLE_FRAME ? "frame" : "raised-exception";
        uint32_t op = m->view.first_op;
        while (op + 1 < m->view.first_op + m->view.n_ops
               && m->facts->ops[op].start != cycle->place.start) {
            op++;
        }
        struct surroundings around;
        *array_push(&m->sites) = (struct allocation_site){.op = op,
                                                          .loop = loop_around(m, op, &around),
                                                          .kind = kind,
                                                          .n = 1,
                                                          .class = NONE,
                                                          .callee_file = NONE,
                                                          .callee = NONE,
                                                          .is_cyclic = true};
    }
}

/* What a module defines is made once, when it is imported. */
static bool is_definition(const struct making *m, uint32_t op)
{
    uint8_t kind = m->facts->ops[op].kind;
    return m->scope == 0 && (kind == OP_CLASS || kind == OP_FUNCTION);
}

static void note_loop(struct making *m, uint32_t op)
{
    struct surroundings around;
    pair_table_put(&m->a->outer_loop, pair_key(m->file, op), loop_around(m, op, &around));
}

static void look_at(struct making *m)
{
    m->made = arena_alloc(&m->a->scratch, (m->view.n_ops + 1) * sizeof *m->made);
    for (uint32_t i = 0; i < m->view.n_ops; i++) {
        uint32_t op = m->view.first_op + i;
        bool asks = m->facts->ops[op].kind == OP_ATTRIBUTE || m->facts->ops[op].kind == OP_CALL;
        m->made[i] = (struct made){.class = NONE, .callee = NONE};
        if (!is_definition(m, op) && (!asks || !is_passing(m, op))) {
            m->made[i] = made_by_op(m->a->program, m->file, m->scope, op);
        }
    }
    m->ends = ends_find(m->a->program, m->file, &m->view, m->made, &m->a->scratch);
    for (uint32_t i = 0; i < m->view.n_ops; i++) {
        if (m->facts->ops[m->view.first_op + i].kind == OP_LOOP) {
            note_loop(m, m->view.first_op + i);
        }
        bool is_cyclic = m->made[i].kind != NULL && add_made(m, m->view.first_op + i, &m->made[i]);
        if (m->made[i].callee != NONE) {
            add_call(m, m->view.first_op + i, &m->made[i], is_cyclic);
        }
    }
    add_frames(m);
}

struct allocating_function *allocations_find_sites(struct allocations *a, uint32_t file,
                                                   uint32_t scope)
{
    struct allocating_function *f = allocations_function(a, file, scope);
    if (!f->has_sites) {
        const struct facts *facts = a->program->files[file];
        struct making m = {.a = a, .file = file, .scope = scope, .facts = facts};
        m.view = scope_view_make(facts, scope, &a->scratch);
        look_at(&m);
        f->sites = arena_copy(&a->arena, m.sites.items, m.sites.n * sizeof *f->sites);
        f->n_sites = m.sites.n;
        f->has_sites = true;
        array_free(&m.sites);
        arena_reset(&a->scratch);
    }
    return f;
}
