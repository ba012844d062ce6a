/*
 * unit_tree.c - the flat tree against an unchanged tree-sitter and its cursor, node by node: on the
 * standard library and on files that were damaged; and what the parser does with hostile text.
 *
 *     unit_tree [FILE.py…]
 */
#include "syntax/grammar.h"
#include "syntax/tree.h"

#include "corpus.h"
#include "stock.h"
#include "unit.h"

/* Of every DAMAGED_EVERY-th file of at most MAX_DAMAGED_SIZE bytes, N_DAMAGED damaged copies. */
enum { DAMAGED_EVERY = 5, N_DAMAGED = 4, MAX_DAMAGED_SIZE = 60000 };

static const struct parse_limits no_limits = {0};

static struct {
    ARRAY_OF(struct node);
} expected;

static struct {
    ARRAY_OF(uint32_t);
} open_nodes;

static TSParser *stock_parser;
static uint32_t n_with_errors, n_better;

static struct node stock_node(const TSTreeCursor *cursor)
{
    TSNode node = stock.tree_cursor_current_node(cursor);
    TSSymbol symbol = stock.node_symbol(node);
    unsigned flags = (stock.node_is_named(node) ? NODE_NAMED : 0u)
                     | (stock.node_is_extra(node) ? NODE_EXTRA : 0u)
                     | (stock.node_is_error(node) ? NODE_ERROR : 0u)
                     | (stock.node_is_missing(node) ? NODE_MISSING : 0u)
                     | (stock.node_has_error(node) ? NODE_HAS_ERROR : 0u);
    return (struct node){.kind = symbol == (TSSymbol)-1 ? KIND_ERROR : symbol,
                         .field = (uint8_t)stock.tree_cursor_current_field_id(cursor),
                         .flags = (uint8_t)flags,
                         .start = stock.node_start_byte(node),
                         .end = stock.node_end_byte(node)};
}

static void close_node(void)
{
    uint32_t index = *array_last(&open_nodes);
    expected.items[index].size = (uint32_t)expected.n - index;
    open_nodes.n--;
}

/* Goes to the next node in document order, closing what ends before it. */
static bool advance(TSTreeCursor *cursor)
{
    if (stock.tree_cursor_goto_first_child(cursor)) {
        return true;
    }
    close_node();
    while (!stock.tree_cursor_goto_next_sibling(cursor)) {
        if (!stock.tree_cursor_goto_parent(cursor)) {
            return false;
        }
        close_node();
    }
    return true;
}

/* Leaves in `expected` what an unchanged tree-sitter makes of the text. */
static void parse_stock(const struct source *source)
{
    TSTree *tree = stock.parser_parse_string(stock_parser, NULL, source->bytes, source->n);
    TSTreeCursor cursor = stock.tree_cursor_new(stock.tree_root_node(tree));
    expected.n = open_nodes.n = 0;
    do {
        *array_push(&open_nodes) = (uint32_t)expected.n;
        *array_push(&expected) = stock_node(&cursor);
    } while (advance(&cursor));
    stock.tree_cursor_delete(&cursor);
    stock.tree_delete(tree);
}

static bool is_same_node(const struct node *a, const struct node *b)
{
    return a->kind == b->kind && a->field == b->field && a->flags == b->flags
           && a->start == b->start && a->end == b->end && a->size == b->size;
}

static void show(const char *whose, const struct node *node)
{
    fprintf(stderr, "    %s: %s %u-%u size %u field '%s' flags %u\n", whose, kind_name(node->kind),
            node->start, node->end, node->size, field_name(node->field), node->flags);
}

static bool is_same_tree(const struct tree *tree)
{
    uint32_t n = tree->n < expected.n ? tree->n : (uint32_t)expected.n;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_same_node(&tree->nodes[i], &expected.items[i])) {
            fprintf(stderr, "  node %u differs\n", i);
            show("ours ", &tree->nodes[i]);
            show("stock", &expected.items[i]);
            return false;
        }
    }
    return tree->n == expected.n;
}

/* Whether `*f` was taken as one thing in `*f(x)`, `*f.x` or `*f[x]`, as the runtime sometimes does.
 */
