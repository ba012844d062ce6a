/*
 * solve.c - the queue of functions, and the questions that are asked when it is empty.
 */
#include "points/solver.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- beginning */

static void begin_operators(struct points *p)
{
    static const struct {
        enum operator_kind kind;
        const char *name;
    } known[] = {{OPERATOR_ADD, "__add__"},          {OPERATOR_BIT_OR, "__or__"},
                 {OPERATOR_BIT_AND, "__and__"},      {OPERATOR_SUBTRACT, "__sub__"},
                 {OPERATOR_MULTIPLY, "__mul__"},     {OPERATOR_DIVIDE, "__truediv__"},
                 {OPERATOR_MODULO, "__mod__"},       {OPERATOR_SHIFT_RIGHT, "__rshift__"},
                 {OPERATOR_SHIFT_LEFT, "__lshift__"}};
    memset(p->symbols.operators, 0xff, sizeof p->symbols.operators);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        p->symbols.operators[known[i].kind] = link_symbol(p->program, known[i].name);
    }
}

static void begin_symbols(struct points *p)
{
    static const char *const indices[MAX_INDEX] = {"[0]", "[1]", "[2]", "[3]",
                                                   "[4]", "[5]", "[6]", "[7]"};
    for (uint32_t i = 0; i < MAX_INDEX; i++) {
        p->symbols.index[i] = link_symbol(p->program, indices[i]);
    }
    p->symbols.element = link_symbol(p->program, "[]");
    p->symbols.unknown_key = link_symbol(p->program, "[?]");
    p->symbols.init = link_symbol(p->program, "__init__");
    p->symbols.new = link_symbol(p->program, "__new__");
    p->symbols.setattr = link_symbol(p->program, "__setattr__");
    p->symbols.call = link_symbol(p->program, "__call__");
    p->symbols.iter = link_symbol(p->program, "__iter__");
    p->symbols.next = link_symbol(p->program, "__next__");
    p->symbols.enter = link_symbol(p->program, "__enter__");
    p->symbols.aenter = link_symbol(p->program, "__aenter__");
    p->symbols.get = link_symbol(p->program, "__get__");
    p->symbols.getitem = link_symbol(p->program, "__getitem__");
    p->symbols.setitem = link_symbol(p->program, "__setitem__");
    p->symbols.class_ = link_symbol(p->program, "__class__");
    p->symbols.self = link_symbol(p->program, "__self__");
    p->symbols.set = link_symbol(p->program, "__set__");
    p->symbols.namespace = link_symbol(p->program, "__dict__");
    p->symbols.wrapped = link_symbol(p->program, "__wrapped__");
    p->symbols.mro = link_symbol(p->program, "__mro__");
    p->symbols.bases = link_symbol(p->program, "__bases__");
    p->symbols.traceback = link_symbol(p->program, "__traceback__");
    p->symbols.tb_frame = link_symbol(p->program, "tb_frame");
    p->symbols.f_back = link_symbol(p->program, "f_back");
    p->symbols.tb_next = link_symbol(p->program, "tb_next");
    p->symbols.with_traceback = link_symbol(p->program, "with_traceback");
    p->symbols.exit = link_symbol(p->program, "__exit__");
    p->symbols.context = link_symbol(p->program, "__context__");
    p->symbols.cause = link_symbol(p->program, "__cause__");
    p->symbols.aexit = link_symbol(p->program, "__aexit__");
    begin_operators(p);
}

static void add_cells(struct points *p, size_t n)
{
    while (n-- > 0) {
        *array_push(&p->cells) = (struct points_cell){.first_reader = NONE, .last_reader = NONE};
    }
}

static void begin_cells(struct points *p)
{
    const struct program *program = p->program;
    uint32_t n_functions = program->link->n_functions;
    p->first_variable = alloc_zeroed(program->n_files + 1, sizeof *p->first_variable);
    for (uint32_t file = 0; file < program->n_files; file++) {
        p->first_variable[file + 1] = p->first_variable[file] + program->files[file]->n_variables;
    }
    uint32_t n_variables = p->first_variable[program->n_files];
    p->first_return = n_variables;
    p->first_yield = n_variables + n_functions;
    add_cells(p, n_variables + 2 * (size_t)n_functions);
    p->is_resolved = alloc_zeroed(n_variables + 1, sizeof *p->is_resolved);
    p->read_in = alloc_zeroed(n_variables + 1, sizeof *p->read_in);
}

