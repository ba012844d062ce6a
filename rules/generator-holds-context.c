/*
 * A `with` around a `yield` in a loop, or around several: the block is left when the consumer is
 * done, if ever.
 *
 * A generator that yields once is made for contextlib, a test fixture or a framework's dependency,
 * which go on with it; one that yields again is iterated by somebody who may stop half-way, or
 * take his time.  How bad that is depends on what is held:
 *
 *   - a lock is held while the consumer runs code of his own;
 *   - a changed state (warnings, the decimal context, stdout) is changed for the consumer too;
 *   - an async generator that is dropped is not closed with its last reference, but by the event
 *     loop, some time later and in another task; a `finally` or `async with` in it waits for that;
 *   - a file is closed in CPython when the generator is dropped.  Only a possible finding.
 */
#include "rule.h"

struct generator {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    bool is_async;
    uint32_t told_until; /* the END of the `with` that was reported last */
};

static const struct op *op_at(const struct generator *generator, uint32_t op)
{
    return &generator->facts->ops[op];
}

/* ---- what is held ---- */

static const char *const state_changers[] = {
    "decimal.localcontext",
    "warnings.catch_warnings",
    "contextlib.redirect_stdout",
    "contextlib.redirect_stderr",
    "contextlib.chdir",
    "numpy.errstate",
    "numpy.printoptions",
    "torch.no_grad",
    "torch.enable_grad",
    "torch.inference_mode",
    "unittest.mock.patch",
    "unittest.mock.patch.object",
    "unittest.mock.patch.dict",
    "django.utils.translation.override",
    "django.test.override_settings",
    NULL,
};

static bool spells_any(const struct generator *generator, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(generator->facts, value, *names)) {
            return true;
        }
    }
    return false;
}

static bool is_lock(const struct generator *generator, uint32_t value)
{
    uint8_t kind = op_at(generator, value)->kind;
    return (kind == OP_LOAD || kind == OP_ATTRIBUTE)
           && (locks_kind(generator->check->program, generator->file, value) != LOCK_NONE
               || locks_is_named_so(generator->facts, value));
}

static bool changes_state(const struct generator *generator, uint32_t value)
{
    const struct op *op = op_at(generator, value);
    return op->kind == OP_CALL && spells_any(generator, op->a, state_changers);
}

static const struct maker *maker_of(const struct generator *generator, uint32_t value)
{
    const struct op *op = op_at(generator, value);
    if (op->kind != OP_CALL) {
        return NULL;
    }
    struct arena *arena = &generator->check->scratch;
    const char *dotted = facts_dotted_name(generator->facts, op->a, arena);
    return dotted != NULL && facts_spells(generator->facts, op->a, dotted)
               ? makers_find(&generator->check->program->resources->makers, dotted)
               : NULL;
}

/* ---- where it yields ---- */

/* A `yield` in a loop within the block, `yield from`, or the second that stands directly in the
 * block; NONE if there is none. */
static uint32_t repeated_yield(const struct generator *generator, uint32_t with)
{
    uint32_t n_loops = 0, n_plain = 0;
    for (uint32_t i = with + 1; i < op_at(generator, with)->b; i++) {
        const struct op *op = op_at(generator, i);
        n_loops += op->kind == OP_LOOP;
        n_loops -= op->kind == OP_END && op_at(generator, op->b)->kind == OP_LOOP;
        if (op->kind == OP_YIELD_FROM || (op->kind == OP_YIELD && n_loops > 0)) {
            return i;
        }
        n_plain += op->kind == OP_YIELD && uses_control_around(generator->facts, i) == with;
        if (n_plain == 2) {
            return i;
        }
    }
    return NONE;
}

/* ---- the findings ---- */

