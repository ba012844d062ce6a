/*
 * runtime.h - what the syntax layer needs of tree-sitter's runtime beyond its public header.
 */
#ifndef CYCLINT_SYNTAX_RUNTIME_H
#define CYCLINT_SYNTAX_RUNTIME_H

#include "syntax/parse_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_python(void);

enum {
    /* The scanner saves its state in 1024 bytes: a byte for each open string, two for each
     * indentation, and beyond that it forgets or overruns.  CPython allows 100 indentations and
     * 150 f-strings within each other. */
    MAX_INDENTATIONS = 350,
    MAX_OPEN_STRINGS = 250
};

/* A parser for Python that reads the text faster than a stock one.  It lives in the parse memory
 * that is open in this thread. */
TSParser *runtime_parser_new(void);

/* Parses `n` bytes of UTF-8.  `progress` is asked from time to time and stops the parser by true;
 * then, or when the text is nested deeper than the scanner can follow, the result is NULL. */
TSTree *runtime_parse(TSParser *parser, const char *bytes, uint32_t n,
                      bool (*progress)(TSParseState *state), void *context);

/* Whether this thread's last parse ended because the text is nested too deep. */
bool runtime_was_too_deep(void);

#endif
