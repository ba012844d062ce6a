/*
 * pack_report.h - a settled report as one piece of bytes, and back.
 *
 * So the next run that would come to the same report need not analyse anything.  The bytes are for
 * one build of the program only: rules are named by their codes, all else lies there as it is.
 */
#ifndef CYCLINT_REPORT_PACK_REPORT_H
#define CYCLINT_REPORT_PACK_REPORT_H

#include "base/builder.h"
#include "report/report.h"

/* Adds the report to `out`, all but its rules and the text of its files. */
void pack_report(const struct report *report, struct builder *out);

/* Fills a report whose `rules` are set and all else is zero.  Its strings point into `bytes`, which
 * must live as long as it.  No file has its text yet: `has_source` says that it had one, and
 * `source.hash` which.  False when the bytes are no report; whoever gets false frees the report. */
bool unpack_report(const char *bytes, size_t n, struct report *report);

#endif
