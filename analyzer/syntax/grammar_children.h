/*
 * grammar_children.h - which nodes the grammar can put into which; the tables are made by the build
 * (generate/grammar_children.c).
 */
#ifndef CYCLINT_SYNTAX_GRAMMAR_CHILDREN_H
#define CYCLINT_SYNTAX_GRAMMAR_CHILDREN_H

#include "syntax/grammar.h"

/* Whether a node of `kind` may have a named `child` under `field`; with FIELD_NONE under any field
 * or none, with KIND_INVALID any child at all.  What may stand anywhere (comments, errors) is not
 * counted, nor are anonymous nodes without a field. */
bool kind_may_hold(uint16_t kind, uint8_t field, uint16_t child);

#endif