static void report(struct generator *generator, uint32_t with, const char *what,
                   enum confidence confidence)
{
    struct check *check = generator->check;
    uint32_t value = op_at(generator, with)->a;
    uint32_t named = op_at(generator, value)->kind == OP_CALL ? op_at(generator, value)->a : value;
    const char *name = uses_spell_chain(generator->facts, named, &check->scratch);
    uint32_t yield = repeated_yield(generator, with);
    if (yield == NONE || with < generator->told_until) {
        return; /* or what is around it was told of */
    }
    generator->told_until = confidence == CONFIDENCE_POSSIBLE ? 0 : op_at(generator, with)->b;
    struct finding *finding =
        rule_report(check, place_of_op(generator->file, op_at(generator, value)), name, what);
    finding->confidence =
        is_test_code(check->program, generator->file) ? CONFIDENCE_POSSIBLE : confidence;
    finding_relate(check, finding, place_of_op(generator->file, op_at(generator, yield)),
                   "it is held while this waits");
}

/* Whether the manager has something to do when it is left.  aclosing() hands on that very duty. */
static bool outlives_consumer(const struct generator *generator, uint32_t with,
                              const struct maker *maker)
{
    const struct op *value = op_at(generator, op_at(generator, with)->a);
    const struct op *callee = value->kind == OP_CALL ? op_at(generator, value->a) : value;
    const char *name = callee->kind == OP_LOAD        ? variable_name(generator->facts, callee->a)
                       : callee->kind == OP_ATTRIBUTE ? facts_name(generator->facts, callee->b)
                                                      : "";
    if (strcmp(name, "aclosing") == 0) {
        return false;
    }
    return op_at(generator, with)->flags & OP_IS_ASYNC
           || (maker != NULL && !(maker->flags & MAKER_TAKES_OBJECT));
}

static void check_with(struct generator *generator, uint32_t with)
{
    uint32_t value = op_at(generator, with)->a;
    const struct maker *maker = maker_of(generator, value);
    if (is_lock(generator, value)) {
        report(generator, with,
               "stays locked while the consumer of this generator goes about its work",
               CONFIDENCE_LIKELY);
    } else if (changes_state(generator, value)) {
        report(generator, with,
               "is in force for the consumer of this generator too, between two items",
               CONFIDENCE_LIKELY);
    } else if (generator->is_async && outlives_consumer(generator, with, maker)) {
        report(
            generator, with,
            "is left only by the event loop, some time later, when this generator is not exhausted",
            CONFIDENCE_LIKELY);
    } else if (maker != NULL) {
        report(generator, with, "stays open until this generator is exhausted or dropped",
               CONFIDENCE_POSSIBLE);
    }
}

/* A decorator may make anything of a generator; these do not. */
static bool is_plain_generator(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    uint32_t first = facts_first_decorator(facts, scope);
    bool is_plain = first == NONE || facts_spells(facts, facts->ops[first].a, "staticmethod")
                    || facts_spells(facts, facts->ops[first].a, "classmethod");
    return s->kind == SCOPE_FUNCTION && s->flags & SCOPE_IS_GENERATOR && is_plain;
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
            const struct scope *s = &facts->scopes[scope];
            if (!is_plain_generator(facts, scope)) {
                continue;
            }
            struct generator generator = {.check = check,
                                          .file = file,
                                          .facts = facts,
                                          .is_async = s->flags & SCOPE_IS_ASYNC};
            for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
                if (facts->ops[i].kind == OP_WITH) {
                    check_with(&generator, i);
                }
            }
        }
    }
}

const struct rule rule_generator_holds_context = {
    .code = "W9309",
    .name = "generator-holds-context",
    .message = "'%s' %s",
    .why =
        "A generator stands still at each `yield`, in the middle of its `with`. What it holds is "
        "held for as long as the consumer takes: a lock, while the consumer calls who knows "
        "what, perhaps something that wants the same lock; a changed decimal context or stdout, "
        "which the consumer gets too. A consumer that stops half-way leaves the block only when "
        "the generator dies: at once in CPython if nothing else holds it. An async generator is "
        "not closed then: the event loop does it later, in another task, and not at all if it is "
        "no longer running.",
    .instead = "Collect under the lock and yield outside of it; let the consumer enter the context "
               "(make it a context manager that gives the iterator); consume an async generator "
               "with `async with contextlib.aclosing(…)`.",
    .since = "",
    .check = check,
};
