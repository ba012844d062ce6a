/*
 * holdings.h - the edges of the class graph (class_graph.h) while they are gathered.
 */
#ifndef CYCLINT_HEAP_HOLDINGS_H
#define CYCLINT_HEAP_HOLDINGS_H

#include "heap/class_graph.h"
#include "heap/held.h"
#include "heap/walk.h"

/* Instances of `from` may hold what the attributes of a `to` hold. */
struct behind {
    uint32_t from, to; /* classes */
};

struct mention {
    uint32_t class, next; /* the next class that has the attribute, or NONE */
};

struct holdings {
    struct program *program;
    struct class_graph *out;
    struct analysis types; /* only for the types of attributes */
    struct {
        ARRAY_OF(struct behind);
    } behind;
    struct {
        ARRAY_OF(struct mention);
    } mentions;
    struct pair_table first_mention; /* 0, symbol → mention */
    struct pair_table is_mentioned;  /* class, symbol */
    struct pair_table annotations;   /* class, symbol → op, in the file of the class */
    struct held_set set;
    struct arena scratch;
};

static inline const struct class *holdings_class(const struct holdings *g, uint32_t class)
{
    return &g->program->classes->all.items[class];
}

/* What the class holds is not known, for this reason; the first one counts. */
void holdings_unknown(struct holdings *g, uint32_t class, const char *reason, struct place place);

/* The class has an attribute of that name. */
void holdings_mention(struct holdings *g, uint32_t class, uint32_t symbol);

/* What is in g->set may be in the attribute, or in the container it holds (`via`). */
void holdings_add_set(struct holdings *g, uint32_t class, uint32_t symbol, const char *via,
                      struct place place);
void holdings_empty_set(struct holdings *g);

/* Mentions the attributes of `self` that a file uses, before any class is looked at. */
void holdings_note_attributes(struct holdings *g, uint32_t file);

/* Adds what a class itself says: its declarations and what its methods store. */
void holdings_see_class(struct holdings *g, uint32_t class);

/* Adds what code of a file does to objects of any class (holdings_outside.c). */
void holdings_see_file(struct holdings *g, uint32_t file);

#endif
