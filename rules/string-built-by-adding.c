/*
 * A str, bytes or tuple that a loop builds by adding to it: each addition copies all that is there.
 *
 * The name is local, and every other store to it is a constant of that type, so that nobody's
 * `__iadd__` is called.  It must not be set anew within the loop, and the loop must not look at it
 * in between: it would need the joined value then, and to collect the parts would be no help.  For
 * bytes that are looked at a bytearray would be, so these are told of as possible.
 *
 * CPython adds to a str in place when nothing else refers to it and the result goes back to the
 * same local name: `s += x`, `s = s + x`.  Those, too, are only possible; not so `s = x + s` and `s
 * = s + x + y`, which copy.
 *
 * One pass over a scope: what was found waits for the end of its loop, for what is read in the
 * rest, and then for the end of the scope, for what else is stored.
 */
#include "rule.h"

enum kind { KIND_UNKNOWN, KIND_STR, KIND_BYTES, KIND_TUPLE, KIND_OTHER };

/* What the ops so far said of a local name. */
struct name {
    enum kind kind;
    uint32_t last_reset;          /* store of a constant */
    uint32_t last_read, read_ago; /* loads that are not the one of an addition */
    uint32_t done_in;             /* the loop of its last addition in `done`, */
    size_t done_at;               /* which is there */
};

struct addition {
    uint32_t store, loop, variable;
    bool is_copied; /* even a str */
    bool is_before; /* `v = x + v` */
    bool is_read;   /* in its loop */
};

struct walk {
    struct check *check;
    const struct facts *facts;
    uint32_t file, scope;
    struct {
        ARRAY_OF(struct name);
    } names; /* of the scope's variables */
    struct {
        ARRAY_OF(uint32_t);
    } loops; /* OP_LOOP, and NONE for one with few turns */
    struct {
        ARRAY_OF(struct addition);
    } pending, done; /* whose loop is not yet over, and is */
};

/* ---- values ---- */

static enum kind kind_of_constant(const struct op *op)
{
    if (op->kind == OP_DISPLAY && op->aux == CONTAINER_TUPLE) {
        return KIND_TUPLE;
    }
    if (op->kind != OP_CONSTANT) {
        return KIND_OTHER;
    }
    return op->aux == CONSTANT_STRING || op->aux == CONSTANT_FORMATTED ? KIND_STR
           : op->aux == CONSTANT_BYTES                                 ? KIND_BYTES
                                                                       : KIND_OTHER;
}

static bool is_addition(const struct op *op)
{
    return op->kind == OP_BINARY && op->aux == OPERATOR_ADD;
}

static bool loads(const struct op *op, uint32_t variable)
{
    return op->kind == OP_LOAD && op->a == variable;
}

/* The OP_LOAD of the variable to which a stored value adds, `v` of `v + x + y` or `x + v`; NONE
 * when it does not.  `*is_copied`: CPython cannot do it in place. */
static uint32_t load_added_to(const struct facts *facts, uint32_t value, uint32_t variable,
                              bool *is_copied)
{
    *is_copied = false;
    if (!is_addition(&facts->ops[value])) {
        return NONE;
    }
    if (loads(&facts->ops[facts->ops[value].b], variable)) {
        *is_copied = true;
        return facts->ops[value].b;
    }
    uint32_t left = facts->ops[value].a;
    while (is_addition(&facts->ops[left])) {
        *is_copied = true;
        left = facts->ops[left].a;
    }
    return loads(&facts->ops[left], variable) ? left : NONE;
}

/* ---- loops ---- */

/* Whether a loop has few turns, as one sees: it goes over things that are written out. */
static bool is_short(const struct facts *facts, uint32_t iterable)
{
    enum { FEW = 8 };
    if (iterable == NONE || facts->ops[iterable].kind == OP_DISPLAY) {
        return iterable != NONE;
    }
    uint32_t stop =
        facts_calls(facts, iterable, "range") ? facts_argument(facts, iterable, 0, NULL) : NONE;
    uint32_t n;
    return stop != NONE && facts->ops[iterable].b == 1 && facts_integer(facts, stop, &n)
           && n <= FEW;
}

