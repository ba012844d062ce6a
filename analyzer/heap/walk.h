/*
 * walk.h - what the files that walk a function share.  Private to heap/.
 *
 * A walker goes through the ops of one function in order.  When it meets a call whose callee has no
 * summary yet, it stops before the call, the callee is walked, and the walker goes on: so callees
 * come before callers without a call graph, and recursion shows as a callee that is under way.
 *
 * A value is a set of nodes, named by its place in the pool of sets; 0 is the empty set (numbers,
 * strings, None).  Control flow makes contexts: an edge made in one branch of an `if` and an edge
 * made in the other cannot be part of one cycle.
 */
#ifndef CYCLINT_HEAP_WALK_H
#define CYCLINT_HEAP_WALK_H

#include "base/array.h"
#include "base/table.h"
#include "heap/heap.h"
#include "heap/local.h"
#include "program/classes.h"
#include "program/families.h"
#include "program/link.h"
#include "program/members.h"

enum {
    MAX_SET = 6,    /* objects a value may be; what is beyond is forgotten */
    MAX_SPREAD = 3, /* of them that a call's effects are applied to */
    MAX_ARGUMENTS = 64,
    MAX_CALLEES = 3,    /* functions a call may mean */
    MAX_WALKERS = 150,  /* calls within calls that are followed */
    MAX_LOOP_TWICE = 2, /* nested loops that are walked twice */
    MAX_SAVED = 8000000 /* variables that control constructs copy: 20,000 nested `elif` with a name
                           each would copy 400 million; such a function is walked so far only */
};

/* Program symbols of fields that are no attributes. */
struct fields {
    uint32_t element;  /* "[]": any element of a container */
    uint32_t index[8]; /* "[0]" …: an element of a tuple whose place is known */
    uint32_t key;      /* "[key]": a key of a dict; no look-up gives it */
    uint32_t self;     /* of a bound method */
    uint32_t cell;     /* content of a cell */
    uint32_t traceback;
    uint32_t dict;     /* "__dict__" */
    uint32_t callback; /* of a weak reference */
    uint32_t tb_frame; /* of a traceback */
    uint32_t class_;   /* "__class__" */
    uint32_t wrapped;  /* "__wrapped__" */
    uint32_t init, call, post_init;
};

enum summary_state { SUMMARY_ABSENT, SUMMARY_UNDER_WAY, SUMMARY_DONE };

struct captures {
    uint32_t first,
        n; /* in analysis.captured: variables of enclosing functions that a scope uses */
};

struct told_holder {
    uint32_t field, class; /* who holds by that field; NONE when unknown */
};

/* A circle that was told, or refused: the places of the stores that made it, and who holds by what.
 */
struct told {
    uint32_t first_place, n_places;   /* in analysis.told_places */
    uint32_t first_holder, n_holders; /* in analysis.told_holders */
    uint32_t cycle;                   /* in heap.cycles, or NOT_TOLD (circle.h) */
    uint32_t next;                    /* of the same key, or NONE */
};

/* The whole analysis. */
struct analysis {
    struct program *program;
    struct heap *heap;
    struct fields fields;
    struct arena arena;              /* what is not needed after the last walk */
    const unsigned char **summaries; /* summary.c, by function number:
                                        link.first_function[file] + scope */
    const char **names;        /* the same numbers: dotted names, of those that were asked for */
    uint8_t *states;           /* enum summary_state */
    struct captures *captures; /* the same numbers */
    struct {
        ARRAY_OF(uint32_t);
    } captured;
    struct pair_table parameter_classes; /* inference.c: function, number of the parameter */
    struct pair_table attribute_types;   /* class, symbol → types.h */
    struct pair_table reported;          /* hashes of cycles' places that were told or refused */
    struct {
        ARRAY_OF(struct told);
    } told;
    struct {
        ARRAY_OF(uint64_t);
    } told_places;
    struct {
        ARRAY_OF(struct told_holder);
    } told_holders;
    struct families families;
    struct walker *walkers[MAX_WALKERS];
    uint32_t n_walkers;
};

/* A part of a control construct under way. */
struct context {
    uint32_t parent;    /* context around it; 0 is the function itself */
    uint32_t construct; /* counts each time a construct is entered */
    uint32_t part;
    bool is_exclusive; /* of its construct, only one part runs: IF */
};

