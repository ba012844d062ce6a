/*
 * pack_findings.h - findings as one piece of bytes, and back.
 */
#ifndef CYCLINT_REPORT_PACK_FINDINGS_H
#define CYCLINT_REPORT_PACK_FINDINGS_H

#include "base/builder.h"
#include "report/finding.h"

#include <stddef.h>

/* Adds the findings to `out`. */
void pack_findings(const struct findings *findings, struct builder *out);

/* How places in the findings become other places.  False when one has no other. */
struct place_mover {
    bool (*move)(void *context, struct place *place);
    void *context;
};

/* Fills `findings` from nothing, their rules being among these `n_rules`, which are sorted by code;
 * texts point into the bytes, which must live as long as they.  False when the bytes are no
 * findings or a place cannot be moved; whoever gets false frees what there is. */
bool unpack_findings(const char *bytes, size_t n, const struct rule *const *rules, size_t n_rules,
                     const struct place_mover *mover, struct findings *findings);

#endif
