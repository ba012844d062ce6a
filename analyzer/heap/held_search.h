/*
 * held_search.h - the search behind held.h: its list of what is still to be looked at, and what the
 * chapters on values, on annotations and on the outside share.  Private to them.
 */
#ifndef CYCLINT_HEAP_HELD_SEARCH_H
#define CYCLINT_HEAP_HELD_SEARCH_H

#include "heap/held.h"

enum how {
    OF_VALUE,
    OF_ELEMENT,   /* of what an index or a loop takes out of a container */
    OF_OPERAND,   /* of an operator, whose result is another object */
    OF_ANNOTATION /* of a type */
};

/* What is to be looked at: an op of a file, and through what it is held. */
struct held_item {
    uint32_t file, op;
    uint8_t how;
    const char *via;
};

struct held_search {
    struct program *program;
    struct held_set *out;
    struct {
        ARRAY_OF(struct held_item);
    } items; /* all that were met; those from the one in hand on are to come */
};

/* The facts of the file that the item is in. */
const struct facts *held_facts(const struct held_search *search, const struct held_item *item);

/* Notes that something is not known; the first reason stays.  `reason` lives as long as the set. */
void held_be_unknown(struct held_search *search, const char *reason);

/* Has an op of the item's file looked at in the same way as the item; NONE is nothing. */
void held_look_on(struct held_search *search, const struct held_item *from, uint32_t op);

/* The same for the elements of an OP_DISPLAY. */
void held_look_at_elements(struct held_search *search, struct held_item item, uint32_t op);

/* Adds a class to the set; `is_exact`: no class derived from it. */
void held_add_class(struct held_search *search, const struct held_item *item, uint32_t class,
                    bool is_exact);

/* Looks at a type in an annotation. */
void held_see_annotation(struct held_search *search, const struct held_item *item);

/* Only the outermost thing that lies between is told. */
const char *held_outer_via(const char *old, const char *via);

enum held_foreign {
    HELD_FOREIGN_UNKNOWN,
    HELD_FOREIGN_PLAIN, /* holds nothing of the program's */
    HELD_FOREIGN_HOLDER /* holds what it is given */
};

/* What a function or class from outside makes, by its dotted name; `*via` is how a holder holds. */
enum held_foreign held_foreign(const char *name, const char **via);

#endif
