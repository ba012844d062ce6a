/*
 * text_lines.h - lines under a finding: a margin with a number and a sign, and what fits beside it.
 */
#ifndef CYCLINT_REPORT_TEXT_LINES_H
#define CYCLINT_REPORT_TEXT_LINES_H

#include "report/writers.h"

enum { TEXT_MARGIN = 9 }; /* cells: a file of a million lines still lines up */

/* Cells of a line, at least 40. */
unsigned text_width(const struct writer_options *options);

void text_add_blanks(struct builder *out, unsigned n);

/* An escape sequence, where colours are wanted. */
void text_start_color(struct builder *out, const struct writer_options *options,
                      const char *sequence);
void text_end_color(struct builder *out, const struct writer_options *options);

/* The margin with a line number (0: none) and a sign. */
void text_add_margin(struct builder *out, const struct writer_options *options, uint32_t line,
                     const char *sign);

/* Adds cells `first` up to `last` of a text that has `cells`; an ellipsis stands where some were
 * cut off. */
void text_add_cells(struct builder *out, const char *s, unsigned first, unsigned last,
                    unsigned cells);

/* Adds a text after a label, broken at blanks; later lines are indented under the first, or a
 * little if the label is a long path. */
void text_add_wrapped(struct builder *out, const struct writer_options *options, const char *label,
                      const char *text);

/* How the fix is made, and the lines that it changes (text_fix.c). */
void text_explain_fix(const struct message *message, const struct writer_options *options,
                      struct builder *out);

#endif
