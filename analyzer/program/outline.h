/*
 * outline.h - what one file says of its classes, for people who ask the store.
 *
 * Only the file itself is looked at, so it can be kept with the file: a name is as the file spells
 * it, imports followed.
 */
#ifndef CYCLINT_PROGRAM_OUTLINE_H
#define CYCLINT_PROGRAM_OUTLINE_H

#include "base/arena.h"
#include "base/array.h"
#include "facts/facts.h"

struct outline_class {
    const char *name;  /* __qualname__ */
    const char *bases; /* "a.B, C"; "" for none */
    uint32_t start;    /* byte offset of its name */
};

struct outline_attribute {
    uint32_t class; /* index */
    const char *name;
    bool is_of_class;  /* the class body binds it; else its methods, on `self` */
    uint32_t start;    /* of the first store */
    uint32_t n_stores; /* 0: it is only declared */
};

/* An attribute and what it is given by name. */
struct outline_ref {
    uint32_t attribute; /* index */
    const char *target; /* dotted */
    const char *how; /* "call": its result; "name": itself; "annotation": what it is declared as */
    uint32_t start;
};

struct outline {
    struct {
        ARRAY_OF(struct outline_class);
    } classes; /* in the order of the text */
    struct {
        ARRAY_OF(struct outline_attribute);
    } attributes;
    struct {
        ARRAY_OF(struct outline_ref);
    } refs; /* each once */
};

/* Fills `*outline` from nothing; strings are in `arena` or belong to the facts. */
void outline_find(const struct facts *facts, struct arena *arena, struct outline *outline);
void outline_free(struct outline *outline);

#endif
