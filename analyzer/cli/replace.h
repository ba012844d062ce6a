/*
 * replace.h - writing a file of the user's anew without ever losing it.
 */
#ifndef CYCLINT_CLI_REPLACE_H
#define CYCLINT_CLI_REPLACE_H

#include "base/builder.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The bytes of a file.  False with an error when it cannot be read. */
bool replace_read(const char *path, struct builder *bytes, struct error *error);

/* XXH3 of bytes, as in struct source. */
uint64_t replace_hash(const struct builder *bytes);

/* Writes `bytes` to the file, if it still has the `hash`.  Its mode stays, and what links to it
 * still does; somebody who reads it meanwhile sees the old file or the new one.  False with an
 * error, and the file as it was. */
bool replace_file(const char *path, uint64_t hash, const struct builder *bytes,
                  struct error *error);

#endif
