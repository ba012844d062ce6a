/*
 * text_explain.c - what a person wants to see under a finding.
 *
 *     tree.py:5:8: W9101: 'Tree' and 'Node' hold each other: … (reference-cycle)
 *         |
 *       5 |         self.root = Node(self)
 *         |         ^^^^^^^^^^^^^^^^^^^^^^
 *         = cycle: Tree.root -> Node      tree.py:5
 *         =        Node.tree -> Tree      tree.py:10
 *         = instead: make Node.tree a weakref.ref (…)
 *         = fix: made by --fix --unsafe-fixes
 *      10 -         self.tree = tree
 *      10 +         self.tree = weakref.ref(tree)
 */
#include "report/writers.h"

#include "report/cycle_cost.h"
#include "report/fingerprint.h"
#include "report/text_lines.h"
#include "text/cells.h"

#include <string.h>

enum { LABEL_WIDTH = 7 }; /* of "cycle: " */

/* A line of source with cells from `from` up to `to` underlined. */
struct excerpt {
    struct builder text;
    unsigned cells, from, to;
};

/* Bytes of the first `n` characters of a line. */
static size_t bytes_of(const char *line, size_t length, uint32_t n)
{
    size_t i = 0;
    for (; i < length; i++) {
        if (((unsigned char)line[i] & 0xC0) != 0x80 && n-- == 0) {
            break;
        }
    }
    return i;
}

static struct excerpt excerpt_of(const struct span *span)
{
    struct excerpt excerpt = {0};
    size_t n;
    const char *line = report_line(span->file, span->start.line, &n);
    size_t from = bytes_of(line, n, span->start.column);
    size_t to = span->end.line == span->start.line ? bytes_of(line, n, span->end.column) : n;
    if (span->end.line == 0) {
        to = from;
    }
    while (to > from + 1 && strchr(" \t", line[to - 1])) {
        to--; /* of several lines the first is shown: its last blanks mean nothing */
    }
    excerpt.from = cells_add(&excerpt.text, line, from, 0);
    excerpt.to = excerpt.from + cells_add(&excerpt.text, line + from, to - from, excerpt.from);
    excerpt.cells = excerpt.to + cells_add(&excerpt.text, line + to, n - to, excerpt.to);
    if (excerpt.to == excerpt.from) {
        excerpt.to++; /* a caret even where nothing is underlined */
    }
    return excerpt;
}

/* The source line and the caret under it; of a long line the part around the caret. */
static void explain_source(const struct message *message, const struct writer_options *options,
                           struct builder *out)
{
    unsigned room = text_width(options) - TEXT_MARGIN;
    struct excerpt excerpt = excerpt_of(&message->span);
    unsigned first = 0;
    if (excerpt.cells > room && excerpt.to > room) {
        first = excerpt.from > room / 4 ? excerpt.from - room / 4 : 0;
    }
    unsigned last = excerpt.cells < first + room ? excerpt.cells : first + room;
    unsigned to = excerpt.to < first + room ? excerpt.to : first + room;

    text_add_margin(out, options, message->span.start.line, "| ");
    text_add_cells(out, builder_string(&excerpt.text), first, last, excerpt.cells);
    builder_add_char(out, '\n');
    text_add_margin(out, options, 0, "| ");
    text_add_blanks(out, excerpt.from - first);
    text_start_color(out, options, category_color(rule_category(message->rule)));
    for (unsigned i = excerpt.from; i < to; i++) {
        builder_add_char(out, '^');
    }
    text_end_color(out, options);
    builder_add_char(out, '\n');
    builder_free(&excerpt.text);
}

/* A dotted name without what the reader knows: the finding's own module, or Python's builtins. */
static const char *short_name(const struct message *message, const char *name)
{
    const char *module = message->span.file->module;
    size_t n = strlen(module);
    if (strncmp(name, module, n) == 0 && name[n] == '.') {
        return name + n + 1;
    }
    return strncmp(name, "builtins.", 9) == 0 ? name + 9 : name;
}

/* How the edges of a cycle are laid out. */
struct layout {
    unsigned places_at;  /* the cell at which the places begin, under each other */
    bool has_long_paths; /* places in the finding's own file need no path: "line 5" */
    bool breaks_lines;   /* no room beside the widest edge: each place has a line of its own */
};

/* "Tree.root -> Node (via list)" */
static void add_edge(struct builder *out, const struct message *message,
                     const struct report_edge *edge)
{
    report_add_edge(out, short_name(message, edge->holder), edge->attribute,
                    short_name(message, edge->target));
    for (size_t i = 0; i < edge->n_via; i++) {
        builder_addf(out, "%s%s", i ? ", " : " (via ", edge->via[i]);
    }
    if (edge->n_via > 0) {
        builder_add_char(out, ')');
    }
}

