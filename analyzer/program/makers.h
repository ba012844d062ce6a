/*
 * makers.h - what makes a resource that somebody must close, and how it is closed; and the calls
 * that use a resource without taking it over.  Tables; configuration may add to them.
 */
#ifndef CYCLINT_PROGRAM_MAKERS_H
#define CYCLINT_PROGRAM_MAKERS_H

#include "base/arena.h"
#include "base/array.h"
#include "base/table.h"
#include "facts/facts.h"

enum maker_flag {
    MAKER_WITH_KEEPS_OPEN = 1, /* `with` manages something else (a transaction), or nothing */
    MAKER_IS_ASYNC = 2,        /* it is `async with` that closes; what is awaited is the resource */
    MAKER_MAKES_PAIR = 4,      /* a tuple of two, both to be closed */
    MAKER_FIRST_OF_TUPLE = 8,  /* a tuple whose first part is to be closed */
    MAKER_SECOND_OF_TUPLE = 16,   /* … whose second part is */
    MAKER_IS_NUMBER = 32,         /* a file descriptor: closed by os.close(), no methods */
    MAKER_TAKES_OBJECT = 64,      /* given a file object instead of a path, it opens nothing */
    MAKER_WRAPS = 128,            /* makes a resource only of one that it takes over */
    MAKER_IS_QUIET = 256,         /* dropping it costs little: only possible findings */
    MAKER_ENDS_EXHAUSTED = 512,   /* iterating to the end closes it */
    MAKER_SURVIVES_ERRORS = 1024, /* an exception in between does no harm worth telling */
    MAKER_LIVES_LONG = 2048,      /* an object often keeps it as long as the program runs */
    MAKER_HAS_NO_WITH = 4096,     /* it is no context manager at all */
    MAKER_CLOSES_OBJECT = 8192,   /* of MAKER_TAKES_OBJECT: closing it closes the object, too */
    MAKER_IS_DERIVED = 16384      /* a function of the program, see makers_derive() */
};

struct maker {
    const char *name;    /* dotted; a builtin plainly */
    const char *thing;   /* what a message calls it: "file" */
    const char *closers; /* methods that close it or give it away, a blank between */
    uint32_t flags;      /* enum maker_flag */
    uint32_t number;     /* in struct makers */
};

struct makers {
    struct arena arena;
    struct name_table by_name;        /* to the index in items */
    struct name_table borrowers;      /* dotted names of calls that only use their arguments */
    struct name_table borrow_methods; /* names of methods that do, whatever object has them */
    struct name_table closers;        /* dotted names of functions that close what they are given */
    struct pair_table borrowing;   /* what is known of functions' parameters: resource_callees.c */
    bool is_said;                  /* a user has said something of makers or functions */
    struct pair_table by_function; /* file, scope → the index of a derived one */
    ARRAY_OF(struct maker *);      /* they stay where they are */
};

/* The built-in tables. */
void makers_init(struct makers *makers);
void makers_free(struct makers *makers);

/* Adds a function that uses, or closes, what it is given; the name is copied. */
void makers_add_borrower(struct makers *makers, const char *name);
void makers_add_closer(struct makers *makers, const char *name);

/* Adds or replaces one; the strings are copied. */
void makers_add(struct makers *makers, const struct maker *maker);

/* Makes a maker of a function of the program that returns what `of` makes.  False if it was one
 * already. */
bool makers_derive(struct makers *makers, uint32_t file, uint32_t scope, const char *name,
                   const struct maker *of);

/* The maker that a function of the program is, or NULL. */
const struct maker *makers_find_function(const struct makers *makers, uint32_t file,
                                         uint32_t scope);

/* The maker with that dotted name, or NULL. */
const struct maker *makers_find(const struct makers *makers, const char *dotted);

/* Whether a method closes what the maker makes. */
bool maker_is_closer(const struct maker *maker, const char *method);

/* The first of its closers, for messages. */
const char *maker_closer(const struct maker *maker, struct arena *arena);

/* What is done to it in the end, for messages: "closed", "waited for". */
const char *maker_end(const struct maker *maker);

/* Whether the OP_CALL `call` uses what it is given as an argument without keeping it. */
bool makers_call_borrows(const struct makers *makers, const struct facts *facts, uint32_t call,
                         struct arena *scratch);

/* Whether a function of this dotted name does. */
bool makers_is_borrower(const struct makers *makers, const char *name);

/* Whether it closes what it is given. */
bool makers_is_closer(const struct makers *makers, const char *name);

#endif
