/*
 * functools.cache or lru_cache on a method: the cache belongs to the class, its keys hold `self`.
 *
 * Not on static and class methods, not where instances live for ever (Enum members, classes made by
 * a metaclass, what calls itself a singleton), not with maxsize=0, which stores nothing.  Only
 * possible with a bound, where the instances are plain values (a named tuple, a frozen dataclass, a
 * class with __eq__ and __hash__) or there is one of them: what is kept is small.
 *
 * A cache made for one instance, `self.f = lru_cache()(self.f)`, keeps no other instance alive.  It
 * is a cycle, though: the instance holds the cache, the cache the bound method, and that the
 * instance; CPython shows that only the collector frees it.
 */
#include "rule.h"

static bool is_cache_function(const struct facts *facts, uint32_t value)
{
    return facts_spells(facts, value, "functools.lru_cache")
           || facts_spells(facts, value, "functools.cache");
}

/* The call `lru_cache(…)` that makes a decorator; NONE when the function itself is the decorator.
 */
static bool is_cache(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return is_cache_function(facts, value)
           || (op->kind == OP_CALL && is_cache_function(facts, op->a));
}

/* `lru_cache(maxsize=0)`. */
static bool stores_nothing(const struct facts *facts, uint32_t cache)
{
    if (facts->ops[cache].kind != OP_CALL) {
        return false;
    }
    uint32_t maxsize = facts_argument(facts, cache, 0, "maxsize");
    const struct op *op = maxsize == NONE ? NULL : &facts->ops[maxsize];
    return op != NULL && op->kind == OP_CONSTANT && op->aux == CONSTANT_INTEGER
           && strcmp(facts_name(facts, op->a), "0") == 0;
}

/* The cache among the decorators of a function, or NONE. */
static uint32_t cache_of(const struct facts *facts, uint32_t scope)
{
    uint32_t call = facts_first_decorator(facts, scope);
    for (; call != NONE; call = facts_next_decorator(facts, call)) {
        uint32_t decorator = facts->ops[call].a;
        if (is_cache(facts, decorator) && !stores_nothing(facts, decorator)) {
            return decorator;
        }
    }
    return NONE;
}

static bool mentions_singleton(const char *name)
{
    return strstr(name, "Singleton") != NULL || strstr(name, "singleton") != NULL;
}

static bool calls_itself_singleton(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    bool is_singleton = mentions_singleton(c->metaclass)
                        || mentions_singleton(facts_name(facts, facts->scopes[c->scope].name));
    for (uint32_t i = 0; i < c->n_bases && !is_singleton; i++) {
        is_singleton = mentions_singleton(program->classes->bases.items[c->first_base + i].name);
    }
    uint32_t call = facts_first_decorator(facts, c->scope);
    for (; call != NONE && !is_singleton; call = facts_next_decorator(facts, call)) {
        const struct op *decorator = &facts->ops[facts->ops[call].a];
        is_singleton =
            decorator->kind == OP_LOAD && mentions_singleton(variable_name(facts, decorator->a));
    }
    return is_singleton;
}

/* Whether instances of the class are never freed anyway. */
static bool lives_for_ever(const struct program *program, uint32_t class)
{
    return classes_is_enum(program, class) || classes_derive_from(program, class, "type")
           || classes_derive_from(program, class, "abc.ABCMeta")
           || classes_derive_from(program, class, "enum.EnumMeta")
           || calls_itself_singleton(program, class);
}

/* A method whose first parameter is the class: some other decorator, or a later call, makes it a
 * class method. */
