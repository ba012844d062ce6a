/*
 * settle.c - findings become a report.
 *
 * resolve, add what the comments themselves deserve, suppress, sort, drop doubles, fingerprint,
 * select.  Suppression comes before selection, because a comment may enable a rule that is off, and
 * because it is useless only if not even a finding that nobody wants to see needs it.
 */
#include "report/settle.h"

#include "report/builtin_rules.h"
#include "report/fingerprint.h"
#include "report/fix.h"
#include "report/resolve.h"
#include "report/rule_names.h"
#include "report/suppressions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is on its way into the report. */
struct draft {
    struct message message;
    bool is_wanted;                 /* selected, by the user's options or by a comment */
    enum confidence min_confidence; /* that the user wants in its file */
    uint32_t number;                /* in order of arrival, so that sorting is stable */
};

/* A settlement in progress. */
struct settling {
    const struct settle_input *input;
    struct resolver resolver;
    struct fixer *fixer;
    struct arena *arena;
    struct suppressions *suppressions; /* by program index */
    ARRAY_OF(struct draft);
};

static void add_draft(struct settling *settling, struct message message)
{
    *array_push(settling) = (struct draft){.message = message, .number = (uint32_t)settling->n};
}

static void add_failures(struct settling *settling)
{
    for (size_t i = 0; i < settling->input->n_failures; i++) {
        const struct failure *failure = &settling->input->failures[i];
        add_draft(settling,
                  (struct message){
                      .rule = failure->rule,
                      .confidence = CONFIDENCE_CERTAIN,
                      .span = {.file = resolver_lost_file(&settling->resolver, failure->path),
                               .start = {.line = 1}},
                      .object = "",
                      .text = failure->message,
                      .remedy = failure->rule->instead,
                      .fingerprint = "",
                      .justification = "",
                  });
    }
}

/* ---- selection and suppression ---- */

static int compare_codes(const void *code, const void *rule)
{
    return strcmp(code, (*(const struct rule *const *)rule)->code);
}

static size_t rule_index(const struct selection *selection, const struct rule *rule)
{
    const struct rule *const *found = bsearch(rule->code, selection->rules, selection->n_rules,
                                              sizeof *selection->rules, compare_codes);
    return found ? (size_t)(found - selection->rules) : selection->n_rules;
}

static bool is_selected(const struct selection *selection, const struct rule *rule)
{
    size_t i = rule_index(selection, rule);
    return i < selection->n_rules && selection->is_on[i];
}

static const struct rule_wishes *wishes_of(const struct selection *selection,
                                           const struct rule *rule)
{
    size_t i = selection->wishes ? rule_index(selection, rule) : selection->n_rules;
    return i < selection->n_rules ? selection->wishes[i] : NULL;
}

static enum confidence least_confidence(const struct selection *selection, const struct rule *rule)
{
    const struct rule_wishes *wishes = wishes_of(selection, rule);
    return wishes && wishes->min_confidence >= 0 ? (enum confidence)wishes->min_confidence
                                                 : selection->min_confidence;
}

static bool disables(const struct pragma *pragma)
{
    return pragma->action != SUPPRESS_ENABLE;
}

/* What the user wants of a file of the program. */
static const struct selection *selection_of(const struct settling *settling, uint32_t file)
{
    const struct settle_input *input = settling->input;
    return input->file_selections ? input->file_selections[file] : input->selection;
}

/* Lets the user's options and the comments of its file decide about a draft. */
static void decide(const struct selection *selection, struct suppressions *suppressions,
                   struct draft *draft)
{
    struct message *message = &draft->message;
    draft->is_wanted = is_selected(selection, message->rule);
    draft->min_confidence = least_confidence(selection, message->rule);
    if (suppressions == NULL) {
        return;
    }
    struct pragma *pragma =
        suppressions_decide(suppressions, message->rule, message->span.start.line);
    if (suppressions->skip_reason) {
        message->suppression = SUPPRESSION_COMMENT;
        message->justification = suppressions->skip_reason;
    } else if (pragma && disables(pragma)) {
        pragma->is_used = true;
        message->suppression = SUPPRESSION_COMMENT;
        message->justification = pragma->reason;
    } else if (pragma) {
        draft->is_wanted = true;
    }
}

/* Whether it is shown, unless something else stands for it. */
static bool is_shown(const struct draft *draft)
{
    return draft->is_wanted && draft->message.confidence >= draft->min_confidence;
}

/* Whether neither the options nor a comment can ask for it: its file need not be read again. */
static bool is_unasked(const struct settling *settling, const struct finding *finding)
{
    uint32_t file = finding->place.file;
    return settling->suppressions[file].n == 0
           && !is_selected(selection_of(settling, file), finding->rule);
}

