/*
 * foreign.c - the knowledge tables, by program symbol.
 */
#include "program/foreign.h"

#include "base/array.h"
#include "base/error.h"
#include "base/table.h"
#include "program/foreign_rows.h"
#include "program/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct foreigns {
    struct {
        ARRAY_OF(struct foreign);
    } entries;
    struct pair_table by_symbol; /* enum naming, program symbol → entry */
    struct pair_table by_class;  /* class, method → entry */
    struct pair_table natives;   /* file, symbol of a name in it → symbol of the dotted name */
    struct {
        ARRAY_OF(const struct foreign_hold *);
    } passing;                    /* holds that end before their holders do */
    struct pair_table passing_of; /* class, attribute → one of them */
};

/* A method's name and a function's may be the same symbol: `copy`. */
enum naming {
    NAMES_FUNCTION,
    NAMES_METHOD,
    NAMES_METHOD_OF_CLASS, /* of the first such */
    NAMES_ATTRIBUTE        /* the first passing hold by it */
};

static bool is_method_name(const char *name)
{
    return name[0] == '.';
}

static uint64_t key_of(struct program *program, const char *name)
{
    bool is_method = is_method_name(name);
    return pair_key(is_method ? NAMES_METHOD : NAMES_FUNCTION,
                    link_symbol(program, is_method ? name + 1 : name));
}

/* "threading.Thread.start" is also found as method `start` of "threading.Thread". */
static void add_as_method(struct program *program, const char *name, uint32_t index)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name) {
        return;
    }
    const char *class = arena_string(&program->arena, name, (size_t)(dot - name));
    uint32_t method = link_symbol(program, dot + 1);
    pair_table_put(&program->foreigns->by_class, pair_key(link_symbol(program, class), method),
                   index);
    pair_table_put(&program->foreigns->by_symbol, pair_key(NAMES_METHOD_OF_CLASS, method), index);
}

static void add_passing(struct program *program, const struct foreign_hold *hold)
{
    struct foreigns *foreigns = program->foreigns;
    if (hold->until == UNTIL_DROPPED || hold->attribute == NULL) {
        return;
    }
    uint32_t attribute = link_symbol(program, hold->attribute),
             index = (uint32_t)foreigns->passing.n;
    const char *dot = strrchr(hold->call, '.');
    pair_table_put(&foreigns->by_symbol, pair_key(NAMES_ATTRIBUTE, attribute), index);
    if (hold->who == HOLDER_RECEIVER && dot != hold->call) {
        const char *class = arena_string(&program->arena, hold->call, (size_t)(dot - hold->call));
        pair_table_put(&foreigns->passing_of, pair_key(link_symbol(program, class), attribute),
                       index);
    }
    *array_push(&foreigns->passing) = hold;
}

void foreign_add(struct program *program, const struct foreign *entry)
{
    struct foreigns *foreigns = program->foreigns;
    uint32_t next = (uint32_t)foreigns->entries.n;
    uint32_t index = pair_table_put(&foreigns->by_symbol, key_of(program, entry->name), next);
    if (index == next) {
        array_push(&foreigns->entries);
        add_as_method(program, entry->name, index);
    }
    foreigns->entries.items[index] = *entry;
    for (uint32_t i = 0; i < entry->n_holds; i++) {
        add_passing(program, &entry->holds[i]);
    }
}

/* Rows of one call stand together, so they are one run. */
static void add_hold(struct program *program, const struct foreign_hold *hold)
{
    struct foreigns *foreigns = program->foreigns;
    uint32_t index = pair_table_get(&foreigns->by_symbol, key_of(program, hold->call));
    assert(index != TABLE_NONE);
    struct foreign *entry = &foreigns->entries.items[index];
    assert(entry->n_holds == 0 || entry->holds + entry->n_holds == hold);
    entry->holds = entry->n_holds == 0 ? hold : entry->holds;
    entry->n_holds++;
    add_passing(program, hold);
}

