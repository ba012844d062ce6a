/*
 * points.h - what every name, attribute, element and returned value of the program may be.
 *
 * An inclusion-based points-to analysis over all files together (L. O. Andersen, "Program Analysis
 * and Specialization for the C Programming Language", 1994), which finds the call graph as it goes.
 * It knows neither the order of statements nor who calls: each variable, each attribute of a class,
 * each function's returned value has one set of objects, and an object stands for all instances of
 * a class or for all that one expression makes.  So it is fast, it sees what is put together by
 * methods that outsiders call in turn, and it says only what *may* be; the symbolic heap (heap/)
 * says what is.
 */
#ifndef CYCLINT_POINTS_POINTS_H
#define CYCLINT_POINTS_POINTS_H

#include "base/array.h"
#include "base/table.h"
#include "program/program.h"

enum points_kind {
    POINTS_INSTANCE,  /* a: class; of exactly that class */
    POINTS_KIN,       /* a: class; of the class or one derived from it: `self`, an annotation */
    POINTS_CLASS,     /* a: class; the class itself */
    POINTS_FUNCTION,  /* a: file, b: scope */
    POINTS_METHOD,    /* a: receiver (an object), b: file, c: scope; bound */
    POINTS_CONTAINER, /* a: file, b: the op that makes it; aux: enum container */
    POINTS_STAR,      /* a: file, b: parameter; what `*args` or `**options` collect; aux as above */
    POINTS_PARTIAL,   /* a: file, b: the op; its elements are the callable and the arguments */
    POINTS_GENERATOR, /* a: file, b: scope; or a coroutine */
    POINTS_WEAK,      /* a: file, b: the op; its elements are what it refers to weakly */
    POINTS_PAIRS,     /* a: a container; iterating it gives pairs of which the second is an element
                       */
    POINTS_PAIR,      /* a: a container; such a pair */
    POINTS_SUPER,     /* a: class whose method says super() */
    POINTS_PROPERTY,  /* a: file, b: the op; its elements are what `property(f, g)` was given */
    POINTS_NAMESPACE, /* a: an instance; its __dict__ */
    POINTS_MODULE,    /* a: file */
    POINTS_EXCEPTION, /* a: file, b: the op that catches or makes it: OP_CAUGHT, OP_WITH, OP_CALL */
    POINTS_TRACEBACK, /* a: the exception (an object) whose it is */
    POINTS_FRAME,     /* a: file, b: scope, c: whether it is below, and found by `f_back` */
    POINTS_FOREIGN    /* a: program symbol of a dotted name outside of the program */
};

struct points_object {
    uint8_t kind; /* enum points_kind */
    uint8_t aux;
    uint32_t a, b, c;
};

/* A place in the abstract store that holds a set of objects. */
struct points_cell {
    uint32_t set;
    uint32_t first_reader; /* functions to look at again when the set grows; NONE ends */
    uint32_t last_reader;  /* the newest of them, by function number */
};

/* An attribute of a class's instances, or the elements of a container. */
struct points_field {
    uint32_t object; /* of instances: the POINTS_INSTANCE of the class */
    uint32_t symbol; /* program symbol: a name, "[]", … */
    uint32_t cell;
};

struct points;

/* Solves the whole program; it must be linked, with classes and members.  Ended by points_free().
 */
struct points *points_solve(struct program *program);
void points_free(struct points *points);

/* ---- asking */

const struct points_object *points_object_at(const struct points *points, uint32_t object);

/* The objects of a set, in increasing order, and how many; 0 is the empty set. */
const uint32_t *points_set(const struct points *points, uint32_t set, uint32_t *n);

/* What a variable may be. */
uint32_t points_of_variable(const struct points *points, uint32_t file, uint32_t variable);

/* What attribute `symbol` may be that methods of this class, or outsiders, gave its instances;
 * ancestors not included. */
uint32_t points_of_attribute(const struct points *points, uint32_t class, uint32_t symbol);

/* All fields, in the order in which they were found, which is the same every time. */
const struct points_field *points_fields(const struct points *points, size_t *n);

/* The set of field number `i` of those. */
uint32_t points_of_field(const struct points *points, size_t i);

/* Whether a field's symbol is one that people know it by, not one of "[0]", "[?]", …, which say
 * again what "[]" says. */
bool points_is_told(const struct points *points, uint32_t symbol);

/* What a container holds, and the symbol under which it is kept. */
uint32_t points_elements(const struct points *points, uint32_t container, uint32_t *symbol);

/* ---- calls and raises, which tell what frames a traceback leads to */

struct points_call {
    uint32_t caller, callee; /* numbers of functions: link.first_function[file] + scope */
    uint32_t op;             /* of the caller's file */
};

/* That a function raises what somebody holds: `raise self.error`. */
struct points_raise {
    uint32_t function, object;
};

const struct points_call *points_calls(const struct points *points, size_t *n);
const struct points_raise *points_raises(const struct points *points, size_t *n);

/* The class of an exception that is an object of its own, as far as the handler or the call says;
 * of one from outside the program only the dotted name is known, and of what any handler catches
 * nothing (both NONE). */
void points_exception_class(const struct points *points, uint32_t object, uint32_t *class,
                            uint32_t *symbol);

/* ---- places
 *
 * Where a field of an object was given another is not kept while solving.  Who needs to know says
 * what is wanted; one more look at every function finds the first place, in the order of files, for
 * each. */
void points_want(struct points *points, uint32_t object, uint32_t symbol, uint32_t target);
void points_find_places(struct points *points);

/* `file` is NONE when nobody stored it: it came by a default, or by an argument. */
struct place points_place(const struct points *points, uint32_t object, uint32_t symbol,
                          uint32_t target);

#endif
