/*
 * suppressions.h - what the comments of one file disable and enable, and for which lines.
 *
 * As in pylint: at the end of a line a comment speaks for that line; when that line begins or ends
 * a statement of several lines, for the whole statement.  Alone on a line it speaks from there to
 * the end of the block, and before the first statement of a function, class or module for the whole
 * of it.  `disable-next` speaks for the next statement's lines.  The nearest comment wins: one on
 * the line over one for the block, an inner or later block over an outer or earlier one.
 */
#ifndef CYCLINT_REPORT_SUPPRESSIONS_H
#define CYCLINT_REPORT_SUPPRESSIONS_H

#include "base/array.h"
#include "base/table.h"
#include "facts/facts.h"
#include "report/report.h"
#include "text/suppress.h"

#include <stdbool.h>
#include <stdint.h>

/* One name in one comment. */
struct pragma {
    enum suppress_action action;
    const char *name; /* `length` bytes; NULL when it means every rule */
    size_t length;
    const char *reason;             /* "" when none is told */
    uint32_t first_line, last_line; /* 1-based: the lines it speaks for */
    uint32_t directive;             /* index in the file's facts */
    bool is_near;                   /* it speaks for a statement, not for a block */
    bool is_used;                   /* a finding was suppressed by it */
};

struct suppressions {
    ARRAY_OF(struct pragma);
    const char *skip_reason; /* NULL unless the whole file is to be skipped */
    struct {
        ARRAY_OF(const char *);
    } names;                     /* of rules, each once, in small letters; "" for every rule */
    struct name_table name_ids;  /* → its place in `names`; NONE: no rule is called so */
    struct pair_table strongest; /* node of the tree of lines, name → pragma */
    uint32_t n_leaves;           /* of that tree, see suppressions.c */
};

/* Whether the comments can matter though the file has no finding: they name something, which may be
 * unknown or useless. */
bool suppressions_name_rules(const struct facts *facts);

/* The pragmas of a file whose source is at hand, where a name may mean one of `rules`; reasons in
 * `arena`. */
void suppressions_find(const struct facts *facts, const struct report_file *file,
                       const struct rule *const *rules, size_t n_rules, struct arena *arena,
                       struct suppressions *out);
void suppressions_free(struct suppressions *suppressions);

/* The pragma that decides about a finding of `rule` on `line`, or NULL. */
struct pragma *suppressions_decide(struct suppressions *suppressions, const struct rule *rule,
                                   uint32_t line);

#endif
