/*
 * writers.h - what the files of the writers share with each other; the outside is writer.h.
 */
#ifndef CYCLINT_REPORT_WRITERS_H
#define CYCLINT_REPORT_WRITERS_H

#include "report/writer.h"

extern const struct writer writer_text, writer_colorized, writer_parseable, writer_msvs;
extern const struct writer writer_json, writer_json2, writer_sarif;
extern const struct writer writer_github, writer_gitlab, writer_junit, writer_html;

/* text_template.c: pylint's message templates. */
void template_fill(const char *template, const struct message *message, struct builder *out);

/* text_explain.c: the lines under a finding: source and caret, path of the cycle, remedy. */
void explain_message(const struct message *message, const struct writer_options *options,
                     struct builder *out);

/* text_summary.c: what follows the messages: tables, statistics, score. */
void summary_write(const struct report *report, const struct writer_options *options,
                   struct builder *out);

/* The ANSI sequence of a category's colour. */
const char *category_color(enum category category);

/* The page about a rule, "" when its author, a user, told none; lives in `arena` or with the rule.
 */
const char *rule_url(const struct rule *rule, struct arena *arena);

#endif
