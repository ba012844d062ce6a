/*
 * foreign_table.h - the rows foreign.c makes its tables of.  Private to program/.
 */
#ifndef CYCLINT_PROGRAM_FOREIGN_TABLE_H
#define CYCLINT_PROGRAM_FOREIGN_TABLE_H

#include "program/foreign.h"

extern const struct foreign foreign_entries[]; /* without their `holds` */
extern const size_t n_foreign_entries;

/* Rows of one call stand together. */
extern const struct foreign_hold foreign_holds[];
extern const size_t n_foreign_holds;

#endif