/* Adds an addition to those that are done: one for each name and loop, the first that copies. */
static void finish(struct walk *walk, const struct addition *addition, struct name *name)
{
    bool is_again = name->done_in == addition->loop;
    if (!is_again) {
        name->done_in = addition->loop;
        name->done_at = walk->done.n;
        *array_push(&walk->done) = *addition;
    } else if (addition->is_copied || !walk->done.items[name->done_at].is_copied) {
        walk->done.items[name->done_at] = *addition;
    }
}

/* What is pending of a loop that is over, the last first: inner loops have taken theirs. */
static void end_loop(struct walk *walk, uint32_t loop)
{
    uint32_t first_variable = walk->facts->scopes[walk->scope].first_variable;
    while (walk->pending.n > 0 && array_last(&walk->pending)->loop == loop) {
        struct addition addition = *array_last(&walk->pending);
        struct name *name = &walk->names.items[addition.variable - first_variable];
        walk->pending.n--;
        addition.is_read = name->last_read != NONE && name->last_read > loop;
        if (name->last_reset == NONE || name->last_reset < loop) {
            finish(walk, &addition, name);
        }
    }
}

/* ---- the walk ---- */

/* What is known of a variable of the scope that nothing else can change; NULL for any other. */
static struct name *name_of(struct walk *walk, uint32_t variable)
{
    const struct variable *v = &walk->facts->variables[variable];
    if (v->scope != walk->scope
        || v->flags & (VARIABLE_IS_PARAMETER | VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return NULL;
    }
    return &walk->names.items[variable - walk->facts->scopes[walk->scope].first_variable];
}

static void note_addition(struct walk *walk, uint32_t store, struct name *name, uint32_t load,
                          bool is_copied)
{
    if (name->last_read == load) {
        name->last_read = name->read_ago;
    }
    const struct facts *facts = walk->facts;
    uint32_t loop = walk->loops.n > 0 ? *array_last(&walk->loops) : NONE;
    if (loop != NONE) {
        *array_push(&walk->pending) =
            (struct addition){.store = store,
                              .loop = loop,
                              .variable = facts->ops[facts->ops[store].a].a,
                              .is_copied = is_copied,
                              .is_before = facts->ops[facts->ops[store].b].b == load};
    }
}

static void note_store(struct walk *walk, uint32_t store)
{
    const struct op *op = &walk->facts->ops[store];
    const struct op *target = &walk->facts->ops[op->a];
    struct name *name = target->kind == OP_TARGET_NAME ? name_of(walk, target->a) : NULL;
    if (name == NULL || op->b == NONE) {
        return;
    }
    bool is_copied;
    uint32_t load = load_added_to(walk->facts, op->b, target->a, &is_copied);
    if (load != NONE) {
        note_addition(walk, store, name, load, is_copied);
        return;
    }
    enum kind kind = kind_of_constant(&walk->facts->ops[op->b]);
    name->last_reset = store;
    name->kind = name->kind == KIND_UNKNOWN || name->kind == kind ? kind : KIND_OTHER;
}

static void step(struct walk *walk, uint32_t i)
{
    const struct op *op = &walk->facts->ops[i];
    if (op->kind == OP_LOOP) {
        *array_push(&walk->loops) = is_short(walk->facts, op->a) ? NONE : i;
    } else if (op->kind == OP_END && walk->facts->ops[op->b].kind == OP_LOOP) {
        if (*array_last(&walk->loops) != NONE) {
            end_loop(walk, op->b);
        }
        walk->loops.n--;
    } else if (op->kind == OP_STORE) {
        note_store(walk, i);
    } else if (op->kind == OP_LOAD) {
        struct name *name = name_of(walk, op->a);
        if (name != NULL) {
            name->read_ago = name->last_read;
            name->last_read = i;
        }
    }
}

/* ---- what is told ---- */

static const char *const remedies[] = {
    [KIND_STR] = "collect the parts in a list and \"\".join() them after the loop, or write to an "
                 "io.StringIO",
    [KIND_BYTES] = "use a bytearray and extend it, or collect the parts in a list and b\"\".join() "
                   "them after the loop",
    [KIND_TUPLE] = "append to a list, and make it a tuple after the loop",
};

/* Digits put before digits, or options out of a dict put in a tuple: there are most often few. */
static bool has_few_parts(const struct facts *facts, const struct addition *addition,
                          enum kind kind)
{
    const struct op *loop = &facts->ops[addition->loop];
    if (kind != KIND_TUPLE || loop->aux == LOOP_WHILE) {
        return addition->is_before && loop->aux == LOOP_WHILE;
    }
    const struct op *iterable = &facts->ops[loop->a];
    const struct op *callee = iterable->kind == OP_CALL ? &facts->ops[iterable->a] : NULL;
    return callee != NULL && callee->kind == OP_ATTRIBUTE
           && strcmp(facts_name(facts, callee->b), "items") == 0;
}

static bool is_told(const struct addition *addition, const struct name *name)
{
    bool is_known = name->kind == KIND_STR || name->kind == KIND_BYTES || name->kind == KIND_TUPLE;
    return is_known && (!addition->is_read || name->kind == KIND_BYTES);
}

static void report_addition(struct walk *walk, const struct addition *addition)
{
    static const char *const words[] = {
        [KIND_STR] = "str", [KIND_BYTES] = "bytes", [KIND_TUPLE] = "tuple"};
    const struct name *name =
        &walk->names.items[addition->variable - walk->facts->scopes[walk->scope].first_variable];
    if (!is_told(addition, name)) {
        return;
    }
    struct finding *finding =
        rule_report(walk->check, place_of_op(walk->file, &walk->facts->ops[addition->store]),
                    words[name->kind], variable_name(walk->facts, addition->variable));
    if (addition->is_read || has_few_parts(walk->facts, addition, name->kind)
        || (name->kind == KIND_STR && !addition->is_copied)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_remedy(walk->check, finding, "%s", remedies[name->kind]);
}

static void begin_scope(struct walk *walk, uint32_t scope)
{
    walk->scope = scope;
    walk->names.n = walk->pending.n = walk->done.n = 0;
    for (uint32_t i = 0; i < walk->facts->scopes[scope].n_variables; i++) {
        *array_push(&walk->names) =
            (struct name){.last_reset = NONE, .last_read = NONE, .read_ago = NONE, .done_in = NONE};
    }
}

static void check_scope(struct walk *walk, uint32_t scope)
{
    const struct scope *s = &walk->facts->scopes[scope];
    begin_scope(walk, scope);
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        step(walk, i);
    }
    for (size_t i = 0; i < walk->done.n; i++) {
        report_addition(walk, &walk->done.items[i]);
    }
}

static void check(struct check *check)
{
    struct walk walk = {.check = check};
    for (walk.file = 0; walk.file < check->program->n_files; walk.file++) {
        walk.facts = check->program->files[walk.file];
        bool is_test = is_test_code(check->program, walk.file);
        for (uint32_t scope = 0; scope < walk.facts->n_scopes && !is_test; scope++) {
            if (walk.facts->scopes[scope].kind == SCOPE_FUNCTION) {
                check_scope(&walk, scope);
            }
        }
    }
    array_free(&walk.names);
    array_free(&walk.loops);
    array_free(&walk.pending);
    array_free(&walk.done);
}

const struct rule rule_string_built_by_adding = {
    .code = "R9802",
    .name = "string-built-by-adding",
    .message = "the %s '%s' is built by adding to it in a loop, and each turn copies what is there",
    .why = "str, bytes and tuple cannot change, so `a + b` makes a new object and copies both into "
           "it: n parts cost n * n / 2 copies, which nobody notices with ten and everybody with "
           "a hundred thousand. CPython helps with one case: a str that only a local name refers "
           "to grows in place in `s += x` and `s = s + x`. That does not hold for bytes, tuples "
           "and attributes, for `s = x + s` and `s = s + x + y`, nor on PyPy. Fine to ignore where "
           "there are few parts.",
    .instead = "Collect the parts in a list, and join them once after the loop.",
    .is_off = true, /* true nearly always, and worth a change only where the loop is hot */
    .since = "",
    .check = check,
};
