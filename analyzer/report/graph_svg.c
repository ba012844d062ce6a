/*
 * graph_svg.c - the graph as a drawing of our own.
 *
 * Classes stand in columns: who holds others stands left of what is held.  A depth-first search
 * takes out the edges that lead back, the longest path from the left gives the column, and within
 * a column each class is drawn near its neighbours (sweeps of averages from both sides).  Classes
 * without edges stand below in rows.  Edges between the same two classes are drawn as one, with all
 * attributes.
 */
#include "report/graph.h"

#include "base/error.h"
#include "text/cells.h"

#include <stdlib.h>
#include <string.h>

enum {
    BOX_HEIGHT = 38,
    ROW_GAP = 26,
    COLUMN_GAP = 150, /* room for the attributes on the edges */
    MARGIN = 24,
    LEGEND_HEIGHT = 34,
    LETTER = 8,      /* widest average of 13 px sans-serif */
    MIN_WIDTH = 860, /* the legend's */
    N_SWEEPS = 4,
    MAX_LABEL = 40 /* letters on an edge; the rest is in its title */
};

struct box {
    bool is_placed; /* it has edges, and stands in a column */
    uint32_t column;
    double order; /* in its column */
    int x, y, width;
};

struct layout {
    const struct graph *graph;
    struct box *boxes;
    uint32_t *first; /* edges of each node: they are sorted by holder */
    bool *is_back;   /* of each edge: it leads back to the left */
    uint32_t *postorder;
    uint32_t n_postorder, n_columns;
    int width, height;
};

/* ---- text ---- */

void graph_add_escaped(struct builder *out, const char *s)
{
    size_t n = strlen(s);
    for (size_t length; n > 0; s += length, n -= length) {
        uint32_t c = cells_decode(s, n, &length);
        if (strchr("&<>\"'", *s) != NULL) {
            builder_addf(out, "&#%u;", (unsigned)c);
        } else if (c < 0x20 || c == 0xFFFD || c == 0xFFFE || c == 0xFFFF) {
            builder_add(out, "\xEF\xBF\xBD");
        } else {
            builder_add_bytes(out, s, length);
        }
    }
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot[1] != '\0' ? dot + 1 : name;
}

static int count_letters(const char *s)
{
    int n = 0;
    for (; *s != '\0'; s++) {
        n += ((unsigned char)*s & 0xC0) != 0x80;
    }
    return n;
}

static int width_of(const char *name)
{
    int letters = count_letters(last_part(name));
    int all = count_letters(name);
    int small = (all - letters) * 6 / LETTER; /* the module is written smaller below */
    return (letters > small ? letters : small) * LETTER + 20;
}

/* ---- columns ---- */

static bool is_drawn(const struct graph *graph, const struct graph_edge *edge)
{
    return graph->nodes.items[edge->from].is_shown && graph->nodes.items[edge->to].is_shown;
}

static void index_edges(struct layout *layout)
{
    const struct graph *graph = layout->graph;
    uint32_t at = 0;
    for (uint32_t node = 0; node <= graph->nodes.n; node++) {
        while (at < graph->edges.n && graph->edges.items[at].from < node) {
            at++;
        }
        layout->first[node] = at;
    }
    for (size_t i = 0; i < graph->edges.n; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        if (is_drawn(graph, edge)) {
            layout->boxes[edge->from].is_placed = layout->boxes[edge->to].is_placed = true;
        }
    }
}

enum color { NEW, OPEN, DONE };

/* Depth first from one node; edges to open nodes lead back. */
static void search_from(struct layout *layout, uint32_t start, uint8_t *colors, uint32_t *next)
{
    const struct graph *graph = layout->graph;
    struct {
        ARRAY_OF(uint32_t);
    } path = {0};
    colors[start] = OPEN;
    *array_push(&path) = start;
    while (path.n > 0) {
        uint32_t node = *array_last(&path);
        if (next[node] == layout->first[node + 1]) {
            colors[node] = DONE;
            layout->postorder[layout->n_postorder++] = node;
            path.n--;
            continue;
        }
        uint32_t edge = next[node]++, to = graph->edges.items[edge].to;
        layout->is_back[edge] = colors[to] == OPEN;
        if (colors[to] == NEW && graph->nodes.items[to].is_shown) {
            colors[to] = OPEN;
            *array_push(&path) = to;
        }
    }
    array_free(&path);
}

