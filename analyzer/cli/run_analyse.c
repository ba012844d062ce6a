/*
 * run_analyse.c - all files together: facts become a program, the program findings.
 */
#include "cli/leave_out.h"
#include "cli/rule_options.h"
#include "cli/run_stages.h"
#include "cli/select.h"
#include "cli/tasks.h"
#include "cli/workers.h"
#include "program/attribute_uses.h"
#include "program/classes.h"
#include "program/foreign.h"
#include "program/foreign_words.h"
#include "program/globals.h"
#include "program/link.h"
#include "program/members.h"
#include "program/resources.h"
#include "report/builtin_rules.h"
#include "report/cycle_cost.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static void add_failure(struct run *run, const struct rule *rule, const char *path,
                        const char *message)
{
    *array_push(&run->failures) = (struct failure){rule, path, message};
}

/* What could not be analysed, in the order of the paths. */
static void gather_failures(struct run *run)
{
    const struct discovery *found = &run->files.found;
    for (size_t i = 0; i < found->problems.n; i++) {
        const struct discover_problem *problem = &found->problems.items[i];
        add_failure(run, &builtin_file_unreadable, problem->path, problem->message);
    }
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.items[i];
        if (file->failed_rule != NULL) {
            add_failure(run, file->failed_rule, file->path, file->failure);
        }
    }
}

static void gather_facts(struct run *run)
{
    struct program *program = &run->program;
    struct arena *arena = &program->arena;
    program->files = arena_alloc(arena, run->files.n * sizeof(struct facts *));
    program->modules = arena_alloc(arena, run->files.n * sizeof(char *));
    run->file_selections = arena_alloc(arena, run->files.n * sizeof(struct selection *));
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.items[i];
        if (file->failed_rule == NULL) {
            program->files[program->n_files] = &file->facts;
            program->modules[program->n_files] = file->module;
            run->file_selections[program->n_files++] = file->selection;
        }
    }
}

/* Whether some comment may turn the rule on, or speaks of it. */
static bool is_commented_on(const struct run *run, const struct rule *rule)
{
    for (uint32_t file = 0; file < run->program.n_files; file++) {
        const struct facts *facts = run->program.files[file];
        for (uint32_t i = 0; i < facts->n_directives; i++) {
            const char *text = facts_name(facts, facts->directives[i].text);
            if (strstr(text, "enable") != NULL || strstr(text, rule->name) != NULL
                || strstr(text, rule->code) != NULL) {
                return true;
            }
        }
    }
    return false;
}

/* Whether anybody could see the findings of rule number `i` of select_rules(). */
static bool is_wanted(const struct run *run, size_t i)
{
    const struct rule *rule = run->settings.selection.rules[i];
    bool is_on = run->settings.selection.is_on[i];
    for (size_t k = 0; !is_on && k < run->settings.others.n; k++) {
        is_on = run->settings.others.items[k]->selection.is_on[i];
    }
    return is_on || is_commented_on(run, rule);
}

bool run_gather(struct run *run, struct error *error)
{
    (void)error;
    size_t n;
    select_rules(&n);
    run->program.python_version = (uint32_t)run->options->python_version;
    gather_failures(run);
    gather_facts(run);
    builder_clear(&run->wanted);
    for (size_t i = 0; i < n; i++) {
        builder_add_char(&run->wanted, is_wanted(run, i) ? '+' : '-');
    }
    return true;
}

static void add_holders_of(struct program *program, const struct options *options)
{
    struct foreign entry;
    for (size_t i = 0; i < options->holders.n; i++) {
        if (foreign_read(options->holders.items[i], &program->arena, &entry, NULL)) {
            foreign_add(program, &entry);
        }
    }
}

/* The program is one, whatever configuration is nearest to its files: what one says holds for all.
 */
static void add_holders(struct run *run)
{
    for (size_t i = 0; i < run->settings.others.n; i++) {
        add_holders_of(&run->program, &run->settings.others.items[i]->options);
    }
    add_holders_of(&run->program, run->options);
}

static void add_strings(struct strings *all, const struct strings *more)
{
    for (size_t i = 0; i < more->n; i++) {
        *array_push(all) = more->items[i];
    }
}

static void add_makers_of(struct maker_settings *settings, const struct options *options)
{
    add_strings(&settings->makers, &options->makers);
    add_strings(&settings->closers, &options->closers);
    add_strings(&settings->borrowers, &options->borrowers);
}

static void find_resources(struct run *run)
{
    struct maker_settings settings = {0};
    for (size_t i = 0; i < run->settings.others.n; i++) {
        add_makers_of(&settings, &run->settings.others.items[i]->options);
    }
    add_makers_of(&settings, run->options);
    run->program.maker_settings = &settings;
    resources_find(&run->program);
    run->program.maker_settings = NULL;
    array_free(&settings.makers);
    array_free(&settings.closers);
    array_free(&settings.borrowers);
}

