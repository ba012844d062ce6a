/*
 * number.c - decimal numbers by integer arithmetic.
 */
#include "report/number.h"

void number_add(struct builder *out, double value, unsigned decimals)
{
    long long scale = 1;
    for (unsigned i = 0; i < decimals; i++) {
        scale *= 10;
    }
    double magnitude = value < 0 ? -value : value;
    long long n = (long long)(magnitude * (double)scale + 0.5);
    if (value < 0 && n > 0) {
        builder_add_char(out, '-');
    }
    builder_addf(out, "%lld", n / scale);
    if (decimals > 0) {
        builder_addf(out, ".%0*lld", (int)decimals, n % scale);
    }
}