/* What nobody holds comes first, so that it stands on the left. */
static void search_all(struct layout *layout)
{
    const struct graph *graph = layout->graph;
    size_t n = graph->nodes.n;
    uint8_t *colors = alloc_zeroed(n + 1, sizeof *colors), *is_held = alloc_zeroed(n + 1, 1);
    uint32_t *next = alloc_zeroed(n + 1, sizeof *next);
    memcpy(next, layout->first, n * sizeof *next);
    for (size_t i = 0; i < graph->edges.n; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        is_held[edge->to] |= is_drawn(graph, edge) && edge->from != edge->to;
    }
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t node = 0; node < n; node++) {
            if (colors[node] == NEW && layout->boxes[node].is_placed
                && graph->nodes.items[node].is_shown && (turn == 1 || !is_held[node])) {
                search_from(layout, node, colors, next);
            }
        }
    }
    free(colors);
    free(is_held);
    free(next);
}

static void choose_columns(struct layout *layout)
{
    const struct graph *graph = layout->graph;
    for (uint32_t i = layout->n_postorder; i-- > 0;) {
        uint32_t node = layout->postorder[i], column = layout->boxes[node].column;
        if (column >= layout->n_columns) {
            layout->n_columns = column + 1;
        }
        for (uint32_t e = layout->first[node]; e < layout->first[node + 1]; e++) {
            struct box *to = &layout->boxes[graph->edges.items[e].to];
            if (!layout->is_back[e] && to->column <= column) {
                to->column = column + 1;
            }
        }
    }
}

/* ---- places ---- */

struct slot {
    uint32_t column, node;
    double order;
};

static int compare_slots(const void *x, const void *y)
{
    const struct slot *a = x, *b = y;
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    if (a->order < b->order || a->order > b->order) {
        return a->order < b->order ? -1 : 1;
    }
    return (a->node > b->node) - (a->node < b->node);
}

/* Nodes by column and order; gives each its number in its column as its order. */
static void sort_slots(struct layout *layout, struct slot *slots, size_t n)
{
    qsort(slots, n, sizeof *slots, compare_slots);
    for (size_t i = 0, in_column = 0; i < n; i++) {
        in_column = i > 0 && slots[i].column == slots[i - 1].column ? in_column + 1 : 0;
        slots[i].order = layout->boxes[slots[i].node].order = (double)in_column;
    }
}

/* Draws the nodes of one column near their neighbours on the side that was done before. */
static void order_column(struct layout *layout, uint32_t column, bool by_left, struct slot *slots,
                         size_t n)
{
    const struct graph *graph = layout->graph;
    double *sums = alloc_zeroed(graph->nodes.n + 1, sizeof *sums);
    uint32_t *counts = alloc_zeroed(graph->nodes.n + 1, sizeof *counts);
    for (size_t i = 0; i < graph->edges.n; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        uint32_t a = edge->from, b = edge->to;
        uint32_t own = layout->boxes[a].column == column ? a : b, other = own == a ? b : a;
        uint32_t column_of_other = layout->boxes[other].column;
        if (is_drawn(graph, edge) && layout->boxes[own].column == column
            && (by_left ? column_of_other < column : column_of_other > column)) {
            sums[own] += layout->boxes[other].order;
            counts[own]++;
        }
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t node = slots[i].node;
        slots[i].order = counts[node] > 0 ? sums[node] / counts[node] : slots[i].order;
    }
    sort_slots(layout, slots, n);
    free(sums);
    free(counts);
}

static void sweep(struct layout *layout, bool by_left, struct slot *slots, size_t n)
{
    for (uint32_t i = 0; i < layout->n_columns; i++) {
        order_column(layout, by_left ? i : layout->n_columns - 1 - i, by_left, slots, n);
    }
}

static size_t gather_slots(const struct layout *layout, struct slot *slots)
{
    size_t n = 0;
    for (uint32_t i = 0; i < layout->n_postorder; i++) {
        uint32_t node = layout->postorder[i];
        slots[n++] = (struct slot){layout->boxes[node].column, node, (double)node};
    }
    return n;
}

