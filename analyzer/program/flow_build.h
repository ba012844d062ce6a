/*
 * flow_build.h - what the chapters of flow.c share: a control-flow graph that is being built.
 *
 * One pass over a range of ops keeps a stack of open constructs and one loose end: the successor
 * slot that the next node will fill.  Beside it stands a chain of frames, from the innermost
 * construct that cares about exits outward: loops, handlers, `finally` parts, `with` blocks.
 */
#ifndef CYCLINT_PROGRAM_FLOW_BUILD_H
#define CYCLINT_PROGRAM_FLOW_BUILD_H

#include "base/array.h"
#include "program/flow.h"

enum exit_kind { EXIT_NORMAL, EXIT_RAISE, EXIT_RETURN, EXIT_BREAK, EXIT_CONTINUE };

enum frame_kind { FRAME_LOOP, FRAME_HANDLERS, FRAME_FINALLY, FRAME_WITH };

struct frame {
    uint8_t kind;
    bool suppresses;   /* of FRAME_WITH: exceptions may go on after the block */
    bool is_requested; /* of FRAME_HANDLERS: something in the body can raise */
    uint32_t outer;    /* frame, NONE: the scope */
    uint32_t op;       /* LOOP: its END.  FINALLY: the first op of its body.  WITH: its OP_WITH */
    uint32_t end;      /* FINALLY: the END after its body */
    uint32_t enter;    /* LOOP: where `continue` goes.  HANDLERS: where the first handler begins */
    uint32_t after;    /* where normal control goes on */
    uint32_t first_exit;
};

/* What was made for one kind of exit through a frame. */
struct exit {
    uint8_t kind;
    uint32_t target; /* the END of the loop of `break`, `continue`; else NONE */
    uint32_t node;
    uint32_t next;
};

/* A copy of a `finally` body, to be made. */
struct job {
    uint32_t first, end;
    uint32_t frame;
    uint32_t entry;
    uint8_t kind;
    uint32_t target;
    uint32_t after; /* for EXIT_NORMAL */
};

/* A slot that waits for its successor; node NONE: nothing gets here. */
struct loose {
    uint32_t node;
    uint8_t slot;
};

struct construct {
    uint8_t kind; /* the opener's */
    bool has_else, in_handler;
    uint32_t op;
    uint32_t outer_frame;
    uint32_t after;        /* IF, LOOP, WITH, TRY: where it ends */
    uint32_t leave;        /* TRY: where its body and handlers end: `after`, or the `finally` */
    uint32_t done;         /* LOOP: where it goes when exhausted */
    uint32_t handlers;     /* TRY: the frame of its handlers, or NONE */
    uint32_t node;         /* its first node */
    struct loose other;    /* IF: the part not written first.  TRY: the exception no handler took */
    struct loose body_end; /* TRY: the end of its body */
};

/* A branch on the first operand, and the one on the whole `and` or `or`: when the former is
 * decisive, both go the same way. */
struct thread {
    uint32_t inner, outer;
    bool inner_truth, outer_truth; /* of what the two ops test, as written */
};

struct flow_builder {
    const struct facts *facts;
    const struct scope *scope;
    struct flow *flow;
    uint32_t limit;
    uint32_t frame;
    struct loose loose;
    struct construct ended;              /* the last construct that was closed */
    uint32_t cached_frame, cached_raise; /* flow_leave(EXIT_RAISE) of the frame asked last */
    bool is_copying;
    struct {
        ARRAY_OF(struct flow_node);
    } nodes;
    struct {
        ARRAY_OF(struct frame);
    } frames;
    struct {
        ARRAY_OF(struct exit);
    } exits;
    struct {
        ARRAY_OF(struct job);
    } jobs;
    struct {
        ARRAY_OF(struct construct);
    } open;
    struct {
        ARRAY_OF(struct thread);
    } threads;
    /* By op of the scope: of an END, the FINALLY and first EXCEPT before it; of an OP_EITHER, the
     * branch between its operands.  NONE for none. */
    uint32_t *finally_of, *except_of, *branch_of;
};

/* Where control goes that gets nowhere. */
#define FLOW_NOWHERE ((struct loose){NONE, 0})

/* ---- nodes and ways out (flow_nodes.c) ---- */

uint32_t flow_add_node(struct flow_builder *build, enum flow_kind kind, uint32_t op);
uint32_t flow_add_join(struct flow_builder *build);

/* Fills the slot `from`, which may be nowhere. */
void flow_link(struct flow_builder *build, struct loose from, uint32_t node);

/* What comes next follows `node`. */
void flow_go_on(struct flow_builder *build, uint32_t node);

/* Adds a node for an op after what came last; an exception in it goes where one would. */
uint32_t flow_emit(struct flow_builder *build, uint32_t op);
uint32_t flow_emit_branch(struct flow_builder *build, uint32_t op);

/* Puts a frame inside of the innermost one; its number. */
uint32_t flow_push_frame(struct flow_builder *build, struct frame frame);

/* Where control goes first when it leaves by `kind` from inside `frame`: to the END `target` for
 * `break` and `continue`.  Each `with` on the way is left by a node of its own. */
uint32_t flow_leave(struct flow_builder *build, uint32_t frame, enum exit_kind kind,
                    uint32_t target);

/* Where an exception goes that is raised here. */
uint32_t flow_raise_target(struct flow_builder *build);

/* ---- conditions (flow_conditions.c) ---- */

/* Finds what `node` really decides on: under any number of `not`, the last operand of `and`s and
 * `or`s, whose earlier operands have branches that are threaded to this one. */
void flow_set_condition(struct flow_builder *build, uint32_t node, uint32_t value);

/* The way that a branch goes when what its op tests, as written, is `truth`. */
struct loose flow_when(const struct flow_builder *build, uint32_t node, bool truth);

/* Lets earlier operands that decide a condition go where it goes.  When all nodes are there. */
void flow_thread_branches(struct flow_builder *build);

/* ---- constructs (flow_constructs.c) ---- */

/* Adds what one op comes to. */
void flow_do_op(struct flow_builder *build, uint32_t op);

#endif
