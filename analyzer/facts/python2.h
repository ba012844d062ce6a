/*
 * python2.h - whether a file is written in Python 2, told by what Python 3 cannot read.
 */
#ifndef CYCLINT_FACTS_PYTHON2_H
#define CYCLINT_FACTS_PYTHON2_H

#include "syntax/grammar.h"
#include "syntax/tree.h"

/* Kept in the flags of facts, so the numbers stay as they are. */
enum python2 {
    PYTHON2_NOT,
    PYTHON2_PRINT,
    PYTHON2_EXEC,
    PYTHON2_BACKQUOTES,
    PYTHON2_UNEQUAL,
    PYTHON2_OCTAL,
    PYTHON2_LONG,
    PYTHON2_RAW_UNICODE,
    PYTHON2_RAISE,
    PYTHON2_TUPLE_PARAMETER,
    PYTHON2_EXCEPT,
    N_PYTHON2
};

/* Whether nodes of a kind can have something that only Python 2 reads: asked of every node. */
static inline bool python2_may_be(uint16_t kind)
{
    return kind == KIND_PRINT_STATEMENT || kind == KIND_EXEC_STATEMENT
           || kind == KIND_TOKEN_LESS_GREATER || kind == KIND_INTEGER || kind == KIND_STRING_START
           || kind == KIND_RAISE_STATEMENT || kind == KIND_EXCEPT_CLAUSE || kind == KIND_PARAMETERS
           || kind == KIND_LAMBDA_PARAMETERS;
}

/* What node `i` has that only Python 2 reads. */
enum python2 python2_at(const struct tree *tree, uint32_t i);

/* What the line where the tree's first error is begins with: the grammar does not know all that
 * `print` and `exec` may be followed by.  `*offset` is where. */
enum python2 python2_at_error(const struct tree *tree, uint32_t *offset);

/* "a print statement", … */
const char *python2_name(enum python2 what);

#endif
