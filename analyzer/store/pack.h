/*
 * pack.h - the facts of a file as one piece of bytes, and back.
 *
 * The bytes begin with a header: a mark, a checksum of all that follows it, the counts.  Then come
 * the arrays as they lie in memory, and last the ops in short (pack_ops.h).  So a packed file is
 * for one build of the program only; the store keeps the builds apart (producer.h).
 */
#ifndef CYCLINT_STORE_PACK_H
#define CYCLINT_STORE_PACK_H

#include "base/arena.h"
#include "base/builder.h"
#include "facts/facts.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds the facts to `out`, which must be empty; all but their path. */
void pack_facts(const struct facts *facts, struct builder *out);

/* The facts that the `n` bytes hold, in `arena`, in which room for just them is made.  The bytes
 * must be aligned for any type.  False when they are damaged in any way; `*facts` is then
 * untouched. */
bool unpack_facts(const void *bytes, size_t n, struct arena *arena, struct facts *facts);

/* The same but for the ops, which are four fifths of the work: `facts->ops` is NULL. */
bool unpack_facts_but_ops(const void *bytes, size_t n, struct arena *arena, struct facts *facts);

#endif
