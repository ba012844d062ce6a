/*
 * fingerprint.h - a name for a finding that survives unrelated edits.
 *
 * It is the XXH3 hash of: the rule's code, the path from the working directory, the dotted name of
 * the scope, the message with its line numbers left out, and the text of the line with all blanks
 * left out; then of an ordinal among the findings of the run that agree in all of that, in the
 * order of the report.  So a finding keeps its fingerprint when lines come or go elsewhere, when
 * the code is indented anew, and when the rule's other findings change; it gets a new one when its
 * own line, its function's name or its file's path change.
 */
#ifndef CYCLINT_REPORT_FINGERPRINT_H
#define CYCLINT_REPORT_FINGERPRINT_H

#include "report/report.h"

/* Sets the fingerprints of messages that are sorted and complete; the texts live in `arena`. */
void fingerprint_messages(struct messages *messages, struct arena *arena);

/* The text of a 1-based line of a file without its line end, `*n` bytes; "" when it is not there.
 */
const char *report_line(const struct report_file *file, uint32_t line, size_t *n);

#endif
