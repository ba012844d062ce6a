/*
 * proxy_fix.c - the attribute that closes a cycle becomes a weakref.proxy.
 *
 *     self.parent = parent        self.parent = weakref.proxy(parent)
 *
 * A proxy stands for its object when that is asked for attributes or items, and in nothing else: it
 * is not it, has no hash, and cannot be referred to weakly itself.  So whatever reads the attribute
 * must only ask.  And the object must outlive who refers to it: the owner makes its part, or is
 * told of it, and does not give it out again, for who has `Document().pages[0]` has no document.
 * Even so it is not safe, since nobody sees all that the program's users do.
 */
#include "report/proxy_fix.h"

#include "rule.h"

/* More places nobody reads through to be sure of one change. */
enum { MAX_USES = 256 };

/* ---- the store ---- */

static uint32_t find_store(const struct facts *facts, const struct cycle_edge *edge)
{
    const struct scope *s = &facts->scopes[facts_scope_at(facts, edge->place.start)];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && !(op->flags & (OP_IS_AUGMENTED | OP_IS_IMPLICIT))
            && op->start == edge->place.start && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE
            && strcmp(facts_name(facts, facts->ops[op->a].b), edge->attribute) == 0) {
            return i;
        }
    }
    return NONE;
}

static const struct parameter *parameter_of(const struct facts *facts, uint32_t variable)
{
    const struct scope *s = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        if (facts->parameters[s->first_parameter + i].variable == variable) {
            return &facts->parameters[s->first_parameter + i];
        }
    }
    return NULL;
}

/* Whether the function surely takes an attribute of it. */
static bool cannot_be_none(const struct facts *facts, uint32_t variable)
{
    const struct scope *s = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ATTRIBUTE && facts->ops[op->a].kind == OP_LOAD
            && facts->ops[op->a].a == variable && uses_control_around(facts, i) == NONE) {
            return true;
        }
    }
    return false;
}

/* The store of a parameter, which somebody else made: what is made here nobody else may hold. */
static const struct parameter *parameter_stored(const struct facts *facts, uint32_t store)
{
    uint32_t value = facts->ops[store].b;
    const struct parameter *parameter =
        facts->ops[value].kind == OP_LOAD ? parameter_of(facts, facts->ops[value].a) : NULL;
    bool is_one = parameter != NULL && parameter->kind != PARAMETER_STAR
                  && parameter->kind != PARAMETER_DOUBLE_STAR;
    /* Where two strangers are tied together, nobody knows which one is the owner. */
    bool is_own =
        classes_is_self(facts, value) || classes_is_self(facts, facts->ops[facts->ops[store].a].a);
    return is_one && is_own ? parameter : NULL;
}

/* ---- who reads an attribute ---- */

/* A way of values: each is followed to who takes it. */
struct way {
    const struct facts *facts;
    uint32_t values[MAX_USES];
    uint32_t n;
    bool is_too_long;
};

static void follow(struct way *way, uint32_t value)
{
    for (uint32_t i = 0; i < way->n; i++) {
        if (way->values[i] == value) {
            return;
        }
    }
    way->is_too_long = way->is_too_long || way->n == MAX_USES;
    if (!way->is_too_long) {
        way->values[way->n++] = value;
    }
}

/* Follows the loads of the local that `store` binds.  False when it is no plain local. */
static bool follow_name(struct way *way, uint32_t store)
{
    const struct facts *facts = way->facts;
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (target->kind != OP_TARGET_NAME || facts->variables[target->a].scope == 0
        || (facts->variables[target->a].flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED))) {
        return false;
    }
    const struct scope *s = &facts->scopes[facts_scope_of_op(facts, store)];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == target->a) {
            follow(way, i);
        }
    }
    return true;
}

static bool is_none(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_CONSTANT && facts->ops[value].aux == CONSTANT_NONE;
}

static bool calls_one(const struct facts *facts, uint32_t call, const char *const *functions)
{
    for (; facts->ops[call].kind == OP_CALL && *functions != NULL; functions++) {
        if (facts_calls(facts, call, *functions)) {
            return true;
        }
    }
    return false;
}

