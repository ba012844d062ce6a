/*
 * link.h - what a name means across files: modules, imports, and the definitions behind them.
 *
 * Names of all files share one table of program symbols, so that attributes compare as numbers.  An
 * expression that is a chain of names (`pkg.mod.Class`, an alias, something re-exported by a
 * package) leads to an entity: a module, class or function of the program, or something outside of
 * it that is known by its dotted name only.
 *
 * Names are followed when somebody asks, and each once; many threads may ask at the same time.  The
 * numbers of the symbols that no file has, made on the way, are then as it happens: nothing that is
 * told may go by their order.
 */
#ifndef CYCLINT_PROGRAM_LINK_H
#define CYCLINT_PROGRAM_LINK_H

#include "base/array.h"
#include "base/shared.h"
#include "base/table.h"
#include "program/program.h"

#include <pthread.h>

enum entity_kind {
    ENTITY_NOTHING,  /* some value nobody can name */
    ENTITY_MODULE,   /* of the program: `file` */
    ENTITY_CLASS,    /* `file`, `index`: its scope */
    ENTITY_FUNCTION, /* `file`, `index`: its scope */
    ENTITY_VALUE, /* a module's variable that holds something else: `file`, `index`: the variable */
    ENTITY_FOREIGN /* outside of the program: `index` is the program symbol of its dotted name;
                      builtins plainly */
};

struct entity {
    uint8_t kind; /* enum entity_kind */
    uint32_t file, index;
};

/* What the heap analysis asks of a symbol at every edge. */
enum symbol_kind {
    SYMBOL_IS_NAME,
    SYMBOL_IS_ELEMENT, /* "[]", "[0]", "[key]": a field of a container; no name begins so */
    SYMBOL_IS_KEY      /* "['name']": the element under a key that is known */
};

struct link {
    struct shared_names symbol_numbers;
    struct shared_list symbols;      /* const char *, by symbol */
    struct shared_list symbol_kinds; /* uint8_t, by symbol: enum symbol_kind */
    uint32_t n_file_symbols;         /* those below are of some file */
    uint32_t **symbols_of_file;      /* [file][symbol of the file] → program symbol */
    uint32_t **bindings; /* [file][variable] → op of the value it is bound to, NONE when unknown */
    bool *has_star_import;     /* [file]: some `from m import *` at module level */
    struct name_table modules; /* dotted name → file */
    uint32_t
        *first_function;  /* [file]: number of its scope 0 when all scopes are counted through */
    uint32_t n_functions; /* scopes of all files */

    /* Names that were followed once: what they lead to. */
    struct shared_list entities;            /* struct entity */
    _Atomic(uint32_t) **entity_of_variable; /* [file][variable] → place in `entities` + 1, or 0 */
    struct shared_pairs module_members;     /* file, symbol → place in `entities` */
    struct shared_pairs foreign_members; /* symbol of a dotted name, symbol → place in `entities` */

    pthread_mutex_t lock;      /* of whoever adds to what is shared, and of program->symbols */
    pthread_mutex_t uses_lock; /* of attribute_uses.h */
};

/* Makes program->link.  Everything lives in the program's arena but the tables, which link_free()
 * frees. */
void link_program(struct program *program);
void link_free(struct program *program);

/* The program symbol of a text, made when there is none.  The text is kept: it must live as long as
 * the program, or be copied. */
uint32_t link_symbol(struct program *program, const char *text);
uint32_t link_symbol_of_copy(struct program *program, const char *text);

/* The program symbol of a text, or NONE when there is none, or none that a file has. */
uint32_t link_find_symbol(const struct program *program, const char *text, size_t length);
uint32_t link_find_file_symbol(const struct program *program, const char *text);
const char *link_text(const struct program *program, uint32_t symbol);

static inline enum symbol_kind link_symbol_kind(const struct link *link, uint32_t symbol)
{
    const uint8_t *kinds = shared_list_items(&link->symbol_kinds);
    return symbol == UINT32_MAX ? SYMBOL_IS_NAME : (enum symbol_kind)kinds[symbol];
}

static inline uint32_t link_symbol_of(const struct link *link, uint32_t file, uint32_t symbol)
{
    return symbol == UINT32_MAX ? UINT32_MAX : link->symbols_of_file[file][symbol];
}

/* The program symbol of the string constant that is argument `position` of a call; NONE when it is
 * none. */
uint32_t link_string_argument(const struct program *program, uint32_t file, uint32_t call,
                              int position);

/* What a value means: follows names, attributes of modules, imports and re-exports, at most 16
 * steps. */
struct entity link_entity(struct program *program, uint32_t file, uint32_t value);

/* What a value is known to be, as uses_origin() says, but found at once; a `del` of the name is not
 * heeded. */
uint32_t link_origin(const struct program *program, uint32_t file, uint32_t value);

/* What the module-level name (a program symbol) of a file means. */
struct entity link_member(struct program *program, uint32_t file, uint32_t symbol);

/* "pkg.mod.Class.method" of a scope, for messages and reports; in `arena`. */
const char *link_dotted(const struct program *program, uint32_t file, uint32_t scope,
                        struct arena *arena);

#endif
