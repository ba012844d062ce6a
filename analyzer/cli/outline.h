/*
 * outline.h - what people may ask about a file's classes goes to the store.
 */
#ifndef CYCLINT_CLI_OUTLINE_H
#define CYCLINT_CLI_OUTLINE_H

#include "cli/files.h"

void outline_save(struct store *store, const struct files *files, const struct file *file);

#endif