static void begin_functions(struct points *p)
{
    const struct program *program = p->program;
    uint32_t n = program->link->n_functions;
    p->is_queued = alloc_zeroed(n + 1, sizeof *p->is_queued);
    p->access_of = alloc_zeroed(n + 1, sizeof *p->access_of);
    p->file_of = alloc_zeroed(n + 1, sizeof *p->file_of);
    for (uint32_t file = 0; file < program->n_files; file++) {
        uint32_t first = program->link->first_function[file];
        for (uint32_t i = 0; i < program->files[file]->n_scopes; i++) {
            p->file_of[first + i] = file;
        }
    }
}

/* Lists, for each class, those that derive from it. */
static void begin_derived(struct points *p)
{
    const struct classes *classes = p->program->classes;
    uint32_t n = (uint32_t)classes->all.n;
    p->first_derived = alloc_zeroed(n + 2, sizeof *p->first_derived);
    for (uint32_t class = 0; class < n; class ++) {
        const struct class *c = &classes->all.items[class];
        for (uint32_t i = 1; i < c->n_ancestors; i++) {
            p->first_derived[classes->ancestors.items[c->first_ancestor + i] + 2]++;
        }
    }
    for (uint32_t class = 0; class < n; class ++) {
        p->first_derived[class + 2] += p->first_derived[class + 1];
    }
    p->derived = alloc_zeroed(p->first_derived[n + 1] + 1, sizeof *p->derived);
    for (uint32_t class = 0; class < n; class ++) {
        const struct class *c = &classes->all.items[class];
        for (uint32_t i = 1; i < c->n_ancestors; i++) {
            p->derived[p->first_derived[classes->ancestors.items[c->first_ancestor + i] + 1]++] =
                class;
        }
    }
}

/* ---- solving */

static void drain_queue(struct points *p)
{
    while (p->queue_at < p->queue.n) {
        if (p->queue_at > 1u << 16) { /* what is done makes room */
            memmove(p->queue.items, p->queue.items + p->queue_at,
                    (p->queue.n - p->queue_at) * sizeof *p->queue.items);
            p->queue.n -= p->queue_at;
            p->queue_at = 0;
        }
        uint32_t function = p->queue.items[p->queue_at++];
        p->is_queued[function] = false;
        function_evaluate(p, function);
    }
}

struct points *points_solve(struct program *program)
{
    struct points *p = alloc_zeroed(1, sizeof *p);
    p->program = program;
    p->free_reader = NONE;
    p->is_container = alloc_zeroed(program->classes->all.n + 1, sizeof *p->is_container);
    begin_symbols(p);
    begin_cells(p);
    begin_functions(p);
    begin_derived(p);
    objects_begin(p);
    sets_begin(p);
    outside_begin(p);
    for (uint32_t function = 0; function < program->link->n_functions; function++) {
        function_enqueue(p, function);
    }
    drain_queue(p);
    annotations_use(p);
    drain_queue(p);
    families_use(p);
    drain_queue(p);
    return p;
}

void points_free(struct points *p)
{
    array_free(&p->objects);
    array_free(&p->sets);
    array_free(&p->members);
    array_free(&p->cells);
    array_free(&p->readers);
    array_free(&p->fields);
    array_free(&p->earlier_keys);
    array_free(&p->queue);
    array_free(&p->values);
    array_free(&p->places);
    array_free(&p->calls);
    array_free(&p->raises);
    pair_table_free(&p->noted_calls);
    pair_table_free(&p->noted_raises);
    pair_table_free(&p->object_numbers);
    pair_table_free(&p->set_numbers);
    pair_table_free(&p->unions);
    pair_table_free(&p->field_numbers);
    pair_table_free(&p->last_keys);
    pair_table_free(&p->aliases);
    pair_table_free(&p->effects);
    pair_table_free(&p->claimed);
    pair_table_free(&p->wanted);
    free(p->first_variable);
    free(p->is_resolved);
    free(p->read_in);
    free(p->file_of);
    free(p->first_derived);
    free(p->derived);
    free(p->is_queued);
    free(p->access_of);
    free(p->is_container);
    free(p);
}

