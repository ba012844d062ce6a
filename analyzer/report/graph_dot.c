/*
 * graph_dot.c - the graph for Graphviz: `cyclint graph --format dot . | dot -Tsvg`.
 *
 * Cycles of instances are red and drawn thick, circles by types alone orange and dashed; acyclic
 * classes are green, and what is not known is grey.
 */
#include "report/graph.h"

#include <string.h>

static void add_quoted(struct builder *out, const char *text)
{
    builder_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            builder_add_char(out, '\\');
        }
        builder_add_char(out, *text == '\n' ? ' ' : *text);
    }
    builder_add_char(out, '"');
}

static void write_node(const struct graph_node *node, struct builder *out)
{
    static const char *const looks[] = {"color=\"#2a7a3b\", fillcolor=\"#e3f4e5\"",
                                        "color=\"#888888\", fillcolor=\"#f2f2f2\"",
                                        "color=\"#b86e00\", fillcolor=\"#fdf0da\"",
                                        "color=\"#c62828\", fillcolor=\"#fde4e4\", penwidth=2"};
    builder_add(out, "  ");
    add_quoted(out, node->name);
    builder_addf(out, " [%s%s", looks[node->state], node->is_class ? "" : ", shape=ellipse");
    builder_add(out, ", tooltip=");
    add_quoted(out, *node->reason != '\0' ? node->reason : graph_state_name(node->state));
    builder_add(out, "];\n");
}

static void write_edge(const struct graph *graph, const struct graph_edge *edge,
                       struct builder *out)
{
    struct builder label = {0};
    builder_addf(&label, "%s%s%s%s", edge->attribute, *edge->via ? " (" : "", edge->via,
                 *edge->via ? ")" : "");
    builder_add(out, "  ");
    add_quoted(out, graph->nodes.items[edge->from].name);
    builder_add(out, " -> ");
    add_quoted(out, graph->nodes.items[edge->to].name);
    builder_add(out, " [label=");
    add_quoted(out, builder_string(&label));
    builder_free(&label);
    if (edge->cycle != NONE) {
        builder_add(out, ", color=\"#c62828\", fontcolor=\"#c62828\", penwidth=2");
    } else if (edge->is_circular) {
        builder_add(out, ", color=\"#b86e00\", fontcolor=\"#b86e00\", style=dashed");
    }
    builder_add(out, "];\n");
}

void graph_write_dot(const struct graph *graph, struct builder *out)
{
    builder_add(out, "// red: cycles of instances; orange: circles by types alone; green: acyclic; "
                     "grey: not known\n"
                     "digraph cyclint {\n  rankdir=LR;\n"
                     "  node [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\"];\n"
                     "  edge [color=\"#666666\", fontname=\"sans-serif\", fontsize=10];\n");
    for (size_t i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.items[i].is_shown) {
            write_node(&graph->nodes.items[i], out);
        }
    }
    for (size_t i = 0; i < graph->edges.n; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        if (graph->nodes.items[edge->from].is_shown && graph->nodes.items[edge->to].is_shown) {
            write_edge(graph, edge, out);
        }
    }
    builder_add(out, "}\n");
}
