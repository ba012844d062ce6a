/*
 * `__del__` reads an attribute that `__init__` may not have set when it raised.
 *
 * CPython calls `__del__` for every object that was made, also when `__init__` did not finish.  The
 * finalizer and the methods it calls on `self` are read in order; a read counts when nothing guards
 * it:
 *
 *   - a handler or suppress() that takes AttributeError;
 *   - a condition that asks how far the object got (hasattr, getattr with a default, `__dict__`, an
 *     attribute with a class-level default or one that is set in several places), on one side of
 *     which the read stands.
 *
 * program/initialization.h says what `__init__` has surely set.  One finding a finalizer: the first
 * read that fails, fails it.  And one for each subclass whose `__init__` may raise before it calls
 * that of the base the finalizer was written for.
 */
#include "rule.h"

/* A function that runs on `self`, and the op of `__del__` that leads to it (NONE: `__del__`). */
struct visit {
    struct method method;
    uint32_t op;
};

struct reader {
    struct check *check;
    uint32_t class;
    struct initialization *init;
    struct pair_table seen; /* file, scope */
    struct {
        ARRAY_OF(struct visit);
    } visits;
    /* The finding so far: the op of `__del__` that comes first. */
    uint32_t op;
    struct class_value read, risk;
    const char *name;
    enum attribute_state state;
};

/* ---- guards ---- */

static bool is_self(const struct facts *facts, uint32_t value, uint32_t self)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == self;
}

/* Whether the attribute's value tells how far `__init__` got: it has a default, or several stores.
 */
static bool tells_progress(const struct reader *r, const char *name)
{
    return classes_bind(r->check->program, r->class, name)
           || classes_count_stores(r->check->program, r->class, name) != 1;
}

static bool asks_object(const struct reader *r, const struct facts *facts, uint32_t op,
                        uint32_t self)
{
    const struct op *o = &facts->ops[op];
    if (o->kind == OP_CALL) {
        return facts_spells(facts, o->a, "hasattr") || facts_spells(facts, o->a, "getattr")
               || facts_spells(facts, o->a, "vars")
               || (facts->ops[o->a].kind == OP_ATTRIBUTE
                   && is_self(facts, facts->ops[o->a].a, self));
    }
    return o->kind == OP_ATTRIBUTE && is_self(facts, o->a, self)
           && tells_progress(r, facts_name(facts, o->b));
}

/* Whether a condition asks the object how far it got; a local name stands for its value. */
static bool is_guard(const struct reader *r, const struct facts *facts, uint32_t condition,
                     uint32_t self)
{
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, condition)];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!uses_is_part(facts, condition, i)) {
            continue;
        }
        bool is_local = facts->ops[i].kind == OP_LOAD && facts->ops[i].a != self
                        && !is_global_variable(facts, facts->ops[i].a);
        uint32_t asked = is_local ? uses_origin(facts, i) : i;
        if (asks_object(r, facts, asked, self)) {
            return true;
        }
    }
    return false;
}

static void mark_reachable(const struct flow *flow, uint32_t start, uint8_t *seen)
{
    struct {
        ARRAY_OF(uint32_t);
    } waiting = {0};
    if (start != NONE) {
        *array_push(&waiting) = start;
    }
    while (waiting.n > 0) {
        uint32_t node = *array_last(&waiting);
        waiting.n--;
        if (seen[node]) {
            continue;
        }
        seen[node] = 1;
        const uint32_t successors[] = {flow->nodes[node].next[0], flow->nodes[node].next[1],
                                       flow->nodes[node].raise};
        for (size_t i = 0; i < sizeof successors / sizeof *successors; i++) {
            if (successors[i] != NONE && !seen[successors[i]]) {
                *array_push(&waiting) = successors[i];
            }
        }
    }
    array_free(&waiting);
}

/* Marks what runs only for one answer to the question that the branch `node` asks. */
static void mark_guarded(const struct flow *flow, uint32_t node, uint8_t *guarded,
                         struct arena *arena)
{
    uint8_t *when_true = arena_alloc(arena, flow->n_nodes);
    uint8_t *when_false = arena_alloc(arena, flow->n_nodes);
    mark_reachable(flow, flow->nodes[node].next[0], when_true);
    mark_reachable(flow, flow->nodes[node].next[1], when_false);
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        guarded[i] |= when_true[i] != when_false[i];
    }
}

static uint8_t *find_guarded(const struct reader *r, const struct flow *flow, uint32_t self)
{
    struct arena *arena = &r->check->scratch;
    uint8_t *guarded = arena_alloc(arena, flow->n_nodes);
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        const struct flow_node *n = &flow->nodes[node];
        if (n->flags & FLOW_IS_BRANCH && n->condition != NONE
            && is_guard(r, flow->facts, n->condition, self)) {
            mark_guarded(flow, node, guarded, arena);
        }
    }
    return guarded;
}

/* ---- reads ---- */

