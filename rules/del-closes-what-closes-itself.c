/*
 * All that `__del__` does happens without it: it closes what closes itself, or lets go of what goes
 * with the object.
 *
 * Every op of `__del__` and of the methods it calls must be understood: a close() of an attribute
 * that is known to hold a file, socket, … (by what makes it), `self.x = None`, `del self.x`,
 * `self.items.clear()`, questions to the object, and nothing else.  A `__del__` that replaces that
 * of a base says something.
 */
#include "rule.h"

/* What `__del__` does of its own, so far. */
struct deeds {
    const char *name;  /* the first attribute that is closed, or else let go; NULL: none yet */
    const char *thing; /* that is closed; NULL: it is let go */
    bool is_more;      /* something that is not known to happen by itself */
};

static void note(struct deeds *deeds, const char *name, const char *thing)
{
    if (deeds->name == NULL || (deeds->thing == NULL && thing != NULL)) {
        deeds->name = name;
        deeds->thing = thing;
    }
}

/* ---- ops ---- */

static bool is_own_attribute(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a);
}

static bool is_container(const struct finalizer *f, uint32_t file, uint32_t attribute)
{
    struct class_value made;
    uint32_t symbol =
        link_symbol_of(f->program->link, file, f->program->files[file]->ops[attribute].b);
    return members_only_object(f->program, f->class, symbol, &made)
           && f->program->files[made.file]->ops[made.value].kind == OP_DISPLAY;
}

/* `self.file.close()`, `self.items.clear()`. */
static void see_method(const struct finalizer *f, uint32_t file, const struct op *callee,
                       struct arena *arena, struct deeds *deeds)
{
    static const char *const closers[] = {"close", "cleanup", NULL};
    const struct facts *facts = f->program->files[file];
    const char *method = facts_name(facts, callee->b);
    if (!is_own_attribute(facts, callee->a)) {
        deeds->is_more = true;
        return;
    }
    const char *name = facts_name(facts, facts->ops[callee->a].b);
    const char *thing = finalizer_self_closing(f, file, callee->a, arena);
    if (words_have(closers, method) && thing != NULL) {
        note(deeds, name, thing);
    } else if (strcmp(method, "clear") == 0 && is_container(f, file, callee->a)) {
        note(deeds, name, NULL);
    } else {
        deeds->is_more = true;
    }
}