static bool has_misreading(const struct node *nodes, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        uint16_t kind = nodes[i].kind;
        uint16_t first = nodes[i + 1].kind;
        if ((kind == KIND_CALL || kind == KIND_ATTRIBUTE || kind == KIND_SUBSCRIPT)
            && (first == KIND_LIST_SPLAT || first == KIND_LIST_SPLAT_PATTERN)) {
            return true;
        }
    }
    return false;
}

/* The driver's tree is the runtime's, except where that misreads and the driver does not. */
static bool is_same_or_better(const struct tree *tree)
{
    bool may_differ = has_misreading(expected.items, expected.n) && !tree->has_errors
                      && !has_misreading(tree->nodes, tree->n);
    n_better += may_differ;
    return may_differ || is_same_tree(tree);
}

static void compare(struct parser *parser, const struct source *source, const char *what)
{
    struct tree tree;
    struct error error = {"trees differ"};
    parse_stock(source);
    bool is_same =
        parser_parse_by_runtime(parser, source, &no_limits, &tree, &error) && is_same_tree(&tree);
    if (!CHECK(is_same)) {
        fprintf(stderr, "  %s %s, by the runtime: %s\n", source->path, what, error.message);
    } else if (tree.has_errors) {
        n_with_errors++;
    }
    is_same = parser_parse(parser, source, &no_limits, &tree, &error) && is_same_or_better(&tree);
    if (!CHECK(is_same)) {
        fprintf(stderr, "  %s %s, by the driver: %s\n", source->path, what, error.message);
    }
}

/* A small generator of its own, so that a failure can be repeated everywhere. */
static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state % n);
}

/* A copy with one thing wrong; not always UTF-8, which the parser must survive, too. */
static struct source damage(const struct source *source, struct arena *arena)
{
    static const char replacements[] = "()[]{}'\"\\\n\t :,=#f\r\f@*\x80\xC3\x01";
    struct source copy = *source;
    copy.bytes = arena_alloc(arena, source->n + 8);
    memcpy(copy.bytes, source->bytes, source->n);
    uint32_t at = random_below(source->n);
    switch (random_below(4)) {
    case 0: /* cut off */
        copy.n = at;
        memset(copy.bytes + at, 0, 8);
        break;
    case 1: /* a stretch is missing */
        copy.n = at + random_below(source->n - at);
        memmove(copy.bytes + at, copy.bytes + copy.n, source->n - copy.n);
        copy.n = source->n - (copy.n - at);
        memset(copy.bytes + copy.n, 0, 8);
        break;
    default: /* a byte is another */
        copy.bytes[at] = replacements[random_below(sizeof replacements - 1)];
        break;
    }
    return copy;
}

static void compare_file(struct parser *parser, const char *path, bool is_damaged_too,
                         struct arena *arena)
{
    struct source source;
    arena_reset(arena);
    if (!source_read(path, UINT32_MAX / 2, arena, &source, NULL)) {
        return;
    }
    compare(parser, &source, "as it is");
    if (!is_damaged_too || source.n == 0 || source.n > MAX_DAMAGED_SIZE) {
        return;
    }
    for (int i = 0; i < N_DAMAGED; i++) {
        struct source damaged = damage(&source, arena);
        compare(parser, &damaged, "damaged");
    }
}

/* `n` times `before`, then `middle`, then `n` times `after`; level i indented by i blanks if
 * `is_indented`. */
static struct source repeated(struct arena *arena, const char *before, const char *middle,
                              const char *after, uint32_t n, bool is_indented)
{
    size_t each = strlen(before) + strlen(after) + (is_indented ? n : 0);
    char *bytes = arena_alloc(arena, n * each + 2 * n + strlen(middle) + 16);
    char *end = bytes;
    for (uint32_t i = 0; i < n; i++) {
        end += sprintf(end, "%*s%s", is_indented ? (int)i : 0, "", before);
    }
    end += sprintf(end, "%*s%s", is_indented ? (int)n : 0, "", middle);
    for (uint32_t i = 0; i < n; i++) {
        end += sprintf(end, "%s", after);
    }
    return (struct source){.path = middle, .bytes = bytes, .n = (uint32_t)(end - bytes)};
}

