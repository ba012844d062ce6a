/*
 * layout.c - one walk over the tree, which keeps statements and blocks and forgets the rest.
 */
#include "facts/layout.h"

#include "base/array.h"
#include "syntax/grammar.h"
#include "syntax/tree.h"

#include <stdlib.h>
#include <string.h>

/* What is open in the walk: a statement or a block, up to the node `end`. */
struct open {
    uint32_t end;
    uint32_t number;
    bool is_block;
};

struct layouter {
    struct parser *parser;
    struct {
        ARRAY_OF(struct open);
    } open;
    struct {
        ARRAY_OF(struct statement);
    } statements;
    struct {
        ARRAY_OF(struct block);
    } blocks;
    struct {
        ARRAY_OF(struct long_string);
    } strings;
};

struct layouter *layouter_new(void)
{
    struct layouter *layouter = alloc_zeroed(1, sizeof *layouter);
    layouter->parser = parser_new();
    return layouter;
}

void layouter_free(struct layouter *layouter)
{
    if (layouter == NULL) {
        return;
    }
    parser_free(layouter->parser);
    array_free(&layouter->open);
    array_free(&layouter->statements);
    array_free(&layouter->blocks);
    array_free(&layouter->strings);
    free(layouter);
}

static bool is_text(const struct tree *tree, uint32_t node)
{
    uint32_t value = tree_first_named(tree, node);
    return tree->nodes[node].kind == KIND_EXPRESSION_STATEMENT && value != 0
           && (tree->nodes[value].kind == KIND_STRING
               || tree->nodes[value].kind == KIND_CONCATENATED_STRING)
           && tree->nodes[value].end == tree->nodes[node].end;
}

static enum statement_kind kind_of_statement(const struct tree *tree, uint32_t node)
{
    switch (tree->nodes[node].kind) {
    case KIND_IMPORT_STATEMENT:
    case KIND_IMPORT_FROM_STATEMENT:
        return STATEMENT_IMPORT;
    case KIND_FUTURE_IMPORT_STATEMENT:
        return STATEMENT_FUTURE_IMPORT;
    default:
        return is_text(tree, node) ? STATEMENT_TEXT : STATEMENT_SIMPLE;
    }
}

static struct open *innermost(struct layouter *l)
{
    return l->open.n > 0 ? array_last(&l->open) : NULL;
}

static void open_block(struct layouter *l, uint32_t end)
{
    const struct open *around = innermost(l);
    uint32_t parent = around != NULL ? around->number : NONE;
    if (parent != NONE) {
        l->statements.items[parent].kind = STATEMENT_COMPOUND;
    }
    *array_push(&l->open) = (struct open){end, (uint32_t)l->blocks.n, true};
    *array_push(&l->blocks) = (struct block){.parent = parent, .first = NONE, .last = NONE};
}

static void open_statement(struct layouter *l, const struct tree *tree, uint32_t node)
{
    uint32_t number = (uint32_t)l->statements.n;
    uint32_t home = innermost(l)->number;
    struct block *block = &l->blocks.items[home];
    uint32_t previous = block->last;
    block->first = previous == NONE ? number : block->first;
    block->last = number;
    block->n_statements++;
    if (previous != NONE) {
        l->statements.items[previous].next = number;
    }
    *array_push(&l->open) = (struct open){tree_end(tree, node), number, false};
    *array_push(&l->statements) = (struct statement){
        .start = tree->nodes[node].start,
        .end = tree->nodes[node].end,
        .block = home,
        .previous = previous,
        .next = NONE,
        .kind = kind_of_statement(tree, node),
    };
}

static void note_string(struct layouter *l, const struct tree *tree, const struct node *string)
{
    if (memchr(tree->bytes + string->start, '\n', string->end - string->start) != NULL) {
        *array_push(&l->strings) = (struct long_string){string->start, string->end};
    }
}

static void visit(struct layouter *l, const struct tree *tree, uint32_t i)
{
    const struct node *node = &tree->nodes[i];
    while (l->open.n > 0 && innermost(l)->end <= i) {
        l->open.n--;
    }
    if (node->kind == KIND_MODULE || node->kind == KIND_BLOCK) {
        open_block(l, tree_end(tree, i));
    } else if (innermost(l)->is_block && (node->flags & (NODE_NAMED | NODE_EXTRA)) == NODE_NAMED) {
        open_statement(l, tree, i);
    } else if (node->kind == KIND_STRING) {
        note_string(l, tree, node);
    }
}

#define KEEP(list, arena)                                                                          \
    ((list)->n > 0 ? arena_copy(arena, (list)->items, (list)->n * sizeof *(list)->items) : NULL)

bool layout_find(struct layouter *layouter, const struct source *source, struct arena *arena,
                 struct layout *layout)
{
    struct tree tree;
    struct error error;
    struct parse_limits limits = {0};
    if (!parser_parse(layouter->parser, source, &limits, &tree, &error) || tree.has_errors) {
        return false;
    }
    layouter->open.n = layouter->statements.n = layouter->blocks.n = layouter->strings.n = 0;
    for (uint32_t i = 0; i < tree.n; i++) {
        visit(layouter, &tree, i);
    }
    *layout = (struct layout){
        .statements = KEEP(&layouter->statements, arena),
        .n_statements = (uint32_t)layouter->statements.n,
        .blocks = KEEP(&layouter->blocks, arena),
        .n_blocks = (uint32_t)layouter->blocks.n,
        .strings = KEEP(&layouter->strings, arena),
        .n_strings = (uint32_t)layouter->strings.n,
    };
    return true;
}

static uint32_t parent_of(const struct layout *layout, uint32_t statement)
{
    return layout->blocks[layout->statements[statement].block].parent;
}

uint32_t layout_statement_at(const struct layout *layout, uint32_t offset)
{
    uint32_t low = 0;
    uint32_t high = layout->n_statements;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (layout->statements[middle].start <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t found = low > 0 ? low - 1 : NONE;
    while (found != NONE && layout->statements[found].end <= offset) {
        found = parent_of(layout, found);
    }
    return found;
}

uint32_t layout_block_of(const struct layout *layout, uint32_t statement)
{
    if (layout->statements[statement].kind != STATEMENT_COMPOUND
        || statement + 1 >= layout->n_statements) {
        return NONE;
    }
    uint32_t block = layout->statements[statement + 1].block;
    return layout->blocks[block].parent == statement ? block : NONE;
}
