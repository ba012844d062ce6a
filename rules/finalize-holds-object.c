/*
 * What is to run when an object dies holds the object: it never dies.
 *
 * weakref.finalize(obj, f, *args) keeps f and args in a table of the process; atexit.register()
 * keeps what it is given until the process ends.  When f is a method of obj, a closure over it or a
 * partial with it, or obj is among the arguments, obj lives as long.
 *
 * With atexit this is reported for `self` only, for there the number of objects has no bound; not
 * if the program takes the function back with atexit.unregister(), nor if it makes the only
 * instances of the class when a module is loaded.  It is only possible for a class without a
 * close() or the like: there may be one object of it, for the whole process; for one that keeps its
 * instances itself, is an application, or has a thread of its own.
 */
#include "rule.h"

/* How an argument of the call from `first` on holds the object; NULL if none does. */
static const char *held_by_argument(struct check *check, uint32_t file, uint32_t call,
                                    uint32_t first, uint32_t object)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = first; i < facts->ops[call].b; i++) {
        const char *how = holders_describe(check->program, file, facts->ops[call + 1 + i].a, object,
                                           &check->scratch);
        if (how != NULL) {
            return how;
        }
    }
    return NULL;
}

/* ---- weakref.finalize ---- */

static void check_finalize(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    const char *how = object == NONE ? NULL : held_by_argument(check, file, call, 1, object);
    if (how != NULL) {
        rule_report(check, place_of_op(file, &facts->ops[call]), "weakref.finalize()", how);
    }
}

/* ---- atexit.register ---- */

/* Whether the body of the class has a place for its one object, or for those it gives out again. */
static bool keeps_its_instances(const struct program *program, uint32_t class)
{
    static const char *const names[] = {"=instance", "=instances", "=singleton", NULL};
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_variable; i < body->first_variable + body->n_variables; i++) {
        if (words_occur_in(names, variable_name(facts, i))) {
            return true;
        }
    }
    return false;
}

/* Whether a foreign base says that a program has one such object. */
static bool is_application(const struct program *program, uint32_t class)
{
    static const char *const names[] = {"application", "singleton", NULL};
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        const struct class *a = &program->classes->all.items[ancestor];
        for (uint32_t b = a->first_base; b < a->first_base + a->n_bases; b++) {
            if (words_occur_in(names, program->classes->bases.items[b].name)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a method of the class starts a thread on its own object, which that keeps as long as it
 * runs. */
static bool has_own_thread(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t m = body->first_child; m < body->first_child + body->n_children; m++) {
        const struct scope *method = &facts->scopes[m];
        for (uint32_t i = method->first_op; i < method->first_op + method->n_ops; i++) {
            uint32_t target = facts_calls(facts, i, "threading.Thread")
                                  ? facts_argument(facts, i, 1, "target")
                                  : NONE;
            if (target != NONE && facts->ops[target].kind == OP_ATTRIBUTE
                && classes_is_self(facts, facts->ops[target].a)) {
                return true;
            }
        }
    }
    return false;
}

static void check_atexit(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t self = self_calls_load_of_self(facts, call);
    const char *how = self == NONE ? NULL : held_by_argument(check, file, call, 0, self);
    if (how == NULL || facts_symbol(facts, "unregister") != NONE) {
        return;
    }
    uint32_t class = classes_of_instance(check->program, file, self);
    if (lifetimes_is_made_once(check->program, class)) {
        return;
    }
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[call]), "atexit.register()", how);
    bool is_sure =
        lifetimes_has_end(check->program, class) && !keeps_its_instances(check->program, class)
        && !is_application(check->program, class) && !has_own_thread(check->program, class);
    finding->confidence = is_sure ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    finding_remedy(
        check, finding,
        "weakref.finalize() with a function that does not need the object: it, too, runs "
        "at exit");
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if ((facts_symbol(facts, "weakref") == NONE && facts_symbol(facts, "atexit") == NONE)
            || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind != OP_CALL) {
                continue;
            }
            if (facts_spells(facts, facts->ops[i].a, "weakref.finalize")) {
                check_finalize(check, file, i);
            } else if (facts_spells(facts, facts->ops[i].a, "atexit.register")) {
                check_atexit(check, file, i);
            }
        }
    }
}

const struct rule rule_finalize_holds_object = {
    .code = "W9214",
    .name = "finalize-holds-object",
    .message = "%s keeps %s, and so the object lives until the process ends",
    .why = "weakref.finalize() and atexit keep the function and its arguments in a table of the "
           "process. A bound method holds its object, a closure what it uses: an object that is in "
           "there is never freed, its clean-up runs only at exit, and everything it refers to "
           "stays. Memory grows with each object made, and no collection helps, for this is no "
           "garbage.",
    .instead = "a module-level function or static method, given only what it must release: "
               "weakref.finalize(self, os.close, self.fd).",
    .since = "",
    .check = check,
};
