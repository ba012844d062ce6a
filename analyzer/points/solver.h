/*
 * solver.h - what the files that solve share.  Private to points/.
 *
 * Functions wait in a queue.  Evaluating one goes once through its ops, reads sets of cells and
 * joins sets into cells; a cell that grows puts the functions that have read it back into the
 * queue.  Sets only grow and are bounded, so the queue empties.
 */
#ifndef CYCLINT_POINTS_SOLVER_H
#define CYCLINT_POINTS_SOLVER_H

#include "points/points.h"

#include "program/classes.h"
#include "program/link.h"
#include "program/members.h"

enum {
    MAX_OBJECTS = 256,   /* of a set; more become their common ancestor's kin, or `many` */
    MAX_OVERRIDES = 32,  /* methods of derived classes that a call on kin may mean */
    MAX_CALLEES = 6,     /* functions a call may mean */
    MAX_SPREAD = 12,     /* objects an effect is applied to */
    MAX_PAIRS_DEPTH = 3, /* enumerate(enumerate(…)) */
    MAX_INDEX = 8        /* elements of a tuple that are told apart */
};

enum { SET_EMPTY = 0 };

struct points_set_slot {
    uint32_t first, n; /* in `members` */
};

struct reader {
    uint32_t function; /* by number */
    uint32_t next;
};

struct points_symbols {
    uint32_t element, unknown_key, index[MAX_INDEX];
    uint32_t init, new, setattr, call, iter, next, enter, aenter, get, getitem, setitem, class_,
        self;
    uint32_t set, namespace, mro, bases, wrapped;
    uint32_t operators[OPERATOR_GREATER_EQUAL + 1]; /* "__add__", …; NONE */
    uint32_t traceback, tb_frame, tb_next, f_back, with_traceback, exit, aexit, context, cause;
};

struct points {
    struct program *program;
    struct points_symbols symbols;
    struct {
        ARRAY_OF(struct points_object);
    } objects; /* first three a class: INSTANCE, KIN, CLASS, each kind side by side */
    struct pair_table object_numbers; /* hash of what it is → object */
    struct {
        ARRAY_OF(struct points_set_slot);
    } sets;
    struct {
        ARRAY_OF(uint32_t);
    } members;
    struct pair_table set_numbers; /* hash of the members → set */
    struct pair_table unions;      /* set, set → set */
    struct {
        ARRAY_OF(struct points_cell);
    } cells; /* variables of all files, returns of all functions, yields, then others */
    uint32_t *first_variable; /* [file]: cell of its variable 0 */
    uint32_t first_return, first_yield;
    struct {
        ARRAY_OF(struct reader);
    } readers;
    uint32_t free_reader;
    struct {
        ARRAY_OF(struct points_field);
    } fields;
    struct pair_table field_numbers; /* object, symbol → field */
    struct pair_table last_keys;     /* object → the newest of its fields with a constant key */
    struct {
        ARRAY_OF(uint32_t);
    } earlier_keys;            /* [field]: the one before, or TABLE_NONE */
    struct pair_table effects; /* symbol → enum effect of outside.c */
    struct pair_table claimed; /* file, scope → see outside_name() */
    struct pair_table aliases; /* cell of a variable → cell of the variable it is imported from */
    bool *is_resolved;         /* [cell of a variable]: `aliases` was asked for */
    uint32_t *file_of;         /* [function number] */
    uint32_t *first_derived;   /* [class]: in `derived`, and one more */
    uint32_t *derived;         /* classes that have it as an ancestor, itself excluded */
    bool *is_queued;           /* [function number] */
    uint8_t *access_of;        /* [function number]: access.c; 0 until asked for */
    bool *is_container;        /* [class] */
    struct {
        ARRAY_OF(struct points_call);
    } calls;
    struct pair_table noted_calls; /* hash of caller, op and callee */
    struct {
        ARRAY_OF(struct points_raise);
    } raises;
    struct pair_table noted_raises; /* function, object */
    struct {
        ARRAY_OF(uint32_t);
    } queue; /* function numbers; what is done in front is dropped now and then */
    size_t queue_at;

