/*
 * A resource is closed, or handed on, but not when something in between raises.
 *
 * Only what can really fail counts: calls, but not those that never raise in a working program;
 * iterating over the resource; `await` and `yield`, where the outside may end the function.
 */
#include "rule.h"

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_NOT_CLOSED_ON_ERROR, resource))
           != NULL) {
        struct finding *finding = rule_report(check, resource->place, resource->maker->thing,
                                              resource->holder, maker_end(resource->maker));
        if (resource->is_quiet) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        if (resource->way_is != NULL) {
            finding_relate(check, finding, resource->way, "%s", resource->way_is);
        }
        if (resource->maker->flags & MAKER_IS_NUMBER) {
            finding_remedy(check, finding, "os.close(%s) in a `finally`", resource->holder);
        } else {
            finding_remedy(check, finding, "%s", resource_with_line(resource, &check->scratch));
            resource_offer_with(check, finding, resource);
        }
    }
}

const struct rule rule_resource_not_closed_on_error = {
    .code = "W9303",
    .name = "resource-not-closed-on-error",
    .message = "%s '%s' is not %s when something in between raises",
    .why = "The exception leaves the function past the close. The traceback holds the frame and "
           "the frame holds the resource, so it stays open for as long as anybody keeps the "
           "exception: a logger, a retry loop, a failed future. Errors come in crowds, and so do "
           "the leaked descriptors.",
    .instead = "Open it in a `with` statement, or close it in `finally`; to hand it on only when "
               "all went well, use contextlib.ExitStack and pop_all().",
    .since = "",
    .check = check,
};
