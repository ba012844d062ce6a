/*
 * write_html.c - one page for people: the counts, and every finding with its source line and path.
 *
 * The page stands alone: no script, nothing fetched, readable in the dark and on paper.
 */
#include "report/writers.h"

#include "base/version.h"
#include "report/fingerprint.h"
#include "report/number.h"
#include "text/cells.h"

#include <string.h>

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>cyclint</title>\n<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; "
    "padding: 0 1em; }\n"
    "h2 { font-size: 1.1em; border-bottom: 1px solid #8886; }\n"
    "section { margin: 1.5em 0; }\n"
    "pre { overflow-x: auto; padding: .5em 1em; background: #8882; tab-size: 4; }\n"
    "mark { background: #fd06; color: inherit; }\n"
    ".code { font-weight: bold; }\n"
    ".fatal, .error { color: #d33; } .warning { color: #b70; } .refactor { color: #a3a; }\n"
    ".convention { color: #36c; } .info { color: #088; }\n"
    "p { margin: .3em 0; } .place { opacity: .7; }\n"
    "td { padding-right: 2em; } td:last-child { text-align: right; padding: 0; }\n"
    "</style>\n</head>\n<body>\n<h1>cyclint</h1>\n";

static void add_bytes(struct builder *out, const char *s, size_t n)
{
    for (size_t length; n > 0; s += length, n -= length) {
        uint32_t c = cells_decode(s, n, &length);
        if (strchr("&<>\"", *s) && *s) {
            builder_addf(out, "&#%u;", (unsigned)c);
        } else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0xFFFD) {
            builder_add(out, "\xEF\xBF\xBD");
        } else {
            builder_add_bytes(out, s, length);
        }
    }
}

static void add_text(struct builder *out, const char *s)
{
    add_bytes(out, s, strlen(s));
}

/* A text in which `names` between backquotes are code. */
static void add_prose(struct builder *out, const char *s)
{
    bool in_code = false;
    for (size_t n; *s; s += n) {
        n = *s == '`' ? 1 : strcspn(s, "`");
        if (*s == '`') {
            in_code = !in_code;
            builder_add(out, in_code ? "<code>" : "</code>");
        } else {
            add_bytes(out, s, n);
        }
    }
    builder_add(out, in_code ? "</code>" : "");
}

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

static void write_source(const struct span *span, struct builder *out)
{
    size_t n;
    const char *line = report_line(span->file, span->start.line, &n);
    size_t from = bytes_of(line, n, span->start.column);
    size_t to = span->end.line == span->start.line ? bytes_of(line, n, span->end.column) : n;
    if (n == 0) {
        return;
    }
    builder_add(out, "<pre>");
    add_bytes(out, line, from);
    builder_add(out, "<mark>");
    add_bytes(out, line + from, to - from);
    builder_add(out, "</mark>");
    add_bytes(out, line + to, n - to);
    builder_add(out, "</pre>\n");
}

static void write_place(const struct span *span, struct builder *out)
{
    builder_add(out, " <span class=\"place\">");
    add_text(out, span->file->path);
    builder_addf(out, ":%u</span>", span->start.line);
}

static void write_edge(const struct report_edge *edge, struct builder *out)
{
    builder_add(out, "<li><code>");
    add_text(out, edge->holder);
    builder_add(out, *edge->attribute && *edge->attribute != '[' ? "." : "");
    add_text(out, edge->attribute);
    builder_add(out, "</code> &rarr; <code>");
    add_text(out, edge->target);
    builder_add(out, "</code>");
    for (size_t i = 0; i < edge->n_via; i++) {
        builder_add(out, i == 0 ? " via " : ", ");
        add_text(out, edge->via[i]);
    }
    write_place(&edge->span, out);
    builder_add(out, "</li>\n");
}

static void write_path(const struct message *message, struct builder *out)
{
    if (message->n_edges > 0) {
        builder_add(out, "<ol>\n");
        for (size_t i = 0; i < message->n_edges; i++) {
            write_edge(&message->edges[i], out);
        }
        builder_add(out, "</ol>\n");
    }
    for (size_t i = 0; i < message->n_related; i++) {
        if (!message_repeats_edge(message, &message->related[i])) {
            builder_add(out, "<p>");
            add_text(out, message->related[i].message);
            write_place(&message->related[i].span, out);
            builder_add(out, "</p>\n");
        }
    }
}

static void write_link(const struct rule *rule, struct builder *out)
{
    struct arena arena = {0};
    const char *url = rule_url(rule, &arena);
    if (*url) {
        builder_add(out, " (<a href=\"");
        add_text(out, url);
        builder_addf(out, "\">%s</a>)", rule->name);
    } else {
        builder_addf(out, " (%s)", rule->name);
    }
    arena_free(&arena);
}

static void write_message(const struct message *message, struct builder *out)
{
    builder_addf(out, "<section id=\"f%s\">\n<p><span class=\"code %s\">%s</span> ",
                 message->fingerprint, category_name(rule_category(message->rule)),
                 message->rule->code);
    add_text(out, message->text);
    write_link(message->rule, out);
    write_place(&message->span, out);
    builder_add(out, "</p>\n");
    write_source(&message->span, out);
    write_path(message, out);
    if (*message->remedy) {
        builder_add(out, "<p><b>Instead:</b> ");
        add_prose(out, message->remedy);
        builder_add(out, "</p>\n");
    }
    builder_add(out, "</section>\n");
}

static void write_counts(const struct report *report, struct builder *out)
{
    double score;
    builder_add(out, "<table>\n");
    for (enum category c = CATEGORY_FATAL; c < N_CATEGORIES; c++) {
        if (report->counts[c] > 0) {
            builder_addf(out, "<tr><td class=\"%s\">%s</td><td>%zu</td></tr>\n", category_name(c),
                         category_name(c), report->counts[c]);
        }
    }
    builder_addf(out, "<tr><td>files</td><td>%zu</td></tr>\n", report->n_modules);
    if (report_score(report, &score)) {
        builder_add(out, "<tr><td>score</td><td>");
        number_add(out, score, 2);
        builder_add(out, "/10</td></tr>\n");
    }
    builder_add(out, "</table>\n");
}

static void write_html(const struct report *report, const struct writer_options *options,
                       struct builder *out)
{
    (void)options;
    const struct report_file *file = NULL;
    builder_add(out, page_head);
    write_counts(report, out);
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *message = &report->shown.items[i];
        if (file != message->span.file) {
            file = message->span.file;
            builder_add(out, "<h2>");
            add_text(out, file->path);
            builder_add(out, "</h2>\n");
        }
        write_message(message, out);
    }
    if (report->shown.n == 0) {
        builder_add(out, "<p>No findings.</p>\n");
    }
    builder_add(out, "</body>\n</html>\n");
}

const struct writer writer_html = {"html", write_html, false};