/* Columns from left to right, each in the middle of the height. */
static void place_columns(struct layout *layout, const struct slot *slots, size_t n)
{
    int tallest = 0, x = MARGIN;
    for (size_t i = 0; i < n; i++) {
        int rows = (int)slots[i].order + 1;
        tallest = rows > tallest ? rows : tallest;
    }
    for (size_t first = 0, end; first < n; first = end) {
        int widest = 0;
        for (end = first; end < n && slots[end].column == slots[first].column; end++) {
            int width = width_of(layout->graph->nodes.items[slots[end].node].name);
            widest = width > widest ? width : widest;
        }
        int free_rows = tallest - (int)(end - first);
        for (size_t i = first; i < end; i++) {
            struct box *box = &layout->boxes[slots[i].node];
            box->x = x;
            box->width = widest;
            box->y = LEGEND_HEIGHT + MARGIN + free_rows * (BOX_HEIGHT + ROW_GAP) / 2
                     + (int)slots[i].order * (BOX_HEIGHT + ROW_GAP);
        }
        x += widest + COLUMN_GAP;
    }
    layout->width = x > MIN_WIDTH ? x : MIN_WIDTH;
    layout->height = LEGEND_HEIGHT + MARGIN + tallest * (BOX_HEIGHT + ROW_GAP) + MARGIN;
}

/* Classes without edges, in rows below. */
static void place_rest(struct layout *layout)
{
    int x = MARGIN, y = layout->height;
    bool has_any = false;
    for (size_t i = 0; i < layout->graph->nodes.n; i++) {
        struct box *box = &layout->boxes[i];
        if (box->is_placed || !layout->graph->nodes.items[i].is_shown) {
            continue;
        }
        box->width = width_of(layout->graph->nodes.items[i].name);
        if (has_any && x + box->width + MARGIN > layout->width) {
            x = MARGIN;
            y += BOX_HEIGHT + ROW_GAP / 2;
        }
        box->x = x;
        box->y = y;
        x += box->width + ROW_GAP / 2;
        has_any = true;
    }
    layout->height = has_any ? y + BOX_HEIGHT + MARGIN : layout->height;
}

static void make_layout(struct layout *layout)
{
    size_t n_nodes = layout->graph->nodes.n;
    layout->boxes = alloc_zeroed(n_nodes + 1, sizeof *layout->boxes);
    layout->first = alloc_zeroed(n_nodes + 2, sizeof *layout->first);
    layout->is_back = alloc_zeroed(layout->graph->edges.n + 1, sizeof *layout->is_back);
    layout->postorder = alloc_zeroed(n_nodes + 1, sizeof *layout->postorder);
    index_edges(layout);
    search_all(layout);
    choose_columns(layout);
    struct slot *slots = alloc_zeroed(n_nodes + 1, sizeof *slots);
    size_t n = gather_slots(layout, slots);
    sort_slots(layout, slots, n);
    for (int i = 0; i < N_SWEEPS; i++) {
        sweep(layout, i % 2 == 0, slots, n);
    }
    place_columns(layout, slots, n);
    place_rest(layout);
    free(slots);
}

/* ---- drawing ---- */

static const struct {
    const char *line, *fill, *says;
} looks[] = {
    {"#2a7a3b", "#e3f4e5", "acyclic: never in a cycle"},
    {"#888888", "#f2f2f2", "not known"},
    {"#b86e00", "#fdf0da", "in a cycle by its types"},
    {"#c62828", "#fde4e4", "in a cycle of instances"},
};

static const char *const edge_colors[] = {"#777777", "#b86e00", "#c62828"};

