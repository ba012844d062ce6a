/*
 * type_frames.h - the frames to which the tracebacks of exceptions lead.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_TYPE_FRAMES_H
#define CYCLINT_HEAP_TYPE_FRAMES_H

#include "base/table.h"
#include "points/points.h"

enum {
    MAX_TRACE = 24 /* frames of one traceback, those of the handler's own file first */
};

/* The calls of the program by caller and by callee, and who raises what is held. */
struct type_frames {
    struct program *program;
    const struct points *points;
    uint32_t *file_of;                   /* [function] */
    uint32_t *first_call, *first_caller; /* [function]: in `by_caller`, `by_callee`; one more */
    uint32_t *by_caller, *by_callee;     /* calls */
    struct pair_table first_raise;       /* object → its first raise + 1 */
    uint32_t *next_raise;                /* [raise]: + 1 */
};

void type_frames_begin(struct type_frames *f, struct program *program, const struct points *points);
void type_frames_end(struct type_frames *f);

/* The functions, by number, whose frames the traceback of an exception may lead to: the one that
 * catches it first, what that calls in the body of its `try`, who raises it, and who calls that. */
uint32_t type_frames_of(const struct type_frames *f, uint32_t exception,
                        uint32_t functions[MAX_TRACE]);

#endif
