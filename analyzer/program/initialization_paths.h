/*
 * initialization_paths.h - what the two chapters of initialization.h share: the attributes of a
 * class as bits, and the functions that were followed.
 */
#ifndef CYCLINT_PROGRAM_INITIALIZATION_PATHS_H
#define CYCLINT_PROGRAM_INITIALIZATION_PATHS_H

#include "base/array.h"
#include "base/table.h"
#include "program/initialization.h"

enum progress { PROGRESS_NEW, PROGRESS_WAITING, PROGRESS_DONE };

/* A method, and what calling it on `self` does. */
struct summary {
    struct method method;
    uint32_t self; /* its variable */
    enum progress progress;
    bool returns, raises;
    uint64_t *on_return, *on_raise;
};

/* An op of `__init__` by which an exception may leave it, and what is set then. */
struct risk {
    uint32_t op;
    uint64_t *set;
};

struct initialization {
    const struct program *program;
    struct arena *arena;
    struct arena solved; /* flow graphs and states, which take more than all that is kept */
    uint32_t class;
    struct name_table bits; /* mangled name → bit */
    struct {
        ARRAY_OF(struct class_value);
    } stores;                      /* by bit: the first store */
    struct pair_table by_function; /* file, scope → summary */
    struct {
        ARRAY_OF(struct summary);
    } summaries;
    struct {
        ARRAY_OF(uint32_t);
    } waiting; /* summaries under way, the innermost last */
    struct {
        ARRAY_OF(struct risk);
    } risks; /* of `__init__`, once somebody asked */
    bool has_risks;
    uint32_t n_words;
    uint32_t init; /* the summary of `__init__`, NONE without one */
    bool is_lost;  /* something sets attributes by computed names */
};

/* Follows `__init__`, and what it calls on `self`, to where it returns and raises. */
void initialization_follow(struct initialization *in, const struct method *init);

/* Finds the ops by which an exception may leave `__init__`, which was followed: `in->risks`. */
void initialization_find_risks(struct initialization *in);

/* Whether a call runs the function as it is written: no decorator, no coroutine, no generator. */
bool initialization_runs_plainly(const struct initialization *in, const struct method *method);

/* Whether `value` loads the variable. */
bool initialization_loads(const struct facts *facts, uint32_t value, uint32_t variable);

/* The bit of a mangled name; TABLE_NONE for an attribute that no method sets on `self`. */
uint32_t initialization_bit(const struct initialization *in, const char *name);

/* The name of an attribute of `self` that the method spells, as classes_mangle() gives it. */
const char *initialization_mangled(const struct initialization *in, const struct method *method,
                                   uint32_t symbol);

#endif