static void draw_node(const struct layout *layout, uint32_t number, struct builder *out)
{
    const struct graph_node *node = &layout->graph->nodes.items[number];
    const struct box *box = &layout->boxes[number];
    const char *last = last_part(node->name);
    builder_add(out, "<g><title>");
    graph_add_escaped(out, node->name);
    builder_addf(out, ": %s", looks[node->state].says);
    builder_add(out, *node->reason != '\0' ? ": " : "");
    graph_add_escaped(out, node->reason);
    builder_addf(out,
                 "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" "
                 "fill=\"%s\" stroke=\"%s\" stroke-width=\"%s\"/>"
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-weight=\"bold\">",
                 box->x, box->y, box->width, BOX_HEIGHT, node->is_class ? 6 : BOX_HEIGHT / 2,
                 looks[node->state].fill, looks[node->state].line,
                 node->state == CLASS_IS_IN_CYCLE ? "2" : "1", box->x + box->width / 2,
                 box->y + 17);
    graph_add_escaped(out, last);
    builder_addf(out,
                 "</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"10\" "
                 "fill=\"#555555\">",
                 box->x + box->width / 2, box->y + 31);
    char *before = strndup(node->name, last > node->name ? (size_t)(last - node->name - 1) : 0);
    graph_add_escaped(out, before != NULL ? before : "");
    free(before);
    builder_add(out, "</text></g>\n");
}

/* Edges `first` up to `end` have the same ends. */
static void add_label(const struct graph *graph, size_t first, size_t end, struct builder *out)
{
    for (size_t i = first; i < end; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        if (i > first && strcmp(edge->attribute, edge[-1].attribute) == 0) {
            continue;
        }
        builder_addf(out, "%s%s%s", i > first ? ", " : "", edge->attribute,
                     strstr(edge->via, "list") || strstr(edge->via, "dict")
                             || strstr(edge->via, "set") || strstr(edge->via, "tuple")
                         ? "[]"
                         : "");
    }
}

static void draw_label(const char *label, int x, int y, const char *color, struct builder *out)
{
    int letters = count_letters(label), kept = 0;
    size_t n = 0;
    while (label[n] != '\0' && kept < MAX_LABEL) {
        n++;
        while (((unsigned char)label[n] & 0xC0) == 0x80) {
            n++;
        }
        kept++;
    }
    char *text = strndup(label, n);
    builder_addf(out,
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\" fill=\"%s\" "
                 "stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\">",
                 x, y, color);
    graph_add_escaped(out, text != NULL ? text : "");
    builder_add(out, letters > kept ? "\xE2\x80\xA6</text>" : "</text>");
    free(text);
}

/* The curve from one box to the other; `*x`, `*y` is its middle. */
static void add_curve(const struct box *from, const struct box *to, struct builder *out, int *x,
                      int *y)
{
    int y1 = from->y + BOX_HEIGHT / 2, y2 = to->y + BOX_HEIGHT / 2;
    int x1 = from->x + from->width, x2 = to->x, bend = COLUMN_GAP / 2;
    if (from == to) { /* a loop above the box */
        x1 = from->x + from->width / 2 - 14;
        builder_addf(out, "M%d %d C%d %d %d %d %d %d", x1, from->y, x1 - 14, from->y - 22, x1 + 42,
                     from->y - 22, x1 + 28, from->y);
        *x = x1 + 14;
        *y = from->y - 12;
        return;
    }
    if (to->column == from->column) { /* round the right side */
        x2 = to->x + to->width;
        builder_addf(out, "M%d %d C%d %d %d %d %d %d", x1, y1, x1 + bend, y1, x2 + bend, y2, x2,
                     y2);
        *x = (x1 + x2) / 2 + bend * 3 / 4;
        *y = (y1 + y2) / 2;
        return;
    }
    if (to->column < from->column) { /* back, a little lower than the edge that goes there */
        x1 = from->x;
        x2 = to->x + to->width;
        y1 += BOX_HEIGHT / 4;
        y2 += BOX_HEIGHT / 4;
        bend = -bend;
    }
    builder_addf(out, "M%d %d C%d %d %d %d %d %d", x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2);
    *x = (x1 + x2) / 2;
    *y = (y1 + y2) / 2 + (bend < 0 ? 12 : -4);
}