/* The method that an op runs on `self`: a call, or a property that is read. */
static bool runs_method(const struct reader *r, const struct method *here, uint32_t op,
                        uint32_t self, struct method *method)
{
    const struct program *program = r->check->program;
    const struct facts *facts = program->files[here->file];
    const struct op *o = &facts->ops[op];
    bool is_call = o->kind == OP_CALL;
    bool is_found =
        is_call ? self_calls_method(program, r->class, here, op, method)
                : o->kind == OP_ATTRIBUTE && is_self(facts, o->a, self)
                      && classes_find_method(program, r->class, facts_name(facts, o->b), method);
    if (!is_found) {
        return false;
    }
    const struct facts *home = program->files[method->file];
    if (home->scopes[method->scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR)) {
        return false;
    }
    uint32_t decorator = facts_first_decorator(home, method->scope);
    return is_call
               ? decorator == NONE
               : decorator != NONE && facts_find_decorator(home, method->scope, "property") != NONE;
}

/* The attribute of `self` that an op needs: read, or deleted. */
static uint32_t attribute_needed(const struct facts *facts, uint32_t op, uint32_t self)
{
    const struct op *o = &facts->ops[op];
    if (o->kind == OP_DELETE) {
        o = &facts->ops[o->a];
        return o->kind == OP_TARGET_ATTRIBUTE && is_self(facts, o->a, self) ? o->b : NONE;
    }
    return o->kind == OP_ATTRIBUTE && is_self(facts, o->a, self) ? o->b : NONE;
}

/* Whether some other object's attribute of this name is set in the file: then who knows. */
static bool is_set_from_outside(const struct facts *facts, const char *name)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_TARGET_ATTRIBUTE && strcmp(facts_name(facts, op->b), name) == 0
            && !classes_is_self(facts, op->a)) {
            return true;
        }
    }
    return false;
}

static bool is_missing(const struct reader *r, const struct method *here, const char *plain,
                       enum attribute_state state)
{
    const struct class *class = &r->check->program->classes->all.items[r->class];
    return state == ATTRIBUTE_LOST_BY_RAISE || state == ATTRIBUTE_OF_ANOTHER_CLASS
           || (state == ATTRIBUTE_NOT_SET && !class->has_subclass
               && !is_set_from_outside(r->check->program->files[here->file], plain));
}

static void consider_read(struct reader *r, const struct visit *visit, uint32_t op, uint32_t symbol)
{
    const struct facts *facts = r->check->program->files[visit->method.file];
    uint32_t first = visit->op == NONE ? op : visit->op;
    const char *plain = facts_name(facts, symbol);
    const char *name = classes_mangle(facts, classes_around(facts, visit->method.scope), plain,
                                      &r->check->scratch);
    struct class_value risk = {0, NONE};
    enum attribute_state state = initialization_state(r->init, name, &risk);
    if (first < r->op && is_missing(r, &visit->method, plain, state)) {
        r->op = first;
        r->read = (struct class_value){visit->method.file, op};
        r->risk = risk;
        r->name = name;
        r->state = state;
    }
}

static void visit_later(struct reader *r, const struct method *method, uint32_t op)
{
    uint64_t key = pair_key(method->file, method->scope);
    if (pair_table_get(&r->seen, key) == TABLE_NONE) {
        pair_table_put(&r->seen, key, 1);
        *array_push(&r->visits) = (struct visit){*method, op};
    }
}

static void consider(struct reader *r, const struct visit *visit, uint32_t op, uint32_t self)
{
    struct method method;
    if (runs_method(r, &visit->method, op, self, &method)) {
        visit_later(r, &method, visit->op == NONE ? op : visit->op);
        return;
    }
    const struct facts *facts = r->check->program->files[visit->method.file];
    uint32_t symbol = attribute_needed(facts, op, self);
    if (symbol != NONE) {
        consider_read(r, visit, op, symbol);
    }
}

static void read_function(struct reader *r, struct visit visit)
{
    const struct program *program = r->check->program;
    const struct facts *facts = program->files[visit.method.file];
    uint32_t self = classes_self_of(facts, visit.method.scope);
    const struct flow *flow = flow_build(facts, visit.method.scope, &r->check->scratch);
    if (self == NONE || flow->is_partial) {
        return;
    }
    uint8_t *guarded = find_guarded(r, flow, self);
    uint8_t *reached = arena_alloc(&r->check->scratch, flow->n_nodes);
    mark_reachable(flow, flow->entry, reached);
    const struct raised missing = {"AttributeError", NONE};
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        const struct flow_node *n = &flow->nodes[node];
        if (n->kind == FLOW_OP && !(n->flags & FLOW_IS_COPY) && reached[node] && !guarded[node]
            && n->raise != NONE
            && escapes_scope(program, visit.method.file, flow, node, missing, &r->check->scratch)) {
            consider(r, &visit, n->op, self);
        }
    }
}

/* ---- the finding ---- */

