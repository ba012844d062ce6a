/*
 * A weak reference is kept to an object that nothing else keeps.
 *
 *   a local one    made in a function that keeps only the weak reference: dead when it returns
 *   an argument    made in a call whose function keeps only a weak reference to its parameter:
 *                  `Child(Parent())` where `__init__` says `self.parent = weakref.ref(parent)`
 *
 * What is made is a new object of a class of the program that does not keep its instances, a bound
 * method, a lambda, a nested function.  All uses of its name must be harmless: what hands it on
 * might keep it.  What dies within its own statement is dead-weakref's.
 */
#include "rule.h"

/* ---- uses that keep nothing ---- */

/* Whether the op only looks at the object: compares it, asks for its truth, reads or sets an
 * attribute of it that is no method called on it, or refers to it weakly as well. */
static bool only_looks(const struct facts *facts, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ARGUMENT) {
        uint32_t call = uses_call_of_argument(facts, use);
        return use == call + 1
               && (facts_calls(facts, call, "weakref.ref")
                   || facts_calls(facts, call, "weakref.proxy"));
    }
    if (op->kind == OP_ATTRIBUTE) {
        uint32_t next = uses_next(facts, use, use);
        return next == NONE || facts->ops[next].kind != OP_CALL || facts->ops[next].a != use;
    }
    return op->kind == OP_TARGET_ATTRIBUTE || op->kind == OP_COMPARE || op->kind == OP_IF
           || op->kind == OP_TEST || op->kind == OP_UNARY || op->kind == OP_EXPRESSION;
}

/* Whether `weak` is the only use of a function's variable that does more than look; the variable is
 * bound once, and no inner function sees it. */
