/*
 * tree.c - finding one's way in the flat tree.
 */
#include "syntax/tree.h"

uint32_t tree_child(const struct tree *tree, uint32_t i, uint8_t field)
{
    uint32_t end = tree_end(tree, i);
    for (uint32_t child = i + 1; child < end; child = tree_end(tree, child)) {
        if (tree->nodes[child].field == field) {
            return child;
        }
    }
    return 0;
}

uint32_t tree_next_named(const struct tree *tree, uint32_t i, uint32_t end)
{
    for (uint32_t next = tree_end(tree, i); next < end; next = tree_end(tree, next)) {
        if ((tree->nodes[next].flags & (NODE_NAMED | NODE_EXTRA)) == NODE_NAMED) {
            return next;
        }
    }
    return 0;
}

uint32_t tree_first_named(const struct tree *tree, uint32_t i)
{
    uint32_t end = tree_end(tree, i);
    for (uint32_t child = i + 1; child < end; child = tree_end(tree, child)) {
        if ((tree->nodes[child].flags & (NODE_NAMED | NODE_EXTRA)) == NODE_NAMED) {
            return child;
        }
    }
    return 0;
}
