/*
 * initialization.c - the attributes of a class, and what is known of them when `__init__` is done.
 *
 * Each attribute that some method sets on `self` has a bit; initialization_paths.c says where the
 * bits are surely set.
 */
#include "program/initialization_paths.h"

#include "base/words.h"

#include <string.h>

static const struct class *class_at(const struct initialization *in, uint32_t class)
{
    return &in->program->classes->all.items[class];
}

static uint32_t ancestor(const struct initialization *in, uint32_t i)
{
    return in->program->classes->ancestors.items[class_at(in, in->class)->first_ancestor + i];
}

/* ---- the attributes ---- */

bool initialization_loads(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable;
}

const char *initialization_mangled(const struct initialization *in, const struct method *method,
                                   uint32_t symbol)
{
    const struct facts *facts = in->program->files[method->file];
    return classes_mangle(facts, classes_around(facts, method->scope), facts_name(facts, symbol),
                          in->arena);
}

static void add_stores_of(struct initialization *in, const struct method *method)
{
    const struct facts *facts = in->program->files[method->file];
    const struct scope *scope = &facts->scopes[method->scope];
    uint32_t self = classes_self_of(facts, method->scope);
    for (uint32_t i = scope->first_op; self != NONE && i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        const struct op *target = op->kind == OP_STORE ? &facts->ops[op->a] : NULL;
        if (target == NULL || target->kind != OP_TARGET_ATTRIBUTE
            || !initialization_loads(facts, target->a, self)) {
            continue;
        }
        const char *name = initialization_mangled(in, method, target->b);
        uint32_t next = (uint32_t)in->stores.n;
        if (name_table_put(&in->bits, name, strlen(name), next) == next) {
            *array_push(&in->stores) = (struct class_value){method->file, i};
        }
    }
}

static void find_attributes(struct initialization *in)
{
    for (uint32_t a = 0; a < class_at(in, in->class)->n_ancestors; a++) {
        const struct class *class = class_at(in, ancestor(in, a));
        const struct scope *body = &in->program->files[class->file]->scopes[class->scope];
        for (uint32_t m = body->first_child; m < body->first_child + body->n_children; m++) {
            add_stores_of(in, &(struct method){ancestor(in, a), class->file, m});
        }
    }
    in->n_words = (uint32_t)in->stores.n / 64 + 1;
}

uint32_t initialization_bit(const struct initialization *in, const char *name)
{
    return name_table_get(&in->bits, name, strlen(name));
}

static bool has_bit(const uint64_t *words, uint32_t bit)
{
    return words[bit / 64] >> (bit % 64) & 1;
}

/* ---- the class ---- */

/* Foreign bases that set no attributes a subclass would set itself. */
static const char *const modest_bases[] = {"threading.Thread",
                                           "dict",
                                           "list",
                                           "set",
                                           "Exception",
                                           "contextlib.ContextDecorator",
                                           "contextlib.AbstractContextManager",
                                           "collections.abc.Iterator",
                                           "collections.abc.Iterable",
                                           "collections.abc.Mapping",
                                           "collections.abc.MutableMapping",
                                           "collections.abc.Sequence",
                                           "multiprocessing.Process",
                                           NULL};

static bool is_plain_class(const struct initialization *in, const struct class *class)
{
    const struct facts *facts = in->program->files[class->file];
    for (uint32_t b = 0; b < class->n_bases; b++) {
        const struct class_base *base = &in->program->classes->bases.items[class->first_base + b];
        if (base->class == NONE && !words_have(modest_bases, base->name)
            && !classes_is_empty_base(base->name)) {
            return false;
        }
    }
    return facts_first_decorator(facts, class->scope) == NONE
           && (*class->metaclass == '\0' || strcmp(class->metaclass, "abc.ABCMeta") == 0);
}

static bool can_be_known(const struct initialization *in)
{
    static const char *const hooks[] = {"__getattr__", "__getattribute__", "__setattr__",
                                        "__new__"};
    struct method ignored;
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        if (classes_find_method(in->program, in->class, hooks[i], &ignored)) {
            return false;
        }
    }
    for (uint32_t a = 0; a < class_at(in, in->class)->n_ancestors; a++) {
        if (!is_plain_class(in, class_at(in, ancestor(in, a)))) {
            return false;
        }
    }
    return true;
}

