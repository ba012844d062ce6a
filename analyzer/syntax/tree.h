/*
 * tree.h - the flat tree: the syntax of one file as one array.
 *
 * Nodes stand in document order, a parent before its children, so a node's subtree is the `size`
 * nodes from it on: its first child is at i + 1, the sibling of child c at c + tree.nodes[c].size,
 * and the subtree ends at i + size. Named and anonymous nodes are both there (an anonymous one is a
 * keyword, an operator, a bracket).  Whichever engine parsed, the array is the same; it is what
 * tests compare.  (One exception: `*f(x)` within displays, which tree-sitter's runtime sometimes
 * reads as a call of `*f`, and the LR driver as it is meant.)
 */
#ifndef CYCLINT_SYNTAX_TREE_H
#define CYCLINT_SYNTAX_TREE_H

#include "base/error.h"
#include "text/source.h"

#include <stdbool.h>
#include <stdint.h>

enum node_flag {
    NODE_NAMED = 1,
    NODE_EXTRA = 2,     /* a comment or line continuation: may stand anywhere */
    NODE_ERROR = 4,     /* this node is text the grammar could not read */
    NODE_MISSING = 8,   /* this node was invented by the parser */
    NODE_HAS_ERROR = 16 /* an error lies somewhere in the subtree */
};

struct node {
    uint16_t kind;  /* enum kind, syntax/grammar.h */
    uint8_t field;  /* enum field, the role in the parent; 0 is none */
    uint8_t flags;  /* enum node_flag */
    uint32_t start; /* byte offset of the first byte */
    uint32_t end;   /* byte offset after the last byte */
    uint32_t size;  /* nodes in the subtree, this one included */
};

struct tree {
    struct node *nodes; /* nodes[0] is the module; valid until the parser's next parse */
    uint32_t n;
    const char *bytes; /* of the source, or of the parser's copy of it in which newer syntax is said
                          in older words, each byte in its place; the tree does not own them */
    uint32_t n_bytes;
    bool has_errors;       /* some part did not parse */
    uint32_t error_offset; /* where the first such part begins, when has_errors */
};

/* What a parser may spend on one file. */
struct parse_limits {
    uint32_t max_nodes;
    uint32_t max_milliseconds;
};

struct parser; /* one a thread; owns its arena and the array of nodes, both used again for each file
                */

struct parser *parser_new(void);
void parser_free(struct parser *parser);

/* Parses UTF-8 `source`.  False with an error when a limit was hit or the text cannot be parsed at
 * all (nested deeper than the scanner can follow); a syntax error is no failure, see `has_errors`.
 */
bool parser_parse(struct parser *parser, const struct source *source,
                  const struct parse_limits *limits, struct tree *tree, struct error *error);

/* The same by tree-sitter's runtime alone, which is what parser_parse() falls back on; for tests.
 */
bool parser_parse_by_runtime(struct parser *parser, const struct source *source,
                             const struct parse_limits *limits, struct tree *tree,
                             struct error *error);

/* The index after the subtree of node i. */
static inline uint32_t tree_end(const struct tree *tree, uint32_t i)
{
    return i + tree->nodes[i].size;
}

/* The first child of `i` that has `field`, or 0: the module is nobody's child. */
uint32_t tree_child(const struct tree *tree, uint32_t i, uint8_t field);

/* The first named child of `i` that is no extra, or 0. */
uint32_t tree_first_named(const struct tree *tree, uint32_t i);

/* The next named sibling of child `i` that is no extra and begins before index `end`, or 0. */
uint32_t tree_next_named(const struct tree *tree, uint32_t i, uint32_t end);

#endif
