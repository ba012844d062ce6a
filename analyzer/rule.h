/*
 * rule.h - the rule interface: all that a file of rules/ includes.
 *
 * A rule is a value.  One file of rules/ is one rule, and the folder is the list: the Makefile
 * collects every `const struct rule rule_<name>` it finds there (the name with '-' as '_').  Two
 * steps:
 *
 *   match  sees one match of the rule's query in one file's tree, and writes facts.  The default
 * writes a mark with the match's captures. check  sees the whole program as facts, and writes
 * findings.  The default reports every mark of the rule.
 *
 * So a rule that is only a pattern is a query and a struct.  A query is queries/<name>.scm; what it
 * reports is the node captured as `@report`, or else the whole match.
 */
#ifndef CYCLINT_RULE_H
#define CYCLINT_RULE_H

#include "base/arena.h"
#include "base/array.h"
#include "base/builder.h"
#include "base/words.h"
#include "facts/facts.h"
#include "facts/uses.h"
#include "heap/heap.h"
#include "program/attribute_uses.h"
#include "program/classes.h"
#include "program/containers.h"
#include "program/escapes.h"
#include "program/fates.h"
#include "program/finalizers.h"
#include "program/flow.h"
#include "program/flow_ways.h"
#include "program/foreign.h"
#include "program/frameworks.h"
#include "program/globals.h"
#include "program/holders.h"
#include "program/lifetimes.h"
#include "program/link.h"
#include "program/locks.h"
#include "program/made_classes.h"
#include "program/members.h"
#include "program/initialization.h"
#include "program/program.h"
#include "program/purpose.h"
#include "program/raises.h"
#include "program/resources.h"
#include "program/scope_view.h"
#include "program/self_calls.h"
#include "program/temporaries.h"
#include "program/testcode.h"
#include "program/weakrefs.h"
#include "report/default_fix.h"
#include "report/finding.h"
#include "report/gc_pressure.h"
#include "report/lock_fix.h"
#include "report/resource_fix.h"

#include <string.h>

struct check;
struct match;

struct rule {
    const char *code;    /* "W9101": pylint's category letter (E W R C I) and four digits */
    const char *name;    /* "reference-cycle" */
    const char *message; /* a printf format for rule_report(), or with `{capture}` for the default
                            check; one line, lower case, no full stop */
    const char *why;     /* for a tired colleague: what will happen, when, how they would notice */
    const char *instead; /* what to write instead, one or two sentences */
    const char *since;   /* Python versions for which it holds: "", "3.12", "before 3.4" */
    const char
        *query; /* text of queries/<name>.scm; filled in by the build, NULL when there is none */
    const char *url;        /* of a user's rule: a page about it, or ""; NULL: it is built in */
    const char *stands_for; /* the code of a more general rule, of which nothing is shown where this
                               one has a finding; NULL when there is none */
    bool is_off;            /* not enabled by default */
    const char *limit_name; /* "max-attributes": a number the rule goes by, which a user may set in
                               the configuration; NULL: there is none */
    const char *limit_help; /* what it is; a sentence without the full stop */
    int limit;              /* unless it is set */
    bool needs_heap;        /* it asks check->heap, which is there only for such rules */
    bool needs_types;       /* it tells heap->by_type, which is found only when such a rule is on */
    enum confidence confidence; /* what rule_report() gives a finding at first; 0 means likely: see
                                   rule_confidence() */
    void (*match)(struct match *match);
    void (*check)(struct check *check);
};

/* One match of a rule's query, while the tree still stands. */
struct match;

/* The text captured as `@name`, cut after MAX_CAPTURE_TEXT bytes; NULL if that capture is not part
 * of the match. */
const char *match_capture(const struct match *match, const char *name);

/* Writes a mark for this match: what the default does. */
void match_mark(struct match *match);

/* What a check works with. */
struct check {
    const struct rule *rule;
    const struct program *program;
    int limit;               /* the user's, or the rule's own */
    const struct heap *heap; /* heap/heap.h; cycles and what holds what; NULL unless the rule says
                                that it needs it */
    struct findings *findings;
    struct arena scratch; /* reset after each rule */
};

/* The rule's next mark in a file after `mark`, NULL for the first; NULL when there is none. */
const struct mark *rule_next_mark(const struct check *check, uint32_t file,
                                  const struct mark *mark);

/* Adds a finding of the check's rule with its message formatted; the caller may add to what is
 * returned (remedy, related places, confidence) until the next call. */
struct finding *rule_report(struct check *check, struct place place, ...);

/* The same with a message of its own. */
struct finding *rule_report_as(struct check *check, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends a related place to a finding. */
void finding_relate(struct check *check, struct finding *finding, struct place place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the remedy. */
void finding_remedy(struct check *check, struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a change to the finding's fix; the whole is not offered where one of them cannot be made.
 * The caller says whether it is safe, and may set `quoted` of what is returned. */
struct change *finding_change(struct check *check, struct finding *finding, enum change_kind kind,
                              struct place place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Offers to remove a call, if it is a statement of its own: not safe, for it does something. */
void finding_remove_call(struct check *check, struct finding *finding, uint32_t file,
                         uint32_t call);

/* How the file writes the name of a module of the standard library; adds the import of it to the
 * fix when there is none.  NULL when the name means something else there. */
const char *finding_import(struct check *check, struct finding *finding, uint32_t file,
                           const char *module);

/* Reports the cycles of the heap analysis for which the rule asks, but not those that a method
 * takes apart (they are cycles_report_managed()'s) or that are made once in a program's life. */
void cycles_report(struct check *check, bool (*is_wanted)(const struct cycle *cycle));
void cycles_report_managed(struct check *check);

/* Those for which another one was reported, and those that only the classes allow. */
void cycles_report_alike(struct check *check);
void cycles_report_by_type(struct check *check);

/* Calls `visit` for each class that a function of the program makes when it runs. */
void rule_each_made_class(struct check *check,
                          void (*visit)(struct check *check, struct made_class_memory *memory,
                                        uint32_t file, const struct made_class *made));

/* Gives a finding the circle of a class made at run time: it is in its own __mro__. */
void cycle_of_made_class(struct check *check, struct finding *finding,
                         const struct made_class *made);

/* The length of the placeholder `{capture}` that begins at `s` in the message of a rule with the
 * default check; 0 when there is none, a brace that encloses no name. */
size_t rule_placeholder(const char *s);

/* The default steps. */
void rule_match_default(struct match *match);
void rule_check_default(struct check *check);

/* All rules, built in and the user's, sorted by code; made by the build from the folder.  Call it
 * once before there are threads. */
const struct rule *const *rules_list(size_t *n);

/* Adds a user's rule, which must live as long as the program; before there are threads. */
void rules_add(const struct rule *rule);

#endif