/* Adds the message of a finding and decides about it. */
static void add_finding(struct settling *settling, const struct finding *finding)
{
    uint32_t file = finding->place.file;
    if (is_unasked(settling, finding)) {
        return;
    }
    add_draft(settling, resolver_message(&settling->resolver, finding));
    struct draft *draft = array_last(settling);
    decide(selection_of(settling, file), &settling->suppressions[file], draft);
    if (is_shown(draft) && draft->message.suppression == SUPPRESSION_NONE) {
        fixer_resolve(settling->fixer, finding, &draft->message);
    }
}

/* ---- what is wrong with the comments themselves ---- */

static struct finding finding_of_pragma(const struct settling *settling, uint32_t file,
                                        const struct pragma *pragma, const struct rule *rule)
{
    const struct directive *directive =
        &settling->input->program->files[file]->directives[pragma->directive];
    return (struct finding){
        .rule = rule,
        .place = {.file = file, .start = directive->start, .end = directive->end},
        .confidence = CONFIDENCE_CERTAIN,
        .scope = directive->scope,
    };
}

static void report_unknown(struct settling *settling, uint32_t file, const struct pragma *pragma)
{
    const struct selection *selection = settling->input->selection;
    struct finding finding =
        finding_of_pragma(settling, file, pragma, &builtin_unknown_suppression);
    int n = (int)pragma->length;
    const char *nearest =
        rule_names_nearest(selection->rules, selection->n_rules, pragma->name, pragma->length);
    if (pragma->action == SUPPRESS_UNKNOWN) {
        finding.message =
            arena_format(settling->arena,
                         "a comment to cyclint cannot say '%.*s', only disable=, disable-next=, "
                         "enable= or skip-file",
                         n, pragma->name);
    } else if (nearest) {
        finding.message =
            arena_format(settling->arena, "no rule is called '%.*s'; did you mean '%s'?", n,
                         pragma->name, nearest);
    } else {
        finding.message =
            arena_format(settling->arena, "no rule is called '%.*s'", n, pragma->name);
    }
    add_finding(settling, &finding);
}

/* A noqa may be meant for another tool, so its codes are never unknown. */
static bool is_unknown(const struct settling *settling, const struct pragma *pragma)
{
    const struct selection *selection = settling->input->selection;
    return pragma->action == SUPPRESS_UNKNOWN
           || (pragma->action != SUPPRESS_NOQA && pragma->name
               && !rule_names_know(selection->rules, selection->n_rules, pragma->name,
                                   pragma->length));
}

static void report_unknown_names(struct settling *settling, uint32_t file)
{
    const struct suppressions *suppressions = &settling->suppressions[file];
    for (size_t i = 0; i < suppressions->n; i++) {
        if (is_unknown(settling, &suppressions->items[i])) {
            report_unknown(settling, file, &suppressions->items[i]);
        }
    }
}

/* Whether some rule that the pragma names runs: only then can it be called useless. */
static bool names_selected_rule(const struct selection *selection, const struct pragma *pragma)
{
    for (size_t i = 0; i < selection->n_rules; i++) {
        if (selection->is_on[i]
            && rule_answers_to(selection->rules[i], pragma->name, pragma->length)) {
            return true;
        }
    }
    return false;
}

static bool is_useless(const struct settling *settling, uint32_t file, const struct pragma *pragma)
{
    const struct rule *about_comments = &builtin_useless_suppression;
    return !pragma->is_used && pragma->name && pragma->action != SUPPRESS_UNKNOWN
           && disables(pragma) && names_selected_rule(selection_of(settling, file), pragma)
           && !rule_answers_to(about_comments, pragma->name, pragma->length);
}

static void report_useless(struct settling *settling, uint32_t file)
{
    struct suppressions *suppressions = &settling->suppressions[file];
    for (size_t i = 0; i < suppressions->n; i++) {
        const struct pragma *pragma = &suppressions->items[i];
        if (is_useless(settling, file, pragma)) {
            struct finding finding =
                finding_of_pragma(settling, file, pragma, &builtin_useless_suppression);
            finding.message = arena_format(settling->arena, "nothing here is suppressed by '%.*s'",
                                           (int)pragma->length, pragma->name);
            add_finding(settling, &finding);
        }
    }
}

/* ---- reading the comments ---- */

/* Marks the files whose comments must be read: they have findings, or name rules. */
static void read_comments(struct settling *settling)
{
    const struct program *program = settling->input->program;
    const struct findings *findings = settling->input->findings;
    bool *is_needed = arena_alloc(settling->arena, program->n_files + 1);
    for (size_t i = 0; i < findings->n; i++) {
        is_needed[findings->items[i].place.file] = true;
    }
    for (uint32_t i = 0; i < program->n_files; i++) {
        const struct facts *facts = program->files[i];
        if (facts->n_directives == 0 || !(is_needed[i] || suppressions_name_rules(facts))) {
            continue;
        }
        const struct report_file *file = resolver_file(&settling->resolver, i);
        if (file->has_source) {
            const struct selection *all = settling->input->selection;
            suppressions_find(facts, file, all->rules, all->n_rules, settling->arena,
                              &settling->suppressions[i]);
        }
    }
}

