/*
 * run_stages.h - what the chapters of run.c share: a run, and the stages that have files of their
 * own.  A stage is false with an error when it fails.
 */
#ifndef CYCLINT_CLI_RUN_STAGES_H
#define CYCLINT_CLI_RUN_STAGES_H

#include "cli/answer.h"
#include "cli/cache.h"
#include "cli/files.h"
#include "cli/fixes.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "heap/heap.h"
#include "report/report.h"
#include "report/settle.h"
#include "text/changed_lines.h"

enum { MAX_STAGES = 24 };

struct run {
    const struct options *options;
    bool is_check; /* a report is wanted, not the program itself */
    struct settings settings;
    struct files files;
    struct changed_lines changed; /* what --diff is about */
    struct cache cache;
    struct answer answer; /* of an earlier run, or for a later one */
    struct file **queue;  /* the largest first */
    struct progress progress;
    struct {
        ARRAY_OF(struct failure);
    } failures;
    struct program program;
    const struct selection **file_selections; /* by program index */
    struct heap heap;
    struct builder wanted; /* by rule, whether anybody could see its findings: a sign each */
    struct findings findings;
    struct report report;
    struct fixes fixes;
    double milliseconds[MAX_STAGES]; /* that each stage took */
    double heap_milliseconds;        /* and parts of `check`, beside which others were done */
    double resources_milliseconds;
};

/* files -> facts, in threads: of all that are not yet collected (run_collect.c) */
bool run_collect(struct run *run, struct error *error);

/* Findings, when an earlier run had the same but for their places (run_compare.c). */
bool run_compare(struct run *run, struct error *error);

/* All that is known of the files (run_analyse.c) */
bool run_gather(struct run *run, struct error *error);

/* facts -> program -> findings -> the cycles' costs (run_analyse.c) */
bool run_link(struct run *run, struct error *error);
bool run_rules(struct run *run, struct error *error);
bool run_leave_out(struct run *run, struct error *error);
bool run_costs(struct run *run, struct error *error);

/* program -> cycles: a part of run_rules(), or alone */
void run_heap(struct run *run);

/* Frees what was made of the facts, so that it can be made anew. */
void run_forget_program(struct run *run);

/* Takes the stages up to and including the one named; false when one failed: `*status` is then what
 * to exit with. */
bool run_up_to(struct run *run, const char *stage, int *status);
void run_free(struct run *run);

#endif
