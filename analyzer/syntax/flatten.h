/*
 * flatten.h - from the runtime's subtrees to the flat tree.
 */
#ifndef CYCLINT_SYNTAX_FLATTEN_H
#define CYCLINT_SYNTAX_FLATTEN_H

#include "syntax/tree.h"

#include <tree_sitter/api.h>

struct flattener; /* memory that is used again for each tree */

struct flattener *flattener_new(const TSLanguage *language);
void flattener_free(struct flattener *flattener);

/* How many nodes the flat tree will have. */
uint32_t flatten_count(const TSTree *stock);

/* Fills `nodes`, which has room for flatten_count() of them; returns how many there are. */
uint32_t flatten(struct flattener *flattener, const TSTree *stock, struct node *nodes);

#endif
