/*
 * graph_html.c - the graph as one page: the drawing, the cycles edge by edge, and what is known of
 * each class.  No script, nothing fetched.
 */
#include "report/graph.h"

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>cyclint graph</title>\n"
    "<style>\n:root { color-scheme: light dark; }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; margin: 2em; }\n"
    ".drawing { overflow: auto; max-height: 90vh; border: 1px solid #8886; }\n"
    "table { border-collapse: collapse; } td, th { text-align: left; padding: .2em 1em .2em 0; "
    "vertical-align: top; border-bottom: 1px solid #8883; }\n"
    ".in-cycle { color: #d33; } .possible { color: #b70; } .acyclic { color: #2a7a3b; }\n"
    ".place { opacity: .7; }\n</style>\n</head>\n<body>\n<h1>Who holds whom</h1>\n";

static void write_place(const struct span *span, struct builder *out)
{
    if (span->file != NULL) {
        builder_add(out, "<span class=\"place\">");
        graph_add_escaped(out, span->file->path);
        builder_addf(out, ":%u</span>", span->start.line);
    }
}

static void write_edge(const struct graph *graph, const struct graph_edge *edge,
                       struct builder *out)
{
    builder_add(out, "<li><code>");
    graph_add_escaped(out, graph->nodes.items[edge->from].name);
    builder_add(out, *edge->attribute == '[' ? "" : ".");
    graph_add_escaped(out, edge->attribute);
    builder_add(out, "</code> &rarr; <code>");
    graph_add_escaped(out, graph->nodes.items[edge->to].name);
    builder_addf(out, "</code>%s%s ", *edge->via ? " via " : "", edge->via);
    write_place(&edge->span, out);
    builder_add(out, "</li>\n");
}

static void write_cycle(const struct graph *graph, const struct graph_cycle *cycle,
                        struct builder *out)
{
    builder_addf(out, "<h3>%s, %s</h3>\n", cycle_kind_name(cycle->kind),
                 confidence_name(cycle->confidence));
    if (cycle->killer != NULL) {
        builder_add(out, "<p>until <code>");
        graph_add_escaped(out, cycle->killer);
        builder_add(out, "</code> is called</p>\n");
    }
    builder_add(out, "<ul>\n");
    for (uint32_t i = 0; i < cycle->n_edges; i++) {
        write_edge(graph, &graph->edges.items[cycle->edges[i]], out);
    }
    builder_add(out, "</ul>\n");
}

static void write_class(const struct graph_node *node, struct builder *out)
{
    builder_add(out, "<tr><td><code>");
    graph_add_escaped(out, node->name);
    builder_addf(out, "</code></td><td class=\"%s\">%s</td><td>", graph_state_name(node->state),
                 graph_state_name(node->state));
    graph_add_escaped(out, node->reason);
    builder_add(out, "</td><td>");
    write_place(&node->span, out);
    builder_add(out, "</td></tr>\n");
}

void graph_write_html(const struct graph *graph, struct builder *out)
{
    builder_add(out, page_head);
    if (graph->n_shown < graph->nodes.n) {
        builder_addf(out, "<p>%zu of %zu classes are not drawn; the table has them all.</p>\n",
                     graph->nodes.n - graph->n_shown, graph->nodes.n);
    }
    builder_add(out, "<div class=\"drawing\">\n");
    graph_write_svg(graph, out);
    builder_addf(out, "</div>\n<h2>%zu cycles</h2>\n", graph->cycles.n);
    for (size_t i = 0; i < graph->cycles.n; i++) {
        write_cycle(graph, &graph->cycles.items[i], out);
    }
    builder_add(out, "<h2>Classes</h2>\n<table>\n<tr><th>class</th><th>state</th>"
                     "<th>what is not known</th><th>place</th></tr>\n");
    for (size_t i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.items[i].is_class) {
            write_class(&graph->nodes.items[i], out);
        }
    }
    builder_add(out, "</table>\n</body>\n</html>\n");
}
