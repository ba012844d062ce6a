/*
 * pack_shared.h - what packed findings and packed reports both have: costs and rules.
 */
#ifndef CYCLINT_REPORT_PACK_SHARED_H
#define CYCLINT_REPORT_PACK_SHARED_H

#include "base/packing.h"
#include "report/finding.h"

/* The cost of a finding, or NULL. */
void pack_cost(struct packer *to, const struct finding_cost *cost);

/* In the unpacker's arena; NULL where there was none. */
const struct finding_cost *unpack_cost(struct unpacker *from);

/* The rule whose code was packed; one that is not among `rules` breaks the unpacker. */
const struct rule *unpack_rule(struct unpacker *from, const struct rule *const *rules,
                               size_t n_rules);

#endif
