/*
 * A list, dict or set of weak references that only grows: the objects go, the references stay.
 *
 * A weak reference without a callback is put into a container of a module, a class or an object,
 * and nothing in the program takes anything out of it, binds it anew, or gets the container in
 * hand. What `__init__` puts into its own object's containers is as much as it was given, and no
 * more.
 */
#include "rule.h"

/* Where a weak reference goes: the container's name. */
struct place_kept {
    uint32_t container; /* OP_LOAD of a module's name, or OP_ATTRIBUTE of self, cls or a class */
    uint32_t add;       /* the call or store that adds */
};

/* ---- additions ---- */

/* The op that takes a value, past a local name that is bound to it alone. */
static uint32_t taker_of(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    if (use == NONE || facts->ops[use].kind != OP_STORE
        || facts->ops[facts->ops[use].a].kind != OP_TARGET_NAME) {
        return use;
    }
    uint32_t variable = facts->ops[facts->ops[use].a].a;
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, value)];
    if (is_global_variable(facts, variable) || uses_only_value(facts, variable) != value) {
        return NONE;
    }
    for (uint32_t i = use; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        uint32_t taker = op->kind == OP_LOAD && op->a == variable ? uses_next(facts, i, i) : NONE;
        if (taker != NONE
            && (facts->ops[taker].kind == OP_ARGUMENT || facts->ops[taker].kind == OP_STORE)) {
            return taker;
        }
    }
    return NONE;
}

/* The container that the op `taker` puts the weak reference into; false if it is none. */
static bool is_put(const struct facts *facts, uint32_t taker, struct place_kept *kept)
{
    const struct op *op = &facts->ops[taker];
    if (op->kind == OP_STORE) {
        const struct op *target = &facts->ops[op->a];
        *kept = (struct place_kept){target->a, taker};
        return target->kind == OP_TARGET_ITEM && facts->ops[target->b].kind != OP_SLICE;
    }
    kept->add = op->kind == OP_ARGUMENT ? uses_call_of_argument(facts, taker) : NONE;
    return kept->add != NONE && containers_added_by(facts, kept->add, &kept->container) == op->a;
}

/* Whether the container has a name that outlives the function. */
static bool has_lasting_name(const struct facts *facts, uint32_t container)
{
    const struct op *op = &facts->ops[container];
    if (op->kind == OP_LOAD) {
        return is_global_variable(facts, op->a)
               && facts->variables[op->a].flags & VARIABLE_IS_BOUND;
    }
    return op->kind == OP_ATTRIBUTE && facts->ops[op->a].kind == OP_LOAD;
}

static bool is_plain_reference(const struct facts *facts, uint32_t call)
{
    return (facts_calls(facts, call, "weakref.ref")
            || facts_calls(facts, call, "weakref.WeakMethod"))
           && facts->ops[call].b == 1;
}

/* ---- all that is done with the name ---- */

static bool only_grows(const struct facts *facts, uint32_t value)
{
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        enum container_use done = containers_use(facts, use, value, &what);
        if (done == CONTAINER_REMOVES || done == CONTAINER_ESCAPES) {
            return false;
        }
    }
    return true;
}

/* Whether an op of any file names the container, and does with it what lets it shrink. */
static bool may_shrink(const struct facts *facts, const char *name, uint32_t variable, uint32_t op)
{
    const struct op *o = &facts->ops[op];
    switch (o->kind) {
    case OP_LOAD:
        return o->a == variable && !only_grows(facts, op);
    case OP_ATTRIBUTE:
        return strcmp(facts_name(facts, o->b), name) == 0 && !only_grows(facts, op);
    case OP_IMPORT_FROM:
        return strcmp(facts_name(facts, o->b), name) == 0;
    case OP_STORE: { /* a second binding empties it; the first makes it */
        const struct op *target = &facts->ops[o->a];
        bool is_it =
            target->kind == OP_TARGET_ATTRIBUTE && strcmp(facts_name(facts, target->b), name) == 0;
        const char *function = facts_name(facts, facts->scopes[facts_scope_of_op(facts, op)].name);
        return is_it
               && (o->b == NONE || !containers_made_by(facts, o->b)
                   || strcmp(function, "__init__") != 0);
    }
    case OP_DELETE:
        return facts->ops[o->a].kind == OP_TARGET_ATTRIBUTE
               && strcmp(facts_name(facts, facts->ops[o->a].b), name) == 0;
    default:
        return false;
    }
}

