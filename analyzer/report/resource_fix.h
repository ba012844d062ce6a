/*
 * resource_fix.h - a `with` statement for what is opened and not, or not surely, closed.
 */
#ifndef CYCLINT_REPORT_RESOURCE_FIX_H
#define CYCLINT_REPORT_RESOURCE_FIX_H

#include "program/resources.h"
#include "report/finding.h"

struct check;

/* Offers to open the resource of a finding in a `with` statement, where the facts show that nobody
 * needs it open any longer than its last use. */
void resource_offer_with(struct check *check, struct finding *finding,
                         const struct resource *resource);

#endif
