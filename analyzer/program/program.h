/*
 * program.h - all files together.
 *
 * First only the files, sorted by path; linking (modules, imports, classes, attributes, calls)
 * builds on it.
 */
#ifndef CYCLINT_PROGRAM_PROGRAM_H
#define CYCLINT_PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "facts/facts.h"

struct attribute_uses;
struct classes;
struct foreigns;
struct globals;
struct link;
struct maker_settings;
struct resources;
struct members;

struct program {
    struct arena arena;   /* what lives as long as the program */
    struct arena symbols; /* so do the texts of symbols that no file has; under link.h's lock */
    const struct facts *
        *files;           /* sorted by path; a file that could not be read is not among them */
    const char **modules; /* the dotted module name of each file */
    uint32_t n_files;
    struct attribute_uses *attribute_uses;       /* attribute_uses.h */
    struct classes *classes;                     /* classes.h */
    struct globals *globals;                     /* globals.h */
    struct link *link;                           /* link.h */
    struct resources *resources;                 /* resources.h */
    struct members *members;                     /* members.h */
    struct foreigns *foreigns;                   /* foreign.h */
    const struct maker_settings *maker_settings; /* resources.h; NULL: none */
    uint32_t python_version;                     /* the version the code is for: 0x030D is 3.13 */
};

/* A stretch of text in a file. */
struct place {
    uint32_t file;       /* index in program.files */
    uint32_t start, end; /* byte offsets */
};

static inline struct place place_of_op(uint32_t file, const struct op *op)
{
    return (struct place){.file = file, .start = op->start, .end = op_end(op)};
}

#endif