static bool is_ever_pruned(const struct program *program, uint32_t file, uint32_t container)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[container];
    bool is_variable = op->kind == OP_LOAD;
    const char *name = is_variable ? variable_name(facts, op->a) : facts_name(facts, op->b);
    for (uint32_t f = 0; f < program->n_files; f++) {
        const struct facts *other = program->files[f];
        uint32_t variable = is_variable && f == file ? op->a : NONE;
        for (uint32_t i = 0; facts_symbol(other, name) != NONE && i < other->n_ops; i++) {
            if (may_shrink(other, name, variable, i)) {
                return true;
            }
        }
    }
    return is_variable
           && facts->variables[op->a].flags & (VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED);
}

/* Whether the container is known to be made as one: by the module, a class body or `__init__`. */
static bool is_made_as_container(const struct program *program, uint32_t file, uint32_t container)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[container];
    struct class_value made = {file, NONE};
    if (op->kind == OP_LOAD) {
        made.value = uses_only_value(facts, op->a);
    } else {
        uint32_t class = classes_of_instance(program, file, op->a);
        class = class != NONE ? class : classes_named_by(program, file, op->a);
        if (class == NONE
            || (!members_only_object(program, class, link_symbol_of(program->link, file, op->b),
                                     &made)
                && !classes_only_value(program, class, facts_name(facts, op->b), &made))) {
            return false;
        }
    }
    return made.value != NONE && containers_made_by(program->files[made.file], made.value);
}

/* Whether `__init__` puts it into a container of its own object: as many as it was given. */
static bool is_added_once(const struct facts *facts, uint32_t scope, uint32_t container)
{
    const struct op *op = &facts->ops[container];
    return strcmp(facts_name(facts, facts->scopes[scope].name), "__init__") == 0
           && op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a);
}

/* ---- */

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t scope = facts_scope_of_op(facts, call);
    uint32_t taker = taker_of(facts, call);
    struct place_kept kept;
    if (facts->scopes[scope].kind != SCOPE_FUNCTION || taker == NONE || !is_put(facts, taker, &kept)
        || !has_lasting_name(facts, kept.container) || is_added_once(facts, scope, kept.container)
        || !is_made_as_container(check->program, file, kept.container)
        || is_ever_pruned(check->program, file, kept.container)) {
        return;
    }
    const char *name = facts_dotted_name(facts, kept.container, &check->scratch);
    rule_report(check, place_of_op(file, &facts->ops[kept.add]), name == NULL ? "" : name);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "weakref") == NONE || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (is_plain_reference(facts, i)) {
                check_call(check, file, i);
            }
        }
    }
}

const struct rule rule_weakrefs_never_pruned = {
    .code = "W9507",
    .name = "weakrefs-never-pruned",
    .message = "'%s' takes weak references, and nothing takes out those that are dead",
    .why = "A weak reference is an object of its own: when what it refers to dies, it stays in the "
           "list or dict, and gives None. A registry of them grows with every object that ever "
           "was, and each walk over it takes longer, although nothing seems to be kept alive. One "
           "takes 72 bytes or so, without its place in the container. Fine where the number of "
           "objects ever made has a bound.",
    .instead = "weakref.WeakSet, WeakValueDictionary or WeakKeyDictionary, which drop dead entries "
               "by themselves; or a callback, weakref.ref(obj, refs.remove) for a list.",
    .since = "",
    .check = check,
};
