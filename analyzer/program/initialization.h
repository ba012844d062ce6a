/*
 * initialization.h - which attributes an object surely has, whether `__init__` finished or raised.
 *
 * `__init__` is followed on all paths, through the class's own methods and those of its bases, up
 * to where it may raise: a `raise`, an `assert`, an import, a call that is not known to be
 * harmless. Attributes, items and operators may raise too, but nobody writes code as if they did.
 */
#ifndef CYCLINT_PROGRAM_INITIALIZATION_H
#define CYCLINT_PROGRAM_INITIALIZATION_H

#include "program/classes.h"
#include "program/program.h"

enum attribute_state {
    ATTRIBUTE_SAFE,          /* set on every path, before anything may raise */
    ATTRIBUTE_LOST_BY_RAISE, /* `__init__` may raise before it sets it */
    ATTRIBUTE_NOT_SET,       /* some path through `__init__`, or all, leaves it to other methods */
    ATTRIBUTE_OF_ANOTHER_CLASS, /* a private name (`__x`) that only a base sets, as its own */
    ATTRIBUTE_UNKNOWN           /* a class-level default, or set where nobody can see it */
};

struct initialization;

/* What becomes of the instances of a class; NULL where that cannot be known: an unknown base, a
 * decorator, a metaclass, `__getattr__`, attributes set by computed names. */
struct initialization *initialization_of(const struct program *program, uint32_t class,
                                         struct arena *arena);
void initialization_free(struct initialization *initialization);

/* The state of an attribute, by its name as classes_mangle() gives it.  When it is lost by raising,
 * `*risk` is the op of `__init__` that best shows how: a `raise`, else a call. */
enum attribute_state initialization_state(struct initialization *initialization, const char *name,
                                          struct class_value *risk);

/* The first store to the attribute on `self`; false if there is none. */
bool initialization_store_of(const struct initialization *initialization, const char *name,
                             struct class_value *store);

#endif
