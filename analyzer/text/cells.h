/*
 * cells.h - how wide a text is on a terminal, and what of it may be shown there.
 *
 * East Asian wide characters and emoji take two cells, combining marks none (Unicode 15, in ranges,
 * whatever the locale is); a tab goes to the next multiple of 4; what could steer the terminal, or
 * turn the direction of the text around, is shown as U+FFFD.
 */
#ifndef CYCLINT_TEXT_CELLS_H
#define CYCLINT_TEXT_CELLS_H

#include "base/builder.h"

#include <stddef.h>
#include <stdint.h>

/* The code point at `s`, of which `n` > 0 bytes are left, and its length in `*length`.  Bytes that
 * are not UTF-8 are each U+FFFD. */
uint32_t cells_decode(const char *s, size_t n, size_t *length);

/* Cells of one code point: 0, 1 or 2. */
unsigned cells_of(uint32_t code_point);

/* Adds a text as it may be shown, and returns its cells; `start` is the cell it begins at, for
 * tabs. */
unsigned cells_add(struct builder *out, const char *s, size_t n, unsigned start);

#endif
