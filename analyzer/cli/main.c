/*
 * main.c - prints how many syntax nodes each file has.
 */
#include "syntax/tree.h"
#include "text/source.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct parser *parser = parser_new();
    struct arena scratch = {0};
    struct parse_limits limits = {.max_nodes = 100000000};
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct source source;
        struct tree tree;
        struct error error;
        arena_reset(&scratch);
        if (source_read(argv[i], 100000000, &scratch, &source, &error)
            && parser_parse(parser, &source, &limits, &tree, &error)) {
            printf("%s: %u\n", argv[i], tree.n);
        } else {
            fprintf(stderr, "%s: %s\n", argv[i], error.message);
            status = 1;
        }
    }
    arena_free(&scratch);
    parser_free(parser);
    return status;
}