/* Whether a use would not notice that the value is a proxy. */
static bool only_asks(struct way *way, uint32_t value, uint32_t use)
{
    static const char *const functions[] = {"isinstance", "hasattr", "getattr", "len",  "bool",
                                            "str",        "repr",    "iter",    "next", NULL};
    const struct op *op = &way->facts->ops[use];
    switch (op->kind) {
    case OP_ATTRIBUTE:
    case OP_ITEM:
    case OP_CALL:
    case OP_TARGET_ATTRIBUTE:
    case OP_TARGET_ITEM:
        return op->a == value;
    case OP_IF:
    case OP_TEST:
    case OP_ASSERT:
    case OP_EXPRESSION:
    case OP_LOOP:
    case OP_NEXT:
        return true;
    case OP_UNARY:
        return op->aux == OPERATOR_NOT;
    case OP_COMPARE:
        return is_none(way->facts, op->a) || is_none(way->facts, op->b)
               || ((op->aux == OPERATOR_IN || op->aux == OPERATOR_NOT_IN) && op->a != value);
    case OP_EITHER:
        return op->aux == OPERATOR_AND && op->b != value;
    case OP_ARGUMENT:
        return calls_one(way->facts, uses_call_of_argument(way->facts, use), functions);
    case OP_STORE:
        return op->a != value && follow_name(way, use);
    default:
        return false;
    }
}

/* Whether a use gives the value, or a part of it, to the function's caller; what it is a part of,
 * or may be, is followed. */
static bool gives_out(struct way *way, uint32_t value, uint32_t use)
{
    static const char *const methods[] = {"get",        "pop",         "values",   "items", "copy",
                                          "setdefault", "__getitem__", "__iter__", NULL};
    static const char *const functions[] = {"iter",     "list", "tuple",     "sorted",
                                            "reversed", "next", "enumerate", "zip",
                                            "filter",   "map",  "set",       NULL};
    const struct facts *facts = way->facts;
    const struct op *op = &facts->ops[use];
    uint32_t call;
    switch (op->kind) {
    case OP_RETURN:
    case OP_YIELD:
    case OP_YIELD_FROM:
        return true;
    case OP_ITEM:
    case OP_NEXT:
    case OP_UNPACKED:
    case OP_EITHER:
    case OP_AWAIT:
        follow(way, use);
        return false;
    case OP_COLLECT:
        follow(way, op->a);
        return false;
    case OP_ELEMENT:
        for (call = use; facts->ops[call].kind == OP_ELEMENT;) {
            call--;
        }
        follow(way, call);
        return false;
    case OP_ATTRIBUTE:
        call = uses_next(facts, use, use);
        if (call != NONE && facts->ops[call].kind == OP_CALL && facts->ops[call].a == use
            && words_have(methods, facts_name(facts, op->b))) {
            follow(way, call);
        }
        return false;
    case OP_ARGUMENT:
        call = uses_call_of_argument(facts, use);
        if (calls_one(facts, call, functions)) {
            follow(way, call);
        }
        return false;
    case OP_STORE:
        if (op->a != value) {
            follow_name(way, use);
        }
        return false;
    default:
        return false;
    }
}

/* Whether the question is answered with `expected` for every use on the way from `value`. */
static bool all_uses(const struct facts *facts, uint32_t value,
                     bool (*ask)(struct way *way, uint32_t value, uint32_t use), bool expected)
{
    struct way way = {.facts = facts, .values = {value}, .n = 1};
    for (uint32_t i = 0; i < way.n; i++) {
        uint32_t at = way.values[i];
        for (uint32_t use = uses_next(facts, at, at); use != NONE;
             use = uses_next(facts, at, use)) {
            if (ask(&way, at, use) != expected || way.is_too_long) {
                return false;
            }
        }
    }
    return true;
}

/* Whether an attribute's object may be an instance of the class; of one that nobody knows, in the
 * file of the store. */
