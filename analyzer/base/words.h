/*
 * words.h - lists of words that end in NULL, as tables of names are written here.
 */
#ifndef CYCLINT_BASE_WORDS_H
#define CYCLINT_BASE_WORDS_H

#include <stdbool.h>

/* Whether the list has exactly this word. */
bool words_have(const char *const *words, const char *word);

/* Whether a name contains one of the words, whatever the case of its letters: anywhere in it, or
 * with '=' before the word only as a whole part of snake_case. */
bool words_occur_in(const char *const *words, const char *name);

#endif