static void add_place(struct builder *out, const struct message *message, const struct span *span,
                      const struct layout *layout)
{
    if (layout->has_long_paths && span->file == message->span.file) {
        builder_addf(out, "line %u", span->start.line);
    } else {
        builder_addf(out, "%s:%u", span->file->path, span->start.line);
    }
}

static unsigned cells_of_text(struct builder *text)
{
    struct builder shown = {0};
    unsigned cells = cells_add(&shown, builder_string(text), text->length, 0);
    builder_free(&shown);
    builder_free(text);
    return cells;
}

static unsigned widest_edge(const struct message *message)
{
    unsigned widest = 0;
    for (size_t i = 0; i < message->n_edges; i++) {
        struct builder text = {0};
        add_edge(&text, message, &message->edges[i]);
        unsigned cells = cells_of_text(&text);
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

static unsigned widest_place(const struct message *message, const struct layout *layout)
{
    unsigned widest = 0;
    for (size_t i = 0; i < message->n_edges; i++) {
        struct builder text = {0};
        add_place(&text, message, &message->edges[i].span, layout);
        unsigned cells = cells_of_text(&text);
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

static struct layout layout_of(const struct message *message, unsigned room)
{
    struct layout layout = {.places_at = widest_edge(message) + 2};
    if (layout.places_at + widest_place(message, &layout) > room) {
        layout.has_long_paths = true;
    }
    if (layout.places_at + widest_place(message, &layout) > room) {
        layout.breaks_lines = true;
    }
    return layout;
}

/* The margin of a line of a cycle: the first is labelled. */
static void start_edge(struct builder *out, const struct writer_options *options, bool is_first)
{
    text_add_margin(out, options, 0, "= ");
    text_start_color(out, options, "\x1b[1m");
    builder_addf(out, "%*s", LABEL_WIDTH, is_first ? "cycle: " : "");
    text_end_color(out, options);
}

static void explain_edge(const struct message *message, const struct report_edge *edge,
                         const struct layout *layout, const struct writer_options *options,
                         struct builder *out)
{
    struct builder line = {0}, place = {0};
    add_edge(&line, message, edge);
    add_place(&place, message, &edge->span, layout);
    unsigned cells = cells_add(out, builder_string(&line), line.length, 0);
    if (layout->breaks_lines) {
        builder_add_char(out, '\n');
        start_edge(out, options, false);
        text_add_blanks(out, 2);
    } else {
        text_add_blanks(out, layout->places_at - cells);
    }
    text_start_color(out, options, "\x1b[2m");
    cells_add(out, builder_string(&place), place.length, 0);
    text_end_color(out, options);
    builder_add_char(out, '\n');
    builder_free(&line);
    builder_free(&place);
}

static void explain_cycle(const struct message *message, const struct writer_options *options,
                          struct builder *out)
{
    struct layout layout = layout_of(message, text_width(options) - TEXT_MARGIN - LABEL_WIDTH);
    for (size_t i = 0; i < message->n_edges; i++) {
        start_edge(out, options, i == 0);
        explain_edge(message, &message->edges[i], &layout, options, out);
    }
}

static void explain_related(const struct message *message, const struct writer_options *options,
                            struct builder *out)
{
    for (size_t i = 0; i < message->n_related; i++) {
        const struct report_related *related = &message->related[i];
        if (message_repeats_edge(message, related)) {
            continue;
        }
        struct builder label = {0};
        bool is_here = related->span.file == message->span.file;
        builder_addf(&label, "%s%s%u: ", is_here ? "line " : related->span.file->path,
                     is_here ? "" : ":", related->span.start.line);
        text_add_wrapped(out, options, builder_string(&label), related->message);
        builder_free(&label);
    }
}

void explain_message(const struct message *message, const struct writer_options *options,
                     struct builder *out)
{
    if (message->span.file->has_source) {
        text_add_margin(out, options, 0, "|");
        builder_add_char(out, '\n');
        explain_source(message, options, out);
    }
    explain_cycle(message, options, out);
    explain_related(message, options, out);
    if (message->cost != NULL) {
        struct builder cost = {0};
        cycle_cost_describe(message->cost, &cost);
        text_add_wrapped(out, options, "cost: ", builder_string(&cost));
        builder_free(&cost);
    }
    if (*message->remedy) {
        text_add_wrapped(out, options, "instead: ", message->remedy);
    }
    if (message->n_edits > 0) {
        text_explain_fix(message, options, out);
    }
    builder_add_char(out, '\n');
}
