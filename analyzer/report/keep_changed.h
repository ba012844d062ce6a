/*
 * keep_changed.h - only findings on lines that have changed are reported.
 *
 * A finding is on such a line when its own place is, or one of the related ones, or an edge of its
 * cycle: whoever adds the edge that closes a cycle wants to see it, wherever the cycle is told.
 */
#ifndef CYCLINT_REPORT_KEEP_CHANGED_H
#define CYCLINT_REPORT_KEEP_CHANGED_H

#include "report/report.h"
#include "text/changed_lines.h"

/* Takes all other findings out of the report, the suppressed ones too.  What says that a file could
 * not be analysed stays. */
void report_keep_changed(struct report *report, const struct changed_lines *changed,
                         uint32_t (*original)(void *context, const char *path, uint32_t line),
                         void *context);

#endif
