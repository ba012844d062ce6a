/*
 * resources.h - what happens to each file, socket, process that a program opens.
 *
 * Each call of a maker (makers.h) is an acquisition.  What is done with the value is followed
 * through the scope: names that hold it, calls that only borrow it, and what ends the scope's duty:
 * it is closed, entered by `with`, or given away (returned, yielded, stored in an attribute or a
 * container, captured by a closure, passed to a call that may keep it).  Duty that ends nowhere is
 * RESOURCE_DROPPED; for one that a name holds, the control-flow graph tells on which ways out it is
 * still open.  Where the code says something the graph cannot know (a flag that remembers whether
 * the file was opened here), the way is taken for impossible: rather silent than wrong.
 *
 * An attribute that is given a resource is judged by all that the program does with attributes of
 * that name, see resource_owners.c.
 */
#ifndef CYCLINT_PROGRAM_RESOURCES_H
#define CYCLINT_PROGRAM_RESOURCES_H

#include "program/attribute_uses.h"
#include "program/makers.h"
#include "program/program.h"

enum resource_problem {
    RESOURCE_DROPPED,      /* made and lost in one expression */
    RESOURCE_NEVER_CLOSED, /* held by a name, and on no path closed */
    RESOURCE_NOT_CLOSED,   /* on some normal path not */
    RESOURCE_NOT_CLOSED_ON_ERROR,
    RESOURCE_CLOSED_BY_HAND,  /* on every path, where `with` would do */
    RESOURCE_OWNED,           /* by an attribute that nobody closes */
    RESOURCE_ONLY_ENTERED,    /* by a `with` that does not close it */
    RESOURCE_USED_CLOSED,     /* at `place`, where it is surely closed */
    RESOURCE_CLOSED_TWICE,    /* a descriptor, at `place` */
    RESOURCE_RETURNED_CLOSED, /* or what reads it later, from within its `with` */
    RESOURCE_ENTERED /* no problem: the first of its maker in this file that `with` closes */
};

struct resource {
    enum resource_problem problem;
    bool is_quiet;      /* believe it less */
    bool is_certain;    /* believe it more */
    struct place place; /* of the call that makes it, unless told otherwise */
    const struct maker *maker;
    const char *callee; /* as it is written: "open" */
    const char *holder; /* "f", "self.f"; "" when nothing holds it */
    const char *owner;  /* of RESOURCE_OWNED: the class */
    struct place way;   /* how it is left open: the `return`, what raises, what takes its name */
    const char *way_is; /* what `way` is, for a message; NULL when there is no such place */
};

struct resources {
    struct makers makers;
    struct arena arena;
    ARRAY_OF(struct resource); /* by file and place */
    struct {
        ARRAY_OF(struct place);
    } cut; /* the names of scopes too large to be followed for all that is opened in them */
};

/* What the user says of resources, in the words of maker_words.h, and found right. */
struct maker_settings {
    struct strings makers, closers, borrowers;
};

/* Makes program->resources. */
void resources_find(struct program *program);
void resources_free(struct program *program);

/* The next after `last` that has `problem`; begins with NULL, ends with NULL. */
const struct resource *resources_next(const struct program *program, enum resource_problem problem,
                                      const struct resource *last);

/* The line that would manage it: "with open(…) as f:". */
const char *resource_with_line(const struct resource *resource, struct arena *arena);

#endif