/* ---- questions */

const struct points_object *points_object_at(const struct points *p, uint32_t object)
{
    return &p->objects.items[object];
}

const uint32_t *points_set(const struct points *p, uint32_t set, uint32_t *n)
{
    *n = set_count(p, set);
    return p->members.items + p->sets.items[set].first;
}

uint32_t points_of_variable(const struct points *p, uint32_t file, uint32_t variable)
{
    return p->cells.items[cell_of_variable(p, file, variable)].set;
}

uint32_t points_of_attribute(const struct points *p, uint32_t class, uint32_t symbol)
{
    uint32_t field = pair_table_get(&p->field_numbers,
                                    pair_key(object_of_class(p, POINTS_INSTANCE, class), symbol));
    return field == TABLE_NONE ? (uint32_t)SET_EMPTY
                               : p->cells.items[p->fields.items[field].cell].set;
}

const struct points_field *points_fields(const struct points *p, size_t *n)
{
    *n = p->fields.n;
    return p->fields.items;
}

uint32_t points_of_field(const struct points *p, size_t i)
{
    return p->cells.items[p->fields.items[i].cell].set;
}

bool points_is_told(const struct points *p, uint32_t symbol)
{
    for (uint32_t i = 0; i < MAX_INDEX; i++) {
        if (symbol == p->symbols.index[i]) {
            return false;
        }
    }
    return symbol != p->symbols.unknown_key;
}

uint32_t points_elements(const struct points *p, uint32_t container, uint32_t *symbol)
{
    *symbol = p->symbols.element;
    uint32_t field = pair_table_get(&p->field_numbers,
                                    pair_key(object_of_fields(p, container), p->symbols.element));
    return field == TABLE_NONE ? (uint32_t)SET_EMPTY
                               : p->cells.items[p->fields.items[field].cell].set;
}

/* ---- places */

static uint64_t key_of_place(const struct points *p, uint32_t object, uint32_t symbol,
                             uint32_t target)
{
    uint32_t field = object == NONE ? TABLE_NONE
                                    : pair_table_get(&p->field_numbers,
                                                     pair_key(object_of_fields(p, object), symbol));
    return pair_key(field, target);
}

void points_want(struct points *p, uint32_t object, uint32_t symbol, uint32_t target)
{
    uint64_t key = key_of_place(p, object, symbol, target);
    uint32_t next = (uint32_t)p->places.n;
    if (pair_table_put(&p->wanted, key, next) == next) {
        *array_push(&p->places) = (struct place){.file = NONE};
    }
}

void note_store(struct points *p, uint32_t object, uint32_t symbol, uint32_t values, uint32_t op)
{
    if (p->wanted.n == 0 || op == NONE) {
        return;
    }
    for (uint32_t i = 0; i < set_count(p, values); i++) {
        uint64_t key = key_of_place(p, object, symbol, set_member(p, values, i));
        uint32_t place = pair_table_get(&p->wanted, key);
        if (place != TABLE_NONE && p->places.items[place].file == NONE) {
            p->places.items[place] = place_of_op(p->file, &p->facts->ops[op]);
        }
    }
}

void points_find_places(struct points *p)
{
    for (uint32_t function = 0; function < p->program->link->n_functions; function++) {
        function_evaluate(p, function);
    }
}

struct place points_place(const struct points *p, uint32_t object, uint32_t symbol, uint32_t target)
{
    uint32_t place = pair_table_get(&p->wanted, key_of_place(p, object, symbol, target));
    return place == TABLE_NONE ? (struct place){.file = NONE} : p->places.items[place];
}
