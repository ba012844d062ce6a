/*
 * words.c - looking words up in short lists.
 */
#include "base/words.h"

#include <string.h>

bool words_have(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the word begins at `s`, whatever its case. */
static bool begins_with_word(const char *s, const char *word)
{
    for (; *word != '\0'; s++, word++) {
        if (lower(*s) != *word) {
            return false;
        }
    }
    return true;
}

bool words_occur_in(const char *const *words, const char *name)
{
    for (const char *s = name; *s != '\0'; s++) {
        for (const char *const *word = words; *word != NULL; word++) {
            bool is_whole = **word == '=';
            const char *text = *word + is_whole;
            if (begins_with_word(s, text)
                && (!is_whole
                    || ((s == name || !is_letter(s[-1])) && !is_letter(s[strlen(text)])))) {
                return true;
            }
        }
    }
    return false;
}
