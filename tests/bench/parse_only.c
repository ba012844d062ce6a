/*
 * parse_only.c - an unchanged tree-sitter that parses files and does nothing else: the measure of
 * all others.
 *
 *     parse_only <LIST      a path a line
 */
#include "base/array.h"
#include "text/source.h"

#include "stock.h"

#include <string.h>

static void parse_file(TSParser *parser, const char *path)
{
    struct arena arena = {0};
    struct source source;
    if (source_read(path, UINT32_MAX, &arena, &source, NULL)) {
        stock.tree_delete(stock.parser_parse_string(parser, NULL, source.bytes, source.n));
    }
    arena_free(&arena);
}

int main(void)
{
    char path[4096];
    stock_load();
    TSParser *parser = stock.parser_new();
    stock.parser_set_language(parser, stock.python());
    while (fgets(path, sizeof path, stdin) != NULL) {
        path[strcspn(path, "\n")] = '\0';
        parse_file(parser, path);
    }
    stock.parser_delete(parser);
    return 0;
}
