/*
 * temporaries.h - values that nobody holds but the expression that makes them.
 */
#ifndef CYCLINT_PROGRAM_TEMPORARIES_H
#define CYCLINT_PROGRAM_TEMPORARIES_H

#include "program/program.h"

/* What a value is that is made here and that nothing else is known to hold: "the bound method
 * 'close'" (made anew by each `self.close`), "a lambda", "a new 'Page'" (of a class of the program
 * that does not keep its instances); in `arena`.  NULL for any other. */
const char *temporaries_describe(const struct program *program, uint32_t file, uint32_t value,
                                 struct arena *arena);

#endif
