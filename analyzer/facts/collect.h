/*
 * collect.h - from one file's tree to its facts: the last that sees a tree.
 */
#ifndef CYCLINT_FACTS_COLLECT_H
#define CYCLINT_FACTS_COLLECT_H

#include "base/arena.h"
#include "base/error.h"
#include "facts/facts.h"
#include "syntax/tree.h"
#include "text/source.h"

struct collector; /* one a thread; its memory is used again for each file */

struct collector *collector_new(void);
void collector_free(struct collector *collector);

/* The facts of a file, in `arena`; nothing in them points into tree or source but `path`.  False
 * with an error when the file asks for more work than a file may. */
bool collector_run(struct collector *collector, const struct tree *tree,
                   const struct source *source, struct arena *arena, struct facts *facts,
                   struct error *error);

#endif
