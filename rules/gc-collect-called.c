/*
 * gc.collect() in a loop or in ordinary code.
 *
 * A call has its place where somebody looks at what is left afterwards, or changes how the
 * collector works; so it is not reported
 *
 *   - in test code, at module level, under `if __name__ == "__main__"`;
 *   - in a file that itself disables, freezes or tunes the collector: it has a policy;
 *   - in a function that measures or inspects memory, looks at weak references, or forks;
 *   - in a function, class or module whose name says that this is what it is for (debug, leak,
 * memory, gc);
 *   - after a MemoryError, and under a condition about PyPy, which has no reference counts, or
 * about debugging;
 *   - beside torch's empty_cache(): models are full of cycles.
 *
 * In a loop or in `__del__` what the function does besides is no excuse.  Elsewhere it is possible
 * only: who wrote it most often had a reason, if not a good one.
 */
#include "rule.h"

/* ---- the function around it ---- */

/* Whether a call tells that its function inspects memory, runs its own policy, or forks. */
static bool excuses_function(const struct facts *facts, uint32_t callee, struct arena *arena)
{
    static const char *const prefixes[] = {"gc.",
                                           "tracemalloc.",
                                           "weakref.",
                                           "objgraph.",
                                           "psutil.",
                                           "resource.",
                                           "pympler.",
                                           "guppy.",
                                           "memory_profiler.",
                                           "sys.getrefcount",
                                           "os.fork",
                                           "sys.getallocatedblocks",
                                           "sys.getsizeof",

                                           NULL};
    const struct op *op = &facts->ops[callee];
    const char *last = op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                       : op->kind == OP_LOAD    ? variable_name(facts, op->a)
                                                : "";
    if (strcmp(last, "empty_cache") == 0 || strstr(last, "torch_cache") != NULL) {
        return true;
    }
    const char *name = facts_dotted_name(facts, callee, arena);
    if (name == NULL || strcmp(name, "gc.collect") == 0) {
        return false;
    }
    for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
            return true;
        }
    }
    return false;
}

static bool does_more_than_collect(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL && excuses_function(facts, facts->ops[i].a, arena)) {
            return true;
        }
    }
    return false;
}

/* Whether one of the functions or classes around it says or shows what the call is for. */
static bool has_purpose(const struct facts *facts, uint32_t scope, bool is_repeated,
                        struct arena *arena)
{
    for (; scope != 0; scope = facts->scopes[scope].parent) {
        if (purpose_is_told_by(facts_name(facts, facts->scopes[scope].name))
            || (!is_repeated && does_more_than_collect(facts, scope, arena))) {
            return true;
        }
    }
    return false;
}

/* ---- the control constructs around it ---- */

/* Whether a handler is for MemoryError. */
static bool handles_memory_error(const struct facts *facts, uint32_t except)
{
    for (uint32_t i = except + 1; facts->ops[i].kind != OP_CAUGHT; i++) {
        if (facts->ops[i].kind == OP_END) {
            return false;
        }
        if (facts->ops[i].kind == OP_LOAD
            && strcmp(variable_name(facts, facts->ops[i].a), "MemoryError") == 0) {
            return true;
        }
    }
    return false;
}

struct around {
    bool is_excused, is_in_loop;
};

static struct around look_around(const struct facts *facts, uint32_t call)
{
    struct around around = {false, false};
    uint32_t control = uses_control_around(facts, call);
    for (; control != NONE; control = uses_control_around(facts, control)) {
        const struct op *op = &facts->ops[control];
        around.is_in_loop |= op->kind == OP_LOOP && op->aux != LOOP_COMPREHENSION;
        around.is_excused |= op->kind == OP_EXCEPT && handles_memory_error(facts, control);
        around.is_excused |=
            op->kind == OP_IF && op->a != NONE && purpose_is_condition(facts, op->a);
    }
    return around;
}

/* ---- the file ---- */

/* Whether the file changes how the collector works. */
static bool has_policy(const struct facts *facts)
{
    static const char *const calls[] = {"gc.disable", "gc.enable", "gc.freeze", "gc.set_threshold"};
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
            if (facts_calls(facts, i, calls[c])) {
                return true;
            }
        }
    }
    return false;
}

/* A call at module level runs once, unless it stands in a loop. */
static bool is_module_level(const struct facts *facts, uint32_t scope)
{
    while (facts->scopes[scope].kind == SCOPE_CLASS) {
        scope = facts->scopes[scope].parent;
    }
    return scope == 0;
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t scope = facts_scope_of_op(facts, call);
    struct around around = look_around(facts, call);
    bool is_repeated =
        around.is_in_loop || strcmp(facts_name(facts, facts->scopes[scope].name), "__del__") == 0;
    if (around.is_excused || has_purpose(facts, scope, is_repeated, &check->scratch)
        || (is_module_level(facts, scope) && !around.is_in_loop)) {
        return;
    }
    const char *where = around.is_in_loop
                            ? "in a loop"
                            : arena_format(&check->scratch, "in '%s'",
                                           facts_name(facts, facts->scopes[scope].name));
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[call]), where);
    finding->confidence = is_repeated ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "gc") == NONE || facts_symbol(facts, "collect") == NONE
            || is_test_code(check->program, file) || has_policy(facts)
            || purpose_is_told_by(check->program->modules[file])) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts_calls(facts, i, "gc.collect")) {
                check_call(check, file, i);
            }
        }
    }
}

const struct rule rule_gc_collect_called = {
    .code = "W9702",
    .name = "gc-collect-called",
    .message = "gc.collect() %s walks every object of the process each time",
    .why = "A full collection visits every container the process holds, which takes a tenth of a "
           "second for a few million objects, whatever there is to free; called in a loop or for "
           "each request it soon is most of the work. What has no cycles is freed without it, when "
           "the last reference goes. If memory does come down after the call, there are cycles, "
           "and the call hides them. Fine before fork and gc.freeze(), in tests, when measuring, "
           "and after a very large structure with cycles was dropped.",
    .instead =
        "Remove the call; find the cycles that made it seem to help (reference-cycle and its "
        "kin), or run the collector at a place of your own with gc.disable() or gc.freeze().",
    .since = "",
    .check = check,
};