static bool is_only_use(const struct facts *facts, uint32_t variable, uint32_t weak)
{
    const struct variable *v = &facts->variables[variable];
    const struct scope *scope = &facts->scopes[v->scope];
    if (v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_REBOUND | VARIABLE_IS_DECLARED)
        || scope->kind != SCOPE_FUNCTION || scope->flags & SCOPE_CALLS_LOCALS) {
        return false;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (facts->ops[i].kind != OP_LOAD || facts->ops[i].a != variable) {
            continue;
        }
        for (uint32_t use = uses_next(facts, i, i); use != NONE; use = uses_next(facts, i, use)) {
            if (use != weak && !only_looks(facts, use)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- whether the weak reference outlives the function ---- */

/* The op that takes a value, past `value if condition else None`. */
static uint32_t taker_of(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    while (use != NONE && facts->ops[use].kind == OP_EITHER) {
        use = uses_next(facts, use, use);
    }
    return use;
}

/* Whether a value is stored in an attribute, an item or a global, or returned. */
static bool is_kept(const struct facts *facts, uint32_t value)
{
    uint32_t use = taker_of(facts, value);
    const struct op *op = use == NONE ? NULL : &facts->ops[use];
    if (op == NULL || op->kind != OP_STORE) {
        return op != NULL && op->kind == OP_RETURN;
    }
    const struct op *target = &facts->ops[op->a];
    return target->kind == OP_TARGET_ATTRIBUTE || target->kind == OP_TARGET_ITEM
           || (target->kind == OP_TARGET_NAME && is_global_variable(facts, target->a));
}

/* Whether a container is one of the module, the class or an object, not of the function. */
static bool is_lasting(const struct facts *facts, uint32_t container)
{
    const struct op *op = &facts->ops[container];
    return op->kind == OP_ATTRIBUTE || (op->kind == OP_LOAD && is_global_variable(facts, op->a));
}

static bool outlives_function(const struct facts *facts, const struct weak_reference_site *site)
{
    const struct op *op = &facts->ops[site->op];
    const char *maker = site->reference.maker;
    if (op->kind == OP_STORE) {
        return is_lasting(facts, facts->ops[op->a].a);
    }
    if (strncmp(maker, "weakref.", strlen("weakref.")) == 0) {
        return strcmp(maker, "weakref.finalize()") != 0 && is_kept(facts, site->op);
    }
    return facts->ops[op->a].kind == OP_ATTRIBUTE && is_lasting(facts, facts->ops[op->a].a);
}

/* ---- a local object ---- */

/* What the variable holds that nobody else does, in words; NULL if that is not known. */
static const char *describe_local(const struct program *program, uint32_t file, uint32_t load,
                                  struct arena *arena)
{
    const struct facts *facts = program->files[file];
    uint32_t value = uses_origin(facts, load);
    const struct op *op = &facts->ops[value];
    uint32_t store = uses_next(facts, value, value);
    if (store == NONE || uses_next(facts, value, store) != NONE) {
        return NULL; /* it has a second name: `self.page = page = Page()` */
    }
    if (op->kind == OP_FUNCTION && facts->scopes[op->a].kind == SCOPE_FUNCTION
        && facts_first_decorator(facts, op->a) == NONE) {
        return arena_format(arena, "the function '%s'",
                            facts_name(facts, facts->scopes[op->a].name));
    }
    return temporaries_describe(program, file, value, arena);
}

static void check_local(struct check *check, const struct weak_reference_site *site)
{
    const struct facts *facts = check->program->files[site->file];
    uint32_t load = site->reference.referent;
    const struct op *op = &facts->ops[load];
    bool ignored;
    if (op->kind != OP_LOAD || is_global_variable(facts, op->a) || site->reference.is_given_back
        || facts->variables[op->a].flags & VARIABLE_IS_PARAMETER
        || facts->variables[op->a].scope != facts_scope_of_op(facts, load)
        || !outlives_function(facts, site) || !is_only_use(facts, op->a, site->reference.use)
        || weakrefs_refused(check->program, site->file, load, &check->scratch, &ignored)) {
        return;
    }
    const char *what = describe_local(check->program, site->file, load, &check->scratch);
    if (what == NULL
        || facts->scopes[facts_scope_of_op(facts, load)].flags
               & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR)) {
        return; /* its frame may live as long as the reference */
    }
    rule_report_as(check, place_of_op(site->file, op),
                   "%s refers to %s, which only '%s' holds: it is dead when the function returns",
                   site->reference.maker, what, variable_name(facts, op->a));
}

/* ---- parameters that are only kept weakly ---- */

struct weak_parameter {
    uint32_t position; /* with `self` as 0 */
    struct weak_reference_site site;
    uint32_t next; /* of the same function, or NONE */
};

struct weak_parameters {
    ARRAY_OF(struct weak_parameter);
    struct pair_table by_function; /* file, scope → the last */
    struct pair_table by_name;     /* 0, program symbol of the function or its class → 1 */
};

static void add_parameter(const struct program *program, struct weak_parameters *all,
                          const struct weak_reference_site *site)
{
    const struct facts *facts = program->files[site->file];
    const struct op *op = &facts->ops[site->reference.referent];
    if (op->kind != OP_LOAD || !(facts->variables[op->a].flags & VARIABLE_IS_PARAMETER)
        || !outlives_function(facts, site) || !is_only_use(facts, op->a, site->reference.use)) {
        return;
    }
    uint32_t scope = facts->variables[op->a].scope;
    const struct scope *s = &facts->scopes[scope];
    uint32_t position = 0;
    while (facts->parameters[s->first_parameter + position].variable != op->a) {
        position++;
    }
    uint64_t key = pair_key(site->file, scope);
    uint32_t named = facts->scopes[s->parent].kind == SCOPE_CLASS ? s->parent : scope;
    uint32_t index = (uint32_t)all->n;
    *array_push(all) =
        (struct weak_parameter){position, *site, pair_table_get(&all->by_function, key)};
    pair_table_set(&all->by_function, key, index);
    pair_table_set(
        &all->by_name,
        pair_key(0, link_symbol_of(program->link, site->file, facts->scopes[named].name)), 1);
}

/* The function that a call of a class or function of the program runs; `*shift` is 1 when its first
 * parameter is not among the arguments. */
static bool called_function(const struct program *program, uint32_t file, uint32_t callee,
                            struct method *function, uint32_t *shift)
{
    uint32_t class = classes_named_by(program, file, callee);
    *shift = class != NONE;
    if (class != NONE) {
        return classes_find_method(program, class, "__init__", function);
    }
    /* link_entity() keeps nothing in the program */
    struct entity entity = link_entity((struct program *)program, file, callee);
    *function = (struct method){NONE, entity.file, entity.index};
    return entity.kind == ENTITY_FUNCTION;
}

/* The argument of a call for a parameter of the function; NONE if it is not plain. */
static uint32_t argument_for(const struct program *program, uint32_t file, uint32_t call,
                             const struct weak_parameter *parameter, const struct method *function,
                             uint32_t shift)
{
    const struct facts *home = program->files[function->file];
    const struct scope *scope = &home->scopes[function->scope];
    const struct parameter *p = &home->parameters[scope->first_parameter + parameter->position];
    bool is_plain = p->kind != PARAMETER_STAR && p->kind != PARAMETER_DOUBLE_STAR
                    && parameter->position >= shift;
    return is_plain ? facts_argument(program->files[file], call, (int)(parameter->position - shift),
                                     variable_name(home, p->variable))
                    : NONE;
}

static void check_argument(struct check *check, uint32_t file, uint32_t argument,
                           const struct weak_parameter *parameter)
{
    const struct facts *facts = check->program->files[file];
    const char *what = temporaries_describe(check->program, file, argument, &check->scratch);
    uint32_t use = uses_next(facts, argument, argument);
    if (what == NULL || use == NONE || uses_next(facts, argument, use) != NONE) {
        return;
    }
    const struct weak_reference_site *site = &parameter->site;
    const struct facts *home = check->program->files[site->file];
    struct finding *finding = rule_report_as(
        check, place_of_op(file, &facts->ops[argument]),
        "nothing holds %s: the function that gets it keeps only a weak reference", what);
    finding_relate(check, finding, place_of_op(site->file, &home->ops[site->op]),
                   "%s refers to it here", site->reference.maker);
}

static void check_call(struct check *check, const struct weak_parameters *all, uint32_t file,
                       uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    struct method function;
    uint32_t shift;
    if (!called_function(check->program, file, facts->ops[call].a, &function, &shift)) {
        return;
    }
    uint32_t index = pair_table_get(&all->by_function, pair_key(function.file, function.scope));
    for (; index != TABLE_NONE; index = all->items[index].next) {
        uint32_t argument =
            argument_for(check->program, file, call, &all->items[index], &function, shift);
        if (argument != NONE) {
            check_argument(check, file, argument, &all->items[index]);
        }
    }
}

/* Whether the callee's last name is that of a function, or its class, that keeps one weakly. */
static bool may_be_called(const struct check *check, const struct weak_parameters *all,
                          uint32_t file, uint32_t callee)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[callee];
    uint32_t symbol = op->kind == OP_LOAD        ? facts->variables[op->a].name
                      : op->kind == OP_ATTRIBUTE ? op->b
                                                 : NONE;
    return symbol != NONE
           && pair_table_get(&all->by_name,
                             pair_key(0, link_symbol_of(check->program->link, file, symbol)))
                  != TABLE_NONE;
}

static void check_calls(struct check *check, const struct weak_parameters *all)
{
    for (uint32_t file = 0; all->n > 0 && file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        uint32_t n = is_test_code(check->program, file) ? 0 : facts->n_ops;
        for (uint32_t i = 0; i < n; i++) {
            if (facts->ops[i].kind == OP_CALL && facts->ops[i].b > 0
                && may_be_called(check, all, file, facts->ops[i].a)) {
                check_call(check, all, file, i);
            }
        }
    }
}

static void check(struct check *check)
{
    struct weak_parameters all = {0};
    struct weak_reference_site site = WEAKREFS_FIRST;
    while (weakrefs_next(check->program, &site)) {
        check_local(check, &site);
        add_parameter(check->program, &all, &site);
    }
    check_calls(check, &all);
    array_free(&all);
    pair_table_free(&all.by_function);
    pair_table_free(&all.by_name);
}

const struct rule rule_weakref_to_only_owner = {
    .code = "W9506",
    .name = "weakref-to-only-owner",
    .message = "nothing else holds what the weak reference refers to",
    .why = "A weak reference keeps nothing alive. When the one strong reference is a local name "
           "the object dies as the function returns, and when it is the argument of a call, as "
           "the call returns: a parent that its child refers to weakly is gone before the child "
           "is used, a callback is never called. CPython frees at once, so it fails always there; "
           "where a debugger, a traceback or another interpreter keeps the frame a little longer "
           "it seems to work.",
    .instead = "let somebody who lives long enough hold the object strongly, as a parent holds its "
               "children; the weak reference belongs in the other direction.",
    .since = "",
    .check = check,
};
