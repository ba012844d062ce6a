/*
 * A @contextmanager function whose clean-up comes after the `yield`, but not in a `finally`.
 *
 * The exception of the `with` block is raised at the `yield`, so what stands behind it is passed
 * by. Much of what stands there is meant for success only: a commit, a message, a check.  Clean-up
 * is told by what it undoes: something is stored where something was stored before, a pair of calls
 * (start and stop, append and pop), what is made before is closed or removed.  From the `yield`,
 * the way of an exception is followed through the control-flow graph; a handler that calls
 * something is taken to clean up.
 */
#include "rule.h"

enum {
    MAX_OPS = 2000, /* each clean-up is compared with all before it; a context manager of more than
                       300 lines is made by a program */
    MAX_YIELDS = 8  /* it yields once; more are branches */
};

struct manager {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    uint32_t scope;
    uint32_t first, end; /* its ops */
    uint32_t yield;
    bool is_dependency; /* of a request, not a context manager */
};

static const struct op *op_at(const struct manager *manager, uint32_t op)
{
    return &manager->facts->ops[op];
}

/* ---- what is undone ---- */

/* Whether two targets, or a target and a value, are written alike: names, attributes, items with
 * the same index. */
static bool is_same_place(const struct manager *manager, uint32_t target, uint32_t other)
{
    const struct op *a = op_at(manager, target);
    const struct op *b = op_at(manager, other);
    bool is_item = a->kind == OP_TARGET_ITEM && (b->kind == OP_TARGET_ITEM || b->kind == OP_ITEM);
    bool is_attribute = a->kind == OP_TARGET_ATTRIBUTE
                        && (b->kind == OP_TARGET_ATTRIBUTE || b->kind == OP_ATTRIBUTE);
    if (is_item) {
        const struct op *index = op_at(manager, a->b);
        const struct op *other_index = op_at(manager, b->b);
        bool is_same_constant = index->kind == OP_CONSTANT && other_index->kind == OP_CONSTANT
                                && index->a == other_index->a;
        return uses_is_same_chain(manager->facts, a->a, b->a)
               && (is_same_constant || uses_is_same_chain(manager->facts, a->b, b->b));
    }
    if (is_attribute) {
        return a->b == b->b && uses_is_same_chain(manager->facts, a->a, b->a);
    }
    return a->kind == OP_TARGET_NAME && b->kind == OP_TARGET_NAME && a->a == b->a;
}

/* A name of its own is nothing that anybody else sees. */
static bool is_seen_outside(const struct manager *manager, uint32_t target)
{
    const struct op *op = op_at(manager, target);
    return op->kind != OP_TARGET_NAME || manager->facts->variables[op->a].scope != manager->scope;
}

/* Whether a store or `del` behind the yield goes where something was stored before it. */
static bool restores(const struct manager *manager, uint32_t op)
{
    uint8_t kind = op_at(manager, op)->kind;
    if ((kind != OP_STORE && kind != OP_DELETE)
        || !is_seen_outside(manager, op_at(manager, op)->a)) {
        return false;
    }
    for (uint32_t i = manager->first; i < manager->yield; i++) {
        const struct op *before = op_at(manager, i);
        if (before->kind == OP_STORE && is_same_place(manager, before->a, op_at(manager, op)->a)) {
            return true;
        }
    }
    return false;
}

