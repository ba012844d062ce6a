/*
 * resource_site.h - one acquisition while it is looked at; shared by the resource_*.c files only.
 */
#ifndef CYCLINT_PROGRAM_RESOURCE_SITE_H
#define CYCLINT_PROGRAM_RESOURCE_SITE_H

#include "program/classes.h"
#include "program/flow.h"
#include "program/flow_ways.h"
#include "program/resources.h"
#include "program/scope_view.h"

enum { MAX_HOLDERS = 60 }; /* names for one resource; a bit each in a word, and 0 for none */

/* What an op does to the resource. */
enum effect {
    EFFECT_NONE,
    EFFECT_CLOSE, /* closes it by a call */
    EFFECT_ENTER, /* `with` takes over */
    EFFECT_GIVE   /* somebody else may have it now */
};

/* Where a value has it from: 1 + holder for a LOAD of one. */
enum source {
    SOURCE_NONE = 0,
    SOURCE_MIXED = 254, /* it may be the new resource or one a name held before: `f or open(p)` */
    SOURCE_NEW = 255    /* the value of the maker's call itself */
};

struct site {
    struct program *program;
    const struct makers *makers;
    const struct facts *facts;
    const struct scope_view *view;
    struct arena *scratch;
    uint8_t *is_harmless; /* by op: 1 + whether that call never raises, or 0: not yet asked */
    uint32_t file, scope;
    uint32_t call;  /* the OP_CALL */
    uint32_t value; /* what is the resource: the call, its await, a part of its tuple */
    const struct maker *maker;

    uint32_t holders[MAX_HOLDERS]; /* variables */
    uint32_t n_holders;
    uint8_t *source;        /* by op: enum source of the value */
    uint8_t *effect;        /* by op: enum effect */
    uint8_t *effect_source; /* by op: whose resource it is done to */
    uint32_t first_store;   /* the first op that stores it in a local name, or NONE */
    uint32_t owner_store;   /* the first that stores it in an attribute of a name, or NONE */
    uint8_t n_calls;        /* how many calls deep: it is the parameter of a function so far down */
    bool is_cut;            /* another call would have been one too many */
    uint32_t n_plain, n_closed, n_entered, n_given;
    uint32_t open_with;    /* an OP_WITH that looks as if it closed the new resource, or NONE */
    uint32_t close;        /* the first call that closes it, or NONE */
    bool is_hidden;        /* a closure or global name holds it: out of sight */
    bool is_given_at_once; /* before it has a name: `self.file = file = open(path)` */
    bool is_conditional;   /* a name may hold something else instead */
};

/* Fills in all of a site from `holders` on. */
void site_trace(struct site *site);

/* The same for the resource that a parameter of the scope is given; there is no `value`. */
void site_trace_parameter(struct site *site, uint32_t variable);

/* Whether the argument goes to a function or method of the program that only uses it, or hands it
 * on to one that does, a few calls deep. */
bool callee_borrows(struct site *site, uint32_t call, uint32_t argument);

/* The function, class or method of the program that `callee` is; its `class` is NONE unless it is
 * called on an instance.  False if there is none, or it may be any of several. */
bool callee_find(struct program *program, uint32_t file, uint32_t callee, struct method *found);

/* The number of a holder, from 1; 0 for any other variable. */
static inline uint32_t site_holder(const struct site *site, uint32_t variable)
{
    for (uint32_t i = 0; i < site->n_holders; i++) {
        if (site->holders[i] == variable) {
            return i + 1;
        }
    }
    return 0;
}

/* What the paths through the scope say of a site with a name. */
struct site_paths {
    bool is_left;          /* some normal way leaves it open */
    bool is_left_on_error; /* some exception does */
    uint32_t way;          /* an op on such a way, or NONE */
    const char *way_is;
};

struct site_paths site_follow(const struct site *site, const struct flow *flow);

/* An op that takes the resource when it is surely closed already. */
struct site_reuse {
    uint32_t use;       /* or NONE */
    uint32_t closed_at; /* the call or OP_WITH that closed it, or NONE */
    uint32_t name;      /* the variable */
    bool is_returned;   /* `use` returns it, or what reads it later, from within its `with` */
    bool is_closed_again;
};

/* The first such op.  The graph of the scope is asked for only when it is wanted. */
struct site_reuse site_find_reuse(const struct site *site,
                                  const struct flow *(*flow_of)(void *context), void *context);

/* Whether it is meant to fail, and so opens nothing (assertRaises(…), a `try` whose else part is an
 * error), or calls what a test has put in the maker's place. */
bool site_is_unbelievable(const struct site *site);

/* ---- resource_owners.c */

/* The class (classes.h) whose method stores the site's resource in an attribute of its `self`, if
 * every base is known to have nothing to do with it; NONE else. */
uint32_t owner_class(const struct site *site);

/* Whether something in the program may close or take over what attribute `name` (a symbol of the
 * site's file) of the class holds. */
bool owner_releases(const struct site *site, uint32_t class, uint32_t name);

#endif