static void add_native(struct program *program, const struct foreign *entry)
{
    const char *dot = strrchr(entry->name, '.');
    if (entry->native == NULL || dot == NULL) {
        return;
    }
    uint32_t file =
        name_table_get(&program->link->modules, entry->name, (size_t)(dot - entry->name));
    if (file != TABLE_NONE && facts_symbol(program->files[file], entry->native) != NONE) {
        pair_table_put(&program->foreigns->natives, pair_key(file, link_symbol(program, dot + 1)),
                       link_symbol(program, entry->name));
    }
}

static void add_rows(struct program *program, const struct foreign_rows *rows)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        foreign_add(program, &rows->entries[i]);
        add_native(program, &rows->entries[i]);
    }
    for (size_t i = 0; i < rows->n_holds; i++) {
        add_hold(program, &rows->holds[i]);
    }
}

void foreign_link(struct program *program)
{
    program->foreigns = alloc_zeroed(1, sizeof *program->foreigns);
    add_rows(program, &foreign_values);
    add_rows(program, &foreign_threads);
    add_rows(program, &foreign_library);
    add_rows(program, &foreign_objects);
    add_rows(program, &foreign_frameworks);
}

void foreign_free(struct program *program)
{
    if (program->foreigns == NULL) {
        return;
    }
    array_free(&program->foreigns->entries);
    array_free(&program->foreigns->passing);
    pair_table_free(&program->foreigns->by_symbol);
    pair_table_free(&program->foreigns->by_class);
    pair_table_free(&program->foreigns->natives);
    pair_table_free(&program->foreigns->passing_of);
    free(program->foreigns);
    program->foreigns = NULL;
}

static const struct foreign *find(const struct program *program, enum naming naming,
                                  uint32_t symbol)
{
    uint32_t index = pair_table_get(&program->foreigns->by_symbol, pair_key(naming, symbol));
    return index == TABLE_NONE ? NULL : &program->foreigns->entries.items[index];
}

const struct foreign *foreign_find(const struct program *program, uint32_t symbol)
{
    return find(program, NAMES_FUNCTION, symbol);
}

const struct foreign *foreign_find_method(const struct program *program, uint32_t method)
{
    return find(program, NAMES_METHOD, method);
}

const struct foreign *foreign_method_of(const struct program *program, uint32_t class,
                                        uint32_t method)
{
    uint32_t index = pair_table_get(&program->foreigns->by_class, pair_key(class, method));
    return index == TABLE_NONE ? NULL : &program->foreigns->entries.items[index];
}

bool foreign_is_method(const struct program *program, uint32_t method)
{
    return find(program, NAMES_METHOD_OF_CLASS, method) != NULL;
}

const struct foreign_hold *foreign_passing_hold(const struct program *program, uint32_t class,
                                                uint32_t attribute)
{
    const struct foreigns *foreigns = program->foreigns;
    uint32_t hold = class == NONE
                        ? TABLE_NONE
                        : pair_table_get(&foreigns->passing_of, pair_key(class, attribute));
    if (hold == TABLE_NONE) {
        hold = pair_table_get(&foreigns->by_symbol, pair_key(NAMES_ATTRIBUTE, attribute));
    }
    return hold == TABLE_NONE ? NULL : foreigns->passing.items[hold];
}

bool foreign_is_ended_in(const struct program *program, uint32_t file,
                         const struct foreign_hold *hold)
{
    const char *name = hold->asked_by;
    if (name == NULL) {
        const char *dot = strrchr(hold->removed_by, '.');
        name = dot == NULL ? hold->removed_by : dot + 1;
    }
    return *name == '\0' || facts_symbol(program->files[file], name) != NONE;
}

uint32_t foreign_native(const struct program *program, uint32_t file, uint32_t symbol)
{
    return program->foreigns == NULL
               ? NONE
               : pair_table_get(&program->foreigns->natives, pair_key(file, symbol));
}