static const struct {
    const char *before, *after;
} pairs[] = {
    {"start", "stop"},
    {"open", "close"},
    {"acquire", "release"},
    {"connect", "disconnect"},
    {"push", "pop"},
    {"append", "pop"},
    {"append", "remove"},
    {"insert", "pop"},
    {"insert", "remove"},
    {"add", "remove"},
    {"add", "discard"},
    {"enable", "disable"},
    {"disable", "enable"},
    {"install", "uninstall"},
    {"register", "unregister"},
    {"subscribe", "unsubscribe"},
    {"attach", "detach"},
    {"lock", "unlock"},
    {"begin", "end"},
    {"__enter__", "__exit__"},
    {"setUp", "tearDown"},
    {"login", "logout"},
    {"pause", "resume"},
    {"suspend", "resume"},
    {"block", "unblock"},
    {"freeze", "unfreeze"},
    {"set", "reset"},
    {"addHandler", "removeHandler"},
    {"addFilter", "removeFilter"},
    {"add_signal_handler", "remove_signal_handler"},
    {"setattr", "setattr"},
    {"setattr", "delattr"},
    {"chdir", "chdir"},
    {"umask", "umask"},
    {"signal", "signal"},
    {"setlocale", "setlocale"},
    {"setLevel", "setLevel"},
    {"settimeout", "settimeout"},
    {"setswitchinterval", "setswitchinterval"},
    {"setrecursionlimit", "setrecursionlimit"},
    {"settrace", "settrace"},
    {"setprofile", "setprofile"},
    {"activate", "deactivate"},
    {"getcwd", "chdir"},
    {"getsignal", "signal"},
    {"getdefaulttimeout", "setdefaulttimeout"},
    {"getrecursionlimit", "setrecursionlimit"},
    {"getswitchinterval", "setswitchinterval"},
    {"gettrace", "settrace"},
    {"getprofile", "setprofile"},
    {"tcgetattr", "tcsetattr"},
};

static const char *called_name(const struct manager *manager, uint32_t call)
{
    const struct op *op = op_at(manager, call);
    const struct op *callee = op->kind == OP_CALL ? op_at(manager, op->a) : op;
    return op->kind != OP_CALL            ? ""
           : callee->kind == OP_ATTRIBUTE ? facts_name(manager->facts, callee->b)
           : callee->kind == OP_LOAD      ? variable_name(manager->facts, callee->a)
                                          : "";
}

/* Whether two calls are of the same object, or of functions without one. */
static bool have_same_object(const struct manager *manager, uint32_t call, uint32_t other)
{
    const struct op *a = op_at(manager, op_at(manager, call)->a);
    const struct op *b = op_at(manager, op_at(manager, other)->a);
    if (a->kind == OP_ATTRIBUTE && b->kind == OP_ATTRIBUTE) {
        return uses_is_same_chain(manager->facts, a->a, b->a);
    }
    return a->kind == OP_LOAD && b->kind == OP_LOAD;
}

