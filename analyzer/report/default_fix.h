/*
 * default_fix.h - an object of its own in place of a default that all share.
 */
#ifndef CYCLINT_REPORT_DEFAULT_FIX_H
#define CYCLINT_REPORT_DEFAULT_FIX_H

#include "report/finding.h"

struct check;

/* None as the default of a parameter, and the object made at each call. */
void default_offer_none(struct check *check, struct finding *finding, const struct scope *scope,
                        const struct parameter *parameter);

/* `field(default_factory=list)` for a dataclass's field: `store` is that of the class body, `value`
 * the default in it. */
void default_offer_factory(struct check *check, struct finding *finding, uint32_t store,
                           uint32_t value);

/* A comprehension for `dict.fromkeys(keys, value)`. */
void default_offer_comprehension(struct check *check, struct finding *finding, uint32_t call,
                                 uint32_t value);

#endif