struct walk_control {
    uint32_t op;
    uint32_t saved;     /* offset in `saved_variables`: as they were at the start */
    uint32_t merged;    /* as they are after the parts that are done, when has_merged */
    uint32_t body;      /* of a TRY: at the end of its body */
    uint32_t raised;    /* of a TRY with handlers: where its body raises, when has_raised */
    uint32_t left;      /* of a TRY with `finally`: where it leaves the function, when has_left */
    uint32_t context;   /* around it */
    uint32_t exception; /* of the handler around it */
    uint32_t construct;
    uint32_t part;
    uint32_t n_handler_names; /* those of the handlers around it */
    bool has_merged, was_live, has_else, has_continued, is_second_turn, is_twice, has_exit,
        has_handlers, has_raised, has_left;
};

/* Edges that make a circle, checked again when the function is done. */
struct candidate {
    uint32_t first, n;  /* in `candidate_edges` */
    struct place place; /* the store or call that closed it */
    bool is_refused;    /* its edges cannot all be made in one run */
    bool is_other;      /* found by find_other_circles() */
};

struct exit_value {
    uint32_t variable; /* of the function, or a captured one that it sets */
    uint32_t node;
    uint32_t op;  /* the OP_STORE, NONE for a parameter */
    bool is_held; /* together with what was raised and left the function here */
};

struct walker {
    struct analysis *analysis;
    const struct facts *facts;
    uint32_t file, scope;
    uint32_t class; /* whose method it is, NONE */
    uint32_t pc;    /* the op to walk next */
    struct local_heap heap;
    struct {
        ARRAY_OF(uint32_t);
    } sets;
    struct {
        ARRAY_OF(uint32_t);
    } values; /* by op of the scope: a set */
    struct {
        ARRAY_OF(uint32_t);
    } variables; /* by variable of the scope: a set */
    struct {
        ARRAY_OF(uint32_t);
    } cells; /* by variable of the scope: a node or NONE */
    struct {
        ARRAY_OF(uint32_t);
    } stored_at; /* by variable of the scope: the last OP_STORE, or NONE */
    struct {
        ARRAY_OF(uint32_t);
    } saved_variables;
    struct {
        ARRAY_OF(struct walk_control);
    } controls;
    struct {
        ARRAY_OF(struct context);
    } contexts;
    struct {
        ARRAY_OF(bool);
    } is_callee; /* by op of the scope: an ATTRIBUTE that is only called */
    struct {
        ARRAY_OF(struct candidate);
    } candidates;
    struct {
        ARRAY_OF(uint32_t);
    } candidate_edges;
    struct {
        ARRAY_OF(struct exit_value);
    } exit_values; /* what locals held when the function was left */
    struct {
        ARRAY_OF(uint32_t);
    } handler_names; /* variables that `except … as` will delete */
    struct {
        ARRAY_OF(uint32_t);
    } kills;                       /* pairs: node, field: taken away and not set again */
    struct pair_table entities;    /* kind and index → node */
    struct pair_table derefs;      /* node, field → node */
    struct pair_table held_values; /* variable, node: held together with an exception → number of
                                      the first of `exit_values` that comes after */
    struct pair_table raised_values; /* variable, node: held by what is leaving through `finally` */
    bool has_wrapper;                /* some function holds another as __wrapped__ */
    bool has_own_frame;              /* it asks for its own frame, without an exception */
    uint32_t context;
    uint32_t n_constructs, n_saved, n_calls, n_twice, n_searches;
    uint32_t call;      /* the call being applied, 0 for none */
    uint32_t frame;     /* the node of the function's own frame, NONE until something holds it */
    uint32_t exception; /* the innermost handler's exception, NONE outside */
    uint32_t returns;   /* a set */
    uint32_t cached_as; /* of a cached_property: the attribute that keeps its value, else NONE */
    bool is_live;
    bool wants_callee; /* the op at `pc` must be walked again when the callee is done */
};

/* ---- sets (sets.c) */

uint32_t set_of_node(struct walker *w, uint32_t node);
uint32_t set_union(struct walker *w, uint32_t a, uint32_t b);
bool set_contains(const struct walker *w, uint32_t set, uint32_t node);

static inline uint32_t set_size(const struct walker *w, uint32_t set)
{
    return w->sets.items[set];
}

static inline uint32_t set_at(const struct walker *w, uint32_t set, uint32_t i)
{
    return w->sets.items[set + 1 + i];
}

/* The only node of a set, or NONE. */
static inline uint32_t set_single(const struct walker *w, uint32_t set)
{
    return set_size(w, set) == 1 ? set_at(w, set, 0) : NONE;
}

/* ---- ops and values (walk.c) */

static inline const struct op *op_at(const struct walker *w, uint32_t op)
{
    return &w->facts->ops[op];
}

static inline struct place place_at(const struct walker *w, uint32_t op)
{
    return place_of_op(w->file, op_at(w, op));
}

/* The set an op's value is; empty for NONE and for ops of other scopes. */
uint32_t value_of(const struct walker *w, uint32_t op);

