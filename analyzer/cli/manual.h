/*
 * manual.h - the options table as text: --help, the manual page, completions.
 */
#ifndef CYCLINT_CLI_MANUAL_H
#define CYCLINT_CLI_MANUAL_H

#include "base/builder.h"

#include <stdbool.h>

void manual_help(struct builder *out);

/* roff, for man(1). */
void manual_page(struct builder *out);

/* For "bash", "zsh" or "fish"; false for anything else. */
bool manual_completion(const char *shell, struct builder *out);

#endif
