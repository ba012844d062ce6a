/*
 * made_classes.h - the classes that a function makes each time it runs.
 */
#ifndef CYCLINT_PROGRAM_MADE_CLASSES_H
#define CYCLINT_PROGRAM_MADE_CLASSES_H

#include "base/array.h"
#include "base/table.h"
#include "program/program.h"

/* What is remembered from one question to the next, so that each function is looked at once: all
 * zero at first, in the end made_class_forget(). */
struct made_class_memory {
    bool is_filled;
    uint32_t file, scope;   /* the function that `uses` is of */
    struct pair_table uses; /* of its classes */
    struct {
        ARRAY_OF(uint32_t);
    } stored;
    uint8_t *calls; /* by program symbol: how often it is called in the program */
};

struct made_class {
    uint32_t op;        /* the OP_CLASS or the OP_CALL that makes it */
    uint32_t function;  /* the innermost function around it */
    uint32_t variable;  /* of that function: what it is called there; NONE when nothing is */
    bool is_used_here;  /* only there: it neither leaves the function nor is part of a class */
    bool is_made_often; /* the function runs again and again, as far as one sees: no lambda, not
                           main(), and its results are not cached */
    struct place place; /* the first line of the statement; the call */
    const char *name;   /* in messages: "Point" */
    const char *dotted; /* "pkg.mod.f.<locals>.Point", or as the call names it: "pkg.mod.Point" */
    uint32_t of_itself; /* the scope of a method that holds the class by a cell, because it says
                           super() or __class__; NONE without */
};

/* Whether op `op` of a file makes a class when a function runs: a class statement, namedtuple(),
 * Enum(), type() with three arguments and their like.  Texts are in `arena`. */
bool made_class_at(const struct program *program, struct made_class_memory *memory, uint32_t file,
                   uint32_t op, struct arena *arena, struct made_class *made);

/* Whether a class is made again and again, as the calls of its function tell: less sure are those
 * with a name for what is done once, those that one place calls, outside of any loop, or only
 * modules while they are loaded, private ones that nobody calls; and classes whose name comes with
 * the call. */
bool made_class_again_and_again(const struct program *program, struct made_class_memory *memory,
                                uint32_t file, const struct made_class *made);
void made_class_forget(struct made_class_memory *memory);

#endif
