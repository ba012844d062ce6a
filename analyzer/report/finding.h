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

/*
 * How a rule asks for a change of the text.  It knows places, and not what stands between them:
 * report/fix.h makes edits of it, or refuses where the text does not allow it.
 *
 * In a `text`, "\n" begins a line that is indented as the statement is, "\t" goes one level
 * deeper, and "\1" and "\2" stand for the text at `quoted`.
 */
enum change_kind {
    CHANGE_REPLACE,     /* the text of the place, in which no line may begin or end */
    CHANGE_STATEMENT,   /* the whole statement, which has its lines for itself */
    CHANGE_REMOVE,      /* the statement, and its line when nothing else is on it */
    CHANGE_REMOVE_NAME, /* the name, of those that a statement lists with commas */
    CHANGE_BEFORE,      /* adds lines before the statement */
    CHANGE_AFTER,       /* and after it */
    CHANGE_BEGIN_BODY,  /* adds lines to the beginning of a def's body, behind its docstring */
    CHANGE_INDENT, /* the statements from the one at the start of the place to the one at its end */
    CHANGE_WITH,   /* the statement becomes the head of a `with`, whose body goes up to the end of
                      the place, or to the statement at `quoted[1]`, which goes */
    CHANGE_FINALLY, /* what follows the statement, up to the end of the place, goes into a `try`,
                       with the text as its `finally` */
    CHANGE_IMPORT   /* adds an import statement to the module's */
};

struct change {
    enum change_kind kind;
    struct place place; /* of a statement: some of it */
    const char *text;
    struct place quoted[2];
    struct change *next;
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
    struct change *changes;          /* an offered fix, or NULL */
    bool fix_is_safe;                /* the fix cannot change what the program does */
    uint32_t scope;                  /* the innermost scope around the place: pylint's `obj` */
};

/* Findings as they come; settle sorts them.  Everything they point to lives in `arena`. */
struct findings {
    struct arena arena;
    ARRAY_OF(struct finding);
};

#endif
