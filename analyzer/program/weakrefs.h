/*
 * weakrefs.h - where a program makes weak references, and what may have one.
 */
#ifndef CYCLINT_PROGRAM_WEAKREFS_H
#define CYCLINT_PROGRAM_WEAKREFS_H

#include "program/program.h"

struct weak_reference {
    uint32_t referent;  /* the value that is referred to weakly */
    uint32_t use;       /* the OP_ARGUMENT or OP_STORE that takes it */
    const char *maker;  /* "weakref.ref()", "WeakSet.add()" */
    bool is_given_back; /* the value is the result, too: setdefault() */
};

/* A weak reference, and the op that makes it. */
struct weak_reference_site {
    uint32_t file, op;
    struct weak_reference reference;
};

/* Before the first. */
#define WEAKREFS_FIRST ((struct weak_reference_site){.op = NONE})

/* Moves to the next weak reference of the program that is not made in test code, which refers
 * weakly to what dies, and to what cannot be referred to, on purpose.  False after the last. */
bool weakrefs_next(const struct program *program, struct weak_reference_site *site);

enum weak_container { WEAK_NOTHING, WEAK_SET, WEAK_KEYS, WEAK_VALUES };

/* Which of the module weakref's containers a value is known to be. */
enum weak_container weakrefs_container(const struct program *program, uint32_t file,
                                       uint32_t value);

/* What `value` is, when no weak reference to it can be made: "a list", "an instance of 'Point',
 * which has __slots__ without __weakref__"; in `arena`.  NULL when it can, or nobody knows.
 * `*is_certain` is false when a subclass elsewhere would change it. */
const char *weakrefs_refused(const struct program *program, uint32_t file, uint32_t value,
                             struct arena *arena, bool *is_certain);

/* The same of an instance of a class. */
const char *weakrefs_refused_class(const struct program *program, uint32_t class,
                                   struct arena *arena);

#endif