    /* The evaluation under way. */
    const struct facts *facts;
    uint32_t file, scope, function;
    struct {
        ARRAY_OF(uint32_t);
    } values;          /* by op of the scope: a set */
    uint32_t *read_in; /* [cell of a variable]: evaluation that has read it last */
    uint32_t n_evaluations;
    bool is_stale;            /* a variable grew after this evaluation had read it */
    uint32_t op;              /* the one looked at */
    bool is_wide_call;        /* one that may mean many functions: it hands exceptions only */
    struct pair_table wanted; /* field, object → its place in `places` */
    struct {
        ARRAY_OF(struct place);
    } places;
};

/* ---- sets (sets.c) */

void sets_begin(struct points *p);
uint32_t set_of(struct points *p, uint32_t object);
uint32_t set_join(struct points *p, uint32_t a, uint32_t b);

static inline uint32_t set_count(const struct points *p, uint32_t set)
{
    return p->sets.items[set].n;
}

static inline uint32_t set_member(const struct points *p, uint32_t set, uint32_t i)
{
    return p->members.items[p->sets.items[set].first + i];
}

/* ---- objects (objects.c) */

void objects_begin(struct points *p);
uint32_t object_number(struct points *p, struct points_object object);

static inline uint32_t object_of_class(const struct points *p, enum points_kind kind,
                                       uint32_t class)
{
    return (uint32_t)kind * (uint32_t)p->program->classes->all.n + class;
}

static inline struct points_object object_at(const struct points *p, uint32_t object)
{
    return p->objects.items[object];
}

static inline bool is_instance(const struct points_object *o)
{
    return o->kind == POINTS_INSTANCE || o->kind == POINTS_KIN;
}

/* The object under which the fields of an object are kept. */
uint32_t object_of_fields(const struct points *p, uint32_t object);

/* Whether instances of the class keep elements of their own: list, dict and their like. */
static inline bool class_is_container(const struct points *p, uint32_t class)
{
    return p->is_container[class];
}

/* The cell of the name of a function that a module decorates: the name means what the decorators
 * made of it.  NONE for anything else. */
uint32_t cell_of_decorated(const struct points *p, struct entity entity);

/* What a name outside of functions means. */
uint32_t set_of_entity(struct points *p, struct entity entity);

/* ---- cells (cells.c) */

uint32_t cell_of_variable(const struct points *p, uint32_t file, uint32_t variable);
uint32_t cell_of_field(struct points *p, uint32_t object, uint32_t symbol);
uint32_t cell_read(struct points *p, uint32_t cell);
void cell_join(struct points *p, uint32_t cell, uint32_t set);
void variable_join(struct points *p, uint32_t file, uint32_t variable, uint32_t set);
uint32_t variable_read(struct points *p, uint32_t file, uint32_t variable, uint32_t load);
void function_enqueue(struct points *p, uint32_t function);

/* ---- attributes (access.c) */

uint32_t attribute_read(struct points *p, uint32_t set, uint32_t symbol, uint32_t op);
void attribute_write(struct points *p, uint32_t set, uint32_t symbol, uint32_t values, uint32_t op);

/* Keeps them in the instance's own __dict__, past all descriptors. */
void attribute_keep(struct points *p, uint32_t object, uint32_t symbol, uint32_t values,
                    uint32_t op);

/* What the function under way returns: a property that computes its value once keeps it. */
void keep_returned(struct points *p, uint32_t values, uint32_t op);

/* Notes where a field is given what, while places are looked for; `op` NONE has no place. */
void note_store(struct points *p, uint32_t object, uint32_t symbol, uint32_t values, uint32_t op);

/* What instances of this very class were given as an attribute. */
uint32_t stored_read(struct points *p, uint32_t class, uint32_t symbol);

/* ---- elements (elements.c) */

/* Elements under a key: a symbol of a constant, or NONE when it is not known. */
uint32_t elements_read(struct points *p, uint32_t set, uint32_t key);

