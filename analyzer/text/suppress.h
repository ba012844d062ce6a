/*
 * suppress.h - what a comment says to cyclint: pylint's grammar with our word, and noqa.
 *
 *     # cyclint: disable=reference-cycle,W9301; the parent is short-lived
 *     # cyclint: disable-next=…    # cyclint: enable=…    # cyclint: skip-file
 *     # noqa    # noqa: W9301
 *
 * Several actions may stand in one comment ("disable=a, enable=b").  `;` or `#` begins a reason.
 * Other text may stand before, with a '#' of its own: "# type: ignore  # cyclint: disable=…".
 */
#ifndef CYCLINT_TEXT_SUPPRESS_H
#define CYCLINT_TEXT_SUPPRESS_H

#include "base/array.h"

#include <stdbool.h>
#include <stddef.h>

enum suppress_action {
    SUPPRESS_DISABLE,
    SUPPRESS_DISABLE_NEXT,
    SUPPRESS_ENABLE,
    SUPPRESS_SKIP_FILE, /* has no name */
    SUPPRESS_NOQA,      /* the name may be another tool's */
    SUPPRESS_NOQA_ALL,  /* has no name */
    SUPPRESS_UNKNOWN    /* the name is a word that is no action */
};

/* One action on one name. */
struct suppress_part {
    enum suppress_action action;
    const char *name; /* in the comment's text, `length` bytes */
    size_t length;
};

struct suppress_comment {
    ARRAY_OF(struct suppress_part);
    const char *reason; /* in the comment's text, `reason_length` bytes; blanks around it cut */
    size_t reason_length;
};

/* Whether the `n` bytes of a comment (with or without its first '#') say anything to cyclint. */
bool suppress_is_directive(const char *comment, size_t n);

/* Takes such a comment apart; `*out` is filled from nothing, and freed by array_free(). */
void suppress_parse(const char *comment, size_t n, struct suppress_comment *out);

#endif
