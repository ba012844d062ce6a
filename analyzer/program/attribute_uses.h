/*
 * attribute_uses.h - where a name stands as an attribute, or in a string, in the whole program.
 */
#ifndef CYCLINT_PROGRAM_ATTRIBUTE_USES_H
#define CYCLINT_PROGRAM_ATTRIBUTE_USES_H

#include "program/program.h"

struct attribute_use {
    uint32_t file;
    uint32_t op;   /* an OP_ATTRIBUTE, or an OP_CONSTANT that is a string: getattr() */
    uint32_t next; /* of the same name, by file and op; NONE after the last */
};

struct attribute_uses {
    uint32_t *first; /* by program symbol of a file (link.h): in `items`, or NONE */
    struct attribute_use *items;
};

/* Made in two passes over all ops when the first asks; many threads may ask.  The program is
 * linked.  attribute_uses_free() frees it. */
const struct attribute_uses *attribute_uses_of(struct program *program);
void attribute_uses_free(struct program *program);

#endif