static bool takes_class(const struct facts *facts, uint32_t self)
{
    static const char *const names[] = {"cls", "klass", "mcs", "mcls", "metacls", "class_"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(variable_name(facts, self), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The cache's bound as it is written: "128"; NULL when it has none. */
static const char *bound_of(const struct facts *facts, uint32_t cache)
{
    bool is_called = facts->ops[cache].kind == OP_CALL;
    uint32_t callee = is_called ? facts->ops[cache].a : cache;
    if (facts_spells(facts, callee, "functools.cache")) {
        return NULL;
    }
    uint32_t maxsize = is_called ? facts_argument(facts, cache, 0, "maxsize") : NONE;
    const struct op *size = maxsize == NONE ? NULL : &facts->ops[maxsize];
    if (size == NULL) {
        return "128";
    }
    if (size->kind != OP_CONSTANT) {
        return "'maxsize'";
    }
    return size->aux == CONSTANT_NONE ? NULL : facts_name(facts, size->a);
}

/* Whether somebody thought of how many entries there are to be. */
static bool has_chosen_bound(const struct facts *facts, uint32_t cache)
{
    return facts->ops[cache].kind == OP_CALL && facts_argument(facts, cache, 0, "maxsize") != NONE;
}

/* Which instances the cache keeps: all, or those of its newest entries. */
static const char *kept_instances(const char *bound, struct arena *arena)
{
    return bound == NULL ? "every instance it was called on"
                         : arena_format(arena, "the instances of its last %s calls", bound);
}

static bool is_frozen_dataclass(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    uint32_t decorator = facts_find_decorator(facts, c->scope, "dataclasses.dataclass");
    return decorator != NONE && facts->ops[decorator].kind == OP_CALL
           && facts_argument(facts, decorator, -1, "frozen") != NONE;
}

/* Whether instances are told apart by what they are, not by which one it is. */
static bool is_value_class(const struct program *program, uint32_t class)
{
    static const char *const values[] = {"typing.NamedTuple", "tuple", "str", "int", "frozenset"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (classes_derive_from(program, class, values[i])) {
            return true;
        }
    }
    struct method method;
    return is_frozen_dataclass(program, class)
           || (classes_find_method(program, class, "__eq__", &method)
               && classes_find_method(program, class, "__hash__", &method));
}

static void check_method(struct check *check, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    uint32_t cache = cache_of(facts, scope);
    uint32_t self = cache == NONE ? NONE : classes_self_of(facts, scope);
    if (self == NONE || takes_class(facts, self)) {
        return;
    }
    uint32_t class = classes_of_scope(check->program, file, s->parent);
    if (lives_for_ever(check->program, class)) {
        return;
    }
    const char *bound = bound_of(facts, cache);
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[cache]), facts_name(facts, s->name),
                    kept_instances(bound, &check->scratch));
    if (bound != NULL
        && (has_chosen_bound(facts, cache) || is_value_class(check->program, class))) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

/* `self.f = lru_cache()(self.g)` with a method g of the class: the OP_ATTRIBUTE of the bound
 * method, or NONE. */
static uint32_t cached_bound_method(const struct program *program, uint32_t file, uint32_t store)
{
    const struct facts *facts = program->files[file];
    const struct op *target = &facts->ops[facts->ops[store].a];
    const struct op *call = &facts->ops[facts->ops[store].b];
    if (target->kind != OP_TARGET_ATTRIBUTE || !classes_is_self(facts, target->a)
        || call->kind != OP_CALL || !is_cache(facts, call->a) || stores_nothing(facts, call->a)) {
        return NONE;
    }
    uint32_t method = facts_argument(facts, facts->ops[store].b, 0, NULL);
    if (method == NONE || facts->ops[method].kind != OP_ATTRIBUTE
        || !classes_is_self(facts, facts->ops[method].a)) {
        return NONE;
    }
    uint32_t class = classes_of_instance(program, file, facts->ops[method].a);
    struct method found;
    return classes_find_method(program, class, facts_name(facts, facts->ops[method].b), &found)
                   && classes_self_of(program->files[found.file], found.scope) != NONE
                   && !lives_for_ever(program, class)
               ? method
               : NONE;
}

static void check_store(struct check *check, uint32_t file, uint32_t store)
{
    const struct facts *facts = check->program->files[file];
    uint32_t method = cached_bound_method(check->program, file, store);
    if (method == NONE) {
        return;
    }
    const struct op *target = &facts->ops[facts->ops[store].a];
    struct finding *finding =
        rule_report_as(check, place_of_op(file, &facts->ops[store]),
                       "the cache in 'self.%s' holds the bound method 'self.%s' and so its own "
                       "instance: only the garbage collector frees it",
                       facts_name(facts, target->b), facts_name(facts, facts->ops[method].b));
    finding_remedy(check, finding,
                   "cache a function that is given what it needs, or keep a dict of results");
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "functools") == NONE) {
            continue;
        }
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            check_method(check, file, scope);
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_STORE && facts->ops[i].b != NONE) {
                check_store(check, file, i);
            }
        }
    }
}

const struct rule rule_cached_method = {
    .code = "W9407",
    .name = "cached-method",
    .message = "the cache of method '%s' keeps alive %s",
    .why = "The cache is made once, with the class, and `self` is part of each key. An instance "
           "stays alive, with all it holds, until its entries are pushed out: never with "
           "maxsize=None or functools.cache, after 128 other calls by default. It shows as memory "
           "that grows with the number of instances ever made. Fine when there are few instances "
           "and they live as long as the process.",
    .instead = "functools.cached_property for what takes no argument; else a dictionary on the "
               "instance, or a cached function of the module that is given only what it needs.",
    .since = "",
    .check = check,
};
