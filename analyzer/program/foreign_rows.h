/*
 * foreign_rows.h - the rows foreign.c makes its tables of.  Private to program/.
 */
#ifndef CYCLINT_PROGRAM_FOREIGN_ROWS_H
#define CYCLINT_PROGRAM_FOREIGN_ROWS_H

#include "program/foreign.h"

struct foreign_rows {
    const struct foreign *entries; /* without their `holds` */
    size_t n_entries;
    const struct foreign_hold *holds; /* those of one call stand together, in the file of its entry
                                       */
    size_t n_holds;
};

extern const struct foreign_rows foreign_values, foreign_threads, foreign_library, foreign_objects,
    foreign_frameworks;

#endif
