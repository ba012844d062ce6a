/*
 * cells.c - reading and joining, and who must be told.
 */
#include "points/solver.h"

uint32_t cell_of_variable(const struct points *p, uint32_t file, uint32_t variable)
{
    return p->first_variable[file] + variable;
}

/* The elements of a container under constant keys are asked for one by one. */
static void note_key(struct points *p, uint32_t field, uint32_t object, uint32_t symbol)
{
    *array_push(&p->earlier_keys) = TABLE_NONE;
    uint8_t kind = object_at(p, object).kind;
    if ((kind == POINTS_CONTAINER || kind == POINTS_STAR) && symbol != p->symbols.element
        && symbol != p->symbols.unknown_key) {
        p->earlier_keys.items[field] = pair_table_get(&p->last_keys, object);
        pair_table_set(&p->last_keys, object, field);
    }
}

uint32_t cell_of_field(struct points *p, uint32_t object, uint32_t symbol)
{
    uint32_t next = (uint32_t)p->fields.n;
    uint32_t field = pair_table_put(&p->field_numbers, pair_key(object, symbol), next);
    if (field == next) {
        *array_push(&p->fields) =
            (struct points_field){.object = object, .symbol = symbol, .cell = (uint32_t)p->cells.n};
        *array_push(&p->cells) = (struct points_cell){.first_reader = NONE, .last_reader = NONE};
        note_key(p, field, object, symbol);
    }
    return p->fields.items[field].cell;
}

void function_enqueue(struct points *p, uint32_t function)
{
    if (!p->is_queued[function]) {
        p->is_queued[function] = true;
        *array_push(&p->queue) = function;
    }
}

/* Puts every reader into the queue; they will say again what they read. */
static void tell_readers(struct points *p, struct points_cell *cell)
{
    uint32_t last = NONE;
    for (uint32_t i = cell->first_reader; i != NONE; i = p->readers.items[i].next) {
        function_enqueue(p, p->readers.items[i].function);
        last = i;
    }
    if (last != NONE) {
        p->readers.items[last].next = p->free_reader;
        p->free_reader = cell->first_reader;
    }
    cell->first_reader = cell->last_reader = NONE;
}

static void add_reader(struct points *p, struct points_cell *cell)
{
    if (cell->last_reader == p->function || p->function == NONE) {
        return;
    }
    uint32_t reader = p->free_reader;
    if (reader == NONE) {
        reader = (uint32_t)p->readers.n;
        (void)array_push(&p->readers);
    } else {
        p->free_reader = p->readers.items[reader].next;
    }
    p->readers.items[reader] = (struct reader){.function = p->function, .next = cell->first_reader};
    cell->first_reader = reader;
    cell->last_reader = p->function;
}

uint32_t cell_read(struct points *p, uint32_t cell)
{
    struct points_cell *c = &p->cells.items[cell];
    if (set_count(p, c->set) < MAX_OBJECTS) { /* a full one no longer grows */
        add_reader(p, c);
    }
    return c->set;
}

void cell_join(struct points *p, uint32_t cell, uint32_t set)
{
    struct points_cell *c = &p->cells.items[cell];
    uint32_t joined = set_join(p, c->set, set);
    if (joined != c->set) {
        c->set = joined;
        tell_readers(p, c);
    }
}

void variable_join(struct points *p, uint32_t file, uint32_t variable, uint32_t set)
{
    uint32_t cell = cell_of_variable(p, file, variable);
    struct points_cell *c = &p->cells.items[cell];
    uint32_t joined = set_join(p, c->set, set);
    if (joined == c->set) {
        return;
    }
    c->set = joined;
    tell_readers(p, c);
    uint32_t owner =
        p->program->link->first_function[file] + p->program->files[file]->variables[variable].scope;
    if (owner != p->function) {
        function_enqueue(p, owner);
    } else if (p->read_in[cell] == p->n_evaluations) {
        p->is_stale = true;
    }
}

/* A module's variable that is imported from another module is that module's. */
static uint32_t resolve_global(struct points *p, uint32_t file, uint32_t variable, uint32_t load)
{
    uint32_t cell = cell_of_variable(p, file, variable);
    if (!p->is_resolved[cell]) {
        p->is_resolved[cell] = true;
        struct entity entity = link_entity(p->program, file, load);
        uint32_t alias = entity.kind == ENTITY_VALUE
                             ? cell_of_variable(p, entity.file, entity.index)
                             : cell_of_decorated(p, entity);
        if (alias != NONE && alias != cell) {
            pair_table_set(&p->aliases, cell, alias);
        } else if (alias == NONE) {
            p->cells.items[cell].set =
                set_join(p, p->cells.items[cell].set, set_of_entity(p, entity));
        }
    }
    return cell;
}

uint32_t variable_read(struct points *p, uint32_t file, uint32_t variable, uint32_t load)
{
    uint32_t owner = p->facts->variables[variable].scope;
    if (owner == p->scope && owner != 0) {
        uint32_t cell = cell_of_variable(p, file, variable);
        p->read_in[cell] = p->n_evaluations;
        return p->cells.items[cell].set;
    }
    if (owner != 0) {
        return cell_read(p, cell_of_variable(p, file, variable));
    }
    uint32_t cell = resolve_global(p, file, variable, load);
    uint32_t alias = p->aliases.n == 0 ? TABLE_NONE : pair_table_get(&p->aliases, cell);
    uint32_t set = cell_read(p, cell);
    return alias == TABLE_NONE ? set : set_join(p, set, cell_read(p, alias));
}