static void add_places(struct reader *r, uint32_t file, struct finding *finding)
{
    const struct program *program = r->check->program;
    struct class_value store;
    if (r->read.value != r->op || r->read.file != file) {
        finding_relate(r->check, finding,
                       place_of_op(r->read.file, &program->files[r->read.file]->ops[r->read.value]),
                       "'%s' is read here", r->name);
    }
    if (r->risk.value != NONE) {
        finding_relate(r->check, finding,
                       place_of_op(r->risk.file, &program->files[r->risk.file]->ops[r->risk.value]),
                       "this may raise before '%s' is set", r->name);
    }
    if (initialization_store_of(r->init, r->name, &store)) {
        finding_relate(r->check, finding,
                       place_of_op(store.file, &program->files[store.file]->ops[store.value]),
                       "'%s' is set here", r->name);
    }
}

static const char *describe(enum attribute_state state)
{
    return state == ATTRIBUTE_LOST_BY_RAISE ? "'__init__' has not set when it raises early"
           : state == ATTRIBUTE_NOT_SET     ? "'__init__' does not always set"
                                            : "no class sets: a base's private name is another";
}

static bool is_explicit_risk(const struct reader *r)
{
    if (r->state == ATTRIBUTE_OF_ANOTHER_CLASS) {
        return true;
    }
    const struct op *op =
        r->risk.value == NONE ? NULL : &r->check->program->files[r->risk.file]->ops[r->risk.value];
    return op != NULL && (op->kind == OP_RAISE || op->kind == OP_ASSERT);
}

/* Reads what `__del__` needs, as far as an instance of `r->class` goes. */
static void read_all(struct reader *r, const struct method *del)
{
    visit_later(r, del, NONE);
    for (size_t i = 0; i < r->visits.n; i++) {
        read_function(r, r->visits.items[i]);
    }
}

static void report(struct reader *r, uint32_t file)
{
    const struct facts *facts = r->check->program->files[file];
    struct finding *finding =
        rule_report(r->check, place_of_op(file, &facts->ops[r->op]), r->name, describe(r->state));
    finding->confidence = is_explicit_risk(r) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    add_places(r, file, finding);
    finding_remedy(r->check, finding,
                   "give '%s' a default in the class body, or set it first in '__init__'", r->name);
}

/* Whether the finalizer would not fail if it were not for the subclass. */
static bool is_safe_in_base(const struct reader *r, const struct method *del)
{
    struct class_value ignored;
    struct initialization *base =
        initialization_of(r->check->program, del->class, &r->check->scratch);
    bool is_safe = base != NULL && initialization_state(base, r->name, &ignored) == ATTRIBUTE_SAFE;
    if (base != NULL) {
        initialization_free(base);
    }
    return is_safe;
}

/* The subclass raises before it calls the `__init__` of the base that the finalizer relies on. */
static void report_in_subclass(struct reader *r, const struct method *del)
{
    const struct program *program = r->check->program;
    const struct class *base = &program->classes->all.items[del->class];
    const struct facts *home = program->files[base->file];
    const struct facts *facts = program->files[r->risk.file];
    struct finding *finding =
        rule_report_as(r->check, place_of_op(r->risk.file, &facts->ops[r->risk.value]),
                       "when this raises, '%s.__del__' reads '%s', which is not set yet",
                       facts_name(home, home->scopes[base->scope].name), r->name);
    finding->confidence = is_explicit_risk(r) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    r->risk.value = NONE;
    finding_relate(r->check, finding, place_of_op(del->file, &home->ops[r->op]),
                   "'__del__' reads it here");
    add_places(r, del->file, finding);
    finding_remedy(r->check, finding,
                   "call the base's '__init__' first, or give '%s' a default in the base's body",
                   r->name);
}

static void check_class(struct check *check, uint32_t class, struct method del)
{
    struct reader r = {.check = check, .class = class, .op = NONE};
    r.init = initialization_of(check->program, class, &check->scratch);
    if (r.init == NULL) {
        return;
    }
    read_all(&r, &del);
    if (r.op != NONE && del.class == class) {
        report(&r, del.file);
    } else if (r.op != NONE && r.state == ATTRIBUTE_LOST_BY_RAISE && is_safe_in_base(&r, &del)) {
        report_in_subclass(&r, &del);
    }
    array_free(&r.visits);
    pair_table_free(&r.seen);
    initialization_free(r.init);
}

static void check(struct check *check)
{
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        struct method del, init;
        if (classes_find_method(check->program, class, "__del__", &del)
            && (del.class == class
                || classes_own_method(check->program, class, "__init__", &init))) {
            check_class(check, class, del);
        }
    }
}

const struct rule rule_del_may_fail = {
    .code = "E9202",
    .name = "del-may-fail",
    .message = "'__del__' reads '%s', which %s",
    .why = "An object exists before `__init__` runs, so `__del__` is called for it even when "
           "`__init__` raised half-way. What was not set yet is then an AttributeError inside "
           "`__del__`: CPython prints \"Exception ignored in\" with a second traceback beneath the "
           "one that matters, and the rest of the finalizer does not run, so what was already "
           "opened stays open.",
    .instead = "Bind the attribute in the class body (`_file = None`) or as the first thing in "
               "`__init__`, and test it in `__del__`.",
    .since = "",
    .check = check,
};
