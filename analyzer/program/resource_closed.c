/*
 * resource_closed.c - resources that are used where they are surely closed already.
 *
 * One name of the resource is followed forward from where it is bound.  The state has two bits: the
 * name may hold it open, it may hold it closed; a close or the end of its `with` turns the first
 * into the second, another value for the name ends the way.  A use counts where it can only be
 * closed. Where the program asks about the resource itself, it knows something that is not known
 * here, and the ways through that condition are not followed.
 *
 * A `with` that returns its file, or what only reads it later (a csv.reader, a generator), returns
 * it closed: for that, the place of the `return` is enough.
 */
#include "base/words.h"
#include "facts/uses.h"
#include "program/resource_site.h"

#include <string.h>

enum { MAY_BE_OPEN = 1, MAY_BE_CLOSED = 2 };

struct reuse {
    const struct site *site;
    const struct facts *facts;
    uint32_t variable;
    uint32_t start; /* the STORE that binds it */
    uint32_t with;  /* the OP_WITH that closes it, or NONE */
};

static const struct op *op_at(const struct reuse *reuse, uint32_t op)
{
    return &reuse->facts->ops[op];
}

static bool is_name(const struct reuse *reuse, uint32_t value)
{
    return value != NONE && op_at(reuse, value)->kind == OP_LOAD
           && op_at(reuse, value)->a == reuse->variable;
}

static bool is_thing(const struct reuse *reuse, const char *const *things)
{
    return words_have(things, reuse->site->maker->thing);
}

static bool is_number(const struct reuse *reuse)
{
    return reuse->site->maker->flags & MAKER_IS_NUMBER;
}

static bool spells_any(const struct reuse *reuse, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(reuse->facts, value, *names)) {
            return true;
        }
    }
    return false;
}

/* ---- what closes ---- */

/* Whether the call makes a file of the descriptor, which it then closes with itself. */
static bool takes_descriptor(const struct reuse *reuse, uint32_t value)
{
    static const char *const openers[] = {"os.fdopen", "open", "io.open", NULL};
    const struct op *op = op_at(reuse, value);
    return op->kind == OP_CALL && is_name(reuse, facts_argument(reuse->facts, value, 0, NULL))
           && spells_any(reuse, op->a, openers)
           && facts_argument(reuse->facts, value, -1, "closefd") == NONE;
}

/* What a method is called on; NONE if the op calls no method of this name. */
static uint32_t object_of_method(const struct reuse *reuse, uint32_t op, const char *name)
{
    const struct op *call = op_at(reuse, op);
    const struct op *callee = call->kind == OP_CALL ? op_at(reuse, call->a) : call;
    bool is_it = call->kind == OP_CALL && callee->kind == OP_ATTRIBUTE
                 && strcmp(facts_name(reuse->facts, callee->b), name) == 0;
    return is_it ? callee->a : NONE;
}

static bool closes_descriptor(const struct reuse *reuse, uint32_t op)
{
    if (op_at(reuse, op)->kind == OP_CALL
        && is_name(reuse, facts_argument(reuse->facts, op, 0, NULL))
        && facts_spells(reuse->facts, op_at(reuse, op)->a, "os.close")) {
        return true;
    }
    uint32_t object = object_of_method(reuse, op, "close");
    return object != NONE && takes_descriptor(reuse, uses_origin(reuse->facts, object));
}

static bool closes(const struct reuse *reuse, uint32_t op)
{
    if (is_number(reuse)) {
        return closes_descriptor(reuse, op);
    }
    return is_name(reuse, object_of_method(reuse, op, "close"))
           || is_name(reuse, object_of_method(reuse, op, "shutdown"));
}

/* Whether leaving the `with` closes it. */
static bool closes_at_end(const struct reuse *reuse, uint32_t with)
{
    uint32_t value = op_at(reuse, with)->a;
    if (is_number(reuse)) {
        return takes_descriptor(reuse, value);
    }
    return with == reuse->with
           || (is_name(reuse, value) && !(reuse->site->maker->flags & MAKER_WITH_KEEPS_OPEN));
}

/* ---- what a closed one cannot do ---- */

static const char *const files[] = {"file", "text file", "temporary file", NULL};

