/*
 * write_junit.c - JUnit's XML, which every CI server can show: one suite, a failed case a finding.
 */
#include "report/writers.h"

#include "text/cells.h"

#include <string.h>

/* XML 1.0 knows no control characters, not even escaped. */
static void add_escaped(struct builder *out, const char *s)
{
    for (size_t n = strlen(s), length; n > 0; s += length, n -= length) {
        uint32_t c = cells_decode(s, n, &length);
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\n' || c == '\t' || c == '\r') {
            builder_addf(out, "&#%u;", (unsigned)c);
        } else if (c < 0x20 || c >= 0xFFFD) {
            c >= 0x10000 ? builder_add_bytes(out, s, length) : builder_add(out, "\xEF\xBF\xBD");
        } else {
            builder_add_bytes(out, s, length);
        }
    }
}

static void write_case(const struct message *message, struct builder *out)
{
    struct builder line = {0};
    template_fill("{path}:{line}:{column}: {msg_id}: {msg} ({symbol})", message, &line);
    builder_add(out, "    <testcase classname=\"");
    add_escaped(out, message->span.file->module);
    builder_addf(out, "\" name=\"%s ", message->rule->code);
    add_escaped(out, message->rule->name);
    builder_addf(out, ":%u:%u\" file=\"", message->span.start.line, message->span.start.column);
    add_escaped(out, message->span.file->path);
    builder_addf(out, "\" line=\"%u\">\n      <failure type=\"%s\" message=\"",
                 message->span.start.line, category_name(rule_category(message->rule)));
    add_escaped(out, message->text);
    builder_add(out, "\">");
    add_escaped(out, builder_string(&line));
    if (*message->remedy) {
        builder_add_char(out, '\n');
        add_escaped(out, message->remedy);
    }
    builder_add(out, "</failure>\n    </testcase>\n");
    builder_free(&line);
}

/* A run without a finding is one case that passed: a suite of none is an error to some servers. */
static void write_junit(const struct report *report, const struct writer_options *options,
                        struct builder *out)
{
    (void)options;
    size_t n = report->shown.n, n_cases = n > 0 ? n : 1;
    builder_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    builder_addf(out, "<testsuites tests=\"%zu\" failures=\"%zu\">\n", n_cases, n);
    builder_addf(out,
                 "  <testsuite name=\"cyclint\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
                 n_cases, n);
    for (size_t i = 0; i < n; i++) {
        write_case(&report->shown.items[i], out);
    }
    if (n == 0) {
        builder_add(out, "    <testcase classname=\"cyclint\" name=\"no findings\"/>\n");
    }
    builder_add(out, "  </testsuite>\n</testsuites>\n");
}

const struct writer writer_junit = {"junit", write_junit, true};