bool run_link(struct run *run, struct error *error)
{
    (void)error;
    struct program *program = &run->program;
    link_program(program);
    foreign_link(program);
    add_holders(run);
    classes_link(program);
    members_link(program);
    globals_find(program);
    return true;
}

static bool needs_types(const struct run *run)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    bool is_needed = false;
    for (size_t i = 0; i < n && !is_needed; i++) {
        is_needed = rules[i]->needs_types && run->wanted.s[i] == '+';
    }
    return is_needed;
}

void run_heap(struct run *run)
{
    run->heap.wants_types = needs_types(run);
    heap_analyse(&run->program, &run->heap);
}

/* Nobody asks about the program once the findings are complete, and these are large tables. */
static void free_links(struct run *run)
{
    members_free(&run->program);
    attribute_uses_free(&run->program);
    globals_free(&run->program);
    foreign_free(&run->program);
    link_free(&run->program);
    classes_free(&run->program);
}

/* ---- the rules, and what they go by: tasks, in threads */

enum { HAS_HEAP = 1, HAS_RESOURCES = 2 };

/* The task that is no rule's. */
enum { TASK_HEAP, TASK_RESOURCES, FIRST_RULE };

/* What a task makes.  Each has findings of its own, which are put together in the order of the
 * rules. */
struct made {
    struct findings findings;
    double milliseconds;
};

struct checking {
    struct run *run;
    struct made *made; /* by number of the task */
};

static void check_rule(struct run *run, const struct rule *rule, struct findings *findings)
{
    struct check check = {.rule = rule,
                          .program = &run->program,
                          .limit = rule_options_limit(run->options, rule),
                          .heap = rule->needs_heap ? &run->heap : NULL,
                          .findings = findings};
    (rule->check != NULL ? rule->check : rule_check_default)(&check);
    arena_free(&check.scratch);
}

static void do_task(void *context, size_t number)
{
    struct checking *checking = context;
    struct run *run = checking->run;
    struct made *made = &checking->made[number];
    size_t n;
    double start = progress_clock();
    if (number == TASK_HEAP) {
        run_heap(run);
    } else if (number == TASK_RESOURCES) {
        find_resources(run);
    } else {
        check_rule(run, select_rules(&n)[number - FIRST_RULE], &made->findings);
    }
    made->milliseconds = progress_clock() - start;
}

/* The heap first, for it takes longest. */
static size_t list_tasks(const struct run *run, struct task *tasks)
{
    size_t n_rules, n = 0;
    const struct rule *const *rules = select_rules(&n_rules);
    tasks[n++] = (struct task){.act = do_task, .number = TASK_HEAP, .gives = HAS_HEAP};
    tasks[n++] = (struct task){.act = do_task, .number = TASK_RESOURCES, .gives = HAS_RESOURCES};
    for (size_t i = 0; i < n_rules; i++) {
        if (run->wanted.s[i] == '+') {
            tasks[n++] =
                (struct task){.act = do_task,
                              .number = FIRST_RULE + i,
                              .needs = HAS_RESOURCES | (rules[i]->needs_heap ? HAS_HEAP : 0)};
        }
    }
    return n;
}

static void add_findings(struct findings *all, struct findings *more)
{
    for (size_t i = 0; i < more->n; i++) {
        *array_push(all) = more->items[i];
    }
    arena_join(&all->arena, &more->arena);
    array_free(more);
}

bool run_rules(struct run *run, struct error *error)
{
    (void)error;
    size_t n_rules;
    select_rules(&n_rules);
    struct task *tasks = alloc_zeroed(FIRST_RULE + n_rules, sizeof *tasks);
    struct checking checking = {run, alloc_zeroed(FIRST_RULE + n_rules, sizeof *checking.made)};
    tasks_run(tasks, list_tasks(run, tasks), &checking, workers_count(run->options->jobs));
    run->heap_milliseconds = checking.made[TASK_HEAP].milliseconds;
    run->resources_milliseconds = checking.made[TASK_RESOURCES].milliseconds;
    for (size_t i = 0; i < n_rules; i++) {
        add_findings(&run->findings, &checking.made[FIRST_RULE + i].findings);
    }
    free(checking.made);
    free(tasks);
    return true;
}

bool run_leave_out(struct run *run, struct error *error)
{
    (void)error;
    leave_out(&run->program, &run->files, run->file_selections, &run->findings);
    return true;
}

bool run_costs(struct run *run, struct error *error)
{
    (void)error;
    cycle_costs(&run->program, &run->heap, &run->findings);
    free_links(run);
    return true;
}

void run_forget_program(struct run *run)
{
    report_free(&run->report);
    array_free(&run->findings);
    arena_free(&run->findings.arena);
    heap_free(&run->heap);
    free_links(run);
    resources_free(&run->program);
    arena_free(&run->program.arena);
    arena_free(&run->program.symbols);
    array_free(&run->failures);
    run->program = (struct program){0};
    run->heap = (struct heap){0};
}
