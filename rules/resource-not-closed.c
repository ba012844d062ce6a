/*
 * A local name holds a resource that is still open when the function is done.
 *
 * Every normal way out is looked at: a `return` before the close, a branch that goes around it, the
 * name taken for something else.  What is returned, stored or handed on is the receiver's.
 */
#include "rule.h"

/* Whether a program that is run holds it by a name of its own until it ends. */
static bool is_of_program(const struct check *check, struct place place)
{
    const struct facts *facts = check->program->files[place.file];
    return facts_symbol(facts, "__main__") != NONE && facts_scope_at(facts, place.start) == 0;
}

static void report(struct check *check, const struct resource *resource, const char *before,
                   const char *after)
{
    struct finding *finding =
        rule_report(check, resource->place, resource->maker->thing, resource->holder, before,
                    maker_end(resource->maker), after);
    if (resource->is_quiet || is_of_program(check, resource->place)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    } else if (resource->is_certain) {
        finding->confidence = CONFIDENCE_CERTAIN;
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

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_NEVER_CLOSED, resource)) != NULL) {
        report(check, resource, "never", "");
    }
    while ((resource = resources_next(check->program, RESOURCE_NOT_CLOSED, resource)) != NULL) {
        report(check, resource, "not", " on every path");
    }
}

const struct rule rule_resource_not_closed = {
    .code = "W9302",
    .name = "resource-not-closed",
    .message = "%s '%s' is %s %s%s",
    .why = "When the function returns, its last name goes, and closing is left to whenever the "
           "object dies: at once in CPython if nothing else holds it, later with a cycle or a kept "
           "traceback, at some collection in other Pythons. A long-running process runs out of "
           "descriptors or connections; what was written may not be on disk when the next reader "
           "comes.",
    .instead = "Open it in a `with` statement; where it must outlive the block, return it or keep "
               "it where something closes it.",
    .since = "",
    .check = check,
};
