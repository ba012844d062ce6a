/*
 * writer.h - the output formats: one file a format, each a value in one table.
 *
 * A writer turns a settled report into bytes.  It must give the same bytes for the same report
 * whatever the locale, the clock or the terminal, except for what the options say.
 */
#ifndef CYCLINT_REPORT_WRITER_H
#define CYCLINT_REPORT_WRITER_H

#include "base/builder.h"
#include "base/error.h"
#include "report/report.h"

struct writer_options {
    const char *msg_template; /* for the text formats; NULL: the format's own */
    bool explains;            /* text: source line, path of a cycle, remedy */
    bool uses_color;          /* text: ANSI colours */
    unsigned width;           /* columns of the terminal; 0: 80 */
    bool shows_score;         /* text formats: "Your code has been rated …" */
    bool tells_fixes;         /* text: how many findings have a fix */
    bool shows_reports;       /* text formats: pylint's tables of counts */
    size_t sarif_max;         /* SARIF: keep the gravest so many results; 0: all */
    bool shows_suppressed; /* SARIF: suppressed findings too.  Off unless asked for, because GitHub
                              opens an alert for them all the same */
};

struct writer {
    const char *name; /* as in --output-format */
    void (*write)(const struct report *report, const struct writer_options *options,
                  struct builder *out);
    bool needs_no_source; /* unless it explains, it looks at the text of no file */
};

/* The writer with this name, or NULL. */
const struct writer *writer_find(const char *name);

/* Whether a --msg-template can be filled in; tells which field it does not know. */
bool writer_check_template(const char *msg_template, struct error *error);

/* All of them, in the order in which --help names them. */
const struct writer *const *writers_list(size_t *n);

#endif