static void see_call(const struct finalizer *f, const struct finalizer_step *step, uint32_t call,
                     struct arena *arena, struct deeds *deeds)
{
    static const char *const questions[] = {"hasattr", "getattr", "isinstance", "callable", NULL};
    const struct facts *facts = f->program->files[step->method.file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    struct method method;
    if (callee->kind == OP_LOAD && is_builtin_variable(facts, callee->a)
        && words_have(questions, variable_name(facts, callee->a))) {
        return;
    }
    bool is_followed =
        self_calls_method(f->program, f->class, &step->method, call, &method)
        && classes_is_self(facts, callee->a)
        && facts_first_decorator(f->program->files[method.file], method.scope) == NONE;
    if (callee->kind != OP_ATTRIBUTE) {
        deeds->is_more = true;
    } else if (!is_followed) {
        see_method(f, step->method.file, callee, arena, deeds);
    }
}

/* `self.x = None`, `self.is_open = False`, a local name. */
static void see_store(const struct facts *facts, const struct op *op, struct deeds *deeds)
{
    const struct op *target = &facts->ops[op->a];
    if (target->kind == OP_TARGET_NAME) {
        deeds->is_more |= is_global_variable(facts, target->a);
        return;
    }
    const struct op *value = op->b == NONE ? NULL : &facts->ops[op->b];
    bool is_empty = value != NULL
                    && ((value->kind == OP_CONSTANT && value->aux == CONSTANT_NONE)
                        || (value->kind == OP_DISPLAY && value->b == 0));
    bool is_flag = value != NULL && value->kind == OP_CONSTANT;
    deeds->is_more |= target->kind != OP_TARGET_ATTRIBUTE || !classes_is_self(facts, target->a)
                      || !(is_empty || is_flag);
    if (!deeds->is_more && is_empty) {
        note(deeds, facts_name(facts, target->b), NULL);
    }
}

/* `del self.x`, `del self`. */
static void see_delete(const struct facts *facts, const struct op *op, struct deeds *deeds)
{
    const struct op *target = &facts->ops[op->a];
    if (target->kind == OP_TARGET_ATTRIBUTE && classes_is_self(facts, target->a)) {
        note(deeds, facts_name(facts, target->b), NULL);
    } else if (target->kind == OP_TARGET_NAME && !is_global_variable(facts, target->a)) {
        note(deeds, variable_name(facts, target->a), NULL);
    } else {
        deeds->is_more = true;
    }
}

static void see(const struct finalizer *f, const struct finalizer_step *step, uint32_t op,
                struct arena *arena, struct deeds *deeds)
{
    static const bool is_act[N_OP_KINDS] = {
        [OP_ITEM] = true,        [OP_COMPREHENSION] = true, [OP_AWAIT] = true,
        [OP_YIELD] = true,       [OP_RAISE] = true,         [OP_YIELD_FROM] = true,
        [OP_IMPORT] = true,      [OP_WITH] = true,          [OP_ASSERT] = true,
        [OP_IMPORT_FROM] = true, [OP_IMPORT_STAR] = true,   [OP_FUNCTION] = true,
        [OP_CLASS] = true,       [OP_LOOP] = true,          [OP_GLOBAL] = true,
    };
    const struct facts *facts = f->program->files[step->method.file];
    const struct op *o = &facts->ops[op];
    if (o->kind == OP_CALL) {
        see_call(f, step, op, arena, deeds);
    } else if (o->kind == OP_STORE) {
        see_store(facts, o, deeds);
    } else if (o->kind == OP_DELETE && !(o->flags & OP_IS_IMPLICIT)) {
        see_delete(facts, o, deeds);
    } else {
        deeds->is_more |= is_act[o->kind];
    }
}

/* ---- the finalizer ---- */

static struct deeds read_finalizer(const struct finalizer *f, struct arena *arena)
{
    struct deeds deeds = {NULL, NULL, false};
    for (size_t i = 0; i < f->n && !deeds.is_more; i++) {
        const struct method *method = &f->items[i].method;
        const struct facts *facts = f->program->files[method->file];
        const struct scope *scope = &facts->scopes[method->scope];
        deeds.is_more |= classes_self_of(facts, method->scope) == NONE;
        for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops && !deeds.is_more;
             op++) {
            see(f, &f->items[i], op, arena, &deeds);
        }
    }
    return deeds;
}

/* Whether some base has a `__del__`, or may have one. */
static bool replaces_another(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = 1; i < c->n_ancestors; i++) {
        struct method ignored;
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_own_method(program, ancestor, "__del__", &ignored)) {
            return true;
        }
    }
    return !c->is_complete;
}

/* Whether a method that `__del__` calls is another in a subclass. */
static bool calls_overridden(const struct finalizer *f)
{
    const struct class *c = &f->program->classes->all.items[f->class];
    return c->has_subclass && f->n > 1;
}

static void report(struct check *check, const struct finalizer *f, const struct deeds *deeds)
{
    uint32_t file = f->items[0].method.file;
    const struct scope *scope = &f->program->files[file]->scopes[f->items[0].method.scope];
    struct place place = {.file = file, .start = scope->name_start, .end = scope->name_end};
    if (deeds->thing != NULL) {
        rule_report_as(check, place,
                       "'__del__' only closes '%s', a %s that closes itself when the object goes",
                       deeds->name, deeds->thing);
    } else {
        rule_report_as(check, place,
                       "'__del__' only lets go of '%s', which goes with the object anyway",
                       deeds->name);
    }
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        if (replaces_another(check->program, finalizer.class) || calls_overridden(&finalizer)) {
            continue;
        }
        struct deeds deeds = read_finalizer(&finalizer, &check->scratch);
        if (!deeds.is_more && deeds.name != NULL) {
            report(check, &finalizer, &deeds);
        }
    }
}

const struct rule rule_del_closes_what_closes_itself = {
    .code = "W9207",
    .name = "del-closes-what-closes-itself",
    .message = "'__del__' does only what happens without it",
    .why = "When an object is freed CPython lets go of all its attributes, and files, sockets, "
           "mappings, database connections and temporary directories release what they hold when "
           "they are freed themselves. A `__del__` that closes them changes nothing but three "
           "things for the worse: the ResourceWarning that would have told who forgot to close "
           "is gone (-X dev, -W default), an attribute that `__init__` did not get to set is an "
           "error, and each object pays for a finalizer. `del self` and `self.x = None` there do "
           "nothing at all.",
    .instead = "Remove `__del__`; close in close() and `__exit__`, which callers reach in time.",
    .since = "",
    .confidence = CONFIDENCE_CERTAIN,
    .check = check,
};
