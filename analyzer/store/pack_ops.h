/*
 * pack_ops.h - ops as bytes, a quarter of what they take in memory, and back.
 */
#ifndef CYCLINT_STORE_PACK_OPS_H
#define CYCLINT_STORE_PACK_OPS_H

#include "base/builder.h"
#include "facts/facts.h"

enum { MIN_OP_BYTES = 5 }; /* that an op is packed in */

void pack_ops(const struct op *ops, uint32_t n, struct builder *out);

/* Fills `n` zeroed ops from just these bytes.  False when they are too few or too many. */
bool unpack_ops(const unsigned char *bytes, size_t n_bytes, struct op *ops, uint32_t n);

#endif
