/*
 * A loop each trip of which leaves much to the collector.
 *
 * What lasts longer than its trip is looked at by the collector, again and again while it is young;
 * what ends in a cycle is also freed by it.  The collector model prices one trip; a loop is told of
 * when a million trips cost more than the budget even at the lower end of the range, counting only
 * what each trip surely makes: nothing that stands under an `if`, no inner loop whose trips the
 * text does not tell.  Silent in tests.  Off by default: one function that makes cycles is told of
 * at each loop that calls it.
 */
#include "rule.h"

static void report_loop(struct check *check, const struct pressed_loop *loop)
{
    struct builder words = {0};
    const struct gc_trip *trip = &loop->price.trip;
    struct place head = loop->place;
    head.end = head.start; /* the whole statement would underline too much */
    builder_add(&words, "each trip ");
    if (trip->cyclic >= 1) {
        builder_addf(&words, "leaves %.0f objects in cycles", trip->cyclic);
    }
    if (trip->kept >= 1) {
        builder_addf(&words, "%skeeps %.0f objects", trip->cyclic >= 1 ? " and " : "", trip->kept);
    }
    builder_add(&words, ": the collector takes ");
    gc_add_range(&words, loop->price.seconds);
    builder_add(&words, " for a million trips");
    struct finding *finding = rule_report(check, head, builder_string(&words));
    finding->scope = loop->scope;
    if (trip->kept > trip->cyclic) {
        finding_remedy(check, finding,
                       "make fewer containers a trip, or build the data between gc.disable() and "
                       "gc.enable() and call gc.freeze() after it");
    }
    builder_free(&words);
}

static void check(struct check *check)
{
    struct pressed_loops loops = {0};
    gc_pressure_find((struct program *)check->program, check->heap, check->limit / 1000.0, &loops);
    for (size_t i = 0; i < loops.n; i++) {
        if (!is_test_code(check->program, loops.items[i].place.file)) {
            report_loop(check, &loops.items[i]);
        }
    }
    array_free(&loops);
}

const struct rule rule_gc_pressure = {
    .code = "I9707",
    .name = "gc-pressure",
    .message = "%s",
    .why =
        "The cyclic collector counts each list, dict, instance or closure that is made and not yet "
        "freed. After 700 of them (2,000 since Python 3.13) it looks at all the new ones, after "
        "ten such collections at those that survived as well, and when the old ones have grown by "
        "a quarter, at everything. What reference counting frees within the trip costs nothing. "
        "What is kept is looked at several times, and what ends in a cycle must also be taken "
        "apart. Here the model of the collector says that this takes more than half a microsecond "
        "a trip, which is as much as the trip itself; 'cyclint gc report' shows the objects. "
        "It is fine to ignore where the loop runs seldom, or while a program loads.",
    .instead = "Break the cycle (the finding of the cycle says how), or let one trip's objects be "
               "freed before the next: a weak reference to the parent, a tuple in place of small "
               "dicts, a container that is used again.",
    .since = "",
    .limit_name = "max-milliseconds",
    .limit_help = "Collector time that a million trips may cost; 500 is half a microsecond a trip, "
                  "about what a trip with a call in it takes by itself",
    .limit = 500,
    .is_off = true,
    .needs_heap = true,
    .check = check,
};
