/*
 * families.h - which class has an attribute of this name.
 *
 * `child.parent = self` says of a `child` nobody told about that it is of the class that has a
 * `parent`, if only one class of the file has, or else of the program; classes of one family count
 * as the nearest ancestor they share.
 */
#ifndef CYCLINT_PROGRAM_FAMILIES_H
#define CYCLINT_PROGRAM_FAMILIES_H

#include "base/table.h"
#include "program/program.h"

struct families {
    struct pair_table owners; /* file or UINT32_MAX, program symbol → class */
};

/* Looks at what methods store on `self` and what bodies bind; the program has its members.  Fills
 * `families` from nothing; families_free() frees it. */
void families_find(const struct program *program, struct families *families);
void families_free(struct families *families);

/* The class that has the attribute: of those of the file, or for NONE of the whole program; NONE if
 * there is none, or if several that are no kin have it. */
uint32_t families_owner(const struct families *families, uint32_t file, uint32_t symbol);

#endif
