/*
 * graph_json.c - the graph for programs.
 *
 *     {"classes": [{"name", "state": "in-cycle|possible|unknown|acyclic", "reason", "path",
 * "line"}], "others": [{"name"}], "edges": [{"holder", "attr", "target", "via": [], "cycle",
 * "circular", "path", "line"}], "cycles": [{"kind", "confidence", "managedBy", "madeOnce", "path",
 * "line", "edges": []}], "acyclic": ["pkg.mod.Class"]}
 *
 * `others` are the functions, frames and foreign objects of cycles.  An edge's `cycle` is the
 * index of a cycle of instances or null; `circular` says that the types alone lead back; a cycle's
 * `edges` are indices, in order.  `reason` says why nothing could be proved, and is there only
 * then.
 */
#include "report/graph.h"
#include "report/json.h"

#include <string.h>

static void write_place(struct json *json, const struct span *span)
{
    if (span->file != NULL) {
        json_key_string(json, "path", span->file->path);
        json_key_number(json, "line", span->start.line);
    }
}

static void write_class(struct json *json, const struct graph_node *node)
{
    json_open(json, '{');
    json_key_string(json, "name", node->name);
    json_key_string(json, "state", graph_state_name(node->state));
    if (*node->reason != '\0') {
        json_key_string(json, "reason", node->reason);
    }
    write_place(json, &node->span);
    json_close(json, '}');
}

static void write_other(struct json *json, const struct graph_node *node)
{
    json_open(json, '{');
    json_key_string(json, "name", node->name);
    json_close(json, '}');
}

static void write_nodes(struct json *json, const struct graph *graph, bool are_classes)
{
    json_key_open(json, are_classes ? "classes" : "others", '[');
    for (size_t i = 0; i < graph->nodes.n; i++) {
        const struct graph_node *node = &graph->nodes.items[i];
        if (node->is_class == are_classes) {
            (are_classes ? write_class : write_other)(json, node);
        }
    }
    json_close(json, ']');
}

static void write_via(struct json *json, const char *via, struct arena *arena)
{
    json_key_open(json, "via", '[');
    while (*via != '\0') {
        size_t n = strcspn(via, ",");
        json_string(json, arena_string(arena, via, n));
        via += n + (via[n] == ',');
    }
    json_close(json, ']');
}

static void write_edge(struct json *json, const struct graph *graph, const struct graph_edge *edge,
                       struct arena *arena)
{
    json_open(json, '{');
    json_key_string(json, "holder", graph->nodes.items[edge->from].name);
    json_key_string(json, "attr", edge->attribute);
    json_key_string(json, "target", graph->nodes.items[edge->to].name);
    write_via(json, edge->via, arena);
    if (edge->cycle == NONE) {
        json_key(json, "cycle");
        json_null(json);
    } else {
        json_key_number(json, "cycle", edge->cycle);
    }
    json_key_bool(json, "circular", edge->is_circular);
    write_place(json, &edge->span);
    json_close(json, '}');
}

static void write_cycle(struct json *json, const struct graph_cycle *cycle)
{
    json_open(json, '{');
    json_key_string(json, "kind", cycle_kind_name(cycle->kind));
    json_key_string(json, "confidence", confidence_name(cycle->confidence));
    json_key(json, "managedBy");
    if (cycle->killer != NULL) {
        json_string(json, cycle->killer);
    } else {
        json_null(json);
    }
    json_key_bool(json, "madeOnce", cycle->is_made_once);
    write_place(json, &cycle->span);
    json_key_open(json, "edges", '[');
    for (uint32_t i = 0; i < cycle->n_edges; i++) {
        json_number(json, cycle->edges[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void write_acyclic(struct json *json, const struct graph *graph)
{
    json_key_open(json, "acyclic", '[');
    for (size_t i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.items[i].state == CLASS_IS_ACYCLIC) {
            json_string(json, graph->nodes.items[i].name);
        }
    }
    json_close(json, ']');
}

void graph_write_json(const struct graph *graph, struct builder *out)
{
    struct arena arena = {0};
    struct json json = json_begin(out, 1);
    json_open(&json, '{');
    write_nodes(&json, graph, true);
    write_nodes(&json, graph, false);
    json_key_open(&json, "edges", '[');
    for (size_t i = 0; i < graph->edges.n; i++) {
        write_edge(&json, graph, &graph->edges.items[i], &arena);
    }
    json_close(&json, ']');
    json_key_open(&json, "cycles", '[');
    for (size_t i = 0; i < graph->cycles.n; i++) {
        write_cycle(&json, &graph->cycles.items[i]);
    }
    json_close(&json, ']');
    write_acyclic(&json, graph);
    json_close(&json, '}');
    builder_add_char(out, '\n');
    arena_free(&arena);
}
