/*
 * regex.c - regular expressions over names and paths (PCRE2).
 */
#include "text/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Backtracking steps that one name may take: a pattern that needs more is treated as no match. */
enum { MAX_STEPS = 1000000 };

struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

bool regex_compile(const char *pattern, struct regex **regex, struct error *error)
{
    int number;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED,
                                     &number, &offset, NULL);
    if (code == NULL) {
        char reason[256];
        pcre2_get_error_message(number, (PCRE2_UCHAR *)reason, sizeof reason);
        return error_at(error, "'%.200s' is no regular expression: %s at character %zu", pattern,
                        reason, offset + 1);
    }
    *regex = alloc(sizeof **regex);
    (*regex)->code = code;
    (*regex)->match = pcre2_match_data_create_from_pattern(code, NULL);
    (*regex)->context = pcre2_match_context_create(NULL);
    if ((*regex)->match == NULL || (*regex)->context == NULL) {
        die("out of memory for a regular expression");
    }
    pcre2_set_match_limit((*regex)->context, MAX_STEPS);
    return true;
}

void regex_free(struct regex *regex)
{
    if (regex == NULL) {
        return;
    }
    pcre2_match_context_free(regex->context);
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    free(regex);
}

bool regex_matches(const struct regex *regex, const char *text)
{
    return pcre2_match(regex->code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, regex->match,
                       regex->context)
           >= 0;
}
