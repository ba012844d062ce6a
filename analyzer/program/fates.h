/*
 * fates.h - what becomes of a value that can change, such as a list, in the code that gets it.
 */
#ifndef CYCLINT_PROGRAM_FATES_H
#define CYCLINT_PROGRAM_FATES_H

#include "program/program.h"

/* From the harmless to the worst. */
enum fate { FATE_READ, FATE_HANDED_ON, FATE_KEPT, FATE_CHANGED };

/* "list" for `[]`, "deque" for `deque()`; NULL for what cannot change or is not known. */
const char *fates_mutable_kind(const struct facts *facts, uint32_t value);

/* The worst that happens to what the op `value` makes when the parameter `variable` of a function
 * stands for it: also in the functions and methods of the program that it is handed on to, and
 * under other names. */
enum fate fates_of_parameter(const struct program *program, uint32_t file, uint32_t scope,
                             uint32_t variable, uint32_t value);

#endif
