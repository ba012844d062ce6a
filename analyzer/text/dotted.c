/*
 * dotted.c - tells dotted names from other text.
 */
#include "text/dotted.h"

#include <ctype.h>

static bool is_name_byte(char c, bool is_first)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80
           || (!is_first && isdigit((unsigned char)c));
}

bool dotted_is_name(const char *s)
{
    bool is_first = true;
    for (; *s != '\0'; s++) {
        if (*s == '.' ? is_first : !is_name_byte(*s, is_first)) {
            return false;
        }
        is_first = *s == '.';
    }
    return !is_first;
}