static const struct {
    const char *thing;
    const char *methods[20];
} dead_methods[] = {
    {"file",
     {"read", "readline", "readlines", "write", "writelines", "seek", "tell", "flush", "truncate",
      "readinto", "fileno", "peek", "read1"}},
    {"text file",
     {"read", "readline", "readlines", "write", "writelines", "seek", "tell", "flush"}},
    {"temporary file",
     {"read", "readline", "readlines", "write", "writelines", "seek", "tell", "flush", "truncate",
      "fileno"}},
    {"socket",
     {"send", "sendall", "sendto", "sendfile", "recv", "recvfrom", "recv_into", "connect", "bind",
      "listen", "accept", "getsockname", "getpeername", "setsockopt", "getsockopt", "setblocking"}},
    {"database connection", {"execute", "executemany", "commit", "rollback", "cursor"}},
    {"archive",
     {"read", "open", "extract", "extractall", "write", "writestr", "add", "addfile", "testzip"}},
    {"memory map", {"read", "readline", "write", "seek", "tell", "flush", "find", "resize"}},
    {"thread pool", {"submit", "map", "apply_async", "apply", "starmap", "imap"}},
    {"process pool", {"submit", "map", "apply_async", "apply", "starmap", "imap"}},
};

static bool is_dead_method(const struct reuse *reuse, const char *name)
{
    for (size_t i = 0; i < sizeof dead_methods / sizeof *dead_methods; i++) {
        if (strcmp(dead_methods[i].thing, reuse->site->maker->thing) == 0) {
            return words_have(dead_methods[i].methods, name);
        }
    }
    return false;
}

/* Functions that read from or write to their first argument at once, or the second. */
static const char *const readers[] = {
    "json.load",
    "pickle.load",
    "marshal.load",
    "tomllib.load",
    "tomli.load",
    "yaml.load",
    "yaml.safe_load",
    "plistlib.load",
    "list",
    "sorted",
    "tuple",
    "set",
    "shutil.copyfileobj",
    NULL,
};

static const char *const writers[] = {"json.dump", "pickle.dump", "marshal.dump", NULL};

static const char *const descriptor_users[] = {
    "os.read", "os.write",     "os.close", "os.fstat",  "os.lseek", "os.fsync",
    "os.dup",  "os.ftruncate", "os.dup2",  "os.fdopen", NULL,
};

static bool fails_in_call(const struct reuse *reuse, uint32_t call)
{
    const struct op *op = op_at(reuse, call);
    const struct op *callee = op_at(reuse, op->a);
    uint32_t first = facts_argument(reuse->facts, call, 0, NULL);
    if (is_number(reuse)) {
        return is_name(reuse, first) && spells_any(reuse, op->a, descriptor_users);
    }
    if (callee->kind == OP_ATTRIBUTE && is_name(reuse, callee->a)) {
        return is_dead_method(reuse, facts_name(reuse->facts, callee->b));
    }
    return is_thing(reuse, files)
           && ((is_name(reuse, first) && spells_any(reuse, op->a, readers))
               || (is_name(reuse, facts_argument(reuse->facts, call, 1, NULL))
                   && spells_any(reuse, op->a, writers)));
}

static bool fails(const struct reuse *reuse, uint32_t op)
{
    const struct op *here = op_at(reuse, op);
    switch (here->kind) {
    case OP_CALL:
        return fails_in_call(reuse, op);
    case OP_NEXT:
    case OP_WITH:
        return is_name(reuse, here->a) && is_thing(reuse, files);
    default:
        return false;
    }
}

/* Whether it is meant to fail: in assertRaises(), or in a `try` with a handler. */
static bool is_meant_to_fail(const struct reuse *reuse, uint32_t op)
{
    const struct scope_view *view = reuse->site->view;
    uint32_t block = scope_view_block(view, op);
    for (; block != NONE; block = scope_view_outer(view, block)) {
        const struct op *b = op_at(reuse, block);
        if (b->kind == OP_TRY || (b->kind == OP_WITH && flow_suppresses(reuse->facts, b->a))) {
            return true;
        }
    }
    return false;
}

/* ---- the ways ---- */

