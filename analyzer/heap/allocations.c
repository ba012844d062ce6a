/*
 * allocations.c - which objects the collector looks at a function makes, and what becomes of them.
 *
 * Each function is looked at once: its sites (what is made, which functions are called) in the
 * order of the text, with the end of each (ends.c) and whether a cycle runs through it (what the
 * heap analysis has told).  The list of one call is the sum over its sites, times the trips of the
 * loops around each; a call adds what its callee does, whose returned objects then end as the
 * result of the call does.  Callees come first, on an explicit stack; a recursive call counts once.
 *
 * Told too high: every branch of an `if` counts as taken.  Told too low: what nobody's text tells,
 * functions handed in as values and extensions in C.  Left out: handlers and what is raised.
 */
#include "heap/allocations.h"

#include "base/error.h"
#include "base/table.h"
#include "heap/ends.h"
#include "program/classes.h"
#include "program/link.h"

#include <stdlib.h>
#include <string.h>

/* Objects that are gathered and then let go of: fewer are mostly gone before a collection comes. */
static const double MANY = 500;

static const double MOST = 1e15; /* more than any program makes; sums stay exact below 2^53 */

enum state { UNKNOWN, UNDER_WAY, DONE };

struct function {
    enum state state;
    bool has_sites;
    struct allocation_site *sites;
    size_t n_sites;
    struct allocation_list call;
};

struct allocations {
    struct program *program;
    const struct heap *heap;
    double trips;
    bool only_certain;
    struct arena arena, scratch;
    struct function *functions; /* by link->first_function[file] + scope */
    bool *is_cyclic_class;
    uint32_t *first_cycle; /* by function: in heap->cycles, NONE ends */
    uint32_t *next_cycle;
    struct pair_table outer_loop; /* file, OP_LOOP → the loop around it, NONE */
    struct pair_table measured;   /* file, op → index of trips */
    struct {
        ARRAY_OF(double);
    } measured_trips;
};

static struct function *function_at(const struct allocations *a, uint32_t file, uint32_t scope)
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

static void see_cycles(struct allocations *a)
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