/* Only those that are known to be under this very key. */
uint32_t elements_under(struct points *p, uint32_t set, uint32_t key);
void elements_add(struct points *p, uint32_t set, uint32_t key, uint32_t values, uint32_t op);

/* Gives the objects of a set all elements of others, each under its constant key; to a __dict__
 * that means attributes. */
void elements_copy(struct points *p, uint32_t set, uint32_t from, uint32_t op);

/* What `for x in set` gives. */
uint32_t elements_iterate(struct points *p, uint32_t set);

/* The function that `symbol` names in the body of a class or, from ancestor number `from` on, of an
 * ancestor. */
bool find_function(const struct points *p, uint32_t class, uint32_t from, uint32_t symbol,
                   uint32_t *file, uint32_t *scope);

/* ---- exceptions (exceptions.c) */

/* What `except` catches, by the classes it names; at an OP_CAUGHT. */
uint32_t exception_caught(struct points *p, uint32_t types, uint32_t op);

/* What the call of an exception class from outside makes, unless it is raised at once. */
uint32_t exception_made(struct points *p, uint32_t symbol, uint32_t op);

/* sys.exception(), sys.exc_info() and sys._getframe(). */
uint32_t exception_here(struct points *p, uint32_t op);
uint32_t exc_info_here(struct points *p, uint32_t op);
uint32_t frame_here(struct points *p);

/* sys.settrace(): the function is called with frames whose `f_back` leads here. */
uint32_t trace_here(struct points *p, uint32_t function);

/* An attribute of an exception, traceback or frame. */
uint32_t exception_attribute(struct points *p, uint32_t object, uint32_t symbol);

/* The exceptions and tracebacks of a set. */
uint32_t only_exceptions(struct points *p, uint32_t set);

/* What a `with` hands to __exit__. */
void call_exit(struct points *p, uint32_t with);

void note_raise(struct points *p, uint32_t raise);
void note_call(struct points *p, uint32_t file, uint32_t scope);

/* A method of generators, or an `await`, goes on with them. */
void note_resumed(struct points *p, uint32_t set);

/* ---- calls (calls.c) */

uint32_t call_evaluate(struct points *p, uint32_t op);

/* Calls methods `symbol` of the instances in a set with the given positional arguments. */
uint32_t call_methods(struct points *p, uint32_t set, uint32_t symbol, const uint32_t *arguments,
                      uint32_t n);

/* Calls whatever is in the set. */
uint32_t call_values(struct points *p, uint32_t set, const uint32_t *arguments, uint32_t n);

/* ---- the outside (outside.c) */

void outside_begin(struct points *p);

/* The program symbol of the dotted name by which the knowledge tables know a class or function of
 * the program, NONE when they do not. */
uint32_t outside_name(struct points *p, struct entity entity);

/* What a decorator that is itself called, `@wraps(f)`, does to what it decorates. */
void note_wrapped(struct points *p, uint32_t op);

uint32_t call_outside(struct points *p, uint32_t symbol, uint32_t op);

/* A method of a container; false if the name is none. */
bool call_container(struct points *p, uint32_t set, uint32_t symbol, uint32_t op, uint32_t *value);

/* ---- annotations (annotations.c) */

/* Gives what is still empty what its annotation promises. */
void annotations_use(struct points *p);

/* ---- families (families.c) */

/* Gives parameters that are still empty the class that has the attributes asked of them. */
void families_use(struct points *p);

/* ---- evaluating (evaluate.c) */

void function_evaluate(struct points *p, uint32_t function);

static inline uint32_t value_at(const struct points *p, uint32_t op)
{
    uint32_t first = p->facts->scopes[p->scope].first_op;
    return op < first || op >= first + p->facts->scopes[p->scope].n_ops
               ? SET_EMPTY
               : p->values.items[op - first];
}

/* A container, partial, … made by an op of the function under way. */
uint32_t made_here(struct points *p, enum points_kind kind, uint8_t aux, uint32_t op, uint32_t c);

#endif
