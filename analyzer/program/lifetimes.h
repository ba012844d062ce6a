/*
 * lifetimes.h - how long the objects of a class are meant to live, as far as its code tells.
 */
#ifndef CYCLINT_PROGRAM_LIFETIMES_H
#define CYCLINT_PROGRAM_LIFETIMES_H

#include "program/program.h"

/* Whether the program makes an instance of the class, and only while modules are loaded. */
bool lifetimes_is_made_once(const struct program *program, uint32_t class);

/* Whether the objects are meant to be done with before the process is: the class, or one of its
 * bases, has `__del__`, `__exit__`, close(), stop() or the like.  Not for the class NONE. */
bool lifetimes_has_end(const struct program *program, uint32_t class);

#endif
