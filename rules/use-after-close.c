/*
 * A resource that is used, or closed once more, where it is surely closed already.
 *
 * Surely: on every way on which the use is reached.  Only what cannot be done with a closed one
 * counts as a use (reading, not `name` or `closed`), and closing again only of a descriptor: the
 * second os.close() may close what somebody else has opened in between.  Besides what is returned
 * from within the `with` that closes it.
 */
#include "rule.h"

static void report(struct check *check, enum resource_problem problem, const char *what)
{
    const struct resource *resource = NULL;
    while ((resource = resources_next(check->program, problem, resource)) != NULL) {
        struct finding *finding =
            rule_report(check, resource->place, resource->maker->thing, resource->holder, what);
        if (resource->is_quiet) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        if (resource->way_is != NULL) {
            finding_relate(check, finding, resource->way, "%s", resource->way_is);
        }
    }
}

static void check(struct check *check)
{
    report(check, RESOURCE_USED_CLOSED, "is used after it was closed");
    report(check, RESOURCE_CLOSED_TWICE, "is closed a second time");
    report(check, RESOURCE_RETURNED_CLOSED,
           "is closed by the time anybody reads what this returns");
}

const struct rule rule_use_after_close = {
    .code = "W9312",
    .name = "use-after-close",
    .message = "%s '%s' %s",
    .why = "A closed file or connection raises when it is read or written: ValueError, OSError or "
           "ProgrammingError. What reads lazily, a csv.reader or a generator, raises far from the "
           "`with` that closed its file. A descriptor is worse: its number is given to the next "
           "file or socket that the process opens, and a second os.close() closes that one. It "
           "shows as \"Bad file descriptor\" in code that did nothing wrong, or as data in the "
           "wrong file.",
    .instead =
        "Do it within the `with` block; read all there is (`list(…)`) before the block ends, "
        "or yield from within it. A descriptor that os.fdopen() was given is closed with the "
        "file: leave out the os.close().",
    .since = "",
    .check = check,
};
