/*
 * parser.c - from the bytes of a file to its flat tree, with tree-sitter's runtime.
 */
#include "syntax/tree.h"

#include "base/array.h"
#include "base/error.h"
#include "syntax/grammar.h"

#include <stdlib.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_python(void);

struct parser {
    TSParser *stock;
    struct {
        ARRAY_OF(struct node);
    } nodes;
    struct {
        ARRAY_OF(uint32_t);
    } open; /* the nodes on the path to the cursor */
};

struct parser *parser_new(void)
{
    struct parser *parser = alloc_zeroed(1, sizeof *parser);
    parser->stock = ts_parser_new();
    ts_parser_set_language(parser->stock, tree_sitter_python());
    return parser;
}

void parser_free(struct parser *parser)
{
    ts_parser_delete(parser->stock);
    array_free(&parser->nodes);
    array_free(&parser->open);
    free(parser);
}

static struct node node_at(const TSTreeCursor *cursor)
{
    TSNode node = ts_tree_cursor_current_node(cursor);
    TSSymbol symbol = ts_node_symbol(node);
    unsigned flags = (ts_node_is_named(node) ? NODE_NAMED : 0u)
                     | (ts_node_is_extra(node) ? NODE_EXTRA : 0u)
                     | (ts_node_is_error(node) ? NODE_ERROR : 0u)
                     | (ts_node_is_missing(node) ? NODE_MISSING : 0u)
                     | (ts_node_has_error(node) ? NODE_HAS_ERROR : 0u);
    return (struct node){.kind = symbol == (TSSymbol)-1 ? KIND_ERROR : symbol,
                         .field = (uint8_t)ts_tree_cursor_current_field_id(cursor),
                         .flags = (uint8_t)flags,
                         .start = ts_node_start_byte(node),
                         .end = ts_node_end_byte(node)};
}

static void close_node(struct parser *parser)
{
    uint32_t index = *array_last(&parser->open);
    parser->nodes.items[index].size = (uint32_t)parser->nodes.n - index;
    parser->open.n--;
}

/* Goes to the next node that begins after the cursor's, closing what ends before it. */
static bool advance(struct parser *parser, TSTreeCursor *cursor)
{
    if (ts_tree_cursor_goto_first_child(cursor)) {
        return true;
    }
    close_node(parser);
    while (!ts_tree_cursor_goto_next_sibling(cursor)) {
        if (!ts_tree_cursor_goto_parent(cursor)) {
            return false;
        }
        close_node(parser);
    }
    return true;
}

static void flatten(struct parser *parser, TSTree *stock)
{
    TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(stock));
    parser->nodes.n = parser->open.n = 0;
    do {
        *array_push(&parser->open) = (uint32_t)parser->nodes.n;
        *array_push(&parser->nodes) = node_at(&cursor);
    } while (advance(parser, &cursor));
    ts_tree_cursor_delete(&cursor);
}

static void find_error(struct tree *tree)
{
    for (uint32_t i = 0; i < tree->n; i++) {
        if (tree->nodes[i].flags & (NODE_ERROR | NODE_MISSING)) {
            tree->has_errors = true;
            tree->error_offset = tree->nodes[i].start;
            return;
        }
    }
}

bool parser_parse(struct parser *parser, const struct source *source,
                  const struct parse_limits *limits, struct tree *tree, struct error *error)
{
    TSTree *stock = ts_parser_parse_string(parser->stock, NULL, source->bytes, source->n);
    if (stock == NULL) {
        return error_at(error, "cannot be parsed");
    }
    flatten(parser, stock);
    ts_tree_delete(stock);
    if (limits->max_nodes != 0 && parser->nodes.n > limits->max_nodes) {
        return error_at(error, "has more than %u syntax nodes", limits->max_nodes);
    }
    *tree = (struct tree){.nodes = parser->nodes.items,
                          .n = (uint32_t)parser->nodes.n,
                          .bytes = source->bytes,
                          .n_bytes = source->n};
    find_error(tree);
    return true;
}