/* Starts at the first op of a scope. */
void walker_start(struct walker *w, struct analysis *analysis, uint32_t file, uint32_t scope);

/* Walks until the function is done (true) or a callee must come first (false: it was pushed). */
bool walker_run(struct walker *w);
void walker_free(struct walker *w);

/* Puts a function's walk on top of the stack of walkers (heap.c). */
void walker_push(struct analysis *analysis, uint32_t file, uint32_t scope);

/* ---- fields (access.c) */

bool is_element_field(const struct analysis *a, uint32_t field);
uint32_t new_node(struct walker *w, enum heap_kind kind);
uint32_t new_container(struct walker *w, enum container container);
uint32_t new_method(struct walker *w, uint32_t receiver, uint32_t file, uint32_t scope,
                    uint32_t op);

/* The node that stands for something there is one of: a function, class, global, foreign name, free
 * variable. */
bool is_entity_known(const struct walker *w, enum heap_kind kind, uint32_t file, uint32_t index);
uint32_t entity_node(struct walker *w, enum heap_kind kind, uint32_t file, uint32_t index);
uint32_t node_of_entity(struct walker *w, struct entity entity);
uint32_t class_node(struct walker *w, uint32_t class);

/* The attribute that keeps the value of a cached_property, NONE for any other function. */
uint32_t cached_attribute(const struct program *program, uint32_t file, uint32_t scope);

/* What `field` of a node holds, as far as known; the unknown is a deref. */
uint32_t load_field(struct walker *w, uint32_t node, uint32_t field, uint32_t op);

/* The same for every node of a set. */
uint32_t load_fields(struct walker *w, uint32_t set, uint32_t field, uint32_t op);

/* All elements of containers. */
uint32_t load_elements(struct walker *w, uint32_t set, uint32_t op);

/* Holds: every node of `set` holds every node of `values` by `field`.  An attribute is overwritten
 * when the set is a single node; elements only gather. */
void store_field(struct walker *w, uint32_t set, uint32_t field, uint32_t values, uint32_t op);
void add_elements(struct walker *w, uint32_t set, uint32_t values, uint32_t op);

/* What is in the containers of `from` is also in those of `to`, under the same keys; places in a
 * tuple are forgotten. */
void copy_elements(struct walker *w, uint32_t to, uint32_t from, uint32_t op);

/* The field of a dict's element whose key the op makes, or the name tells; "[]" when it is no
 * constant. */
uint32_t key_field(struct walker *w, uint32_t key);
uint32_t named_key_field(struct walker *w, const char *name);

/* An edge, and the circle it may close: at the op, or at `place` itself when that is NONE. */
void hold(struct walker *w, uint32_t from, uint32_t field, uint32_t to, struct place place,
          uint32_t flags, uint32_t op);

/* Whether a part of a control construct is `ancestor`, or within it. */
bool is_ancestor_context(const struct walker *w, uint32_t ancestor, uint32_t context);

/* Takes away what `field` of the node holds. */
void kill_field(struct walker *w, uint32_t node, uint32_t field);

/* The instance attribute `name` of a value as an expression sees it: attribute, method, property.
 * False when a property's getter must be walked first. */
bool read_attribute(struct walker *w, uint32_t set, uint32_t symbol, uint32_t op, uint32_t *value);
bool write_attribute(struct walker *w, uint32_t set, uint32_t symbol, uint32_t values, uint32_t op);

/* Whether attributes of the node can be asked for: it is an object, not a name or a box. */
bool has_fields(const struct heap_node *node);

/* ---- types (types.c) */

/* The class whose instances an annotation or the stores to an attribute promise; NONE when unclear.
 */
uint32_t class_of_annotation(struct analysis *a, uint32_t file, uint32_t value);

/* The known class of another package that an annotation names: the symbol that its methods are
 * found by; NONE for others. */
uint32_t foreign_of_annotation(struct analysis *a, uint32_t file, uint32_t value);
uint32_t class_of_entity(const struct analysis *a, struct entity entity);

struct attribute_type {
    uint32_t class;
    uint32_t foreign;  /* 1 + symbol of a known class of another package, or 0 */
    bool is_weak;      /* only weak references or proxies are ever stored in it */
    bool holds_weakly; /* a weak container */
    uint8_t container; /* enum container + 1, or 0 */
};

struct attribute_type type_of_value(struct analysis *a, uint32_t file, uint32_t value);
struct attribute_type type_of_attribute(struct analysis *a, uint32_t class, uint32_t symbol);

/* ---- parameters (inference.c) */

/* Looks at all calls of the program, before any function is walked. */
void infer_parameters(struct analysis *a);