static bool asks_about_it(const struct reuse *reuse, uint32_t branch)
{
    const struct op *condition = op_at(reuse, op_at(reuse, branch)->a);
    uint32_t load = scope_view_load(reuse->site->view, reuse->variable, NONE);
    for (; load != NONE; load = scope_view_load(reuse->site->view, reuse->variable, load)) {
        const struct op *op = op_at(reuse, load);
        if (op->start >= condition->start && op_end(op) <= op_end(condition)) {
            return true;
        }
    }
    return false;
}

/* Whether another value is stored in the name, or none. */
static bool takes_name(const struct reuse *reuse, uint32_t op)
{
    const struct op *here = op_at(reuse, op);
    if (here->kind != OP_STORE && here->kind != OP_DELETE) {
        return false;
    }
    const struct op *target = op_at(reuse, here->a);
    return target->kind == OP_TARGET_NAME && target->a == reuse->variable;
}

static bool transfer(void *context, const struct flow *flow, uint32_t at, enum flow_edge edge,
                     uint64_t *state)
{
    const struct reuse *reuse = context;
    const struct flow_node *node = &flow->nodes[at];
    if (node->kind == FLOW_WITH_EXIT && closes_at_end(reuse, node->op)) {
        *state = MAY_BE_CLOSED;
        return true;
    }
    if (node->kind != FLOW_OP) {
        return true;
    }
    if (node->op == reuse->start) {
        *state = MAY_BE_OPEN;
        return true;
    }
    uint8_t kind = op_at(reuse, node->op)->kind;
    if (takes_name(reuse, node->op)
        || ((kind == OP_IF || kind == OP_TEST) && asks_about_it(reuse, node->op))) {
        return false;
    }
    if (closes(reuse, node->op)) {
        *state = edge == FLOW_EXCEPTION ? MAY_BE_OPEN | MAY_BE_CLOSED : MAY_BE_CLOSED;
    }
    return true;
}

static uint32_t find_use(struct reuse *reuse, const struct flow *flow, struct arena *scratch)
{
    const struct flow_problem problem = {.n_words = 1, .context = reuse, .transfer = transfer};
    const uint64_t open = MAY_BE_OPEN;
    uint32_t start = flow_node_of(flow, reuse->start);
    if (start == NONE || flow->is_partial) {
        return NONE;
    }
    struct flow_states states = flow_solve(flow, &problem, start, &open, scratch);
    uint32_t use = NONE;
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        const struct flow_node *node = &flow->nodes[i];
        bool is_closed = states.reached[i] && *flow_state(&states, i) == MAY_BE_CLOSED;
        if (is_closed && node->kind == FLOW_OP && node->op < use && fails(reuse, node->op)
            && !is_meant_to_fail(reuse, node->op)) {
            use = node->op;
        }
    }
    return use;
}

/* The last close before the use, in the order of the text. */
static uint32_t find_close(const struct reuse *reuse, uint32_t use)
{
    const struct scope_view *view = reuse->site->view;
    for (uint32_t op = use; op-- > view->first_op;) {
        if (closes(reuse, op) || (op_at(reuse, op)->kind == OP_WITH && closes_at_end(reuse, op))) {
            return op;
        }
    }
    return NONE;
}

/* Where it is closed first, in the order of the text; NONE if nowhere. */
static uint32_t first_close(const struct reuse *reuse)
{
    const struct scope_view *view = reuse->site->view;
    uint32_t first = reuse->with == NONE ? NONE : op_at(reuse, reuse->with)->b;
    for (uint32_t i = reuse->start; i < view->first_op + view->n_ops && i < first; i++) {
        const struct op *op = op_at(reuse, i);
        if (closes(reuse, i)) {
            first = i;
        } else if (op->kind == OP_WITH && closes_at_end(reuse, i) && op->b < first) {
            first = op->b;
        }
    }
    return first;
}

/* Whether the name is read anywhere behind that. */
static bool is_read_after_close(const struct reuse *reuse)
{
    const struct scope_view *view = reuse->site->view;
    uint32_t first = first_close(reuse);
    uint32_t load = first == NONE ? NONE : scope_view_load(view, reuse->variable, NONE);
    while (load != NONE && load <= first) {
        load = scope_view_load(view, reuse->variable, load);
    }
    return load != NONE;
}

/* ---- returned closed ---- */

/* Functions that read their argument only when their result is read. */
static const char *const lazy_calls[] = {
    "csv.reader",
    "csv.DictReader",
    "map",
    "filter",
    "zip",
    "enumerate",
    "iter",
    "itertools.chain",
    "itertools.islice",
    "itertools.takewhile",
    "itertools.dropwhile",
    NULL,
};

