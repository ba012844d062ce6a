/*
 * number.h - decimal numbers whatever the locale says of the decimal point.
 */
#ifndef CYCLINT_REPORT_NUMBER_H
#define CYCLINT_REPORT_NUMBER_H

#include "base/builder.h"

/* Adds `value`, rounded to so many decimals (0 to 6); its absolute value must be below 1e12. */
void number_add(struct builder *out, double value, unsigned decimals);

#endif
