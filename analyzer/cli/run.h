/*
 * run.h - checking files, from the first path to the exit status.
 */
#ifndef CYCLINT_CLI_RUN_H
#define CYCLINT_CLI_RUN_H

#include "cli/options.h"

/* Checks what the options name and writes the report.  The exit status; messages about what went
 * wrong have been written to the standard error. */
int run_check(const struct options *options);

/* Tests the user's rules on their examples instead: `--test-rules`. */
int run_rule_tests(const struct options *options);

/* Writes the facts of the files instead: `--dump-facts`. */
int run_dump(const struct options *options);

/* Writes a part of the facts instead: `cyclint facts`. */
int run_facts(const struct options *options);

/* Writes who holds whom instead: `cyclint graph`. */
int run_graph(const struct options *options);

/* Writes what functions and loops make and cost instead: `cyclint gc report`. */
int run_gc_report(const struct options *options);

#endif
