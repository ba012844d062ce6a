/*
 * fixes.h - --fix and --show-diff: which fixes are made together, and what becomes of the files.
 */
#ifndef CYCLINT_CLI_FIXES_H
#define CYCLINT_CLI_FIXES_H

#include "cli/files.h"
#include "cli/options.h"
#include "report/report.h"

struct fixes {
    const struct options *options;
    struct files *files;
    struct layouter *layouter; /* to see whether a fixed text parses */
    size_t n_fixed;            /* findings */
    bool has_failed;           /* some file could not be written */
};

/* Whether the user asked for any of it. */
bool fixes_are_wanted(const struct options *options);

/* Makes those fixes of the report that fit together, in memory.  True when some file has a new text
 * and must be analysed again: its `is_stale` is set. */
bool fixes_make(struct fixes *fixes, const struct report *report);

/* Writes the fixed files, or shows what would become of them.  `*is_repeated` says that some could
 * not be written and must be analysed again as they are. */
bool fixes_write(struct fixes *fixes, bool *is_repeated, struct error *error);

/* Says on the standard error what was done. */
void fixes_tell(const struct fixes *fixes);

/* The bits of the exit status for what was fixed. */
int fixes_status(const struct fixes *fixes);

void fixes_free(struct fixes *fixes);

#endif