/* ---- order ---- */

static int compare_drafts(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    int order = message_compare(&x->message, &y->message);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static bool is_double(const struct settling *settling, size_t i)
{
    return i > 0
           && message_compare(&settling->items[i - 1].message, &settling->items[i].message) == 0;
}

static bool is_at(const struct message *a, const struct message *b)
{
    return a->span.file == b->span.file && a->span.start.line == b->span.start.line
           && a->span.start.column == b->span.start.column;
}

/* Where a rule stands for a more general one, that one says nothing: one finding for one cause.
 * The messages of a place are in the order of their codes. */
static void leave_out_general(const struct messages *messages, bool *is_wanted)
{
    for (size_t i = 0; i < messages->n; i++) {
        const char *code = is_wanted[i] ? messages->items[i].rule->stands_for : NULL;
        for (size_t j = i; code != NULL && j-- > 0;) {
            if (!is_at(&messages->items[j], &messages->items[i])) {
                break;
            }
            is_wanted[j] &= strcmp(messages->items[j].rule->code, code) != 0;
        }
    }
}

/* All messages but doubles, sorted, with fingerprints; beside each whether it is wanted. */
static struct messages sorted_messages(struct settling *settling, bool *is_wanted)
{
    struct messages messages = {0};
    if (settling->n > 0) {
        qsort(settling->items, settling->n, sizeof *settling->items, compare_drafts);
    }
    for (size_t i = 0; i < settling->n; i++) {
        if (!is_double(settling, i)) {
            const struct draft *draft = &settling->items[i];
            is_wanted[messages.n] = is_shown(draft);
            *array_push(&messages) = draft->message;
        }
    }
    leave_out_general(&messages, is_wanted);
    fingerprint_messages(&messages, settling->arena);
    return messages;
}

static void fill_report(struct settling *settling, struct report *report)
{
    bool *is_wanted = arena_alloc(settling->arena, settling->n + 1);
    struct messages messages = sorted_messages(settling, is_wanted);
    for (size_t i = 0; i < messages.n; i++) {
        const struct message *message = &messages.items[i];
        if (is_wanted[i]) {
            *array_push(message->suppression ? &report->suppressed : &report->shown) = *message;
        }
    }
    array_free(&messages);
    report_count(report);
}

/* ---- files ---- */

/* Keeps those files that a message can name: all that were read. */
static void fill_files(struct settling *settling, struct report *report)
{
    const struct program *program = settling->input->program;
    const struct report_file **files =
        arena_alloc(settling->arena, (program->n_files + 1) * sizeof *files);
    for (uint32_t i = 0; i < program->n_files; i++) {
        if (settling->resolver.files[i]) {
            files[report->n_files++] = settling->resolver.files[i];
        }
        report->n_statements += program->files[i]->n_statements;
    }
    report->files = files;
    report->directory = settling->resolver.directory;
    report->n_modules = program->n_files;
    report->rules = settling->input->selection->rules;
    report->n_rules = settling->input->selection->n_rules;
}

/* Rules are looked up by bisection. */
static bool is_sorted(const struct selection *selection)
{
    for (size_t i = 1; i < selection->n_rules; i++) {
        if (strcmp(selection->rules[i - 1]->code, selection->rules[i]->code) >= 0) {
            return false;
        }
    }
    return true;
}

void settle(const struct settle_input *input, struct report *report)
{
    assert(is_sorted(input->selection));
    *report = (struct report){0};
    uint32_t n_files = input->program->n_files;
    struct settling settling = {.input = input, .arena = &report->arena};
    settling.resolver = resolver_new(input, settling.arena);
    settling.fixer = fixer_new(&settling.resolver);
    settling.suppressions =
        arena_alloc(settling.arena, (n_files + 1) * sizeof *settling.suppressions);

    read_comments(&settling);
    add_failures(&settling);
    for (size_t i = 0; i < settling.n; i++) {
        decide(input->selection, NULL, &settling.items[i]);
    }
    for (size_t i = 0; i < input->findings->n; i++) {
        add_finding(&settling, &input->findings->items[i]);
    }
    for (uint32_t i = 0; i < n_files; i++) {
        report_unknown_names(&settling, i);
        report_useless(&settling, i);
    }
    fill_report(&settling, report);
    fill_files(&settling, report);

    for (uint32_t i = 0; i < n_files; i++) {
        suppressions_free(&settling.suppressions[i]);
    }
    fixer_free(settling.fixer);
    array_free(&settling);
}