struct initialization *initialization_of(const struct program *program, uint32_t class,
                                         struct arena *arena)
{
    struct initialization *in = arena_alloc(arena, sizeof *in);
    *in = (struct initialization){.program = program, .arena = arena, .class = class, .init = NONE};
    struct method init;
    if (can_be_known(in)) {
        find_attributes(in);
        bool has_init = classes_find_method(program, class, "__init__", &init);
        if (has_init && initialization_runs_plainly(in, &init)) {
            initialization_follow(in, &init);
        }
        in->is_lost |= has_init && in->init == NONE;
        in->is_lost |= !has_init && !class_at(in, class)->is_complete;
        if (!in->is_lost) {
            return in;
        }
    }
    initialization_free(in);
    return NULL;
}

void initialization_free(struct initialization *in)
{
    name_table_free(&in->bits);
    pair_table_free(&in->by_function);
    array_free(&in->stores);
    array_free(&in->summaries);
    array_free(&in->waiting);
    array_free(&in->risks);
    arena_free(&in->solved);
}

/* ---- questions ---- */

static bool is_explicit(const struct facts *facts, uint32_t op)
{
    return facts->ops[op].kind == OP_RAISE || facts->ops[op].kind == OP_ASSERT;
}

/* Whether `op` says more about why `__init__` may not finish: a `raise` before a call, the first of
 * either. */
static bool is_better_risk(const struct facts *facts, uint32_t op, uint32_t risk)
{
    if (risk == NONE || is_explicit(facts, op) != is_explicit(facts, risk)) {
        return risk == NONE || is_explicit(facts, op);
    }
    return op < risk;
}
/* The op of `__init__` that best shows how it may raise while the bit is not set. */
static uint32_t find_risk(struct initialization *in, const struct summary *init, uint32_t bit)
{
    const struct facts *facts = in->program->files[init->method.file];
    uint32_t best = NONE;
    if (!in->has_risks) {
        initialization_find_risks(in);
    }
    for (size_t i = 0; i < in->risks.n; i++) {
        const struct risk *risk = &in->risks.items[i];
        if (is_better_risk(facts, risk->op, best) && !has_bit(risk->set, bit)) {
            best = risk->op;
        }
    }
    return best;
}

/* Whether a base sets `_Base__x` where `_Class__x` was asked for. */
static bool is_set_by_another(const struct initialization *in, const char *name)
{
    const char *own = *name == '_' ? strstr(name + 1, "__") : NULL;
    for (uint32_t a = 1; own != NULL && a < class_at(in, in->class)->n_ancestors; a++) {
        const struct class *class = class_at(in, ancestor(in, a));
        const struct facts *facts = in->program->files[class->file];
        const char *there = classes_mangle(facts, class->scope, own, in->arena);
        if (strcmp(there, name) != 0 && initialization_bit(in, there) != TABLE_NONE) {
            return true;
        }
    }
    return false;
}

enum attribute_state initialization_state(struct initialization *in, const char *name,
                                          struct class_value *risk)
{
    uint32_t bit = initialization_bit(in, name);
    if (classes_bind(in->program, in->class, name)) {
        return ATTRIBUTE_UNKNOWN;
    }
    if (bit == TABLE_NONE) {
        return is_set_by_another(in, name) ? ATTRIBUTE_OF_ANOTHER_CLASS : ATTRIBUTE_UNKNOWN;
    }
    if (in->init == NONE) {
        return ATTRIBUTE_NOT_SET;
    }
    const struct summary *init = &in->summaries.items[in->init];
    if (init->raises && !has_bit(init->on_raise, bit)) {
        *risk = (struct class_value){init->method.file, find_risk(in, init, bit)};
        return risk->value == NONE ? ATTRIBUTE_UNKNOWN : ATTRIBUTE_LOST_BY_RAISE;
    }
    return init->returns && !has_bit(init->on_return, bit) ? ATTRIBUTE_NOT_SET : ATTRIBUTE_SAFE;
}

bool initialization_store_of(const struct initialization *in, const char *name,
                             struct class_value *store)
{
    uint32_t bit = initialization_bit(in, name);
    if (bit == TABLE_NONE) {
        return false;
    }
    *store = in->stores.items[bit];
    return true;
}
