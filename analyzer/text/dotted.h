/*
 * dotted.h - names with dots between them, as a user writes them in a configuration.
 */
#ifndef CYCLINT_TEXT_DOTTED_H
#define CYCLINT_TEXT_DOTTED_H

#include <stdbool.h>

/* Whether `s` is a name, or several with a dot between each two: "package.Class.method". */
bool dotted_is_name(const char *s);

#endif