static bool may_be_of(const struct program *program, const struct attribute_use *use,
                      uint32_t class, uint32_t file)
{
    uint32_t object = program->files[use->file]->ops[use->op].a;
    uint32_t known = classes_of_instance(program, use->file, object);
    return known == NONE ? use->file == file
                         : classes_is_ancestor(program, known, class)
                               || classes_is_ancestor(program, class, known);
}

static bool all_reads(struct check *check, const struct cycle_edge *edge,
                      bool (*ask)(struct way *way, uint32_t value, uint32_t use), bool expected)
{
    const struct program *program = check->program;
    const struct attribute_uses *uses = attribute_uses_of((struct program *)program);
    uint32_t symbol = link_find_file_symbol(program, edge->attribute);
    uint32_t n = 0;
    for (uint32_t i = symbol == NONE ? NONE : uses->first[symbol]; i != NONE;
         i = uses->items[i].next) {
        const struct attribute_use *use = &uses->items[i];
        const struct facts *facts = program->files[use->file];
        if (++n > MAX_USES) {
            return false;
        }
        if (facts->ops[use->op].kind == OP_ATTRIBUTE
            && may_be_of(program, use, edge->class, edge->place.file)
            && !all_uses(facts, use->op, ask, expected)) {
            return false;
        }
    }
    return true;
}

/* ---- the cycle ---- */

static const struct cycle_edge *edge_after(const struct cycle *cycle, const struct cycle_edge *edge)
{
    return edge->next != NULL ? edge->next : cycle->edges;
}

/* Whether every other edge is kept by its holder for itself. */
static bool is_kept_inside(struct check *check, const struct cycle *cycle)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (edge != cycle->weak_edge
            && (edge->class == NONE || edge->attribute[0] == '['
                || !all_reads(check, edge, gives_out, false))) {
            return false;
        }
    }
    return true;
}

/* Whether another edge was made weak already: the cycle is open. */
static bool is_open(const struct cycle *cycle, const struct proxies *proxies)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        uint64_t key = pair_key(edge->place.file, edge->place.start);
        if (edge != cycle->weak_edge && pair_table_get(&proxies->stores, key) != TABLE_NONE) {
            return true;
        }
    }
    return false;
}

static bool can_be_weak(struct check *check, const struct finding *finding,
                        const struct cycle *cycle, struct proxies *proxies)
{
    const struct cycle_edge *edge = cycle->weak_edge;
    uint32_t target = edge_after(cycle, edge)->class;
    if (edge->class == NONE || *edge->via != '\0' || edge->place.file != finding->place.file
        || target == NONE || is_open(cycle, proxies)
        || weakrefs_refused_class(check->program, target, &check->scratch) != NULL) {
        return false;
    }
    return all_reads(check, edge, only_asks, true) && is_kept_inside(check, cycle);
}

void proxy_offer(struct check *check, struct finding *finding, const struct cycle *cycle,
                 struct proxies *proxies)
{
    const struct cycle_edge *edge = cycle->weak_edge;
    uint32_t file = edge->place.file;
    const struct facts *facts = check->program->files[file];
    uint32_t store = find_store(facts, edge);
    const struct parameter *parameter = store != NONE ? parameter_stored(facts, store) : NULL;
    if (parameter == NULL || !can_be_weak(check, finding, cycle, proxies)) {
        return;
    }
    const char *module = finding_import(check, finding, file, "weakref");
    if (module == NULL) {
        return;
    }
    const char *name = variable_name(facts, parameter->variable);
    uint32_t value = facts->ops[store].b;
    /* There is no weak reference to None, which many a caller gives for a parent. */
    bool is_there = classes_is_self(facts, value) || cannot_be_none(facts, parameter->variable);
    const char *otherwise =
        is_there ? "" : arena_format(&check->scratch, "None if %s is None else ", name);
    finding_change(check, finding, CHANGE_REPLACE, place_of_op(file, &facts->ops[value]),
                   "%s%s.proxy(%s)", otherwise, module, name);
    pair_table_put(&proxies->stores, pair_key(file, edge->place.start), 1);
}

void proxies_free(struct proxies *proxies)
{
    pair_table_free(&proxies->stores);
}