static void add_edge_title(const struct graph *graph, size_t first, size_t end, struct builder *out)
{
    builder_add(out, "<title>");
    for (size_t i = first; i < end; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        graph_add_escaped(out, graph->nodes.items[edge->from].name);
        builder_add(out, ".");
        graph_add_escaped(out, edge->attribute);
        builder_add(out, " -&gt; ");
        graph_add_escaped(out, graph->nodes.items[edge->to].name);
        builder_addf(out, "%s%s%s (", *edge->via ? " via " : "", edge->via, "");
        graph_add_escaped(out, edge->span.file->path);
        builder_addf(out, ":%u)%s", edge->span.start.line, i + 1 < end ? "\n" : "");
    }
    builder_add(out, "</title>");
}

static void draw_edges(const struct layout *layout, size_t first, size_t end, struct builder *lines,
                       struct builder *labels)
{
    const struct graph *graph = layout->graph;
    const struct graph_edge *edge = &graph->edges.items[first];
    int grade = 0, x, y;
    for (size_t i = first; i < end; i++) {
        int own = graph->edges.items[i].cycle != NONE ? 2 : graph->edges.items[i].is_circular;
        grade = own > grade ? own : grade;
    }
    builder_add(lines, "<g>");
    add_edge_title(graph, first, end, lines);
    builder_add(lines, "<path d=\"");
    add_curve(&layout->boxes[edge->from], &layout->boxes[edge->to], lines, &x, &y);
    builder_addf(lines,
                 "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s "
                 "marker-end=\"url(#arrow%d)\"/></g>\n",
                 edge_colors[grade], grade == 2 ? "2" : "1.2",
                 grade == 1 ? " stroke-dasharray=\"6 3\"" : "", grade);
    struct builder label = {0};
    add_label(graph, first, end, &label);
    draw_label(builder_string(&label), x, y, edge_colors[grade], labels);
    builder_free(&label);
}

static void draw_all_edges(const struct layout *layout, struct builder *out)
{
    const struct graph *graph = layout->graph;
    struct builder labels = {0};
    for (size_t first = 0, end; first < graph->edges.n; first = end) {
        const struct graph_edge *edge = &graph->edges.items[first];
        for (end = first + 1; end < graph->edges.n && graph->edges.items[end].from == edge->from
                              && graph->edges.items[end].to == edge->to;
             end++) {
        }
        if (is_drawn(graph, edge)) {
            draw_edges(layout, first, end, out, &labels);
        }
    }
    builder_add(out, builder_string(&labels));
    builder_free(&labels);
}

static void draw_legend(struct builder *out)
{
    int x = MARGIN;
    for (size_t i = sizeof looks / sizeof *looks; i-- > 0;) {
        builder_addf(out,
                     "<rect x=\"%d\" y=\"14\" width=\"22\" height=\"14\" rx=\"3\" fill=\"%s\" "
                     "stroke=\"%s\"/><text x=\"%d\" y=\"26\">%s</text>\n",
                     x, looks[i].fill, looks[i].line, x + 28, looks[i].says);
        x += 60 + count_letters(looks[i].says) * 7;
    }
}

static void draw_head(const struct layout *layout, struct builder *out)
{
    builder_addf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                 "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n"
                 "<title>who holds whom</title>\n<defs>\n",
                 layout->width, layout->height, layout->width, layout->height);
    for (int i = 0; i < 3; i++) {
        builder_addf(out,
                     "<marker id=\"arrow%d\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
                     "markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
                     "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"%s\"/></marker>\n",
                     i, edge_colors[i]);
    }
    builder_add(out, "</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
}

static void draw_notes(const struct layout *layout, struct builder *out)
{
    size_t n_left_out = layout->graph->nodes.n - layout->graph->n_shown;
    if (n_left_out > 0) {
        builder_addf(out,
                     "<text x=\"%d\" y=\"%d\" fill=\"#555555\">%zu more are not drawn</text>\n",
                     MARGIN, layout->height - 6, n_left_out);
    }
}

void graph_write_svg(const struct graph *graph, struct builder *out)
{
    struct layout layout = {.graph = graph};
    make_layout(&layout);
    draw_head(&layout, out);
    draw_legend(out);
    draw_all_edges(&layout, out);
    for (uint32_t i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.items[i].is_shown) {
            draw_node(&layout, i, out);
        }
    }
    draw_notes(&layout, out);
    builder_add(out, "</svg>\n");
    free(layout.boxes);
    free(layout.first);
    free(layout.is_back);
    free(layout.postorder);
}