static bool is_lazy(const struct reuse *reuse, uint32_t value)
{
    const struct op *op = op_at(reuse, value);
    if (op->kind == OP_COMPREHENSION && op->aux == CONTAINER_GENERATOR) {
        for (uint32_t i = value + 1; i < op->b; i++) {
            if (op_at(reuse, i)->kind == OP_NEXT) {
                return is_name(reuse, op_at(reuse, i)->a);
            }
        }
        return false;
    }
    if (op->kind != OP_CALL || !spells_any(reuse, op->a, lazy_calls)) {
        return false;
    }
    for (uint32_t i = value + 1; i <= value + op->b; i++) {
        if (is_name(reuse, op_at(reuse, i)->a)) {
            return true;
        }
    }
    return false;
}

/* A `return` within its `with` of the closed resource itself, or of what reads it later. */
static uint32_t find_return(const struct reuse *reuse)
{
    static const char *const useless[] = {"file", "text file", "socket", "memory map", NULL};
    bool is_file = is_thing(reuse, files);
    uint32_t end = reuse->with == NONE ? 0 : op_at(reuse, reuse->with)->b;
    for (uint32_t i = reuse->start; i < end; i++) {
        const struct op *op = op_at(reuse, i);
        if (op->kind == OP_RETURN && op->a != NONE
            && ((is_name(reuse, op->a) && is_thing(reuse, useless))
                || (is_file && is_lazy(reuse, op->a)))) {
            return i;
        }
    }
    return NONE;
}

/* ---- the name ---- */

/* The STORE after `as` of a `with`, to a plain local name; NONE if there is none. */
static uint32_t store_of_with(const struct site *site, uint32_t with)
{
    const struct facts *facts = site->facts;
    uint32_t use = scope_view_use(site->view, facts->ops[with].a, NONE);
    for (; use != NONE; use = scope_view_use(site->view, facts->ops[with].a, use)) {
        uint32_t entered = use_op(site->view, use);
        uint32_t stored = facts->ops[entered].kind == OP_ENTERED
                              ? scope_view_use(site->view, entered, NONE)
                              : NONE;
        if (stored != NONE && facts->ops[use_op(site->view, stored)].kind == OP_STORE) {
            return use_op(site->view, stored);
        }
    }
    return NONE;
}

static uint32_t with_of_site(const struct site *site)
{
    uint32_t use = scope_view_use(site->view, site->value, NONE);
    for (; use != NONE; use = scope_view_use(site->view, site->value, use)) {
        uint32_t op = use_op(site->view, use);
        if (site->facts->ops[op].kind == OP_WITH
            && site->effect[op - site->view->first_op] == EFFECT_ENTER) {
            return op;
        }
    }
    return NONE;
}

static bool find_name(struct reuse *reuse)
{
    const struct site *site = reuse->site;
    reuse->with = with_of_site(site);
    reuse->start = reuse->with == NONE ? site->first_store : store_of_with(site, reuse->with);
    if (site->n_holders > 1 || reuse->start == NONE) {
        return false;
    }
    const struct op *target = &site->facts->ops[site->facts->ops[reuse->start].a];
    if (target->kind != OP_TARGET_NAME) {
        return false;
    }
    reuse->variable = target->a;
    const struct variable *v = &site->facts->variables[target->a];
    return v->scope == site->scope && !(v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED));
}

struct site_reuse site_find_reuse(const struct site *site,
                                  const struct flow *(*flow_of)(void *context), void *context)
{
    struct reuse reuse = {.site = site, .facts = site->facts};
    struct site_reuse found = {.use = NONE, .closed_at = NONE};
    if (!find_name(&reuse)) {
        return found;
    }
    found.name = reuse.variable;
    found.use = find_return(&reuse);
    found.closed_at = reuse.with;
    found.is_returned = found.use != NONE;
    if (found.use == NONE && is_read_after_close(&reuse)) {
        found.use = find_use(&reuse, flow_of(context), site->scratch);
        found.closed_at = found.use == NONE ? NONE : find_close(&reuse, found.use);
        found.is_closed_again = found.use != NONE && closes(&reuse, found.use);
    }
    return found;
}
