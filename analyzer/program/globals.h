/*
 * globals.h - what a `global` statement does for a name.
 */
#ifndef CYCLINT_PROGRAM_GLOBALS_H
#define CYCLINT_PROGRAM_GLOBALS_H

#include "base/table.h"
#include "program/program.h"

enum global_use {
    GLOBAL_AT_MODULE_LEVEL, /* the statement stands in the module itself */
    GLOBAL_IN_GETATTR,      /* in a module's __getattr__ (PEP 562), which has no other way */
    GLOBAL_NOT_ASSIGNED,    /* the scope that says `global` never binds the name */
    GLOBAL_PAST_A_LOCAL,    /* nor here, but it reads past an enclosing function's local */
    GLOBAL_UNDEFINED,       /* bound here, and nowhere in the module itself */
    GLOBAL_REBOUND          /* bound here and in the module */
};

struct globals {
    struct pair_table uses; /* file, OP_GLOBAL → enum global_use */
};

/* Judges all `global` statements: makes program->globals. */
void globals_find(struct program *program);
void globals_free(struct program *program);

/* What the OP_GLOBAL `op` does. */
enum global_use globals_judge(const struct program *program, uint32_t file, uint32_t op);

#endif
