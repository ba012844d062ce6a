/*
 * maker_words.h - what a user says of resources: "acme.lease as lease until release async".
 */
#ifndef CYCLINT_PROGRAM_MAKER_WORDS_H
#define CYCLINT_PROGRAM_MAKER_WORDS_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/error.h"
#include "program/makers.h"

/* Reads NAME [as THING] [until METHOD]… [FLAG]…, the parts after the name in any order, into
 * `*maker`, which lives in `arena`.  What is not said is NULL or 0. */
bool maker_read(const char *text, struct arena *arena, struct maker *maker, struct error *error);

/* Whether the text is one dotted name, of a function. */
bool maker_read_function(const char *text, struct error *error);

/* Adds what the user says of a maker: a new one, or more of one that is known. */
void maker_add_said(struct makers *makers, const struct maker *said);

/* All makers, one a line, in these words. */
void makers_write(const struct makers *makers, struct builder *out);

#endif
