/*
 * parser.c - from the bytes of a file to its flat tree.
 *
 * The LR driver (lr.h) is asked first.  Where it gives up, what is newer than the grammar is
 * written as the grammar knows it (newer.h), in a copy; and where it still gives up, above all at
 * syntax errors, tree-sitter's runtime parses: a stock parser made anew for each file inside that
 * file's parse memory, and forgotten with it.  Only the flat tree outlives the parse.
 */
#include "syntax/tree.h"

#include "base/error.h"
#include "syntax/flatten.h"
#include "syntax/lr.h"
#include "syntax/newer.h"
#include "syntax/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Recovering from errors can take 200 bytes for each of the text, and as many again for versions
 * that are given up; a file within max_nodes that needs more than this is not Python. */
enum { MAX_PARSE_MEMORY = 1 << 30 };

struct parser {
    struct parse_memory memory;
    struct flattener *flattener;
    struct lr *lr;
    struct node *nodes;
    uint32_t capacity;
    char *rewritten;   /* the text, when it was; the tree refers to it */
    uint64_t deadline; /* in nanoseconds of the monotonic clock; 0 is none */
    bool is_out_of_time;
};

struct parser *parser_new(void)
{
    struct parser *parser = alloc_zeroed(1, sizeof *parser);
    parser->flattener = flattener_new(tree_sitter_python());
    parser->lr = lr_new();
    return parser;
}

void parser_free(struct parser *parser)
{
    if (parser == NULL) {
        return;
    }
    parse_memory_free(&parser->memory);
    flattener_free(parser->flattener);
    lr_free(parser->lr);
    free(parser->nodes);
    free(parser->rewritten);
    free(parser);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* Asked by the runtime every hundred steps; true stops it. */
static bool must_stop(TSParseState *state)
{
    struct parser *parser = state->payload;
    parser->is_out_of_time = parser->deadline != 0 && now() > parser->deadline;
    return parser->is_out_of_time || parser->memory.total > MAX_PARSE_MEMORY;
}

/* Why there is no tree. */
static bool stopped(const struct parser *parser, const struct parse_limits *limits,
                    struct error *error)
{
    if (runtime_was_too_deep()) {
        return error_at(error,
                        "nested too deep to be parsed (more than %d indentations or %d strings"
                        " within each other)",
                        MAX_INDENTATIONS, MAX_OPEN_STRINGS);
    }
    if (parser->is_out_of_time) {
        return error_at(error, "takes longer than %u ms to parse", limits->max_milliseconds);
    }
    return error_at(error, "takes more than %d MB to parse", MAX_PARSE_MEMORY >> 20);
}

static void reserve(struct parser *parser, uint32_t n)
{
    if (n > parser->capacity) {
        parser->capacity = n + n / 2;
        free(parser->nodes);
        parser->nodes = alloc((size_t)parser->capacity * sizeof *parser->nodes);
    }
}

static bool is_error(const struct node *node)
{
    return node->flags & (NODE_ERROR | NODE_MISSING);
}

/* The first error, and within it the first that has no other in it: the parser may wrap the whole
 * file in one. */
static void find_error(struct tree *tree)
{
    if ((tree->nodes[0].flags & (NODE_HAS_ERROR | NODE_ERROR)) == 0) {
        return;
    }
    uint32_t end = tree->n;
    for (uint32_t i = 0; i < end; i++) {
        if (is_error(&tree->nodes[i])) {
            tree->has_errors = true;
            tree->error_offset = tree->nodes[i].start;
            end = tree_end(tree, i);
        }
    }
}

static bool flatten_into(struct parser *parser, const TSTree *stock, const struct source *source,
                         const struct parse_limits *limits, struct tree *tree, struct error *error)
{
    uint32_t n = flatten_count(stock);
    if (limits->max_nodes != 0 && n > limits->max_nodes) {
        return error_at(error, "has %u syntax nodes, more than the %u that are allowed", n,
                        limits->max_nodes);
    }
    reserve(parser, n);
    *tree = (struct tree){.nodes = parser->nodes,
                          .n = flatten(parser->flattener, stock, parser->nodes),
                          .bytes = source->bytes,
                          .n_bytes = source->n};
    find_error(tree);
    return true;
}

bool parser_parse_by_runtime(struct parser *parser, const struct source *source,
                             const struct parse_limits *limits, struct tree *tree,
                             struct error *error)
{
    uint64_t budget = (uint64_t)limits->max_milliseconds * 1000000U;
    parser->deadline = budget != 0 ? now() + budget : 0;
    parser->is_out_of_time = false;
    parse_memory_open(&parser->memory);
    TSParser *stock = runtime_parser_new();
    TSTree *stock_tree = runtime_parse(stock, source->bytes, source->n, must_stop, parser);
    bool is_parsed = stock_tree != NULL
                         ? flatten_into(parser, stock_tree, source, limits, tree, error)
                         : stopped(parser, limits, error);
    if (parse_memory_is_real) {
        ts_tree_delete(stock_tree);
        ts_parser_delete(stock);
    }
    parse_memory_close(&parser->memory);
    return is_parsed;
}

/* The quick way; false if it gives up. */
static bool parse_quickly(struct parser *parser, const struct source *source,
                          const struct parse_limits *limits, struct tree *tree)
{
    uint32_t max_nodes = limits->max_nodes != 0 ? limits->max_nodes : UINT32_MAX;
    if (!lr_parse(parser->lr, source->bytes, source->n, max_nodes)) {
        return false;
    }
    uint32_t n = (uint32_t)parser->lr->nodes.n;
    reserve(parser, n);
    lr_flatten(parser->lr, parser->nodes);
    *tree =
        (struct tree){.nodes = parser->nodes, .n = n, .bytes = source->bytes, .n_bytes = source->n};
    return true;
}

/* Gives `source` a text without what the grammar does not know, if there is such a thing in it. */
static bool rewrite(struct parser *parser, struct source *source)
{
    enum { BYTES_BEHIND = 8 }; /* NULs, as a source has them */
    free(parser->rewritten);
    parser->rewritten = alloc((size_t)source->n + BYTES_BEHIND);
    memcpy(parser->rewritten, source->bytes, source->n);
    memset(parser->rewritten + source->n, 0, BYTES_BEHIND);
    source->bytes = parser->rewritten;
    return newer_rewrite(parser->rewritten, source->n);
}

bool parser_parse(struct parser *parser, const struct source *source,
                  const struct parse_limits *limits, struct tree *tree, struct error *error)
{
    if (parse_quickly(parser, source, limits, tree)) {
        return true;
    }
    struct source rewritten = *source;
    bool is_other = rewrite(parser, &rewritten);
    return (is_other && parse_quickly(parser, &rewritten, limits, tree))
           || parser_parse_by_runtime(parser, is_other ? &rewritten : source, limits, tree, error);
}
