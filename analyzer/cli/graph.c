/*
 * graph.c - `cyclint graph`: makes the graph, chooses what is shown, writes it.
 */
#include "cli/graph.h"

#include "cli/output.h"
#include "report/graph.h"

#include <stdio.h>
#include <string.h>

static const struct graph_writer {
    const char *name;
    void (*write)(const struct graph *graph, struct builder *out);
    bool is_drawing; /* too many classes make it useless */
} writers[] = {
    {"dot", graph_write_dot, false}, /* what is written unless told otherwise */
    {"json", graph_write_json, false},
    {"svg", graph_write_svg, true},
    {"html", graph_write_html, true},
};

enum { N_WRITERS = sizeof writers / sizeof *writers };

/* What the configuration says of formats is meant for findings. */
static size_t count_formats(const struct options *options)
{
    bool is_asked = options_level(options, "output-format") == LEVEL_COMMAND_LINE
                    || options_level(options, "format") == LEVEL_COMMAND_LINE;
    return is_asked ? options->formats.n : 0;
}

/* The writer of "dot" or "dot:FILE"; `*file` is NULL for the output. */
static const struct graph_writer *find_writer(const char *format, const char **file)
{
    size_t length = strcspn(format, ":");
    *file = format[length] == ':' ? format + length + 1 : NULL;
    for (size_t i = 0; i < N_WRITERS; i++) {
        if (strlen(writers[i].name) == length && strncmp(writers[i].name, format, length) == 0) {
            return &writers[i];
        }
    }
    return NULL;
}

bool graph_check(const struct options *options, struct error *error)
{
    size_t n_to_output = 0;
    for (size_t i = 0; i < count_formats(options); i++) {
        const char *file, *format = options->formats.items[i];
        if (find_writer(format, &file) == NULL || (file != NULL && *file == '\0')) {
            return error_at(error,
                            "option '--output-format': '%.200s' is no format of the graph; there "
                            "are dot, svg, html and json, or as in dot:FILE",
                            format);
        }
        n_to_output += file == NULL;
    }
    return n_to_output <= 1
           || error_at(error, "option '--output-format': only one format can go to the output; "
                              "give the others a file, as in dot:FILE");
}

/* A drawing has room for so many classes; the rest is told of, once. */
static void limit(const struct options *options, struct graph *graph, bool *is_told)
{
    size_t n_left_out = graph_limit(graph, (size_t)options->max_classes);
    if (n_left_out > 0 && !*is_told) {
        *is_told = true;
        fprintf(stderr,
                "cyclint: %zu of %zu classes are not drawn: name fewer paths, or give "
                "--only-cycles or --max-classes\n",
                n_left_out, graph->nodes.n);
    }
}

static bool write_graph(const struct options *options, struct graph *graph, const char *format,
                        bool *is_told, struct error *error)
{
    const char *file;
    struct builder out = {0};
    const struct graph_writer *writer = find_writer(format, &file);
    if (writer->is_drawing) {
        limit(options, graph, is_told);
    } else {
        graph_limit(graph, 0);
    }
    writer->write(graph, &out);
    file = file != NULL ? file : options->output;
    bool ok = file == NULL ? output_bytes(builder_string(&out), out.length, error)
                           : output_file(file, builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

bool graph_draw(const struct options *options, const struct settle_input *input,
                const struct heap *heap, struct error *error)
{
    struct graph graph = {0};
    graph_make(input, heap, &graph);
    if (options->only_cycles) {
        graph_keep_cycles(&graph);
    }
    bool is_told = false;
    size_t n = count_formats(options);
    bool ok = n > 0 || write_graph(options, &graph, writers[0].name, &is_told, error);
    for (size_t i = 0; i < n && ok; i++) {
        ok = write_graph(options, &graph, options->formats.items[i], &is_told, error);
    }
    graph_free(&graph);
    return ok;
}
