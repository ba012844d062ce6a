/*
 * finding.h - what is told to the user: a rule, a place, a sentence, and why it is believed.
 */
#ifndef CYCLINT_REPORT_FINDING_H
#define CYCLINT_REPORT_FINDING_H

#include "base/arena.h"
#include "base/array.h"
#include "gcmodel/cost.h"
#include "heap/witness.h"
#include "program/program.h"

#include <stdbool.h>
#include <stdint.h>

struct rule;

/* A place that belongs to the finding, in the order a reader wants them: the steps of a path, the
 * other open(). */
struct related {
    struct place place;
    const char *message;
    struct related *next;
};

/* Replaces the text of a place. */
struct edit {
    struct place place;
    const char *text;
    struct edit *next;
};

/* What a cycle costs the collector each time it is made and let go of (cycle_cost.h). */
struct finding_cost {
    const char *python;      /* the version this holds for */
    uint64_t heap;           /* tracked objects that the program has besides */
    double objects;          /* that wait for the collector, of one cycle */
    double waiting;          /* the most that wait at a time */
    struct gc_range seconds; /* the collector's time for a million such cycles */
};

struct finding {
    const struct rule *rule;
    struct place place;
    enum confidence confidence;
    const char *message;
    const char *remedy;       /* what to do here, one line; NULL: the rule's own `instead` */
    struct related *related;  /* in order; NULL for none */
    struct cycle_edge *cycle; /* NULL unless the finding is a cycle */
    enum cycle_kind cycle_kind;
    bool is_garbage;                 /* the cycle waits for the collector each time it is made */
    const struct finding_cost *cost; /* NULL when it is not known */
    struct edit *edits;              /* an offered fix, or NULL */
    bool fix_is_safe;                /* the fix cannot change what the program does */
    uint32_t scope;                  /* the innermost scope around the place: pylint's `obj` */
};

/* Findings as they come; settle sorts them.  Everything they point to lives in `arena`. */
struct findings {
    struct arena arena;
    ARRAY_OF(struct finding);
};

#endif
