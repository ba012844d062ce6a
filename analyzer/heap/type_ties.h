/*
 * type_ties.h - what methods tie to the very object they are called on.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_TYPE_TIES_H
#define CYCLINT_HEAP_TYPE_TIES_H

#include "heap/walk.h"

enum tie_how {
    TIE_MADE,    /* the method, or what it calls, made the other */
    TIE_GIVEN,   /* it is a parameter of known class */
    TIE_TAKEN,   /* it comes out of an attribute of `self` */
    TIE_CLOSURE, /* it is a nested function */
    TIE_OTHER
};

/* That a method, with what it calls, makes its `self` hold another object by a field, or another
 * hold its `self`; containers, methods and partials between the two do not count. */
struct tie {
    uint8_t how;    /* enum tie_how */
    uint32_t class; /* whose method it is */
    uint32_t other; /* the other's class, NONE when it is not known; a closure's number */
    uint32_t path;  /* of TIE_TAKEN: the attribute */
    uint32_t next;  /* of the same field and direction, NONE ends */
};

struct ties {
    const struct program *program;
    struct {
        ARRAY_OF(struct tie);
    } all;
    struct pair_table first; /* field, is_held → place in `all` */
    struct pair_table seen;
};

/* Looks at the summaries of all functions; ended by ties_free(). */
void ties_find(struct analysis *analysis, struct ties *ties);
void ties_free(struct ties *ties);

/* Whether methods of `whole` make their `self` hold a `part` that was made or given to them, and
 * make such a part hold their `self`. */
bool ties_hold_each_other(const struct ties *ties, uint32_t whole, uint32_t keeps, uint32_t part,
                          uint32_t gives);

/* Whether a method of `whole` makes its `self` hold the nested function of that number. */
bool ties_keeps_closure(const struct ties *ties, uint32_t whole, uint32_t keeps, uint32_t function);

#endif
