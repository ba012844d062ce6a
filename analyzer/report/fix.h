/*
 * fix.h - from the changes that a rule asks for to edits of the text.
 *
 * A rule says "remove this statement" or "put this at the beginning of that function"; where lines
 * begin, how deep they are indented, what else is on them and which strings may not be touched is
 * known here.  What cannot be changed without touching something else is not offered.
 */
#ifndef CYCLINT_REPORT_FIX_H
#define CYCLINT_REPORT_FIX_H

#include "report/finding.h"
#include "report/resolve.h"

struct fixer; /* the layouts of the files it was asked about */

struct fixer *fixer_new(struct resolver *resolver);
void fixer_free(struct fixer *fixer);

/* Gives a message the edits of its finding, in the order of the text, none if they cannot be made.
 */
void fixer_resolve(struct fixer *fixer, const struct finding *finding, struct message *message);

#endif