static struct function *find_sites(struct allocations *a, uint32_t file, uint32_t scope)
{
    struct function *f = function_at(a, file, scope);
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

/* ---- loops */

/* `for … in range(10)`, over a display: so many trips. */
static bool count_trips(const struct facts *facts, const struct op *loop, double *trips)
{
    if (loop->a == NONE) {
        return false;
    }
    const struct op *iterable = &facts->ops[loop->a];
    if (iterable->kind == OP_DISPLAY) {
        *trips = iterable->b;
        return true;
    }
    if (iterable->kind != OP_CALL || iterable->b != 1
        || !facts_spells(facts, iterable->a, "range")) {
        return false;
    }
    const struct op *limit = &facts->ops[facts->ops[loop->a + 1].a];
    if (limit->kind != OP_CONSTANT || limit->aux != CONSTANT_INTEGER) {
        return false;
    }
    char *end;
    *trips = strtod(facts_name(facts, limit->a), &end);
    return *end == '\0' && *trips >= 0 && *trips < MOST;
}

struct allocation_loop allocations_loop(struct allocations *a, uint32_t file, uint32_t scope,
                                        uint32_t op)
{
    struct allocation_loop loop = {file, scope, op, false, a->trips};
    uint32_t measured = pair_table_get(&a->measured, pair_key(file, op));
    if (measured != TABLE_NONE) {
        loop.trips = a->measured_trips.items[measured];
        return loop;
    }
    const struct facts *facts = a->program->files[file];
    double trips;
    if (count_trips(facts, &facts->ops[op], &trips)) {
        loop.is_counted = true;
        loop.trips = trips;
    }
    return loop;
}

/* How often a site runs each time `within` (a loop, or NONE for the function) does. */
static double times_of(struct allocations *a, uint32_t file, uint32_t scope, uint32_t loop,
                       uint32_t within)
{
    double times = 1;
    for (; loop != within && loop != NONE;
         loop = pair_table_get(&a->outer_loop, pair_key(file, loop))) {
        times *= allocations_loop(a, file, scope, loop).trips;
        times = times < MOST ? times : MOST;
    }
    return loop == within ? times : 0;
}

/* ---- lists */

static void add(struct allocation_list *list, struct allocated new)
{
    for (size_t i = 0; i < list->n; i++) {
        struct allocated *one = &list->items[i];
        if (one->end == new.end && one->is_cyclic == new.is_cyclic
            && one->is_gathered == new.is_gathered &&strcmp(one->kind, new.kind) == 0) {
            one->times = one->times + new.times < MOST ? one->times + new.times : MOST;
            return;
        }
    }
    *array_push(list) = new;
}

/* Something a callee made, as the caller has it. */
static struct allocated received(const struct allocation_site *site, const struct allocated *one,
                                 bool is_own_trip, double times)
{
    struct allocated got = *one;
    bool is_on_instance = one->end == END_ON_SELF && site->class != NONE;
    bool is_gathered = false;
    got.times *= times;
    if (one->end == END_RETURNED || is_on_instance) {
        got.end = site->end;
        is_gathered = site->is_gathered;
        got.is_cyclic = one->is_cyclic || (is_on_instance && site->is_cyclic);
    } else if (one->end == END_IN_ARGUMENT) {
        got.end = site->argument_end;
        is_gathered = site->arguments_are_gathered;
    }
    got.is_gathered = (is_gathered && (is_own_trip || got.times >= MANY))
                      || (one->is_gathered && one->times >= MANY);
    return got;
}

static void add_site_to(struct allocations *a, const struct allocation_site *site, bool is_own_trip,
                        double times, struct allocation_list *list)
{
    if (site->kind != NULL) {
        bool is_gathered = site->is_gathered && (is_own_trip || times * site->n >= MANY);
        add(list, (struct allocated){site->kind, site->end, site->is_cyclic, is_gathered,
                                     times * site->n});
        return;
    }
    const struct allocation_list *made = &function_at(a, site->callee_file, site->callee)->call;
    for (size_t i = 0; i < made->n; i++) {
        add(list, received(site, &made->items[i], is_own_trip, times));
    }
}

/* What runs each time `within` does, a loop or NONE for the function. */
static void add_sites(struct allocations *a, uint32_t file, uint32_t scope, uint32_t within,
                      struct allocation_list *list)
{
    const struct function *f = find_sites(a, file, scope);
    for (size_t i = 0; i < f->n_sites; i++) {
        const struct allocation_site *site = &f->sites[i];
        double times = times_of(a, file, scope, site->loop, within);
        if (times > 0 && !(a->only_certain && site->is_conditional)) {
            add_site_to(a, site, within != NONE && site->loop == within, times, list);
        }
    }
}

/* ---- callees first */

struct visit {
    uint32_t file, scope;
    size_t next; /* site */
};

struct visits {
    ARRAY_OF(struct visit);
};

/* The next callee that nobody has looked at yet, put on the stack. */
static bool push_callee(struct allocations *a, struct visits *stack)
{
    struct visit *top = array_last(stack);
    const struct function *f = find_sites(a, top->file, top->scope);
    while (top->next < f->n_sites) {
        const struct allocation_site *site = &f->sites[top->next++];
        if (site->kind == NULL
            && function_at(a, site->callee_file, site->callee)->state == UNKNOWN) {
            function_at(a, site->callee_file, site->callee)->state = UNDER_WAY;
            *array_push(stack) = (struct visit){site->callee_file, site->callee, 0};
            return true;
        }
    }
    return false;
}

static void settle_calls(struct allocations *a, uint32_t file, uint32_t scope)
{
    struct visits stack = {0};
    if (function_at(a, file, scope)->state != UNKNOWN) {
        return;
    }
    function_at(a, file, scope)->state = UNDER_WAY;
    *array_push(&stack) = (struct visit){file, scope, 0};
    while (stack.n > 0) {
        if (!push_callee(a, &stack)) {
            struct visit done = stack.items[--stack.n];
            struct allocation_list list = {0};
            add_sites(a, done.file, done.scope, NONE, &list);
            function_at(a, done.file, done.scope)->call = list;
            function_at(a, done.file, done.scope)->state = DONE;
        }
    }
    array_free(&stack);
}

/* ---- the questions */

struct allocations *allocations_new(struct program *program, const struct heap *heap, double trips,
                                    bool only_certain)
{
    struct allocations *a = alloc_zeroed(1, sizeof *a);
    size_t n = program->link->n_functions, n_cycles = heap->cycles.n;
    a->program = program;
    a->heap = heap;
    a->trips = trips;
    a->only_certain = only_certain;
    a->functions = alloc_zeroed(n + 1, sizeof *a->functions);
    a->is_cyclic_class = arena_alloc(&a->arena, program->classes->all.n + 1);
    a->first_cycle = arena_alloc(&a->arena, (n + 1) * sizeof *a->first_cycle);
    a->next_cycle = arena_alloc(&a->arena, (n_cycles + 1) * sizeof *a->next_cycle);
    memset(a->first_cycle, 0xFF, (n + 1) * sizeof *a->first_cycle);
    see_cycles(a);
    return a;
}

void allocations_free(struct allocations *a)
{
    for (size_t i = 0; i < a->program->link->n_functions; i++) {
        array_free(&a->functions[i].call);
    }
    free(a->functions);
    pair_table_free(&a->outer_loop);
    pair_table_free(&a->measured);
    array_free(&a->measured_trips);
    arena_free(&a->arena);
    arena_free(&a->scratch);
    free(a);
}

void allocations_set_trips(struct allocations *a, uint32_t file, uint32_t op, double trips)
{
    pair_table_set(&a->measured, pair_key(file, op), (uint32_t)a->measured_trips.n);
    *array_push(&a->measured_trips) = trips;
}

const struct allocation_list *allocations_of_call(struct allocations *a, uint32_t file,
                                                  uint32_t scope)
{
    settle_calls(a, file, scope);
    return &function_at(a, file, scope)->call;
}

void allocations_of_trip(struct allocations *a, uint32_t file, uint32_t scope, uint32_t loop,
                         struct allocation_list *list)
{
    settle_calls(a, file, scope);
    add_sites(a, file, scope, loop, list);
}

const struct allocation_site *allocations_sites(struct allocations *a, uint32_t file,
                                                uint32_t scope, size_t *n)
{
    const struct function *f = find_sites(a, file, scope);
    *n = f->n_sites;
    return f->sites;
}

/* ---- instances */

/* What an instance holds that its constructor made, as long as it is of no class seen before. */
static void add_held(struct allocations *a, uint32_t class, bool *seen,
                     struct allocation_list *list, struct visits *work)
{
    struct made made = made_instance(a->program, class);
    if (seen[class] || made.kind == NULL) {
        return;
    }
    seen[class] = true;
    add(list, (struct allocated){made.kind, END_DROPPED, true, false, 1});
    if (made.callee != NONE) {
        *array_push(work) = (struct visit){made.callee_file, made.callee, 0};
    }
}

/* A larger object, of hundreds of parts each of a class of its own, is counted so far only: all
 * that are in a ring of such classes have the same parts. */
enum { MAX_CONSTRUCTORS = 200 };

void allocations_of_instance(struct allocations *a, uint32_t class, bool *seen,
                             struct allocation_list *list)
{
    struct visits work = {0};
    add_held(a, class, seen, list, &work);
    for (int n = 0; work.n > 0 && n < MAX_CONSTRUCTORS; n++) {
        struct visit constructor = work.items[--work.n];
        const struct function *f = find_sites(a, constructor.file, constructor.scope);
        for (size_t i = 0; i < f->n_sites; i++) {
            const struct allocation_site *site = &f->sites[i];
            if (site->end != END_ON_SELF || site->kind == NULL) {
                continue;
            }
            if (site->class != NONE) {
                add_held(a, site->class, seen, list, &work);
            } else {
                double times = times_of(a, constructor.file, constructor.scope, site->loop, NONE);
                add(list,
                    (struct allocated){site->kind, END_DROPPED, true, false, times * site->n});
            }
        }
    }
    array_free(&work);
}