/* The class whose instances parameter `number` of a function is given, or NONE. */
uint32_t class_of_parameter(const struct analysis *a, uint32_t file, uint32_t scope,
                            uint32_t number);

/* ---- families (families.c) */

/* The class that a node of unknown class must be of, by what was stored in its attributes; NONE. */
uint32_t class_by_attributes(const struct walker *w, uint32_t node);

/* ---- calls (call.c) */

/* Walks an OP_CALL; false when a callee must be walked first. */
bool walk_call(struct walker *w, uint32_t op);

/* Calls a function with a receiver and values, as properties and `with` do. */
bool call_method(struct walker *w, uint32_t receiver, uint32_t file, uint32_t scope,
                 uint32_t argument, uint32_t op, uint32_t *value);

/* Whether the summary of a function is there; if not, its walk is asked for. */
bool needs_summary(struct walker *w, uint32_t file, uint32_t scope);

/* Whether instances of the class are lists, dicts or sets. */
bool is_container_class(const struct program *program, uint32_t class);

/* ---- summaries (summary.c) */

enum {
    MAX_SUMMARY_NODES = 120, /* of a function; what a person writes needs fewer than 30 */
    MAX_SUMMARY_EDGES = 240
};

/* What a summary says, to be looked at: edges are between places in `nodes`. */
struct summary_view {
    struct heap_node nodes[MAX_SUMMARY_NODES];
    struct heap_edge edges[MAX_SUMMARY_EDGES + 1];
    uint32_t n_nodes, n_edges;
};

/* The summary of a function, by its number; false if there is none. */
bool summary_read(const struct analysis *analysis, uint32_t function, struct summary_view *view);

void summary_make(struct walker *w);

/* Applies a summary to the walker's heap; `arguments` are sets by parameter.  Gives the returned
 * set. */
uint32_t summary_apply(struct walker *w, uint32_t file, uint32_t scope, const uint32_t *arguments,
                       uint32_t n_arguments, uint32_t flags, uint32_t op);

/* ---- the outside (library.c) */

/* A call of something foreign, by its dotted name: what the result holds. */
uint32_t call_foreign(struct walker *w, uint32_t symbol, uint32_t op);

struct foreign;
/* The same by its entry; `receiver` is the object whose method it is, the empty set without.
 * `symbol` is what an instance it gives is called, unless the entry says; NONE for nothing. */
uint32_t run_foreign(struct walker *w, const struct foreign *foreign, uint32_t symbol,
                     uint32_t receiver, uint32_t op);

/* A method of an object whose class, or a base of it, is foreign; false if nothing is known. */
bool call_foreign_method(struct walker *w, uint32_t set, uint32_t method, uint32_t op,
                         uint32_t *value);

/* What the holders of an entry keep of the call's arguments, the first of which is number `shift`
 * (keeping.c). */
void keep_arguments(struct walker *w, const struct foreign *foreign, uint32_t result,
                    uint32_t receiver, int shift, uint32_t op);

/* An instance of a class of the program that was made by a foreign base's __init__. */
void keep_as_base(struct walker *w, uint32_t class, uint32_t instance, uint32_t op);

/* A method of a container or of an unknown object, by the symbol of its name; false if the name is
 * no container's. */
bool call_container_method(struct walker *w, uint32_t set, uint32_t symbol, uint32_t op,
                           uint32_t *value);

/* ---- names (naming.c) */

/* "pkg.mod.Class.method" of a scope; lives as long as the heap. */
const char *dotted_scope(const struct analysis *a, uint32_t file, uint32_t scope);

/* ---- exceptions (exceptions.c) */

/* What a handler caught: it holds its traceback, and that the function's frame. */
uint32_t make_exception(struct walker *w, uint32_t class, uint32_t foreign, uint32_t op);

/* What sys.exception(), sys.exc_info() and sys._getframe() give; the last two as sets. */
uint32_t current_exception(struct walker *w);
uint32_t exc_info(struct walker *w, uint32_t op);
uint32_t ask_for_frame(struct walker *w);

/* Whether the function may go on after a raise here (control.c). */
bool may_be_caught(const struct walker *w);

/* error.with_traceback(tb), which is the error; false for any other call. */
bool call_with_traceback(struct walker *w, uint32_t set, uint32_t op, uint32_t *value);
void clear_frames(struct walker *w, uint32_t tracebacks);

/* ---- cycles (cycles.c) */

/* Looks for a circle through a new edge. */
void find_circle(struct walker *w, uint32_t edge, struct place place);

/* Circles through the function's own frame, when it is done. */
void find_frame_circles(struct walker *w);

/* Tells the circles that still stand. */
void report_circles(struct walker *w);

#endif
