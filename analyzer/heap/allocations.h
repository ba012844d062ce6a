/*
 * allocations.h - which objects the collector looks at a function makes, and what becomes of them.
 *
 * One call of a function is a list of counts: so many objects of a kind that end in such a way,
 * with the loops they are made in.  What the functions it calls make is added in, as far as the
 * text tells which they are.  How often a loop goes round is not known from the text unless it
 * counts to a constant: that number is put in by whoever asks.
 */
#ifndef CYCLINT_HEAP_ALLOCATIONS_H
#define CYCLINT_HEAP_ALLOCATIONS_H

#include "heap/heap.h"

/* Where an object is when the function that made it is done. */
enum allocation_end {
    END_DROPPED,     /* nobody holds it, or only until the next one takes its place */
    END_RETURNED,    /* the caller has it */
    END_ON_SELF,     /* the object the method belongs to holds it */
    END_IN_ARGUMENT, /* in a container the function was given */
    END_KEPT,        /* in a container of a module or an enclosing function */
    N_ALLOCATION_ENDS
};

/* So many objects of one kind and one end. */
struct allocated {
    const char *kind; /* as the collector model calls it: "list", "instance", "tuple2" */
    uint8_t end;      /* enum allocation_end */
    bool is_cyclic;   /* part of a cycle, or held by one: what is dropped waits for the collector */
    bool
        is_gathered; /* in a container of the function that many trips fill: it lives on for them */
    double times;
};

/* What happens in a function, sorted. */
struct allocation_list {
    ARRAY_OF(struct allocated);
};

/* A loop: the function it is in, and how often its body runs each time it is begun. */
struct allocation_loop {
    uint32_t file, scope, op;
    bool is_counted; /* the text tells the number of trips: for i in range(10) */
    double trips;
};

/* Something made, or a call of a function of the program, at one op. */
struct allocation_site {
    uint32_t op;
    uint32_t loop;                /* the innermost loop around it, an OP_LOOP, or NONE */
    const char *kind;             /* NULL for a call */
    uint32_t n;                   /* objects of that kind */
    uint32_t class;               /* of an instance of the program, or NONE */
    uint32_t callee_file, callee; /* a call; NONE for something made */
    uint8_t end;
    uint8_t argument_end;        /* of a call: what becomes of the arguments */
    bool is_gathered;            /* in a container that was there before the loop */
    bool arguments_are_gathered; /* of a call: what it puts into them is */
    bool is_conditional;         /* it stands in one part of an `if` within its loop */
    bool is_cyclic;
};

struct allocations;

/* Prepares for the questions below.  `trips`: of a loop whose text does not tell.  With
 * `only_certain`, what stands in one part of an `if` is left out, so that with 0 trips a list is
 * what is made at the least. */
struct allocations *allocations_new(struct program *program, const struct heap *heap, double trips,
                                    bool only_certain);
void allocations_free(struct allocations *allocations);

/* Measured trips of the loop at this op instead of the assumed ones; before the first question
 * about the function. */
void allocations_set_trips(struct allocations *allocations, uint32_t file, uint32_t op,
                           double trips);

/* One call of a function, with what it calls; valid until freed. */
const struct allocation_list *allocations_of_call(struct allocations *allocations, uint32_t file,
                                                  uint32_t scope);

/* One trip round a loop of it. */
void allocations_of_trip(struct allocations *allocations, uint32_t file, uint32_t scope,
                         uint32_t loop, struct allocation_list *list);

/* How often the loop at this op goes round each time, assumed or known. */
struct allocation_loop allocations_loop(struct allocations *allocations, uint32_t file,
                                        uint32_t scope, uint32_t op);

/* What is made in the function itself, in the order of the text; until the next question. */
const struct allocation_site *allocations_sites(struct allocations *allocations, uint32_t file,
                                                uint32_t scope, size_t *n);

/* An instance of a class of the program that has been made and let go of, with all that only it
 * holds, added to the list; what is in `*seen` (n_classes of them) is left out, and noted there. */
void allocations_of_instance(struct allocations *allocations, uint32_t class, bool *seen,
                             struct allocation_list *list);

#endif
