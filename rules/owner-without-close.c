/*
 * An object keeps a resource in an attribute, and nothing anywhere closes it.
 *
 * The attribute is looked for by name in the whole program: a close, a `with`, a return or a call
 * that is given it, and the rule is silent.  So it is about a class that offers no way to close.
 */
#include "rule.h"

static void check(struct check *check)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, RESOURCE_OWNED, resource)) != NULL) {
        struct finding *finding =
            rule_report(check, resource->place, resource->owner, resource->maker->thing,
                        resource->holder, maker_end(resource->maker));
        if (resource->is_quiet) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        const char *closer = maker_closer(resource->maker, &check->scratch);
        finding_remedy(check, finding,
                       "give '%s' a close() that calls %s.%s(), and __enter__ and __exit__",
                       resource->owner, resource->holder, *closer == '\0' ? "close" : closer);
    }
}

const struct rule rule_owner_without_close = {
    .code = "W9305",
    .name = "owner-without-close",
    .message = "'%s' keeps a %s in '%s' that is never %s",
    .why = "Whoever uses the class cannot let go of the resource: it stays open for as long as the "
           "object lives, and one reference too many, a cache or a cycle, makes that for ever. "
           "What was written may not be on disk until then. CPython closes files and sockets when "
           "the object dies, and says so by a ResourceWarning under `-X dev`; a number from "
           "os.open() or os.pipe() is never closed by anybody. Fine for an object of which a "
           "process has one, to its end.",
    .instead = "Give the class a close() method that closes it, and make it a context manager; or "
               "open the resource only where it is used.",
    .since = "",
    .check = check,
};
