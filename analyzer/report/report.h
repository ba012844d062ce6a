/*
 * report.h - the settled result of a run: what the writers write.
 *
 * Everything is resolved: paths, names, lines and columns, which findings a comment suppresses.  A
 * writer looks nothing up and decides nothing but form.  Lines are 1-based, columns 0-based in
 * characters, the end of a span is the first character that no longer belongs to it, as pylint has
 * it; a `line` of 0 says that there is none.
 */
#ifndef CYCLINT_REPORT_REPORT_H
#define CYCLINT_REPORT_REPORT_H

#include "base/arena.h"
#include "base/array.h"
#include "base/builder.h"
#include "report/finding.h"
#include "report/trend.h"
#include "rule.h"
#include "text/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pylint's categories, gravest first; a rule's is told by the letter of its code. */
enum category {
    CATEGORY_FATAL,
    CATEGORY_ERROR,
    CATEGORY_WARNING,
    CATEGORY_REFACTOR,
    CATEGORY_CONVENTION,
    CATEGORY_INFORMATION,
    N_CATEGORIES
};

enum category rule_category(const struct rule *rule);

/* "fatal", "error", "warning", "refactor", "convention", "info": pylint's words. */
const char *category_name(enum category category);

/* "certain", "likely", "possible". */
const char *confidence_name(enum confidence confidence);

/* "instance", "callback", …: the `kind` of a cycle in json2. */
const char *cycle_kind_name(enum cycle_kind kind);

/* A file that some message names. */
struct report_file {
    const char *path;          /* as it is shown to the user */
    const char *absolute_path; /* from the root, symbolic links not followed */
    const char *relative_path; /* from the working directory; NULL if the file lies outside */
    const char *module;        /* dotted name */
    bool has_source;           /* false: it could not be read (again) */
    struct source source;
    struct lines lines;
};

/* A place as people name it. */
struct span {
    const struct report_file *file;
    struct position start;
    struct position end; /* line 0: unknown, pylint's None */
};

struct report_related {
    struct span span;
    const char *message;
};

struct report_edge {
    const char *holder, *attribute, *target;
    const char *const *via; /* "list", "method", …; `n_via` of them */
    size_t n_via;
    struct span span;
};

struct report_edit {
    struct span span;
    uint32_t start, end; /* the same in byte offsets of the file's source */
    const char *text;
    bool is_import; /* several fixes may ask for the same one */
    uint32_t lock;  /* not made together with another one that has the same; NONE: there is none */
};

enum suppression {
    SUPPRESSION_NONE,
    SUPPRESSION_COMMENT, /* by a `# cyclint:` or `# noqa` comment */
    SUPPRESSION_BASELINE /* it is in the baseline */
};

struct message {
    const struct rule *rule;
    enum confidence confidence;
    struct span span;
    const char *object; /* pylint's obj: the dotted name of the scope in its module, "" for none */
    const char *text;
    const char *remedy;      /* never NULL; "" when there is nothing to say */
    const char *fingerprint; /* 16 hexadecimal digits; see report/fingerprint.h */
    const struct report_related *related;
    size_t n_related;
    const struct report_edge *edges; /* of the cycle, in order; none unless it is a cycle */
    size_t n_edges;
    enum cycle_kind cycle_kind;
    const struct finding_cost *cost; /* of the cycle, or NULL */
    const struct report_edit *edits;
    size_t n_edits;
    bool fix_is_safe;
    enum suppression suppression;
    const char *justification; /* why it is suppressed, from the comment; "" when not told */
};

struct messages {
    ARRAY_OF(struct message);
};

struct report {
    struct arena arena; /* what the report made; names and texts may live with the findings and the
                           program, which must outlive it */
    const char *directory; /* the working directory, which relative paths begin at */
    const struct report_file *const *files; /* those that messages name */
    size_t n_files;
    struct messages shown;           /* sorted by path, line, column, code, message */
    struct messages suppressed;      /* in the same order; only SARIF tells of them */
    const struct rule *const *rules; /* all that there are, sorted by code */
    size_t n_rules;
    size_t counts[N_CATEGORIES]; /* of `shown` */
    size_t n_modules;
    size_t n_statements; /* in all files together, for the score */
    bool has_baseline;   /* set by whoever compared with one: what is shown is new */
    bool has_previous_score;
    double previous_score;     /* of the last run; set by whoever knows the history */
    const struct trend *trend; /* what that run found; NULL: nobody wants to know */
    size_t n_files_analysed;   /* set with it */
};

/* The order of a report: by path, line, column, code, message. */
int message_compare(const struct message *a, const struct message *b);
void messages_sort(struct messages *messages);

/* Pylint's score: 10 for clean code, 0 at worst and for fatal messages.  False when there is no
 * statement to rate; `*score` is then 0. */
bool report_score(const struct report *report, double *score);

/* Counts `shown` anew, after something was moved out of it (a baseline, a diff). */
void report_count(struct report *report);

/* Whether a related place only repeats the place of an edge of the message's cycle. */
bool message_repeats_edge(const struct message *message, const struct report_related *related);

/* Adds "Tree.root -> Node", or "Tree[] -> Node" for what a container holds. */
void report_add_edge(struct builder *out, const char *holder, const char *attribute,
                     const char *target);

void report_free(struct report *report);

#endif
