/*
 * A profiler or debugging aid that ordinary code turns on and nobody turns off.
 *
 *   tracemalloc.start(), yappi.start()   without their stop() in the program
 *   cProfile.Profile().enable()          without a disable() in the file
 *   gc.set_debug(gc.DEBUG_STATS)         without a call that sets other flags; the flags that keep
 *                                        garbage are gc-debug-left-on's
 *   @profile                             memory_profiler's and line_profiler's, or the name that
 *                                        only kernprof and `python -m memory_profiler` make a
 *                                        builtin
 *
 * What stands under an `if` was asked for.  Tests, and code whose name says that it looks at
 * memory, may.
 */
#include "rule.h"

/* ---- calls ---- */

struct aid {
    const char *start; /* the call that turns it on */
    const char *stop;  /* and off */
    const char *last;  /* the last part of `stop` */
    const char *effect;
};

static const struct aid aids[] = {
    {"tracemalloc.start", "tracemalloc.stop", "stop",
     "from here on each allocation keeps a traceback, too"},
    {"yappi.start", "yappi.stop", "stop", "from here on each call is timed"},
    {"gc.set_debug", "gc.set_debug", "set_debug", "from here on each collection writes to stderr"},
};

/* Whether the argument of gc.set_debug() names a flag that makes each collection talk, and none
 * that keeps garbage. */
static bool only_talks(const struct facts *facts, uint32_t call)
{
    uint32_t flags = facts_argument(facts, call, 0, "flags");
    bool talks = false;
    for (uint32_t i = facts->scopes[facts_scope_of_op(facts, call)].first_op;
         flags != NONE && i < call; i++) {
        if (!uses_is_part(facts, flags, i)) {
            continue;
        }
        talks |= facts_spells(facts, i, "gc.DEBUG_STATS")
                 || facts_spells(facts, i, "gc.DEBUG_COLLECTABLE");
        if (facts_spells(facts, i, "gc.DEBUG_LEAK") || facts_spells(facts, i, "gc.DEBUG_SAVEALL")) {
            return false;
        }
    }
    return talks;
}

static bool is_start(const struct facts *facts, uint32_t op, const struct aid *aid)
{
    return facts_calls(facts, op, aid->start)
           && (strcmp(aid->start, aid->stop) != 0 || only_talks(facts, op));
}

static bool is_stop(const struct facts *facts, uint32_t op, const struct aid *aid)
{
    return facts_calls(facts, op, aid->stop) && !is_start(facts, op, aid);
}

static bool is_stopped(const struct program *program, const struct aid *aid)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; facts_symbol(facts, aid->last) != NONE && i < facts->n_ops; i++) {
            if (is_stop(facts, i, aid)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether somebody asked for it, or the code is there to measure. */
static bool is_wanted(const struct program *program, uint32_t file, uint32_t op)
{
    const struct facts *facts = program->files[file];
    return purpose_is_inspection(program, file, facts_scope_of_op(facts, op))
           || purpose_is_asked_for(facts, op);
}

static void check_aid(struct check *check, uint32_t file, uint32_t op, const struct aid *aid)
{
    const struct facts *facts = check->program->files[file];
    if (is_start(facts, op, aid) && !is_wanted(check->program, file, op)
        && !is_stopped(check->program, aid)) {
        struct finding *finding =
            rule_report_as(check, place_of_op(file, &facts->ops[op]),
                           "%s() is called and nothing takes it back: %s", aid->start, aid->effect);
        finding_remove_call(check, finding, file, op);
    }
}

/* `profiler.enable()` of a cProfile.Profile(). */
static void check_enable(struct check *check, uint32_t file, uint32_t op)
{
    const struct facts *facts = check->program->files[file];
    const struct op *callee = &facts->ops[facts->ops[op].a];
    if (callee->kind != OP_ATTRIBUTE || strcmp(facts_name(facts, callee->b), "enable") != 0
        || facts_symbol(facts, "disable") != NONE) {
        return;
    }
    uint32_t profiler = uses_origin(facts, callee->a);
    if ((facts_calls(facts, profiler, "cProfile.Profile")
         || facts_calls(facts, profiler, "profile.Profile"))
        && !is_wanted(check->program, file, op)) {
        struct finding *finding =
            rule_report_as(check, place_of_op(file, &facts->ops[op]),
                           "the profiler is enabled and nothing disables it: from here on each "
                           "call of this thread is timed");
        finding_remove_call(check, finding, file, op);
    }
}

/* ---- decorators ---- */

/* What a decorator turns on, or NULL. */
static const char *profile_decorator(const struct facts *facts, uint32_t decorator)
{
    static const char *const profilers[] = {"memory_profiler.profile", "line_profiler.profile",
                                            "profilehooks.profile"};
    const struct op *op = &facts->ops[decorator];
    uint32_t value = op->kind == OP_CALL ? op->a : decorator;
    for (size_t i = 0; i < sizeof profilers / sizeof *profilers; i++) {
        if (facts_spells(facts, value, profilers[i])) {
            return profilers[i];
        }
    }
    return facts_spells(facts, decorator, "profile") ? "profile" : NULL;
}

static void check_decorators(struct check *check, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        const char *name = profile_decorator(facts, facts->ops[call].a);
        if (name == NULL) {
            continue;
        }
        struct finding *finding = rule_report_as(
            check, place_of_op(file, &facts->ops[facts->ops[call].a]),
            strcmp(name, "profile") == 0
                ? "'@%s' is a builtin only under a profiler: without one this is a NameError"
                : "'@%s' measures each line of each call, whoever calls",
            name);
        finding_remedy(check, finding, "take the decorator off when the measuring is done");
    }
}

/* ---- the file ---- */

static void check_op(struct check *check, uint32_t file, uint32_t op)
{
    for (size_t i = 0; i < sizeof aids / sizeof *aids; i++) {
        check_aid(check, file, op, &aids[i]);
    }
    check_enable(check, file, op);
}

static bool has_any(const struct facts *facts)
{
    static const char *const symbols[] = {"tracemalloc", "yappi",   "set_debug",
                                          "Profile",     "profile", NULL};
    for (const char *const *symbol = symbols; *symbol != NULL; symbol++) {
        if (facts_symbol(facts, *symbol) != NONE) {
            return true;
        }
    }
    return false;
}

static void check_scope(struct check *check, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL) {
            check_op(check, file, i);
        }
    }
    if (s->kind == SCOPE_FUNCTION && facts_first_decorator(facts, scope) != NONE
        && !is_wanted(check->program, file, s->defined_at)) {
        check_decorators(check, file, scope);
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (!has_any(facts) || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            check_scope(check, file, scope);
        }
    }
}

const struct rule rule_profiler_left_on = {
    .code = "W9606",
    .name = "profiler-left-on",
    .message = "%s is left on",
    .why = "A hunt for a leak or a slow function leaves its tools behind. tracemalloc keeps a "
           "traceback for every block of memory that is in use, which takes about as much memory "
           "again and makes allocations two to four times as slow; a profiler calls a hook at "
           "every call, memory_profiler asks the kernel for the size of the process at every line. "
           "Nothing looks wrong: the program is only larger and slower than it was. The plain "
           "name `profile` exists only under kernprof or `python -m memory_profiler`.",
    .instead = "remove it, put it behind a flag, or stop it in a `finally`; PYTHONTRACEMALLOC=1 "
               "and `python -X tracemalloc` turn tracemalloc on from outside.",
    .since = "",
    .check = check,
};
