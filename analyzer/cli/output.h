/*
 * output.h - reports go to the standard output and to files.
 */
#ifndef CYCLINT_CLI_OUTPUT_H
#define CYCLINT_CLI_OUTPUT_H

#include "cli/options.h"
#include "report/report.h"

/* Whether --output-format and --output make sense.  Checked before the work is done. */
bool output_check(const struct options *options, struct error *error);

/* Whether the report must have the text of its files to be written. */
bool output_needs_sources(const struct options *options);

/* Writes the report in every format that was asked for, to the descriptor `fd` what has no file of
 * its own.  False with an error when something could not be written; a reader that closed its pipe
 * is no error. */
bool output_report(const struct options *options, const struct report *report, int fd,
                   struct error *error);

/* Whether what goes to the standard output as text is to have colours. */
bool output_uses_color(const struct options *options);

/* Replaces a file as a whole, so that nobody ever reads half of it. */
bool output_file(const char *path, const char *bytes, size_t n, struct error *error);

/* Writes `n` bytes to the standard output; the same about errors. */
bool output_bytes(const char *bytes, size_t n, struct error *error);

#endif
