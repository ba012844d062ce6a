/*
 * tree_print.c - a tree in the words of queries, for those who write them.
 *
 * One node a line, below its parent: the role it has there, its kind as a query names it, the line
 * it begins at, and its text where it has no children.  Of anonymous nodes (operators, keywords)
 * only those with a role are shown: all others are punctuation.
 */
#include "syntax/tree_print.h"

#include "base/array.h"
#include "syntax/grammar.h"

#include <string.h>

enum {
    MAX_TEXT = 60,   /* bytes of a node's text: enough to know it again */
    MAX_INDENT = 200 /* what is nested deeper stands here: lines must not grow with the depth */
};

struct printing {
    const struct tree *tree;
    struct builder *out;
    struct {
        ARRAY_OF(uint32_t);
    } ends;        /* of the subtrees around the node, outermost first */
    uint32_t line; /* of `offset` */
    uint32_t offset;
};

static uint32_t line_of(struct printing *printing, uint32_t offset)
{
    for (; printing->offset < offset; printing->offset++) {
        printing->line += printing->tree->bytes[printing->offset] == '\n';
    }
    return printing->line;
}

static bool has_shown_child(const struct tree *tree, uint32_t i)
{
    for (uint32_t child = i + 1; child < tree_end(tree, i); child = tree_end(tree, child)) {
        if (tree->nodes[child].flags & NODE_NAMED) {
            return true;
        }
    }
    return false;
}

static void print_text(struct builder *out, const char *text, uint32_t length)
{
    uint32_t shown = length < MAX_TEXT ? length : MAX_TEXT;
    while (shown < length && ((unsigned char)text[shown] & 0xC0) == 0x80) {
        shown--;
    }
    builder_add(out, "  ");
    for (uint32_t i = 0; i < shown; i++) {
        builder_add(out, text[i] == '\n' ? "\\n" : text[i] == '\t' ? "\\t" : "");
        if (text[i] != '\n' && text[i] != '\t') {
            builder_add_char(out, text[i]);
        }
    }
    builder_add(out, shown < length ? "..." : "");
}

static void print_node(struct printing *printing, uint32_t i)
{
    const struct node *node = &printing->tree->nodes[i];
    struct builder *out = printing->out;
    bool is_named = node->flags & NODE_NAMED;
    uint32_t line = line_of(printing, node->start);
    size_t indent = 2 * printing->ends.n;
    builder_addf(out, "%5u %*s", line, (int)(indent < MAX_INDENT ? indent : MAX_INDENT), "");
    if (node->field) {
        builder_addf(out, "%s: ", field_name(node->field));
    }
    const char *missing = node->flags & NODE_MISSING ? "MISSING " : "";
    const char *kind = node->flags & NODE_ERROR ? "ERROR" : kind_name(node->kind);
    builder_addf(out, is_named ? "(%s%s)" : "%s\"%s\"", missing, kind);
    if (is_named && !has_shown_child(printing->tree, i)) {
        print_text(out, printing->tree->bytes + node->start, node->end - node->start);
    }
    builder_add_char(out, '\n');
}

void tree_print(const struct tree *tree, struct builder *out)
{
    struct printing printing = {.tree = tree, .out = out, .line = 1};
    for (uint32_t i = 0; i < tree->n; i++) {
        while (printing.ends.n > 0 && *array_last(&printing.ends) <= i) {
            printing.ends.n--;
        }
        if (tree->nodes[i].flags & NODE_NAMED || tree->nodes[i].field) {
            print_node(&printing, i);
        }
        *array_push(&printing.ends) = tree_end(tree, i);
    }
    array_free(&printing.ends);
}
