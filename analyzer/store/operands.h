/*
 * operands.h - what the two numbers of an op are, for whoever handles all ops alike.
 */
#ifndef CYCLINT_STORE_OPERANDS_H
#define CYCLINT_STORE_OPERANDS_H

#include "facts/facts.h"

/* What an operand of an op is. */
enum operand {
    ANYTHING,
    VALUE,    /* an earlier op */
    VALUE_OR, /* the same, or NONE */
    PLACE,    /* any op */
    COUNT,    /* of ops that follow */
    SYMBOL,
    SYMBOL_OR,
    VARIABLE,
    SCOPE
};

extern const uint8_t op_operands[N_OP_KINDS][2]; /* enum operand of `a` and `b` */

#endif
