/*
 * A weak reference to something that nobody else holds: dead before the next line.
 *
 *   a bound method  is made anew by each `self.method`; weakref.WeakMethod is made for it
 *   a lambda        that only the call sees
 *   a new object    of a class of the program, which only the call sees; not if the class may keep
 *                   its instances (by `__new__`, a metaclass, a decorator, an unknown base, or an
 *                   `__init__` that hands `self` to somebody)
 *
 * The receivers of signals of Django, blinker and celery are such references, too.  Tests of weak
 * references make dead ones on purpose.
 */
#include "rule.h"

/* Only the weak reference takes the value: no `:=`, no second target. */
static bool is_seen_once(const struct facts *facts, const struct weak_reference *reference)
{
    uint32_t use = uses_next(facts, reference->referent, reference->referent);
    return use == reference->use && uses_next(facts, reference->referent, use) == NONE;
}

/* `weakref.ref(self.run)` as `weakref.WeakMethod(self.run)`. */
static void offer_weak_method(struct check *check, struct finding *finding, uint32_t file,
                              const struct weak_reference_site *site)
{
    const struct facts *facts = check->program->files[file];
    const struct op *call = &facts->ops[site->op];
    if (call->kind != OP_CALL || !facts_spells(facts, call->a, "weakref.ref")
        || facts->ops[call->a].kind != OP_ATTRIBUTE
        || facts->ops[facts->ops[call->a].a].kind != OP_LOAD) {
        return;
    }
    finding_change(check, finding, CHANGE_REPLACE, place_of_op(file, &facts->ops[call->a]),
                   "%s.WeakMethod", variable_name(facts, facts->ops[facts->ops[call->a].a].a));
}

static void check_reference(struct check *check, const struct weak_reference_site *site)
{
    const struct program *program = check->program;
    const struct facts *facts = program->files[site->file];
    const struct weak_reference *reference = &site->reference;
    bool ignored;
    if (reference->is_given_back || !is_seen_once(facts, reference)
        || weakrefs_refused(program, site->file, reference->referent, &check->scratch, &ignored)) {
        return;
    }
    const struct op *op = &facts->ops[reference->referent];
    const char *what =
        temporaries_describe(program, site->file, reference->referent, &check->scratch);
    bool is_run_at_once =
        op->kind == OP_FUNCTION && strcmp(reference->maker, "weakref.finalize()") == 0;
    if (what == NULL || is_run_at_once) { /* who finalizes a lambda wants it run at once */
        return;
    }
    struct finding *finding =
        rule_report(check, place_of_op(site->file, op), reference->maker, what);
    if (op->kind == OP_ATTRIBUTE) {
        finding_remedy(check, finding,
                       "use weakref.WeakMethod, which refers to the method's object");
        offer_weak_method(check, finding, site->file, site);
    }
}

/* `post_save.connect(lambda **k: …)`: Django, blinker and celery keep receivers weakly. */
static void check_receiver(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t receiver = frameworks_weak_receiver((struct program *)check->program, file, call);
    if (receiver == NONE || facts->ops[receiver].kind != OP_FUNCTION
        || facts->scopes[facts->ops[receiver].a].kind != SCOPE_LAMBDA) {
        return;
    }
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[receiver]),
                                          "the signal's connect()", "a lambda");
    finding_remedy(check, finding, "give it a function of a module or a method, or say weak=False");
}

static void check_signals(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool has_any =
            facts_symbol(facts, "connect") != NONE && !is_test_code(check->program, file);
        for (uint32_t i = 0; has_any && i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                check_receiver(check, file, i);
            }
        }
    }
}

static void check(struct check *check)
{
    check_signals(check);
    struct weak_reference_site site = WEAKREFS_FIRST;
    while (weakrefs_next(check->program, &site)) {
        check_reference(check, &site);
    }
}

const struct rule rule_dead_weakref = {
    .code = "E9501",
    .name = "dead-weakref",
    .message = "%s refers to %s, which nothing else holds: it is dead at once",
    .why = "CPython frees an object with its last strong reference. A bound method is an object of "
           "its own, made at each `obj.method`; like a lambda or a new object it has no holder but "
           "the expression itself, so the weak reference is dead when the statement ends: the "
           "callback is never called, the entry is never found, and nothing says so.",
    .instead = "weakref.WeakMethod for a method; otherwise bind the object to a name or attribute "
               "that lives as long as it is needed.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
