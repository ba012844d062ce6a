/*
 * foreign.c - the knowledge tables, by program symbol.
 */
#include "program/foreign.h"

#include "base/array.h"
#include "base/error.h"
#include "base/table.h"
#include "program/foreign_table.h"
#include "program/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct foreigns {
    struct {
        ARRAY_OF(struct foreign);
    } entries;
    struct pair_table by_symbol; /* enum naming, program symbol → entry */
};

/* A method's name and a function's may be the same symbol: `copy`. */
enum naming { NAMES_FUNCTION, NAMES_METHOD };

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

static void add_entry(struct program *program, const struct foreign *row)
{
    struct foreigns *foreigns = program->foreigns;
    uint32_t next = (uint32_t)foreigns->entries.n;
    uint32_t index = pair_table_put(&foreigns->by_symbol, key_of(program, row->name), next);
    assert(index == next); /* no name has two entries */
    *array_push(&foreigns->entries) = *row;
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
}

void foreign_link(struct program *program)
{
    program->foreigns = alloc_zeroed(1, sizeof *program->foreigns);
    for (size_t i = 0; i < n_foreign_entries; i++) {
        add_entry(program, &foreign_entries[i]);
    }
    for (size_t i = 0; i < n_foreign_holds; i++) {
        add_hold(program, &foreign_holds[i]);
    }
}

void foreign_free(struct program *program)
{
    if (program->foreigns == NULL) {
        return;
    }
    array_free(&program->foreigns->entries);
    pair_table_free(&program->foreigns->by_symbol);
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

const struct foreign *foreign_find_method(const struct program *program, uint32_t symbol)
{
    return find(program, NAMES_METHOD, symbol);
}
