/*
 * tree_print.h - a tree in the words of queries, for those who write them.
 */
#ifndef CYCLINT_SYNTAX_TREE_PRINT_H
#define CYCLINT_SYNTAX_TREE_PRINT_H

#include "base/builder.h"
#include "syntax/tree.h"

/* Adds the tree, a node a line. */
void tree_print(const struct tree *tree, struct builder *out);

#endif
