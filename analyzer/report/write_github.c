/*
 * write_github.c - workflow commands of GitHub Actions: annotations on the lines of a pull request.
 *
 *     ::warning file=a.py,line=3,endLine=3,col=5,endColumn=9,title=W9101 reference-cycle::text
 *
 * '%' and line ends are escaped as the runner unescapes them (its toCommandValue): in properties
 * also ':' and ','.  Columns are 1-based, the last included; several lines have no columns, for
 * GitHub ignores them there.
 */
#include "report/writers.h"

#include <string.h>

static void add_escaped(struct builder *out, const char *s, const char *escaped)
{
    for (; *s; s++) {
        if (strchr(escaped, *s)) {
            builder_addf(out, "%%%02X", (unsigned)*s);
        } else {
            builder_add_char(out, *s);
        }
    }
}

static void add_property(struct builder *out, const char *s)
{
    add_escaped(out, s, "%\r\n:,");
}

/* The runner knows three: as pylint maps them. */
static const char *level_of(const struct rule *rule)
{
    enum category category = rule_category(rule);
    return category <= CATEGORY_ERROR     ? "error"
           : category == CATEGORY_WARNING ? "warning"
                                          : "notice";
}

static void add_region(struct builder *out, const struct span *span)
{
    builder_addf(out, ",line=%u", span->start.line);
    if (span->end.line == 0) {
        return;
    }
    builder_addf(out, ",endLine=%u", span->end.line);
    if (span->end.line == span->start.line && span->end.column > span->start.column) {
        builder_addf(out, ",col=%u,endColumn=%u", span->start.column + 1, span->end.column);
    }
}

static void write_message(const struct message *message, struct builder *out)
{
    const struct report_file *file = message->span.file;
    builder_addf(out, "::%s file=", level_of(message->rule));
    add_property(out, file->relative_path ? file->relative_path : file->path);
    add_region(out, &message->span);
    builder_add(out, ",title=");
    builder_addf(out, "%s ", message->rule->code);
    add_property(out, message->rule->name);
    builder_add(out, "::");
    add_escaped(out, message->text, "%\r\n");
    if (*message->remedy) {
        builder_add(out, "%0A");
        add_escaped(out, message->remedy, "%\r\n");
    }
    builder_add_char(out, '\n');
}

static void write_github(const struct report *report, const struct writer_options *options,
                         struct builder *out)
{
    (void)options;
    for (size_t i = 0; i < report->shown.n; i++) {
        write_message(&report->shown.items[i], out);
    }
}

const struct writer writer_github = {"github", write_github, true};
