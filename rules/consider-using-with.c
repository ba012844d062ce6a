/*
 * A resource is closed by hand, properly, where `with` would say the same in one line.
 *
 * Only the plain shape: one close, in the block of the acquisition or in the `finally` of a `try`
 * there, of something whose `with` closes.  What leaks has a rule of its own.
 */
#include "rule.h"

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_CLOSED_BY_HAND, resource)) != NULL) {
        struct finding *finding = rule_report(check, resource->place, resource->maker->thing,
                                              resource->holder, maker_end(resource->maker));
        if (resource->is_quiet) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        finding_remedy(check, finding, "%s", resource_with_line(resource, &check->scratch));
        resource_offer_with(check, finding, resource);
    }
}

const struct rule rule_consider_using_with = {
    .code = "R9304",
    .name = "consider-using-with",
    .message = "%s '%s' is %s by hand where 'with' would do",
    .why = "It is closed, and today on every path. The next return or call put between keeps that "
           "true only by luck; `with` keeps it true by itself, and shows where the resource ends. "
           "It costs nothing: the block ends by the same close(). Fine where the close is in "
           "another function than the open, and this one only borrows.",
    .instead = "Open it in a `with` statement and leave out the close.",
    .since = "",
    .check = check,
};
