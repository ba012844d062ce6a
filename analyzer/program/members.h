/*
 * members.h - what classes have: names their bodies bind, attributes their methods set, methods by
 * name.
 *
 * All tables are filled in one pass over the facts; names are program symbols (link.h).
 */
#ifndef CYCLINT_PROGRAM_MEMBERS_H
#define CYCLINT_PROGRAM_MEMBERS_H

#include "base/array.h"
#include "base/table.h"
#include "program/classes.h"
#include "program/link.h"
#include "program/program.h"

/* One place where a method stores to, or takes away, an attribute of its own `self`. */
struct attribute_store {
    uint32_t file;
    uint32_t op;            /* OP_STORE or OP_DELETE; for `self.x.clear()` the OP_CALL */
    uint32_t scope;         /* the method */
    uint32_t next;          /* the next store of the same class and attribute, or NONE */
    uint32_t next_of_class; /* the next store to any attribute of the class, or NONE */
    bool is_kill;           /* it stores None, deletes, or empties */
};

/* A function that stands in a class body. */
struct method_entry {
    uint32_t file, scope, class;
    uint32_t next; /* the next of the same name */
};

struct members {
    struct pair_table by_name;         /* class, symbol → variable of the class's scope */
    struct pair_table first_attribute; /* class, symbol → attribute_store */
    struct pair_table first_of_class;  /* 0, class → attribute_store */
    struct pair_table
        first_killer; /* 0, symbol → attribute_store: kills of any object's attribute */
    struct pair_table first_method; /* 0, symbol → method_entry */
    struct {
        ARRAY_OF(struct attribute_store);
    } stores;
    struct {
        ARRAY_OF(struct method_entry);
    } methods;
};

/* Makes program->members; classes and link must be there. */
void members_link(struct program *program);
void members_free(struct program *program);

/* The op of the value that the body of the class, or of its nearest ancestor that has the name,
 * binds it to; false if there is none.  `*owner` is that class. */
bool members_find(const struct program *program, uint32_t class, uint32_t symbol, uint32_t *owner,
                  uint32_t *value);

/* The first store to attribute `symbol` of instances of the class or of an ancestor, or NULL; more
 * by `next`. */
const struct attribute_store *members_stores(const struct program *program, uint32_t class,
                                             uint32_t symbol);

/* What the only store to attribute `symbol` gives it that does not take it away (`self.x = None`
 * does), on `self` in the methods of the class and its ancestors; false if there is none or more.
 */
bool members_only_object(const struct program *program, uint32_t class, uint32_t symbol,
                         struct class_value *object);

/* The first store of the class's own methods to any attribute, or NULL; more by `next_of_class`. */
const struct attribute_store *members_stores_of_class(const struct program *program,
                                                      uint32_t class);

/* The store with that index, or NULL for NONE. */
const struct attribute_store *members_store_at(const struct program *program, uint32_t index);

/* A store that takes the attribute away, in a method of the class, of an ancestor, or (if
 * `anywhere`) done to any object by any function; not in `__init__`.  NULL if there is none. */
const struct attribute_store *members_killer(const struct program *program, uint32_t class,
                                             uint32_t symbol, bool anywhere);

#endif
