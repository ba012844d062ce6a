/*
 * A file, socket or process that is made and lost in the same expression.
 *
 * Whatever is done with the value at once (a method called, handed to a function that only reads
 * it, iterated) leaves nobody who could close it.  See program/resources.h for what ends the duty.
 */
#include "rule.h"

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_DROPPED, resource)) != NULL) {
        struct finding *finding = rule_report(check, resource->place, resource->maker->thing,
                                              resource->callee, maker_end(resource->maker));
        if (resource->is_certain || resource->is_quiet) {
            finding->confidence = resource->is_quiet ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
        }
        if (resource->maker->flags & MAKER_IS_NUMBER) {
            finding_remedy(check, finding, "keep the descriptor and os.close() it in `finally`");
        } else {
            finding_remedy(check, finding, "%s", resource_with_line(resource, &check->scratch));
            resource_offer_with(check, finding, resource);
        }
    }
}

const struct rule rule_resource_dropped = {
    .code = "W9301",
    .name = "resource-dropped",
    .message = "the %s made by '%s()' is dropped without being %s",
    .why = "Nobody holds it, so nobody can close it. CPython closes it when the object dies, which "
           "is at once only as long as no traceback, debugger or cycle holds it; PyPy and others "
           "wait for a collection. Until then the descriptor is taken, what was written may not be "
           "on disk, and Windows will not delete the file. Run with `-X dev` it is a "
           "ResourceWarning.",
    .instead = "Open it in a `with` statement, or use a function that closes by itself, such as "
               "Path.read_text().",
    .since = "",
    .check = check,
};