/* Deep text either gives the tree that it should, or an error. */
static void test_deep(struct parser *parser, struct arena *arena)
{
    struct tree tree;
    struct error error;
    struct source parentheses = repeated(arena, "(", "x", ")", 100000, false);
    CHECK(parser_parse(parser, &parentheses, &no_limits, &tree, &error) && !tree.has_errors);
    CHECK(tree.n > 300000);
    struct source open = repeated(arena, "[", "x", "", 20000, false);
    CHECK(parser_parse(parser, &open, &no_limits, &tree, &error) && tree.has_errors);
    struct source blocks = repeated(arena, "if x:\n", "pass\n", "", 300, true);
    compare(parser, &blocks, "nested 300 deep");
    CHECK(parser_parse(parser, &blocks, &no_limits, &tree, &error) && !tree.has_errors);
    struct source too_deep = repeated(arena, "if x:\n", "pass\n", "", 600, true);
    CHECK(!parser_parse(parser, &too_deep, &no_limits, &tree, &error));
    CHECK_TEXT(error.message, "nested too deep to be parsed (more than 350 indentations or 250 "
                              "strings within each other)");
    struct source strings = repeated(arena, "f'{", "x", "}'", 240, false);
    CHECK(parser_parse(parser, &strings, &no_limits, &tree, &error) && !tree.has_errors);
    struct source too_many = repeated(arena, "f'{", "x", "}'", 1000, false);
    CHECK(!parser_parse(parser, &too_many, &no_limits, &tree, &error));
    struct source both = repeated(arena, "f'''{\n", "x", "}'''", 200, true);
    CHECK(parser_parse(parser, &both, &no_limits, &tree, &error));
}

static void test_limits(struct parser *parser, struct arena *arena)
{
    struct tree tree;
    struct error error;
    struct source calls = repeated(arena, "f(x)\n", "", "", 100000, false);
    struct parse_limits few = {.max_nodes = 1000};
    CHECK(!parser_parse(parser, &calls, &few, &tree, &error));
    CHECK_TEXT(error.message, "has 700001 syntax nodes, more than the 1000 that are allowed");
    struct parse_limits short_time = {.max_milliseconds = 1};
    CHECK(!parser_parse_by_runtime(parser, &calls, &short_time, &tree, &error));
    CHECK_TEXT(error.message, "takes longer than 1 ms to parse");
    /* What was stopped leaves nothing behind. */
    struct source small = repeated(arena, "f(x)\n", "", "", 2, false);
    compare(parser, &small, "after a stopped one");
}

static void test_navigation(struct parser *parser)
{
    struct tree tree;
    struct source source = {.path = "-", .bytes = (char[64]){"f(a, # c\n  b)"}, .n = 13};
    CHECK(parser_parse(parser, &source, &no_limits, &tree, NULL) && !tree.has_errors);
    uint32_t call = 2;
    CHECK(tree.nodes[call].kind == KIND_CALL);
    uint32_t list = tree_child(&tree, call, FIELD_ARGUMENTS);
    CHECK(tree.nodes[list].kind == KIND_ARGUMENT_LIST);
    CHECK(tree_child(&tree, call, FIELD_BODY) == 0);
    uint32_t a = tree_first_named(&tree, list);
    uint32_t b = tree_next_named(&tree, a, tree_end(&tree, list));
    CHECK(tree.nodes[a].start == 2 && tree.nodes[b].start == 11);
    CHECK(tree_next_named(&tree, b, tree_end(&tree, list)) == 0);
    struct source empty = {.path = "-", .bytes = (char[16]){""}, .n = 0};
    CHECK(parser_parse(parser, &empty, &no_limits, &tree, NULL));
    CHECK(tree.n == 1 && tree.nodes[0].kind == KIND_MODULE);
}

int main(int argc, char **argv)
{
    struct corpus corpus = corpus_of(argc, argv);
    struct parser *parser = parser_new();
    struct arena arena = {0};
    stock_load();
    stock_parser = stock.parser_new();
    stock.parser_set_language(stock_parser, stock.python());
    for (size_t i = 0; i < corpus.n; i++) {
        compare_file(parser, corpus.items[i], i % DAMAGED_EVERY == 0, &arena);
    }
    CHECK(argc > 1 || n_with_errors > 100);
    fprintf(stderr, "unit_tree: %u trees are better than the runtime's\n", n_better);
    arena_reset(&arena);
    test_deep(parser, &arena);
    test_limits(parser, &arena);
    test_navigation(parser);
    stock.parser_delete(stock_parser);
    array_free(&expected);
    array_free(&open_nodes);
    arena_free(&arena);
    corpus_free(&corpus);
    parser_free(parser);
    return unit_end("unit_tree");
}
