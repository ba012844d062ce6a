/*
 * builtin_rules.c - the rules that no file of rules/ makes: their findings come from the runner.
 */
#include "report/builtin_rules.h"

#include "facts/python2.h"
#include "rule.h"

const struct rule builtin_file_unreadable = {
    .code = "F9001",
    .name = "file-unreadable",
    .message = "%s",
    .why =
        "The file could not be read, so nothing in it was checked; what other files hold through "
        "it is unknown too.",
    .instead = "Make the file readable and decodable, or exclude it with --ignore.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
};

const struct rule builtin_limit_exceeded = {
    .code = "F9002",
    .name = "limit-exceeded",
    .message = "%s",
    .why = "The file is larger or nested deeper than cyclint is willing to analyse, so that a "
           "single file cannot hold up the run; nothing in it was checked.",
    .instead = "Exclude generated files with --ignore, or raise the limit.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
};

/* Where the first part of each file begins that Python 3 does not read: one finding a file. */
static void check_syntax(struct check *check)
{
    for (uint32_t i = 0; i < check->program->n_files; i++) {
        const struct facts *facts = check->program->files[i];
        struct place place = {.file = i, .start = facts->error_offset, .end = facts->error_offset};
        if (facts->flags & FACTS_ARE_PYTHON_2) {
            rule_report_as(check, place,
                           "this is Python 2 (%s): Python 3 does not run it; checked is what both "
                           "read alike",
                           python2_name(facts->flags >> FACTS_PYTHON_2_SHIFT));
        } else if (facts->flags & FACTS_HAVE_ERRORS) {
            rule_report_as(check, place, "does not parse from here on");
        }
    }
}

const struct rule builtin_syntax_error = {
    .code = "E9003",
    .name = "syntax-error",
    .message = "%s",
    .why = "Python will not run this file.  The parts that could be understood were checked; the "
           "rest was passed over.",
    .instead = "Correct the syntax; for code of another Python version, see --py-version.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check_syntax,
};

/* The functions of which the heap analysis, or the search for resources, has not seen the end. */
static void check_cut(struct check *check)
{
    const struct resources *resources = check->program->resources;
    for (size_t i = 0; i < check->heap->cut.n; i++) {
        rule_report(check, check->heap->cut.items[i], "cycles made");
    }
    for (size_t i = 0; i < resources->cut.n; i++) {
        rule_report(check, resources->cut.items[i], "resources left open");
    }
}

const struct rule builtin_analysis_cut = {
    .code = "I9006",
    .name = "analysis-cut",
    .message = "too large to be followed to its end: %s here may be missed",
    .why = "The cycle analysis stops when a single function holds more objects than anything a "
           "person writes, and the search for what is left open when it has followed too many "
           "paths, so that generated code cannot hold up the run.",
    .instead = "Exclude generated files with --ignore, or split the function.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .needs_heap = true,
    .check = check_cut,
};

const struct rule builtin_useless_suppression = {
    .code = "I9004",
    .name = "useless-suppression",
    .message = "nothing here is suppressed by '%s'",
    .why =
        "The comment outlived what it suppressed.  It stays as a riddle for the next reader, and "
        "would hide a new finding of the same rule.",
    .instead = "Remove the name from the comment.",
    .since = "",
    .is_off = true,
    .confidence = CONFIDENCE_CERTAIN,
};

const struct rule builtin_unknown_suppression = {
    .code = "W9005",
    .name = "unknown-suppression",
    .message = "no rule is called '%s'",
    .why = "A comment that names no rule suppresses nothing, and the finding it was written for is "
           "reported still, or will be.",
    .instead = "Write a code or name that --list-msgs shows; a reason goes after ';'.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
};

const struct rule *const *builtin_rules_list(size_t *n)
{
    static const struct rule *const rules[] = {
        &builtin_file_unreadable,     &builtin_limit_exceeded,      &builtin_syntax_error,
        &builtin_useless_suppression, &builtin_unknown_suppression, &builtin_analysis_cut};
    *n = sizeof rules / sizeof *rules;
    return rules;
}
