/*
 * resource_search.h - one file while its acquisitions are looked for; shared by resources.c and
 * resource_calls.c only.
 */
#ifndef CYCLINT_PROGRAM_RESOURCE_SEARCH_H
#define CYCLINT_PROGRAM_RESOURCE_SEARCH_H

#include "program/flow.h"
#include "program/resource_site.h"
#include "program/resources.h"

/* One file being searched.  The program is searched in rounds: first for the makers of the tables,
 * then for those functions that the round before showed to be makers. */
struct search {
    struct program *program;
    struct resources *resources;
    const struct facts *facts;
    uint32_t file;
    uint32_t first_maker, end_maker; /* numbers of the makers of this round */
    uint8_t *is_entered;             /* by maker: one was told as RESOURCE_ENTERED */
    uint8_t *is_maker_symbol;        /* by program symbol: some maker of this round is called so */
    uint8_t *is_maker_name; /* by symbol: some maker is called so, or imported under this name */
    struct arena scratch;   /* as long as a call is examined */
    struct arena of_scope;  /* as long as a scope */
    struct scope_view view; /* of the scope in hand; made when it is first wanted */
    const struct flow *flow;
    uint8_t *is_harmless; /* by op of the scope, see resource_site.h */
    bool has_view;
    bool is_cut;         /* MAX_FOLLOWED was passed: the rest of the scope is not looked at */
    uint32_t n_followed; /* nodes, in the scope */
};

/* ---- resource_calls.c: which calls are acquisitions */

/* Looks up what the makers of this round are called; `arena` is that of the round. */
void search_begin_round(struct search *search, struct arena *arena);

/* Marks the names that a call of a maker may have in this file; false if there are none. */
bool search_mark_names(struct search *search);
void search_mark_renamed_import(struct search *search, uint32_t import);

/* The maker that the OP_CALL is of, or NULL. */
const struct maker *search_maker_of_call(struct search *search, uint32_t call);

/* Whether this call, though of a maker, makes nothing that its caller has to close. */
bool search_makes_nothing(struct search *search, uint32_t call, const struct maker *maker);

/* The last part of a chain of names. */
const char *search_last_name(const struct search *search, uint32_t value);

/* Makes a maker of the function that does nothing with the site's resource but return it. */
void search_derive_maker(struct search *search, const struct site *site);

/* ---- resource_classes.c: and of the class that keeps it and has a method that closes it */

void search_derive_class(struct search *search, const struct site *site, uint32_t class);

#endif
