/*
 * flow.h - the control-flow graph of one scope, and data flow over it.
 *
 * The graph is made of the scope's structured ops, one node an op, and a few nodes without an op
 * where paths meet or leave.  A node has up to two normal successors and one exceptional one:
 *
 *     next[0]   what runs after it; of a branch: when the condition is true
 *     next[1]   of a branch only: when the condition is false
 *     raise     where an exception from here goes; NONE when none is expected
 *
 * Branches are the IF and TEST ops (`condition` says what is tested, with `not` stripped and the
 * successors swapped for it; `a and b`, `a or b` jump past the rest as Python does), the NEXT of a
 * `for` (next[1]: exhausted) and the CAUGHT of a handler (next[1]: another exception).
 *
 * What is faithful, and what is not:
 *
 *   - `finally` bodies are copied, one copy for each kind of exit that needs it (falling off the
 *     end, an exception, `return`, `break` and `continue` of each loop), so that "closed in
 * finally" holds on every path and a return does not seem to go on after the `try`.  Nested copies
 *     multiply; past a bound the graph is `is_partial`, and who uses it should stay silent.
 *   - Leaving a `with`, in whatever way, passes a FLOW_WITH_EXIT node.  Only managers known to
 *     swallow exceptions (contextlib.suppress, assertRaises, pytest.raises) let an exception go on
 *     after the block.
 *   - Loads and stores of names, constants and displays do not raise.  Calls, attributes, items,
 *     operators, imports, yields and awaits may; a user who wants only the likely ones ignores the
 *     others in its transfer.  A `try` body in which nothing can raise still reaches its handlers,
 *     from its beginning.
 *   - `except:`, `except BaseException:` and `except Exception:` catch everything.  That the latter
 *     lets KeyboardInterrupt pass would put an alarm behind nearly every handler ever written.
 *   - Calls that never return (sys.exit, os._exit, a test's self.fail, …) have no next.
 *   - The loop of a generator expression is drawn where it is written.
 */
#ifndef CYCLINT_PROGRAM_FLOW_H
#define CYCLINT_PROGRAM_FLOW_H

#include "base/arena.h"
#include "facts/facts.h"

enum flow_kind {
    FLOW_OP,        /* runs its op */
    FLOW_JOIN,      /* nothing; paths meet */
    FLOW_WITH_EXIT, /* `op` is the OP_WITH whose block is left here */
    FLOW_ENTRY,     /* the scope begins */
    FLOW_END,       /* the scope ends without a `return` */
    FLOW_RETURN,    /* the scope returned: each `return` leads here, through what it passes */
    FLOW_RAISE      /* an exception leaves the scope */
};

enum flow_flag {
    FLOW_IS_BRANCH = 1,
    FLOW_IS_COPY = 2,       /* in a copy of a `finally` body, so the op occurs elsewhere too */
    FLOW_EXITS_PROCESS = 4, /* a call that ends the program: sys.exit and its kin */
    FLOW_IS_SWAPPED = 8     /* of a branch: its op tests the negation of `condition` */
};

struct flow_node {
    uint8_t kind;       /* enum flow_kind */
    uint8_t flags;      /* enum flow_flag */
    uint32_t op;        /* NONE for a join, the entry and the exits */
    uint32_t condition; /* of an IF or TEST: the value tested, which is no `not`; else NONE */
    uint32_t next[2];   /* nodes, or NONE */
    uint32_t raise;     /* node, or NONE */
};

struct flow {
    const struct facts *facts;
    uint32_t scope;
    const struct flow_node *nodes; /* roughly in the order of the ops; some cannot be reached */
    uint32_t n_nodes;
    uint32_t entry, at_end, at_return, at_raise;
    bool is_partial; /* a bound was hit: some `finally` copies lack */
};

/* The graph of a scope, in `arena`.  Linear in the scope's ops, but for copies of `finally`. */
const struct flow *flow_build(const struct facts *facts, uint32_t scope, struct arena *arena);

/* Whether a `with` on this value lets the program go on after an exception: suppress(…),
 * assertRaises(…), pytest.raises(…). */
bool flow_suppresses(const struct facts *facts, uint32_t manager);

/* Whether calling `callee` ends the process: sys.exit(), os.execv(). */
bool flow_call_exits(const struct facts *facts, uint32_t callee);

/* Whether calling `callee` always raises: a test's self.fail(), argparse's parser.error(). */
bool flow_call_raises(const struct facts *facts, uint32_t callee);

/* ---- data flow
 *
 * Forward, over sets of bits.  A state belongs to the point before a node; the transfer turns it
 * into the state after it, for one outgoing edge at a time, so what a condition proves and what an
 * exception leaves undone can be told apart.  An edge the transfer refuses is not followed: a
 * problem whose empty set means "nothing to follow" stays as small as the part of the graph it
 * concerns.
 */

enum flow_edge {
    FLOW_NEXT,      /* next[0]; of a branch: the condition is true */
    FLOW_OTHERWISE, /* next[1] */
    FLOW_EXCEPTION
};

struct flow_problem {
    uint32_t n_words;     /* 64 bits each */
    bool is_intersection; /* where paths meet: what holds on all of them; else on any */
    void *context;
    /* Changes the state before `node` to that on its `edge`.  False: this edge is not taken. */
    bool (*transfer)(void *context, const struct flow *flow, uint32_t node, enum flow_edge edge,
                     uint64_t *state);
};

struct flow_states {
    uint32_t n_words;
    uint64_t *words;  /* n_words for each node */
    uint8_t *reached; /* by node */
};

/* The states of all nodes that can be reached from `start`, where `initial` holds, in `arena`. */
struct flow_states flow_solve(const struct flow *flow, const struct flow_problem *problem,
                              uint32_t start, const uint64_t *initial, struct arena *arena);

/* The state before a node; NULL when it cannot be reached. */
static inline const uint64_t *flow_state(const struct flow_states *states, uint32_t node)
{
    return states->reached[node] ? states->words + (size_t)node * states->n_words : NULL;
}

#endif
