/*
 * One module closes the same kind of resource by `with` here and by hand there.
 *
 * It is told once for each module and maker, at the first that is closed by hand though `with`
 * would do (R9304 tells of each), and shows the first `with`.
 */
#include "rule.h"

static const struct resource *first_of_file(const struct check *check,
                                            const struct resource *resource)
{
    const struct resource *first = check->program->resources->items;
    while (resource > first && (resource - 1)->place.file == resource->place.file) {
        resource--;
    }
    return resource;
}

/* The first of the same file and maker that has `problem`; NULL when there is none. */
static const struct resource *first_like(const struct check *check, const struct resource *resource,
                                         enum resource_problem problem)
{
    const struct resources *resources = check->program->resources;
    const struct resource *other = first_of_file(check, resource);
    for (; other < resources->items + resources->n; other++) {
        if (other->place.file != resource->place.file) {
            return NULL;
        }
        if (other->problem == problem && other->maker == resource->maker) {
            return other;
        }
    }
    return NULL;
}

static void check(struct check *check)
{
    const struct resource *by_hand = NULL;
    while ((by_hand = resources_next(check->program, RESOURCE_CLOSED_BY_HAND, by_hand)) != NULL) {
        const struct resource *entered = first_like(check, by_hand, RESOURCE_ENTERED);
        if (entered == NULL || first_like(check, by_hand, RESOURCE_CLOSED_BY_HAND) != by_hand) {
            continue;
        }
        struct finding *finding = rule_report(check, by_hand->place, by_hand->maker->thing,
                                              by_hand->holder, by_hand->callee);
        if (by_hand->is_quiet || is_test_code(check->program, by_hand->place.file)) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        finding_relate(check, finding, entered->place, "'with' closes this one");
        finding_remedy(check, finding, "%s", resource_with_line(by_hand, &check->scratch));
    }
}

const struct rule rule_mixed_resource_style = {
    .code = "C9313",
    .name = "mixed-resource-style",
    .message = "%s '%s' is closed by hand, though this module has 'with' for what %s() makes",
    .why = "Whoever reads the module has to ask at each place why this one is different, and the "
           "next change copies the style that happens to be near. The one that is closed by hand "
           "is also the one that stays open when something is put between.",
    .instead =
        "Open it in a `with` statement as elsewhere in the module; if it cannot be, say why.",
    .since = "",
    .check = check,
};
