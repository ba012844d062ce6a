/*
 * gc.set_threshold() with numbers that do something else than they seem to.
 *
 *   0 first          turns the collector off, while gc.isenabled() goes on saying True
 *   a tiny first     a collection every few allocations
 *   0 later          the opposite of off: that generation is examined every other time
 *   the defaults     nothing
 *
 * A file that reads the thresholds (gc.get_threshold) puts them back, or shows them: it knows what
 * it does.  So do tests, and code that is there to look at memory.
 */
#include "rule.h"

enum { NO_NUMBER = -1, ABSENT = -2 };

/* The number that argument `position` is. */
static long number_at(const struct facts *facts, uint32_t call, int position)
{
    uint32_t value = facts_argument(facts, call, position, NULL);
    uint32_t number;
    return value == NONE                                              ? ABSENT
           : facts_integer(facts, uses_origin(facts, value), &number) ? (long)number
                                                                      : NO_NUMBER;
}

static bool has_stars(const struct facts *facts, uint32_t call)
{
    for (uint32_t i = call + 1; i <= call + facts->ops[call].b; i++) {
        if (facts->ops[i].flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            return true;
        }
    }
    return false;
}

static long default_first(const struct program *program)
{
    return program->python_version >= 0x030D ? 2000 : 700;
}

/* Whether the file sets other thresholds elsewhere, which this call then takes back. */
static bool is_only_call(const struct facts *facts, uint32_t call)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (i != call && facts_calls(facts, i, "gc.set_threshold")) {
            return false;
        }
    }
    return true;
}

static void check_first(struct check *check, uint32_t file, uint32_t call, long first)
{
    struct place place = place_of_op(file, &check->program->files[file]->ops[call]);
    if (first == 0) {
        struct finding *finding =
            rule_report_as(check, place,
                           "gc.set_threshold(0) turns the collector off, but gc.isenabled() goes "
                           "on saying True, and gc.enable() does not turn it on");
        finding_remedy(check, finding, "say gc.disable(), or gc.enable() and thresholds above 0");
    } else if (first > 0 && first < check->limit) {
        rule_report_as(check, place,
                       "with threshold0 = %ld the collector runs at every %ld%s new object", first,
                       first + 1,
                       first == 1   ? "nd"
                       : first == 2 ? "rd"
                                    : "th");
    }
}

/* The later thresholds: 0 there is the opposite of "never". */
static void check_later(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    for (int position = 1; position <= 2; position++) {
        if (number_at(facts, call, position) != 0) {
            continue;
        }
        struct finding *finding =
            rule_report_as(check, place_of_op(file, &facts->ops[call]),
                           "threshold%d = 0 does not turn generation %d off: it is examined at "
                           "every other collection of the one before",
                           position, position);
        finding->confidence = CONFIDENCE_CERTAIN;
        finding_remedy(check, finding, "a very large threshold%d keeps the collector away from it",
                       position);
        return;
    }
}

static bool is_default(const struct program *program, const struct facts *facts, uint32_t call)
{
    long second = number_at(facts, call, 1), third = number_at(facts, call, 2);
    return number_at(facts, call, 0) == default_first(program) && (second == 10 || second == ABSENT)
           && (third == 10 || third == ABSENT);
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    if (has_stars(facts, call)
        || purpose_is_inspection(check->program, file, facts_scope_of_op(facts, call))) {
        return;
    }
    long first = number_at(facts, call, 0);
    check_first(check, file, call, first);
    if (first != 0) {
        check_later(check, file, call);
    }
    if (is_default(check->program, facts, call) && is_only_call(facts, call)) {
        rule_report_as(check, place_of_op(file, &facts->ops[call]),
                       "these thresholds are the defaults of Python 3.%u: the call changes nothing",
                       (unsigned)check->program->python_version & 0xFF);
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "set_threshold") == NONE
            || facts_symbol(facts, "get_threshold") != NONE || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts_calls(facts, i, "gc.set_threshold")) {
                check_call(check, file, i);
            }
        }
    }
}

const struct rule rule_gc_threshold_odd = {
    .code = "W9704",
    .name = "gc-threshold-odd",
    .message = "gc.set_threshold() with numbers that do something else than they seem to",
    .why = "Of gc.set_threshold(threshold0, threshold1, threshold2) the first is how many more "
           "objects must have been made than freed before the youngest are examined; the others "
           "count collections of the generation before. Each must be exceeded. threshold0 = 0 "
           "turns all automatic collection off, which gc.isenabled() does not show; a tiny one "
           "makes the program walk its youngest objects at every other line. threshold1 = 0 or "
           "threshold2 = 0 turns nothing off: the older generations are then examined most often "
           "(the oldest still only when a quarter has come to it since). The defaults are "
           "700, 10, 10, and 2000, 10, 10 since Python 3.13; Python 3.14.0 to 3.14.4 have no "
           "third generation and ignore threshold2, and the free-threaded build knows only "
           "threshold0.",
    .instead = "gc.disable() to turn it off; a larger threshold0 (10,000 to 50,000) for a program "
               "that makes many objects and keeps them; `cyclint gc tune` works one out.",
    .since = "",
    .limit_name = "min-threshold",
    .limit_help = "The least first threshold that is not odd: below, a collection costs more than "
                  "the allocations between two",
    .limit = 100,
    .check = check,
};
