/*
 * callees.h - the functions a call may mean.  Private to heap/.
 */
#ifndef CYCLINT_HEAP_CALLEES_H
#define CYCLINT_HEAP_CALLEES_H

#include "heap/walk.h"

enum callee_kind { CALLEE_FUNCTION, CALLEE_CLASS, CALLEE_FOREIGN, CALLEE_NAMED_TUPLE };

struct callee {
    enum callee_kind kind;
    uint32_t file, scope; /* a function */
    uint32_t class;       /* a class */
    uint32_t made;        /* its node, when a function made it; else NONE */
    uint32_t symbol;      /* something foreign; of a named tuple, its class's dotted name */
    uint32_t maker;       /* a named tuple: the call of namedtuple(), in `file` */
    uint32_t receiver;    /* a node, NONE without */
    bool skips_first;     /* a class method: the class takes the first parameter */
    uint32_t flags;       /* enum heap_edge_flag of what it makes */
};

struct callees {
    struct callee items[MAX_CALLEES];
    uint32_t n;
};

/* ---- which they are (callees.c) */

const struct facts *facts_at(const struct walker *w, uint32_t file);
bool function_of_class(struct walker *w, uint32_t class, uint32_t from, uint32_t symbol,
                       uint32_t *file, uint32_t *scope);
uint32_t first_parameter_node(const struct walker *w);
void add_values(struct walker *w, struct callees *callees, uint32_t set);
void add_method_of(struct walker *w, struct callees *callees, uint32_t node, uint32_t symbol,
                   uint32_t op);
void guess_methods(struct walker *w, struct callees *callees, uint32_t set, uint32_t symbol,
                   uint32_t op);

/* ---- making instances (instances.c), calling (call.c) */

uint32_t call_function(struct walker *w, const struct callee *callee, uint32_t op);
uint32_t make_instance(struct walker *w, const struct callee *callee, uint32_t op);
uint32_t make_named_tuple(struct walker *w, const struct callee *callee, uint32_t op);

#endif