/* Whether a call behind the yield is the other half of one before it. */
static bool ends_a_pair(const struct manager *manager, uint32_t call)
{
    const char *name = called_name(manager, call);
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        if (strcmp(pairs[k].after, name) != 0) {
            continue;
        }
        for (uint32_t i = manager->first; i < manager->yield; i++) {
            if (strcmp(called_name(manager, i), pairs[k].before) == 0
                && have_same_object(manager, call, i)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a name of this function was bound before the yield. */
static bool is_made_before(const struct manager *manager, uint32_t value)
{
    const struct op *op = op_at(manager, value);
    if (op->kind != OP_LOAD || manager->facts->variables[op->a].scope != manager->scope
        || manager->facts->variables[op->a].flags & VARIABLE_IS_PARAMETER) {
        return false;
    }
    for (uint32_t i = manager->first; i < manager->yield; i++) {
        const struct op *store = op_at(manager, i);
        if (store->kind == OP_STORE && op_at(manager, store->a)->kind == OP_TARGET_NAME
            && op_at(manager, store->a)->a == op->a) {
            return true;
        }
    }
    return false;
}

/* `thing.close()`, `os.unlink(thing)` of what was made before the yield. */
static bool does_away(const struct manager *manager, uint32_t call)
{
    static const char *const methods[] = {
        "close",   "aclose",   "release",    "stop",    "cleanup", "shutdown", "terminate",
        "kill",    "unlink",   "disconnect", "dispose", "quit",    "rmdir",    "server_close",
        "destroy", "teardown", "tearDown",   "undo",    NULL,
    };
    static const char *const removers[] = {"os.unlink", "os.remove",     "os.rmdir",
                                           "os.close",  "shutil.rmtree", NULL};
    const struct op *op = op_at(manager, call);
    if (op->kind != OP_CALL) {
        return false;
    }
    const struct op *callee = op_at(manager, op->a);
    if (callee->kind == OP_ATTRIBUTE && words_have(methods, facts_name(manager->facts, callee->b))
        && is_made_before(manager, callee->a)) {
        return true;
    }
    uint32_t given = facts_argument(manager->facts, call, 0, NULL);
    for (size_t i = 0; removers[i] != NULL && given != NONE; i++) {
        if (facts_spells(manager->facts, op->a, removers[i])) {
            return is_made_before(manager, given);
        }
    }
    return false;
}

static bool cleans_up(const struct manager *manager, uint32_t op)
{
    return op > manager->yield
           && (restores(manager, op) || ends_a_pair(manager, op) || does_away(manager, op));
}

/* ---- ways ---- */

static bool is_within(const struct manager *manager, uint32_t op, enum op_kind part)
{
    uint32_t around = uses_control_around(manager->facts, op);
    while (around != NONE && op_at(manager, around)->kind != part) {
        around = uses_control_around(manager->facts, around);
    }
    return around != NONE;
}

static bool is_in_handler(const struct manager *manager, uint32_t op)
{
    return is_within(manager, op, OP_EXCEPT);
}

static bool ends(void *context, const struct flow *flow, const struct flow_node *node,
                 enum flow_edge edge)
{
    const struct manager *manager = context;
    (void)flow;
    (void)edge;
    return cleans_up(manager, node->op)
           || (op_at(manager, node->op)->kind == OP_CALL && is_in_handler(manager, node->op));
}

/* Whether an IF stands around the yield with the op in its other part. */
static bool is_in_other_branch(const struct manager *manager, uint32_t op)
{
    for (uint32_t i = manager->yield + 1; i < op; i++) {
        if (op_at(manager, i)->kind != OP_ELSE) {
            continue;
        }
        uint32_t branch = uses_control_around(manager->facts, i);
        if (branch < manager->yield && op_at(manager, branch)->kind == OP_IF
            && op_at(manager, branch)->b > op) {
            return true;
        }
    }
    return false;
}

/* Whether a store stands under a condition on what it stores to: it takes a message, and puts
 * nothing back. */
static bool is_answer(const struct manager *manager, uint32_t op)
{
    uint32_t branch = uses_control_around(manager->facts, op);
    if (op_at(manager, op)->kind != OP_STORE || branch == NONE
        || op_at(manager, branch)->kind != OP_IF) {
        return false;
    }
    for (uint32_t i = manager->yield; i < branch; i++) {
        if (op_at(manager, i)->kind == OP_ATTRIBUTE
            && uses_is_part(manager->facts, op_at(manager, branch)->a, i)
            && is_same_place(manager, op_at(manager, op)->a, i)) {
            return true;
        }
    }
    return false;
}

/* The first clean-up behind the yield that is not in a handler or a `finally`; NONE if there is
 * none. */
static uint32_t find_clean_up(const struct manager *manager)
{
    for (uint32_t i = manager->yield + 1; i < manager->end; i++) {
        if (cleans_up(manager, i) && !is_in_handler(manager, i)
            && !is_within(manager, i, OP_FINALLY) && !is_in_other_branch(manager, i)
            && !is_answer(manager, i)) {
            return i;
        }
    }
    return NONE;
}

static const char *describe(const struct manager *manager, uint32_t op)
{
    struct arena *arena = &manager->check->scratch;
    const struct op *o = op_at(manager, op);
    if (o->kind == OP_CALL) {
        return arena_format(arena, "%s()", uses_spell_chain(manager->facts, o->a, arena));
    }
    const struct op *target = op_at(manager, o->a);
    const char *before = o->kind == OP_DELETE ? "del " : "";
    const char *after = o->kind == OP_DELETE ? "" : " = …";
    if (target->kind == OP_TARGET_NAME) {
        return arena_format(arena, "%s%s%s", before, variable_name(manager->facts, target->a),
                            after);
    }
    const char *object = uses_spell_chain(manager->facts, target->a, arena);
    return target->kind == OP_TARGET_ITEM
               ? arena_format(arena, "%s%s[…]%s", before, object, after)
               : arena_format(arena, "%s%s.%s%s", before, object,
                              facts_name(manager->facts, target->b), after);
}

static void check_yield(struct manager *manager, const struct flow *flow)
{
    struct check *check = manager->check;
    uint32_t clean_up = find_clean_up(manager);
    const struct flow_duty duty = {
        .start = manager->yield, .begins_in_raising = true, .context = manager, .ends = ends};
    if (clean_up == NONE || !flow_ways(flow, &duty, &check->scratch).by_raise) {
        return;
    }
    struct place place = place_of_op(manager->file, op_at(manager, manager->yield));
    const char *what = describe(manager, clean_up);
    struct finding *finding =
        manager->is_dependency ? rule_report_as(
            check, place, "'%s' after this yield is passed by when the request fails", what)
                               : rule_report(check, place, what);
    finding_relate(check, finding, place_of_op(manager->file, op_at(manager, clean_up)),
                   "passed by when the block raises");
}

static bool is_manager(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    return s->kind == SCOPE_FUNCTION && (s->flags & SCOPE_IS_GENERATOR)
           && (facts_find_decorator(facts, scope, "contextlib.contextmanager") != NONE
               || facts_find_decorator(facts, scope, "contextlib.asynccontextmanager") != NONE);
}

static void check_scope(struct check *check, uint32_t file, uint32_t scope, bool is_dependency)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    struct manager manager = {
        .check = check,
        .file = file,
        .facts = facts,
        .scope = scope,
        .first = s->first_op,
        .end = s->first_op + s->n_ops,
        .is_dependency = is_dependency,
    };
    if (s->n_ops > MAX_OPS) {
        return;
    }
    const struct flow *flow = flow_build(facts, scope, &check->scratch);
    uint32_t n_yields = 0;
    for (uint32_t i = manager.first; i < manager.end && n_yields < MAX_YIELDS; i++) {
        if (facts->ops[i].kind == OP_YIELD) {
            n_yields++;
            manager.yield = i;
            check_yield(&manager, flow);
        }
    }
}

/* FastAPI raises what a request raised at the `yield` of what it depends on, as `with` does. */
static void check_dependency(struct check *check, struct pair_table *seen, uint32_t file,
                             uint32_t call)
{
    uint32_t value = facts_argument(check->program->files[file], call, 0, "dependency");
    struct entity entity = value == NONE
                               ? (struct entity){.kind = ENTITY_NOTHING}
                               : link_entity((struct program *)check->program, file, value);
    if (entity.kind != ENTITY_FUNCTION
        || pair_table_get(seen, pair_key(entity.file, entity.index)) != TABLE_NONE) {
        return;
    }
    pair_table_set(seen, pair_key(entity.file, entity.index), 1);
    const struct facts *facts = check->program->files[entity.file];
    if (facts->scopes[entity.index].flags & SCOPE_IS_GENERATOR
        && !is_manager(facts, entity.index)) {
        check_scope(check, entity.file, entity.index, true);
    }
}

static void check_dependencies(struct check *check)
{
    struct pair_table seen = {0};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool has_any = facts_symbol(facts, "Depends") != NONE;
        for (uint32_t i = 0; has_any && i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL && frameworks_is_dependency(facts, i)) {
                check_dependency(check, &seen, file, i);
            }
        }
    }
    pair_table_free(&seen);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "contextmanager") == NONE
            && facts_symbol(facts, "asynccontextmanager") == NONE) {
            continue;
        }
        for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
            if (is_manager(facts, scope)) {
                check_scope(check, file, scope, false);
            }
        }
    }
    check_dependencies(check);
}

const struct rule rule_unprotected_yield = {
    .code = "W9310",
    .name = "unprotected-yield",
    .message = "'%s' after this yield is passed by when the 'with' block raises",
    .why = "contextlib raises the exception of the `with` block at the `yield`. Without a `try` "
           "around it the function ends there, and what follows does not run: the file stays open, "
           "the setting stays changed, the lock stays locked, and the next test or request fails "
           "for no reason of its own. Just when something went wrong, nothing is put back.",
    .instead = "`try: yield … finally:` with the clean-up in the `finally`. Only what is meant for "
               "success alone, a commit or a message, belongs after the `yield` itself.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
