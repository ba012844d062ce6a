/*
 * newer.h - the syntax of Python that the grammar does not know yet, said in words that it knows.
 * Private to syntax/.
 */
#ifndef CYCLINT_SYNTAX_NEWER_H
#define CYCLINT_SYNTAX_NEWER_H

#include <stdbool.h>
#include <stdint.h>

/* Rewrites the `n` bytes of `text`, without moving any.  Whether there was something to rewrite. */
bool newer_rewrite(char *text, uint32_t n);

#endif
