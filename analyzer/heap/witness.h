/*
 * witness.h - how a cycle is told: its kind, its path edge by edge, and how sure it is.
 */
#ifndef CYCLINT_HEAP_WITNESS_H
#define CYCLINT_HEAP_WITNESS_H

#include "program/program.h"

enum confidence {
    CONFIDENCE_POSSIBLE, /* only the types say so */
    CONFIDENCE_LIKELY,   /* some branch, override or name-based callee is involved */
    CONFIDENCE_CERTAIN
};

/* One edge of a cycle, as CLI.md's json2 shows it. */
struct cycle_edge {
    const char *holder;    /* dotted name of the class or function that holds */
    uint32_t class;        /* of the holder, in program.classes; NONE for anything else */
    const char *attribute; /* attribute, captured variable, local, "__traceback__", "__mro__" */
    const char *target;    /* dotted name of what is held */
    const char *via;    /* what lies between, separated by commas: "list,method"; "" for nothing */
    struct place place; /* where the edge is made */
    bool is_handed_in;  /* what is held was a parameter of the function that stores it */
    struct cycle_edge *next;
};

enum cycle_kind {
    CYCLE_INSTANCE,
    CYCLE_CALLBACK,
    CYCLE_CLOSURE,
    CYCLE_EXCEPTION,
    CYCLE_FRAME,
    CYCLE_GENERATOR,
    CYCLE_CLASS,
    CYCLE_CONTAINER
};

#endif
