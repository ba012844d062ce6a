/*
 * bench_parse.c - what parsing costs, against an unchanged tree-sitter that only parses.
 *
 * Both run in turn over all files, several rounds; the least processor time of each counts, and
 * their ratio is printed, for a machine's speed changes from minute to minute.
 *
 *     bench_parse [FILE.py…]
 */
#include "syntax/tree.h"

#include "corpus.h"
#include "stock.h"

#include <time.h>

enum { N_ROUNDS = 5 };

struct sources {
    ARRAY_OF(struct source);
};

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double time_stock(const struct sources *sources)
{
    TSParser *parser = stock.parser_new();
    stock.parser_set_language(parser, stock.python());
    double start = seconds();
    for (size_t i = 0; i < sources->n; i++) {
        const struct source *source = &sources->items[i];
        stock.tree_delete(stock.parser_parse_string(parser, NULL, source->bytes, source->n));
    }
    double time = seconds() - start;
    stock.parser_delete(parser);
    return time;
}

static double time_ours(const struct sources *sources, size_t *n_nodes)
{
    const struct parse_limits limits = {.max_nodes = UINT32_MAX, .max_milliseconds = 60000};
    struct parser *parser = parser_new();
    double start = seconds();
    *n_nodes = 0;
    for (size_t i = 0; i < sources->n; i++) {
        struct tree tree;
        if (parser_parse(parser, &sources->items[i], &limits, &tree, NULL)) {
            *n_nodes += tree.n;
        }
    }
    double time = seconds() - start;
    parser_free(parser);
    return time;
}

static void read_all(const struct corpus *corpus, struct arena *arena, struct sources *sources)
{
    for (size_t i = 0; i < corpus->n; i++) {
        struct source source;
        if (source_read(corpus->items[i], UINT32_MAX / 2, arena, &source, NULL)) {
            *array_push(sources) = source;
        }
    }
}

int main(int argc, char **argv)
{
    struct corpus corpus = corpus_of(argc, argv);
    struct arena arena = {0};
    struct sources sources = {0};
    stock_load();
    read_all(&corpus, &arena, &sources);
    double best_stock = 1e9;
    double best_ours = 1e9;
    size_t n_nodes = 0;
    for (int i = 0; i < N_ROUNDS; i++) {
        double time = time_stock(&sources);
        best_stock = time < best_stock ? time : best_stock;
        time = time_ours(&sources, &n_nodes);
        best_ours = time < best_ours ? time : best_ours;
    }
    printf("parse: %zu files, %zu nodes; flat tree %.3f s, stock parse only %.3f s, ratio %.2f\n",
           sources.n, n_nodes, best_ours, best_stock, best_ours / best_stock);
    array_free(&sources);
    arena_free(&arena);
    corpus_free(&corpus);
    return 0;
}
