/*
 * main.c - prints the facts of each file named, until the real command line stands here.
 */
#include "base/builder.h"
#include "facts/collect.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct parser *parser = parser_new();
    struct collector *collector = collector_new();
    const struct parse_limits limits = {.max_nodes = 1u << 26, .max_milliseconds = 60000};
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct arena arena = {0};
        struct source source;
        struct tree tree;
        struct facts facts;
        struct error error;
        if (source_read(argv[i], UINT32_MAX / 2, &arena, &source, &error)
            && parser_parse(parser, &source, &limits, &tree, &error)
            && collector_run(collector, &tree, &source, &arena, &facts, &error)) {
            struct builder out = {0};
            if (argc == 2) {
                facts_print(&facts, &out);
            } else {
                builder_addf(&out, "%s: %u ops, %u scopes\n", argv[i], facts.n_ops, facts.n_scopes);
            }
            fputs(builder_string(&out), stdout);
            builder_free(&out);
        } else {
            fprintf(stderr, "%s: %s\n", argv[i], error.message);
            status = 1;
        }
        arena_free(&arena);
    }
    collector_free(collector);
    parser_free(parser);
    return status;
}
